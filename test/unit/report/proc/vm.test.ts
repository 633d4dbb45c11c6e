import {
  boot,
  MAPPING_SWAP,
  type Machine,
  P_ALIVE,
  P_STRIDE,
  P_TOTAL_VM,
  prepareProcesses,
  STAT_ALLOCSTALL,
  STAT_KSWAPD_STEAL,
  STAT_PGSCAN,
  STAT_PSWPOUT,
  STAT_RECLAIM_CALLS,
  STAT_SWAP_CACHE_ADDS,
  STAT_SWAP_CACHE_DELETES,
  STAT_SWAP_CACHE_FINDS,
  STAT_SWAP_CACHE_FOUND,
  VC_NR_DIRTY,
  VC_NR_MAPPED,
  VC_NR_PAGECACHE,
  VC_NR_SWAP_PAGES,
  VC_NR_SWAPCACHE,
  VC_NR_UNSTABLE,
  VC_NR_WRITEBACK,
  VC_TOTAL_SWAP_PAGES,
  VZ_ALL_UNRECLAIMABLE,
  VZ_NR_ACTIVE,
  VZ_NR_INACTIVE,
  VZ_PAGES_SCANNED,
  VZ_REFILL_COUNTER,
  VZ_SHIFT,
} from '../../../../src/engine/index.ts';
import { measure } from '../../../../src/harness/metrics.ts';
import { VIEWS } from '../../../../src/report/proc/views.ts';
import { compileTape } from '../../../../src/workload/compile.ts';
import { TapePlayer } from '../../../../src/workload/player.ts';
import { plan } from '../../workload/plans.ts';
import { VM } from './vmConfig.ts';

/** Every column has a value of its own, so that none can stand for another. */
function filled(): { m: Machine; text: (view: string) => string } {
  const p = plan([], { machine: { ...plan([]).machine, ramPages: 8192, slab: true, vm: VM } });
  const m = boot(p.machine);
  prepareProcesses(m, 4);
  const { count, zone, process } = m.vm!;
  count[VC_NR_PAGECACHE] = 111;
  count[VC_NR_SWAPCACHE] = 11;
  count[VC_NR_DIRTY] = 13;
  count[VC_NR_WRITEBACK] = 17;
  count[VC_NR_UNSTABLE] = 3;
  count[VC_NR_MAPPED] = 19;
  count[VC_TOTAL_SWAP_PAGES] = 1000;
  count[VC_NR_SWAP_PAGES] = 900;
  for (const z of [0, 1]) {
    zone[(z << VZ_SHIFT) + VZ_NR_ACTIVE] = 23 + z;
    zone[(z << VZ_SHIFT) + VZ_NR_INACTIVE] = 29 + z;
    zone[(z << VZ_SHIFT) + VZ_PAGES_SCANNED] = 31 + z;
    zone[(z << VZ_SHIFT) + VZ_REFILL_COUNTER] = 37 + z;
    zone[(z << VZ_SHIFT) + VZ_ALL_UNRECLAIMABLE] = z;
  }
  process[P_STRIDE + P_ALIVE] = 1;
  process[P_STRIDE + P_TOTAL_VM] = 500;
  process[2 * P_STRIDE + P_TOTAL_VM] = 400;
  m.stat[STAT_PSWPOUT] = 41;
  m.stat[STAT_PGSCAN] = 43;
  m.stat[STAT_KSWAPD_STEAL] = 47;
  m.stat[STAT_ALLOCSTALL] = 53;
  m.stat[STAT_RECLAIM_CALLS] = 59;
  m.stat[STAT_SWAP_CACHE_ADDS] = 61;
  m.stat[STAT_SWAP_CACHE_DELETES] = 67;
  m.stat[STAT_SWAP_CACHE_FOUND] = 71;
  m.stat[STAT_SWAP_CACHE_FINDS] = 73;
  const counters = { pgalloc: 1, pgfree: 2 };
  return { m, text: view => VIEWS[view].text(m, counters, { tasks: [], functions: [] }) };
}

test('meminfo', () => {
  const lines = filled().text('meminfo').trimEnd().split('\n');
  expect(lines.map(line => line.replace(/:\s+(\d+) kB$/, ' $1'))).toEqual(
    expect.arrayContaining([
      'Buffers 0',
      'Cached 400',
      'SwapCached 44',
      'Active 188',
      'Inactive 236',
      'SwapTotal 4000',
      'SwapFree 3600',
      'Dirty 52',
      'Writeback 68',
      'Mapped 76',
      'Committed_AS 2000',
      'PageTables 0',
    ]),
  );
  expect(lines).toHaveLength(22);
});

test('vmstat', () => {
  const lines = filled().text('vmstat').trimEnd().split('\n');
  expect(lines.slice(0, 6)).toEqual([
    'nr_dirty 13',
    'nr_writeback 17',
    'nr_unstable 3',
    'nr_page_table_pages 0',
    'nr_mapped 19',
    expect.stringMatching(/^nr_slab [1-9]/),
  ]);
  expect(lines).toEqual(
    expect.arrayContaining(['pswpout 41', 'pgscan 43', 'kswapd_steal 47', 'allocstall 53']),
  );
});

test('zoneinfo and the report of SysRq-m', () => {
  const { text } = filled();
  expect(text('zoneinfo')).toContain(
    '\n        active   24\n        inactive 30\n        scanned  32 (a: 38 i: 0)\n        spanned  4096',
  );
  expect(text('zoneinfo')).toContain('\n  all_unreclaimable: 1\n  prev_priority:     ');
  const sysrq = text('sysrq-m');
  expect(sysrq).toContain('\nActive:47 inactive:59 dirty:13 writeback:17 unstable:3 free:');
  expect(sysrq).toMatch(/\nDMA free:\d+kB min:\d+kB low:\d+kB high:\d+kB active:92kB inactive:116kB\n/);
  expect(sysrq).toContain(
    '\nSwap cache: add 61, delete 67, find 71/73, race 0+0\nFree swap:         3600kB\n',
  );
});

test('SysRq-m counts pages of the swap cache and references beyond the first', () => {
  const { m, text } = filled();
  const says = (what: string): number =>
    Number(new RegExp(`^(\\d+) ${what}$`, 'm').exec(text('sysrq-m'))?.[1]);
  const before = says('pages shared');
  const held = m.state.findIndex(state => (state & 0x40) !== 0);
  m.fields!.count[held] += 2;
  expect(says('pages shared')).toBe(before + 2);
  m.fields!.mapping[held] = MAPPING_SWAP;
  expect(says('pages shared')).toBe(before);
  expect(says('pages swap cached')).toBe(1);
});

test('metrics of the same columns', () => {
  const { m } = filled();
  const p = plan([], { machine: m.config });
  const run = {
    machine: m,
    player: new TapePlayer(p, m, compileTape(p, 1)),
    policy: { nrFaults: 0, tokens: 0 },
  };
  const names = ['page_cache.pages', 'vm.dirty', 'vm.writeback', 'vm.mapped', 'swap.used'] as const;
  expect(names.map(name => measure(run, name))).toEqual([100, 13, 17, 19, 100]);
  // 19 pages mapped, and one of the swap cache that nobody maps.
  m.vm!.swap.cache[5] = 4000;
  expect(measure(run, 'vm.anon')).toBe(20);
  m.fields!.pte[4000] = 1;
  expect(measure(run, 'vm.anon')).toBe(19);
  expect(measure(run, 'vm.active')).toBe(47);
  expect(measure(run, 'vm.inactive', { task: -1, zone: 1, order: -1 })).toBe(30);
});
