import type { StepPlan, TaskPlan } from '../../../src/contract/plan.ts';
import { OP_ALLOC, OP_CACHE_ALLOC, OP_KMALLOC } from '../../../src/contract/tape.ts';
import {
  __GFP_NORETRY,
  boot,
  CTX_HARDIRQ,
  CTX_SOFTIRQ,
  checkMachine,
  FRAME_KMALLOC,
  FRAME_STACK,
  GFP_ATOMIC,
  GFP_DMA,
  GFP_HIGHUSER,
  GFP_KERNEL,
  getFreePages,
  type HookName,
  INTERRUPT_DEFER,
  INTERRUPT_NEST,
  INTERRUPT_SOFTIRQ,
  KM_TYPES,
  MAP_ATOMIC,
  MAP_KMAP,
  type Machine,
  type MachineConfig,
  maxStack,
  NIL,
  REQ_BYTES,
  REQ_CTX,
  REQ_DEPTH,
  REQ_FUNCTION,
  REQ_GFP,
  REQ_IRQ,
  REQ_KIND,
  REQ_LINUX,
  REQ_NESTED,
  REQ_ORDER,
  REQ_PFN,
  REQ_ROOM,
  REQ_SITE,
  REQ_TASK,
  REQ_TIME_MS,
  ROUTE_KMALLOC,
  ROUTE_PAGES,
  ROUTE_VMALLOC,
  restore,
  STAT_KMAP_ATOMICS,
  setHooks,
  snapshot,
  stackHeadroom,
  stateHash,
} from '../../../src/engine/index.ts';
import { recordingHooks, replayHooks } from '../../../src/harness/decisions.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { INCIDENT_FAILURE } from '../../../src/workload/incidents.ts';
import { TapePlayer } from '../../../src/workload/player.ts';
import { TALLY_ORDERS } from '../../../src/workload/tally.ts';
import { alloc, at, constant, free, hold, plan, repeat, task } from './plans.ts';

const STACKS = { threadBytes: 8192, irqStacks: false };
const skip = { kind: 'skip' } as const;

const atomic = (type: string): number => MAP_ATOMIC + KM_TYPES.indexOf(type);

const buffer = (as: string, bytes: number, gfp = GFP_KERNEL, onFail: Onfail = skip): StepPlan => ({
  kind: 'buffer',
  as,
  bytes: constant(bytes),
  gfp,
  onFail,
});
type Onfail = Extract<StepPlan, { kind: 'buffer' }>['onFail'];
const freeBuffer = (name: string): StepPlan => ({ kind: 'free_buffer', name });
const mapPage = (name: string, page = 0): StepPlan => ({ kind: 'map_page', name, page });
const unmapPage = (name: string, page = 0): StepPlan => ({ kind: 'unmap_page', name, page });
const work = (us: number): StepPlan => ({ kind: 'work', us: constant(us) });
const call = (frame: number, local: number, ...run: StepPlan[]): StepPlan => ({
  kind: 'call',
  function: 0,
  frameBytes: constant(frame),
  bufferBytes: constant(local),
  run,
});
const kmalloc = (as: string, bytes: number, gfp = GFP_KERNEL): StepPlan => ({
  kind: 'kmalloc',
  as,
  bytes: constant(bytes),
  gfp,
  onFail: skip,
});
const irq = (name: string, us: number, run: StepPlan[], line = 5): TaskPlan =>
  task(name, at(us), run, { context: 'hardirq', interrupt: { irq: line, noNesting: false } });

interface Asked {
  hook: HookName;
  request: Int32Array;
}
type Answers = Partial<Record<HookName, (m: Machine, nth: number) => number>>;

interface Run {
  player: TapePlayer;
  asked: Asked[];
  illegal: string[];
  decisions: () => Int32Array;
}

