import {
  __GFP_COLD,
  __GFP_DMA,
  __GFP_FS,
  __GFP_HIGH,
  __GFP_HIGHMEM,
  __GFP_IO,
  __GFP_NO_GROW,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_REPEAT,
  __GFP_WAIT,
  GFP_HIGHUSER,
  GFP_KERNEL,
  GFP_NOFS,
  GFP_NOIO,
} from '../../engine/index.ts';

/** A mask of some kernel in the bits of 2.6.0. */
export interface GfpMask {
  mask: number;
  /** Flags that 2.6.0 does not have, by the names of their kernel. */
  lost: string[];
}

/** What flags of any kernel, without `__` and `GFP_`, come to in 2.6.0. Source: include/linux/gfp.h of 2.4 to 6.x */
const WORDS: Readonly<Record<string, number>> = {
  ATOMIC: __GFP_HIGH,
  NOWAIT: 0,
  KERNEL: GFP_KERNEL,
  USER: GFP_KERNEL,
  HIGHUSER: GFP_HIGHUSER,
  BUFFER: GFP_NOIO,
  NFS: GFP_KERNEL,
  NOIO: GFP_NOIO,
  NOFS: GFP_NOFS,
  DMA: __GFP_DMA,
  HIGHMEM: __GFP_HIGHMEM,
  WAIT: __GFP_WAIT,
  DIRECT_RECLAIM: __GFP_WAIT,
  RECLAIM: __GFP_WAIT,
  KSWAPD_RECLAIM: 0,
  HIGH: __GFP_HIGH,
  IO: __GFP_IO,
  FS: __GFP_FS,
  COLD: __GFP_COLD,
  NOWARN: __GFP_NOWARN,
  REPEAT: __GFP_REPEAT,
  NOFAIL: __GFP_NOFAIL,
  NORETRY: __GFP_NORETRY,
  NO_GROW: __GFP_NO_GROW,
};

/** Names that stand for several flags, some of which 2.6.0 lacks. */
const COMPOUND: Readonly<Record<string, readonly [mask: number, lost: string]>> = {
  KERNEL_ACCOUNT: [GFP_KERNEL, '__GFP_ACCOUNT'],
  HIGHUSER_MOVABLE: [GFP_HIGHUSER, '__GFP_MOVABLE'],
  TEMPORARY: [GFP_KERNEL, '__GFP_RECLAIMABLE'],
  TRANSHUGE: [GFP_HIGHUSER | __GFP_NORETRY | __GFP_NOWARN, '__GFP_MOVABLE'],
  TRANSHUGE_LIGHT: [(GFP_HIGHUSER & ~__GFP_WAIT) | __GFP_NOWARN, '__GFP_MOVABLE'],
  IOFS: [__GFP_IO | __GFP_FS, ''],
  HIGHIO: [__GFP_IO, ''],
};

