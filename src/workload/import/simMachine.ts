/** Which of the machines that can be simulated stands for the one of a log, and what its free lists then are. */
import { ARCHES, type ArchName } from '../../engine/index.ts';
import { batchOf, pagesFor } from './freeLists.ts';
import { freePages, type MachineState, ORDERS, type ZoneState } from './machineState.ts';

export interface SimZone {
  /** 0 DMA, 1 Normal, 2 HighMem. */
  index: 0 | 1 | 2;
  name: 'DMA' | 'Normal' | 'HighMem';
  pages: number;
  free: number[];
  /** Zones of the log that it stands for. */
  of: string[];
}

export interface SimMachine {
  arch: ArchName;
  ramPages: number;
  pageBytes: number;
  /** Where low memory does not end where it usually does: `vmalloc=256M`. */
  bootOptions: string;
  cpus: number;
  /** -1: not told. */
  minFreeKbytes: number;
  /** Pages of zone DMA that are kept from requests for higher zones. */
  dmaReserve: number;
  zones: SimZone[];
  /** What was inferred, by the line of the challenge that it is about. */
  inferred: { ram: string[]; arch: string[]; zones: string[]; cpus: string[]; marks: string[] };
}

const MIB_PAGES = 256;
const DMA_PAGES = 4096;
const GIB = 2 ** 30;
const NO_LISTS = (): number[] => new Array<number>(ORDERS).fill(0);

/** Pages of a zone of the log: what it has less what never was there; the list's own where nothing else is told. */
function pagesOf(zone: ZoneState, pageKb: number): number {
  const kb = zone.presentKb ?? zone.managedKb ?? zone.spannedKb ?? 0;
  const listed = zone.free === null ? 0 : freePages(zone.free);
  return Math.max(Math.ceil(kb / pageKb), listed);
}

const up = (pages: number, unit: number): number => Math.ceil(pages / unit) * unit;

interface Group {
  zones: ZoneState[];
  pages: number;
  free: number[];
}

function groupOf(zones: ZoneState[], pageKb: number): Group {
  const free = NO_LISTS();
  let pages = 0;
  for (const zone of zones) {
    pages += pagesOf(zone, pageKb);
    zone.free?.forEach((count, order) => {
      free[order] += count;
    });
  }
  return { zones: zones.filter(zone => pagesOf(zone, pageKb) > 0), pages, free };
}

/** Sizes of zones that the log does not tell, from the RAM that it does. */
function sizeUntold(state: MachineState, pageKb: number, inferred: SimMachine['inferred']): MachineState {
  const isTold = (zone: ZoneState) => (zone.presentKb ?? zone.managedKb ?? zone.spannedKb) !== undefined;
  if (state.zones.some(isTold)) return state;
  const listed = state.zones.reduce((sum, zone) => sum + (zone.free === null ? 0 : freePages(zone.free)), 0);
  let ram = state.ramPages ?? Math.ceil((state.memTotalKb ?? 0) / pageKb);
  if (ram === 0) {
    ram = ramFor(Math.max(16 * MIB_PAGES, 4 * listed), pageKb * 1024);
    inferred.ram.push('the log does not tell it: four times what is free, as a power of two');
  }
  const hasHigh = state.zones.some(zone => zone.name === 'HighMem');
  const high = hasHigh ? (state.highPages ?? Math.max(0, ram - ARCHES.i386.normalEndPfn)) : 0;
  const low = Math.max(0, ram - high);
  const zones = state.zones.map(zone => ({ ...zone }));
  const size = (name: string, pages: number): void => {
    const zone = zones.find(z => z.name === name);
    if (zone !== undefined) zone.presentKb = pages * pageKb;
    else if (pages > 0) zones.push({ name, node: 0, free: null, presentKb: pages * pageKb });
  };
  const only = zones.length === 1 && zones[0].name === 'DMA';
  size('DMA', only ? low : Math.min(low, DMA_PAGES));
  const rest = zones.some(z => z.name === 'DMA32') ? 'DMA32' : 'Normal';
  // Zones beside it in the same group count by what they list.
  const beside = zones.reduce(
    (sum, { name, free }) =>
      sum + (name === rest || name === 'DMA' || name === 'HighMem' || free === null ? 0 : freePages(free)),
    0,
  );
  if (!only) size(rest, Math.max(0, low - DMA_PAGES - beside));
  if (hasHigh) size('HighMem', high);
  return { ...state, zones };
}

