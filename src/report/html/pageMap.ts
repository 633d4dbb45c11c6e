/** Maps of memory as inline SVG: a cell for some pages, a pattern and a colour for what they are. */
import type { PictureZone, RunPicture } from '../../contract/grading.ts';
import { PAGE_KINDS, type PageKind } from '../../harness/pageKinds.ts';
import { duration, grouped, plural } from '../quantity.ts';
import { htmlTable } from './page.ts';
import { figure, figureSvg, type Named, PLACES } from './plots.ts';

const COLUMNS = 64;
const CELL = 7;

interface Look {
  name: string;
  /** Of its background, in the light and in the dark. */
  light: string;
  dark: string;
  /** A path in a square of CELL. */
  mark: string;
}

const LOOKS: Record<PageKind, Look> = {
  user: { name: 'user process', light: '#9cc4f0', dark: '#2f5f94', mark: 'M0 7L7 0' },
  kernel: { name: 'kernel', light: '#f2a7a0', dark: '#8f3a33', mark: 'M0 0L7 7M0 7L7 0' },
  page_cache: { name: 'page cache', light: '#b6dfb0', dark: '#3a6d36', mark: 'M0 3.5H7' },
  driver: { name: 'driver', light: '#f6cf8d', dark: '#86601c', mark: 'M3.5 0V7' },
  free: { name: 'free', light: '#ffffff', dark: '#16161a', mark: '' },
  pcp: { name: 'per-CPU list', light: '#e3e3ea', dark: '#3a3a44', mark: 'M3 3h1v1h-1z' },
  reserved: { name: 'reserved', light: '#9a9aa6', dark: '#6c6c78', mark: 'M0 0L7 7' },
  slab: { name: 'slab', light: '#d9b8ea', dark: '#68407e', mark: 'M0 3.5H7M3.5 0V7' },
  stack: { name: 'kernel stack', light: '#f4b6d2', dark: '#853d62', mark: 'M1 6L3.5 1L6 6' },
  page_table: { name: 'page table', light: '#a8e0dc', dark: '#2c6b67', mark: 'M1.5 1.5h4v4h-4z' },
  vmalloc: { name: 'vmalloc', light: '#e6e19a', dark: '#6d681f', mark: 'M1 1L3.5 6L6 1' },
  anonymous: { name: 'anonymous memory', light: '#c3c9f5', dark: '#434b93', mark: 'M0 0L3.5 3.5L7 0' },
};

const idOf = (kind: PageKind): string => `kind-${kind.replace('_', '-')}`;

/** Once on a page: what its maps are painted with. */
export function mapPatterns(): string {
  const patterns = PAGE_KINDS.map(kind => {
    const { mark } = LOOKS[kind];
    const path = mark === '' ? '' : `<path class="mark" d="${mark}"/>`;
    return `<pattern id="${idOf(kind)}" width="${CELL}" height="${CELL}" patternUnits="userSpaceOnUse"><rect class="${idOf(kind)}" width="${CELL}" height="${CELL}"/>${path}</pattern>`;
  });
  const colours = (of: 'light' | 'dark'): string =>
    PAGE_KINDS.map(kind => `.${idOf(kind)}{fill:${LOOKS[kind][of]}}`).join('');
  return `<svg class="defs" aria-hidden="true" focusable="false"><style>${colours('light')}
@media screen and (prefers-color-scheme: dark){${colours('dark')}}</style><defs>
${patterns.join('\n')}
</defs></svg>`;
}

interface Run {
  kind: number;
  /** All pages of the cells are of the kind. */
  whole: boolean;
  cells: number;
}

function runsOf(cells: string): Run[] {
  return [...cells.matchAll(/([a-zA-Z])(\d*)/g)].map(([, letter, times]) => ({
    kind: letter.toLowerCase().charCodeAt(0) - 97,
    whole: letter === letter.toLowerCase(),
    cells: times === '' ? 1 : Number(times),
  }));
}

/** When the maps are of, as a clause. */
function moment({ at }: RunPicture): string {
  if (at.what === 'end') return 'at the end of the run';
  return `at event ${grouped(at.event)}, ${duration(at.timeUs)} (${PLACES[at.what]})`;
}

/** Pages that a map points at. */
export interface Highlight {
  zone: string;
  /** From the start of the zone. */
  firstPage: number;
  pages: number;
  /** What they are: `the block of order 3 that came nearest`. */
  text: string;
}