const OF_24 = ['DMA', 'HIGHMEM', '', '', 'WAIT', 'HIGH', 'IO', 'HIGHIO', 'FS'];
const COMMON = ['DMA', 'HIGHMEM', 'DMA32', 'MOVABLE'];
const RETRIES = ['COLD', 'NOWARN', 'REPEAT', 'NOFAIL', 'NORETRY'];
const REST = ['COMP', 'ZERO', 'NOMEMALLOC', 'HARDWALL', 'THISNODE'];
/** Bits by kernel, lowest first. Source: include/linux/gfp.h, gfp_types.h */
const BITS = {
  '2.4': OF_24,
  '2.6': [
    ...COMMON,
    ...['WAIT', 'HIGH', 'IO', 'FS', ...RETRIES, 'MEMALLOC', ...REST],
    ...['RECLAIMABLE', 'KMEMCG', 'NOTRACK', 'NO_KSWAPD', 'OTHER_NODE', 'WRITE'],
  ],
  '4.4': [
    ...COMMON,
    ...['RECLAIMABLE', 'HIGH', 'IO', 'FS', ...RETRIES, 'MEMALLOC', ...REST],
    ...['ATOMIC_', 'ACCOUNT', 'NOTRACK', 'DIRECT_RECLAIM', 'OTHER_NODE', 'WRITE', 'KSWAPD_RECLAIM'],
  ],
  '4.15': [
    ...COMMON,
    ...[
      'RECLAIMABLE',
      'HIGH',
      'IO',
      'FS',
      'WRITE',
      'NOWARN',
      'RETRY_MAYFAIL',
      'NOFAIL',
      'NORETRY',
      'MEMALLOC',
    ],
    ...[...REST, 'ATOMIC_', 'ACCOUNT', 'NOTRACK', 'DIRECT_RECLAIM', 'WRITE', 'KSWAPD_RECLAIM'],
  ],
  '4.19': [
    ...COMMON,
    ...[
      'RECLAIMABLE',
      'HIGH',
      'IO',
      'FS',
      'WRITE',
      'NOWARN',
      'RETRY_MAYFAIL',
      'NOFAIL',
      'NORETRY',
      'MEMALLOC',
    ],
    ...[...REST, 'ATOMIC_', 'ACCOUNT', 'DIRECT_RECLAIM', 'KSWAPD_RECLAIM'],
  ],
  '5.1': [
    ...COMMON,
    ...['RECLAIMABLE', 'HIGH', 'IO', 'FS', 'ZERO', 'ATOMIC_', 'DIRECT_RECLAIM', 'KSWAPD_RECLAIM', 'WRITE'],
    ...['NOWARN', 'RETRY_MAYFAIL', 'NOFAIL', 'NORETRY', 'MEMALLOC', 'COMP', 'NOMEMALLOC', 'HARDWALL'],
    ...['THISNODE', 'ACCOUNT', 'ZEROTAGS', 'SKIP_ZERO', 'SKIP_KASAN', 'NOLOCKDEP'],
  ],
} as const;
type Era = keyof typeof BITS;

/**
 * Which kernel's bits a number is in: by its version where the log tells, else by what no other kernel has.
 *
 * @param version `2.6.32`, or ''
 */
function eraOf(mask: number, version: string): Era {
  const found = /^(\d+)\.(\d+)/.exec(version);
  if (found !== null) {
    const [major, minor] = [Number(found[1]), Number(found[2])];
    if (major < 2 || (major === 2 && minor <= 4)) return '2.4';
    if (major < 4 || (major === 4 && minor < 4)) return '2.6';
    if (major === 4) return minor < 13 ? '4.4' : minor < 19 ? '4.15' : '4.19';
    return major === 5 && minor < 1 ? '4.19' : '5.1';
  }
  if ((mask & 0x2000000) !== 0) return '4.4';
  if ((mask & 0x1000000) !== 0 && (mask & 0x10) === 0) return '4.15';
  if ((mask & 0x600000) !== 0 && (mask & 0xc00) === 0 && (mask & 0x10) === 0) return '4.19';
  // A mask that sleeps had __GFP_WAIT, 0x10; later ones have a flag for kswapd, 0x800.
  return (mask & 0x800) !== 0 && (mask & 0x10) === 0 ? '5.1' : '2.6';
}

/** @param version of the kernel that wrote the number, '' where unknown */
export function maskOfNumber(mask: number, version: string): GfpMask {
  const names = BITS[eraOf(mask, version)];
  const words: string[] = [];
  let left = mask;
  for (let bit = 0; bit < names.length; bit++) {
    if (Math.floor(mask / 2 ** bit) % 2 === 0) continue;
    if (names[bit] !== '') words.push(names[bit]);
    left -= 2 ** bit;
  }
  if (left > 0) words.push(`0x${left.toString(16)}`);
  return maskOfWords(words);
}

