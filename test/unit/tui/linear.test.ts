import { briefingText, problemText, resultText, runText } from '../../../src/tui/linear.ts';
import { BUGGY, SPENT } from '../report/verdicts.ts';
import { controls, entry, FakeRun, LOST, prepared, verdict } from './fake.ts';

const one = entry('zones/the-sound-card');

test('the briefing has everything a player needs, in at most 80 columns', () => {
  const text = briefingText(one);
  for (const part of [
    'The sound card that starved',
    'DMA below 16 MiB',
    'Goals',
    'par',
    'zonelist',
    'i386, 64 MiB',
  ]) {
    expect(text).toContain(part);
  }
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('the briefing has the numbers by which a policy knows a task and its steps', () => {
  const text = briefingText(one);
  expect(text).toContain('the number before a task is request.task, #N before a step request.site\n');
  expect(text).toMatch(/0 sb16: driver in hardirq.*\n +#0 alloc_pages\(GFP_ATOMIC\|GFP_DMA, 2\); wait/);
  const none = { ...one.plan!, policy: { ...one.plan!.policy, hooks: [] } };
  expect(briefingText({ ...one, plan: none })).not.toMatch(/request\.task|#0| 0 sb16/);
});

test('par and gold have the unit of their metric, and say what it counts', () => {
  const score = { metric: 'irq.latency', better: 'lower', par: 12_000, gold: 9000 } as const;
  const where = { task: 0, zone: -1, order: -1 };
  const plan = { ...one.plan!, score: [{ ...score, where }] };
  expect(briefingText({ ...one, plan })).toMatch(/irq\.latency of task sb16: par .* 12 ms, gold .* 9.0 ms/);
});

test('the run is a few lines: memory now and then, and the first messages between', () => {
  const lines = [...runText(new FakeRun(1))].join('').split('\n');
  expect(lines.filter(line => /^ *[\d.]+ s {2}DMA /.test(line))).toHaveLength(11);
  expect(lines.filter(line => line.includes('page allocation failure'))).toHaveLength(12);
  expect(lines[1]).toBe('   0.00 s  DMA 3,578/10, Normal 12,270/10');
});

test('messages that would flood the text are counted', () => {
  const run = new FakeRun(1);
  const step = run.step.bind(run);
  run.step = nrOps => {
    step(nrOps);
    if (run.done) run.log.push(...Array.from({ length: 9 }, () => ({ timeUs: 1, text: 'again' })));
  };
  expect([...runText(run)].join('')).toContain('and 8 kernel messages more');
});

test('the result says who won and what to do', () => {
  const run = new FakeRun(1);
  expect(resultText(one, prepared(), run)).toContain('WON');
  const lost = resultText(one, prepared({ verdict: verdict(LOST) }), run);
  expect(lost).toContain('LOST');
  expect(lost).toContain('Mem-info:');
  // Nobody can press a key here.
  for (const text of [lost, briefingText(one)])
    expect(text).not.toMatch(/\b[efhs] (starts|goes|shows|uncovers)\b|^Next$/m);
});

test('what stands in a file cannot move a terminal', () => {
  const plan = { ...one.plan!, story: 'a\x1b[2Jb\u009bc' };
  expect(controls(briefingText({ ...one, plan }))).toEqual([]);
  const problem = { title: 'no\x07', diagnostics: [], message: '' };
  expect(problemText(one, problem)).toContain('no?');
});

test('a result shows the first bug of the kernel and the stack that overflowed', () => {
  const seed = {
    ...LOST,
    kernelReport: { event: 3, timeUs: 2_000_000, lines: ['bad: scheduling while atomic!', 'Call Trace:'] },
    stackTrace: [{ depth: 9060, size: 900, function: 'do_read' }],
  };
  const run = new FakeRun(1);
  const text = resultText(one, prepared({ verdict: verdict(seed) }), run);
  expect(text).toContain('[    2.000000] bad: scheduling while atomic!\n');
  expect(text).toContain('  0)     9060     900   do_read+0x80/0x100\n');
});

test('a result that is too dear shows where the cycles went', () => {
  const metrics = { 'page_alloc.failures': 0, cycles: 2_000_000 };
  const run = new FakeRun(1);
  const text = resultText(one, prepared({ verdict: verdict({ metrics, cyclesSpent: SPENT }) }), run);
  expect(text).toContain('Where the cycles went  on seed 1');
  expect(text).toMatch(/ {2}split +40,000 x +1,200,000 +60 %\n {4}cutting a block in two\n/);
  const dearAndLost = { ...LOST, metrics: { ...LOST.metrics, ...metrics }, cyclesSpent: SPENT };
  expect(resultText(one, prepared({ verdict: verdict(dearAndLost) }), run)).toContain('60 %');
});

test('a lost goal on bugs: the words of the kernel, who did it, and what nothing prints', () => {
  const run = new FakeRun(1);
  const text = resultText(one, prepared({ verdict: verdict({ ...LOST, ...BUGGY }) }), run);
  expect(text).toMatch(
    /bad: scheduling while atomic!\n {2}oomph: that was task eth0, step #1 kmalloc as skb/,
  );
  const { silentSleeps } = BUGGY;
  const silent = resultText(one, prepared({ verdict: verdict({ ...LOST, silentSleeps }) }), run);
  expect(silent).toMatch(/Bugs in the kernel\n {2}oomph: counted in kernel.bugs, not printed: task eth0/);
});
