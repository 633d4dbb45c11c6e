import { type Machine, STAT_RECLAIM_CALLS } from '../../engine/index.ts';
import { slabPages } from './pages.ts';

/** Counters of page_state that only whoever followed the run knows. */
export interface RunCounters {
  pgalloc: number;
  pgfree: number;
}

/**
 * /proc/vmstat, byte for byte.
 *
 * Source: mm/page_alloc.c, vmstat_text, vmstat_show()
 * Deviation: nothing is paged in, mapped or reclaimed yet, so those counters are 0; allocstall counts calls of
 * try_to_free_pages(), which free nothing.
 */
export function vmstat(m: Machine, { pgalloc, pgfree }: RunCounters): string {
  const known: Readonly<Record<string, number>> = {
    nr_slab: slabPages(m),
    pgalloc,
    pgfree,
    allocstall: m.stat[STAT_RECLAIM_CALLS],
  };
  return VMSTAT_TEXT.map(name => `${name} ${known[name] ?? 0}\n`).join('');
}

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
