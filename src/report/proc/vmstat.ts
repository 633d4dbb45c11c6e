import {
  type Machine,
  STAT_ALLOCSTALL,
  STAT_KSWAPD_STEAL,
  STAT_PAGEOUTRUN,
  STAT_PGACTIVATE,
  STAT_PGDEACTIVATE,
  STAT_PGFAULT,
  STAT_PGMAJFAULT,
  STAT_PGPGIN,
  STAT_PGPGOUT,
  STAT_PGREFILL,
  STAT_PGROTATED,
  STAT_PGSCAN,
  STAT_PGSTEAL,
  STAT_PSWPIN,
  STAT_PSWPOUT,
  STAT_RECLAIM_CALLS,
  VC_NR_DIRTY,
  VC_NR_MAPPED,
  VC_NR_UNSTABLE,
  VC_NR_WRITEBACK,
} from '../../engine/index.ts';
import { pageTablePages, slabPages } from './pages.ts';

/** Counters of page_state that only whoever followed the run knows. */
export interface RunCounters {
  pgalloc: number;
  pgfree: number;
}

/**
 * /proc/vmstat, byte for byte.
 *
 * Source: mm/page_alloc.c, vmstat_text, vmstat_show()
 * Deviation: no inode is freed for its pages, so pginodesteal and kswapd_inodesteal are 0. Without a page cache allocstall
 * counts calls of try_to_free_pages(), which then free nothing.
 */
export function vmstat(m: Machine, { pgalloc, pgfree }: RunCounters): string {
  const known: Record<string, number> = {
    nr_page_table_pages: pageTablePages(m),
    nr_slab: slabPages(m),
    pgalloc,
    pgfree,
    allocstall: m.stat[m.vm === null ? STAT_RECLAIM_CALLS : STAT_ALLOCSTALL],
  };
  for (const [name, stat] of Object.entries(EVENTS)) known[name] = m.stat[stat];
  if (m.vm !== null) for (const [name, field] of Object.entries(STATES)) known[name] = m.vm.count[field];
  return VMSTAT_TEXT.map(name => `${name} ${known[name] ?? 0}\n`).join('');
}

const STATES: Readonly<Record<string, number>> = {
  nr_dirty: VC_NR_DIRTY,
  nr_writeback: VC_NR_WRITEBACK,
  nr_unstable: VC_NR_UNSTABLE,
  nr_mapped: VC_NR_MAPPED,
};

const EVENTS: Readonly<Record<string, number>> = {
  pgpgin: STAT_PGPGIN,
  pgpgout: STAT_PGPGOUT,
  pswpin: STAT_PSWPIN,
  pswpout: STAT_PSWPOUT,
  pgactivate: STAT_PGACTIVATE,
  pgdeactivate: STAT_PGDEACTIVATE,
  pgfault: STAT_PGFAULT,
  pgmajfault: STAT_PGMAJFAULT,
  pgscan: STAT_PGSCAN,
  pgrefill: STAT_PGREFILL,
  pgsteal: STAT_PGSTEAL,
  kswapd_steal: STAT_KSWAPD_STEAL,
  pageoutrun: STAT_PAGEOUTRUN,
  pgrotated: STAT_PGROTATED,
};

const VMSTAT_TEXT = [
  'nr_dirty',
  'nr_writeback',
  'nr_unstable',
  'nr_page_table_pages',
  'nr_mapped',
  'nr_slab',
  'pgpgin',
  'pgpgout',
  'pswpin',
  'pswpout',
  'pgalloc',
  'pgfree',
  'pgactivate',
  'pgdeactivate',
  'pgfault',
  'pgmajfault',
  'pgscan',
  'pgrefill',
  'pgsteal',
  'pginodesteal',
  'kswapd_steal',
  'kswapd_inodesteal',
  'pageoutrun',
  'allocstall',
  'pgrotated',
];
