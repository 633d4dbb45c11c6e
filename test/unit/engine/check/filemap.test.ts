import {
  allocPages,
  bioAddPage,
  checkFilemap,
  DK_BUSY,
  DK_CONGESTED,
  DK_COUNT,
  DK_FIRST,
  fileRead,
  fileWrite,
  findPage,
  GFP_HIGHUSER,
  KernelBug,
  LIST_DIRTY,
  LIST_IO,
  listAdd,
  listDel,
  listHead,
  lruAddDrain,
  type Machine,
  PG_dirty,
  PG_locked,
  PG_uptodate,
  PG_writeback,
  READ,
  RQ_HEAD,
  RQ_PAGES,
  requestAt,
  TAG_PAGE_CACHE,
  unplug,
  VC_NR_DIRTY,
  VC_NR_PAGECACHE,
  type Vm,
  WRITE,
  wakeupBdflush,
} from '../../../../src/engine/index.ts';
import { vmMachine } from '../mm/vmMachine.ts';
import { drive, runUntil } from '../mm/waiting.ts';

/** Pages of file 0: 0..15 clean, 20..22 dirty, 30..31 being written, 200 and others being read. File 1: 0 dirty. */
function machine(): { m: Machine; vm: Vm } {
  const { m, vm } = vmMachine(16, { filePages: [500, 20] });
  drive(m, () => fileRead(vm, 0, 0, 10, 0, 0, 0));
  runUntil(m, m.agenda.nowUs + 50_000);
  fileWrite(vm, 0, 30, 2, 0, 0, 0);
  wakeupBdflush(vm, 0);
  runUntil(m, m.agenda.nowUs);
  fileWrite(vm, 0, 20, 3, 0, 0, 0);
  fileWrite(vm, 1, 0, 1, 0, 0, 0);
  lruAddDrain(vm, 0);
  fileRead(vm, 0, 200, 1, 0, 0, 0);
  m.control.fill(0);
  lruAddDrain(vm, 0);
  checkFilemap(vm);
  return { m, vm };
}

type Corruption = [string, string, (vm: Vm, m: Machine) => void];

const flag = (vm: Vm, index: number, bits: number) => {
  vm.fields.flags[findPage(vm, 0, index)] ^= bits;
};
const oldest = (vm: Vm) => requestAt(vm.disk, vm.disk.ctl[DK_FIRST]);

