import {
  AREA_NEXT,
  AREA_PAGES,
  AREA_PROCESS,
  AREA_START,
  AREA_STRIDE,
  allocPages,
  anonMap,
  anonTouch,
  anonUnmap,
  checkMemory,
  dcacheCreate,
  dcacheLookup,
  GFP_KERNEL,
  getSwapPage,
  KernelBug,
  kmemCacheCreate,
  lruAddDrain,
  type Machine,
  MM_MMAP,
  MM_PGD,
  MM_STRIDE,
  P_STRIDE,
  P_TOTAL_VM,
  PTE_PRESENT,
  PTE_SHIFT,
  PTE_SWAP,
  refillInactiveZone,
  SW_HIGHEST_BIT,
  SW_INUSE_PAGES,
  SW_LOWEST_BIT,
  shrinkCache,
  TAG_ANON,
  TAG_PAGE_TABLE,
  VC_NR_SWAP_PAGES,
  VC_NR_SWAPCACHE,
  type Vm,
} from '../../../../src/engine/index.ts';
import { vmMachine } from '../mm/vmMachine.ts';

/** Process 0: areas 0 and 2, of which area 0 has pages, one in the swap cache; process 1: area 3. Area 1 is free. */
function machine(): { m: Machine; vm: Vm } {
  const { m, vm } = vmMachine(16, { swapPages: 50 });
  const touch = (area: number, nr: number) => anonTouch(vm, area, 0, nr, true, 0, 0);
  touch(anonMap(vm, 0, 20), 20);
  const gone = anonMap(vm, 0, 3000);
  anonTouch(vm, gone, 2500, 2, true, 0, 0);
  anonMap(vm, 0, 7);
  touch(anonMap(vm, 1, 30), 12);
  anonUnmap(vm, gone, 0);
  lruAddDrain(vm, 0);
  for (let i = 0; i < vm.pte.length; i++) vm.pte[i] &= ~2;
  for (let pfn = 0; pfn < m.nrPages; pfn++) if (vm.fields.pte[pfn] !== 0) vm.fields.flags[pfn] &= ~4;
  // Half of memory would have to be mapped for it, or swappiness to be 100: the zone is in distress instead.
  for (let z = 0; z < 3; z++) {
    vm.zone[(z << 3) + 6] = 0;
    refillInactiveZone(vm, z, 8, 0, 0);
    shrinkCache(vm, z, 8, GFP_KERNEL, 8, 0);
  }
  expect(vm.count[VC_NR_SWAPCACHE]).toBeGreaterThan(0);
  const cache = kmemCacheCreate(vm.slab, 'dentry_cache', 120, 0, 0, 0);
  dcacheCreate(vm, cache, 8, 2);
  for (let entry = 0; entry < 5; entry++) dcacheLookup(vm, 0, entry, 0, 0);
  checkMemory(vm);
  return { m, vm };
}

const swapped = (vm: Vm) =>
  vm.pte.findIndex(entry => (entry & PTE_SWAP) !== 0 && (entry & PTE_PRESENT) === 0);
const present = (vm: Vm) => vm.pte.findIndex(entry => (entry & PTE_PRESENT) !== 0);
const slot = (vm: Vm) => vm.pte[swapped(vm)] >> PTE_SHIFT;
const area = (vm: Vm, n: number, field: number, value: number) => {
  vm.anon.areas[n * AREA_STRIDE + field] = value;
};

type Corruption = [string, string, (vm: Vm, m: Machine) => void];

