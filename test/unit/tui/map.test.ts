import {
  allocPages,
  boot,
  freePages,
  GFP_DMA,
  GFP_HIGHUSER,
  GFP_KERNEL,
  type Machine,
  NIL,
  nrFree,
  PAGE_ALLOCATED,
  PAGE_FREE,
  PAGE_ORDER,
  PAGE_PCP,
  PAGE_RESERVED,
  TAG_ANON,
  TAG_PAGE_CACHE,
  TAG_PAGE_TABLE,
  TAG_SLAB,
  TAG_STACK,
  TAG_VMALLOC,
  ZONE_SPANNED,
  ZONE_START,
  ZONE_STRIDE,
} from '../../../src/engine/index.ts';
import type { GameRun } from '../../../src/tui/gameRun.ts';
import {
  fitZones,
  KIND_ANONYMOUS,
  KIND_FREE,
  KIND_KERNEL,
  KIND_PAGE_CACHE,
  KIND_PAGE_TABLE,
  KIND_PCP,
  KIND_RESERVED,
  KIND_SLAB,
  KIND_STACK,
  KIND_USER,
  KIND_VMALLOC,
  mapZone,
  NR_KINDS,
  pagesPerCell,
  presentZones,
  zoneMapOf,
} from '../../../src/tui/map.ts';
import { FakeRun, MACHINE } from './fake.ts';

const OWNERS = Uint8Array.from({ length: 5000 }, (_, i) => i % 4);

/** Blocks of all orders in all zones, some freed again, with a small generator of its own. */
function worked(ramPages: number, seed: number): Machine {
  const machine = boot({ ...MACHINE, ramPages });
  let state = seed;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
  const held: [number, number][] = [];
  for (let i = 0; i < 3000; i++) {
    if (draw(3) === 0 && held.length > 0) {
      const [[pfn, order]] = held.splice(draw(held.length), 1);
      machine.tag[pfn] = NIL;
      freePages(machine, pfn, order, 0, 0);
      continue;
    }
    const order = draw(4) === 0 ? draw(8) : 0;
    const pfn = allocPages(machine, [GFP_KERNEL, GFP_HIGHUSER, GFP_DMA][draw(3)], order, 0, 0);
    if (pfn === NIL) continue;
    machine.tag[pfn] = i;
    held.push([pfn, order]);
  }
  return machine;
}

/** Kind of every page, by looking at each on its own. */
function kindsOf(machine: Machine): { kind: Uint8Array; head: Uint8Array } {
  const kind = new Uint8Array(machine.nrPages);
  const head = new Uint8Array(machine.nrPages);
  for (let pfn = 0; pfn < machine.nrPages; ) {
    const byte = machine.state[pfn];
    const order = byte >= PAGE_ALLOCATED || (byte & 0xf0) === PAGE_FREE ? byte & PAGE_ORDER : 0;
    let of = 0;
    if (byte >= PAGE_ALLOCATED) of = machine.tag[pfn] < 0 ? KIND_KERNEL : OWNERS[machine.tag[pfn]] + 1;
    else if (byte === PAGE_RESERVED) of = KIND_RESERVED;
    else if (byte === PAGE_PCP) of = KIND_PCP;
    else if ((byte & 0xf0) === PAGE_FREE) of = KIND_FREE;
    head[pfn] = 1;
    for (let i = 0; i < 1 << order && pfn < machine.nrPages; i++) kind[pfn++] = of;
  }
  return { kind, head };
}

describe.each([
  [8192, 1],
  [16384, 2],
  [300_000, 3],
])('a worked machine of %i pages', (ramPages, seed) => {
  const machine = worked(ramPages, seed);
  const { kind, head } = kindsOf(machine);

  test.each([1, 2, 16, 256, 1024, 4096])(
    '%i pages a cell: every cell shows what most of its pages are',
    perCell => {
      for (const zone of presentZones(machine)) {
        const start = machine.zone[zone * ZONE_STRIDE + ZONE_START];
        const end = start + machine.zone[zone * ZONE_STRIDE + ZONE_SPANNED];
        const map = mapZone(machine, OWNERS, zone, perCell);
        expect(map.nrCells).toBe(Math.ceil((end - start) / perCell));
        const wrong: string[] = [];
        for (let cell = 0; cell < map.nrCells; cell++) {
          const from = start + cell * perCell;
          const to = Math.min(end, from + perCell);
          const count = new Int32Array(NR_KINDS);
          for (let pfn = from; pfn < to; pfn++) count[kind[pfn]]++;
          const most = Math.max(...count);
          let order = -1;
          for (let pfn = from; pfn < to; pfn++) {
            if (head[pfn] === 0 || kind[pfn] !== map.kind[cell]) continue;
            const byte = machine.state[pfn];
            order = Math.max(order, byte === PAGE_PCP || byte === PAGE_RESERVED ? 0 : byte & PAGE_ORDER);
          }
          const tie = map.kind[cell] === KIND_FREE && count.filter(nr => nr === most).length > 1;
          if (count[map.kind[cell]] !== most) wrong.push(`cell ${cell}: kind ${map.kind[cell]}`);
          if (tie) wrong.push(`cell ${cell}: free memory hides a page that is held`);
          if (map.whole[cell] !== (most === to - from ? 1 : 0)) wrong.push(`cell ${cell}: whole`);
          if (map.order[cell] !== order) wrong.push(`cell ${cell}: order ${map.order[cell]}, not ${order}`);
        }
        expect(wrong).toEqual([]);
      }
    },
  );

  test('counts free blocks as the free lists do', () => {
    for (const zone of presentZones(machine)) {
      const map = mapZone(machine, OWNERS, zone, 64);
      for (let order = 0; order < 11; order++) expect(map.nrFree[order]).toBe(nrFree(machine, zone, order));
    }
  });
});

