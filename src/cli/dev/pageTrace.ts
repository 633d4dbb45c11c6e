/** Replays page traces of the kernel (test/differential/FORMAT.md) on the engine and compares every answer. */
import {
  allocPages,
  boot,
  drainCpu,
  fnvHex,
  freeListHash,
  freePages,
  MAX_NR_ZONES,
  MAX_ORDER,
  type Machine,
  type MachineConfig,
  NIL,
  nrFree,
  PAGE_RESERVED,
  PATH_ATOMIC,
  PATH_FIRST,
  PATH_KSWAPD,
  PATH_NORETRY,
  PATH_RETRY,
  PCP_BATCH,
  PCP_HIGH,
  PCP_LOW,
  pcpHash,
  pcpCount,
  pcpOf,
  vmallocStart,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_LOW,
  ZONE_MIN,
  ZONE_NAMES,
  ZONE_PRESENT,
  ZONE_SPANNED,
  ZONE_START,
  ZONE_STRIDE,
} from '../../engine/index.ts';

export interface TraceHeader {
  v: number;
  kernel: string;
  ramPages: number;
  cpus: number;
  boot: 'flat' | 'bootmap' | 'real';
  bootmapPfn: number;
  reserve: [number, number][];
  minFreeKbytes: number;
  lowerZoneProtection: number;
  slab: number;
}

export interface Divergence {
  /** Number of the operation, 0-based; -1 for the state after boot. */
  op: number;
  line: number;
  request: string;
  expected: string;
  got: string;
}

export interface ReplayResult {
  /** Why the trace is not understood; '' when it was replayed. */
  notUnderstood: string;
  operations: number;
  divergences: Divergence[];
}

/** Lines whose answers the page allocator alone gives. */
const PAGE_TAGS = new Set(['H', 'B', 'Z', 'a', 'f', 'F', 'p', 'd']);
const CONTEXTS: Record<string, number> = { '-': 0, m: 1, r: 2, mr: 3 };

export function machineOf(header: TraceHeader): MachineConfig {
  return {
    arch: 'i386',
    ramPages: header.ramPages,
    cpus: header.cpus,
    boot: header.boot,
    bootmapPfn: header.bootmapPfn,
    reserve: header.reserve,
    minFreeKbytes: header.minFreeKbytes,
    lowerZoneProtection: header.lowerZoneProtection,
  };
}

/** What this replayer cannot answer for, or ''. */
export function whyNotUnderstood(lines: readonly string[]): string {
  if (!lines[0]?.startsWith('H\t')) return 'the first line is not a header';
  const header = JSON.parse(lines[0].slice(2)) as TraceHeader;
  if (header.v !== 1) return `format version ${header.v}`;
  if (header.kernel !== '2.6.0') return `kernel ${header.kernel}`;
  if (header.slab !== 0) return 'slab operations';
  for (const line of lines) {
    const tag = line.split(/[\t ]/, 1)[0];
    if (line !== '' && !line.startsWith('#') && !PAGE_TAGS.has(tag)) return `lines tagged '${tag}'`;
  }
  return '';
}

/** @param most divergences to keep; replaying goes on, and all are counted by `divergences.length` up to it */
export function replayPageTrace(text: string, most = 20): ReplayResult {
  const lines = text.split('\n');
  const notUnderstood = whyNotUnderstood(lines);
  if (notUnderstood !== '') return { notUnderstood, operations: 0, divergences: [] };
  return new Replay(lines, most).run();
}

class Replay {
  private readonly lines: readonly string[];
  private readonly most: number;
  private readonly machine: Machine;
  private readonly divergences: Divergence[] = [];
  /** What the trace allocated, in order, as the kernel answered: `F` names them by number. */
  private readonly blocks: { pfn: number; order: number }[] = [];
  private op = 0;
  private at = 0;

  constructor(lines: readonly string[], most: number) {
    this.lines = lines;
    this.most = most;
    this.machine = boot(machineOf(JSON.parse(lines[0].slice(2)) as TraceHeader));
  }

