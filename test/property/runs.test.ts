/** No run is lost: what began has ended when nothing more comes, unless it was killed or the kernel stopped. */
import type { StepPlan } from '../../src/contract/plan.ts';
import { OP_BUFFER, OP_DONE, OP_EXIT, OP_FORK, OP_HOLD, OP_LEAVE, OP_WORK } from '../../src/contract/tape.ts';
import {
  __GFP_WAIT,
  AS_LINUX,
  boot,
  checkMachine,
  FRAME_KMALLOC,
  FRAME_STACK,
  type HookName,
  INTERRUPT_DEFER,
  INTERRUPT_SOFTIRQ,
  LOG_DEADLOCK,
  LOG_OOM_KILL,
  LOG_OOPS,
  LOG_VM_KILL,
  MAP_ATOMIC,
  MAP_KMAP,
  type Machine,
  NIL,
  REQ_CTX,
  REQ_LINUX,
  ROUTE_KMALLOC,
  ROUTE_PAGES,
  ROUTE_VMALLOC,
  restore,
  STAT_FORK_FAILURES,
  setHooks,
  snapshot,
  stateHash,
} from '../../src/engine/index.ts';
import { recordingHooks, replayHooks } from '../../src/harness/decisions.ts';
import { compileTape } from '../../src/workload/compile.ts';
import { TapePlayer } from '../../src/workload/player.ts';
import { RUN_WORKING } from '../../src/workload/runs.ts';
import { wholeWorkload } from './wholeMachine.ts';

const SEEDS = Number(process.env['OOMPH_SEEDS'] ?? 3);
const FIRST = Number(process.env['OOMPH_FIRST_SEED'] ?? 1);
/** Runs begin in the first part of a workload; the rest of it is idle. */
const ACTIVE_US = 1_200_000;
const LENGTH_US = 60_000_000;

const careful = Array.from({ length: 3 * SEEDS }, (_, i) => FIRST + i)
  .filter(seed => !wholeWorkload(seed).careless)
  .slice(0, SEEDS);

/** @param open what a policy may decide of its steps is left to it */
function load(seed: number, open = false): TapePlayer {
  const { plan } = wholeWorkload(seed);
  plan.workload.lengthUs = LENGTH_US;
  for (const task of plan.workload.tasks) {
    task.untilUs = ACTIVE_US;
    if (open) task.run = opened(task.run, new Set(kmallocs(task.run)));
  }
  return new TapePlayer(plan, boot(plan.machine), compileTape(plan, seed));
}

/** Runs that the tape lets end: their last row is on it. */
function expected({ tape }: TapePlayer): Map<number, number> {
  const runs = new Map<number, number>();
  for (let row = 0; row < tape.nrOps; row++) {
    const op = tape.op[row];
    if (op === OP_EXIT || op === OP_DONE || (op === OP_LEAVE && tape.b[row] === 0))
      runs.set(tape.task[row], (runs.get(tape.task[row]) ?? 0) + 1);
  }
  return runs;
}

/** Busy runs of each CPU: never two at once, so that together they are never busy for longer than time passes. */
function checkBusy(player: TapePlayer, busy: number[]): void {
  const { runs, tape } = player as unknown as {
    runs: {
      of: Int32Array;
      state: Uint8Array;
      wakeUs: Float64Array;
      pending: Int32Array;
      instance: Int32Array;
    };
    tape: TapePlayer['tape'];
  };
  busy.fill(NIL);
  for (let run = 0; run < runs.state.length; run++) {
    if (runs.instance[run] === NIL || runs.of[runs.instance[run]] !== run) continue;
    if (runs.state[run] !== RUN_WORKING || runs.wakeUs[run] === Number.POSITIVE_INFINITY) continue;
    const cpu = tape.cpu[runs.pending[run]];
    if (busy[cpu] !== NIL) throw new Error(`runs ${busy[cpu]} and ${run} are both busy on CPU ${cpu}`);
    busy[cpu] = run;
  }
}

/** Workloads of which nobody died. */
let judged = 0;

