import {
  allocPages,
  checkMachine,
  fileRead,
  fileSync,
  fileWrite,
  findPage,
  GFP_HIGHUSER,
  LIST_DIRTY,
  LIST_IO,
  LIST_LOCKED,
  listEmpty,
  listHead,
  NIL,
  PATH_FIRST,
  PATH_WAIT,
  PG_active,
  PG_dirty,
  PG_locked,
  PG_referenced,
  PG_uptodate,
  PG_writeback,
  removeFromPageCache,
  SLEEP_UNTIL_US,
  STAT_DISK_REQUESTS,
  STAT_FILE_HITS,
  STAT_FILE_MISSES,
  STAT_PGPGIN,
  STAT_PGPGOUT,
  VC_NR_DIRTY,
  VC_NR_PAGECACHE,
  VC_NR_WRITEBACK,
  type Vm,
} from '../../../../src/engine/index.ts';
import { vmMachine } from './vmMachine.ts';
import { drive, runUntil } from './waiting.ts';

const flags = (vm: Vm, file: number, index: number) => vm.fields.flags[findPage(vm, file, index)];
const cached = (vm: Vm, file: number) => vm.files.nrpages[file];

/** Drop a clean page, as reclaim would. */
function drop(vm: Vm, file: number, index: number): void {
  const pfn = findPage(vm, file, index);
  removeFromPageCache(vm, pfn);
  vm.fields.count[pfn]--;
}

