import type { ArchName, MachineConfig } from '../contract/plan.ts';
import { ARCHES, DEFAULT_MIN_FREE_KBYTES, MAX_NR_ZONES } from '../engine/index.ts';
import type { Located } from './document.ts';
import { type Findings, quote } from './findings.ts';
import { quantity, SIZE } from './quantity.ts';
import { booleanOf, field, integerOf, textOf } from './values.ts';

const PAGE_BYTES = 4096;

/** 1 MiB: below it not even the memory that every PC had is there. */
const MIN_RAM_PAGES = 256;

/** Page 0, and 640 KiB to 5 MiB: the ISA hole and a kernel image of 4 MiB, as in the recorded boots. */
const USUAL_RESERVE: [number, number][] = [
  [0, 1],
  [160, 1120],
];

export interface MachineSpec {
  config: MachineConfig;
  /** Pages present in each zone; 0: the machine has none such. */
  zonePages: number[];
}

export function readMachine(findings: Findings, node: Located | undefined): MachineSpec | undefined {
  if (node?.entries == null) return undefined;
  const archName = textOf(field(node, 'arch'));
  const arch = archName !== undefined && Object.hasOwn(ARCHES, archName) ? (archName as ArchName) : undefined;
  const ramPages = readRam(findings, field(node, 'ram'), arch);
  const cpus = readCpus(findings, node);
  const sysctl = field(node, 'sysctl');
  const minFreeKbytes = integerOf(field(sysctl, 'vm.min_free_kbytes')) ?? -1;
  const lowerZoneProtection = integerOf(field(sysctl, 'vm.lower_zone_protection')) ?? 0;
  if (arch === undefined || ramPages === undefined) return undefined;
  const boot = readBoot(findings, field(node, 'boot'), arch, ramPages);
  checkMarks(findings, node, arch, ramPages, minFreeKbytes);
  if (boot === undefined) return undefined;
  const config: MachineConfig = {
    arch,
    ramPages,
    cpus: cpus ?? 1,
    ...boot,
    minFreeKbytes,
    lowerZoneProtection,
  };
  return { config, zonePages: zonePages(arch, ramPages) };
}

export function zonePages(arch: ArchName, ramPages: number): number[] {
  const { dmaEndPfn, normalEndPfn } = ARCHES[arch];
  const ends = [Math.min(dmaEndPfn, ramPages), Math.min(normalEndPfn, ramPages), ramPages];
  return Array.from({ length: MAX_NR_ZONES }, (_, z) => ends[z] - (z === 0 ? 0 : ends[z - 1]));
}

function readRam(
  findings: Findings,
  node: Located | undefined,
  arch: ArchName | undefined,
): number | undefined {
  const bytes = quantity(findings, node, SIZE);
  if (bytes === undefined || node === undefined) return undefined;
  if (bytes % PAGE_BYTES !== 0) {
    const below = bytes - (bytes % PAGE_BYTES);
    const suggestions = [sizeText(below), sizeText(below + PAGE_BYTES)].filter(s => s !== '0B');
    findings.error(node, 'E-RAM-PAGES', `${quote(node.source)} of RAM is not a whole number of pages`, {
      expected: 'a multiple of 4KiB',
      suggestions,
    });
    return undefined;
  }
  const pages = bytes / PAGE_BYTES;
  if (pages < MIN_RAM_PAGES) {
    const what =
      pages === 0
        ? 'a machine without RAM has no zone'
        : `a machine with ${quote(node.source)} of RAM has no zone to speak of`;
    findings.error(node, 'E-RAM-TOO-SMALL', what, {
      expected: 'at least 1MiB; 2.6.0 wants 8MiB to be of use',
    });
    return undefined;
  }
  if (arch !== undefined && pages > ARCHES[arch].maxPfn) {
    const { maxPfn, maxReason } = ARCHES[arch];
    const expected = `at most ${sizeText(maxPfn * PAGE_BYTES)} for ${arch}`;
    findings.error(node, 'E-RAM-LIMIT', `${quote(node.source)} of RAM is too much: ${maxReason}`, {
      expected,
    });
    return undefined;
  }
  return pages;
}

/** The largest unit that gives a whole number. */
export function sizeText(bytes: number): string {
  if (bytes === 0) return '0B';
  for (const [unit, scale] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes % scale === 0) return `${bytes / scale}${unit}`;
  }
  return `${bytes}B`;
}

