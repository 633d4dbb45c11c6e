import type { ArrivalPlan, IntDist, OnFail, StepPlan, TaskPlan } from '../../../src/contract/plan.ts';
import {
  __GFP_NORETRY,
  boot,
  checkPages,
  drainCpu,
  GFP_ATOMIC,
  GFP_DMA,
  GFP_HIGHUSER,
  GFP_KERNEL,
  NIL,
  PAGE_ALLOCATED,
  PAGE_ORDER,
  ZONE_FREE,
  ZONE_STRIDE,
} from '../../../src/engine/index.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { TapePlayer } from '../../../src/workload/player.ts';
import { Stream } from '../../../src/workload/stream.ts';
import { plan } from './plans.ts';

/** A workload made of everything there is, by a seed. */
function anyTasks(s: Stream): TaskPlan[] {
  const pick = <T>(...values: T[]): T => values[s.below(values.length)];
  const dist = (most: number): IntDist =>
    pick<IntDist>(
      { kind: 'constant', value: s.below(most + 1) },
      { kind: 'uniform', low: 0, high: most },
      { kind: 'exponential', mean: Math.ceil(most / 3) },
      { kind: 'choice', values: [0, most], cumulative: [3, 4] },
    );
  const onFail = (): OnFail =>
    pick<OnFail>(
      { kind: 'skip' },
      { kind: 'abandon' },
      { kind: 'retry', gapUs: 1 + s.below(9000), times: 1 + s.below(9) },
    );
  const steps = (depth: number): StepPlan[] => {
    const list: StepPlan[] = [];
    for (let i = 1 + s.below(3); i > 0; i--) {
      const as = pick('a', 'b', 'c');
      const call = pick('alloc_pages', '__get_free_pages', 'get_zeroed_page') as 'alloc_pages';
      const gfp =
        call === 'alloc_pages'
          ? pick(GFP_KERNEL, GFP_ATOMIC, GFP_DMA, GFP_HIGHUSER, GFP_KERNEL | __GFP_NORETRY)
          : pick(GFP_KERNEL, GFP_ATOMIC);
      // get_zeroed_page() is one page; the others now and then ask for what does not exist.
      const order =
        (call as string) === 'get_zeroed_page'
          ? { kind: 'constant' as const, value: 0 }
          : dist(pick(0, 2, 5, 11));
      list.push({ kind: 'alloc', call, as, order, gfp, onFail: onFail() });
      if (s.below(3) > 0) list.push({ kind: 'hold', us: dist(pick(0, 500, 80_000)) });
      if (s.below(4) > 0)
        list.push({
          kind: 'free',
          call: pick('__free_pages', 'free_pages'),
          name: pick('a', 'b', 'c', as),
          cold: s.below(2) === 1,
        });
      if (depth > 0 && s.below(3) === 0) list.push({ kind: 'repeat', times: dist(6), run: steps(depth - 1) });
    }
    return list;
  };
  const arrive = (): ArrivalPlan =>
    pick<ArrivalPlan>(
      { kind: 'poisson', meanGapUs: 500 + s.below(20_000) },
      { kind: 'every', gapUs: 1_000 + s.below(20_000), jitterUs: s.below(40_000) },
      { kind: 'at', timesUs: [0, s.below(100_000), s.below(900_000)] },
      { kind: 'burst', gapUs: 50_000 + s.below(90_000), size: dist(20), withinUs: s.below(3_000) },
    );
  return Array.from({ length: 1 + s.below(4) }, (_, i) => ({
    name: `task${i}`,
    context: pick('process', 'process', 'softirq', 'hardirq'),
    realtime: s.below(4) === 0,
    memalloc: s.below(6) === 0,
    owner: pick('user', 'kernel', 'page_cache', 'driver'),
    cpu: pick(-1, 0),
    count: 1 + s.below(3),
    fromUs: s.below(3) * 100_000,
    untilUs: 200_000 + s.below(900_000),
    arrive: arrive(),
    run: steps(2),
  }));
}

function anyPlan(seed: number) {
  const s = new Stream(`property/${seed}`);
  const machine = {
    ...plan([]).machine,
    ramPages: [600, 4096, 5000, 9000][s.below(4)],
    cpus: 1 + s.below(3),
  };
  return plan(anyTasks(s), { machine, lengthUs: 1_000_000 });
}

/** `free_pages` must not meet high memory, and here is none; every slot of the tape belongs to one row that asks. */
function checkTape(tape: ReturnType<typeof compileTape>): void {
  const asked = new Set<number>();
  for (let i = 0; i < tape.nrOps; i++) {
    expect(tape.timeUs[i]).toBeGreaterThanOrEqual(i === 0 ? 0 : tape.timeUs[i - 1]);
    if (tape.op[i] === 0) asked.add(tape.slot[i]);
    else if (!asked.has(tape.slot[i])) throw new Error(`row ${i} names a block before it is asked for`);
  }
  expect(asked.size).toBe(tape.nrSlots);
}

test.each(Array.from({ length: 20 }, (_, i) => i))(
  'any workload, seed %d: the books balance after every operation',
  seed => {
    const p = anyPlan(seed);
    const tape = compileTape(p, seed);
    checkTape(tape);
    const machine = boot(p.machine);
    const before = Array.from({ length: machine.cpus }, (_, cpu) => drainCpu(machine, cpu)) && free();
    const player = new TapePlayer(p, machine, tape);
    const { tally } = player;
    let ops = 0;
    player.afterOp = () => {
      if (ops++ % 37 === 0) balance();
    };
    player.playUntil(tape.nrOps);
    player.finish();
    balance();
    for (let cpu = 0; cpu < machine.cpus; cpu++) drainCpu(machine, cpu);
    expect(free() + sum(tally.usedPages)).toBe(before);

    function free(): number {
      return [0, 1, 2].reduce((pages, z) => pages + machine.zone[z * ZONE_STRIDE + ZONE_FREE], 0);
    }

    function balance(): void {
      checkPages(machine);
      let held = 0;
      for (let slot = 0; slot < tape.nrSlots; slot++) {
        const pfn = player.slotPfn[slot];
        if (pfn === NIL) continue;
        held += 1 << tape.order[player.slotRow[slot]];
        if (machine.tag[pfn] !== slot) throw new Error(`page ${pfn} is not tagged with slot ${slot}`);
        if ((machine.state[pfn] & ~PAGE_ORDER) !== PAGE_ALLOCATED)
          throw new Error(`page ${pfn} is not allocated`);
      }
      expect(held).toBe(sum(tally.usedPages));
      expect(Math.min(...tally.column)).toBeGreaterThanOrEqual(0);
      // A call was served, failed, or waits or waited in vain.
      const inVain = sum(tally.asked) - sum(tally.served) - sum(tally.failures);
      expect(inVain).toBeGreaterThanOrEqual(0);
      expect(inVain).toBeLessThanOrEqual(sum(tally.stalls));
    }
  },
);

const sum = (column: Float64Array) => column.reduce((a, b) => a + b, 0);
