import type { Machine } from '../../engine/index.ts';
import { vmallocSpace } from '../../harness/vmallocSpace.ts';
import { countPages, freePagesOf, slabPages } from './pages.ts';

/**
 * /proc/meminfo, byte for byte, of a kernel without huge pages.
 *
 * Source: fs/proc/proc_misc.c, meminfo_read_proc()
 * Deviation: there is no page cache, no swap and no user mapping yet, so their lines are 0.
 */
export function meminfo(m: Machine): string {
  const { arch } = m;
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
    ['Cached', 0],
    ['SwapCached', 0],
    ['Active', 0],
    ['Inactive', 0],
    ['HighTotal', kB(high)],
    ['HighFree', kB(free.high)],
    ['LowTotal', kB(total - high)],
    ['LowFree', kB(free.all - free.high)],
    ['SwapTotal', 0],
    ['SwapFree', 0],
    ['Dirty', 0],
    ['Writeback', 0],
    ['Mapped', 0],
    ['Slab', kB(slabPages(m))],
    ['Committed_AS', 0],
    ['PageTables', 0],
    ['VmallocTotal', Math.floor(vmalloc.total / 1024)],
    ['VmallocUsed', Math.floor(vmalloc.used / 1024)],
    ['VmallocChunk', Math.floor(vmalloc.largest / 1024)],
  ];
  return rows.map(([name, value]) => `${`${name}:`.padEnd(13)} ${String(value).padStart(8)} kB\n`).join('');
}
