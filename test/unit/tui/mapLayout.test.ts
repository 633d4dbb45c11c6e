import { boot, ZONE_SPANNED, ZONE_START, ZONE_STRIDE, zoneOf } from '../../../src/engine/index.ts';
import { cellStart, mapLayout, moveCursor, partOfCursor, zoomed } from '../../../src/tui/mapLayout.ts';
import { FIRST_VIEW, type RunView } from '../../../src/tui/runView.ts';
import { MACHINE } from './fake.ts';

const machine = boot({ ...MACHINE, ramPages: 300_000 });
const WIDTH = 49;
const HEIGHT = 11;
const view = (change: Partial<RunView>): RunView => ({
  ...FIRST_VIEW,
  inspecting: true,
  cursor: 0,
  ...change,
});
const startOf = (zone: number): number => machine.zone[zone * ZONE_STRIDE + ZONE_START];
const endOf = (zone: number): number => startOf(zone) + machine.zone[zone * ZONE_STRIDE + ZONE_SPANNED];

test('closer halves the cells down to a page, further doubles them up to all zones', () => {
  for (const cursor of [100, 70_000, 299_000]) {
    let at = view({ cursor });
    const closer: number[] = [];
    for (let last = -1; last !== at.perCell; ) {
      last = at.perCell;
      at = { ...at, perCell: zoomed(machine, WIDTH, HEIGHT, at, true) };
      closer.push(at.perCell);
    }
    expect(closer.at(-1)).toBe(1);
    const further: number[] = [];
    while (at.perCell > 0) {
      at = { ...at, perCell: zoomed(machine, WIDTH, HEIGHT, at, false) };
      further.push(at.perCell);
    }
    expect(further).toEqual([...closer.slice(0, -2).reverse(), 0]);
    for (let i = 1; i < closer.length - 1; i++) expect(closer[i]).toBe(closer[i - 1] / 2);
    // The first step is closer than the map of all zones.
    const all = partOfCursor(machine, mapLayout(machine, WIDTH, HEIGHT, at), cursor);
    expect(closer[0]).toBeLessThan(all.window.perCell);
  }
});

test.each([1, 4, 64])('at %i pages a cell the cursor is always in the picture', perCell => {
  for (let pfn = 0; pfn < machine.nrPages; pfn += 1777) {
    const at = view({ cursor: pfn, perCell });
    const { columns, parts } = mapLayout(machine, WIDTH, HEIGHT, at);
    expect(parts).toHaveLength(1);
    const [{ zone, window, y, rows }] = parts;
    expect(zone).toBe(zoneOf(machine, pfn));
    const first = startOf(zone) + window.first * window.perCell;
    expect(pfn).toBeGreaterThanOrEqual(first);
    expect(pfn).toBeLessThan(first + window.count * window.perCell);
    expect(window.first % columns).toBe(0);
    expect(y + 1 + rows).toBeLessThanOrEqual(HEIGHT);
  }
});

test('the picture stands still while the cursor goes about its middle', () => {
  const cells = (cursor: number): number =>
    mapLayout(machine, WIDTH, HEIGHT, view({ cursor, perCell: 1 })).parts[0].window.first;
  const tops = new Set(Array.from({ length: 40 }, (_, row) => cells(100_000 + row * 48)));
  expect(tops.size).toBeLessThan(14);
});

test.each([0, 64])('right goes over every cell of every zone, left back again (%i pages a cell)', perCell => {
  let at = view({ cursor: 0, perCell });
  const trail: number[] = [];
  const step = (right: number): boolean => {
    const layout = mapLayout(machine, 145, 29, at);
    const moved = moveCursor(machine, layout, at.cursor, right, 0);
    const next = mapLayout(machine, 145, 29, { ...at, cursor: moved });
    const cursor = cellStart(machine, partOfCursor(machine, next, moved), moved);
    if (cursor === at.cursor) return false;
    at = { ...at, cursor };
    return true;
  };
  do trail.push(at.cursor);
  while (step(1) && trail.length < 100_000);
  expect(new Set(trail).size).toBe(trail.length);
  const { parts } = mapLayout(machine, 145, 29, view({ cursor: 0 }));
  if (perCell === 0) expect(trail.length).toBe(parts.reduce((sum, { window }) => sum + window.count, 0));
  // ZONE_DMA fits at two pages a cell, HighMem at 32.
  else expect(trail.length).toBe(4096 / 2 + 225_280 / 64 + 70_624 / 32);
  const back: number[] = [];
  do back.push(at.cursor);
  while (step(-1));
  expect(back.reverse()).toEqual(trail);
});

test('down goes from row to row and from zone to zone, and stays at the last', () => {
  let at = view({ cursor: 5 * 128 });
  const zones: number[] = [];
  for (let i = 0; i < 60; i++) {
    zones.push(zoneOf(machine, at.cursor));
    const layout = mapLayout(machine, WIDTH, HEIGHT, at);
    const cursor = moveCursor(machine, layout, at.cursor, 0, 1);
    expect(cursor).toBeGreaterThanOrEqual(at.cursor);
    expect(cursor).toBeLessThan(machine.nrPages);
    at = { ...at, cursor };
  }
  expect([...new Set(zones)]).toEqual([0, 1, 2]);
  for (let i = 0; i < 60; i++) {
    const layout = mapLayout(machine, WIDTH, HEIGHT, at);
    at = { ...at, cursor: moveCursor(machine, layout, at.cursor, 0, -1) };
  }
  expect(at.cursor).toBeLessThan(endOf(0));
});