/** A machine with stacks and high memory unless it says otherwise, and a policy. */
function load(tasks: TaskPlan[], answers: Answers, machine: Partial<MachineConfig> = {}): Run {
  const p = plan(tasks);
  Object.assign(p.machine, { ramPages: 8192, slab: true, stacks: STACKS, debug: DEBUG }, machine);
  p.workload.named = {
    caches: [{ name: 'conn', size: 320, offset: 0, flags: 0, constructor: false, entries: 0, seeks: 2 }],
    files: [],
    locks: ['lock'],
    functions: ['f'],
  };
  const m = boot(p.machine);
  const asked: Asked[] = [];
  const illegal: string[] = [];
  const names = Object.keys(answers) as HookName[];
  const calls = Object.fromEntries(
    names.map(hook => [
      hook,
      () => {
        asked.push({ hook, request: m.request.slice() });
        return answers[hook]!(m, asked.length - 1);
      },
    ]),
  );
  const hooks = recordingHooks(
    calls,
    (hook, answer, rule) => illegal.push(`${hook} ${answer}: ${rule}`),
    () => {
      throw new Error('full');
    },
  );
  setHooks(m, hooks);
  const player = new TapePlayer(p, m, compileTape(p, 1));
  return { player, asked, illegal, decisions: () => hooks.take() };
}
const DEBUG = { slab: false, spinlockSleep: true, stackOverflow: false };

/** Played to the end with every check; the same decisions give the same machine, and so does a run taken up in the middle. */
function play(tasks: TaskPlan[], answers: Answers, machine: Partial<MachineConfig> = {}): Run {
  const run = load(tasks, answers, machine);
  const { player } = run;
  while (player.op < player.tape.nrOps) {
    player.playUntil(player.op + 1);
    checkMachine(player.machine);
  }
  player.finish();
  checkMachine(player.machine);
  const hash = stateHash(player.machine);

  const decisions = run.decisions();
  const again = load(tasks, {}, machine).player;
  const replay = replayHooks(player.machine.hookMask, decisions);
  setHooks(again.machine, replay);
  const half = again.tape.nrOps >> 1;
  again.playUntil(half);
  const mark = { machine: snapshot(again.machine), player: again.snapshot(), position: replay.position };
  for (let round = 0; round < 2; round++) {
    again.playUntil(again.tape.nrOps);
    again.finish();
    expect(stateHash(again.machine)).toBe(hash);
    expect(again.tally.column).toEqual(player.tally.column);
    expect(replay.left).toBe(0);
    expect(replay.exhausted).toBe(false);
    restore(again.machine, mark.machine);
    again.restore(mark.player);
    replay.position = mark.position;
  }
  return run;
}

const requests = (run: Run, ...fields: number[]) =>
  run.asked.map(({ request }) => fields.map(field => request[field]));
const served = (run: Run, order: number) => run.player.tally.served[order];

describe('route', () => {
  const steps = [buffer('b', 40_000), hold(1000), freeBuffer('b')];
  const once = [task('a', at(0, 5000), steps)];

  test('Linux takes kmalloc, and vmalloc for what is too large for it', () => {
    const run = play([task('a', at(0), [buffer('s', 131_072), buffer('l', 131_073)])], {});
    expect(Array.from(run.player.slotPfn, v => v >>> 0 >= 0xc0000000)).toEqual([false, true]);
    expect(run.player.machine.vmalloc).not.toBeNull();
  });

  test.each([
    ['kmalloc', ROUTE_KMALLOC, 0],
    ['vmalloc', ROUTE_VMALLOC, 0],
    ['pages', ROUTE_PAGES, 2],
  ])('%s serves', (_, route, blocks) => {
    const run = play(once, { route: () => route });
    expect(served(run, 4)).toBe(blocks);
    expect(run.player.tally.usedPages[1]).toBe(0);
    expect(run.illegal).toEqual([]);
    expect(requests(run, REQ_BYTES, REQ_ORDER, REQ_GFP, REQ_LINUX, REQ_TASK, REQ_SITE)).toEqual([
      [40_000, 4, GFP_KERNEL, ROUTE_KMALLOC, 0, 0],
      [40_000, 4, GFP_KERNEL, ROUTE_KMALLOC, 0, 0],
    ]);
  });

  test('each buffer is given back to where it came from', () => {
    const run = play([task('a', at(0), [repeat(30, buffer('b', 9000)), hold(1000), freeBuffer('b')])], {
      route: (_, nth) => nth % 3,
    });
    expect(run.asked).toHaveLength(30);
    expect(served(run, 2)).toBe(10);
    expect(run.player.tally.usedPages.reduce((a, b) => a + b)).toBe(0);
  });

  test('what cannot serve the size is a fault, and Linux decides', () => {
    const run = play([task('a', at(0), [buffer('b', 200_000), buffer('c', 5 << 20)])], {
      route: (_, nth) => [ROUTE_KMALLOC, ROUTE_PAGES][nth],
    });
    expect(run.illegal).toHaveLength(2);
    expect(run.illegal[0]).toContain('route 0: must be ROUTE_KMALLOC (up to 128 KiB)');
    expect(run.player.tally.vmallocFailures[0]).toBe(0);
  });

  test('a buffer that is asked for again goes the same way', () => {
    const retry = { kind: 'retry', gapUs: 1000, times: 8 } as const;
    const run = load(
      [irq('a', 10, [buffer('b', 40_000, GFP_ATOMIC, retry), hold(20_000), freeBuffer('b')])],
      { route: () => ROUTE_PAGES, gfp: m => m.request[REQ_LINUX] },
    );
    const { machine } = run.player;
    const held: number[] = [];
    for (;;) {
      const block = getFreePages(machine, GFP_ATOMIC, 4, 0, 0);
      if (block === 0) break;
      held.push(block);
    }
    run.player.playUntil(run.player.tape.nrOps);
    run.player.finish();
    expect(held.length).toBeGreaterThan(100);
    expect(run.asked.map(({ hook }) => hook)).toEqual(['route', 'gfp']);
    expect(run.player.tally.failures[4]).toBe(9);
    expect(run.player.tally.runsDone[0]).toBe(1);
  });
});

