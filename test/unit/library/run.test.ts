import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  builtinPolicies,
  type Challenge,
  challengeIds,
  loadChallenge,
  metrics,
  OomphError,
  type Progress,
  parseChallenge,
  play,
  record,
  replay,
  run,
  testReport,
  testSpecs,
} from '../../../src/index.ts';
import { challengeYaml, GOAL_LOST, GOAL_WON } from '../../e2e/cli/oomph.ts';

function challengeOf(goal = GOAL_WON): Challenge {
  const { challenge, diagnostics } = parseChallenge(challengeYaml(goal), 'small.yaml');
  expect(diagnostics).toEqual([]);
  return challenge!;
}

const AS_LINUX = { text: 'export default { zonelist: (_, mem) => mem.AS_LINUX };', name: 'idle.js' };

async function fault(work: Promise<unknown>): Promise<OomphError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof OomphError) return error;
  throw error ?? new Error('nothing was thrown');
}

test('a challenge is data, and so is everything that is wrong with one', () => {
  const challenge = challengeOf();
  expect(challenge).toMatchObject({
    id: 'tests/a-small-one',
    seeds: [1, 2],
    hooks: ['zonelist', 'pcp'],
    goals: ['page_alloc.failures of task asker, at most 0'],
    lengthUs: 5_000_000,
    name: 'small.yaml',
  });
  const { challenge: none, diagnostics } = parseChallenge('challenge: 1\nid: x\n', 'broken.yaml');
  expect(none).toBeNull();
  expect(diagnostics.length).toBeGreaterThan(1);
  expect(diagnostics[0]).toMatchObject({ file: 'broken.yaml', severity: 'error', line: expect.any(Number) });
  expect(loadChallenge('zones/the-sound-card').challenge!.id).toBe('zones/the-sound-card');
  expect(challengeIds()).toContain('zones/the-sound-card');
  expect(() => loadChallenge('zones/the-sound-cart')).toThrow(/did you mean zones\/the-sound-card\?/);
  expect(metrics().find(({ name }) => name === 'cycles')).toMatchObject({ unit: 'cycles', better: 'lower' });
  expect(builtinPolicies()).toContain('dma-reserve');
});

test('timers and clocks that are fake neither stop a run nor make it late', async () => {
  const challenge = challengeOf();
  jest.useFakeTimers({ now: 0 });
  try {
    const [linux, policy] = [run(challenge), run(challenge, { policy: AS_LINUX })];
    jest.setSystemTime(4_000_000_000_000);
    expect((await linux).outcome).toBe('won');
    expect((await policy).outcome).toBe('won');
  } finally {
    jest.useRealTimers();
  }
});

test('a run is judged seed by seed, alike with Linux and with a policy that leaves all to it', async () => {
  const seen: Progress[] = [];
  const linux = await run(challengeOf(), { onProgress: progress => seen.push(progress) });
  expect(linux).toMatchObject({ outcome: 'won', policy: { name: 'none', info: null } });
  expect(linux.seeds.map(({ seed }) => seed)).toEqual([1, 2]);
  expect(seen[0]).toEqual({ done: 0, total: 2, percent: 0 });
  expect(seen.at(-1)!.done).toBe(1);
  const idle = await run(challengeOf(), { policy: AS_LINUX, seeds: [2] });
  expect(idle.seeds[0].stateHash).toBe(linux.seeds[1].stateHash);
  expect(idle.seeds[0].reproduce).toBe('oomph run small.yaml --policy idle.js --seed 2');
  expect((await run(challengeOf(GOAL_LOST))).outcome).toBe('lost');
});

