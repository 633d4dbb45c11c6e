/**
 * A data cache of each CPU, so that it matters where memory lies: why slabs are coloured, why a page that was freed last
 * is handed out first, what it costs when CPUs write the same line.
 *
 * A line is a physical address divided by the line's bytes, kept as a signed 32-bit number. Each set keeps its lines with
 * the one used last in front, so finding the line used last is one comparison.
 *
 * Deviation: one level, indexed by physical addresses, that starts empty; least recently used lines leave, which real
 * caches only come near to. Instructions, struct page and the lists of the page allocator are not in it, and what is
 * written back costs nothing. A write takes the line away from the other CPUs at once (the states M and E of MESI are one
 * here), whatever the bus does meanwhile.
 */
import { STAT_CACHE_HITS, STAT_CACHE_MISSES } from '../trace/events.ts';
import { NIL } from './page.ts';
import type { Pgdat } from './pgdat.ts';

/** All powers of two. */
export interface DataCacheGeometry {
  readonly bytes: number;
  readonly lineBytes: number;
  readonly ways: number;
}

export interface DataCacheSnapshot {
  readonly lines: Int32Array;
  readonly alone: Uint8Array;
}

/** Invariants: a line stands in its own set only, once a CPU, and empty ways (NIL) behind it; `alone` is true of at most one CPU. */
export class DataCache {
  readonly cpus: number;
  readonly ways: number;
  readonly sets: number;
  readonly lineBytes: number;
  /** Lines a byte: dividing by a power of two is exact this way too, and cheaper. */
  readonly linesPerByte: number;
  /** Way w of set s of CPU c at `(c * sets + s) * ways + w`. */
  readonly lines: Int32Array;
  /** 1: no other CPU has the line, so it may be written without telling them. */
  readonly alone: Uint8Array;

  constructor(cpus: number, { bytes, lineBytes, ways }: DataCacheGeometry) {
    this.cpus = cpus;
    this.ways = ways;
    this.lineBytes = lineBytes;
    this.sets = bytes / (lineBytes * ways);
    this.linesPerByte = 1 / lineBytes;
    this.lines = new Int32Array(cpus * this.sets * ways).fill(NIL);
    this.alone = new Uint8Array(cpus * this.sets * ways);
  }
}

/** Why there is no such cache, or ''. */
export function dataCacheFault({ bytes, lineBytes, ways }: DataCacheGeometry): string {
  const isPower = (n: number) => Number.isInteger(n) && n > 0 && n <= 1 << 26 && (n & (n - 1)) === 0;
  if (!isPower(bytes) || !isPower(lineBytes) || !isPower(ways))
    return 'bytes, line and ways of a data cache are powers of two, at most 64 MiB';
  if (lineBytes < 16 || lineBytes > 256) return `a line has 16 to 256 bytes, not ${lineBytes}`;
  if (ways > 32) return `a data cache has 1 to 32 ways, not ${ways}`;
  if (bytes < lineBytes * ways) return `${bytes} bytes are less than one set of ${ways} lines`;
  return '';
}

/**
 * A CPU reads or writes memory. Counts STAT_CACHE_HITS and STAT_CACHE_MISSES by lines; nothing without a data cache.
 *
 * @param paddr physical address, a double
 * @param bytes 1 and up
 */
export function touchMemory(m: Pgdat, cpu: number, paddr: number, bytes: number, write: boolean): void {
  const d = m.dataCache;
  if (d === null) return;
  const last = Math.floor((paddr + bytes - 1) * d.linesPerByte);
  for (let line = Math.floor(paddr * d.linesPerByte); line <= last; line++) {
    const key = line | 0;
    const first = (cpu * d.sets + (key & (d.sets - 1))) * d.ways;
    if (d.lines[first] === key && (!write || d.alone[first] !== 0)) m.stat[STAT_CACHE_HITS]++;
    else if (touchLine(d, cpu, key, first, write)) m.stat[STAT_CACHE_HITS]++;
    else m.stat[STAT_CACHE_MISSES]++;
  }
}

/** The line comes to the front of its set. @returns whether it was there */
function touchLine(d: DataCache, cpu: number, key: number, first: number, write: boolean): boolean {
  const { lines, alone } = d;
  const last = first + d.ways - 1;
  let at = first;
  while (at < last && lines[at] !== key) at++;
  const hit = lines[at] === key;
  let isAlone = hit && alone[at] !== 0 ? 1 : 0;
  for (; at > first; at--) {
    lines[at] = lines[at - 1];
    alone[at] = alone[at - 1];
  }
  lines[first] = key;
  if (isAlone === 0 && (write || !hit)) isAlone = tellOthers(d, cpu, key, write);
  alone[first] = isAlone;
  return hit;
}

/** Another CPU's copy is shared from now on, or with a write gone. @returns 1 when there is none left, else 0 */
function tellOthers(d: DataCache, cpu: number, key: number, write: boolean): number {
  let isAlone = 1;
  for (let other = 0; other < d.cpus; other++) {
    if (other === cpu) continue;
    const at = find(d, other, key);
    if (at === NIL) continue;
    if (write) {
      drop(d, at);
    } else {
      d.alone[at] = 0;
      isAlone = 0;
    }
  }
  return isAlone;
}

function find(d: DataCache, cpu: number, key: number): number {
  const first = (cpu * d.sets + (key & (d.sets - 1))) * d.ways;
  for (let at = first; at < first + d.ways; at++) if (d.lines[at] === key) return at;
  return NIL;
}

function drop(d: DataCache, from: number): void {
  const { lines, alone } = d;
  const last = from | (d.ways - 1);
  for (let at = from; at < last; at++) {
    lines[at] = lines[at + 1];
    alone[at] = alone[at + 1];
  }
  lines[last] = NIL;
  alone[last] = 0;
}

/** A device writes memory past the CPUs: what they have of it is gone. Nothing without a data cache. */
export function invalidateMemory(m: Pgdat, paddr: number, bytes: number): void {
  const d = m.dataCache;
  if (d === null) return;
  const last = Math.floor((paddr + bytes - 1) * d.linesPerByte);
  for (let line = Math.floor(paddr * d.linesPerByte); line <= last; line++) {
    for (let cpu = 0; cpu < d.cpus; cpu++) {
      const at = find(d, cpu, line | 0);
      if (at !== NIL) drop(d, at);
    }
  }
}

/** Whether a CPU has all of that memory in its cache; counts nothing. */
export function isCached(d: DataCache, cpu: number, paddr: number, bytes: number): boolean {
  const last = Math.floor((paddr + bytes - 1) * d.linesPerByte);
  for (let line = Math.floor(paddr * d.linesPerByte); line <= last; line++)
    if (find(d, cpu, line | 0) === NIL) return false;
  return true;
}

export function snapshotDataCache(d: DataCache): DataCacheSnapshot {
  return { lines: d.lines.slice(), alone: d.alone.slice() };
}

export function restoreDataCache(d: DataCache, saved: DataCacheSnapshot): void {
  d.lines.set(saved.lines);
  d.alone.set(saved.alone);
}
