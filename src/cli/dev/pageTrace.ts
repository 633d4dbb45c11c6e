/** Page operations of a trace: allocations, frees, the state after boot and dumps of zones. */
import {
  allocPages,
  drainCpu,
  fnvHex,
  freeListHash,
  freePages,
  MAX_NR_ZONES,
  MAX_ORDER,
  type Machine,
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
  pcpCount,
  pcpHash,
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
import { answer, contextOf, jsonField, type LineHandler, request, type TraceRun } from './trace.ts';

export const PAGE_LINES: Readonly<Record<string, LineHandler>> = {
  B: (run, fields) => run.compareFields('boot', jsonField(fields, 1), bootDump(run.machine)),
  Z: compareZone,
  a: alloc,
  f: (run, fields) =>
    free(run, Number(fields[1]), Number(fields[2]), Number(fields[3] ?? 0), Number(fields[4] ?? 0)),
  F: (run, fields) => {
    const block = run.blocks[Number(fields[1])];
    free(run, block.pfn, block.order, Number(fields[2] ?? 0), Number(fields[3] ?? 0));
  },
  p: (run, fields) => {
    drainCpu(run.machine, Number(fields[1] ?? 0));
    run.op++;
  },
  d: () => {},
};

function alloc(run: TraceRun, fields: readonly string[]): void {
  const [, gfp, order, cpu, ctx] = fields;
  const pfn = allocPages(run.machine, Number(gfp), Number(order), Number(cpu ?? 0), contextOf(ctx));
  run.blocks.push({ pfn, order: Number(order) });
  run.same(request(fields, 5), answer(fields, 5, 2), `${pfn} ${pathWord(run.machine, pfn)}`);
  run.op++;
}

function pathWord({ path, wakeMask }: Machine, pfn: number): string {
  if (path === PATH_FIRST) return '1';
  if (path === PATH_KSWAPD) return `2:${wakeMask}`;
  if (path === PATH_ATOMIC) return `A:${wakeMask}`;
  if (path === PATH_NORETRY) return `N:${wakeMask}`;
  if (path === PATH_RETRY) return `L:${wakeMask}`;
  return pfn === NIL ? 'X' : '?';
}

function free(run: TraceRun, pfn: number, order: number, cpu: number, cold: number): void {
  if (pfn !== NIL) freePages(run.machine, pfn, order, cpu, cold);
  run.op++;
}

function compareZone(run: TraceRun, fields: readonly string[]): void {
  const expected = jsonField(fields, 1);
  const z = ZONE_NAMES.indexOf(expected['zone'] as (typeof ZONE_NAMES)[number]);
  if (z < 0) run.differ('dump of a zone', 'a zone that exists', String(expected['zone']));
  else run.compareFields(`dump of ${expected['zone']}`, expected, zoneDump(run.machine, z, run.op));
}

/** The `B` line. */
function bootDump(m: Machine): Record<string, unknown> {
  const zones = [];
  for (let z = 0; z < MAX_NR_ZONES; z++)
    if (m.zone[z * ZONE_STRIDE + ZONE_SPANNED] > 0) zones.push(bootZone(m, z));
  const reserved = reservedRanges(m);
  return {
    lowPages: m.normalEnd,
    reservedAfterBoot: reserved,
    reservedPages: reserved.reduce((sum, [, count]) => sum + count, 0),
    bootmap: m.bootmap,
    sizeofStructPage: m.arch.structPageBytes,
    zones,
    vmallocStart: `0x${vmallocStart(m.arch, m.normalEnd).toString(16)}`,
    vmallocEnd: `0x${m.arch.vmalloc.end.toString(16)}`,
  };
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
    pcp.push([0, 1].map(cold => [pcpCount(m, pcpOf(z, cpu, cold)), fnvHex(pcpHash(m, z, cpu, cold))]));
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
