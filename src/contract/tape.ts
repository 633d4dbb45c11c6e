/**
 * A seeded workload, compiled: operations in the order of their times. The tape is the same whatever the policy
 * answers, so that two policies meet the same demand; what depends on the machine's answers (a failed block is not
 * freed, an abandoned run allocates no more, a retry is not needed) is decided when it is played.
 */
export const OP_ALLOC = 0;
export const OP_FREE = 1;
/** Ask again for a block whose slot is still empty and wanted. */
export const OP_RETRY = 2;

export const CTX_MEMALLOC = 1;
export const CTX_REALTIME = 2;
export const CTX_SOFTIRQ = 4;
export const CTX_HARDIRQ = 8;

/** Bits of `flags`. */
export const OPF_COLD = 1;
/** A failed allocation ends the allocations of its instance. */
export const OPF_ABANDON = 2;
/** __get_free_pages / get_zeroed_page / free_pages were called: virtual addresses, no high memory. */
export const OPF_VADDR = 4;
export const OPF_ZEROED = 8;

/** Columns, one row an operation, `nrOps` rows, ascending (timeUs, then position). */
export interface Tape {
  nrOps: number;
  /** Slots 0..nrSlots-1: one for each block that the tape ever asks for. */
  nrSlots: number;
  /** Runs of tasks, 0..nrInstances-1. */
  nrInstances: number;
  timeUs: Float64Array;
  op: Uint8Array;
  /** Index into plan.workload.tasks. */
  task: Uint16Array;
  instance: Int32Array;
  slot: Int32Array;
  gfp: Uint16Array;
  order: Uint8Array;
  cpu: Uint8Array;
  ctx: Uint8Array;
  flags: Uint8Array;
  /** Call site: index of the step within its task, depth first; names a place in the challenge file. */
  site: Uint16Array;
}

/** Rows of a tape at most: what `spec` estimates beyond it and what `workload` finds beyond it is refused. */
export const MAX_TAPE_OPS = 4_194_304;
