/** The only door of the engine. */
export { vmallocStart } from './arch/arch.ts';
export { ARCHES, type Arch } from './arch/index.ts';
export { checkPages } from './check/page_alloc.ts';
export { COSTS, type Cost, cyclesOf } from './kernel/costs.ts';
export { FNV_START, fnvHex, fnvInt } from './lib/fnv.ts';
export * from './lib/hooks.ts';
export { KernelBug } from './lib/kernelBug.ts';
export type { Rng } from './lib/rng.ts';
export {
  type ArchName,
  boot,
  DEFAULT_MIN_FREE_KBYTES,
  freeListHash,
  Machine,
  type MachineConfig,
  machineFault,
  pcpHash,
  recordEvents,
  restore,
  type Snapshot,
  setHooks,
  snapshot,
  stateHash,
} from './machine.ts';
export * from './mm/gfp.ts';
export * from './mm/gfp_functions.ts';
export * from './mm/mmzone.ts';
export * from './mm/page.ts';
export * from './mm/page_alloc.ts';
export { drainCpu } from './mm/pcp.ts';
export * from './mm/pgdat.ts';
export * from './mm/request.ts';
export * from './trace/events.ts';
export { EventRing } from './trace/ring.ts';