export function simMachine(given: MachineState): SimMachine {
  const inferred: SimMachine['inferred'] = { ram: [], arch: [], zones: [], cpus: [], marks: [] };
  const pageKb = given.pageKb > 0 ? given.pageKb : 4;
  const state = sizeUntold(given, pageKb, inferred);
  const named = (...names: string[]) =>
    groupOf(
      state.zones.filter(z => names.includes(z.name)),
      pageKb,
    );
  const rest = state.zones.filter(z => !['DMA', 'DMA32', 'Normal', 'HighMem', 'Movable'].includes(z.name));
  let dma = named('DMA');
  let normal = groupOf(
    [...state.zones.filter(z => z.name === 'DMA32' || z.name === 'Normal'), ...rest],
    pageKb,
  );
  let high = named('HighMem');
  const movable = named('Movable');
  if (movable.pages > 0) {
    if (high.pages > 0) high = join(high, movable);
    else normal = join(normal, movable);
    inferred.zones.push('zone Movable, which 2.6.0 does not have, is joined to the zone below it');
  }
  if (state.zones.some(z => z.name === 'DMA32' && pagesOf(z, pageKb) > 0))
    inferred.zones.push('zone DMA32, which 2.6.0 does not have, is part of Normal');
  if (new Set(state.zones.filter(z => pagesOf(z, pageKb) > 0).map(z => z.node)).size > 1)
    inferred.zones.push('the nodes are one: a machine here has no NUMA');
  if (rest.some(z => pagesOf(z, pageKb) > 0))
    inferred.zones.push(`zone ${rest.map(z => z.name).join(', ')} is part of Normal`);
  if (dma.pages > DMA_PAGES && pageKb === 4 && !(normal.pages === 0 && high.pages === 0)) {
    normal = join(dma, normal);
    dma = groupOf([], pageKb);
    inferred.zones.push('its zone DMA is larger than 16 MiB: it is part of Normal');
  }
  const choice = archOf(state, dma, normal, high, pageKb, inferred);
  return sized(state, choice, dma, normal, high, pageKb, inferred);
}

function join(a: Group, b: Group): Group {
  return {
    zones: [...a.zones, ...b.zones],
    pages: a.pages + b.pages,
    free: a.free.map((count, order) => count + b.free[order]),
  };
}

function archOf(
  state: MachineState,
  dma: Group,
  normal: Group,
  high: Group,
  pageKb: number,
  inferred: SimMachine['inferred'],
): ArchName {
  const total = dma.pages + normal.pages + high.pages;
  if (pageKb === 8 && high.pages === 0 && total <= ARCHES.alpha.maxPfn) {
    inferred.arch.push('its pages have 8 KiB');
    return 'alpha';
  }
  if (high.pages > 0) {
    const most = ARCHES.i386.maxPfn;
    inferred.arch.push(total > most ? 'high memory beyond 4 GiB' : 'a zone HighMem');
    return total > most ? 'i386-pae' : 'i386';
  }
  const modern = state.zones.some(z => z.name === 'DMA32') || state.bits === 64;
  if (!modern && total <= ARCHES.i386.normalEndPfn) {
    if (dma.pages > 0 && normal.pages === 0 && dma.pages > DMA_PAGES && total <= ARCHES.arm.maxPfn) {
      inferred.arch.push('all memory is zone DMA');
      return 'arm';
    }
    inferred.arch.push(state.bits === 32 ? 'addresses of 32 bits' : 'no more memory than i386 maps directly');
    return 'i386';
  }
  inferred.arch.push(state.bits === 64 || modern ? '64 bits, no high memory' : 'memory without HighMem');
  return 'x86_64';
}