function playOut(player: TapePlayer): void {
  const busy = new Array<number>(player.machine.cpus).fill(NIL);
  player.afterOp = () => checkBusy(player, busy);
  while (player.op < player.tape.nrOps) {
    player.playUntil(Math.min(player.op + 500, player.tape.nrOps));
    checkMachine(player.machine);
  }
  player.finish();
  const { machine, tape } = player;
  const { printk, stat } = machine;
  const kinds = new Set(printk.kind.subarray(0, printk.length));
  const died = [LOG_OOPS, LOG_DEADLOCK, LOG_OOM_KILL, LOG_VM_KILL].some(kind => kinds.has(kind));
  const left: string[] = [];
  for (let instance = 0; instance < tape.nrInstances; instance++)
    if (player.keptBy(instance) !== '') left.push(`${instance} ${player.keptBy(instance)}`);
  checkMachine(machine);
  if (player.halted || died || stat[STAT_FORK_FAILURES] > 0) return;
  judged++;
  expect(left).toEqual([]);
  const runs = expected(player);
  const done = Array.from(player.tally.runsDone, (n, task) => [task, n]);
  expect(done).toEqual(done.map(([task]) => [task, runs.get(task) ?? 0]));
}

/** The same workload with everything left open that a policy may decide of it. Nobody touches a buffer. */
function opened(steps: readonly StepPlan[], buffers: ReadonlySet<string>): StepPlan[] {
  return steps
    .filter(step => step.kind !== 'touch_object' || !buffers.has(step.name))
    .map(step => {
      if (step.kind === 'kmalloc')
        return { ...step, kind: 'buffer', onFail: { kind: 'retry', gapUs: 700, times: 4 } };
      if (step.kind === 'kfree') return { kind: 'free_buffer', name: step.name };
      if (step.kind === 'kmap') return { ...step, kind: 'map_page' };
      if (step.kind === 'kunmap') return { ...step, kind: 'unmap_page' };
      if (step.kind === 'call')
        return { ...step, bufferBytes: { kind: 'constant', value: 200 }, run: opened(step.run, buffers) };
      return 'run' in step ? { ...step, run: opened(step.run, buffers) } : step;
    });
}

function kmallocs(steps: readonly StepPlan[]): string[] {
  return steps.flatMap(step =>
    step.kind === 'kmalloc' ? [step.as] : 'run' in step ? kmallocs(step.run) : [],
  );
}

/** Decides by turns, legally. */
function whims(m: Machine, seed: number): Partial<Record<HookName, () => number>> {
  let nth = seed;
  const turn = <T>(...answers: T[]): T => answers[nth++ % answers.length];
  const { request } = m;
  const map = () => {
    const types = m.highmem!.layout.kmTypes;
    if (request[REQ_CTX] !== 0) return AS_LINUX;
    return turn(MAP_KMAP, MAP_ATOMIC + types.indexOf('KM_USER0'), AS_LINUX);
  };
  return {
    interrupt: () => turn(INTERRUPT_DEFER, AS_LINUX, INTERRUPT_SOFTIRQ),
    route: () => turn(ROUTE_KMALLOC, ROUTE_PAGES, m.vmalloc === null ? AS_LINUX : ROUTE_VMALLOC),
    frame: () => turn(FRAME_STACK, FRAME_KMALLOC),
    gfp: () => turn(AS_LINUX, request[REQ_LINUX] & ~__GFP_WAIT),
    map,
  };
}

describe.each(careful)('seed %i', seed => {
  test('every run that begins ends', () => playOut(load(seed)));

  test('so does every run that a policy decides on, and replaying its decisions is the same run', () => {
    const player = load(seed, true);
    const fault = (hook: HookName, answer: number, rule: string) => {
      throw new Error(`${hook} ${answer} ${rule}`);
    };
    const taken: number[] = [];
    const hooks = recordingHooks(
      whims(player.machine, seed),
      fault,
      () => taken.push(...hooks.take()),
      false,
      4096,
    );
    setHooks(player.machine, hooks);
    playOut(player);
    taken.push(...hooks.take());
    const again = load(seed, true);
    const replay = replayHooks(hooks.mask, Int32Array.from(taken));
    setHooks(again.machine, replay);
    const half = again.tape.nrOps >> 1;
    again.playUntil(half);
    const mark = { machine: snapshot(again.machine), player: again.snapshot(), position: replay.position };
    again.playUntil(Math.min(half + 500, again.tape.nrOps));
    restore(again.machine, mark.machine);
    again.restore(mark.player);
    replay.position = mark.position;
    again.playUntil(again.tape.nrOps);
    again.finish();
    expect(replay.left).toBe(0);
    expect(again.tally.column).toEqual(player.tally.column);
    expect(stateHash(again.machine)).toBe(stateHash(player.machine));
  });
});

test('the workloads had something to lose, and most came to their end', () => {
  expect(judged).toBeGreaterThan(SEEDS);
  const ops = new Set(careful.flatMap(seed => [...load(seed, true).tape.op]));
  for (const op of [OP_FORK, OP_HOLD, OP_LEAVE, OP_WORK, OP_BUFFER]) expect(ops).toContain(op);
});
