/**
 * Disk, files, swap area, anonymous memory and caches with shrinkers of one machine, taken together: what boot starts, a
 * snapshot keeps and the state hash covers.
 */
import { DUE_DISK, DUE_KUPDATE, DUE_PDFLUSH } from '../lib/agenda.ts';
import { FNV_START } from '../lib/fnv.ts';
import { type DiskSnapshot, diskHash, restoreDisk, snapshotDisk } from './backing_dev.ts';
import { type DcacheSnapshot, dcacheHash, restoreDcaches, snapshotDcaches } from './dcache.ts';
import { type FilesSnapshot, filesHash, restoreFiles, snapshotFiles } from './filemap.ts';
import { diskDone } from './ll_rw_blk.ts';
import { type AnonSnapshot, anonHash, restoreAnon, snapshotAnon } from './mm_types.ts';
import {
  restoreWriteback,
  snapshotWriteback,
  startKupdate,
  type WritebackSnapshot,
  writebackHash,
} from './page_writeback.ts';
import {
  kupdateTimer,
  type PdflushSnapshot,
  pdflushHash,
  pdflushTurn,
  restorePdflush,
  snapshotPdflush,
  startPdflush,
} from './pdflush.ts';
import { restoreSwap, type SwapSnapshot, snapshotSwap, startSwap, swapHash } from './swapfile.ts';
import type { Vm, VmConfig } from './vm.ts';

/** Slots that a page table entry has room for. */
const MAX_SWAP_PAGES = (1 << 27) - 1;
/** MAPPING_SWAP is a file's number too far. */
const MAX_FILES = 0xfffe;

/** Why no machine can have such a disk, files or swap area, or '' when one can. */
export function storageFault(config: VmConfig): string {
  const { diskBytesPerSecond, diskSeekUs, diskRequests, swapPages, filePages, pageCluster } = config;
  if (!(diskBytesPerSecond > 0)) return 'a disk needs a speed';
  if (!(diskSeekUs >= 0)) return 'a disk cannot seek in less than no time';
  if (!Number.isInteger(diskRequests) || diskRequests < 1)
    return 'the queue of a disk holds at least one request';
  if (!Number.isInteger(swapPages) || swapPages < 0 || swapPages > MAX_SWAP_PAGES)
    return `a swap area has 0 to ${MAX_SWAP_PAGES} pages`;
  if (!Number.isInteger(pageCluster) || pageCluster < 0 || pageCluster > 5) return 'page-cluster is 0 to 5';
  if (filePages.length > MAX_FILES) return `there are at most ${MAX_FILES} files`;
  let end = swapPages + 1;
  for (const pages of filePages) {
    if (!Number.isInteger(pages) || pages < 1) return 'a file has at least one page';
    end += pages;
  }
  return end < 2 ** 31 ? '' : 'the files and the swap area are larger than the disk can be';
}

/** Swap is on, pdflush threads wait for work, the first periodic writing is due. */
export function startStorage(vm: Vm): void {
  startSwap(vm);
  startPdflush(vm);
  startKupdate(vm);
}

/** Do what the agenda took off, if it is of these parts. @returns whether it was */
export function runStorage(vm: Vm, kind: number, arg: number): boolean {
  if (kind === DUE_DISK) diskDone(vm, arg);
  else if (kind === DUE_PDFLUSH) pdflushTurn(vm, arg);
  else if (kind === DUE_KUPDATE) kupdateTimer(vm);
  else return false;
  return true;
}

export interface StorageSnapshot {
  readonly disk: DiskSnapshot;
  readonly files: FilesSnapshot;
  readonly writeback: WritebackSnapshot;
  readonly pdflush: PdflushSnapshot;
  readonly swap: SwapSnapshot;
  readonly anon: AnonSnapshot;
  readonly dcaches: readonly DcacheSnapshot[];
}

export function snapshotStorage(vm: Vm): StorageSnapshot {
  return {
    disk: snapshotDisk(vm.disk),
    files: snapshotFiles(vm.files),
    writeback: snapshotWriteback(vm.writeback),
    pdflush: snapshotPdflush(vm.pdflush),
    swap: snapshotSwap(vm.swap),
    anon: snapshotAnon(vm.anon),
    dcaches: snapshotDcaches(vm),
  };
}

/** Only into a machine of the same config. */
export function restoreStorage(vm: Vm, saved: StorageSnapshot): void {
  restoreDisk(vm.disk, saved.disk);
  restoreFiles(vm.files, saved.files);
  restoreWriteback(vm.writeback, saved.writeback);
  restorePdflush(vm.pdflush, saved.pdflush);
  restoreSwap(vm.swap, saved.swap);
  restoreAnon(vm.anon, saved.anon);
  restoreDcaches(vm, saved.dcaches);
}

export function storageHash(vm: Vm, start = FNV_START): number {
  let h = diskHash(vm.disk, start);
  h = filesHash(vm.files, h);
  h = writebackHash(vm.writeback, h);
  h = pdflushHash(vm.pdflush, h);
  h = swapHash(vm.swap, h);
  h = anonHash(vm, h);
  for (const cache of vm.dcaches) h = dcacheHash(cache, h);
  return h;
}
