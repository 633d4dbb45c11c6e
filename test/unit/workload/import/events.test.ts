import type { ChallengePlan } from '../../../../src/contract/plan.ts';
import { EventLog } from '../../../../src/harness/eventLog.ts';
import { KernelSymbols } from '../../../../src/harness/kernelSymbols.ts';
import { Play } from '../../../../src/harness/play.ts';
import { eventLine, eventsHead } from '../../../../src/report/proc/events.ts';
import { VIEWS } from '../../../../src/report/proc/views.ts';
import { parseChallenge } from '../../../../src/spec/challenge.ts';
import { compileTape } from '../../../../src/workload/compile.ts';
import { fixture, freeAt, importTexts, planOf, promised, textOf } from './imported.ts';

/** A run's events as `oomph proc events` prints them. */
function eventsOf(plan: ChallengePlan): string {
  const play = new Play(plan, compileTape(plan, 1), null);
  const tasks = plan.workload.tasks.map(task => task.name);
  const symbols = new KernelSymbols(play.machine.arch, plan.workload.named?.functions ?? []);
  let text = eventsHead();
  new EventLog(play, event => {
    text += eventLine(play.machine, tasks, event, symbols);
  });
  play.playUntil(play.nrOps);
  return text;
}

/** What was asked and given back, in order, with the page frames. */
const askedIn = (events: string): string[] =>
  events
    .split('\n')
    .flatMap(line => /: (mm_page_(?:alloc|free): .*)$/.exec(line)?.[1] ?? [])
    .map(line => line.replace(/page=\S+ /, ''));

const OWN = `challenge: 1
id: tests/own
title: Own
machine: { arch: i386, ram: 16MiB }
workload:
  length: 2s
  tasks:
    - name: cc1
      arrive: { poisson: 200/s }
      run:
        - alloc_pages: { as: it, order: { choice: { 0: 9, 1: 2, 3: 1 } }, gfp: [GFP_HIGHUSER] }
        - hold: { exponential: 50ms }
        - free_pages: it
    - name: eth0
      context: hardirq
      arrive: { poisson: 100/s }
      run:
        - alloc_pages: { as: it, order: 1, gfp: [GFP_ATOMIC, __GFP_COLD] }
        - hold: { exponential: 5ms }
        - free_pages: it
    - name: leak
      arrive: { every: 100ms }
      run: [{ alloc_page: { as: it, gfp: [GFP_DMA] } }]
goal: [{ metric: page_alloc.failures, at_most: 0 }]
`;
const own = parseChallenge(Buffer.from(OWN), 'own.yaml').plan!;

test('our own events come back as the same requests, and as the same page frames', () => {
  const events = eventsOf(own);
  const imported = importTexts({ trace: events });
  expect(imported.broken.count).toBe(0);
  expect(imported.challenge.head.header.join()).toMatch(/Exact: every request/);
  const plan = planOf(imported);
  expect(plan.machine).toMatchObject({ arch: 'i386', ramPages: 4096 });
  expect(plan.workload.tasks.map(task => [task.name, task.context])).toEqual(
    expect.arrayContaining([
      ['cc1', 'process'],
      ['eth0', 'hardirq'],
      ['leak', 'process'],
    ]),
  );
  expect(askedIn(events).length).toBeGreaterThan(1000);
  expect(askedIn(eventsOf(plan))).toEqual(askedIn(events));
});

test('the views of our own machine come back as the same free lists', () => {
  const play = new Play(own, compileTape(own, 1), null);
  const counters = new EventLog(play, null);
  play.playUntil(600);
  const names = { tasks: own.workload.tasks.map(task => task.name), functions: [] };
  const view = (name: string): string => VIEWS[name].text(play.machine, counters, names);
  const free = view('buddyinfo').trim().split(/\s+/).slice(4).map(Number);
  for (const texts of [
    { buddyinfo: view('buddyinfo'), zoneinfo: view('zoneinfo') },
    { buddyinfo: view('buddyinfo'), meminfo: view('meminfo') },
    { log: view('sysrq-m') },
  ]) {
    const imported = importTexts(texts as Record<string, string>);
    const [zone] = Object.values(promised(imported));
    expect(zone).toEqual(free);
    expect(freeAt(planOf(imported), 900_000)[0]).toEqual(free);
  }
});

