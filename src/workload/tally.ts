import { MAX_NR_ZONES, MAX_ORDER } from '../engine/index.ts';

/** Orders counted apart; whatever is asked beyond MAX_ORDER - 1 counts in the last. */
export const TALLY_ORDERS = MAX_ORDER + 1;

/**
 * What happened to the demand so far, as one column so that a snapshot is one copy. The views are cut from it:
 * `[task * TALLY_ORDERS + order]`, `[task]`, `[zone]`, `[task * MAX_NR_ZONES + zone]`.
 */
export class Tally {
  readonly column: Float64Array;
  /** Calls made, retries of the task included; a wait in the allocator is one call. */
  readonly asked: Float64Array;
  readonly served: Float64Array;
  readonly failures: Float64Array;
  readonly stalls: Float64Array;
  readonly fallbacks: Float64Array;
  readonly stallUs: Float64Array;
  readonly kswapdWakeups: Float64Array;
  readonly usedPages: Float64Array;
  /** One cell: calls of the allocator, allocations and frees; a wait is one call however often it asks. */
  readonly calls: Float64Array;
  /** One cell: "sleeping function called from invalid context" reports. */
  readonly bugs: Float64Array;
  /** By task, as the rest: kmalloc and kmem_cache_alloc that returned NULL; vmalloc; forks; reads, writes and touches cut short. */
  readonly slabFailures: Float64Array;
  readonly vmallocFailures: Float64Array;
  readonly forkFailures: Float64Array;
  readonly accessFailures: Float64Array;
  /** Microseconds that runs waited for a CPU, for memory, for the disk. */
  readonly cpuWaitUs: Float64Array;
  readonly memoryWaitUs: Float64Array;
  readonly diskWaitUs: Float64Array;
  /** Microseconds that runs of a daemon waited for the run before them. */
  readonly queueWaitUs: Float64Array;
  /** The longest that an interrupt had to wait, microseconds. */
  readonly irqLatencyUs: Float64Array;
  /** Runs that were over. */
  readonly runsDone: Float64Array;

  constructor(nrTasks: number) {
    const byOrder = nrTasks * TALLY_ORDERS;
    this.column = new Float64Array(5 * byOrder + 11 * nrTasks + MAX_NR_ZONES + nrTasks * MAX_NR_ZONES + 2);
    let at = 0;
    const cut = (length: number) => this.column.subarray(at, (at += length));
    this.asked = cut(byOrder);
    this.served = cut(byOrder);
    this.failures = cut(byOrder);
    this.stalls = cut(byOrder);
    this.fallbacks = cut(byOrder);
    this.stallUs = cut(nrTasks);
    this.kswapdWakeups = cut(MAX_NR_ZONES);
    this.usedPages = cut(nrTasks * MAX_NR_ZONES);
    this.calls = cut(1);
    this.bugs = cut(1);
    this.slabFailures = cut(nrTasks);
    this.vmallocFailures = cut(nrTasks);
    this.forkFailures = cut(nrTasks);
    this.accessFailures = cut(nrTasks);
    this.cpuWaitUs = cut(nrTasks);
    this.memoryWaitUs = cut(nrTasks);
    this.diskWaitUs = cut(nrTasks);
    this.queueWaitUs = cut(nrTasks);
    this.irqLatencyUs = cut(nrTasks);
    this.runsDone = cut(nrTasks);
  }
}
