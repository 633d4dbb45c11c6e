import {
  MAX_NR_ZONES,
  type Machine,
  PAGE_ALLOCATED,
  PAGE_FREE,
  PAGE_ORDER,
  PAGE_PCP,
  TAG_ANON,
  TAG_KERNEL_TABLE,
  TAG_PAGE_CACHE,
  TAG_PAGE_TABLE,
  TAG_SLAB,
  TAG_STACK,
  TAG_VMALLOC,
  ZONE_SPANNED,
  ZONE_START,
  ZONE_STRIDE,
} from '../engine/index.ts';

/** What a page is, for a map; those of tasks in the order of OWNER_CODE. */
export const PAGE_KINDS = [
  'user',
  'kernel',
  'page_cache',
  'driver',
  'free',
  'pcp',
  'reserved',
  'slab',
  'stack',
  'page_table',
  'vmalloc',
  'anonymous',
] as const;
export type PageKind = (typeof PAGE_KINDS)[number];
const KIND_KERNEL = PAGE_KINDS.indexOf('kernel');
const KIND_FREE = PAGE_KINDS.indexOf('free');
const KIND_PCP = PAGE_KINDS.indexOf('pcp');
const KIND_RESERVED = PAGE_KINDS.indexOf('reserved');

/** What the engine took blocks for that no task numbered: their tag, and what they are on a map. */
export const TAG_KINDS: readonly (readonly [number, PageKind])[] = [
  [TAG_SLAB, 'slab'],
  [TAG_STACK, 'stack'],
  [TAG_PAGE_CACHE, 'page_cache'],
  [TAG_ANON, 'anonymous'],
  [TAG_VMALLOC, 'vmalloc'],
  [TAG_PAGE_TABLE, 'page_table'],
  [TAG_KERNEL_TABLE, 'page_table'],
];
/** Index in PAGE_KINDS, by -tag. */
const KIND_OF_TAG = new Uint8Array(16).fill(KIND_KERNEL);
for (const [tag, kind] of TAG_KINDS) KIND_OF_TAG[-tag] = PAGE_KINDS.indexOf(kind);

/** In a cell: no page in it differs. */
export const SAME = 255;
/** The most cells that a zone is drawn with. */
const MAX_CELLS = 256;

/** Index in PAGE_KINDS of every page. @param slotOwner owner by tape slot */
export function pageKinds(m: Machine, slotOwner: Uint8Array): Uint8Array {
  const kinds = new Uint8Array(m.nrPages);
  for (let pfn = 0; pfn < m.nrPages; ) {
    const state = m.state[pfn];
    const pages = 1 << (state & PAGE_ORDER);
    kinds.fill(kindOf(m, pfn, state, slotOwner), pfn, pfn + pages);
    pfn += pages;
  }
  return kinds;
}

/** Index in PAGE_KINDS of a block. @param state of its first page */
export function kindOf(m: Machine, pfn: number, state: number, slotOwner: Uint8Array): number {
  switch (state & ~PAGE_ORDER) {
    case PAGE_FREE:
      return KIND_FREE;
    case PAGE_PCP:
      return KIND_PCP;
    case PAGE_ALLOCATED: {
      const slot = m.tag[pfn];
      if (slot < 0) return KIND_OF_TAG[-slot];
      return slot < slotOwner.length ? slotOwner[slot] : KIND_KERNEL;
    }
    default:
      return KIND_RESERVED;
  }
}

/** The pages of one zone that are not of the same kind in two runs. */
export interface MapDifference {
  /** Zone index. */
  zone: number;
  nrPages: number;
  differing: number;
  /** From the most pages to the fewest. */
  changes: { a: PageKind; b: PageKind; pages: number }[];
  /** A power of two. */
  pagesPerCell: number;
  /** Of each cell, what most of its differing pages are: indexes in PAGE_KINDS, or SAME. */
  a: Uint8Array;
  b: Uint8Array;
}

/** Every zone that has pages. */
export function mapDifferences(m: Machine, a: Uint8Array, b: Uint8Array): MapDifference[] {
  const zones: MapDifference[] = [];
  for (let zone = 0; zone < MAX_NR_ZONES; zone++) {
    const start = m.zone[zone * ZONE_STRIDE + ZONE_START];
    const nrPages = m.zone[zone * ZONE_STRIDE + ZONE_SPANNED];
    if (nrPages > 0)
      zones.push(differenceIn(zone, a.subarray(start, start + nrPages), b.subarray(start, start + nrPages)));
  }
  return zones;
}

function differenceIn(zone: number, a: Uint8Array, b: Uint8Array): MapDifference {
  const nrKinds = PAGE_KINDS.length;
  const nrPages = a.length;
  let pagesPerCell = 1;
  while (pagesPerCell * MAX_CELLS < nrPages) pagesPerCell *= 2;
  const nrCells = Math.ceil(nrPages / pagesPerCell);
  const cellsA = new Uint8Array(nrCells).fill(SAME);
  const cellsB = new Uint8Array(nrCells).fill(SAME);
  const pairs = new Int32Array(nrKinds * nrKinds);
  const inCell = new Int32Array(nrKinds * nrKinds);
  let differing = 0;
  for (let cell = 0; cell < nrCells; cell++) {
    inCell.fill(0);
    const end = Math.min(nrPages, (cell + 1) * pagesPerCell);
    for (let i = cell * pagesPerCell; i < end; i++) if (a[i] !== b[i]) inCell[a[i] * nrKinds + b[i]]++;
    let most = -1;
    for (let pair = 0; pair < inCell.length; pair++) {
      if (inCell[pair] === 0) continue;
      pairs[pair] += inCell[pair];
      differing += inCell[pair];
      if (most < 0 || inCell[pair] > inCell[most]) most = pair;
    }
    if (most < 0) continue;
    cellsA[cell] = Math.floor(most / nrKinds);
    cellsB[cell] = most % nrKinds;
  }
  const changes = [...pairs.keys()]
    .filter(pair => pairs[pair] > 0)
    .sort((p, q) => pairs[q] - pairs[p] || p - q)
    .map(pair => ({
      a: PAGE_KINDS[Math.floor(pair / nrKinds)],
      b: PAGE_KINDS[pair % nrKinds],
      pages: pairs[pair],
    }));
  return { zone, nrPages, differing, changes, pagesPerCell, a: cellsA, b: cellsB };
}