describe('fileRead', () => {
  test('the first read of a file waits for half a window, the next pages are there', () => {
    const { m, vm } = vmMachine(16);
    expect(fileRead(vm, 0, 0, 1, 0, 0, 0)).toBe(0);
    expect(m.path).toBe(PATH_WAIT);
    expect(cached(vm, 0)).toBe(16);
    // 16 pages of 204.8 µs at the beginning of the disk.
    expect(m.sleep[SLEEP_UNTIL_US]).toBe(3277);
    runUntil(m, 3277);
    expect(fileRead(vm, 0, 0, 1, 0, 0, 0)).toBe(1);
    expect(m.path).toBe(PATH_FIRST);
    expect([...m.control].some(word => word !== 0)).toBe(false);
    expect([m.stat[STAT_FILE_HITS], m.stat[STAT_FILE_MISSES]]).toEqual([0, 1]);
    expect(drive(m, () => fileRead(vm, 0, 1, 15, 0, 0, 0))).toEqual({ answer: 15, sleeps: 0 });
    expect([m.stat[STAT_FILE_HITS], m.stat[STAT_FILE_MISSES]]).toEqual([15, 1]);
    checkMachine(m);
  });

  test('a file read in order is read ahead 32 pages at a time', () => {
    const { m, vm } = vmMachine(16, { filePages: [512] });
    const { answer, sleeps } = drive(m, () => fileRead(vm, 0, 0, 512, 0, 0, 0));
    expect(answer).toBe(512);
    expect(m.stat[STAT_PGPGIN]).toBe(512 * 4);
    // Windows of 16, 18, fourteen times 32 and 30 pages; 32 are two requests, of 31 and 1, each waited for.
    expect(sleeps).toBe(2 + 14 * 2 + 1);
    expect(m.stat[STAT_FILE_MISSES]).toBe(31);
    expect(m.stat[STAT_FILE_HITS]).toBe(512 - 31);
    checkMachine(m);
  });

  test('pages read here and there are read alone once readahead is off', () => {
    const { m, vm } = vmMachine(16, { filePages: [3000] });
    for (let i = 0; i < 20; i++) drive(m, () => fileRead(vm, 0, 100 + 137 * i, 1, 0, 0, 0));
    expect(cached(vm, 0)).toBe(20);
    expect(m.stat[STAT_FILE_MISSES]).toBe(20);
    // Sequential reading starts it again after a whole window of misses in a row.
    drive(m, () => fileRead(vm, 0, 0, 60, 0, 0, 0));
    expect(cached(vm, 0)).toBeGreaterThan(20 + 60);
    checkMachine(m);
  });

  test('a second look makes a page referenced, a third one active', () => {
    const { m, vm } = vmMachine(16);
    drive(m, () => fileRead(vm, 0, 0, 16, 0, 0, 0));
    expect(flags(vm, 0, 3) & (PG_referenced | PG_active)).toBe(PG_referenced);
    fileRead(vm, 0, 3, 1, 0, 0, 0);
    expect(flags(vm, 0, 3) & (PG_referenced | PG_active)).toBe(PG_active);
    fileRead(vm, 0, 3, 1, 0, 0, 0);
    expect(flags(vm, 0, 3) & (PG_referenced | PG_active)).toBe(PG_active | PG_referenced);
  });

  test('a page that is taken while its reader sleeps is read again', () => {
    const { m, vm } = vmMachine(16);
    fileRead(vm, 0, 0, 1, 0, 0, 0);
    const control = m.control.slice();
    runUntil(m, 3277);
    // Until the pagevec is drained its reference keeps the page; 16 were read, so it is empty.
    drop(vm, 0, 0);
    m.control.set(control);
    expect(fileRead(vm, 0, 0, 1, 0, 0, 0)).toBe(0);
    expect(m.path).toBe(PATH_WAIT);
    expect(drive(m, () => fileRead(vm, 0, 0, 1, 0, 0, 0)).answer).toBe(1);
    expect(m.stat[STAT_FILE_MISSES]).toBe(1);
  });

  test('two readers of one page wait for one request', () => {
    const { m, vm } = vmMachine(16, { filePages: [100] });
    fileRead(vm, 0, 50, 1, 0, 0, 0);
    const first = m.control.slice();
    m.control.fill(0);
    fileRead(vm, 0, 50, 1, 0, 0, 0);
    const second = m.control.slice();
    runUntil(m, 30000);
    m.control.set(first);
    expect(fileRead(vm, 0, 50, 1, 0, 0, 0)).toBe(1);
    m.control.set(second);
    expect(fileRead(vm, 0, 50, 1, 0, 0, 0)).toBe(1);
    expect(m.stat[STAT_DISK_REQUESTS]).toBe(1);
    checkMachine(m);
  });

  test('nothing is read beyond the end of a file', () => {
    const { m, vm } = vmMachine(16, { filePages: [5, 5] });
    expect(drive(m, () => fileRead(vm, 0, 3, 10, 0, 0, 0)).answer).toBe(2);
    expect(cached(vm, 1)).toBe(0);
    expect(drive(m, () => fileRead(vm, 0, 5, 1, 0, 0, 0)).answer).toBe(0);
    checkMachine(m);
  });

  test('a file larger than memory goes through the page cache', () => {
    const { m, vm } = vmMachine(16, { filePages: [8192] });
    expect(drive(m, () => fileRead(vm, 0, 0, 8192, 0, 0, 0)).answer).toBe(8192);
    expect(vm.count[VC_NR_PAGECACHE]).toBeGreaterThan(2000);
    checkMachine(m);
  });
});

