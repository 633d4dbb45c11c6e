import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { hiddenSeeds } from '../../../src/harness/coursework/hiddenSeeds.ts';
import { isGenuine, type MarksFile, sha256, sign } from '../../../src/harness/coursework/signed.ts';
import { challengeYaml, oomph, ROOT, temporaryFolder } from './oomph.ts';

jest.setTimeout(300_000);

const TEXT = 'a secret of more than sixteen bytes';
const SECRET = { OOMPH_SECRET: TEXT };
const KEY = new TextEncoder().encode(TEXT);

let marked = '';

beforeAll(() => {
  const folder = temporaryFolder();
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('small/challenge.yaml', challengeYaml());
  write(
    'assignment.yaml',
    `assignment: 1
id: tests/hw
title: Homework (1)
challenges:
  - {challenge: ./small/challenge.yaml, file: small.ts, points: 10, seeds: {public: [1, 2], hidden: 1}}
`,
  );
  const good = 'export default { zonelist: (request, mem) => mem.AS_LINUX };\n';
  write('class/Ada Müller_17_assignsubmission_file_/small.ts', good);
  write('class/roe_556_778_small.ts', 'nonsense(');
  const done = oomph(['grade', 'assignment.yaml', 'class', '--out', 'marks'], { cwd: folder, env: SECRET });
  expect(done).toMatchObject({ code: 0, err: '' });
  marked = join(folder, 'marks');
});

/** A copy of what was marked, to spoil. */
function copy(): string {
  const folder = temporaryFolder();
  cpSync(marked, folder, { recursive: true });
  return folder;
}

const verify = (path: string, env: Record<string, string> = SECRET) => oomph(['verify', path], { env });
const marksIn = (folder: string): MarksFile => JSON.parse(readFileSync(join(folder, 'marks.json'), 'utf8'));
const ADA = 'Ada Müller_17_assignsubmission_file_';

test('what nobody touched is genuine, by its folder or its file', () => {
  for (const path of [marked, join(marked, 'marks.json')]) {
    const { code, out, err } = verify(path);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^tests\/hw: 2 submissions, marked by oomph .*\ngenuine: nothing was changed, neither marks\.json nor 13 files with it\nnot signed, so nobody can tell of: similarity\.csv, similarity\.html\n$/,
    );
  }
  const marks = marksIn(marked);
  const schema = JSON.parse(readFileSync(join(ROOT, 'schemas/marks.schema.json'), 'utf8'));
  expect(new Ajv2020().compile(schema)(marks)).toBe(true);
  expect(marks.submissions.map(({ total }) => total)).toEqual([1000, 0]);
  expect(marks.submissions[0].challenges[0].verdict).toBe('WWW');
});

test('marks.json without its files can be checked alone; the order of keys and spaces mean nothing', () => {
  const folder = temporaryFolder();
  const { signature, ...rest } = marksIn(marked);
  writeFileSync(join(folder, 'marks.json'), JSON.stringify({ signature, ...rest }));
  const { code, out } = verify(join(folder, 'marks.json'));
  expect(code).toBe(0);
  expect(out).toContain('none of the files that were written with it is here');
});

test('every file that was changed is named', () => {
  const folder = copy();
  const files = [
    'check50/roe_556.json',
    `feedback/${ADA}.html`,
    `feedback/${ADA}.md`,
    'grades-canvas.csv',
    'grades-moodle.csv',
    'grades.csv',
    `gradescope/${ADA}.json`,
    'junit.xml',
    'summary.html',
  ];
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    writeFileSync(
      join(folder, file),
      text.replace(/\d/, digit => String((Number(digit) + 1) % 10)),
    );
  }
  const { code, out } = verify(folder);
  expect(code).toBe(1);
  expect(out).toContain('NOT GENUINE: marks.json is as it was signed, but of the files');
  expect([...out.matchAll(/^ {2}changed: (.*)$/gm)].map(([, file]) => file).sort()).toEqual(files);
});

test('the feedback of two students swapped, and one taken away', () => {
  const folder = copy();
  const [a, b] = [`feedback/${ADA}.md`, 'feedback/roe_556.md'].map(path => join(folder, path));
  renameSync(a, `${a}.x`);
  renameSync(b, a);
  renameSync(`${a}.x`, b);
  rmSync(join(folder, 'feedback/roe_556.html'));
  const { code, out } = verify(folder);
  expect(code).toBe(1);
  expect(out).toContain(`  changed: feedback/${ADA}.md\n`);
  expect(out).toContain('  changed: feedback/roe_556.md\n');
  expect(out).toContain('  gone: feedback/roe_556.html\n');
});