  run(): ReplayResult {
    for (; this.at < this.lines.length; this.at++) {
      const line = this.lines[this.at].replace(/#.*/, '').trim();
      if (line === '') continue;
      const fields = line.includes('\t') ? line.split('\t') : line.split(/ +/);
      try {
        this.line(fields);
      } catch (error) {
        this.differ(fields.join(' '), 'no error', String(error));
        break;
      }
      if (this.divergences.length >= this.most) break;
    }
    return { notUnderstood: '', operations: this.op, divergences: this.divergences };
  }

  private line(fields: string[]): void {
    switch (fields[0]) {
      case 'H':
      case 'd':
        break;
      case 'B':
        this.compareBoot(JSON.parse(fields[1]));
        break;
      case 'Z':
        this.compareZone(JSON.parse(fields[1]));
        break;
      case 'a':
        this.alloc(fields);
        break;
      case 'f':
        this.free(Number(fields[1]), Number(fields[2]), Number(fields[3]), Number(fields[4] ?? 0));
        break;
      case 'F': {
        const block = this.blocks[Number(fields[1])];
        this.free(block.pfn, block.order, Number(fields[2] ?? 0), Number(fields[3] ?? 0));
        break;
      }
      default:
        drainCpu(this.machine, Number(fields[1]));
        this.op++;
    }
  }

  private alloc(fields: string[]): void {
    const [, gfp, order, cpu, ctx, pfn, path] = fields;
    const { machine } = this;
    const got = allocPages(machine, Number(gfp), Number(order), Number(cpu), CONTEXTS[ctx]);
    this.blocks.push({ pfn: got, order: Number(order) });
    this.same(fields.slice(0, 5).join(' '), `${pfn} ${path}`, `${got} ${this.path(got)}`);
    this.op++;
  }

  private path(pfn: number): string {
    const { path, wakeMask } = this.machine;
    if (path === PATH_FIRST) return '1';
    if (path === PATH_KSWAPD) return `2:${wakeMask}`;
    if (path === PATH_ATOMIC) return `A:${wakeMask}`;
    if (path === PATH_NORETRY) return `N:${wakeMask}`;
    if (path === PATH_RETRY) return `L:${wakeMask}`;
    return pfn === NIL ? 'X' : '?';
  }

  private free(pfn: number, order: number, cpu: number, cold: number): void {
    if (pfn !== NIL) freePages(this.machine, pfn, order, cpu, cold);
    this.op++;
  }

  private same(request: string, expected: string, got: string): void {
    if (expected !== got) this.differ(request, expected, got);
  }

  private differ(request: string, expected: string, got: string): void {
    this.divergences.push({ op: this.op, line: this.at + 1, request, expected, got });
  }

  /** Every field that the trace's object has and the engine knows; unknown fields are a divergence, not skipped. */
  private compareFields(what: string, expected: Record<string, unknown>, got: Record<string, unknown>): void {
    for (const key of Object.keys(expected)) {
      if (!(key in got))
        this.differ(`${what} ${key}`, JSON.stringify(expected[key]), 'a field that is not known');
      else this.same(`${what} ${key}`, JSON.stringify(expected[key]), JSON.stringify(got[key]));
    }
  }

  private compareZone(expected: Record<string, unknown>): void {
    const z = ZONE_NAMES.indexOf(expected['zone'] as (typeof ZONE_NAMES)[number]);
    this.compareFields(`dump of ${expected['zone']}`, expected, zoneDump(this.machine, z, this.op));
  }

  private compareBoot(expected: Record<string, unknown>): void {
    const m = this.machine;
    const zones = [];
    for (let z = 0; z < MAX_NR_ZONES; z++)
      if (m.zone[z * ZONE_STRIDE + ZONE_SPANNED] > 0) zones.push(bootZone(m, z));
    const reserved = reservedRanges(m);
    const got = {
      lowPages: m.normalEnd,
      reservedAfterBoot: reserved,
      reservedPages: reserved.reduce((sum, [, count]) => sum + count, 0),
      bootmap: m.bootmap,
      sizeofStructPage: m.arch.structPageBytes,
      zones,
      vmallocStart: `0x${vmallocStart(m.arch, m.normalEnd).toString(16)}`,
      vmallocEnd: `0x${m.arch.vmallocEnd.toString(16)}`,
    };
    this.compareFields('boot', expected, got);
  }
}

function bootZone(m: Machine, z: number): Record<string, unknown> {
  const at = z * ZONE_STRIDE;
  const pcp = [0, 1].map(cold => {
    const list = pcpOf(z, 0, cold);
    return { low: m.pcp[list + PCP_LOW], high: m.pcp[list + PCP_HIGH], batch: m.pcp[list + PCP_BATCH] };
  });
  return {
    zone: ZONE_NAMES[z],
    start: m.zone[at + ZONE_START],
    spanned: m.zone[at + ZONE_SPANNED],
    present: m.zone[at + ZONE_PRESENT],
    min: m.zone[at + ZONE_MIN],
    low: m.zone[at + ZONE_LOW],
    high: m.zone[at + ZONE_HIGH],
    pcp,
  };
}

/** The `Z` line of one zone. */
export function zoneDump(m: Machine, z: number, op: number): Record<string, unknown> {
  const at = z * ZONE_STRIDE;
  const nr: number[] = [];
  const h: string[] = [];
  for (let order = 0; order < MAX_ORDER; order++) {
    nr.push(nrFree(m, z, order));
    h.push(fnvHex(freeListHash(m, z, order)));
  }
  const pcp = [];
  for (let cpu = 0; cpu < m.cpus; cpu++) {
    pcp.push(
      [0, 1].map(cold => [pcpCount(m, pcpOf(z, cpu, cold)), fnvHex(pcpHash(m, z, cpu, cold))]),
    );
  }
  return {
    op,
    zone: ZONE_NAMES[z],
    free: m.zone[at + ZONE_FREE],
    min: m.zone[at + ZONE_MIN],
    low: m.zone[at + ZONE_LOW],
    high: m.zone[at + ZONE_HIGH],
    nr,
    h,
    pcp,
  };
}

function reservedRanges(m: Machine): [number, number][] {
  const ranges: [number, number][] = [];
  let first = -1;
  for (let pfn = 0; pfn <= m.nrPages; pfn++) {
    const reserved = pfn < m.nrPages && m.state[pfn] === PAGE_RESERVED;
    if (reserved && first < 0) first = pfn;
    if (!reserved && first >= 0) {
      ranges.push([first, pfn - first]);
      first = -1;
    }
  }
  return ranges;
}
