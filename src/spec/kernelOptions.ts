import type { ArchName, MachineConfig } from '../contract/plan.ts';
import { ARCHES, type Arch } from '../engine/index.ts';
import type { Located } from './document.ts';
import { type Findings, quote } from './findings.ts';
import { quantity, SIZE } from './quantity.ts';
import { readSpeed } from './rate.ts';
import { booleanOf, duration, field, integerOf, sizeText, textOf } from './values.ts';

/**
 * What a machine has beyond its pages, as far as the file asks for it: known by the keys alone, so that a fault in one
 * of their values does not make every step that needs it a fault too.
 */
export interface MachineParts {
  arch: Arch | undefined;
  slab: boolean;
  stack: boolean;
  disk: boolean;
  dataCache: boolean;
  slabDebug: boolean;
  /** What was told to be missing: once, not at every step that needs it. */
  told: Set<string>;
}

/** Keys of `machine` that need the slab allocator, and so start it. */
const NEEDS_SLAB = ['stack', 'disk', 'debug'];

export function readParts(machine: Located | undefined): MachineParts {
  const has = (key: string): boolean => machine?.entries == null || field(machine, key) !== undefined;
  const name = textOf(field(machine, 'arch'));
  const debug = field(machine, 'debug')?.items ?? [];
  return {
    arch: name !== undefined && Object.hasOwn(ARCHES, name) ? ARCHES[name as ArchName] : undefined,
    slab: NEEDS_SLAB.some(has) || (has('slab') && field(machine, 'slab')?.value !== false),
    stack: has('stack'),
    disk: has('disk'),
    dataCache: has('data_cache'),
    slabDebug: debug.some(item => item.value === 'slab'),
    told: new Set(),
  };
}

/** The parts of a machine's config that `readParts` names; absent keys leave no trace. */
export type PartsConfig = Pick<MachineConfig, 'slab' | 'stacks' | 'vm' | 'dataCache' | 'debug'>;

export function readKernelOptions(
  findings: Findings,
  node: Located,
  arch: ArchName,
  ramPages: number,
): PartsConfig {
  const parts: PartsConfig = {};
  const slab = field(node, 'slab');
  const needy = NEEDS_SLAB.find(key => field(node, key) !== undefined);
  if (slab?.value === false && needy !== undefined) {
    findings.error(slab, 'E-KEY-CONFLICT', `${quote(needy)} needs the slab allocator`, {
      expected: '`slab: true`, or no `slab`',
      suggestions: ['true'],
    });
  }
  if (needy !== undefined || booleanOf(slab, false)) parts.slab = true;
  const stacks = readStacks(findings, node, arch);
  if (stacks !== undefined) parts.stacks = stacks;
  const vm = readVm(findings, node, arch, ramPages);
  if (vm !== undefined) parts.vm = vm;
  const dataCache = readDataCache(findings, field(node, 'data_cache'), ARCHES[arch]);
  if (dataCache !== undefined) parts.dataCache = dataCache;
  const debug = readDebug(findings, node, arch);
  if (debug !== undefined) parts.debug = debug;
  return parts;
}

/** CONFIG_4KSTACKS, an option of 2.6.6 for i386 only. */
const SMALL_STACK = 4096;

function hasSmallStacks(arch: ArchName): boolean {
  return arch === 'i386' || arch === 'i386-pae';
}

function readStacks(findings: Findings, node: Located, arch: ArchName): MachineConfig['stacks'] {
  const stackNode = field(node, 'stack');
  const irqNode = field(node, 'irq_stacks');
  if (stackNode === undefined) {
    if (irqNode !== undefined) {
      findings.error(irqNode.key ?? irqNode, 'E-MACHINE-LACKS', '`irq_stacks` belongs to `stack`', {
        expected: `\`stack: ${sizeText(ARCHES[arch].threadSize)}\` beside it`,
      });
    }
    return undefined;
  }
  const bytes = quantity(findings, stackNode, SIZE);
  if (bytes === undefined) return undefined;
  const { threadSize } = ARCHES[arch];
  const isSmall = bytes === SMALL_STACK && hasSmallStacks(arch);
  if (bytes !== threadSize && !isSmall) {
    const small = hasSmallStacks(arch) ? ', or 4KiB, which is CONFIG_4KSTACKS of 2.6.6' : '';
    const message = `no kernel of ${arch} has stacks of ${quote(stackNode.source)}: THREAD_SIZE is fixed when it is built`;
    findings.error(stackNode, 'E-STACK-SIZE', message, { expected: `${sizeText(threadSize)}${small}` });
    return undefined;
  }
  if (isSmall && irqNode?.value === false) {
    const message = 'CONFIG_4KSTACKS always has interrupt stacks: 4KiB would not hold both';
    findings.error(irqNode, 'E-KEY-CONFLICT', message, {
      expected: '`irq_stacks: true`, or no `irq_stacks`',
      suggestions: ['true'],
    });
  }
  // x86_64 switches to a stack of the CPU's in `interrupt` and call_softirq of arch/x86_64/kernel/entry.S.
  return { threadBytes: bytes, irqStacks: isSmall || booleanOf(irqNode, arch === 'x86_64') };
}

