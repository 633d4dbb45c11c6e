import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostFailure } from '../../../../src/cli/exit.ts';
import { type Case, exitCodeOf, type RunOptions, runSpecs } from '../../../../src/cli/testing/runSpecs.ts';
import { type LoadedSpec, readSnapshots } from '../../../../src/cli/testing/specs.ts';
import type { TestRun } from '../../../../src/contract/testing.ts';
import { RunBug } from '../../../../src/harness/runBug.ts';
import type { CaseEnd, CaseTask } from '../../../../src/harness/testing/runCase.ts';
import { WorkloadTooLong } from '../../../../src/workload/tapeRows.ts';
import { specOf } from '../../harness/testing/plans.ts';
import { caseResult, failedCase } from '../../report/testing/runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'oomph-run-specs-')).replaceAll('\\', '/');

function loaded(name: string, seeds: number[]): LoadedSpec {
  const file = `${folder}/${name}.spec.yaml`;
  writeFileSync(file, '');
  const plan = { ...specOf('    - state_hash\n'), id: `t/${name}`, seeds };
  return { file, diagnostics: [], plan, policy: null, policyFolder: 'p', watched: [] };
}
const A = loaded('a', [1, 2]);
const B = loaded('b', [1, 2]);
const casesOf = (...specs: LoadedSpec[]): Case[] =>
  specs.flatMap(spec => spec.plan!.seeds.map(seed => ({ spec, plan: spec.plan!, seed })));

type Play = (task: CaseTask) => Promise<CaseEnd>;

function run(play: Play, more: Partial<RunOptions> = {}, specs = [A, B]): Promise<TestRun> {
  return runSpecs(
    specs,
    casesOf(...specs),
    {
      bail: 0,
      update: false,
      ci: false,
      shard: null,
      signal: new AbortController().signal,
      progress: () => {},
      removed: () => {},
      ...more,
    },
    play,
  );
}

const ran = (seed: number, failed = false): CaseEnd => ({
  kind: 'ran',
  result: failed ? failedCase(seed) : caseResult(seed),
  written: {},
});
const statuses = ({ specs }: TestRun): string[] =>
  specs.flatMap(({ cases }) => cases.map(({ seed, status }) => `${seed} ${status}`));

test('results are in the order of the cases, whoever was done first', async () => {
  const order: (() => void)[] = [];
  const done: number[] = [];
  const play: Play = ({ seed, plan }) =>
    new Promise(resolve => order.push(() => resolve(ran(seed, plan.id === 't/b' && seed === 1))));
  const running = run(play, { progress: nr => done.push(nr) });
  while (order.length < 4) await new Promise(resolve => setImmediate(resolve));
  for (const finish of order.reverse()) finish();
  const result = await running;
  expect(statuses(result)).toEqual(['1 passed', '2 passed', '1 failed', '2 passed']);
  expect(result.specs.map(({ status }) => status)).toEqual(['passed', 'failed']);
  expect(done).toEqual([1, 2, 3, 4]);
  expect(exitCodeOf(result)).toBe(1);
});

test('a bail leaves out what stands behind it, though it has run', async () => {
  const result = await run(async ({ seed, plan }) => ran(seed, plan.id === 't/a' && seed === 2), { bail: 1 });
  expect(statuses(result)).toEqual(['1 passed', '2 failed', '1 skipped', '2 skipped']);
  expect(result).toMatchObject({ bailed: true, specs: [{ status: 'failed' }, { status: 'skipped' }] });
  const two = await run(async ({ seed }) => ran(seed, true), { bail: 2 });
  expect(statuses(two)).toEqual(['1 failed', '2 failed', '1 skipped', '2 skipped']);
});

test('what was aborted is left out', async () => {
  const result = await run(async ({ seed }) => (seed === 1 ? ran(1) : { kind: 'aborted' }));
  expect(statuses(result)).toEqual(['1 passed', '2 skipped', '1 passed', '2 skipped']);
});

test.each<[string, () => Error, RegExp]>([
  ['a process that died', () => new HostFailure('free some memory'), /free some memory/],
  ['a bug of ours', () => new RunBug(1, 77, new TypeError('oops')), /bug in oomph .* seed 1, event 77/],
])('%s is an error of its case, the others go on, and decides the exit code', async (_, error, message) => {
  const result = await run(async ({ seed, plan }) => {
    if (plan.id === 't/a' && seed === 1) throw error();
    return ran(seed, true);
  });
  expect(statuses(result)).toEqual(['1 error', '2 failed', '1 failed', '2 failed']);
  expect(result.specs[0]).toMatchObject({ status: 'error', diagnostics: [] });
  expect(result.specs[0].cases[0].message).toMatch(message);
  expect(exitCodeOf(result)).toBe(3);
});

test('a fault of the spec is one of the spec, and others are run', async () => {
  const long = await run(async ({ seed, plan }) => {
    if (plan.id === 't/a') throw new WorkloadTooLong('asker', 'too long');
    return ran(seed);
  });
  expect(long.specs[0]).toMatchObject({
    status: 'error',
    cases: [],
    diagnostics: [{ code: 'E-TAPE-TOO-LONG' }],
  });
  expect(exitCodeOf(long)).toBe(2);
  const diagnostic = { ...long.specs[0].diagnostics[0], code: 'E-POLICY', file: 'mine.ts' };
  const refused = await run(async () => ({ kind: 'refused', diagnostics: [diagnostic] }), {}, [B]);
  expect(refused.specs[0].diagnostics).toEqual([{ ...diagnostic, file: 'p/mine.ts' }]);
  expect(exitCodeOf(refused)).toBe(2);
});

test('what nobody foresaw is thrown', async () => {
  await expect(
    run(async () => {
      throw new TypeError('ours');
    }),
  ).rejects.toThrow('ours');
});

test('snapshots are given to the seeds that have them, and kept unless it is CI', async () => {
  const C = loaded('c', [1]);
  const rules: CaseTask['rules'][] = [];
  const stored: CaseTask['stored'][] = [];
  const play: Play = async task => {
    rules.push(task.rules);
    stored.push(task.stored);
    return { kind: 'ran', result: caseResult(task.seed), written: { state_hash: 'x\n' } };
  };
  await run(play, { ci: true, update: true }, [C]);
  expect(readSnapshots(C.file, 1)).toEqual({});
  await run(play, {}, [C]);
  expect(readSnapshots(C.file, 1)).toEqual({ state_hash: 'x\n' });
  await run(play, { update: true }, [{ ...C, plan: { ...C.plan!, seeds: [1] } }]);
  expect(rules).toEqual([
    { write: false, update: false },
    { write: true, update: false },
    { write: true, update: true },
  ]);
  expect(stored).toEqual([{}, {}, { state_hash: 'x\n' }]);
});
