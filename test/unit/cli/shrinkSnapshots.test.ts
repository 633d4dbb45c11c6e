import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ByMetric, byMetric } from '../../../src/cli/shrinkSnapshots.ts';
import type { ChallengePlan } from '../../../src/contract/plan.ts';
import { observe } from '../../../src/harness/testing/observe.ts';
import type { TestedPlan } from '../../../src/harness/testing/runCase.ts';
import { testWords } from '../../../src/report/testing/words.ts';
import { parseChallenge } from '../../../src/spec/challenge.ts';
import { SpecDocument } from '../../../src/spec/shrink/specDocument.ts';
import { snapshotText } from '../../../src/spec/snapshot.ts';
import { compileTape } from '../../../src/workload/compile.ts';

const folder = mkdtempSync(join(tmpdir(), 'oomph-shrink-snapshots-'));
const parse = (text: string): ChallengePlan | null =>
  parseChallenge(new TextEncoder().encode(text), 'x.yaml').plan;

const spec = (order: number, every: string, expected: string): string => `challenge: 1
id: tests/snapshots
title: Snapshots
machine: { arch: i386, ram: 16MiB }
workload:
  length: 1s
  tasks:
    - name: greedy
      arrive: { every: ${every} }
      run: [{ alloc_pages: { as: q, order: ${order}, gfp: [GFP_ATOMIC] } }, { hold: 2s }]
seeds: [1]
test:
  expect:
    - metric: page_alloc.failures
      at_most: 100000
    - ${expected}
`;

/** A spec whose snapshot is that of an earlier version of it. */
async function changed(name: string, before: string, now: string): Promise<ByMetric | null> {
  const old = parse(before) as TestedPlan;
  const words = testWords(null, old);
  const { texts } = await observe(old, compileTape(old, 1), 1, null, words, async () => {});
  const file = join(folder, `${name}.spec.yaml`);
  mkdirSync(join(folder, '__snapshots__', `${name}.spec.yaml`), { recursive: true });
  writeFileSync(
    join(folder, '__snapshots__', `${name}.spec.yaml`, 'seed-1.yaml'),
    snapshotText(Object.fromEntries(texts)),
  );
  return byMetric(file, SpecDocument.normal(now), parse(now)!, 1, null, parse);
}

test('a state that is another one is told by the metric that has become worse, trouble first', async () => {
  const found = (await changed('state', spec(3, '50ms', 'state_hash'), spec(3, '1ms', 'state_hash')))!;
  expect(found.failure).toMatchObject({
    what: 'expect page_alloc.failures is at most 0',
    index: 1,
    trouble: 'an allocation of order 3 from Normal for greedy: want of pages',
  });
  expect(found.note).toBe(
    'state_hash differs from its snapshot; in its place: page_alloc.failures is at most 0',
  );
  expect(found.document.text()).toMatch(/- \{ metric: page_alloc\.failures, at_most: 0 \}\n$/);
  // The same the other way round: less work does it, so that there is nothing to keep.
  await expect(changed('less', spec(3, '1ms', 'state_hash'), spec(3, '50ms', 'state_hash'))).rejects.toThrow(
    /state_hash differs and no metric is worse.*`oomph diff`/,
  );
});

test('another report of a failed allocation is told by its task and order', async () => {
  const found = (await changed('dump', spec(3, '1ms', 'dump'), spec(4, '1ms', 'dump')))!;
  expect(found.failure.what).toBe('expect page_alloc.failures of task greedy, order 4 is at most 0');
  await expect(
    changed('head', spec(3, '1ms', 'dump'), spec(3, '1ms', 'dump').replace('16M', '17M')),
  ).rejects.toThrow(/dump differs from its snapshot \(line \d+ was ".*" and is ".*"\), .*expect a metric/);
  await expect(changed('gone', spec(3, '1ms', 'dump'), spec(3, '50ms', 'dump'))).rejects.toThrow(
    'no allocation fails any more',
  );
});

test('of a view and a trace it says where they part, and what to do', async () => {
  for (const [key, expected] of [
    ['buddyinfo', 'proc: buddyinfo'],
    ['trace', '{ trace: [page.alloc], first: 3 }'],
  ]) {
    const old = spec(3, '50ms', expected);
    expect(parse(old)).not.toBeNull();
    await expect(changed(key, old, spec(2, '50ms', expected))).rejects.toThrow(
      /^there is nothing to shrink by: .* differs from its snapshot \(line 1 was ".*" and is ".*"\).*expect a metric/,
    );
    expect(await changed(`${key}-same`, old, old)).toBeNull();
  }
});
