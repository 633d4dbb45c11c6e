import type { ChallengePlan, TaskPlan } from '../../../src/contract/plan.ts';
import {
  __GFP_NORETRY,
  __GFP_WAIT,
  boot,
  checkPages,
  FAULT,
  GFP_ATOMIC,
  GFP_DMA,
  GFP_HIGHUSER,
  GFP_KERNEL,
  HOOK_ZONELIST,
  type Hooks,
  type Machine,
  NIL,
  REQ_EVENT,
  REQ_OWNER,
  REQ_SITE,
  REQ_TASK,
  REQ_TIME_MS,
  restore,
  setHooks,
  snapshot,
  stateHash,
} from '../../../src/engine/index.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { INCIDENT_FAILURE, INCIDENT_SLEEP } from '../../../src/workload/incidents.ts';
import { TapePlayer } from '../../../src/workload/player.ts';
import { TALLY_ORDERS } from '../../../src/workload/tally.ts';
import { alloc, at, free, hold, plan, repeat, task } from './plans.ts';

function play(tasks: TaskPlan[], more: Parameters<typeof plan>[1] = {}): TapePlayer {
  const player = load(plan(tasks, more));
  player.playUntil(player.tape.nrOps);
  player.finish();
  checkPages(player.machine);
  return player;
}

function load(p: ChallengePlan, seed = 1): TapePlayer {
  return new TapePlayer(p, boot(p.machine), compileTape(p, seed));
}

const sum = (column: Float64Array) => column.reduce((a, b) => a + b, 0);
const used = (player: TapePlayer) => Array.from(player.tally.usedPages);

/** Takes all but what the marks protect, in blocks of 1 MiB, and keeps it. */
const hog = (from = 0, keep = 1e9): TaskPlan =>
  task('hog', at(from), [
    repeat(16, alloc('big', 8, { gfp: GFP_KERNEL | __GFP_NORETRY })),
    hold(keep),
    free('big'),
  ]);

