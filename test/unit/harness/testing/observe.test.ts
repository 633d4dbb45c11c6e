import { explain } from '../../../../src/harness/cause.ts';
import { runSeed } from '../../../../src/harness/runSeed.ts';
import { Session } from '../../../../src/harness/session.ts';
import { type Observed, observe } from '../../../../src/harness/testing/observe.ts';
import { testWords } from '../../../../src/report/testing/words.ts';
import { compileTape } from '../../../../src/workload/compile.ts';
import { specOf } from './plans.ts';

const between = async (): Promise<void> => {};

async function observed(expectations: string, seed = 1): Promise<Observed> {
  const plan = specOf(expectations);
  return observe(plan, compileTape(plan, seed), seed, null, testWords(null, plan), between);
}

/** The same run, gone to by other means. */
function sessionAt(us: number): Session {
  const plan = specOf('    - state_hash\n');
  const session = new Session(plan, compileTape(plan, 1), null, 1);
  session.step(session.opsUntil(us));
  return session;
}

test('a metric is what it is at that time, and at the end', async () => {
  const { values } = await observed(
    '    - {metric: zone.free, at: 1s, at_least: 1}\n    - {metric: zone.free, at_least: 1}\n    - {metric: zone.free, at: 8s, at_most: 9}\n',
  );
  const early = sessionAt(1_000_000).measure('zone.free');
  const late = sessionAt(8_000_000);
  late.step(late.nrOps);
  expect(early).toBeGreaterThan(late.measure('zone.free') + 100);
  expect([...values.values()]).toEqual([early, late.measure('zone.free'), late.measure('zone.free')]);
});

test('the verdict and the state are those of a run that nobody looks at', async () => {
  const plan = specOf('    - state_hash\n');
  const { stateHash, outcome, metrics } = runSeed(plan, 1, null);
  for (const expectations of [
    '    - {metric: zone.free, at: 1s, at_least: 1}\n',
    '    - {proc: vmstat, at: 3s}\n    - {trace: [page.alloc]}\n    - dump\n    - state_hash\n',
  ]) {
    expect((await observed(expectations)).verdict).toMatchObject({ stateHash, outcome, metrics });
  }
});

test('the state is told with its stages and with what is not 0', async () => {
  const { texts, verdict } = await observed('    - state_hash\n');
  const lines = texts.get('state_hash')!.trimEnd().split('\n');
  expect(lines[0]).toBe(verdict.stateHash);
  expect(lines.slice(1, 8).map(line => line.replace(/[0-9a-f]{8}$/, ''))).toEqual(
    [1, 2, 3, 4, 5, 6, 7].map(s => `at ${s}s: `),
  );
  expect(new Set(lines.slice(0, 8)).size).toBe(8);
  expect(lines).toContain(`page_alloc.failures: ${verdict.metrics['page_alloc.failures']}`);
  expect(lines.some(line => line.endsWith(': 0'))).toBe(false);
});

test('a view is that of its time', async () => {
  const { texts } = await observed('    - {proc: buddyinfo, at: 1s}\n    - {proc: buddyinfo}\n');
  expect(texts.get('proc buddyinfo at 1s')).toMatch(/^Node 0, zone +DMA/);
  expect(texts.get('proc buddyinfo at 1s')).not.toBe(texts.get('proc buddyinfo'));
});

test('the dump is that of the first failure, and there is none where nothing failed', async () => {
  const { texts, verdict } = await observed('    - dump\n');
  expect(texts.get('dump')).toBe(`${verdict.failures[0].kernelLog.join('\n')}\n`);
  expect(texts.get('dump')).toMatch(/^asker: page allocation failure\. order:0, mode:0x20\n/);
  const plan = specOf('    - dump\n');
  const calm = { ...plan, workload: { ...plan.workload, lengthUs: 1_000_000 } };
  const { texts: none } = await observe(calm, compileTape(calm, 1), 1, null, testWords(null, calm), between);
  expect(none.get('dump')).toBe('');
});

test('a trace has the first events of its kinds, those without a tracepoint too', async () => {
  const { texts } = await observed(
    '    - {trace: [page.fail], first: 3}\n    - {trace: [page.alloc, buddy.split], first: 40}\n    - {trace: [slab.grow]}\n',
  );
  const fails = texts.get('trace page.fail, first 3')!.trimEnd().split('\n');
  expect(fails.length).toBe(3);
  for (const line of fails)
    expect(line).toMatch(/asker-1 +\[000\] \.\.s\. +\d+\.\d{6}: mm_page_alloc: page=\(null\)/);
  const lines = texts.get('trace page.alloc buddy.split, first 40')!.trimEnd().split('\n');
  expect(lines.length).toBe(40);
  expect(
    lines.filter(line => / buddy\.split: pfn=\d+ order=\d+ down_to=0$/.test(line)).length,
  ).toBeGreaterThan(0);
  expect(lines.filter(line => / mm_page_alloc: /.test(line)).length).toBeGreaterThan(20);
  expect(texts.get('trace slab.grow, first 200')).toBe('');
});

test('it can be stopped on the way', async () => {
  const plan = specOf('    - state_hash\n');
  let nr = 0;
  const stop = async (): Promise<void> => {
    if (++nr === 3) throw new Error('stopped');
  };
  await expect(observe(plan, compileTape(plan, 1), 1, null, testWords(null, plan), stop)).rejects.toThrow(
    'stopped',
  );
});

test('the cause is put into words', () => {
  const plan = specOf('    - state_hash\n');
  const session = sessionAt(8_000_000);
  session.step(session.nrOps);
  expect(testWords(null, plan).cause(explain(session, session.tellingMark()))).toContain(
    'page allocation failure',
  );
});