const CORRUPTIONS: Corruption[] = [
  ['bio', 'a bio that was never submitted', vm => bioAddPage(vm, READ, 400, 3000)],
  ['request', 'a request without pages', vm => void (vm.disk.requests[oldest(vm) + RQ_PAGES] = 0)],
  ['request', 'a request of too many', vm => void (vm.disk.requests[oldest(vm) + RQ_PAGES] = 32)],
  ['request', 'a request that ends early', vm => void (vm.disk.requests[oldest(vm) + RQ_PAGES] -= 1)],
  [
    'request',
    'a page frame that does not exist',
    vm => void (vm.disk.requests[oldest(vm) + RQ_HEAD] = 1 << 20),
  ],
  [
    'request',
    'a page that leads to another request',
    vm => void vm.disk.requestOf[vm.disk.requests[oldest(vm) + RQ_HEAD]]--,
  ],
  ['request', 'another capacity', vm => void (vm.disk.capacity *= 2)],
  ['request-count', 'a request more', vm => void vm.disk.ctl[DK_COUNT + WRITE]++],
  ['congestion', 'congestion without requests', vm => void (vm.disk.ctl[DK_CONGESTED + READ] = 1)],
  ['disk-idle', 'an idle disk with work', vm => void (vm.disk.ctl[DK_BUSY] = 0)],
  ['page-cache', 'a page cached twice', vm => void (vm.files.page[499] = findPage(vm, 0, 3))],
  ['page-cache', 'a cached page that is free', vm => void (vm.files.page[3] = vm.pgdat.nrPages)],
  ['page-cache', 'a page of another index', vm => void vm.fields.index[findPage(vm, 0, 3)]++],
  ['nrpages', 'a cached page that nothing leads to', vm => void (vm.files.page[3] = -1)],
  ['nrpages', 'a miscounted file', vm => void vm.files.nrpages[1]++],
  ['nr-pagecache', 'a miscounted cache', vm => void vm.count[VC_NR_PAGECACHE]--],
  [
    'file-list',
    'a dirty page of another file',
    vm => {
      const pfn = findPage(vm, 1, 0);
      listDel(vm.files.links, pfn);
      listAdd(vm.files.links, listHead(vm.files, 0, LIST_DIRTY), pfn);
    },
  ],
  ['file-list', 'a broken link', vm => void (vm.files.links[2 * findPage(vm, 0, 21) + 1] = 7)],
  ['file-list', 'a broken tail', vm => void (vm.files.links[2 * listHead(vm.files, 0, LIST_IO) + 1] = 7)],
  ['file-list', 'a node that does not exist', vm => void (vm.files.links[2 * findPage(vm, 0, 20)] = 1 << 20)],
  ['dirty-list', 'a dirty page on no list', vm => listDel(vm.files.links, findPage(vm, 0, 21))],
  ['dirty-list', 'a clean page among the dirty', vm => flag(vm, 21, PG_dirty)],
  [
    'writeback-list',
    'a page that is written and on no list',
    vm => listDel(vm.files.links, findPage(vm, 0, 30)),
  ],
  ['inode-list', 'a broken list of inodes', vm => void (vm.files.inodeLinks[2 * 1 + 1] = 1)],
  ['inode-list', 'an inode that does not exist', vm => void (vm.files.inodeLinks[2 * 1] = 77)],
  ['inode-dirty', 'a clean inode on a list', vm => void (vm.files.inodeDirty[1] = 0)],
  [
    'inode-dirty',
    'a clean inode of a dirty page',
    vm => {
      vm.files.inodeDirty[1] = 0;
      listDel(vm.files.inodeLinks, 1);
    },
  ],
  ['references', 'a reference too many', vm => void vm.fields.count[findPage(vm, 0, 3)]++],
  ['references', 'a reference too few', vm => void vm.fields.count[findPage(vm, 0, 3)]--],
  [
    'lost-page',
    'a page that no file has',
    (_, m) => void (m.tag[allocPages(m, GFP_HIGHUSER, 0, 0, 0)] = TAG_PAGE_CACHE),
  ],
  ['locked', 'a locked page that nobody reads', vm => flag(vm, 3, PG_locked)],
  ['locked', 'an unlocked page that is read', vm => flag(vm, 200, PG_locked)],
  ['writeback', 'a page under writeback that nobody writes', vm => flag(vm, 3, PG_writeback)],
  ['writeback', 'a page that is written without PG_writeback', vm => flag(vm, 30, PG_writeback)],
  ['uptodate', 'a page that was never read', vm => flag(vm, 3, PG_uptodate)],
  ['nr-dirty', 'a miscounted dirty page', vm => void vm.count[VC_NR_DIRTY]++],
];

function codeOf(check: () => void): string {
  try {
    check();
  } catch (error) {
    if (error instanceof KernelBug) return error.code;
    throw error;
  }
  return 'nothing';
}

test.each(CORRUPTIONS)('%s: %s', (code, _, corrupt) => {
  const { m, vm } = machine();
  corrupt(vm, m);
  expect(codeOf(() => checkFilemap(vm))).toBe(code);
});

test('a page in two requests', () => {
  const { vm } = machine();
  const { disk } = vm;
  unplug(vm);
  const second = requestAt(disk, disk.ctl[DK_FIRST] + 1);
  disk.requests[second + RQ_HEAD] = disk.requests[oldest(vm) + RQ_HEAD];
  expect(codeOf(() => checkFilemap(vm))).toBe('request');
});
