/** Marking that ends in the middle, and marking again after something was changed. */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseFile } from '../../../src/cli/store/database.ts';
import { course, GOOD, grade, SECRET, verdicts } from './course.ts';
import { BIN, challengeYaml } from './oomph.ts';

jest.setTimeout(600_000);

/** `OOMPH_KILLS=100 npx jest gradeKilled` for a long night. */
const KILLS = Number(process.env['OOMPH_KILLS'] ?? 5);

/** Everything that was written, by name, other than the database and its neighbours. */
function written(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.startsWith('results.') || name.startsWith('.marking') || name.endsWith('.part')) continue;
    const path = join(folder, name);
    if (statSync(path).isFile()) files.set(name, readFileSync(path, 'latin1'));
  }
  return files;
}

/** Rows of results.db as text, by their keys; the file itself is left alone. */
function rows(folder: string): Map<string, string> {
  const copy = join(folder, 'looked-at.db');
  copyFileSync(join(folder, 'marks/results.db'), copy);
  const found = new DatabaseFile(copy, { id: 0x6f6f6770, migrations: ['', '', ''] }).read(db =>
    db.all('SELECT key, marks, hex(picture) AS picture FROM result ORDER BY key'),
  )!;
  return new Map(found.map(row => [String(row['key']), `${row['marks']} ${row['picture']}`]));
}

function start(folder: string): { ended: Promise<unknown>; kill: () => void; isOver: () => boolean } {
  const child = spawn(process.execPath, [BIN, 'grade', 'assignment.yaml', 'submissions', '--out', 'marks'], {
    cwd: folder,
    env: { ...process.env, ...SECRET },
    stdio: 'ignore',
  });
  return {
    ended: new Promise(resolve => child.on('exit', resolve)),
    kill: () => void child.kill('SIGKILL'),
    isOver: () => child.exitCode !== null,
  };
}

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

const bytesOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Ten students with their own ways to lose, so that there are pictures and causes too. */
const submissions = Object.fromEntries(
  Array.from({ length: 10 }, (_, i) => [
    `s${i}/small.ts`,
    i % 3 === 0 ? `export default { zonelist: () => ${1000 + i} };\n` : `// ${i}\n${GOOD}`,
  ]),
);

test('kill -9 at many moments: the same command goes on, and all ends as if nobody had killed it', async () => {
  const whole = course(submissions);
  expect(grade(whole).code).toBe(0);
  const folder = course(submissions);
  const journal = join(folder, 'marks/results.journal');
  let interrupted = 0;
  for (let i = 0; i < KILLS; i++) {
    const { ended, kill, isOver } = start(folder);
    // Some results later, in the middle of one, while it is written, and while the tables are: by size, so at any speed.
    const from = bytesOf(journal);
    const at = from + 17 + ((i * 997) % 2500);
    while (!isOver() && (bytesOf(journal) === from || bytesOf(journal) < at)) {
      if (existsSync(join(folder, 'marks/check50')) && i % 2 === 1) break;
      await sleep(1);
    }
    if (!isOver()) interrupted++;
    kill();
    await ended;
  }
  expect(interrupted).toBeGreaterThan(0);
  // What the next one finds is at most cut off: nothing is damaged.
  const last = grade(folder);
  expect({ code: last.code, err: last.err }).toEqual({
    code: 0,
    err: 'no --submitted: nobody is counted as late\n',
  });
  expect(rows(folder)).toEqual(rows(whole));
  expect(rows(folder).size).toBe(10);
  expect(written(join(folder, 'marks'))).toEqual(written(join(whole, 'marks')));
  expect(existsSync(journal)).toBe(false);
});

test('after a change only what changed is run', () => {
  const assignment = (points: number, publicSeeds: string): string => `assignment: 1
id: tests/hw
title: Homework
challenges:
  - {challenge: ./small/challenge.yaml, file: small.ts, points: ${points}, seeds: {public: [1], hidden: 1}}
  - {challenge: ./small/other.yaml, file: other.ts, points: 10, seeds: {public: ${publicSeeds}}}
`;
  const folder = course(
    {
      'ada/small.ts': GOOD,
      'ada/other.ts': GOOD,
      'ben/small.ts': `// ben\n${GOOD}`,
      'ben/other.ts': `// ben\n${GOOD}`,
    },
    assignment(10, '[1]'),
  );
  writeFileSync(
    join(folder, 'small/other.yaml'),
    challengeYaml().replace('tests/a-small-one', 'tests/other'),
  );
  const marked = (): { rows: Map<string, string>; added: number; same: boolean } => {
    const path = join(folder, 'marks/results.db');
    const [before, bytes] = existsSync(path)
      ? [rows(folder), readFileSync(path)]
      : [new Map(), Buffer.alloc(0)];
    expect(grade(folder).code).toBe(0);
    const after = rows(folder);
    for (const [key, row] of before) expect(after.get(key)).toBe(row);
    return { rows: after, added: after.size - before.size, same: readFileSync(path).equals(bytes) };
  };
  expect(marked().added).toBe(4);
  expect(marked()).toMatchObject({ added: 0, same: true });
  // Points: nothing is run, and the table has other numbers.
  writeFileSync(join(folder, 'assignment.yaml'), assignment(30, '[1]'));
  expect(marked()).toMatchObject({ added: 0, same: true });
  expect(verdicts(folder)['ada']).toMatch(/^40 /);
  // Seeds of one challenge: that one, for both.
  writeFileSync(join(folder, 'assignment.yaml'), assignment(30, '[1, 2]'));
  expect(marked().added).toBe(2);
  // A file of one student: that one.
  writeFileSync(join(folder, 'submissions/ben/small.ts'), `// ben again\n${GOOD}`);
  expect(marked().added).toBe(1);
  // And back: that was marked already.
  writeFileSync(join(folder, 'submissions/ben/small.ts'), `// ben\n${GOOD}`);
  writeFileSync(join(folder, 'assignment.yaml'), assignment(10, '[1]'));
  expect(marked()).toMatchObject({ added: 0, same: true });
});

test('a journal that was damaged is told, and what it held is run again', () => {
  const folder = course({ 'ada/small.ts': GOOD });
  expect(grade(folder).code).toBe(0);
  const before = rows(folder);
  writeFileSync(join(folder, 'marks/results.journal'), 'something else');
  expect(grade(folder).err).toContain('results.journal: 1 of the records in it is damaged');
  expect(rows(folder)).toEqual(before);
});
