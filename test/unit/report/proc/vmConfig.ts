import type { VmConfig } from '../../../../src/engine/index.ts';

/** The kernel's own defaults, a disk of 2003, 4 MiB of swap. */
export const VM: VmConfig = {
  diskBytesPerSecond: 40_000_000,
  diskSeekUs: 8000,
  diskRequests: 128,
  swapPages: 1000,
  swappiness: 60,
  dirtyRatio: 40,
  dirtyBackgroundRatio: 10,
  dirtyWritebackCentisecs: 500,
  dirtyExpireCentisecs: 3000,
  pageCluster: 3,
  filePages: [],
};
