/**
 * The kernel's report of its memory, as 2.6.0 prints it.
 * Source: mm/page_alloc.c, show_free_areas(); arch/i386/mm/pgtable.c, show_mem()
 */
import type { FailureReport } from '../contract/verdict.ts';
import {
  GFP_ZONEMASK,
  MAX_NR_ZONES,
  MAX_ORDER,
  type Machine,
  nrFree,
  PCP_BATCH,
  PCP_HIGH,
  PCP_LOW,
  pcpOf,
  VC_NR_DIRTY,
  VC_NR_UNSTABLE,
  VC_NR_WRITEBACK,
  VZ_NR_ACTIVE,
  VZ_NR_INACTIVE,
  VZ_SHIFT,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_HIGHMEM,
  ZONE_LOW,
  ZONE_MIN,
  ZONE_NAMES,
  ZONE_PRESENT,
  ZONE_STRIDE,
} from '../engine/index.ts';

/** What the report needs and the machine goes on to change. */
export interface FreeAreas {
  /** Copy of the zone column. */
  readonly zone: Int32Array;
  /** Blocks on each free list, `zone * MAX_ORDER + order`. */
  readonly nrFree: Int32Array;
  /** Copies of the columns of vm.ts; null where there is no page cache and no anonymous memory. */
  readonly vm: { readonly zone: Int32Array; readonly count: Int32Array } | null;
}

export function captureFreeAreas(m: Machine): FreeAreas {
  const nr = new Int32Array(MAX_NR_ZONES * MAX_ORDER);
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    for (let order = 0; order < MAX_ORDER; order++) nr[z * MAX_ORDER + order] = nrFree(m, z, order);
  }
  const vm = m.vm === null ? null : { zone: m.vm.zone.slice(), count: m.vm.count.slice() };
  return { zone: m.zone.slice(), nrFree: nr, vm };
}

/** What the zones in the kernel's zonelist of a mask had to give; blocks in pages, 0 where none is free. */
export function allowedZones(m: Machine, gfp: number, areas: FreeAreas): FailureReport['zones'] {
  const zones: FailureReport['zones'] = [];
  for (let rest = m.zonelists[gfp & GFP_ZONEMASK]; rest !== 0; rest >>>= 4) {
    const z = (rest & 15) - 1;
    let order = MAX_ORDER - 1;
    while (order >= 0 && areas.nrFree[z * MAX_ORDER + order] === 0) order--;
    zones.push({
      name: ZONE_NAMES[z],
      freePages: areas.zone[z * ZONE_STRIDE + ZONE_FREE],
      largestBlock: order < 0 ? 0 : 2 ** order,
    });
  }
  return zones;
}

/**
 * The Mem-info lines, without a final empty one.
 *
 * @param cpus CPUs whose lists are printed: the kernel prints all of its build, NR_CPUS
 * Deviation: a run's reports print the lists of the CPUs online only, and leave out the line about the swap cache.
 */
export function showFreeAreas(
  m: Machine,
  areas: FreeAreas = captureFreeAreas(m),
  cpus: number = m.cpus,
): string[] {
  const { zone, nrFree: nr, vm } = areas;
  const kB = (pages: number): number => (pages * m.arch.pageBytes) / 1024;
  const field = (z: number, f: number): number => zone[z * ZONE_STRIDE + f];
  const lines = ['Mem-info:'];
  let free = 0;
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    free += field(z, ZONE_FREE);
    if (field(z, ZONE_PRESENT) === 0) {
      lines.push(`${ZONE_NAMES[z]} per-cpu: empty`);
      continue;
    }
    lines.push(`${ZONE_NAMES[z]} per-cpu:`);
    for (let cpu = 0; cpu < cpus; cpu++) {
      for (let cold = 0; cold < 2; cold++) {
        // Limits are the same for every CPU of a zone, and absent CPUs have them too.
        const list = pcpOf(z, 0, cold);
        const [low, high, batch] = [PCP_LOW, PCP_HIGH, PCP_BATCH].map(f => m.pcp[list + f]);
        lines.push(`cpu ${cpu} ${cold ? 'cold' : 'hot'}: low ${low}, high ${high}, batch ${batch}`);
      }
    }
  }
  const highFree = field(ZONE_HIGHMEM, ZONE_FREE);
  lines.push('', `Free pages: ${String(kB(free)).padStart(11)}kB (${kB(highFree)}kB HighMem)`);
  const count = (field: number): number => vm?.count[field] ?? 0;
  const listed = (z: number, field: number): number => vm?.zone[(z << VZ_SHIFT) + field] ?? 0;
  const onLists = (field: number): number => listed(0, field) + listed(1, field) + listed(2, field);
  lines.push(
    `Active:${onLists(VZ_NR_ACTIVE)} inactive:${onLists(VZ_NR_INACTIVE)} dirty:${count(VC_NR_DIRTY)}` +
      ` writeback:${count(VC_NR_WRITEBACK)} unstable:${count(VC_NR_UNSTABLE)} free:${free}`,
  );
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    lines.push(
      `${ZONE_NAMES[z]} free:${kB(field(z, ZONE_FREE))}kB min:${kB(field(z, ZONE_MIN))}kB` +
        ` low:${kB(field(z, ZONE_LOW))}kB high:${kB(field(z, ZONE_HIGH))}kB` +
        ` active:${kB(listed(z, VZ_NR_ACTIVE))}kB inactive:${kB(listed(z, VZ_NR_INACTIVE))}kB`,
    );
  }
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    if (field(z, ZONE_PRESENT) === 0) {
      lines.push(`${ZONE_NAMES[z]}: empty`);
      continue;
    }
    let line = `${ZONE_NAMES[z]}: `;
    let total = 0;
    for (let order = 0; order < MAX_ORDER; order++) {
      const blocks = nr[z * MAX_ORDER + order];
      total += blocks * 2 ** order;
      line += `${blocks}*${kB(2 ** order)}kB `;
    }
    lines.push(`${line}= ${kB(total)}kB`);
  }
  return lines;
}