test('a policy comes from a file, from several texts, or as numbers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'oomph-library-'));
  const file = join(folder, 'mine.ts');
  writeFileSync(file, "import { zones } from './zones.ts';\nexport default { zonelist: zones };\n");
  writeFileSync(join(folder, 'zones.ts'), 'export const zones = (_, mem) => mem.AS_LINUX;\n');
  const zones = 'export const zones = (_, mem) => mem.AS_LINUX;';
  const text = "import { zones } from './lib/zones.js';\nexport default { zonelist: zones };";
  const numbers = 'policy: 1\ntunables: {pcp.high: 12}\n';
  const hashes = [];
  for (const policy of [
    { file },
    { text, files: { 'lib/zones.js': zones } },
    { text: numbers, name: 'n.yaml' },
  ]) {
    const verdict = await run(challengeOf(), { policy, seeds: [1] });
    hashes.push(verdict.policy.info!.hash);
    expect(verdict.seeds[0].nrFaults).toBe(0);
  }
  expect(new Set(hashes).size).toBe(3);
});

test('what is wrong with a policy is data too', async () => {
  const broken = await fault(
    run(challengeOf(), { policy: { text: 'export default { zonelist: () => foo };' } }),
  );
  expect(broken).toMatchObject({ code: 'bad-policy', name: 'OomphError' });
  expect(broken.diagnostics[0]).toMatchObject({ file: 'policy.ts', line: 1, column: 34 });
  const closed = await fault(run(challengeOf(), { policy: { text: 'export default { block: () => 0 };' } }));
  expect(closed.diagnostics[0].message).toMatch(/block/);
  const numbers = await fault(
    run(challengeOf(), { policy: { text: 'policy: 1\ntunables: {pcp.hihg: 1}\n', name: 'n.yaml' } }),
  );
  expect(numbers.diagnostics[0].suggestions).toEqual(['pcp.high']);
  const builtin = await fault(run(challengeOf(), { policy: 'builtin:best-fit' }));
  expect(builtin).toMatchObject({ code: 'bad-policy', message: expect.stringMatching(/decides block/) });
  expect(await fault(run(challengeOf(), { policy: { file: '/nowhere.ts' } }))).toMatchObject({
    code: 'not-found',
  });
  expect(await fault(run(challengeOf(), { policy: 'reference' }))).toMatchObject({ code: 'bad-argument' });
  expect(await fault(run(challengeOf(), { policy: 'mine.ts' as never }))).toMatchObject({
    code: 'bad-argument',
  });
  const functions = await fault(run(challengeOf(), { policy: (() => 0) as never }));
  expect(functions.message).toMatch(/its code runs in a sandbox, as text/);
});

test('seeds that cannot be, and a challenge of nobody, are refused', async () => {
  for (const seeds of [[], [-1], [1.5], [2 ** 32]])
    expect(await fault(run(challengeOf(), { seeds }))).toMatchObject({ code: 'bad-argument' });
  const copy = { ...challengeOf() };
  expect((await fault(run(copy))).message).toMatch(/parseChallenge\(\) or loadChallenge\(\)/);
});

test('an AbortSignal stops it, before and in the middle', async () => {
  const before = AbortSignal.abort('no');
  expect(await fault(run(challengeOf(), { signal: before }))).toMatchObject({ code: 'aborted', cause: 'no' });
  const middle = new AbortController();
  const onProgress = ({ done }: Progress): void => void (done === 1 && middle.abort('enough'));
  const stopped = await fault(run(challengeOf(), { policy: AS_LINUX, signal: middle.signal, onProgress }));
  expect([stopped.name, stopped.code, stopped.cause]).toEqual(['AbortError', 'aborted', 'enough']);
});

test('a record replays without the policy, and a false one does not', async () => {
  const { verdict, record: bytes } = await record(challengeOf(), { policy: AS_LINUX, seed: 2 });
  const report = replay(bytes);
  expect(report).toMatchObject({ holds: true, problems: [], seed: 2, policy: 'idle.js' });
  expect(report.verdict!.stateHash).toBe(verdict.seeds[0].stateHash);
  expect(() => replay(bytes.slice(0, 40))).toThrow(OomphError);
  expect(() => replay(new TextEncoder().encode('not a record'))).toThrow(/cannot be replayed/);
});