/** A run that stands wherever its machine does. */
const runOf = (machine: Machine): GameRun =>
  Object.assign(new FakeRun(1, OWNERS.length), { machine, slotOwner: OWNERS });

test.each([1, 8, 1024, 4096])(
  'a map of %i pages a cell that follows changes is that of a walk from scratch',
  perCell => {
    const machine = worked(16_384, 4);
    const run = runOf(machine);
    const held: number[] = [];
    let state = perCell;
    for (let moves = 0; moves < 16; moves++) {
      for (const zone of presentZones(machine)) {
        const cells = Math.ceil(machine.zone[zone * ZONE_STRIDE + ZONE_SPANNED] / perCell);
        // Now and then the window moves, and cells lie outside it.
        const first = moves < 11 ? 0 : Math.min(moves * 3, cells - 1);
        const window = { perCell, first, count: Math.min(cells - first, moves < 7 ? cells : 900) };
        const followed = zoneMapOf(run, moves, zone, window);
        const fresh = mapZone(machine, OWNERS, zone, perCell, window);
        expect([followed.startPfn, followed.nrCells]).toEqual([fresh.startPfn, fresh.nrCells]);
        for (const column of ['kind', 'order', 'whole', 'nrFree'] as const) {
          expect(Buffer.from(followed[column].buffer).equals(Buffer.from(fresh[column].buffer))).toBe(true);
        }
        expect(zoneMapOf(run, moves, zone, null).nrFree).toEqual(mapZone(machine, OWNERS, zone, 64).nrFree);
      }
      for (let i = 0; i < 30; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        if (state % 3 === 0 && held.length > 1) {
          const [pfn, order] = held.splice(2 * ((state >>> 8) % (held.length / 2)), 2);
          freePages(machine, pfn, order, 0, 0);
          continue;
        }
        const order = (state >>> 4) % 6;
        const pfn = allocPages(machine, [GFP_KERNEL, GFP_HIGHUSER][state & 1], order, 0, 0);
        if (pfn === NIL) continue;
        machine.tag[pfn] = (state >>> 8) % 5000;
        held.push(pfn, order);
      }
    }
  },
);

test('a window has the cells that the whole zone has there', () => {
  const machine = worked(300_000, 5);
  for (const perCell of [1, 32, 2048]) {
    const all = mapZone(machine, OWNERS, 1, perCell);
    const part = mapZone(machine, OWNERS, 1, perCell, { perCell, first: 37, count: 41 });
    expect(part.startPfn).toBe(all.startPfn + 37 * perCell);
    expect(part.kind).toEqual(all.kind.slice(37, 78));
    expect(part.order).toEqual(all.order.slice(37, 78));
    expect(part.whole).toEqual(all.whole.slice(37, 78));
    expect(part.nrFree).toEqual(all.nrFree);
  }
});

test('a single held page in a free half ties and wins', () => {
  const machine = boot(MACHINE);
  machine.state.fill(0, 4096, 4100);
  machine.state[4096] = PAGE_ALLOCATED | 1;
  machine.tag[4096] = 0;
  machine.state[4098] = PAGE_FREE | 1;
  const map = mapZone(machine, OWNERS, 1, 4);
  expect([map.kind[0], map.whole[0], map.order[0]]).toEqual([KIND_USER, 0, 1]);
});

test('cells are the smallest power of two of pages that fits', () => {
  expect(pagesPerCell(4096, 4096)).toBe(1);
  expect(pagesPerCell(4097, 4096)).toBe(2);
  expect(pagesPerCell(1, 0)).toBe(1);
});

test('zones share the rows: all fit, none is left out, the rest is used up', () => {
  const cases: [number[], number, number][] = [
    [[4096, 12288], 8, 48],
    [[4096, 225280, 819200], 7, 48],
    [[4096, 225280, 819200], 30, 144],
    [[2048], 9, 48],
    [[4096, 12288], 2, 48],
  ];
  for (const [pages, rows, columns] of cases) {
    const scale = fitZones(pages, rows, columns);
    const used = scale.map((perCell, i) => Math.ceil(Math.ceil(pages[i] / perCell) / columns));
    expect(used.reduce((sum, nr) => sum + nr, 0)).toBeLessThanOrEqual(rows);
    for (const perCell of scale) expect(Math.log2(perCell) % 1).toBe(0);
    // No zone could be drawn finer.
    const left = rows - used.reduce((sum, nr) => sum + nr, 0);
    scale.forEach((perCell, i) => {
      if (perCell === 1) return;
      const finer = Math.ceil(Math.ceil((pages[i] * 2) / perCell) / columns);
      expect(finer - used[i]).toBeGreaterThan(left);
    });
  }
});

test.each([
  [TAG_SLAB, KIND_SLAB],
  [TAG_STACK, KIND_STACK],
  [TAG_PAGE_TABLE, KIND_PAGE_TABLE],
  [TAG_VMALLOC, KIND_VMALLOC],
  [TAG_ANON, KIND_ANONYMOUS],
  [TAG_PAGE_CACHE, KIND_PAGE_CACHE],
  [NIL, KIND_KERNEL],
])('blocks that the engine took are told apart: tag %i', (tag, kind) => {
  const machine = boot({ ...MACHINE, ramPages: 4096 });
  const pfn = allocPages(machine, GFP_KERNEL, 3, 0, 0);
  machine.tag[pfn] = tag;
  const map = mapZone(machine, OWNERS, 0, 1);
  expect(map.kind[pfn - map.startPfn]).toBe(kind);
  expect(map.order[pfn - map.startPfn]).toBe(3);
});