const CORRUPTIONS: Corruption[] = [
  ['area', 'an area of another process', vm => area(vm, 2, AREA_PROCESS, 1)],
  ['area', 'areas that overlap', vm => area(vm, 2, AREA_START, 10)],
  ['area', 'an area without pages', vm => area(vm, 2, AREA_PAGES, 0)],
  ['area', 'an area beyond the address space', vm => area(vm, 2, AREA_START, vm.anon.taskPages)],
  ['area', 'a list that does not end', vm => area(vm, 2, AREA_NEXT, 0)],
  ['area', 'an area that does not exist', vm => area(vm, 2, AREA_NEXT, 99)],
  ['area', 'a free place that is in use', vm => void (vm.anon.freeArea = 3)],
  ['area', "an area that is nobody's", vm => void (vm.anon.freeArea = -1)],
  ['total-vm', 'a miscounted process', vm => void vm.process[1 * P_STRIDE + P_TOTAL_VM]++],
  ['page-table', 'areas without a directory', vm => void (vm.anon.dirs[1] = null)],
  ['page-table', 'tables without a page directory', vm => void (vm.anon.mm[MM_STRIDE + MM_PGD] = -1)],
  [
    'page-table',
    'two processes with one page directory',
    vm => void (vm.anon.mm[MM_PGD] = vm.anon.mm[MM_STRIDE + MM_PGD]),
  ],
  ['page-table', 'one table in two places', vm => void (vm.anon.dirs[1]![1] = vm.anon.dirs[1]![0])],
  ['page-table', 'a table that does not exist', vm => void (vm.anon.dirs[1]![0] = 99)],
  ['page-table', 'a table whose page is not in use', vm => void (vm.anon.tablePfn[0] = 2000)],
  ['page-table', 'a table whose page is shared', vm => void vm.fields.count[vm.anon.tablePfn[0]]++],
  [
    'page-table',
    'a table under no area',
    vm => {
      vm.anon.dirs[1]![2] = vm.anon.dirs[1]![0];
      vm.anon.dirs[1]![0] = 0;
    },
  ],
  ['page-table', 'a table of another process', vm => void (vm.pteProcess[0] = 1)],
  [
    'page-table',
    'a table that nothing leads to',
    vm => {
      vm.anon.dirs[1]![0] = 0;
      vm.pte.fill(0, vm.pteProcess.indexOf(1));
    },
  ],
  ['pte', 'an entry outside every area', vm => void (vm.pte[500] = vm.pte[present(vm)])],
  [
    'pte',
    'an entry for a page that is free',
    (vm, m) => {
      const free = m.state.findIndex(state => state >> 4 === 1);
      vm.pte[present(vm)] = (free << PTE_SHIFT) | PTE_PRESENT;
    },
  ],
  ['pte', 'an entry for no slot', vm => void (vm.pte[swapped(vm)] = (51 << PTE_SHIFT) | PTE_SWAP)],
  ['pte', 'an entry that is neither', vm => void (vm.pte[swapped(vm)] = 2)],
  [
    'pte',
    'an entry in a table that is free',
    vm => {
      const { freeTables, ptrsShift } = vm.anon;
      vm.pte[freeTables[0] << ptrsShift] = 1;
    },
  ],
  ['swap-cache', 'a slot of another page', vm => void vm.fields.index[vm.swap.cache[slot(vm)]]++],
  ['swap-map', 'a reference too many to a slot', vm => void vm.swap.map[slot(vm)]++],
  ['swap-map', 'a slot that nothing leads to', vm => void getSwapPage(vm)],
  ['swap-map', 'a page that forgot its slot', vm => void (vm.swap.cache[slot(vm)] = -1)],
  ['swap-bits', 'a free slot below the lowest bit', vm => void (vm.swap.ctl[SW_LOWEST_BIT] = 40)],
  ['swap-bits', 'a free slot above the highest bit', vm => void (vm.swap.ctl[SW_HIGHEST_BIT] = 40)],
  ['nr-swap-pages', 'miscounted free slots', vm => void vm.count[VC_NR_SWAP_PAGES]--],
  ['nr-swap-pages', 'miscounted slots in use', vm => void vm.swap.ctl[SW_INUSE_PAGES]--],
  ['nr-swapcache', 'a miscounted swap cache', vm => void vm.count[VC_NR_SWAPCACHE]++],
  [
    'swap-cache',
    'a page that claims a slot',
    (vm, m) => void (vm.fields.mapping[allocPages(m, GFP_KERNEL, 0, 0, 0)] = 0xffff),
  ],
  [
    'lost-page',
    'a page table that is none',
    (_, m) => void (m.tag[allocPages(m, GFP_KERNEL, 0, 0, 0)] = TAG_PAGE_TABLE),
  ],
  [
    'lost-page',
    'a page that no process has',
    (_, m) => void (m.tag[allocPages(m, GFP_KERNEL, 0, 0, 0)] = TAG_ANON),
  ],
  ['dcache-list', 'an entry in the list twice', vm => void (vm.dcaches[0].lru[2 * 2] = 4)],
  ['dcache-list', 'a link that does not lead back', vm => void (vm.dcaches[0].lru[2 * 2 + 1] = 0)],
  ['dcache-list', 'a tail that does not lead back', vm => void (vm.dcaches[0].lru[2 * 8 + 1] = 3)],
  ['nr-unused', 'miscounted entries', vm => void vm.dcaches[0].nrUnused++],
  ['dcache-object', 'an entry without an object', vm => void (vm.dcaches[0].object[2] = -1)],
  [
    'dcache-object',
    'two entries with one object',
    vm => void (vm.dcaches[0].object[2] = vm.dcaches[0].object[3]),
  ],
];

test.each(CORRUPTIONS)('%s: %s', (code, _, corrupt) => {
  const { m, vm } = machine();
  corrupt(vm, m);
  let found = 'nothing';
  try {
    checkMemory(vm);
  } catch (error) {
    if (!(error instanceof KernelBug)) throw error;
    found = error.code;
  }
  expect(found).toBe(code);
});

test('processes that were never there are sound', () => {
  const { vm } = vmMachine(16);
  anonMap(vm, 3, 5);
  expect(vm.anon.mm[MM_MMAP]).toBe(-1);
  checkMemory(vm);
});