describe('gfp', () => {
  test('the mask that is answered is the one that is used, and logged', () => {
    const run = play([task('a', at(0), [repeat(600, alloc('x', 4)), hold(10), free('x')])], {
      gfp: () => GFP_ATOMIC,
    });
    const { tally, incidents } = run.player;
    expect(tally.failures[4]).toBeGreaterThan(0);
    expect(tally.memoryWaitUs[0]).toBe(0);
    expect(tally.stalls[4]).toBe(0);
    expect(incidents.kind[0]).toBe(INCIDENT_FAILURE);
    expect(incidents.gfp[0]).toBe(GFP_ATOMIC);
  });

  test('every step that has a mask is asked for, once', () => {
    const run = play(
      [
        task('a', at(5000), [
          alloc('p', 2),
          kmalloc('k', 100),
          { kind: 'cache_alloc', as: 'c', cache: 0, gfp: GFP_KERNEL, onFail: skip },
          { kind: 'vmalloc', as: 'v', pages: constant(2), onFail: skip },
        ]),
      ],
      { gfp: m => m.request[REQ_LINUX] },
    );
    expect(requests(run, REQ_KIND, REQ_BYTES, REQ_ORDER, REQ_TIME_MS, REQ_CTX, REQ_PFN)).toEqual([
      [OP_ALLOC, 16_384, 2, 5, 0, NIL],
      [OP_KMALLOC, 100, NIL, 5, 0, NIL],
      [OP_CACHE_ALLOC, 320, NIL, 5, 0, NIL],
    ]);
  });

  test('a request that slept is not asked for again', () => {
    const gfp = GFP_KERNEL | __GFP_NORETRY;
    const hog = [repeat(32, alloc('big', 8, { gfp })), repeat(1200, alloc('small', 0, { gfp }))];
    const run = play(
      [
        task('a', at(1000), [...hog, hold(100_000), free('big'), free('small')]),
        task('b', at(50_000), [alloc('y', 3), free('y')]),
      ],
      { gfp: m => m.request[REQ_LINUX] },
    );
    expect(run.player.tally.stalls[TALLY_ORDERS + 3]).toBe(1);
    expect(run.player.tally.served[TALLY_ORDERS + 3]).toBe(1);
    expect(run.asked).toHaveLength(32 + 1200 + 1);
  });

  test('zones cannot be changed, and unknown bits are no mask', () => {
    const run = play([task('a', at(0), [alloc('x'), alloc('y', 0, { gfp: GFP_HIGHUSER }), alloc('z')])], {
      gfp: (_, nth) => [GFP_DMA | GFP_KERNEL, GFP_KERNEL, 0x10_000][nth],
    });
    expect(run.illegal.map(text => text.split(':')[0])).toEqual([
      `gfp ${GFP_DMA | GFP_KERNEL}`,
      `gfp ${GFP_KERNEL}`,
      `gfp ${0x10_000}`,
    ]);
  });

  test('may_sleep() follows the mask', () => {
    const reports = (answer: number) =>
      play([irq('nic', 10, [alloc('x', 0, { gfp: GFP_ATOMIC }), free('x')])], { gfp: () => answer }).player
        .machine.printk.length;
    expect(reports(GFP_ATOMIC)).toBe(0);
    expect(reports(GFP_KERNEL)).toBe(1);
  });
});

