import {
  activatePage,
  checkVmscan,
  KernelBug,
  KT_QUEUE,
  KT_STATE,
  LRU_PAGE_LIST,
  lruAddDrain,
  NIL,
  P_RSS,
  PAGE_PCP,
  PG_active,
  PG_direct,
  PG_lru,
  PG_writeback,
  PTE_SHIFT,
  RECLAIM_DIRECT,
  VC_NR_MAPPED,
  type Vm,
  VZ_NR_ACTIVE,
  VZ_NR_INACTIVE,
  VZ_PREV_PRIORITY,
} from '../../../../src/engine/index.ts';
import { anonPage, cachePage, lruPages, vmMachine } from '../mm/vmMachine.ts';

/** Three pages of a file on the inactive list, one on the active list with a mapped one, one in a pagevec. */
function machine(): { vm: Vm; inactive: number[]; mapped: number; waiting: number } {
  const { vm } = vmMachine(32);
  for (let i = 0; i < 4; i++) cachePage(vm, i);
  const mapped = anonPage(vm, 1);
  lruAddDrain(vm, 0);
  activatePage(vm, lruPages(vm, 1, 0)[0]);
  const waiting = cachePage(vm, 9);
  checkVmscan(vm);
  return { vm, inactive: lruPages(vm, 1, 0), mapped, waiting };
}

type State = ReturnType<typeof machine>;

const NORMAL = 8;

const CORRUPTIONS: [string, string, (s: State) => void][] = [
  ['nr_active is wrong', 'nr-active', ({ vm }) => vm.zone[NORMAL + VZ_NR_ACTIVE]++],
  ['nr_inactive is wrong', 'nr-inactive', ({ vm }) => vm.zone[NORMAL + VZ_NR_INACTIVE]--],
  [
    'a link leads past a page',
    'lru-list',
    ({ vm, inactive: [a, , c] }) => {
      vm.fields.lru[2 * a] = c;
    },
  ],
  [
    'a page is in two lists',
    'lru-list',
    ({ vm, inactive: [a] }) => {
      vm.fields.lru[2 * (vm.pgdat.nrPages + 2)] = vm.fields.lru[2 * (vm.pgdat.nrPages + 3)];
      expect(a).not.toBe(NIL);
    },
  ],
  [
    'the tail leads elsewhere',
    'lru-list',
    ({ vm, inactive: [a] }) => {
      vm.fields.lru[2 * (vm.pgdat.nrPages + 2) + 1] = a;
    },
  ],
  [
    'a page is on the list of another zone',
    'lru-zone',
    ({ vm }) => {
      const { lru } = vm.fields;
      const from = vm.pgdat.nrPages + 2;
      const to = vm.pgdat.nrPages;
      lru[2 * to] = lru[2 * from];
      lru[2 * to + 1] = lru[2 * from + 1];
      lru[2 * lru[2 * from] + 1] = to;
      lru[2 * lru[2 * from + 1]] = to;
      lru[2 * from] = from;
      lru[2 * from + 1] = from;
    },
  ],
  ['a page on a list is free', 'lru-free', ({ vm, inactive: [a] }) => (vm.pgdat.state[a] = PAGE_PCP)],
  ['PG_lru is missing', 'lru-flag', ({ vm, inactive: [a] }) => (vm.fields.flags[a] &= ~PG_lru)],
  ['PG_lru is too much', 'pagevec', ({ vm, waiting }) => (vm.fields.flags[waiting] |= PG_lru)],
  [
    'PG_lru is set on a page of nobody',
    'lru-flag',
    ({ vm }) => {
      vm.fields.flags[7] |= PG_lru;
    },
  ],
  ['PG_active is wrong', 'active-flag', ({ vm, inactive: [a] }) => (vm.fields.flags[a] |= PG_active)],
  ['a pagevec is too full', 'pagevec', ({ vm }) => (vm.pvecNr[0] = 16)],
  ['a pagevec has no reference', 'pagevec', ({ vm, waiting }) => (vm.fields.count[waiting] = 0)],
  ['a page on a list has no reference', 'lru-count', ({ vm, inactive: [a] }) => (vm.fields.count[a] = 0)],
  [
    'a private list holds a page',
    'private-list',
    ({ vm, waiting }) => {
      vm.fields.lru[2 * (vm.pgdat.nrPages + LRU_PAGE_LIST)] = waiting;
    },
  ],
  ['somebody reclaims', 'reclaiming', ({ vm }) => (vm.reclaim = RECLAIM_DIRECT)],
  ['an entry maps another page', 'rmap', ({ vm, waiting }) => (vm.pte[0] = (waiting << PTE_SHIFT) | 1)],
  ['PG_direct is missing', 'rmap', ({ vm, mapped }) => (vm.fields.flags[mapped] &= ~PG_direct)],
  [
    'a page knows nothing of its entry',
    'rmap',
    ({ vm, mapped }) => {
      vm.fields.pte[mapped] = 0;
      vm.fields.flags[mapped] &= ~PG_direct;
      vm.count[VC_NR_MAPPED]--;
    },
  ],
  ['nr_mapped is wrong', 'nr-mapped', ({ vm }) => vm.count[VC_NR_MAPPED]++],
  ['nr_writeback is wrong', 'nr-writeback', ({ vm, inactive: [a] }) => (vm.fields.flags[a] |= PG_writeback)],
  ['an rss is wrong', 'rss', ({ vm }) => vm.process[8 + P_RSS]++],
  ['a priority is out of range', 'priority', ({ vm }) => (vm.zone[NORMAL + VZ_PREV_PRIORITY] = 13)],
  ['a process was killed twice', 'killed', ({ vm }) => vm.killed.push(9, 9)],
  ['a process is to end that nobody killed', 'killed', ({ vm }) => vm.killed.push(1)],
  ['a kernel thread is in no state', 'kthread', ({ vm }) => (vm.kthread[KT_STATE] = 3)],
  ['a kernel thread waits in no queue', 'kthread', ({ vm }) => (vm.kthread[KT_QUEUE] = 99)],
];

test.each(CORRUPTIONS)('the checker of reclaim fires when %s', (_, code, corrupt) => {
  const state = machine();
  corrupt(state);
  let caught: unknown;
  try {
    checkVmscan(state.vm);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(KernelBug);
  expect((caught as KernelBug).code).toBe(code);
});