test('what is allocated is freed, and the books balance', () => {
  const player = play([
    task('a', { kind: 'poisson', meanGapUs: 5000 }, [alloc('x', 1), hold(3000), free('x')], {
      untilUs: 9_000_000,
    }),
    task('b', { kind: 'poisson', meanGapUs: 7000 }, [alloc('y'), hold(30_000), free('y')], {
      untilUs: 9_000_000,
    }),
  ]);
  const { tally } = player;
  expect(sum(tally.asked)).toBe(sum(tally.served));
  expect(tally.served[0 * TALLY_ORDERS + 1]).toBeGreaterThan(1000);
  expect(sum(tally.served)).toBe(tally.served[1] + tally.served[TALLY_ORDERS]);
  expect(tally.calls[0]).toBe(player.tape.nrOps);
  expect(used(player)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(player.timeUs).toBe(10_000_000);
});

test('held pages are counted by task and zone, and tagged with their slot', () => {
  const player = play([task('a', at(0), [alloc('x', 3), alloc('y', 0)]), task('b', at(1), [alloc('z', 2)])]);
  expect(used(player)).toEqual([9, 0, 0, 4, 0, 0]);
  for (let slot = 0; slot < 3; slot++) {
    expect(player.machine.tag[player.slotPfn[slot]]).toBe(slot);
    expect(player.tape.slot[player.slotRow[slot]]).toBe(slot);
  }
});

describe('a failed allocation', () => {
  const atomic = { gfp: GFP_ATOMIC } as const;

  test('is counted, logged and reported before anything else happens; later steps naming the block are skipped', () => {
    const p = plan([
      hog(),
      task('irq', at(10), [alloc('x', 9, atomic), hold(5), free('x')], { context: 'hardirq' }),
    ]);
    const player = load(p);
    let freeAtFailure = -1;
    player.onFailure = () => {
      if (player.tape.task[player.op] === 1) freeAtFailure = player.machine.zone[0];
    };
    player.playUntil(player.tape.nrOps);
    expect(player.tally.failures[TALLY_ORDERS + 9]).toBe(1);
    expect(player.tally.served[TALLY_ORDERS + 9]).toBe(0);
    expect(freeAtFailure).toBeGreaterThan(0);
    const last = player.incidents.length - 1;
    expect(player.incidents.kind[last]).toBe(INCIDENT_FAILURE);
    expect(player.tape.task[player.incidents.row[last]]).toBe(1);
    expect(player.incidents.timeUs[last]).toBe(10);
    checkPages(player.machine);
  });

  test('abandon: no further allocation in that run, what it holds is freed in its time', () => {
    const player = play([
      hog(),
      task('t', at(10), [
        alloc('first', 0, atomic),
        alloc('second', 9, { ...atomic, onFail: { kind: 'abandon' } }),
        alloc('third', 0, atomic),
        hold(5),
        free('first'),
        free('third'),
      ]),
    ]);
    expect(Array.from(player.tally.asked.subarray(TALLY_ORDERS)).filter(n => n > 0)).toEqual([1, 1]);
    expect(player.tally.served[TALLY_ORDERS]).toBe(1);
    expect(used(player).slice(3)).toEqual([0, 0, 0]);
  });

  test('abandon ends one run only', () => {
    const steps = [alloc('second', 9, { ...atomic, onFail: { kind: 'abandon' } }), alloc('third', 0, atomic)];
    const player = play([hog(), task('t', at(10, 20), steps)]);
    expect(player.tally.failures[TALLY_ORDERS + 9]).toBe(2);
    expect(player.tally.asked[TALLY_ORDERS]).toBe(0);
  });

  test('retry: asks again until served, and then no more', () => {
    const retry = { ...atomic, onFail: { kind: 'retry', gapUs: 1000, times: 50 } } as const;
    const player = play([hog(0, 3500), task('t', at(10), [alloc('x', 9, retry), hold(9_000), free('x')])]);
    // Asked at 10, 1010, 2010 and 3010 in vain, at 4010 with success.
    expect(player.tally.failures[TALLY_ORDERS + 9]).toBe(4);
    expect(player.tally.asked[TALLY_ORDERS + 9]).toBe(5);
    expect(player.tally.served[TALLY_ORDERS + 9]).toBe(1);
    expect(used(player).slice(3)).toEqual([0, 0, 0]);
  });

  test('retry: not for a block that was served at once', () => {
    const retry = { onFail: { kind: 'retry', gapUs: 1000, times: 50 } } as const;
    const player = play([task('t', at(10), [alloc('x', 0, retry), hold(9_000), free('x')])]);
    expect(sum(player.tally.asked)).toBe(1);
  });

  test('an order that does not exist fails and is counted in the last column', () => {
    const player = play([task('t', at(10), [alloc('x', 11)])]);
    expect(player.tally.failures[TALLY_ORDERS - 1]).toBe(1);
  });

  test('the page functions by address fail and free like the others', () => {
    const byAddress = { call: '__get_free_pages', ...atomic } as const;
    const player = play([
      hog(0, 100),
      task('t', at(10, 200), [
        alloc('x', 9, byAddress),
        alloc('z', 0, { call: 'get_zeroed_page' }),
        hold(5),
        { kind: 'free', call: 'free_pages', name: 'x', cold: false },
        { kind: 'free', call: 'free_pages', name: 'z', cold: false },
      ]),
    ]);
    expect(player.tally.failures[TALLY_ORDERS + 9]).toBe(1);
    expect(player.tally.served[TALLY_ORDERS + 9]).toBe(1);
    expect(used(player).slice(3)).toEqual([0, 0, 0]);
  });
});

describe('an allocation that the kernel would retry for ever', () => {
  // The 16 blocks of the hog leave less than 2 MiB; what is left goes to order-3 blocks that never come back.
  const rest = task('rest', at(1), [repeat(400, alloc('r', 3, { gfp: GFP_ATOMIC }))]);

  test('waits, asks every 20 ms and is served when there is memory', () => {
    const player = play([hog(0, 50_000), rest, task('t', at(10), [alloc('x', 3), hold(200_000), free('x')])]);
    const of = (column: Float64Array) => column[2 * TALLY_ORDERS + 3];
    expect(of(player.tally.asked)).toBe(1);
    expect(of(player.tally.stalls)).toBe(1);
    expect(of(player.tally.failures)).toBe(0);
    expect(of(player.tally.served)).toBe(1);
    // The memory comes back at 50 ms; it asks at 20.01, 40.01 and 60.01 ms.
    expect(player.tally.stallUs[2]).toBe(60_000);
    // Three of its asks found the zone low; only the first counts.
    const others = play([hog(0, 50_000), rest]).tally.kswapdWakeups[0];
    expect(player.tally.kswapdWakeups[0]).toBe(others + 1);
    expect(used(player).slice(6)).toEqual([0, 0, 0]);
  });

  test('keeps what follows waiting too', () => {
    const player = play([
      hog(0, 100_000),
      rest,
      task('t', at(10), [alloc('x', 3), hold(50_000), free('x'), alloc('y', 0), hold(1e9)]),
    ]);
    expect(player.tally.stallUs[2]).toBe(100_000);
    expect(player.tally.served[2 * TALLY_ORDERS + 3]).toBe(1);
    expect(player.tally.served[2 * TALLY_ORDERS]).toBe(1);
    expect(player.tally.failures[2 * TALLY_ORDERS + 3]).toBe(0);
  });

  test('holds as long as it would have held, and frees and asks again later by as long as it waited', () => {
    // Served at 100.01 ms: what it does 50 and 80 ms after that stands 50.01 and 80.01 ms into its own time.
    const looks = [100_009, 100_011, 150_009, 150_011, 180_009, 180_011, 1_180_009, 1_180_011];
    const player = load(
      plan([
        hog(0, 100_000),
        rest,
        task('t', at(10), [
          alloc('x', 3),
          hold(50_000),
          free('x'),
          hold(30_000),
          alloc('y'),
          hold(1e6),
          free('y'),
        ]),
        task('clock', at(...looks), [alloc('tick')]),
      ]),
    );
    const { tape } = player;
    const held: [us: number, pages: number][] = [];
    for (let op = 0; op < tape.nrOps; op++) {
      player.playUntil(op + 1);
      if (tape.task[op] === 3) held.push([tape.timeUs[op], sum(player.tally.usedPages.slice(6, 9))]);
    }
    expect(held).toEqual([
      [100_009, 0],
      [100_011, 8],
      [150_009, 8],
      [150_011, 0],
      [180_009, 0],
      [180_011, 1],
      [1_180_009, 1],
      [1_180_011, 0],
    ]);
  });

  test('waits to the end of the workload', () => {
    const player = play([hog(), rest, task('t', at(10), [alloc('x', 3)])], { lengthUs: 107_010 });
    expect(player.tally.stallUs[2]).toBe(107_000);
  });

  test('several wait at once, each from when it asked', () => {
    const player = play([
      hog(0, 100_000),
      rest,
      task('first', at(10), [alloc('x', 3), hold(30_000), free('x')]),
      task('second', at(5_010), [alloc('x', 3), hold(500_000), free('x')]),
    ]);
    expect(Array.from(player.tally.stallUs)).toEqual([0, 0, 100_000, 100_000]);
    expect(player.tally.served[3 * TALLY_ORDERS + 3]).toBe(1);
    expect(used(player)[2 * 3 + 0]).toBe(0);
  });

  test('a run that waits is not abandoned by what it has not asked for yet', () => {
    const player = play([
      hog(0, 100_000),
      rest,
      task('t', at(10), [alloc('x', 3), alloc('y', 10, { gfp: GFP_ATOMIC, onFail: { kind: 'abandon' } })]),
    ]);
    expect(player.tally.served[2 * TALLY_ORDERS + 3]).toBe(1);
    expect(player.tally.stallUs[2]).toBe(100_000);
  });
});

test('sleeping in an interrupt is a kernel bug and the allocation goes on', () => {
  const player = play([
    task('irq', at(10), [alloc('x', 0, { gfp: GFP_KERNEL })], { context: 'hardirq' }),
    task('bh', at(20), [alloc('x', 0, { gfp: __GFP_WAIT })], { context: 'softirq' }),
    task('fine', at(30), [alloc('x', 0, { gfp: GFP_KERNEL })]),
    task('atomic', at(40), [alloc('x', 0, { gfp: GFP_ATOMIC })], { context: 'hardirq' }),
  ]);
  expect(player.tally.bugs[0]).toBe(2);
  expect(Array.from(player.incidents.kind.subarray(0, player.incidents.length))).toEqual([
    INCIDENT_SLEEP,
    INCIDENT_SLEEP,
  ]);
  expect(sum(player.tally.served)).toBe(4);
});

test('fallbacks are counted against the first zone of the Linux zonelist; kswapd wakeups by zone', () => {
  const machine = { ...plan([]).machine, ramPages: 8192 };
  const fill = task('fill', at(0), [repeat(8000, alloc('p', 0, { gfp: GFP_ATOMIC }))]);
  const player = play([fill], { machine });
  expect(player.tally.fallbacks[0]).toBeGreaterThan(3000);
  expect(player.tally.fallbacks[0]).toBe(player.tally.usedPages[0]);
  expect(player.tally.kswapdWakeups[0]).toBeGreaterThan(0);
  expect(player.tally.kswapdWakeups[1]).toBeGreaterThan(0);
  expect(player.tally.kswapdWakeups[2]).toBe(0);
});

test('a request that may use high memory does not fall back on a machine that has none', () => {
  const player = play([
    task('t', at(0), [alloc('x', 0, { gfp: GFP_HIGHUSER }), alloc('d', 0, { gfp: GFP_DMA })]),
  ]);
  expect(sum(player.tally.fallbacks)).toBe(0);
});

/** Linux's answers, and a record of what was asked. */
function watching(m: Machine, seen: number[][], answer = -1): Hooks {
  return {
    mask: HOOK_ZONELIST,
    zonelist() {
      seen.push([REQ_TASK, REQ_SITE, REQ_OWNER, REQ_TIME_MS, REQ_EVENT].map(field => m.request[field]));
      return answer;
    },
    watermark: () => -1,
    block: () => -1,
    placement: () => -1,
    pcp: () => -1,
    decide: () => -1,
    illegal() {},
  };
}

test('a policy sees whose request it is: task, step, owner, time and operation', () => {
  const p = plan([
    task('a', at(5_000), [alloc('x')], { owner: 'page_cache' }),
    task('b', at(9_999), [hold(1), alloc('y'), free('y')], { owner: 'driver' }),
  ]);
  const player = load(p);
  const seen: number[][] = [];
  setHooks(player.machine, watching(player.machine, seen));
  player.playUntil(player.tape.nrOps);
  expect(seen).toEqual([
    [0, 0, 2, 5, 0],
    [1, 1, 3, 10, 1],
  ]);
});

test('stop ends the run after the operation in which it was set', () => {
  const player = load(plan([task('a', at(1, 2, 3), [alloc('x')])]));
  const seen: number[][] = [];
  const hooks = watching(player.machine, seen, FAULT);
  setHooks(player.machine, {
    ...hooks,
    zonelist() {
      player.stop = player.op === 1;
      return hooks.zonelist();
    },
  });
  player.playUntil(3);
  expect(player.op).toBe(2);
  expect(player.slotPfn[2]).toBe(NIL);
});

test('rows that are not asked for are not read', () => {
  const p = plan([task('a', { kind: 'poisson', meanGapUs: 5000 }, [alloc('x', 1), hold(3000), free('x')])]);
  const whole = load(p);
  whole.playUntil(whole.tape.nrOps);
  const tape = compileTape(p, 1);
  const arriving = { ...tape, timeUs: new Float64Array(tape.nrOps), op: new Uint8Array(tape.nrOps).fill(99) };
  const player = new TapePlayer(p, boot(p.machine), arriving);
  for (let end = 0; end < tape.nrOps; end += 100) {
    const upTo = Math.min(end + 100, tape.nrOps);
    arriving.timeUs.set(tape.timeUs.subarray(end, upTo), end);
    arriving.op.set(tape.op.subarray(end, upTo), end);
    player.playUntil(upTo);
  }
  expect(stateHash(player.machine)).toBe(stateHash(whole.machine));
  expect(player.tally.column).toEqual(whole.tally.column);
});

test('a snapshot at any operation, in the middle of waits too, leads to the same end', () => {
  const p = plan(
    [
      task('hog', { kind: 'every', gapUs: 400_000, jitterUs: 0 }, [
        repeat(30, alloc('big', 7, { gfp: GFP_ATOMIC, onFail: { kind: 'retry', gapUs: 900, times: 9 } })),
        hold(250_000),
        free('big'),
      ]),
      task('small', { kind: 'poisson', meanGapUs: 2_000 }, [
        alloc('x', 3),
        hold({ kind: 'exponential', mean: 900_000 }),
        free('x'),
      ]),
      task(
        'irq',
        { kind: 'poisson', meanGapUs: 9_000 },
        [
          alloc('y', 4, { gfp: GFP_ATOMIC, onFail: { kind: 'abandon' } }),
          alloc('z', 0, { gfp: GFP_KERNEL }),
          hold(5_000),
          free('z'),
          free('y'),
        ],
        { context: 'softirq' },
      ),
    ],
    { lengthUs: 2_000_000 },
  );
  const player = load(p);
  const { nrOps } = player.tape;
  const saved: { machine: ReturnType<typeof snapshot>; player: ReturnType<TapePlayer['snapshot']> }[] = [];
  for (let op = 0; op < nrOps; op += 97) {
    player.playUntil(op);
    saved.push({ machine: snapshot(player.machine), player: player.snapshot() });
  }
  const end = () => {
    player.playUntil(nrOps);
    player.finish();
    const { column } = player.tally;
    return { hash: stateHash(player.machine), tally: column.slice(), incidents: player.incidents.length };
  };
  const first = end();
  expect(sum(player.tally.stalls)).toBeGreaterThan(10);
  expect(sum(player.tally.failures)).toBeGreaterThan(10);
  expect(sum(player.tally.stallUs)).toBeGreaterThan(0);
  for (const at of saved.reverse()) {
    restore(player.machine, at.machine);
    player.restore(at.player);
    expect(end()).toEqual(first);
  }
});