describe('frame', () => {
  const deep = [task('a', at(100), [call(200, 3000, call(100, 2000, work(10)))])];

  test('a buffer from kmalloc leaves room on the stack', () => {
    const linux = play(deep, {});
    const run = play(deep, { frame: () => FRAME_KMALLOC });
    const mixed = play(deep, { frame: m => (m.request[REQ_BYTES] > 2500 ? FRAME_KMALLOC : FRAME_STACK) });
    const room = (of: Run) => stackHeadroom(of.player.machine.tasks!);
    expect(room(run) - room(linux)).toBe(5000);
    expect(room(mixed) - room(linux)).toBe(3000);
    expect(requests(run, REQ_BYTES, REQ_FUNCTION, REQ_GFP, REQ_LINUX)).toEqual([
      [3000, 0, NIL, FRAME_STACK],
      [2000, 0, NIL, FRAME_STACK],
    ]);
    // Above the first frame lies the second.
    expect(run.asked[1].request[REQ_DEPTH] - run.asked[0].request[REQ_DEPTH]).toBe(200);
    expect(run.asked[0].request[REQ_ROOM] - run.asked[1].request[REQ_ROOM]).toBe(200);
    expect(run.player.tally.calls[0]).toBe(4);
  });

  test('without memory it lies on the stack', () => {
    const run = load([irq('nic', 100, [call(200, 3000, work(10))])], { frame: () => FRAME_KMALLOC });
    const { machine } = run.player;
    while (getFreePages(machine, GFP_ATOMIC, 0, 0, 0) !== 0);
    run.player.playUntil(run.player.tape.nrOps);
    run.player.finish();
    checkMachine(machine);
    expect(run.player.tally.slabFailures[0]).toBe(1);
    expect(maxStack(machine.tasks!).find(entry => entry.fn === 0)?.size).toBe(3200);
  });
});

describe('interrupt', () => {
  const tasks = [
    task('busy', at(0), [call(1000, 0, work(10_000)), hold(10), work(10)]),
    irq('nic', 3000, [
      call(300, 100, kmalloc('x', 100, GFP_ATOMIC), work(100)),
      { kind: 'kfree', name: 'x' },
    ]),
  ];
  const late = (run: Run) => run.player.tally.irqLatencyUs[1];

  test('it nests as Linux does, or waits until the CPU is given up', () => {
    const nested = play(tasks, { interrupt: () => INTERRUPT_NEST });
    const deferred = play(tasks, { interrupt: () => INTERRUPT_DEFER });
    expect(late(nested)).toBe(0);
    expect(late(deferred)).toBe(7000);
    const room = (of: Run) => stackHeadroom(of.player.machine.tasks!);
    // The handler's frames come to lie where the process's had been.
    expect(room(deferred)).toBeGreaterThan(room(nested) + 300);
    expect(deferred.asked).toHaveLength(1);
    expect(Array.from(deferred.player.tally.runsDone)).toEqual([1, 1]);
    expect(requests(nested, REQ_IRQ, REQ_NESTED, REQ_CTX, REQ_LINUX)).toEqual([[5, 0, 0, INTERRUPT_NEST]]);
    expect(nested.asked[0].request[REQ_ROOM] + nested.asked[0].request[REQ_DEPTH]).toBe(8192 - 48);
  });

  test('deferred behind another interrupt it waits for that one alone', () => {
    const both = [
      task('busy', at(0), [work(10_000)]),
      irq('a', 1000, [work(2000)], 5),
      irq('b', 1500, [work(10)], 6),
    ];
    const run = play(both, {
      interrupt: m => (m.request[REQ_NESTED] > 0 ? INTERRUPT_DEFER : INTERRUPT_NEST),
    });
    expect(run.player.tally.irqLatencyUs[2]).toBe(1500);
    expect(run.asked).toHaveLength(2);
    expect(run.asked[1].request[REQ_CTX]).toBe(CTX_HARDIRQ);
    expect(Array.from(run.player.tally.runsDone)).toEqual([1, 1, 1]);
  });

  test('several that wait come in when the CPU is free, in their order', () => {
    const many = [
      task('busy', at(0), [work(10_000)]),
      ...[1, 2, 3].map(n => irq(`i${n}`, 1000 * n, [work(50)], n)),
      task('next', at(500), [work(10)]),
    ];
    const run = play(many, { interrupt: (_, nth) => (nth < 3 ? INTERRUPT_DEFER : INTERRUPT_NEST) });
    expect(Array.from(run.player.tally.irqLatencyUs.subarray(1, 4))).toEqual([9000, 8000, 7000]);
    expect(Array.from(run.player.tally.runsDone)).toEqual([1, 1, 1, 1, 1]);
  });

  test('an idle CPU lets it in without a question', () => {
    const run = play([irq('nic', 3000, [work(10)])], { interrupt: () => INTERRUPT_DEFER });
    expect(run.asked).toHaveLength(0);
    expect(run.player.tally.runsDone[0]).toBe(1);
  });

  test('as a softirq it runs from its first row to its last in that context', () => {
    const soft = [
      tasks[0],
      irq('nic', 3000, [
        kmalloc('x', 100, GFP_ATOMIC),
        work(500),
        hold(1000),
        alloc('p', 0, { gfp: GFP_ATOMIC }),
        work(100),
      ]),
      irq('other', 3100, [work(10)], 7),
    ];
    const contexts: number[] = [];
    const run = play(soft, {
      interrupt: (_, nth) => (nth === 0 ? INTERRUPT_SOFTIRQ : INTERRUPT_NEST),
      gfp: m => {
        contexts.push(m.request[REQ_CTX]);
        return m.request[REQ_LINUX];
      },
    });
    expect(contexts).toEqual([CTX_SOFTIRQ, CTX_SOFTIRQ]);
    // One question for the run's two interrupts, one for the interrupt that came on top.
    expect(run.asked.filter(({ hook }) => hook === 'interrupt')).toHaveLength(2);
    expect(run.player.tally.irqLatencyUs[2]).toBe(0);
    expect(Array.from(run.player.tally.runsDone)).toEqual([1, 1, 1]);
  });
});

