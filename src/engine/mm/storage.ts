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
import type { Vm } from './vm.ts';

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
