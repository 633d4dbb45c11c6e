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

/** Cells from `cursor` on, going right or left until nothing moves. */
function trail(from: RunView, right: number, most: number): number[] {
  let at = from;
  const cells: number[] = [];
  while (cells.length < most) {
    cells.push(at.cursor);
    const moved = moveCursor(machine, mapLayout(machine, WIDTH, HEIGHT, at), at.cursor, right, 0);
    const next = mapLayout(machine, WIDTH, HEIGHT, { ...at, cursor: moved });
    const cursor = cellStart(machine, partOfCursor(machine, next, moved), moved);
    if (cursor === at.cursor) break;
    at = { ...at, cursor };
  }
  return cells;
}

test('right goes over every cell of every zone, left back again', () => {
  const there = trail(view({ cursor: 0 }), 1, 10_000);
  const { parts } = mapLayout(machine, WIDTH, HEIGHT, view({ cursor: 0 }));
  expect(new Set(there).size).toBe(parts.reduce((sum, { window }) => sum + window.count, 0));
  expect(trail(view({ cursor: there.at(-1)! }), -1, 10_000).reverse()).toEqual(there);
});

test('looked at closely, the cursor goes over the end of a zone into the next', () => {
  for (const zone of [0, 1]) {
    const border = endOf(zone);
    const there = trail(view({ cursor: border - 40, perCell: 8 }), 1, 12);
    expect(there.some(pfn => pfn < border) && there.includes(border)).toBe(true);
    const back = trail(view({ cursor: border, perCell: 8 }), -1, 3);
    expect(back[1]).toBeLessThan(border);
    expect(back[1]).toBeGreaterThan(border - 17);
  }
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