test('a session goes back and forth, shows the machine, and says why', async () => {
  const session = await play(challengeOf(GOAL_LOST), { seed: 1 });
  expect([session.op, session.done, session.explain()!.kind]).toEqual([0, false, 'allocation']);
  expect(session.op).toBe(0);
  session.seekTime('2s');
  const [op, hash, vmstat] = [session.op, session.hash(), session.proc('vmstat')];
  expect(session.timeUs).toBeLessThanOrEqual(2_000_000);
  expect(session.measure('page_alloc.failures', { task: 'asker' })).toBe(0);
  session.seek(session.nrOps);
  expect([session.done, session.goals()[0].held, session.failures().length > 0]).toEqual([true, false, true]);
  expect(session.log().at(-1)!.text).toMatch(/^greedy: page allocation failure\. order:10, mode:0x20$/);
  const whole = session.verdict();
  expect(whole.stateHash).toBe((await run(challengeOf(GOAL_LOST), { seeds: [1] })).seeds[0].stateHash);
  session.seek(op);
  expect([session.hash(), session.proc('vmstat')]).toEqual([hash, vmstat]);
  expect(vmstat).toMatch(/^pgalloc [1-9]/m);
  session.step(3);
  expect(session.op).toBe(op + 3);
  expect(session.lastOp).not.toBe('');
  expect(() => session.measure('page_alloc.failure')).toThrow(/did you mean page_alloc.failures\?/);
  expect(() => session.measure('cycles', { zone: 'DMA' })).toThrow(/cycles takes no filter zone/);
  expect(() => session.seek(session.nrOps + 1)).toThrow(/not an operation of this run/);
  expect(session.explain()!.cause).toMatchObject({ kind: 'allocation', task: 'greedy', order: 10 });
  expect(session.explain()!.text).toMatch(/line 20 of\s+small\.yaml/);
  const won = await play(challengeOf(), { seed: 1 });
  expect(won.explain()!.kind).toBe('allocation');
});

test('specs are run as data, and nothing is written unless it is asked for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'oomph-library-specs-'));
  const spec = (name: string, expects: string): void =>
    writeFileSync(
      join(folder, name),
      `${challengeYaml().replace('id: tests/', 'id: specs/')}test:\n  expect:\n${expects}`,
    );
  spec('good.spec.yaml', '    - outcome: won\n');
  spec('bad.spec.yaml', '    - { metric: cycles, at_most: 1 }\n');
  spec('kept.spec.yaml', '    - state_hash\n');
  const seen: string[] = [];
  const first = await testSpecs(folder, {
    seeds: [1],
    onCase: (done, total) => seen.push(`${done}/${total}`),
  });
  expect(first.specs.map(({ title, status }) => [title, status])).toEqual([
    ['A small one', 'failed'],
    ['A small one', 'passed'],
    ['A small one', 'failed'],
  ]);
  expect(first.specs[0].cases[0].checks[0]).toMatchObject({
    kind: 'metric',
    status: 'failed',
    line: expect.any(Number),
  });
  expect(seen).toEqual(['1/3', '2/3', '3/3']);
  expect(existsSync(join(folder, '__snapshots__'))).toBe(false);
  const kept = join(folder, 'kept.spec.yaml');
  expect((await testSpecs(kept, { snapshots: 'new' })).specs[0].status).toBe('passed');
  expect((await testSpecs([kept])).specs[0].status).toBe('passed');
  expect(testReport(first, 'junit')).toMatch(/^<\?xml[\s\S]*failures="2"/);
  expect(() => testReport(first, 'xml' as never)).toThrow(/no reporter is called "xml"/);
  expect(await fault(testSpecs(join(folder, 'none*.yaml')))).toMatchObject({ code: 'not-found' });
  expect(await fault(testSpecs(folder, { signal: AbortSignal.abort('no') }))).toMatchObject({
    code: 'aborted',
  });
});
