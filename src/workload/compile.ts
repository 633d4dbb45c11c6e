import type { ChallengePlan, IntDist, OnFail, PlacePlan, StepPlan, TaskPlan } from '../contract/plan.ts';
import type { Tape } from '../contract/tape.ts';
import * as T from '../contract/tape.ts';
import { eachArrival } from './arrivals.ts';
import { Stream } from './stream.ts';
import { type RowKind, TapeRows, WorkloadTooLong } from './tapeRows.ts';

const { MAX_TAPE_OPS } = T;
/** No slot, no daemon. */
const NIL = -1;

/** Steps walked through, rows or not: a bound on loops whose rows all fall behind the end of the workload. */
const MAX_STEPS = 8 * MAX_TAPE_OPS;

/**
 * Turn the tasks of a challenge into one tape.
 *
 * Each copy of a task draws from two streams of its own, named by seed, task and copy: one for the times at which
 * its runs start, one for what happens in them. So adding, removing or reordering tasks leaves the demand of the
 * others as it was, and a shorter workload is a prefix of a longer one.
 *
 * On a machine with processes a run begins and ends with rows of its own: a process that forks for each run, an
 * interrupt (which a `hold` splits in two), a daemon that is forked once when its task becomes active.
 *
 * A block that no step frees is held to the end of the workload. A name in a `repeat` is a new block each turn; a
 * free after the `repeat` frees the blocks of that name of all its turns that are still held, oldest first.
 *
 * @param seed  any safe integer
 * @throws WorkloadTooLong  more than MAX_TAPE_OPS rows
 * @throws RangeError       a plan that `spec` would have refused (a gap of 0, a seed that is no integer)
 */
