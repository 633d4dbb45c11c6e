import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChallengePlan } from '../../../src/contract/plan.ts';
import {
  type Failure,
  failuresOf,
  failureText,
  sameFailure,
} from '../../../src/harness/shrink/failureClass.ts';
import { type ShrinkInput, type Shrunk, shrink } from '../../../src/harness/shrink/shrink.ts';
import { parseChallenge } from '../../../src/spec/challenge.ts';
import { SpecDocument } from '../../../src/spec/shrink/specDocument.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { record } from './recorded.ts';

jest.setTimeout(300_000);

const EXAMPLES = join(__dirname, '../../../examples/shrink');
const parse = (text: string): ChallengePlan | null =>
  parseChallenge(new TextEncoder().encode(text), 'x.yaml').plan;
const example = (name: string): string => readFileSync(join(EXAMPLES, `${name}.yaml`), 'utf8');

async function shrunk(
  text: string,
  more: Partial<ShrinkInput> = {},
): Promise<Shrunk & { seed: number; was: Failure }> {
  const document = SpecDocument.normal(text);
  const plan = parse(document.text())!;
  const seed =
    more.seed ?? plan.seeds.find(one => failuresOf(plan, compileTape(plan, one), null).length > 0)!;
  const failure = more.failure ?? failuresOf(plan, compileTape(plan, seed), null)[0];
  const input = {
    document,
    plan,
    seed,
    failure,
    linuxHolds: false,
    parse,
    play: null,
    limit: 10_000_000,
    ...more,
  };
  return { ...(await shrink(input)), seed, was: failure };
}

function failures(text: string, seed: number): Failure[] {
  const plan = parse(text)!;
  return failuresOf(plan, compileTape(plan, seed), null);
}

/** What each fails by, and whether what is left of it is shrunk once more here. */
const CASES: Record<string, [trouble: RegExp, again: boolean]> = {
  atomic: [/sleeping/, true],
  dma: [/order 2 from DMA for sb16: want of pages$/, true],
  fragmentation: [/order 6 from Normal for capture: fragmentation$/, false],
  kmap: [/a flush of all TLBs/, false],
  oom: [/the OOM killer/, false],
  'slab-leak': [/order \d from Normal for leaky/, false],
  stack: [/kernel stack overflowed/, true],
  vmalloc: [/vmalloc without addresses for/, false],
};

test('every example is tried here, or by the command', () => {
  const names = readdirSync(EXAMPLES).flatMap(file => (file.endsWith('.yaml') ? [file.slice(0, -5)] : []));
  expect(names.sort()).toEqual([...Object.keys(CASES), 'fault', 'expectation'].sort());
});

test.each(Object.keys(CASES))(
  '%s: twenty times smaller, it fails in the same way, and there is nothing more to shrink',
  async name => {
    const [trouble, again] = CASES[name];
    const { before, after, text, was, seed, end } = await shrunk(example(name));
    expect(was.trouble).toMatch(trouble);
    expect(end).toBe('done');
    expect(before.operations / after.operations).toBeGreaterThanOrEqual(20);
    // By the text alone, as whoever gets the file has it.
    expect(sameFailure(was, failures(text, seed))).toMatchObject({ what: was.what, trouble: was.trouble });
    expect(parse(text)!.seeds).toEqual([seed]);
    if (again) expect((await shrunk(text)).text).toBe(text);
    // Comments stay with what stays.
    expect(text).toMatch(/^# /);
    for (const [gone] of example(name).matchAll(/# (Packets that|What stays).*/g))
      expect(text).not.toContain(gone);
  },
);

test('the limit is kept, and so is what was found until then; the same when somebody stops it', async () => {
  const limited = await shrunk(example('stack'), { limit: 200_000 });
  expect(limited.end).toBe('limit');
  expect(limited.work).toBeLessThanOrEqual(300_000);
  expect(limited.after.operations).toBeLessThan(limited.before.operations);
  expect(sameFailure(limited.was, failures(limited.text, limited.seed))).toBeDefined();
  let asked = 0;
  const stopped = await shrunk(example('stack'), { stop: async () => ++asked > 12 });
  expect(stopped.end).toBe('stopped');
  expect(stopped.after.operations).toBeLessThan(stopped.before.operations);
  expect(sameFailure(stopped.was, failures(stopped.text, stopped.seed))).toBeDefined();
});

test('where Linux holds, it holds in what is left, too', async () => {
  // The policy keeps sb16 from DMA; without it there is memory enough.
  const text = example('dma').replace('size: 60', 'size: 6').replace('poisson: 100/s', 'poisson: 10/s');
  const plan = parse(SpecDocument.normal(text).text())!;
  const open = { ...plan, policy: { ...plan.policy, hooks: ['watermark' as const] } };
  const play = async (of: ChallengePlan, tape: ReturnType<typeof compileTape>) =>
    record({ ...of, policy: open.policy }, tape, { watermark: request => (request[1] === 2 ? 100_000 : -1) });
  const tape = compileTape(open, 1);
  const [failure] = failuresOf(open, tape, await play(open, tape));
  expect(failure.trouble).toContain('kept from it by the policy');
  const controlled = await shrunk(text, { seed: 1, failure, play, linuxHolds: true });
  const left = parse(controlled.text)!;
  expect(failuresOf(left, compileTape(left, 1), null)).toEqual([]);
  expect(
    sameFailure(failure, failuresOf(left, compileTape(left, 1), await play(left, compileTape(left, 1)))),
  ).toBeDefined();
  expect(controlled.after.operations).toBeLessThan(controlled.before.operations / 20);
});

const SMALL = `challenge: 1
id: tests/small
title: Small
machine: { arch: i386, ram: 16MiB }
workload:
  length: 1s
  tasks:
    - name: a
      arrive: { every: 10ms }
      run: [{ alloc_page: { as: p, gfp: [GFP_KERNEL] } }, { hold: 1ms }, { free_page: p }]
goal:
  - GOAL
seeds: [1]
`;

test('too little of what grows with the work is no failure where there is less to do', async () => {
  const text = SMALL.replace('GOAL', '{ metric: page_alloc.allocs, at_least: 101 }');
  const { was, after, before } = await shrunk(text, { limit: 200_000 });
  expect(was).toMatchObject({ trouble: '', side: 'too little', needsWork: true, value: 100 });
  expect(after.operations).toBeGreaterThanOrEqual(before.operations / 2);
  expect(sameFailure(was, [{ ...was, value: 99 }])).toBeUndefined();
});

test('a machine on which nothing works from the start on fails in another way', () => {
  const text = SMALL.replace('GOAL', '{ metric: page_alloc.failures, at_most: 0 }')
    .replace('16MiB', '1MiB')
    .replace('GFP_KERNEL', 'GFP_KERNEL, GFP_DMA');
  const [failure] = failures(
    text
      .replace('alloc_page:', 'alloc_pages:')
      .replace('as: p,', 'as: p, order: 6,')
      .replace('free_page:', 'free_pages:'),
    1,
  );
  expect(failureText(failure)).toMatch(/order 6 from DMA for a: .*from the start on/);
});

test('of a spec the expectation that fails is kept, and what it looks at on the way', () => {
  const text = SMALL.replace(
    'goal:\n  - GOAL',
    'test:\n  expect:\n    - { metric: page_alloc.allocs, at_most: 10, at: 500ms }\n    - { metric: cycles, at_most: 900M }',
  );
  const [failure, ...others] = failures(text, 1);
  expect(failure).toMatchObject({ kind: 'expect', index: 0, side: 'too much', value: 51, lostAtUs: 500_000 });
  expect(others).toEqual([]);
});