function maskOfWords(words: readonly string[]): GfpMask {
  let mask = 0;
  const lost: string[] = [];
  for (const word of words) {
    const name = word.replace(/^_*(?:GFP_)?/, '');
    const compound = COMPOUND[name];
    if (Object.hasOwn(WORDS, name)) mask |= WORDS[name];
    else if (compound !== undefined) {
      mask |= compound[0];
      if (compound[1] !== '') lost.push(compound[1]);
    } else if (/^0x[0-9a-f]+$/i.test(name)) lost.push(name);
    else if (name !== '') lost.push(`__GFP_${name.replace(/_$/, '')}`);
  }
  return { mask, lost };
}

/**
 * A mask as a log writes it: `GFP_KERNEL|__GFP_NOWARN`, `0xcc0`, `0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO)`,
 * `GFP_WAIT|0x20`, `d0`.
 *
 * @returns null where it is none
 */
export function readMask(text: string, version: string): GfpMask | null {
  const inside = /\(([^()]*)\)?$/.exec(text)?.[1];
  const words = inside !== undefined && /[A-Z]/.test(inside) ? inside : text.replace(/\(.*$/, '');
  if (/^(?:0x)?[0-9a-f]{1,8}$/i.test(words)) return maskOfNumber(Number.parseInt(words, 16), version);
  if (!/^[A-Za-z0-9_|]+$/.test(words) || !/[A-Z]/.test(words)) return null;
  return maskOfWords(words.split('|'));
}

/** Names of 2.6.0 for a mask, the large ones first. */
const NAMES: readonly (readonly [mask: number, name: string])[] = [
  [GFP_HIGHUSER, 'GFP_HIGHUSER'],
  [GFP_KERNEL, 'GFP_KERNEL'],
  [GFP_NOFS, 'GFP_NOFS'],
  [GFP_NOIO, 'GFP_NOIO'],
  [__GFP_HIGH, 'GFP_ATOMIC'],
  [__GFP_DMA, 'GFP_DMA'],
  [__GFP_HIGHMEM, '__GFP_HIGHMEM'],
  [__GFP_IO, '__GFP_IO'],
  [__GFP_FS, '__GFP_FS'],
  [__GFP_COLD, '__GFP_COLD'],
  [__GFP_NOWARN, '__GFP_NOWARN'],
  [__GFP_REPEAT, '__GFP_REPEAT'],
  [__GFP_NOFAIL, '__GFP_NOFAIL'],
  [__GFP_NORETRY, '__GFP_NORETRY'],
  [__GFP_NO_GROW, '__GFP_NO_GROW'],
];

/**
 * A mask that a step may have: no two zones, no flag beside another that makes it mean nothing.
 *
 * @param address the call returns an address, or the machine has no high memory to speak of
 */
export function usableMask(mask: number, address: boolean): number {
  let usable = mask;
  if (address || (usable & __GFP_DMA) !== 0) usable &= ~__GFP_HIGHMEM;
  if ((usable & __GFP_WAIT) === 0) usable &= ~(__GFP_REPEAT | __GFP_NOFAIL | __GFP_NORETRY);
  if ((usable & __GFP_NORETRY) !== 0) usable &= ~(__GFP_REPEAT | __GFP_NOFAIL);
  return usable;
}

/** `[GFP_KERNEL, __GFP_NOWARN]`; a mask of no flag, which has no name in 2.6.0, says that it does not warn. */
export function maskText(mask: number): string {
  const names: string[] = [];
  let left = mask;
  for (const [bits, name] of NAMES) {
    if (bits === 0 || (left & bits) !== bits) continue;
    names.push(name);
    left &= ~bits;
  }
  return `[${names.length === 0 ? '__GFP_NOWARN' : names.join(', ')}]`;
}

/** What becomes of such a request when memory is short: see outcomes() of the loader. */
export function waitsForEver(mask: number, order: number, memalloc: boolean): boolean {
  if ((mask & __GFP_WAIT) === 0 || memalloc || (mask & __GFP_NORETRY) !== 0) return false;
  return order <= 3 || (mask & (__GFP_REPEAT | __GFP_NOFAIL)) !== 0;
}
