import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fromBuffer } from 'yauzl';
import { challengeYaml, oomph, temporaryFolder } from './oomph.ts';

jest.setTimeout(300_000);

const SECRET = 'a secret of more than sixteen bytes';
const GOOD = 'export default { zonelist: (request, mem) => mem.AS_LINUX };\n';
const LATE = '2026-11-30T18:00:00.365935-07:00';

interface Results {
  score: number;
  output: string;
  stdout_visibility: string;
  tests?: { name: string; score: number; output?: string; visibility: string }[];
}

/** An assignment beside a challenge of its own. */
function assignment(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'hw 1'));
  mkdirSync(join(folder, 'small'));
  writeFileSync(join(folder, 'small/challenge.yaml'), challengeYaml());
  writeFileSync(
    join(folder, 'hw 1/assignment.yaml'),
    `assignment: 1
id: tests/hw
title: Homework
challenges:
  - {challenge: ../small/challenge.yaml, file: small.ts, points: 10, seeds: {public: [1, 2], hidden: 2}}
  - {challenge: pages/one-at-a-time, file: batch.yaml, points: 2, seeds: {public: [1]}}
deadline: 2026-11-30T23:59:00Z
late: {per_day: 25%, days: 2}
`,
  );
  writeFileSync(join(folder, 'secret'), SECRET);
  return folder;
}

/** As Gradescope lays it out: the zip in source/, a copy of run_autograder beside it. */
async function laidOut(zip: string): Promise<string> {
  const root = temporaryFolder();
  await extract(readFileSync(zip), join(root, 'source'));
  cpSync(join(root, 'source/run_autograder'), join(root, 'run_autograder'));
  for (const folder of ['submission', 'results']) mkdirSync(join(root, folder));
  writeFileSync(
    join(root, 'submission_metadata.json'),
    JSON.stringify({ id: 1, created_at: LATE, users: [] }),
  );
  return root;
}

function extract(bytes: Buffer, to: string): Promise<void> {
  return new Promise((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true }, (error, zip) => {
      if (error) return reject(error);
      zip.on('end', resolve).on('error', reject);
      zip.on('entry', entry => {
        zip.openReadStream(entry, (failed, stream) => {
          if (failed) return reject(failed);
          const chunks: Buffer[] = [];
          stream.on('data', chunk => chunks.push(chunk));
          stream.on('end', () => {
            const path = join(to, entry.fileName);
            mkdirSync(dirname(path), { recursive: true });
            writeFileSync(path, Buffer.concat(chunks));
            chmodSync(path, (entry.externalFileAttributes >>> 16) & 0o777);
            zip.readEntry();
          });
        });
      });
      zip.readEntry();
    });
  });
}

const run = (root: string, script: string) => {
  const { OOMPH_SECRET, ...env } = process.env;
  void OOMPH_SECRET;
  return spawnSync(join(root, script), {
    cwd: root,
    env: { ...env, AUTOGRADER_ROOT: root },
    encoding: 'utf8',
  });
};

function marked(root: string, files: Record<string, string>): Results {
  rmSync(join(root, 'submission'), { recursive: true });
  mkdirSync(join(root, 'submission'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, 'submission', path)), { recursive: true });
    writeFileSync(join(root, 'submission', path), text);
  }
  expect(run(root, 'run_autograder').status).toBe(0);
  return JSON.parse(readFileSync(join(root, 'results/results.json'), 'utf8'));
}

test('a zip that marks as oomph grade does, and says so when it cannot', async () => {
  const folder = assignment();
  const make = (...args: string[]) =>
    oomph(['new', 'autograder', 'hw 1/assignment.yaml', ...args], { cwd: folder });
  const made = make('--secret', 'secret');
  expect(made).toMatchObject({ code: 0 });
  expect(made.err).toContain('autograder.zip holds the secret');
  const root = await laidOut(join(folder, 'autograder.zip'));
  expect(statSync(join(root, 'source/run_autograder')).mode & 0o111).toBe(0o111);
  const setup = run(root, 'source/setup.sh');
  expect({ status: setup.status, err: setup.stderr }).toEqual({ status: 0, err: '' });
  expect(setup.stdout).toContain('1 assignment, 2 challenges: nothing to complain about');

  const good = marked(root, { 'src/small.ts': GOOD, 'batch.yaml': 'policy: 1\ntunables: {pcp.batch: 8}\n' });
  // Two hours late: a day begun. What that costs tells of the hidden seeds.
  expect(good.score).toBe(9);
  expect(good.output).toBe('1 day late: 25 % less.');
  expect(good.tests!.map(({ score, visibility }) => [score, visibility])).toEqual([
    [5, 'visible'],
    [5, 'hidden'],
    [2, 'visible'],
    [-3, 'hidden'],
  ]);
  mkdirSync(join(folder, 'class'));
  mkdirSync(join(folder, 'class/submission'));
  writeFileSync(join(folder, 'class/submission/small.ts'), GOOD);
  writeFileSync(join(folder, 'class/submission/batch.yaml'), 'policy: 1\ntunables: {pcp.batch: 8}\n');
  writeFileSync(join(folder, 'times.csv'), `submission,time\nsubmission,${LATE}\n`);
  const args = [
    'hw 1/assignment.yaml',
    'class',
    '--out',
    'm',
    '--submitted',
    'times.csv',
    '--secret',
    'secret',
  ];
  expect(oomph(['grade', ...args], { cwd: folder }).code).toBe(0);
  const local: Results = JSON.parse(readFileSync(join(folder, 'm/gradescope/submission.json'), 'utf8'));
  const figures = ({ score, tests }: Results) => [score, tests!.map(({ name, score }) => [name, score])];
  expect(figures(good)).toEqual(figures(local));

  const broken = marked(root, { 'small.ts': 'export default { zonelist: ( };\n' });
  expect(broken.score).toBe(0);
  expect(broken.tests![0].output).toContain('It does not compile');
  expect(marked(root, {}).score).toBe(0);

  rmSync(join(root, 'submission_metadata.json'));
  const failed = marked(root, { 'small.ts': GOOD });
  expect(failed).toEqual({
    score: 0,
    output: expect.stringMatching(/The autograder failed.*not judged.*tell your teacher/),
    output_format: 'text',
    stdout_visibility: 'hidden',
  });
});

test('without --secret it marks on the public seeds, and says so', async () => {
  const folder = assignment();
  const make = (...args: string[]) =>
    oomph(['new', 'autograder', 'hw 1/assignment.yaml', ...args], {
      cwd: folder,
      env: { OOMPH_SECRET: SECRET },
    });
  expect(make('--out', 'a.zip').err).toMatch(/^no --secret: it marks on the public seeds only/);
  const first = readFileSync(join(folder, 'a.zip'));
  expect(make('--out', 'a.zip')).toMatchObject({
    code: 2,
    err: expect.stringContaining('is there already'),
  });
  expect(make('--out', 'a.zip', '--force').code).toBe(0);
  expect(readFileSync(join(folder, 'a.zip')).equals(first)).toBe(true);
  const root = await laidOut(join(folder, 'a.zip'));
  expect(existsSync(join(root, 'source/secret'))).toBe(false);
  const results = marked(root, { 'small.ts': GOOD });
  expect(results.output).toContain('on the public seeds only');
  expect(results.tests!.map(({ visibility }) => visibility)).not.toContain('hidden');
  expect(results.score).toBe(7.5);
});
