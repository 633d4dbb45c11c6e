import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostFailure } from '../../../../src/cli/exit.ts';
import { runJobs } from '../../../../src/cli/grade/pool.ts';
import type { ChallengeResult } from '../../../../src/contract/grading.ts';
import type { GradeJob } from '../../../../src/harness/coursework/job.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomph-pool-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A worker that does what the entry of the policy says, and writes down whom it works for. */
const WORKER = `
import { appendFileSync } from 'node:fs';
process.on('disconnect', () => process.exit(0));
process.on('message', message => {
  if (message.kind === 'begin') { process.send({ kind: 'ready' }); return; }
  const { job } = message;
  appendFileSync(process.argv[2], process.pid + ' ' + job.key + '\\n');
  if (job.policy.entry === 'die') process.exit(7);
  if (job.policy.entry === 'hang') { while (true); }
  process.send({ kind: 'done', key: job.key, result: { kind: 'refused', message: job.key, diagnostics: [] } });
});
`;

const job = (owner: string, key: string, entry = 'go'): GradeJob => ({
  key,
  owner,
  challenge: 0,
  policy: { entry, files: [] },
  seeds: [1],
  publicSeeds: 1,
});

interface Ran {
  all: boolean;
  results: [string, string][];
  /** Process and key, as the workers began. */
  log: string[][];
}

async function run(batches: GradeJob[][], workers: number, worker = WORKER, limitMs = 60_000): Promise<Ran> {
  const file = join(folder, 'worker.mjs');
  const log = join(folder, 'log');
  writeFileSync(file, worker);
  writeFileSync(log, '');
  const results: [string, string][] = [];
  async function* source(): AsyncGenerator<GradeJob[]> {
    yield* batches;
  }
  const options = { workers, challenges: [], limitMs, command: { file, args: [log] } };
  const all = await runJobs(source(), options, (done: GradeJob, result: ChallengeResult) => {
    results.push([done.key, result.kind === 'played' ? 'played' : `${result.kind}: ${result.message}`]);
  });
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  return { all, results: results.sort(), log: lines.map(line => line.split(' ')) };
}

test('every job once, and those of one owner in one process while there are others', async () => {
  const owners = ['a', 'b', 'c', 'd', 'e', 'f'];
  const batches = owners.map(owner => [1, 2, 3].map(n => job(owner, `${owner}${n}`)));
  const { all, results, log } = await run([[], ...batches, []], 2);
  expect(all).toBe(true);
  expect(results).toEqual(owners.flatMap(o => [1, 2, 3].map(n => [`${o}${n}`, `refused: ${o}${n}`])));
  expect(log).toHaveLength(18);
  // What the slower worker has before it is shared at the end.
  const nrProcesses = (owner: string): number =>
    new Set(log.filter(([, key]) => key.startsWith(owner)).map(([pid]) => pid)).size;
  expect(owners.filter(owner => nrProcesses(owner) > 1).length).toBeLessThanOrEqual(1);
});

test('one owner alone: the others help', async () => {
  const { results, log } = await run([[1, 2, 3, 4, 5, 6, 7, 8].map(n => job('a', `a${n}`))], 3);
  expect(results).toHaveLength(8);
  expect(log).toHaveLength(8);
});

test('nothing to do', async () => {
  expect(await run([], 2)).toMatchObject({ all: true, results: [] });
  expect(await run([[], []], 2)).toMatchObject({ all: true, results: [] });
});

test('a job whose worker dies is tried twice; the others of its owner are done', async () => {
  const { results, log } = await run(
    [[job('a', 'a1'), job('a', 'a2', 'die'), job('a', 'a3')], [job('b', 'b1')]],
    1,
  );
  expect(results).toEqual([
    ['a1', 'refused: a1'],
    ['a2', 'infrastructure: its worker ended 2 times (code 7)'],
    ['a3', 'refused: a3'],
    ['b1', 'refused: b1'],
  ]);
  expect(log.filter(([, key]) => key === 'a2')).toHaveLength(2);
});

test('a job that takes longer than its limit is killed once, and the others are done', async () => {
  const { results, log } = await run(
    [[job('a', 'a1', 'hang'), job('a', 'a2')], [job('b', 'b1')]],
    2,
    WORKER,
    1500,
  );
  expect(results).toEqual([
    ['a1', 'infrastructure: it took longer than 1.5 s'],
    ['a2', 'refused: a2'],
    ['b1', 'refused: b1'],
  ]);
  expect(log).toHaveLength(3);
  const [pid] = log.find(([, key]) => key === 'a1')!;
  const isThere = (): boolean => {
    try {
      return process.kill(Number(pid), 0);
    } catch {
      return false;
    }
  };
  while (isThere()) await new Promise(resolve => setTimeout(resolve, 20));
});

test('workers that end before they have a job are started three times, not for ever', async () => {
  const running = run([[job('a', 'a1')], [job('b', 'b1')]], 2, 'process.exit(9);\n');
  await expect(running).rejects.toBeInstanceOf(HostFailure);
  await expect(running).rejects.toThrow('(code 9), 3 in a row');
});

test('what the reader of submissions throws ends it', async () => {
  async function* source(): AsyncGenerator<GradeJob[]> {
    yield [job('a', 'a1')];
    throw new Error('unreadable');
  }
  const file = join(folder, 'worker.mjs');
  writeFileSync(file, WORKER);
  const options = {
    workers: 1,
    challenges: [],
    limitMs: 1000,
    command: { file, args: [join(folder, 'log')] },
  };
  await expect(runJobs(source(), options, () => {})).rejects.toThrow('unreadable');
});

test('submissions are read when their turn comes', async () => {
  let read = 0;
  let done = 0;
  let most = 0;
  async function* source(): AsyncGenerator<GradeJob[]> {
    for (let i = 0; i < 20; i++) {
      read++;
      yield [job(`s${i}`, `k${i}`)];
    }
  }
  const file = join(folder, 'worker.mjs');
  writeFileSync(file, WORKER);
  const options = {
    workers: 2,
    challenges: [],
    limitMs: 5000,
    command: { file, args: [join(folder, 'log')] },
  };
  await runJobs(source(), options, () => {
    most = Math.max(most, read - done);
    done++;
  });
  expect(done).toBe(20);
  expect(most).toBeLessThanOrEqual(3);
});
