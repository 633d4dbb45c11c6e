import {
  type Machine,
  VC_NR_DIRTY,
  VC_NR_MAPPED,
  VC_NR_PAGECACHE,
  VC_NR_SWAP_PAGES,
  VC_NR_SWAPCACHE,
  VC_NR_WRITEBACK,
  VC_TOTAL_SWAP_PAGES,
  VZ_NR_ACTIVE,
  VZ_NR_INACTIVE,
} from '../../engine/index.ts';
import { vmallocSpace } from '../../harness/vmallocSpace.ts';
import { committedPages, countPages, freePagesOf, onLists, pageTablePages, slabPages } from './pages.ts';

/**
 * /proc/meminfo, byte for byte, of a kernel without huge pages.
 *
 * Source: fs/proc/proc_misc.c, meminfo_read_proc()
 * Deviation: nothing keeps blocks of a device in memory, so Buffers is 0. Committed_AS is the anonymous memory that
 * processes have mapped.
 */
export function meminfo(m: Machine): string {
  const { arch } = m;
  const count = (field: number): number => m.vm?.count[field] ?? 0;
  const kB = (pages: number): number => (pages * arch.pageBytes) / 1024;
  const { reserved, reservedHigh } = countPages(m);
  const free = freePagesOf(m);
  const total = m.nrPages - reserved;
  const high = m.nrPages - m.normalEnd - reservedHigh;
  const vmalloc = vmallocSpace(m);
  const rows: [string, number][] = [
    ['MemTotal', kB(total)],
    ['MemFree', kB(free.all)],
    ['Buffers', 0],
    ['Cached', kB(count(VC_NR_PAGECACHE) - count(VC_NR_SWAPCACHE))],
    ['SwapCached', kB(count(VC_NR_SWAPCACHE))],
    ['Active', kB(onLists(m, VZ_NR_ACTIVE))],
    ['Inactive', kB(onLists(m, VZ_NR_INACTIVE))],
    ['HighTotal', kB(high)],
    ['HighFree', kB(free.high)],
    ['LowTotal', kB(total - high)],
    ['LowFree', kB(free.all - free.high)],
    ['SwapTotal', kB(count(VC_TOTAL_SWAP_PAGES))],
    ['SwapFree', kB(count(VC_NR_SWAP_PAGES))],
    ['Dirty', kB(count(VC_NR_DIRTY))],
    ['Writeback', kB(count(VC_NR_WRITEBACK))],
    ['Mapped', kB(count(VC_NR_MAPPED))],
    ['Slab', kB(slabPages(m))],
    ['Committed_AS', kB(committedPages(m))],
    ['PageTables', kB(pageTablePages(m))],
    ['VmallocTotal', Math.floor(vmalloc.total / 1024)],
    ['VmallocUsed', Math.floor(vmalloc.used / 1024)],
    ['VmallocChunk', Math.floor(vmalloc.largest / 1024)],
  ];
  return rows.map(([name, value]) => `${`${name}:`.padEnd(13)} ${String(value).padStart(8)} kB\n`).join('');
}