/** BLKDEV_MAX_RQ of include/linux/blkdev.h, and a usual disk of 2003. */
const DISK_REQUESTS = 128;
const DISK_SEEK_US = 8000;
const MIN_SPEED = 64 << 10;
const MAX_SPEED = 100_000_000_000;

/** What i386 can address in one swap area: 24 bits of offset. Source: include/asm-i386/pgtable.h, __swp_offset() */
const MAX_SWAP_PAGES = 1 << 24;

/** sysctl parameters that only reclaim and write-back know, with the defaults of 2.6.0. */
const VM_SYSCTLS = {
  swappiness: ['vm.swappiness', 60],
  dirtyRatio: ['vm.dirty_ratio', 40],
  dirtyBackgroundRatio: ['vm.dirty_background_ratio', 10],
  dirtyWritebackCentisecs: ['vm.dirty_writeback_centisecs', 500],
  dirtyExpireCentisecs: ['vm.dirty_expire_centisecs', 3000],
  pageCluster: ['vm.page-cluster', 3],
} as const;

function readVm(findings: Findings, node: Located, arch: ArchName, ramPages: number): MachineConfig['vm'] {
  const disk = field(node, 'disk');
  const sysctl = field(node, 'sysctl');
  const swap = field(node, 'swap');
  if (disk === undefined) {
    const useless = [swap, ...Object.values(VM_SYSCTLS).map(([name]) => field(sysctl, name))];
    for (const child of useless) {
      if (child === undefined) continue;
      const place = child.key ?? child;
      const message = `${quote(findings.textOf(place))} is for a machine with a disk`;
      findings.error(place, 'E-MACHINE-LACKS', message, { expected: 'a `disk` in `machine`' });
    }
    return undefined;
  }
  const speed = field(disk, 'speed');
  const diskBytesPerSecond = readSpeed(findings, speed, MIN_SPEED, MAX_SPEED);
  const seek = field(disk, 'seek');
  const diskSeekUs = seek === undefined ? DISK_SEEK_US : duration(findings, seek);
  const swapPages = readSwap(findings, swap, ARCHES[arch]);
  if (diskBytesPerSecond === undefined || diskSeekUs === undefined || swapPages === undefined)
    return undefined;
  const value = (name: keyof typeof VM_SYSCTLS): number =>
    integerOf(field(sysctl, VM_SYSCTLS[name][0])) ?? VM_SYSCTLS[name][1];
  // Below 16 MiB the kernel reads four pages at once from swap, not eight. Source: mm/swap.c, swap_setup()
  const isTiny = ramPages >> (20 - ARCHES[arch].pageShift) < 16;
  const pageCluster = integerOf(field(sysctl, 'vm.page-cluster')) ?? (isTiny ? 2 : value('pageCluster'));
  return {
    diskBytesPerSecond,
    diskSeekUs,
    diskRequests: integerOf(field(disk, 'requests')) ?? DISK_REQUESTS,
    swapPages,
    swappiness: value('swappiness'),
    dirtyRatio: value('dirtyRatio'),
    dirtyBackgroundRatio: value('dirtyBackgroundRatio'),
    dirtyWritebackCentisecs: value('dirtyWritebackCentisecs'),
    dirtyExpireCentisecs: value('dirtyExpireCentisecs'),
    pageCluster,
    filePages: [],
  };
}