export function compileTape(plan: ChallengePlan, seed: number): Tape {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed is an integer, not ${seed}`);
  const rows = new TapeRows();
  const { lengthUs, tasks } = plan.workload;
  for (let task = 0; task < tasks.length; task++) {
    const compiler = new TaskCompiler(plan, task, rows);
    for (let copy = 0; copy < tasks[task].count; copy++) compiler.compileCopy(seed, copy);
  }
  return rows.toTape(lengthUs);
}

/** A step with everything that does not depend on the run worked out. `rowKind` is that of its row. */
type Step =
  /** Makes a block, an object, an area: whatever has a name and is given back. */
  | {
      kind: 'take';
      op: number;
      rowKind: number;
      name: number;
      order: IntDist;
      /** Bytes or pages asked for. */
      amount: IntDist;
      onFail: OnFail;
    }
  | { kind: 'give'; op: number; rowKind: number; name: number; order: number; again: boolean }
  /** Does something with what a name stands for. */
  | { kind: 'use'; op: number; rowKind: number; name: number; a: IntDist; b: IntDist; again: boolean }
  | { kind: 'touch_area'; rowKind: number; name: number; pages: IntDist; at: PlacePlan }
  | { kind: 'file'; op: number; rowKind: number; file: number; size: number; pages: IntDist; at: PlacePlan }
  /** A row without a name; where it has a `leave`, that row follows its body. */
  | { kind: 'plain'; op: number; rowKind: number; a: IntDist; leave: number; steps: Step[] }
  /** A function with a local buffer: a slot of its own from one row to the other. */
  | { kind: 'call'; rowKind: number; frame: IntDist; buffer: IntDist; steps: Step[] }
  | { kind: 'lookup'; rowKind: number; entry: IntDist; entries: number }
  | { kind: 'hold' | 'work'; rowKind: number; us: IntDist }
  | { kind: 'repeat'; times: IntDist; body: Body };

/** The steps of a run or of one `repeat`, and what its present turn holds: a list of slots for each name. */
interface Body {
  steps: Step[];
  held: number[][];
  /** Newest slot of each name that was given back; NIL before. */
  gone: Int32Array;
  parent: Body | null;
}

const MAP_OPS = {
  kmap: T.OP_KMAP,
  kunmap: T.OP_KUNMAP,
  map_page: T.OP_MAP_PAGE,
  unmap_page: T.OP_UNMAP_PAGE,
} as const;

const NOTHING: IntDist = { kind: 'constant', value: 0 };
const constant = (value: number): IntDist => ({ kind: 'constant', value });

class TaskCompiler {
  private readonly task: TaskPlan;
  private readonly taskIndex: number;
  private readonly cpus: number;
  private readonly lengthUs: number;
  private readonly rows: TapeRows;
  private readonly names: string[] = [];
  private readonly body: Body;
  /** Allocation row of each slot that is to be asked for again, by slot. */
  private readonly retries = new Map<number, { row: number; gapUs: number; times: number }>();
  /** Pages of each area that is mapped, and where its next sequential touch begins. */
  private readonly areas = new Map<number, { pages: number; next: number }>();
  /** Where the copy's next sequential access to each file begins. */
  private readonly filePosition: Float64Array;
  private readonly fileSizes: number[];
  private readonly cacheEntries: number[];
  /** Runs have processes or interrupts of their own. */
  private readonly whole: boolean;
  private readonly beginKind: number;
  private readonly interrupts: boolean;
  private readonly forks: boolean;
  private nrSites = 0;
  private nrSteps = 0;
  private nowUs = 0;
  private instance = 0;
  private cpu = 0;
  private daemon = NIL;
  private stream!: Stream;

  constructor(plan: ChallengePlan, taskIndex: number, rows: TapeRows) {
    const task = plan.workload.tasks[taskIndex];
    this.task = task;
    this.taskIndex = taskIndex;
    this.cpus = plan.machine.cpus;
    this.lengthUs = plan.workload.lengthUs;
    this.rows = rows;
    if ((task.arrive.kind === 'every' || task.arrive.kind === 'burst') && !(task.arrive.gapUs >= 1)) {
      throw new RangeError(`task ${task.name}: runs must be at least 1us apart`);
    }
    this.whole = plan.machine.stacks !== undefined || plan.machine.vm !== undefined;
    this.interrupts = this.whole && task.context !== 'process';
    this.forks = this.whole && task.context === 'process' && task.process?.fork === 'run';
    this.fileSizes = (plan.workload.named?.files ?? []).map(file => file.pages);
    this.cacheEntries = (plan.workload.named?.caches ?? []).map(cache => Math.max(1, cache.entries));
    this.filePosition = new Float64Array(this.fileSizes.length);
    this.collectNames(task.run);
    this.body = this.newBody(null);
    this.resolve(task.run, this.body, this.body.steps);
    this.beginKind = this.rows.addKind({
      ...this.where(0),
      flags: task.interrupt?.noNesting === true ? T.OPF_NO_NESTING : 0,
    });
  }

  compileCopy(seed: number, copy: number): void {
    const { task } = this;
    const name = `${seed}/${task.name}/${copy}`;
    this.stream = new Stream(`${name}/run`);
    this.filePosition.fill(0);
    this.daemon = NIL;
    if (this.whole && task.context === 'process' && !this.forks) this.bearDaemon();
    const untilUs = Math.min(task.untilUs, this.lengthUs);
    eachArrival(task.arrive, task.fromUs, untilUs, new Stream(`${name}/arrive`), timeUs => {
      this.countStep();
      this.nowUs = timeUs < untilUs ? timeUs : Number.POSITIVE_INFINITY;
      this.instance = this.rows.nrInstances++;
      this.cpu = task.cpu >= 0 ? task.cpu : this.cpus > 1 ? this.stream.below(this.cpus) : 0;
      if (this.forks) this.emit(T.OP_FORK, this.beginKind);
      this.enter();
      this.play(this.body.steps, this.body);
      this.leave(0);
      if (this.forks) this.emit(T.OP_EXIT, this.beginKind);
      else if (this.daemon !== NIL) this.emit(T.OP_DONE, this.beginKind);
      this.leaveHeld();
    });
  }

  /** A daemon is forked when its task becomes active, in a run of its own. */
  private bearDaemon(): void {
    const { rows, task } = this;
    if (rows.nrDaemons === T.MAX_DAEMONS) this.tooLong(`more than ${T.MAX_DAEMONS} processes`);
    this.daemon = rows.nrDaemons++;
    this.instance = rows.nrInstances++;
    this.nowUs = task.fromUs;
    this.cpu = task.cpu >= 0 ? task.cpu : this.daemon % this.cpus;
    this.emit(T.OP_FORK, this.beginKind);
  }

  private enter(): void {
    if (this.interrupts) this.emit(T.OP_ENTER, this.beginKind, NIL, this.task.interrupt?.irq ?? 0);
  }

  /** @param more 1: the run goes on in another interrupt */
  private leave(more: 0 | 1): void {
    if (this.interrupts) this.emit(T.OP_LEAVE, this.beginKind, NIL, this.task.interrupt?.irq ?? 0, more);
  }

  private collectNames(steps: StepPlan[]): void {
    for (const step of steps) {
      const name = 'as' in step ? step.as : 'name' in step ? step.name : null;
      if (name !== null && !this.names.includes(name)) this.names.push(name);
      if ('run' in step) this.collectNames(step.run);
    }
  }

  private newBody(parent: Body | null): Body {
    const held = this.names.map(() => []);
    return { steps: [], held, gone: new Int32Array(this.names.length).fill(NIL), parent };
  }

  private resolve(plans: StepPlan[], body: Body, steps: Step[]): void {
    for (const plan of plans) {
      const where = this.where(this.nrSites++);
      const kind = (more: object) => this.rows.addKind({ ...where, ...more });
      const named = (name: string) => this.names.indexOf(name);
      const again = 'again' in plan && plan.again === true;
      const bug = again ? T.OPF_AGAIN : 0;
      const take = (
        op: number,
        rowKind: number,
        as: string,
        amount: IntDist,
        onFail: OnFail,
        order = NOTHING,
      ) => steps.push({ kind: 'take', op, rowKind, name: named(as), order, amount, onFail });
      const give = (op: number, rowKind: number, name: string, order = 0) =>
        steps.push({ kind: 'give', op, rowKind, name: named(name), order, again });
      const use = (op: number, rowKind: number, name: string, a: IntDist, b: IntDist) =>
        steps.push({ kind: 'use', op, rowKind, name: named(name), a, b, again });
      const plain = (op: number, more: object, a = NOTHING, leave = 0): Step[] => {
        const inside: Step[] = [];
        steps.push({ kind: 'plain', op, rowKind: kind(more), a, leave, steps: inside });
        return inside;
      };
      const skip: OnFail = { kind: 'skip' };
      switch (plan.kind) {
        case 'alloc': {
          let flags = failFlags(plan.onFail);
          if (plan.call !== 'alloc_pages') flags |= T.OPF_VADDR;
          if (plan.call === 'get_zeroed_page') flags |= T.OPF_ZEROED;
          take(T.OP_ALLOC, kind({ gfp: plan.gfp, flags }), plan.as, NOTHING, plan.onFail, plan.order);
          break;
        }
        case 'free': {
          let flags = (plan.cold ? T.OPF_COLD : 0) | (plan.call === 'free_pages' ? T.OPF_VADDR : 0) | bug;
          if (plan.wrongOrder !== undefined) flags |= T.OPF_WRONG_ORDER;
          give(T.OP_FREE, kind({ flags }), plan.name, plan.wrongOrder ?? 0);
          break;
        }
        case 'kmalloc':
          take(
            T.OP_KMALLOC,
            kind({ gfp: plan.gfp, flags: failFlags(plan.onFail) }),
            plan.as,
            plan.bytes,
            plan.onFail,
          );
          break;
        case 'buffer':
          take(
            T.OP_BUFFER,
            kind({ gfp: plan.gfp, flags: failFlags(plan.onFail) }),
            plan.as,
            plan.bytes,
            plan.onFail,
          );
          break;
        case 'free_buffer':
          give(T.OP_FREE_BUFFER, kind({}), plan.name);
          break;
        case 'kfree':
          give(T.OP_KFREE, kind({ flags: bug }), plan.name);
          break;
        case 'cache_alloc': {
          const rowKind = kind({ gfp: plan.gfp, flags: failFlags(plan.onFail), object: plan.cache });
          take(T.OP_CACHE_ALLOC, rowKind, plan.as, NOTHING, plan.onFail);
          break;
        }
        case 'cache_free':
          give(T.OP_CACHE_FREE, kind({ flags: bug, object: plan.cache }), plan.name);
          break;
        case 'cache_shrink':
          plain(T.OP_CACHE_SHRINK, { object: plan.cache });
          break;
        case 'vmalloc':
          take(T.OP_VMALLOC, kind({ flags: failFlags(plan.onFail) }), plan.as, plan.pages, plan.onFail);
          break;
        case 'vfree':
          give(T.OP_VFREE, kind({ flags: bug }), plan.name);
          break;
        case 'kmap':
        case 'kunmap':
        case 'map_page':
        case 'unmap_page':
          use(MAP_OPS[plan.kind], kind({}), plan.name, NOTHING, constant(plan.page));
          break;
        case 'kmap_atomic':
        case 'kunmap_atomic': {
          const op = plan.kind === 'kmap_atomic' ? T.OP_KMAP_ATOMIC : T.OP_KUNMAP_ATOMIC;
          use(op, kind({}), plan.name, constant(plan.type), constant(plan.page));
          break;
        }
        case 'call': {
          const { frameBytes, bufferBytes } = plan;
          if (bufferBytes === undefined) {
            const inside = plain(T.OP_CALL, { object: plan.function }, frameBytes, T.OP_RETURN);
            this.resolve(plan.run, body, inside);
            break;
          }
          const inside: Step[] = [];
          const rowKind = kind({ object: plan.function });
          steps.push({ kind: 'call', rowKind, frame: frameBytes, buffer: bufferBytes, steps: inside });
          this.resolve(plan.run, body, inside);
          break;
        }
        case 'spin_lock':
          this.resolve(plan.run, body, plain(T.OP_LOCK, { object: plan.lock }, NOTHING, T.OP_UNLOCK));
          break;
        case 'local_irq_disable':
          this.resolve(plan.run, body, plain(T.OP_IRQ_OFF, {}, NOTHING, T.OP_IRQ_ON));
          break;
        case 'read':
        case 'write': {
          const { file, pages, at } = plan;
          const op = plan.kind === 'read' ? T.OP_READ : T.OP_WRITE;
          steps.push({
            kind: 'file',
            op,
            rowKind: kind({ object: file }),
            file,
            size: this.fileSizes[file],
            pages,
            at,
          });
          break;
        }
        case 'fsync':
          plain(T.OP_FSYNC, { object: plan.file });
          break;
        case 'mmap':
          take(T.OP_MMAP, kind({}), plan.as, plan.pages, skip);
          break;
        case 'munmap':
          give(T.OP_MUNMAP, kind({}), plan.name);
          break;
        case 'touch_area': {
          const rowKind = kind({ flags: plan.write ? T.OPF_WRITE : 0 });
          steps.push({ kind: 'touch_area', rowKind, name: named(plan.name), pages: plan.pages, at: plan.at });
          break;
        }
        case 'touch_object':
          use(
            T.OP_TOUCH_OBJECT,
            kind({ flags: (plan.write ? T.OPF_WRITE : 0) | bug }),
            plan.name,
            plan.offset,
            plan.bytes,
          );
          break;
        case 'lookup': {
          const { entry, cache } = plan;
          const entries = this.cacheEntries[cache];
          steps.push({ kind: 'lookup', rowKind: kind({ object: cache }), entry, entries });
          break;
        }
        case 'hold':
        case 'work':
          steps.push({ kind: plan.kind, rowKind: kind({}), us: plan.us });
          break;
        case 'repeat': {
          const inner = this.newBody(body);
          this.resolve(plan.run, inner, inner.steps);
          steps.push({ kind: 'repeat', times: plan.times, body: inner });
        }
      }
    }
  }

  private where(site: number): RowKind {
    const { task } = this;
    let ctx = task.context === 'hardirq' ? T.CTX_HARDIRQ : task.context === 'softirq' ? T.CTX_SOFTIRQ : 0;
    if (task.realtime) ctx |= T.CTX_REALTIME;
    if (task.memalloc) ctx |= T.CTX_MEMALLOC;
    return { task: this.taskIndex, site, ctx, gfp: 0, flags: 0, object: 0 };
  }

  /** Past the end of the workload it goes on without rows, so that the draws of later runs stay where they were. */
  private play(steps: readonly Step[], body: Body): void {
    for (const step of steps) {
      this.countStep();
      switch (step.kind) {
        case 'hold':
          this.hold(step.rowKind, this.stream.draw(step.us));
          break;
        case 'work': {
          const us = this.stream.draw(step.us);
          if (this.whole) this.emit(T.OP_WORK, step.rowKind, NIL, us);
          this.nowUs += us;
          break;
        }
        case 'take':
          this.take(step, body);
          break;
        case 'give':
          this.give(step, body);
          break;
        case 'use': {
          const a = this.stream.draw(step.a);
          const b = this.stream.draw(step.b);
          const slot = this.find(step.name, body, step.again);
          if (slot !== NIL) this.emit(step.op, step.rowKind, slot, a, b);
          break;
        }
        case 'touch_area':
          this.touchArea(step, body);
          break;
        case 'file':
          this.access(step);
          break;
        case 'plain':
          this.emit(step.op, step.rowKind, NIL, this.stream.draw(step.a));
          this.play(step.steps, body);
          if (step.leave !== 0) this.emit(step.leave, step.rowKind);
          break;
        case 'call':
          this.call(step, body);
          break;
        case 'lookup':
          // A draw without a largest value begins again at the first entry.
          this.emit(T.OP_LOOKUP, step.rowKind, NIL, this.stream.draw(step.entry) % step.entries);
          break;
        case 'repeat': {
          const times = this.stream.draw(step.times);
          for (let turn = 0; turn < times; turn++) {
            this.countStep();
            this.play(step.body.steps, step.body);
            handOver(step.body, body);
          }
        }
      }
    }
  }

  private call(step: Extract<Step, { kind: 'call' }>, body: Body): void {
    const frame = this.stream.draw(step.frame);
    const buffer = this.stream.draw(step.buffer);
    const slot = this.nowUs < this.lengthUs ? this.rows.nrSlots++ : NIL;
    this.emit(T.OP_CALL, step.rowKind, slot, frame, buffer);
    this.play(step.steps, body);
    this.emit(T.OP_RETURN, step.rowKind, slot, 0, buffer);
  }

  /** In an interrupt the rest of the run is another interrupt of the same line. */
  private hold(rowKind: number, us: number): void {
    this.leave(1);
    if (this.whole && !this.interrupts) this.emit(T.OP_HOLD, rowKind, NIL, us);
    this.nowUs += us;
    this.enter();
  }

  private take(step: Extract<Step, { kind: 'take' }>, body: Body): void {
    const order = Math.min(this.stream.draw(step.order), 255);
    const amount = this.stream.draw(step.amount);
    if (this.nowUs >= this.lengthUs) return;
    const slot = this.rows.nrSlots++;
    const row = this.push(step.op, step.rowKind, slot, order, amount, 0);
    body.held[step.name].push(slot);
    if (step.op === T.OP_MMAP) this.areas.set(slot, { pages: amount, next: 0 });
    const { onFail } = step;
    if (onFail.kind === 'retry') this.retries.set(slot, { row, gapUs: onFail.gapUs, times: onFail.times });
  }

  private give(step: Extract<Step, { kind: 'give' }>, body: Body): void {
    if (step.again) {
      const slot = this.find(step.name, body, true);
      if (slot !== NIL) this.emit(step.op, step.rowKind, slot, 0, 0, step.order);
      return;
    }
    let scope: Body | null = body;
    while (scope !== null && scope.held[step.name].length === 0) scope = scope.parent;
    if (scope === null) return;
    const held = scope.held[step.name];
    for (const slot of held) {
      this.emitRetries(slot, this.nowUs);
      this.emit(step.op, step.rowKind, slot, 0, 0, step.order);
      if (step.op === T.OP_MUNMAP) this.areas.delete(slot);
      body.gone[step.name] = slot;
    }
    held.length = 0;
  }

  /** Newest slot that a name stands for, here or around; with `gone` the newest that was given back. */
  private find(name: number, body: Body, gone: boolean): number {
    for (let scope: Body | null = body; scope !== null; scope = scope.parent) {
      const held = scope.held[name];
      if (!gone && held.length > 0) return held[held.length - 1];
      if (gone && scope.gone[name] !== NIL) return scope.gone[name];
    }
    return NIL;
  }

  private touchArea(step: Extract<Step, { kind: 'touch_area' }>, body: Body): void {
    const wanted = this.stream.draw(step.pages);
    const drawn = step.at.kind === 'drawn' ? this.stream.draw(step.at.page) : 0;
    const slot = this.find(step.name, body, false);
    const area = this.areas.get(slot);
    if (area === undefined) return;
    const pages = Math.min(wanted, area.pages);
    const first = step.at.kind === 'sequential' ? area.next : Math.min(drawn, area.pages - pages);
    if (step.at.kind === 'sequential') area.next = (first + pages) % area.pages;
    this.emitRange(T.OP_TOUCH_AREA, step.rowKind, slot, first, pages, area.pages);
  }

  private access(step: Extract<Step, { kind: 'file' }>): void {
    const { filePosition } = this;
    const pages = Math.min(this.stream.draw(step.pages), step.size);
    let first: number;
    if (step.at.kind === 'sequential') {
      first = filePosition[step.file];
      filePosition[step.file] = (first + pages) % step.size;
    } else {
      first = Math.min(this.stream.draw(step.at.page), step.size - pages);
    }
    this.emitRange(step.op, step.rowKind, NIL, first, pages, step.size);
  }

  /** What goes beyond the end goes on at the beginning. */
  private emitRange(
    op: number,
    rowKind: number,
    slot: number,
    first: number,
    pages: number,
    size: number,
  ): void {
    const here = Math.min(pages, size - first);
    if (here > 0) this.emit(op, rowKind, slot, first, here);
    if (pages > here) this.emit(op, rowKind, slot, 0, pages - here);
  }

  /** The end of a run: what it still holds it keeps. Where it has a process or an interrupt, nobody is left to ask again. */
  private leaveHeld(): void {
    const untilUs = this.whole ? this.nowUs : this.lengthUs;
    this.body.gone.fill(NIL);
    this.areas.clear();
    for (const held of this.body.held) {
      for (const slot of held) this.emitRetries(slot, untilUs);
      held.length = 0;
    }
  }

  private emitRetries(slot: number, freedUs: number): void {
    if (this.retries.size === 0) return;
    const retry = this.retries.get(slot);
    if (retry === undefined) return;
    this.retries.delete(slot);
    const { rows } = this;
    const nowUs = this.nowUs;
    const endUs = Math.min(freedUs, this.lengthUs);
    const { row } = retry;
    this.nowUs = rows.timeUs[row];
    for (let k = 0; k < retry.times; k++) {
      this.nowUs += retry.gapUs;
      if (this.nowUs >= endUs) break;
      this.push(T.OP_RETRY, rows.kind[row], slot, rows.order[row], rows.a[row], rows.op[row]);
    }
    this.nowUs = nowUs;
  }

  private emit(op: number, rowKind: number, slot = NIL, a = 0, b = 0, order = 0): void {
    if (this.nowUs < this.lengthUs) this.push(op, rowKind, slot, order, a, b);
  }

  private push(op: number, rowKind: number, slot: number, order: number, a: number, b: number): number {
    const { rows } = this;
    if (rows.nrRows >= MAX_TAPE_OPS) this.tooLong(`more than ${MAX_TAPE_OPS} operations`);
    return rows.push(this.nowUs, op, rowKind, this.instance, slot, order, this.cpu, this.daemon, a, b);
  }

  private countStep(): void {
    if (++this.nrSteps > MAX_STEPS) this.tooLong(`more than ${MAX_STEPS} steps`);
  }

  private tooLong(what: string): never {
    throw new WorkloadTooLong(
      this.task.name,
      `the workload comes to ${what} at task ${this.task.name}: make it arrive less often, run fewer copies, repeat less, or shorten the workload`,
    );
  }
}

const failFlags = (onFail: OnFail): number => (onFail.kind === 'abandon' ? T.OPF_ABANDON : 0);

/** After a turn, the blocks it still holds are the enclosing body's. */
function handOver(from: Body, to: Body): void {
  for (let name = 0; name < from.held.length; name++) {
    const held = from.held[name];
    if (from.gone[name] !== NIL) to.gone[name] = from.gone[name];
    from.gone[name] = NIL;
    if (held.length === 0) continue;
    for (const slot of held) to.held[name].push(slot);
    held.length = 0;
  }
}