function sized(
  state: MachineState,
  arch: ArchName,
  dma: Group,
  normal: Group,
  high: Group,
  pageKb: number,
  inferred: SimMachine['inferred'],
): SimMachine {
  const { pageBytes, maxPfn, dmaEndPfn, normalEndPfn } = ARCHES[arch];
  if (pageKb * 1024 !== pageBytes)
    inferred.ram.push(
      `pages of ${pageKb} KiB stand as pages of ${pageBytes / 1024} KiB: sizes are ${(pageKb * 1024) / pageBytes} times smaller`,
    );
  const names = (group: Group): string[] => [
    ...new Set(group.zones.map(z => (z.node > 0 || group.zones.length > 2 ? `${z.node}/${z.name}` : z.name))),
  ];
  const batch = batchOf(1 << 20, pageBytes);
  const mib = Math.max(1, (1 << 20) / pageBytes);
  const oneZone = dmaEndPfn >= maxPfn;
  const zones: SimZone[] = [];
  const dmaPages = oneZone
    ? up(Math.max(dma.pages, pagesFor(dma.free, batch)), mib)
    : Math.min(dmaEndPfn, DMA_PAGES);
  zones.push({ index: 0, name: 'DMA', pages: dmaPages, free: dma.free, of: names(dma) });
  if (dma.pages === 0 && !oneZone)
    inferred.zones.push('the log has no zone DMA of 16 MiB: the first 16 MiB are in use');
  let bootOptions = '';
  let ramPages = dmaPages;
  if (!oneZone) {
    const wantedHere = Math.max(
      normal.pages,
      freePages(normal.free) > 0 ? pagesFor(normal.free, batch) : mib,
    );
    const least = up(wantedHere, mib);
    const most = Math.min(normalEndPfn, maxPfn) - dmaPages;
    let pages = Math.min(least, most);
    if (least > most)
      inferred.ram.push(
        `zone Normal is cut from ${mibText(least, pageBytes)} to ${mibText(most, pageBytes)}`,
      );
    const usual = normalEndPfn - dmaPages;
    // Within a sixteenth it is the end of low memory that every i386 has, less what the log leaves out.
    if (high.pages > 0 && pages > usual - (usual >> 4)) pages = usual;
    // Where one zone ends and another begins stands a block of the highest order, whole.
    else if (high.pages > 0) pages = up(pages, 2 ** (ORDERS - 1));
    ramPages += pages;
    zones.push({ index: 1, name: 'Normal', pages, free: normal.free, of: names(normal) });
    if (high.pages > 0) {
      const wanted = up(Math.max(high.pages, pagesFor(high.free, batch)), mib);
      const highPages = Math.min(wanted, maxPfn - ramPages);
      if (highPages < wanted) inferred.ram.push(`zone HighMem is cut to ${mibText(highPages, pageBytes)}`);
      ramPages += highPages;
      zones.push({ index: 2, name: 'HighMem', pages: highPages, free: high.free, of: names(high) });
      if (pages !== usual) {
        bootOptions = `vmalloc=${1024 - ((dmaPages + pages) * pageBytes) / 2 ** 20}M`;
        inferred.ram.push('low memory ends early: `vmalloc=` says where');
      }
    }
  }
  const told = state.ramPages === undefined ? '' : `; the log says ${state.ramPages} pages of RAM`;
  inferred.ram.push(`its zones, in whole MiB${told}`);
  const cpus = Math.min(8, Math.max(1, state.cpus));
  const one = ARCHES[arch].smp;
  const usable = typeof one === 'string' ? 1 : cpus;
  if (state.cpus > usable)
    inferred.cpus.push(`the highest that the log names is ${state.cpus - 1}; ${usable} can be had`);
  else inferred.cpus.push(state.cpus === 0 ? 'the log names none' : 'the highest that the log names');
  return {
    arch,
    ramPages,
    pageBytes,
    bootOptions,
    cpus: usable,
    minFreeKbytes: marks(state, pageKb * 1024 === pageBytes ? 1 : pageBytes / (pageKb * 1024), inferred),
    dmaReserve: Math.max(0, ...dma.zones.map(zone => zone.reserve ?? 0)),
    zones,
    inferred,
  };
}

/** pages_min of the low zones add up to vm.min_free_kbytes, in 2.6.0 as in later kernels. */
function marks(state: MachineState, scale: number, inferred: SimMachine['inferred']): number {
  let kb = 0;
  let told = false;
  for (const zone of state.zones) {
    if (zone.minKb === undefined || zone.name === 'HighMem' || zone.name === 'Movable') continue;
    told = true;
    kb += zone.minKb;
  }
  if (!told) return -1;
  inferred.marks.push('the marks `min` of its low zones, added up');
  return Math.min(67_108_864, Math.round(kb * scale));
}

const mibText = (pages: number, pageBytes: number): string => `${(pages * pageBytes) / 2 ** 20} MiB`;

/** RAM of a machine of which nothing but the pages in use is known. */
export function ramFor(pages: number, pageBytes: number): number {
  let bytes = 16 * 2 ** 20;
  while (bytes < pages * pageBytes && bytes < 64 * GIB) bytes *= 2;
  return Math.min(bytes, 64 * GIB) / pageBytes;
}