test('a fitted challenge has the rates, the mix and the lifetimes', () => {
  const imported = importTexts({ trace: eventsOf(own) }, { fidelity: 'fit' });
  const plan = planOf(imported);
  const cc1 = plan.workload.tasks.find(task => task.name === 'cc1')!;
  expect(cc1.arrive).toMatchObject({ kind: 'poisson' });
  if (cc1.arrive.kind === 'poisson') expect(Math.abs(cc1.arrive.meanGapUs - 5000)).toBeLessThan(500);
  expect(cc1.run[0]).toMatchObject({ kind: 'alloc', order: { kind: 'choice', values: [0, 1, 3] } });
  // Nothing frees what leaks.
  const leak = plan.workload.tasks.find(task => task.name === 'leak')!;
  expect(leak.run).toHaveLength(1);
});

test('forms of 2.6.32 to 6.x', () => {
  const stepsOf = (name: string) =>
    planOf(importTexts({ [name]: fixture(name) })).workload.tasks.map(task => [
      task.name,
      task.run.map(step => step.kind).join(' '),
    ]);
  expect(stepsOf('2.6.32-ftrace.trace')).toEqual([
    ['earlier', 'alloc hold free'],
    ['gnome-terminal', 'alloc hold free'],
    ['Xorg', 'alloc hold free'],
  ]);
  expect(stepsOf('3.3-ftrace-flags.trace')).toEqual([
    ['at-c104deff', 'kmalloc hold kfree'],
    ['at-c104e2ac', 'kmalloc'],
    ['obj-192', 'cache_alloc hold cache_free'],
  ]);
  expect(stepsOf('4.19-function-graph.trace')).toEqual([
    ['unknown', 'alloc hold free'],
    ['unknown.2', 'alloc hold free'],
  ]);
  // Freed in a batch, and once more: one free.
  expect(stepsOf('5.4-trace-cmd.trace')).toEqual([
    ['swapper', 'alloc hold free'],
    ['kworker', 'alloc'],
  ]);
  expect(stepsOf('6.1-symbols.trace')).toEqual([
    ['alloc_pipe_info', 'kmalloc hold kfree'],
    ['dentry', 'cache_alloc hold cache_free'],
  ]);
  expect(stepsOf('6.6-perf-script.trace')).toEqual([
    ['at-c0529d2d', 'kmalloc'],
    ['tmux-server', 'alloc'],
    ['a-b-c', 'alloc hold free'],
  ]);
});

const alloc = (us: number, pfn: number) =>
  `  a-1 [000] .... 0.${String(us).padStart(6, '0')}: mm_page_alloc: page=c0 pfn=${pfn} order=0 migratetype=0 gfp_flags=GFP_KERNEL`;

test('broken lines are numbered and counted, the rest is used', () => {
  const text = [alloc(1, 5), alloc(2, 6).replace('order=0', 'order=x'), 'sched_switch: a', alloc(3, 7)].join(
    '\n',
  );
  const imported = importTexts({ trace: text });
  expect(imported.broken.first).toEqual([{ file: 'trace', line: 2, why: 'no order that can be' }]);
  expect(textOf(imported)).toContain('trace:2: no order that can be');
  expect(imported.challenge.head.header.join()).toMatch(/2 allocations/);
  const many = Array.from({ length: 100 }, (_, i) => alloc(i, i).replace('order=0', ''));
  const { broken } = importTexts({ trace: [alloc(0, 1), ...many].join('\n') });
  expect([broken.count, broken.first.length]).toEqual([100, 20]);
});

test('a log that is too much is fitted, and cut where it must be exact', () => {
  const lines = Array.from({ length: 110_000 }, (_, i) => alloc(i * 8 + (i % 7), i + 1));
  const text = lines.join('\n');
  const fitted = importTexts({ trace: text });
  expect(fitted.challenge.head.header.join()).toMatch(/Fitted: /);
  expect(fitted.notes.join()).toMatch(/--exact/);
  const exact = importTexts({ trace: text }, { fidelity: 'exact' });
  expect(exact.challenge.head.header.join()).toMatch(
    /Exact as far as it goes: the first 100000 of 110000 requests/,
  );
  expect(textOf(exact).length).toBeLessThan(1 << 20);
});