function readCpus(findings: Findings, node: Located): number | undefined {
  const cpus = integerOf(field(node, 'cpus'));
  const smp = field(node, 'smp');
  if (cpus !== undefined && cpus > 1 && smp?.value === false) {
    findings.error(smp, 'E-SMP', `${cpus} CPUs need an SMP kernel`, {
      expected: '`smp: true`, or no `smp`',
      suggestions: ['true'],
    });
  }
  booleanOf(smp, (cpus ?? 1) > 1);
  return cpus;
}

type Boot = Pick<MachineConfig, 'boot' | 'bootmapPfn' | 'reserve'>;

function readBoot(
  findings: Findings,
  node: Located | undefined,
  arch: ArchName,
  ramPages: number,
): Boot | undefined {
  const lowPages = Math.min(ARCHES[arch].normalEndPfn, ramPages);
  const kind = node?.entries === null ? textOf(node) : textOf(field(node, 'kind'));
  if (node === undefined || (kind ?? 'flat') === 'flat') {
    const reserve = readReserve(findings, field(node, 'reserve'), ramPages);
    const bitmap = field(node, 'bitmap');
    if (bitmap !== undefined) {
      const message = 'a flat boot has no boot bitmap in memory';
      findings.error(bitmap.key ?? bitmap, 'E-KEY-CONFLICT', message, {
        expected: '`kind: bootmap` or `kind: real`, or no `bitmap`',
      });
    }
    checkSomeLeft(findings, node, reserve, 0, ramPages);
    return { boot: 'flat', bootmapPfn: 0, reserve };
  }
  if (kind !== 'bootmap' && kind !== 'real') return undefined;
  const reserve =
    node.entries === null
      ? USUAL_RESERVE.map(r => [...r] as [number, number])
      : readReserve(findings, field(node, 'reserve'), ramPages);
  const image = reserve.find(([first, count]) => first <= MIN_RAM_PAGES && first + count > MIN_RAM_PAGES);
  let bootmapPfn = image === undefined ? MIN_RAM_PAGES : image[0] + image[1];
  const bitmapNode = field(node, 'bitmap');
  const bitmapBytes = quantity(findings, bitmapNode, SIZE);
  if (bitmapNode !== undefined && bitmapBytes !== undefined) {
    if (!checkPageAligned(findings, bitmapNode, bitmapBytes)) return undefined;
    bootmapPfn = bitmapBytes / PAGE_BYTES;
  }
  const bitmapPages = Math.ceil(Math.ceil(lowPages / 8) / PAGE_BYTES);
  const place = bitmapNode ?? node;
  if (bootmapPfn + bitmapPages > lowPages) {
    const expected = `at least ${sizeText((bootmapPfn + bitmapPages) * PAGE_BYTES)} of RAM, or a bitmap further down`;
    findings.error(place, 'E-BOOT', 'the boot bitmap does not fit into low memory', { expected });
    return undefined;
  }
  const hit = reserve.find(
    ([first, count]) => first < bootmapPfn + bitmapPages && bootmapPfn < first + count,
  );
  if (hit !== undefined) {
    const message = `the boot bitmap at ${sizeText(bootmapPfn * PAGE_BYTES)} lies in the range reserved at ${sizeText(hit[0] * PAGE_BYTES)}`;
    findings.error(place, 'E-RESERVE-OVERLAP', message, { expected: '`bitmap` at a free place' });
    return undefined;
  }
  if (kind === 'real')
    checkMemMap(findings, node, arch, ramPages, lowPages, [...reserve, [bootmapPfn, bitmapPages]]);
  checkSomeLeft(findings, node, reserve, bitmapPages, ramPages);
  return { boot: kind, bootmapPfn, reserve };
}

