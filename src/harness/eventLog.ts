import { OP_FREE } from '../contract/tape.ts';
import {
  EV_ALLOC,
  EV_FREE,
  type Machine,
  PAGE_ALLOCATED,
  PAGE_ORDER,
  PAGE_RESERVED,
  REQ_CPU,
  REQ_CTX,
  REQ_EVENT,
  REQ_TASK,
  recordEvents,
} from '../engine/index.ts';
import type { Play } from './play.ts';

/** One event of the machine with whose it was; the same object is used for every one. */
export interface MachineEvent {
  /** Operation of the run during which it happened. */
  op: number;
  timeUs: number;
  /** Index into plan.workload.tasks. */
  task: number;
  cpu: number;
  /** CTX_ bits. */
  ctx: number;
  /** EV_ of the engine, with its arguments. */
  code: number;
  a: number;
  b: number;
  c: number;
}

/** More events than one operation can come to. */
const RING = 1 << 14;
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
    event.task = request[REQ_TASK];
    // A waiting task that asks again has no row of its own at this time; its request tells.
    const isRow = player.op === event.op + 1;
    const freed = isRow && tape.op[event.op] === OP_FREE;
    event.cpu = freed ? tape.cpu[event.op] : request[REQ_CPU];
    event.ctx = freed ? tape.ctx[event.op] : request[REQ_CTX];
    for (; this.read < ring.recorded; this.read++) {
      const at = (this.read & (ring.capacity - 1)) * RING_FIELDS;
      event.code = ring.rows[at + 1];
      event.a = ring.rows[at + 2];
      event.b = ring.rows[at + 3];
      event.c = ring.rows[at + 4];
      if (event.code === EV_ALLOC) this.pgalloc += 1 << event.b;
      else if (event.code === EV_FREE) this.pgfree += 1 << event.b;
      this.listen?.(event);
    }
  }
}

function freedAtBoot(m: Machine): number {
  let freed = 0;
  for (let pfn = 0; pfn < m.nrPages; pfn++) if (m.state[pfn] !== PAGE_RESERVED) freed++;
  return freed;
}

function allocatedPages(m: Machine): number {
  let pages = 0;
  for (let pfn = 0; pfn < m.nrPages; pfn++) {
    const state = m.state[pfn];
    if ((state & PAGE_ALLOCATED) !== 0) pages += 1 << (state & PAGE_ORDER);
  }
  return pages;
}