/** Each changes one thing in marks.json, and signs nothing. */
const FORGERIES: Record<string, (marks: MarksFile) => void> = {
  'a total': marks => {
    marks.submissions[1].total = 1000;
  },
  'the points of a challenge': marks => {
    marks.submissions[1].challenges[0].points = 1000;
  },
  'two students swapped': ({ submissions: [a, b] }) => {
    [a.submission, b.submission] = [b.submission, a.submission];
  },
  'the order of students': marks => {
    marks.submissions.reverse();
  },
  'a student taken away': marks => {
    marks.submissions.pop();
  },
  'another engine': marks => {
    marks.engine = '9.9.9+00000000';
  },
  'another assignment': marks => {
    marks.assignment.hash = sha256('other');
  },
  'another challenge': marks => {
    marks.tasks[0].hash = sha256('other');
  },
  'other seeds': marks => {
    marks.tasks[0].seeds = sha256('1 2 3');
  },
  'another policy': marks => {
    marks.submissions[0].challenges[0].policy = '0123456789abcdef';
  },
  lateness: marks => {
    marks.submissions[0].daysLate = 1;
  },
  'a changed file with its hash': marks => {
    marks.files['grades.csv'] = sha256('');
  },
};

test('a change of marks.json breaks its signature, whatever it is of', () => {
  expect(isGenuine(marksIn(marked), KEY)).toBe(true);
  for (const [what, forge] of Object.entries(FORGERIES)) {
    const marks = marksIn(marked);
    forge(marks);
    expect({ what, genuine: isGenuine(marks, KEY) }).toEqual({ what, genuine: false });
    // Who does not know the secret can sign with another only.
    const signed = sign(marks, new TextEncoder().encode('another secret of sixteen bytes'));
    expect(isGenuine(signed, KEY)).toBe(false);
  }
  const folder = copy();
  const marks = marksIn(folder);
  FORGERIES['a total'](marks);
  writeFileSync(join(folder, 'marks.json'), JSON.stringify(marks));
  expect(verify(folder)).toMatchObject({
    code: 1,
    out: expect.stringContaining('NOT GENUINE: something was changed'),
  });
});

test('another secret, no secret, no signature, no marks', () => {
  expect(verify(marked, { OOMPH_SECRET: 'another secret of sixteen bytes' })).toMatchObject({ code: 1 });
  const without = oomph(['verify', marked]);
  expect(without).toMatchObject({ code: 2, err: expect.stringContaining('give the secret') });
  const folder = copy();
  const file = join(folder, 'marks.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/hmac-sha256:[0-9a-f]+/, ''));
  expect(verify(folder)).toMatchObject({ code: 2, err: expect.stringContaining('has no signature') });
  expect(verify(join(folder, 'nowhere'))).toMatchObject({
    code: 2,
    err: expect.stringMatching(/there is no .*nowhere: name the folder that oomph grade wrote/),
  });
  writeFileSync(file, '{}');
  expect(verify(folder)).toMatchObject({ code: 2, err: expect.stringContaining('is no marks.json') });
  writeFileSync(file, text.replace('"grades.csv"', '"../grades.csv"'));
  expect(verify(folder)).toMatchObject({ code: 2, err: expect.stringContaining('is no marks.json') });
});

test('marks of another version of oomph are genuine, and said to be of another', () => {
  const folder = copy();
  const { signature, ...marks } = marksIn(folder);
  void signature;
  const old = sign({ ...marks, engine: '0.0.9+01234567' }, KEY);
  writeFileSync(join(folder, 'marks.json'), JSON.stringify(old));
  const { code, out } = verify(folder);
  expect(code).toBe(0);
  expect(out).toMatch(
    /marked by oomph 0\.0\.9\+01234567\nthis is oomph .*: to mark again could give other marks\n/,
  );
});

test('no hidden seed can be tried out by its hash', () => {
  const seeds = [1, 2, ...hiddenSeeds(KEY, 'tests/hw', 'tests/a-small-one', 1, [1, 2])];
  expect(marksIn(marked).tasks[0].seeds).not.toBe(sha256(seeds.join(' ')));
});

test('gradebooks for those whose files came from Moodle or Canvas', () => {
  const lines = (file: string): string[] => readFileSync(join(marked, file), 'utf8').split('\r\n');
  expect(lines('grades-moodle.csv')).toEqual([
    'Identifier,Full name,Grade,Maximum Grade,Last modified (grade)',
    'Participant 17,Ada Müller,10,10,',
    '',
  ]);
  expect(lines('grades-canvas.csv')).toEqual([
    'Student,ID,SIS User ID,SIS Login ID,Section,Homework 1',
    '    Points Possible,,,,,10',
    'roe,556,,,,0',
    '',
  ]);
});
