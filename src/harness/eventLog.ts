import {
  CTX_HARDIRQ,
  CTX_SOFTIRQ,
  currentOf,
  DUE_KSWAPD,
  DUE_KUPDATE,
  DUE_PDFLUSH,
  DUE_REAP,
  EV_ALLOC,
  EV_FREE,
  EV_IRQ_ENTER,
  EV_IRQ_EXIT,
  type Machine,
  NIL,
  PAGE_ALLOCATED,
  PAGE_ORDER,
  PAGE_RESERVED,
  REQ_EVENT,
  recordEvents,
  TASK_OWNER,
  TASK_STRIDE,
  type Tasks,
} from '../engine/index.ts';
import type { Play } from './play.ts';

/** One event of the machine with whose it was; the same object is used for every one. */
export interface MachineEvent {
  /** Operation of the run during which it happened. */
  op: number;
  timeUs: number;
  /** Index into plan.workload.tasks, NIL for a thread of the kernel, which has a name. */
  task: number;
  thread: string;
  /** `current` on a machine with processes, or NIL. */
  process: number;
  cpu: number;
  /** CTX_ bits. */
  ctx: number;
  /** EV_ of the engine, with its arguments. */
  code: number;
  a: number;
  b: number;
  c: number;
}

/** Who does what the engine does of its own accord. */
const THREADS: Readonly<Record<number, string>> = {
  [DUE_KSWAPD]: 'kswapd0',
  [DUE_PDFLUSH]: 'pdflush',
  [DUE_KUPDATE]: 'pdflush',
  [DUE_REAP]: 'events/0',
};

/** More events than one operation can come to. */
const RING = 1 << 16;
const RING_FIELDS = 5;

/**
 * Listens to a play that has not begun: the events of its machine in their order, and the counters pgalloc and pgfree of
 * /proc/vmstat, boot included.
 *
 * The boot frees every page that the allocator gets, and what is allocated right after it was allocated in it.
 */
export class EventLog {
  pgalloc: number;
  pgfree: number;
  private readonly play: Play;
  private readonly listen: ((event: MachineEvent) => void) | null;
  private readonly event: MachineEvent = {
    op: 0,
    timeUs: 0,
    task: 0,
    thread: '',
    process: NIL,
    cpu: 0,
    ctx: 0,
    code: 0,
    a: 0,
    b: 0,
    c: 0,
  };
  private read = 0;

  /** @param listen null: only count */
  constructor(play: Play, listen: ((event: MachineEvent) => void) | null) {
    this.play = play;
    this.listen = listen;
    const { machine, player } = play;
    this.pgfree = freedAtBoot(machine);
    this.pgalloc = allocatedPages(machine);
    recordEvents(machine, RING);
    const before = player.afterOp;
    player.afterOp = () => {
      this.drain();
      before?.();
    };
  }

  /** Everything since the last call belongs to the operation, or the repeated ask, that is just done. */
  private drain(): void {
    const { play, event } = this;
    const { machine, player } = play;
    const ring = machine.trace!;
    if (ring.recorded - this.read > ring.capacity) throw new Error('an operation outran the event ring');
    const { request } = machine;
    const { tape } = player;
    event.op = request[REQ_EVENT];
    event.timeUs = player.timeUs;
    const { row } = machine.printk;
    event.task = row < 0 ? NIL : tape.task[row];
    event.cpu = row < 0 ? 0 : tape.cpu[row];
    event.ctx = row < 0 ? 0 : tape.ctx[row];
    event.thread = row < 0 ? (THREADS[machine.agenda.kind] ?? 'swapper') : '';
    event.process = NIL;
    const { tasks } = machine;
    if (tasks !== null && row >= 0) {
      if ((event.ctx & (CTX_HARDIRQ | CTX_SOFTIRQ)) === 0) event.process = this.processOf(tasks);
      else this.interrupts(tasks, event.cpu);
    }
    for (; this.read < ring.recorded; this.read++) {
      const at = (this.read & (ring.capacity - 1)) * RING_FIELDS;
      event.code = ring.rows[at + 1];
      event.a = ring.rows[at + 2];
      event.b = ring.rows[at + 3];
      event.c = ring.rows[at + 4];
      if (event.code === EV_ALLOC) this.pgalloc += 1 << event.b;
      else if (event.code === EV_FREE) this.pgfree += 1 << event.b;
      if (tasks !== null && (event.code === EV_IRQ_ENTER || event.code === EV_IRQ_EXIT)) {
        event.ctx = CTX_HARDIRQ;
        this.interrupts(tasks, event.a);
      }
      this.listen?.(event);
    }
  }

  /** A process that has just gone to sleep is no longer `current`; reclaim still knows it. */
  private processOf(tasks: Tasks): number {
    const asleep = this.play.machine.vm?.current ?? NIL;
    return asleep === NIL ? currentOf(tasks, this.event.cpu) : asleep;
  }

  /** What an interrupt does it does in the name of whatever it interrupts. */
  private interrupts(tasks: Tasks, cpu: number): void {
    const { event } = this;
    event.cpu = cpu;
    event.process = currentOf(tasks, cpu);
    event.task = event.process === NIL ? NIL : tasks.tasks[event.process * TASK_STRIDE + TASK_OWNER];
    event.thread = '<idle>';
  }
}

export function freedAtBoot(m: Machine): number {
  let freed = 0;
  for (let pfn = 0; pfn < m.nrPages; pfn++) if (m.state[pfn] !== PAGE_RESERVED) freed++;
  return freed;
}

export function allocatedPages(m: Machine): number {
  let pages = 0;
  for (let pfn = 0; pfn < m.nrPages; pfn++) {
    const state = m.state[pfn];
    if ((state & PAGE_ALLOCATED) !== 0) pages += 1 << (state & PAGE_ORDER);
  }
  return pages;
}