describe('map', () => {
  const steps = [alloc('h', 1, { gfp: GFP_HIGHUSER }), mapPage('h'), work(10), unmapPage('h'), free('h')];
  const highmem = { ramPages: 262_144 };

  test('a process maps with kmap, or in a slot of its own if the policy says so', () => {
    const linux = play([task('a', at(0), steps)], { map: m => m.request[REQ_LINUX] }, highmem);
    const run = play([task('a', at(0), steps)], { map: () => atomic('KM_USER1') }, highmem);
    expect(linux.asked[0].request[REQ_LINUX]).toBe(MAP_KMAP);
    expect(linux.player.machine.stat[STAT_KMAP_ATOMICS]).toBe(0);
    expect(run.player.machine.stat[STAT_KMAP_ATOMICS]).toBe(1);
    expect(run.asked[0].request[REQ_PFN]).toBeGreaterThanOrEqual(run.player.machine.normalEnd);
  });

  test('an interrupt takes the first of its types that is free', () => {
    const two = [
      alloc('h', 1, { gfp: GFP_HIGHUSER & ~GFP_KERNEL }),
      mapPage('h'),
      mapPage('h', 1),
      unmapPage('h'),
      unmapPage('h', 1),
      free('h'),
    ];
    const run = play([irq('nic', 0, two)], { map: m => m.request[REQ_LINUX] }, highmem);
    expect(run.asked.map(({ request }) => request[REQ_LINUX])).toEqual([
      atomic('KM_IRQ0'),
      atomic('KM_IRQ1'),
    ]);
    expect(run.player.machine.highmem!.atomicPage.every(pfn => pfn === NIL)).toBe(true);
    expect(run.player.machine.printk.length).toBe(0);
  });

  test('types of other contexts are faults', () => {
    const process = play([task('a', at(0), steps)], { map: () => atomic('KM_IRQ0') }, highmem);
    const handler = play([irq('nic', 0, [...steps.slice(1, 4)])], {}, highmem);
    expect(handler.illegal).toEqual([]);
    expect(process.illegal).toEqual([
      `map ${atomic('KM_IRQ0')}: must be MAP_KMAP, or MAP_ATOMIC + KM_USER0 or KM_USER1`,
    ]);
  });

  test('whoever finds the pool full waits for the slot that was chosen', () => {
    const many = [
      task('full', at(0), [repeat(1200, alloc('h', 0, { gfp: GFP_HIGHUSER }), mapPage('h'))]),
      task('late', at(100), [alloc('y', 0, { gfp: GFP_HIGHUSER }), mapPage('y'), unmapPage('y')]),
    ];
    const run = load(many, { map: () => MAP_KMAP }, highmem);
    run.player.playUntil(run.player.tape.nrOps);
    run.player.finish();
    // 1024 got one; the next of each task sleeps, and is not asked again.
    expect(run.asked).toHaveLength(1026);
  });
});