export function pageMaps(picture: RunPicture, id: string, highlights: readonly Highlight[] = []): string {
  const { zones } = picture;
  const present = PAGE_KINDS.filter((_, kind) => zones.some(({ kinds }) => kinds[kind] > 0));
  const rows = present.map(kind => [
    LOOKS[kind].name,
    ...zones.map(({ kinds }) => grouped(kinds[PAGE_KINDS.indexOf(kind)])),
  ]);
  return [
    mapLegend(present),
    ...zones.map((zone, i) =>
      pageMap(
        zone,
        moment(picture),
        `${id}-${i}`,
        highlights.filter(one => one.zone === zone.name),
      ),
    ),
    htmlTable(
      `Pages of each kind, ${moment(picture)}`,
      ['kind', ...zones.map(({ name }) => name)],
      rows,
      zones.map((_, i) => i + 1),
    ),
  ].join('\n');
}

function mapLegend(present: readonly PageKind[]): string {
  const legend = present.map(
    kind =>
      `<li><svg viewBox="0 0 14 7" aria-hidden="true" focusable="false"><rect width="14" height="7" fill="url(#${idOf(kind)})"/></svg> ${LOOKS[kind].name}</li>`,
  );
  legend.push(
    '<li><svg viewBox="0 0 14 7" aria-hidden="true" focusable="false"><path class="dots" d="M5.5 2h3v3h-3z"/></svg> not the whole cell</li>',
  );
  return `<ul class="legend" aria-label="Legend of the page maps">${legend.join('')}</ul>`;
}

function pageMap(
  { name, nrPages, pagesPerCell, cells }: PictureZone,
  when: string,
  id: string,
  highlights: readonly Highlight[],
): string {
  const told = highlights.map(({ text, firstPage, pages }) => {
    const to = firstPage + pages - 1;
    return ` Framed: ${text}, ${plural(pages, 'page')} from page ${grouped(firstPage)} to ${grouped(to)} of the zone.`;
  });
  const named = {
    id,
    title: `Page map of ${name}`,
    description: `${plural(nrPages, 'page')} by page frame number, ${when}; a cell is ${plural(pagesPerCell, 'page')}.${told.join('')}`,
  };
  const framed = highlights.map(({ firstPage, pages }) => ({
    from: Math.floor(firstPage / pagesPerCell),
    to: Math.floor((firstPage + pages - 1) / pagesPerCell),
  }));
  return mapFigure(named, cells, framed, COLUMNS);
}

/** One block page by page. @param cells as PictureZone.cells has them, a page each */
export function blockMap(named: Named, cells: string): string {
  const pages = runsOf(cells).reduce((sum, run) => sum + run.cells, 0);
  return mapFigure(named, cells, [], Math.min(COLUMNS, pages));
}

function mapFigure(
  named: Named,
  cells: string,
  framed: readonly { from: number; to: number }[],
  columns: number,
): string {
  const parts: string[] = [];
  let dots = '';
  let cell = 0;
  for (const run of runsOf(cells)) {
    const kind = PAGE_KINDS[run.kind];
    for (let left = run.cells; left > 0; ) {
      const column = cell % columns;
      const row = Math.floor(cell / columns);
      const here = Math.min(left, columns - column);
      parts.push(
        `<rect x="${column * CELL}" y="${row * CELL}" width="${here * CELL}" height="${CELL}" fill="url(#${idOf(kind)})"/>`,
      );
      for (let i = 0; i < here && !run.whole; i++)
        dots += `M${(column + i) * CELL + 2} ${row * CELL + 2}h3v3h-3z`;
      left -= here;
      cell += here;
    }
  }
  const height = Math.ceil(cell / columns) * CELL;
  const width = Math.min(cell, columns) * CELL;
  let grid = '';
  for (let x = 0; x <= width; x += CELL) grid += `M${x} 0V${height}`;
  for (let y = 0; y <= height; y += CELL) grid += `M0 ${y}H${width}`;
  parts.push(`<path class="axis" stroke-width=".4" d="${grid}"/>`);
  if (dots !== '') parts.push(`<path class="dots" d="${dots}"/>`);
  let frame = '';
  for (const { from, to } of framed) {
    for (let first = from; first <= to; ) {
      const column = first % columns;
      const here = Math.min(to - first + 1, columns - column);
      frame += `M${column * CELL} ${Math.floor(first / columns) * CELL}h${here * CELL}v${CELL}h${-here * CELL}z`;
      first += here;
    }
  }
  // A band of the paper's colour beneath keeps the frame in sight on any colour.
  if (frame !== '') parts.push(`<path class="pin-gap" d="${frame}"/><path class="pin" d="${frame}"/>`);
  // A block of few pages is not blown up to the width of the page.
  return figure(figureSvg(named, Math.max(columns, 32) * CELL, height, parts.join('\n')), named);
}
