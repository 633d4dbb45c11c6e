import type { Diagnostic } from '../contract/diagnostic.ts';
import type { ArchName, MachineConfig } from '../contract/plan.ts';
import {
  ARCHES,
  type Arch,
  type BootMemory,
  boot,
  bootOptionNames,
  DEFAULT_MIN_FREE_KBYTES,
  MAX_NR_ZONES,
  type Machine,
  readBootOptions,
  vmallocStart,
} from '../engine/index.ts';
import { type Located, loadDocument } from './document.ts';
import { Findings, quote } from './findings.ts';
import { readKernelOptions } from './kernelOptions.ts';
import { quantity, SIZE } from './quantity.ts';
import { booleanOf, field, integerOf, sizeText, textOf } from './values.ts';

/** What a machine without an architecture is read with, for the sake of the other faults of its file. */
const USUAL_PAGE_BYTES = 4096;

/** Below it not even the memory that every PC had is there. */
const MIN_RAM_BYTES = 1024 * 1024;

export interface MachineSpec {
  config: MachineConfig;
  /** Pages present in each zone; 0: the machine has none such. */
  zonePages: number[];
  /** As it stands after boot, where that had to be tried; whoever asks may do with it as he likes. */
  booted?: () => Machine;
}

export function readMachine(findings: Findings, node: Located | undefined): MachineSpec | undefined {
  if (node?.entries == null) return undefined;
  const archName = textOf(field(node, 'arch'));
  const arch = archName !== undefined && Object.hasOwn(ARCHES, archName) ? (archName as ArchName) : undefined;
  const installed = readRam(findings, field(node, 'ram'), arch);
  const cpus = readCpus(findings, node, arch);
  const sysctl = field(node, 'sysctl');
  const minFreeKbytes = integerOf(field(sysctl, 'vm.min_free_kbytes')) ?? -1;
  const lowerZoneProtection = integerOf(field(sysctl, 'vm.lower_zone_protection')) ?? 0;
  if (arch === undefined || installed === undefined) return undefined;
  const memory = readOptions(findings, field(node, 'boot_options'), ARCHES[arch], installed);
  if (memory === undefined) return undefined;
  const { ramPages } = memory;
  const zones = zonePages(arch, ramPages, memory.lowPages);
  const lowPages = zones[0] + zones[1];
  const start = readBoot(findings, field(node, 'boot'), ARCHES[arch], ramPages, lowPages);
  checkMarks(findings, node, ARCHES[arch], lowPages, minFreeKbytes);
  if (start === undefined) return undefined;
  const config: MachineConfig = {
    arch,
    ramPages,
    cpus: cpus ?? 1,
    ...start,
    minFreeKbytes,
    lowerZoneProtection,
    ...(memory.lowPages === 0 ? {} : { lowPages: memory.lowPages }),
    ...(booleanOf(field(node, 'smp'), false) ? { smp: true } : {}),
    ...readKernelOptions(findings, node, arch, ramPages),
  };
  const booted = checkSlabStarts(findings, node, config);
  return { config, zonePages: zones, ...(booted === undefined ? {} : { booted }) };
}

/** Bytes that vmalloc() can give at most: neither more than the RAM nor than its window, guard page left out. */
export function vmallocBytesOf({ config, zonePages }: MachineSpec): number {
  const arch = ARCHES[config.arch];
  const window = arch.vmalloc.end - vmallocStart(arch, zonePages[0] + zonePages[1]);
  return Math.min(window - arch.pageBytes, config.ramPages * arch.pageBytes);
}

/** The general caches need memory that ordinary requests get; whether they find it, only a boot can tell. */
function checkSlabStarts(
  findings: Findings,
  node: Located,
  config: MachineConfig,
): (() => Machine) | undefined {
  if (config.slab !== true || findings.hasErrors) return undefined;
  const fault = bootFault(config);
  if (fault === '') return () => boot(config);
  const place = field(node, 'slab') ?? field(node, 'ram') ?? node;
  findings.error(place, 'E-BOOT', fault, { expected: 'more RAM, lower watermarks, or no `slab`' });
  return undefined;
}

/** What came of the machines tried last: candidates of a shrink are on the same one by the hundred. */
const tried = new Map<string, string>();
const MOST_TRIED = 64;

/** Why the machine does not boot, or ''. */
function bootFault(config: MachineConfig): string {
  const key = JSON.stringify(config);
  let fault = tried.get(key);
  if (fault === undefined) {
    fault = '';
    try {
      boot(config);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      fault = error.message;
    }
    if (tried.size === MOST_TRIED) tried.clear();
    tried.set(key, fault);
  }
  return fault;
}

/**
 * A machine that no file describes, from the text of one `machine` map.
 *
 * @returns the machine, or what is wrong with it
 */
