import { A_ADDR, A_SIZE, type Machine, vmAreas, vmallocStart } from '../../engine/index.ts';
import { countPages, freePagesOf, slabPages } from './pages.ts';

/**
 * /proc/meminfo, byte for byte, of a kernel without huge pages.
 *
 * Source: fs/proc/proc_misc.c, meminfo_read_proc(), get_vmalloc_info()
 * Deviation: there is no page cache, no swap and no user mapping yet, so their lines are 0.
 */
export function meminfo(m: Machine): string {
  const { arch } = m;
  const kB = (pages: number): number => (pages * arch.pageBytes) / 1024;
  const { reserved, reservedHigh } = countPages(m);
  const free = freePagesOf(m);
  const total = m.nrPages - reserved;
  const high = m.nrPages - m.normalEnd - reservedHigh;
  const vmalloc = vmallocInfo(m);
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

function vmallocInfo(m: Machine): { total: number; used: number; largest: number } {
  const start = vmallocStart(m.arch, m.normalEnd);
  const { end } = m.arch.vmalloc;
  let used = 0;
  let largest = 0;
  let before = start;
  if (m.vmalloc !== null) {
    const { areas } = m.vmalloc;
    for (const row of vmAreas(m.vmalloc)) {
      used += areas[row + A_SIZE];
      largest = Math.max(largest, areas[row + A_ADDR] - before);
      before = areas[row + A_ADDR] + areas[row + A_SIZE];
    }
  }
  return { total: end - start, used, largest: Math.max(largest, end - before) };
}