function readReserve(findings: Findings, node: Located | undefined, ramPages: number): [number, number][] {
  const ranges: { first: number; count: number; node: Located }[] = [];
  for (const item of node?.items ?? []) {
    const atNode = field(item, 'at');
    const sizeNode = field(item, 'size');
    const at = quantity(findings, atNode, SIZE);
    const size = quantity(findings, sizeNode, SIZE);
    if (at === undefined || size === undefined || atNode === undefined || sizeNode === undefined) continue;
    if (!checkPageAligned(findings, atNode, at) || !checkPageAligned(findings, sizeNode, size)) continue;
    if (size === 0) {
      findings.error(sizeNode, 'E-RANGE', 'a range of no length', { expected: 'at least 4KiB' });
      continue;
    }
    const first = at / PAGE_BYTES;
    const count = size / PAGE_BYTES;
    if (first + count > ramPages) {
      const message = `the range ends at ${sizeText(at + size)}, behind the RAM of ${sizeText(ramPages * PAGE_BYTES)}`;
      findings.error(atNode, 'E-RESERVE-OUTSIDE', message, { expected: 'a range inside the RAM' });
      continue;
    }
    ranges.push({ first, count, node: atNode });
  }
  const sorted = [...ranges].sort((a, b) => a.first - b.first || a.node.start - b.node.start);
  for (let i = 1; i < sorted.length; i++) {
    const [a, b] = [sorted[i - 1], sorted[i]];
    if (a.first + a.count <= b.first) continue;
    const [earlier, later] = a.node.start < b.node.start ? [a, b] : [b, a];
    const { line } = findings.position(earlier.node.start);
    const message = `the range overlaps the one at ${quote(earlier.node.source)} on line ${line}`;
    findings.error(later.node, 'E-RESERVE-OVERLAP', message, { expected: 'ranges apart from each other' });
  }
  return ranges.map(({ first, count }) => [first, count]);
}

function checkPageAligned(findings: Findings, node: Located, bytes: number): boolean {
  if (bytes % PAGE_BYTES === 0) return true;
  findings.error(node, 'E-PAGE-ALIGNED', `${quote(node.source)} is not at a page boundary`, {
    expected: 'a multiple of 4KiB',
  });
  return false;
}

function checkSomeLeft(
  findings: Findings,
  node: Located | undefined,
  reserve: [number, number][],
  bitmap: number,
  ramPages: number,
): void {
  let kept = 0;
  for (const [, count] of reserve) kept += count;
  if (node === undefined || kept + bitmap < ramPages || findings.hasErrors) return;
  const place = field(node, 'reserve')?.key ?? node;
  findings.error(place, 'E-NO-MEMORY', 'nothing is left for the allocator: all of the RAM is kept back', {
    expected: 'more RAM or fewer ranges',
  });
}

/** mem_map must fit into low memory in one piece. Source: mm/page_alloc.c, free_area_init_core() */
function checkMemMap(
  findings: Findings,
  node: Located,
  arch: ArchName,
  ramPages: number,
  lowPages: number,
  taken: [number, number][],
): void {
  const pages = Math.ceil(((ramPages + 1) * ARCHES[arch].structPageBytes) / PAGE_BYTES);
  let largest = 0;
  let from = 0;
  for (const [first, count] of [...taken].sort((a, b) => a[0] - b[0])) {
    largest = Math.max(largest, Math.min(first, lowPages) - from);
    from = Math.max(from, first + count);
  }
  largest = Math.max(largest, lowPages - from);
  // The zone bitmaps and wait tables come behind it: a sixteenth more is ample.
  if (pages + (pages >> 4) + 16 <= largest) return;
  const message = `the memory map of ${pages} pages does not fit between the reserved ranges`;
  findings.error(node, 'E-BOOT', message, { expected: 'more RAM, fewer ranges, or `kind: bootmap`' });
}

/** Marks so high that no ordinary request is ever served. Source: mm/page_alloc.c, setup_per_zone_pages_min() */
function checkMarks(
  findings: Findings,
  node: Located,
  arch: ArchName,
  ramPages: number,
  minFreeKbytes: number,
): void {
  const lowPages = Math.min(ARCHES[arch].normalEndPfn, ramPages);
  const minPages = (minFreeKbytes < 0 ? DEFAULT_MIN_FREE_KBYTES : minFreeKbytes) >> 2;
  if (minPages < lowPages) return;
  const mark = field(field(node, 'sysctl'), 'vm.min_free_kbytes');
  const place = mark ?? field(node, 'ram') ?? node;
  const message = `pages_min comes to ${minPages} pages, and low memory has ${lowPages}: only those who ignore watermarks are served`;
  findings.warning(place, 'W-WATERMARKS', message, { expected: 'a lower vm.min_free_kbytes, or more RAM' });
}
