import type { FailureReport } from '../../../src/contract/verdict.ts';
import type { Style } from '../../../src/report/style.ts';
import { verdictLine, verdictText } from '../../../src/report/verdictText.ts';
import { BUGGY, lostSeed, SPENT, scoreResult, seedVerdict, verdict } from './verdicts.ts';

test('one seed, won, with the explanation', () => {
  const explanation =
    'In 2.6.0 the zonelist of GFP_KERNEL ends in ZONE_DMA: what has no better place to go goes there, and nothing keeps it out.\n';
  expect(verdictText(verdict([seedVerdict(1)]), { explanation })).toMatchInlineSnapshot(`
"zones/the-sound-card  The sound card that starved
Policy mine.ts: zonelist; 23 tokens. 1 seed.

Goals
  held  page_alloc.failures of task sb16, at most 0: 0

Score       value          par         gold
cycles  1,812,341  <=1,900,000  <=1,500,000

won, 2 stars of 3

In 2.6.0 the zonelist of GFP_KERNEL ends in ZONE_DMA: what has no better place
to go goes there, and nothing keeps it out.
"
`);
});

test('where the cycles of the first seed that is too dear went', () => {
  const metrics = { 'page_alloc.failures': 0, cycles: 2_000_000 };
  const dear = seedVerdict(7, { metrics, cyclesSpent: SPENT });
  const text = verdictText(verdict([seedVerdict(1), dear]));
  expect(text).toContain(`
Where the cycles went, seed 7 (docs/costs.md has all prices):
                times     cycles  share
  split      40,000 x  1,200,000   60 %
    cutting a block in two
  slab_reap   2,000 x    500,000   25 %
    finding a slab that the reap timer gives back, under the cache lock with
    interrupts off
  call            1 x         60    0 %
    entering and leaving
`);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test("beneath the kernel's words on a bug: who did it, and what it does not print", () => {
  const silent = `  oomph: counted in kernel.bugs, not printed: task eth0, step #1 kmalloc as skb,
  line 39 of the challenge slept 160 times with a spinlock held, first at 4.08s,
  event 5,130. This kernel cannot tell: without preemption a lock leaves no mark
  that it could check.
`;
  expect(verdictText(verdict([{ ...lostSeed(1), ...BUGGY }]))).toContain(
    `  bad: scheduling while atomic!
  oomph: that was task eth0, step #1 kmalloc as skb, line 39 of the challenge.
${silent}`,
  );
  const { silentSleeps } = BUGGY;
  expect(verdictText(verdict([{ ...lostSeed(1), silentSleeps }]))).toContain(
    `\nBugs in the kernel, seed 1:\n${silent}`,
  );
});

test("several seeds, some lost: why, the kernel's own report, how to see it again", () => {
  expect(
    verdictText(verdict([seedVerdict(1), lostSeed(2), seedVerdict(30)]), { explanation: 'not shown' }),
  ).toMatchInlineSnapshot(`
"zones/the-sound-card  The sound card that starved
Policy mine.ts: zonelist; 23 tokens. 3 seeds.

  seed  result  stars     cycles  why
     1  won     **.    1,812,341
     2  lost    ...    1,812,342  page_alloc.failures is 3
    30  won     **.    1,812,370

Goals, seed 2
  LOST  page_alloc.failures of task sb16, at most 0: 3
  LOST  zone.free, always at least 100 pages: 7 pages
        first at 14.5s, event 8,213

Score       worst     median       best
cycles  1,812,370  1,812,341  1,812,341

One of 3 failed allocations, seed 2: task sb16, 14.5s, event 8,213
  sb16 wanted 4 pages in one piece; mode:0x21 is GFP_ATOMIC|GFP_DMA. That mask
  allows DMA (80 pages free, the largest block 2).
  sb16: page allocation failure. order:2, mode:0x21
  Mem-info:
  DMA per-cpu:

  DMA: empty

lost on 1 of 3 seeds
To see it again:
  oomph run zones/the-sound-card --policy mine.ts --seed 2
"
`);
});

test('faults of the policy and what it printed', () => {
  const fault = {
    code: 'illegal-answer',
    hook: 'zonelist',
    event: 17,
    timeUs: 5000,
    file: 'mine.ts',
    line: 4,
    column: 13,
    value: '12',
    message: 'must name each zone once',
  } as const;
  const seed = seedVerdict(1, {
    faults: [
      fault,
      { ...fault, code: 'threw', value: '', message: 'TypeError: x is not a function' },
      { ...fault, event: 30 },
      { ...fault, event: 31 },
    ],
    nrFaults: 120,
    console: [{ file: 'mine.ts', line: 3, event: 17, text: 'free: \u001b[2J4090' }],
  });
  const text = verdictText(verdict([seed]));
  expect(text).toContain(
    '120 faults of the policy in seed 1:\n  mine.ts:4:13, in zonelist, event 17, and 2 times more\n    answered 12: must name each zone once\n',
  );
  expect(text).toContain('    TypeError: x is not a function\n  and 116 more\n');
  expect(text).toContain('console.log of seed 1:\n  mine.ts:3, event 17: free: \u241b[2J4090\n');
});

test('a run that a fault ended says so', () => {
  const seed = seedVerdict(1, { outcome: 'lost', stars: 0 });
  expect(verdictText(verdict([seed, seedVerdict(2)]))).toContain('a fault ended the run');
});

test('the failure shown is one that a lost goal is about', () => {
  const seed = lostSeed(2);
  const other = {
    ...seed.failures[0],
    task: 'cache',
    event: 5,
    kernelLog: ['cache: page allocation failure. order:0, mode:0xd0'],
  };
  const text = (failures: FailureReport[]) => verdictText(verdict([{ ...seed, failures }]));
  expect(text([other, seed.failures[0]])).toContain(
    'task sb16, 14.5s, event 8,213\n  sb16 wanted 4 pages in one piece; mode:0x21 is GFP_ATOMIC|GFP_DMA. That mask\n  allows DMA (80 pages free, the largest block 2).\n  sb16: page allocation failure',
  );
  expect(text([other])).toContain('  cache: page allocation failure');
  expect(text([])).not.toContain('failed allocation');
});

test('a long metric stands above its numbers, short in the table of seeds', () => {
  const seed = seedVerdict(1, {
    score: [
      {
        ...seedVerdict(1).score[0],
        metric: 'page_alloc.stall_time of task a-task-with-a-rather-long-name',
        unit: 'us',
      },
    ],
  });
  const v = verdict([seed, { ...seed, seed: 2 }]);
  v.summary[0].metric = seed.score[0].metric;
  const lines = verdictText(v).split('\n');
  expect(lines).toContain('  seed  result  stars  stall_time  why');
  const name = lines.indexOf('page_alloc.stall_time of task a-task-with-a-rather-long-name');
  expect(lines[name + 1]).toMatch(/^ +1\.81s +1\.81s/);
});

test('two axes of eight digits stay on their lines; tokens are those of a policy', () => {
  const score = [scoreResult(10_586_935, { par: 10_900_000, gold: 10_700_000 }), scoreResult(0)];
  score[1] = { ...score[1], metric: 'policy.tokens', par: 260, gold: 120 };
  const axis = { metric: 'policy.tokens', unit: 'count', worst: 0, median: 0, best: 0 };
  const won = [seedVerdict(1, { score }), seedVerdict(2, { score })];
  const of = verdict(won);
  of.summary.push(axis);
  const lines = (v: typeof of) => verdictText(v).split('\n');
  expect(lines(of)).toContain(
    'cycles         10,586,935  10,586,935  10,586,935  <=10,900,000  <=10,700,000',
  );
  expect(lines(of).find(line => line.startsWith('policy.tokens '))).toMatch(/ 0 +0 +0 +<=260 +<=120$/);
  const none = { ...of, policy: { name: 'none', info: null } };
  expect(lines(none).find(line => line.startsWith('policy.tokens '))).toMatch(/s +- +- +- +<=260 +<=120$/);
});

test('many seeds: the lost ones and a count', () => {
  const seeds = Array.from({ length: 100 }, (_, i) => (i % 50 === 7 ? lostSeed(i) : seedVerdict(i)));
  const lines = verdictText(verdict(seeds)).split('\n');
  expect(lines.filter(line => /^ +\d+ +(won|lost) /.test(line))).toHaveLength(2);
  expect(lines).toContain('  won on 98 of 100 seeds');
  expect(lines).toContain('lost on 2 of 100 seeds');
});

test("80 columns, but for the kernel's own lines", () => {
  const wide = lostSeed(2);
  wide.goals[0].text = `page_alloc.failures of task ${'x'.repeat(60)}`;
  for (const line of verdictText(verdict([lostSeed(1), wide])).split('\n')) {
    if (!line.includes('xxxx')) expect(line.length).toBeLessThanOrEqual(80);
  }
});

test('colours only where the style gives them, and the same words', () => {
  const mark = (text: string) => `<${text}>`;
  const style: Style = { good: mark, bad: mark, dim: mark, strong: mark };
  const v = verdict([seedVerdict(1), lostSeed(2)]);
  expect(verdictText(v, { style }).replaceAll(/[<>]/g, '')).toBe(verdictText(v));
  expect(verdictText(v, { style })).toContain('<LOST>');
});

test('one line', () => {
  expect(verdictLine(verdict([seedVerdict(1)]))).toBe('zones/the-sound-card: won, 2 stars of 3\n');
  expect(verdictLine(verdict([seedVerdict(1), lostSeed(2)]))).toBe(
    'zones/the-sound-card: lost on 1 of 2 seeds\n',
  );
  expect(verdictLine(verdict([lostSeed(2)]))).toBe('zones/the-sound-card: lost\n');
});