export function parseMachine(text: string): { config: MachineConfig } | { faults: Diagnostic[] } {
  const findings = new Findings('--', text);
  const root = loadDocument(text, findings);
  const machine = root === null ? undefined : readMachine(findings, root);
  const faults = findings.sorted().filter(fault => fault.severity === 'error');
  return machine === undefined || faults.length > 0 ? { faults } : { config: machine.config };
}

/** Bytes of a page of the machine that the file names; 4096 while it names none that there is. */
export function pageBytesOf(machine: Located | undefined): number {
  const name = textOf(field(machine, 'arch'));
  return name !== undefined && Object.hasOwn(ARCHES, name)
    ? ARCHES[name as ArchName].pageBytes
    : USUAL_PAGE_BYTES;
}

/** @param lowPages where a boot option ends low memory; 0: where it always ends */
export function zonePages(arch: ArchName, ramPages: number, lowPages = 0): number[] {
  const { dmaEndPfn, normalEndPfn } = ARCHES[arch];
  const low = Math.min(lowPages === 0 ? normalEndPfn : lowPages, ramPages);
  const ends = [Math.min(dmaEndPfn, ramPages), low, ramPages];
  return Array.from({ length: MAX_NR_ZONES }, (_, z) => ends[z] - (z === 0 ? 0 : ends[z - 1]));
}

function readRam(
  findings: Findings,
  node: Located | undefined,
  arch: ArchName | undefined,
): number | undefined {
  const bytes = quantity(findings, node, SIZE);
  if (bytes === undefined || node === undefined) return undefined;
  const pageBytes = arch === undefined ? USUAL_PAGE_BYTES : ARCHES[arch].pageBytes;
  if (bytes % pageBytes !== 0) {
    const below = bytes - (bytes % pageBytes);
    const suggestions = [sizeText(below), sizeText(below + pageBytes)].filter(s => s !== '0B');
    findings.error(node, 'E-RAM-PAGES', `${quote(node.source)} of RAM is not a whole number of pages`, {
      expected: `a multiple of ${sizeText(pageBytes)}`,
      suggestions,
    });
    return undefined;
  }
  const pages = bytes / pageBytes;
  if (bytes < MIN_RAM_BYTES) {
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
    const expected = `at most ${sizeText(maxPfn * pageBytes)} for ${arch}`;
    findings.error(node, 'E-RAM-LIMIT', `${quote(node.source)} of RAM is too much: ${maxReason}`, {
      expected,
    });
    return undefined;
  }
  return pages;
}

/** The command line of the kernel, as far as it concerns memory. */
function readOptions(
  findings: Findings,
  node: Located | undefined,
  arch: Arch,
  installed: number,
): BootMemory | undefined {
  const text = textOf(node);
  if (node === undefined || text === undefined) return { ramPages: installed, lowPages: 0 };
  const read = readBootOptions(arch, installed, text);
  if (!read.ok) {
    const expected = `options as Linux spells them: ${bootOptionNames(arch)
      .map(name => `${name}=48M`)
      .join(' ')}`;
    findings.error(node, 'E-BOOT-OPTION', `${read.fault}`, { expected });
    return undefined;
  }
  if (read.memory.ramPages * arch.pageBytes < MIN_RAM_BYTES) {
    findings.error(node, 'E-RAM-TOO-SMALL', `${quote(text)} leaves less than 1MiB of memory`, {
      expected: 'at least 1MiB; 2.6.0 wants 8MiB to be of use',
    });
    return undefined;
  }
  return read.memory;
}

function readCpus(findings: Findings, node: Located, arch: ArchName | undefined): number | undefined {
  const cpus = integerOf(field(node, 'cpus'));
  const smp = field(node, 'smp');
  if (cpus !== undefined && cpus > 1 && smp?.value === false) {
    findings.error(smp, 'E-SMP', `${cpus} CPUs need an SMP kernel`, {
      expected: '`smp: true`, or no `smp`',
      suggestions: ['true'],
    });
  }
  const wanted = booleanOf(smp, (cpus ?? 1) > 1);
  const why = arch === undefined ? undefined : ARCHES[arch].smp;
  if (wanted && typeof why === 'string') {
    const place = cpus !== undefined && cpus > 1 ? (field(node, 'cpus') ?? node) : (smp ?? node);
    findings.error(place, 'E-SMP', `${arch} has one CPU: ${why}`, { expected: 'one CPU, and no `smp`' });
  }
  return cpus;
}

type Boot = Pick<MachineConfig, 'boot' | 'bootmapPfn' | 'reserve'>;