describe('fileWrite', () => {
  test('whole pages are written without reading them', () => {
    const { m, vm } = vmMachine(16);
    expect(fileWrite(vm, 0, 10, 5, 0, 0, 0)).toBe(5);
    expect(m.path).toBe(PATH_FIRST);
    expect(flags(vm, 0, 12) & (PG_dirty | PG_uptodate | PG_locked)).toBe(PG_dirty | PG_uptodate);
    expect(vm.count[VC_NR_DIRTY]).toBe(5);
    expect(m.stat[STAT_PGPGIN]).toBe(0);
    fileWrite(vm, 0, 10, 5, 0, 0, 0);
    expect(vm.count[VC_NR_DIRTY]).toBe(5);
    checkMachine(m);
  });

  test('part of a page is written once the page was read', () => {
    const { m, vm } = vmMachine(16);
    expect(fileWrite(vm, 0, 0, 2, 0, 0, 0, 1)).toBe(0);
    expect(m.path).toBe(PATH_WAIT);
    expect(drive(m, () => fileWrite(vm, 0, 0, 2, 0, 0, 0, 1)).answer).toBe(2);
    expect(m.stat[STAT_PGPGIN]).toBe(8);
    expect(vm.count[VC_NR_DIRTY]).toBe(2);
    checkMachine(m);
  });

  test('a page that is being read is waited for', () => {
    const { m, vm } = vmMachine(16);
    fileRead(vm, 0, 0, 1, 0, 0, 0);
    m.control.fill(0);
    expect(fileWrite(vm, 0, 4, 1, 0, 0, 0)).toBe(0);
    expect(m.path).toBe(PATH_WAIT);
    expect(drive(m, () => fileWrite(vm, 0, 4, 1, 0, 0, 0)).answer).toBe(1);
    checkMachine(m);
  });

  test('without memory it ends where it is', () => {
    const { m, vm } = vmMachine(16, { swapPages: 0 });
    while (allocPages(m, GFP_HIGHUSER & ~0x10, 0, 0, 1) !== NIL);
    // PF_MEMALLOC: nothing is reclaimed for it, and nothing is left.
    expect(fileWrite(vm, 0, 0, 3, 0, 0, 1)).toBe(0);
    expect(m.path).not.toBe(PATH_WAIT);
    expect([...m.control].some(word => word !== 0)).toBe(false);
  });
});

describe('fileSync', () => {
  test('returns when everything is on the disk', () => {
    const { m, vm } = vmMachine(16);
    fileWrite(vm, 0, 0, 40, 0, 0, 0);
    expect(fileSync(vm, 0)).toBe(false);
    expect(m.path).toBe(PATH_WAIT);
    expect(vm.count[VC_NR_DIRTY]).toBe(0);
    expect(vm.count[VC_NR_WRITEBACK]).toBe(40);
    const { answer } = drive(m, () => fileSync(vm, 0));
    expect(answer).toBe(true);
    // 31 and 9 pages, one behind the other.
    expect(m.agenda.nowUs).toBe(6349 + 1844);
    expect(m.stat[STAT_PGPGOUT]).toBe(160);
    expect(vm.count[VC_NR_WRITEBACK]).toBe(0);
    expect(vm.files.inodeDirty[0]).toBe(0);
    for (const list of [LIST_DIRTY, LIST_IO, LIST_LOCKED])
      expect(listEmpty(vm.files.links, listHead(vm.files, 0, list))).toBe(true);
    checkMachine(m);
  });

  test('a page that is dirty again while it is written is written twice', () => {
    const { m, vm } = vmMachine(16);
    fileWrite(vm, 0, 0, 1, 0, 0, 0);
    fileSync(vm, 0);
    m.control.fill(0);
    fileWrite(vm, 0, 0, 1, 0, 0, 0);
    expect(flags(vm, 0, 0) & (PG_dirty | PG_writeback)).toBe(PG_dirty | PG_writeback);
    checkMachine(m);
    drive(m, () => fileSync(vm, 0));
    expect(m.stat[STAT_PGPGOUT]).toBe(8);
    expect(flags(vm, 0, 0) & (PG_dirty | PG_writeback)).toBe(0);
  });

  test('a clean file needs no disk', () => {
    const { m, vm } = vmMachine(16);
    expect(fileSync(vm, 0)).toBe(true);
    expect(m.stat[STAT_DISK_REQUESTS]).toBe(0);
  });

  test('waits for room in a full queue', () => {
    const { m, vm } = vmMachine(16, { diskRequests: 4 });
    for (let i = 0; i < 30; i++) fileWrite(vm, 0, 3 * i, 1, 0, 0, 0);
    const { answer, sleeps } = drive(m, () => fileSync(vm, 0));
    expect(answer).toBe(true);
    expect(sleeps).toBeGreaterThan(25);
    expect(m.stat[STAT_DISK_REQUESTS]).toBe(30);
    checkMachine(m);
  });
});