test('what comes in one microsecond keeps its order', () => {
  const order = ['a', 'b', 'c', 'b', 'a', 'c', 'c', 'a'];
  const text = order.map((comm, i) => alloc(7, i + 1).replace('a-1', `${comm}-1`)).join('\n');
  const plan = planOf(importTexts({ trace: text }));
  const tape = compileTape(plan, 1);
  expect([...tape.task].map(task => plan.workload.tasks[task].name)).toEqual(order);
});

test('--only takes pages or slabs', () => {
  const text = fixture('6.6-perf-script.trace');
  const kinds = (only: 'pages' | 'slab') =>
    planOf(importTexts({ trace: text }, { only })).workload.tasks.map(task => task.run[0].kind);
  expect(kinds('pages')).toEqual(['alloc', 'alloc']);
  expect(kinds('slab')).toEqual(['kmalloc']);
});

test('nothing to use is told', () => {
  expect(() => importTexts({ 'x.txt': 'hello\nworld' })).toThrow(/x.txt is none of what can be imported/);
  expect(() => importTexts({ t: alloc(1, 2).replace('order=0', 'order=x') })).toThrow(
    /no allocation .* t:1: no order/,
  );
  expect(() => importTexts({ t: alloc(1, 2), r: fixture('short1-bal.rep') })).toThrow(/different things/);
  expect(() => importTexts({ z: fixture('3.10-zoneinfo.txt') })).toThrow(/no \/proc\/buddyinfo/);
});

test('names of tasks and caches that YAML would take for something else', () => {
  const line = (comm: string, name: string) =>
    `  ${comm}-1 [000] .... 0.000001: kmem_cache_alloc: call_site=0 ptr=c000${name.length}${comm.length}0 name=${name} bytes_req=64 bytes_alloc=64 gfp_flags=GFP_KERNEL\n` +
    `  ${comm}-1 [000] .... 0.000002: mm_page_alloc: page=c0 pfn=${comm.length} order=0 migratetype=0 gfp_flags=GFP_KERNEL`;
  const plan = planOf(
    importTexts({
      t: [line('0', '192'), line('true', 'null'), line('1e3 x', 'size-32'), line('"', '-')].join('\n'),
    }),
  );
  expect(plan.workload.named?.caches.map(cache => cache.name)).toEqual([
    'cache-192',
    'cache-null',
    'log-size-32',
    'cache',
  ]);
  expect(plan.workload.tasks.map(task => task.name)).toEqual(
    expect.arrayContaining(['task-0', 'task-true', 'task-1e3-x', 'task']),
  );
});

test('more kinds of requests than a challenge has tasks: the rare ones are joined, and none is lost', () => {
  const lines = Array.from({ length: 3000 }, (_, i) => {
    const site = i % 2 === 0 ? 'often' : `rare_${i}`;
    const at = `  a-1 [000] .... 0.${String(i + 1).padStart(6, '0')}`;
    return `${at}: kmalloc: call_site=${site}+0x1/0x2 ptr=c0${String(i).padStart(6, '0')} bytes_req=64 bytes_alloc=64 gfp_flags=GFP_KERNEL`;
  });
  const imported = importTexts({ t: lines.join('\n') });
  expect(imported.challenge.head.header.join()).toMatch(
    /Exact: every.*901 rare kinds of requests are joined/s,
  );
  const plan = planOf(imported);
  expect(plan.workload.tasks.map(task => task.name)).toEqual(expect.arrayContaining(['often', 'others']));
  expect(compileTape(plan, 1).nrOps).toBe(3000);
});

test('a cache is not asked for DMA memory, which only a cache made for it has', () => {
  const text =
    '  a-1 [000] .... 0.000001: kmem_cache_alloc: call_site=0 ptr=c0000010 bytes_req=64 bytes_alloc=64 gfp_flags=GFP_KERNEL|GFP_DMA';
  expect(planOf(importTexts({ t: text })).workload.tasks[0].run[0]).toMatchObject({
    kind: 'cache_alloc',
    gfp: 0xd0,
  });
});
