/** The slab caches, those with the most pages first: slabs that are full, partly in use and empty, and objects in use. */
import { type CacheRow, pagesOf, slabsOf, slabTable } from '../../engine/index.ts';
import { Cells } from '../cells.ts';
import { compact, grouped } from '../format.ts';
import { type Look, lookOf } from '../look.ts';
import type { Model } from '../model.ts';

interface Column {
  title: string;
  columns: number;
  text(row: CacheRow, columns: number): string;
  /** A number that stands out when it is not 0. */
  counts?: (row: CacheRow) => number;
}

const number =
  (of: (row: CacheRow) => number): Column['text'] =>
  (row, columns) =>
    compact(of(row), columns - 1);

const OBJECTS: Column[] = [
  { title: 'in use', columns: 8, text: number(row => row.inuse), counts: row => row.inuse },
  { title: 'objects', columns: 8, text: number(row => slabsOf(row) * row.num) },
];
const SLABS: Column[] = [
  { title: 'full', columns: 6, text: number(row => row.full), counts: row => row.full },
  { title: 'partial', columns: 8, text: number(row => row.partial), counts: row => row.partial },
  { title: 'empty', columns: 6, text: number(row => row.free), counts: row => row.free },
];
const PAGES: Column = { title: 'pages', columns: 7, text: number(pagesOf), counts: pagesOf };
const BYTES: Column = { title: 'bytes', columns: 7, text: number(row => row.objsize) };

/** The name has what is left over; the gauge comes last of all. */
function columnsFor(width: number): Column[] {
  const all = [BYTES, ...OBJECTS, ...SLABS, PAGES];
  const fits = (columns: Column[]): boolean => columns.reduce((sum, c) => sum + c.columns, 13) <= width;
  const least = [...SLABS, { ...PAGES, columns: 6 }];
  return [all, [...OBJECTS, ...SLABS, PAGES], [OBJECTS[0], ...SLABS, PAGES]].find(fits) ?? least;
}

/** Of the objects that its slabs have room for, how many are in use. */
function gauge(cells: Cells, x: number, y: number, width: number, row: CacheRow, look: Look): void {
  const { glyphs, theme } = look;
  const filled = Math.round((row.inuse / Math.max(1, slabsOf(row) * row.num)) * width);
  for (let i = 0; i < width; i++) {
    cells.text(
      x + i,
      y,
      i < filled ? glyphs.barDone : glyphs.barLeft,
      i < filled ? theme.progress : theme.frame,
    );
  }
}

export function slabs(model: Model, width: number, height: number): Cells {
  const look = lookOf(model);
  const { glyphs, theme } = look;
  const cells = new Cells(width, height);
  const slab = model.play?.run.machine.slab;
  if (!slab) return cells;
  const table = slabTable(slab).filter(row => slabsOf(row) > 0);
  table.sort((a, b) => pagesOf(b) - pagesOf(a));
  const columns = columnsFor(width);
  const used = columns.reduce((sum, column) => sum + column.columns, 0);
  const nameColumns = Math.min(20, width - used);
  const gaugeColumns = Math.min(24, width - used - nameColumns - 2);
  let x = cells.text(0, 0, 'cache'.padEnd(nameColumns), theme.dim, nameColumns);
  for (const { title, columns: room } of columns) {
    cells.text(x + room - title.length, 0, title, theme.dim);
    x += room;
  }
  if (gaugeColumns >= 8) cells.text(x + 2, 0, 'objects in use', theme.dim);
  // Where not all have a line, the last one tells what is left out.
  const lines = table.length > height - 1 ? height - 2 : table.length;
  table.slice(0, lines).forEach((row, i) => {
    cells.clipped(0, i + 1, row.name, theme.strong, nameColumns - 1, glyphs.ellipsis);
    x = nameColumns;
    for (const column of columns) {
      const text = column.text(row, column.columns);
      const as = column.counts?.(row) === 0 ? theme.frame : column.counts ? theme.text : theme.dim;
      cells.text(x + column.columns - text.length, i + 1, text, as);
      x += column.columns;
    }
    if (gaugeColumns >= 8) gauge(cells, x + 2, i + 1, gaugeColumns, row, look);
  });
  const rest = table.slice(lines);
  if (rest.length === 0) return cells;
  const pages = rest.reduce((sum, row) => sum + pagesOf(row), 0);
  const text = `${rest.length} more caches with ${grouped(pages)} pages`;
  cells.clipped(0, height - 1, text, theme.dim, width, glyphs.ellipsis);
  return cells;
}