function readSwap(findings: Findings, node: Located | undefined, arch: Arch): number | undefined {
  if (node === undefined) return 0;
  const bytes = quantity(findings, node, SIZE);
  if (bytes === undefined) return undefined;
  if (bytes % arch.pageBytes !== 0) {
    const message = `${quote(node.source)} of swap is not a whole number of pages`;
    findings.error(node, 'E-PAGE-ALIGNED', message, {
      expected: `a multiple of ${sizeText(arch.pageBytes)}`,
    });
    return undefined;
  }
  const pages = bytes / arch.pageBytes;
  if (pages < 1 || pages > MAX_SWAP_PAGES) {
    const expected = `${sizeText(arch.pageBytes)} to ${sizeText(MAX_SWAP_PAGES * arch.pageBytes)}, or no \`swap\``;
    findings.error(node, 'E-RANGE', `${quote(node.source)} of swap`, { expected });
    return undefined;
  }
  return pages;
}

const MAX_DATA_CACHE = 16 << 20;
const DATA_CACHE_WAYS = 4;

function readDataCache(
  findings: Findings,
  node: Located | undefined,
  arch: Arch,
): MachineConfig['dataCache'] {
  if (node?.entries == null) return undefined;
  const sizeNode = field(node, 'size');
  const lineNode = field(node, 'line');
  const waysNode = field(node, 'ways');
  const bytes = powerOfTwo(findings, sizeNode, quantity(findings, sizeNode, SIZE), 1024, MAX_DATA_CACHE);
  const lineBytes =
    lineNode === undefined
      ? arch.l1CacheBytes
      : powerOfTwo(findings, lineNode, quantity(findings, lineNode, SIZE), 16, 256);
  const ways =
    waysNode === undefined ? DATA_CACHE_WAYS : powerOfTwo(findings, waysNode, integerOf(waysNode), 1, 64);
  if (bytes === undefined || lineBytes === undefined || ways === undefined) return undefined;
  if (bytes < lineBytes * ways) {
    const message = `${ways} ways of ${lineBytes} bytes are more than the ${sizeText(bytes)} of the cache`;
    findings.error(waysNode ?? lineNode ?? sizeNode ?? node, 'E-DATA-CACHE', message, {
      expected: '`size` at least `line` times `ways`',
    });
    return undefined;
  }
  return { bytes, lineBytes, ways };
}

function powerOfTwo(
  findings: Findings,
  node: Located | undefined,
  value: number | undefined,
  least: number,
  most: number,
): number | undefined {
  if (node === undefined || value === undefined || findings.isFaulty(node)) return undefined;
  if (value >= least && value <= most && (value & (value - 1)) === 0) return value;
  const text = (n: number): string => (node.source.endsWith('B') ? sizeText(n) : String(n));
  findings.error(node, 'E-DATA-CACHE', `${quote(node.source)} is no number that a data cache is built with`, {
    expected: `a power of two, ${text(least)} to ${text(most)}`,
  });
  return undefined;
}

const DEBUG_NAMES = ['slab', 'spinlock_sleep', 'stackoverflow', 'highmem'];
/** Of those, what can only be noticed where there are kernel stacks. */
const DEBUG_OF_STACKS = ['spinlock_sleep', 'stackoverflow'];

function readDebug(findings: Findings, node: Located, arch: ArchName): MachineConfig['debug'] {
  const list = field(node, 'debug');
  if (list?.items == null || list.items.length === 0) return undefined;
  const names = new Set<string>();
  for (const item of list.items) {
    const name = textOf(item);
    if (name === undefined || !DEBUG_NAMES.includes(name)) continue;
    if (names.has(name))
      findings.error(item, 'E-DUPLICATE', `${quote(name)} is in the list twice`, { expected: 'each once' });
    names.add(name);
    if (name === 'highmem' && ARCHES[arch].kmap === null) {
      findings.error(item, 'E-MACHINE-LACKS', `${arch} has no high memory`, {
        expected: 'i386, i386-pae or ppc32',
      });
    } else if (DEBUG_OF_STACKS.includes(name) && field(node, 'stack') === undefined) {
      findings.error(item, 'E-MACHINE-LACKS', `${quote(name)} is for a machine with kernel stacks`, {
        expected: 'a `stack` in `machine`',
      });
    } else if (name === 'stackoverflow' && !hasSmallStacks(arch)) {
      const message = `in 2.6.0 ${arch} has no CONFIG_DEBUG_STACKOVERFLOW`;
      findings.error(item, 'E-MACHINE-LACKS', message, { expected: 'i386 or i386-pae' });
    }
  }
  return {
    slab: names.has('slab'),
    spinlockSleep: names.has('spinlock_sleep'),
    stackOverflow: names.has('stackoverflow'),
    ...(names.has('highmem') ? { highmem: true } : {}),
  };
}