function readBoot(
  findings: Findings,
  node: Located | undefined,
  arch: Arch,
  ramPages: number,
  lowPages: number,
): Boot | undefined {
  const { pageBytes } = arch;
  const kind = node?.entries === null ? textOf(node) : textOf(field(node, 'kind'));
  if (node === undefined || (kind ?? 'flat') === 'flat') {
    const reserve = readReserve(findings, field(node, 'reserve'), ramPages, pageBytes);
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
      ? arch.usualReserve.map(([at, size]): [number, number] => [at / pageBytes, size / pageBytes])
      : readReserve(findings, field(node, 'reserve'), ramPages, pageBytes);
  const imageEnd = Math.max(...reserve.map(([first, count]) => first + count));
  if (node.entries === null && imageEnd > ramPages) {
    const expected = `at least ${sizeText(imageEnd * pageBytes)} of RAM for the kernel image, or ranges of your own`;
    findings.error(node, 'E-BOOT', 'the kernel image does not fit into memory', { expected });
    return undefined;
  }
  const mib = MIN_RAM_BYTES / pageBytes;
  const image = reserve.find(([first, count]) => first <= mib && first + count > mib);
  let bootmapPfn = image === undefined ? mib : image[0] + image[1];
  const bitmapNode = field(node, 'bitmap');
  const bitmapBytes = quantity(findings, bitmapNode, SIZE);
  if (bitmapNode !== undefined && bitmapBytes !== undefined) {
    if (!checkPageAligned(findings, bitmapNode, bitmapBytes, pageBytes)) return undefined;
    bootmapPfn = bitmapBytes / pageBytes;
  }
  const bitmapPages = Math.ceil(Math.ceil(lowPages / 8) / pageBytes);
  const place = bitmapNode ?? node;
  if (bootmapPfn + bitmapPages > lowPages) {
    const expected = `at least ${sizeText((bootmapPfn + bitmapPages) * pageBytes)} of RAM, or a bitmap further down`;
    findings.error(place, 'E-BOOT', 'the boot bitmap does not fit into low memory', { expected });
    return undefined;
  }
  const hit = reserve.find(
    ([first, count]) => first < bootmapPfn + bitmapPages && bootmapPfn < first + count,
  );
  if (hit !== undefined) {
    const message = `the boot bitmap at ${sizeText(bootmapPfn * pageBytes)} lies in the range reserved at ${sizeText(hit[0] * pageBytes)}`;
    findings.error(place, 'E-RESERVE-OVERLAP', message, { expected: '`bitmap` at a free place' });
    return undefined;
  }
  if (kind === 'real')
    checkMemMap(findings, node, arch, ramPages, lowPages, [...reserve, [bootmapPfn, bitmapPages]]);
  checkSomeLeft(findings, node, reserve, bitmapPages, ramPages);
  return { boot: kind, bootmapPfn, reserve };
}

function readReserve(
  findings: Findings,
  node: Located | undefined,
  ramPages: number,
  pageBytes: number,
): [number, number][] {
  const ranges: { first: number; count: number; node: Located }[] = [];
  for (const item of node?.items ?? []) {
    const atNode = field(item, 'at');
    const sizeNode = field(item, 'size');
    const at = quantity(findings, atNode, SIZE);
    const size = quantity(findings, sizeNode, SIZE);
    if (at === undefined || size === undefined || atNode === undefined || sizeNode === undefined) continue;
    if (!checkPageAligned(findings, atNode, at, pageBytes)) continue;
    if (!checkPageAligned(findings, sizeNode, size, pageBytes)) continue;
    if (size === 0) {
      findings.error(sizeNode, 'E-RANGE', 'a range of no length', {
        expected: `at least ${sizeText(pageBytes)}`,
      });
      continue;
    }
    const first = at / pageBytes;
    const count = size / pageBytes;
    if (first + count > ramPages) {
      const message = `the range ends at ${sizeText(at + size)}, behind the RAM of ${sizeText(ramPages * pageBytes)}`;
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

function checkPageAligned(findings: Findings, node: Located, bytes: number, pageBytes: number): boolean {
  if (bytes % pageBytes === 0) return true;
  findings.error(node, 'E-PAGE-ALIGNED', `${quote(node.source)} is not at a page boundary`, {
    expected: `a multiple of ${sizeText(pageBytes)}`,
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
  arch: Arch,
  ramPages: number,
  lowPages: number,
  taken: [number, number][],
): void {
  const pages = Math.ceil(((ramPages + 1) * arch.structPageBytes) / arch.pageBytes);
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
  arch: Arch,
  lowPages: number,
  minFreeKbytes: number,
): void {
  const minPages = (minFreeKbytes < 0 ? DEFAULT_MIN_FREE_KBYTES : minFreeKbytes) >> (arch.pageShift - 10);
  if (minPages < lowPages) return;
  const mark = field(field(node, 'sysctl'), 'vm.min_free_kbytes');
  const place = mark ?? field(node, 'ram') ?? node;
  const message = `pages_min comes to ${minPages} pages, and low memory has ${lowPages}: only those who ignore watermarks are served`;
  findings.warning(place, 'W-WATERMARKS', message, { expected: 'a lower vm.min_free_kbytes, or more RAM' });
}
