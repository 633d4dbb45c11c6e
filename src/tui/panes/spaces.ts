/** Kernel addresses that are scarce, as strips: the window of vmalloc, the pool of kmap, the atomic slots of each CPU. */
import {
  A_ADDR,
  A_SIZE,
  type Highmem,
  type Machine,
  NIL,
  type Vmalloc,
  vmAreas,
  ZONE_HIGHMEM,
  ZONE_SPANNED,
  ZONE_STRIDE,
} from '../../engine/index.ts';
import { vmallocSpace } from '../../harness/vmallocSpace.ts';
import { Cells, INVERSE, type Style } from '../cells.ts';
import { Document, drawDocument } from '../document.ts';
import { bytesSize, grouped } from '../format.ts';
import { type Look, lookOf } from '../look.ts';
import { KIND_VMALLOC } from '../map.ts';
import type { Model } from '../model.ts';

/** High memory that nobody has is mapped nowhere. */
const usesKmap = (m: Machine): boolean =>
  m.highmem !== null && m.zone[ZONE_HIGHMEM * ZONE_STRIDE + ZONE_SPANNED] > 0;

export const hasSpaces = (m: Machine): boolean => m.vmalloc !== null || usesKmap(m);

/** What a cell of a strip is: numbers that `signOf` draws. */
const HOLE = 0;
const USED = 1;
const GUARD = 2;
const PARTLY = 3;
const STALE = 4;

function signOf(kind: number, { glyphs, theme }: Look): [string, Style] {
  switch (kind) {
    case USED:
      return [glyphs.strip.used, theme.kind[KIND_VMALLOC]];
    case GUARD:
      return [glyphs.strip.guard, theme.warn];
    case PARTLY:
      return [glyphs.strip.partly, theme.kindPartly[KIND_VMALLOC]];
    case STALE:
      return [glyphs.strip.stale, theme.warn];
    default:
      return [glyphs.strip.hole, theme.freeBody];
  }
}

interface Strip {
  cells: Uint8Array;
  /** Cell that is marked, or -1. */
  marked: number;
  /** What one cell stands for, in words. */
  scale: string;
}

/** Of the window as much as reaches behind the last area, as fine as it fits: at a page a cell guard pages are seen. */
function vmallocStrip(v: Vmalloc, pageBytes: number, room: number): Strip {
  const rows = vmAreas(v);
  const last = rows.at(-1);
  const end = last === undefined ? v.start : v.areas[last + A_ADDR] + v.areas[last + A_SIZE];
  let perCell = pageBytes;
  while (perCell * room < Math.min(v.end, end + perCell) - v.start) perCell *= 2;
  const cells = new Uint8Array(Math.min(room, Math.ceil((v.end - v.start) / perCell)));
  const fill = (from: number, to: number, kind: number): void => {
    for (let at = Math.floor(from / perCell); at < cells.length && at * perCell < to; at++) {
      const whole = at * perCell >= from && (at + 1) * perCell <= to;
      cells[at] = whole ? kind : kind === GUARD && cells[at] !== HOLE ? cells[at] : PARTLY;
    }
  };
  for (const row of rows) {
    const from = v.areas[row + A_ADDR] - v.start;
    const to = from + v.areas[row + A_SIZE];
    // The last page of an area is its guard.
    fill(from, to - pageBytes, USED);
    fill(to - pageBytes, to, GUARD);
  }
  return { cells, marked: -1, scale: `a cell is ${bytesSize(perCell)}` };
}

function kmapStrip({ pkmapCount, lastPkmapNr }: Highmem, room: number): Strip {
  let perCell = 1;
  while (perCell * room < pkmapCount.length) perCell *= 2;
  const cells = new Uint8Array(Math.ceil(pkmapCount.length / perCell));
  for (let slot = 0; slot < pkmapCount.length; slot++) {
    const at = Math.floor(slot / perCell);
    if (pkmapCount[slot] > 1) cells[at] = USED;
    else if (pkmapCount[slot] === 1 && cells[at] === HOLE) cells[at] = STALE;
  }
  const scale = perCell === 1 ? 'a cell is a slot' : `a cell is ${perCell} slots`;
  return { cells, marked: Math.floor(lastPkmapNr / perCell), scale };
}

function drawStrip(to: Cells, y: number, rows: number, strip: Strip, look: Look): void {
  for (let i = 0; i < Math.min(strip.cells.length, rows * to.width); i++) {
    const [sign, as] = signOf(strip.cells[i], look);
    const flags = i === strip.marked ? INVERSE << 18 : 0;
    to.put(i % to.width, y + Math.floor(i / to.width), sign.codePointAt(0)!, as | flags);
  }
}

function facts(width: number, look: Look, label: string, text: string): Document {
  const document = new Document(width, look);
  document.flow(text, look.theme.text, { text: `${label} `, style: look.theme.strong });
  return document;
}

function vmallocText(m: Machine, v: Vmalloc, scale: string): string {
  const { total, used, largest } = vmallocSpace(m);
  const nr = vmAreas(v).length;
  const areas = nr === 1 ? '1 area' : `${nr} areas`;
  const room = `${bytesSize(used)} of ${bytesSize(total)}`;
  return `${areas}, ${room}, longest hole ${bytesSize(largest)}${scale === '' ? '' : `; ${scale}`}`;
}

function kmapText(h: Highmem, scale: string): string {
  let used = 0;
  let stale = 0;
  for (const count of h.pkmapCount) {
    if (count > 1) used++;
    else if (count === 1) stale++;
  }
  const held = `${grouped(used)} of ${grouped(h.pkmapCount.length)} slots in use`;
  return `${held}, ${grouped(stale)} unflushed${scale === '' ? '' : `; ${scale}`}`;
}

/** What is mapped in atomic slots just now, CPU by CPU. */
function atomicText({ highmem, cpus }: Machine): string {
  const { atomicPage, layout } = highmem!;
  const mapped: string[] = [];
  for (let at = 0; at < cpus * layout.kmTypeNr; at++) {
    if (atomicPage[at] === NIL) continue;
    const pfn = atomicPage[at].toString(16).padStart(5, '0');
    mapped.push(
      `${layout.kmTypes[at % layout.kmTypeNr]} of CPU ${Math.floor(at / layout.kmTypeNr)} maps 0x${pfn}`,
    );
  }
  const all = `${layout.kmTypeNr} for each CPU`;
  return mapped.length === 0 ? `${all}, none in use` : `${all}: ${mapped.join(', ')}`;
}

function drawAtomic(cells: Cells, y: number, machine: Machine, look: Look): void {
  const { atomicPage, layout } = machine.highmem!;
  let x = 0;
  for (let cpu = 0; cpu < machine.cpus && x + layout.kmTypeNr + 6 <= cells.width; cpu++) {
    x = cells.text(x, y, `CPU ${cpu} `, look.theme.dim);
    for (let type = 0; type < layout.kmTypeNr; type++) {
      const [sign, as] = signOf(atomicPage[cpu * layout.kmTypeNr + type] === NIL ? HOLE : USED, look);
      x = cells.text(x, y, sign, as);
    }
    x += 2;
  }
}

function legend(cells: Cells, y: number, look: Look, m: Machine): void {
  let x = 0;
  const signs: [number, string][] = [[USED, 'in use']];
  if (m.vmalloc !== null) signs.push([PARTLY, 'partly'], [GUARD, 'guard']);
  if (usesKmap(m)) signs.push([STALE, 'unflushed']);
  signs.push([HOLE, 'free']);
  const columns = (): number => signs.reduce((sum, [, name]) => sum + name.length + 4, -2);
  while (columns() > cells.width && signs.length > 2) signs.splice(2, 1);
  for (const [kind, name] of signs) {
    const [sign, as] = signOf(kind, look);
    x = cells.text(x, y, sign, as);
    x = cells.text(x, y, ` ${name}  `, look.theme.dim);
  }
}

/** The same without strips. */
export function spaceLines(machine: Machine): string[] {
  const { vmalloc: v, highmem: h } = machine;
  const lines = v === null ? [] : [`vmalloc: ${vmallocText(machine, v, '')}`];
  if (usesKmap(machine)) lines.push(`kmap: ${kmapText(h!, '')}`, `kmap_atomic: ${atomicText(machine)}`);
  return lines;
}

export function spaces(model: Model, width: number, height: number): Cells {
  const look = lookOf(model);
  const cells = new Cells(width, height);
  const machine = model.play?.run.machine;
  if (!machine || height < 2) return cells;
  const { vmalloc: v, highmem: h, arch } = machine;
  const kmap = usesKmap(machine);
  const head =
    v === null ? null : facts(width, look, 'vmalloc', vmallocText(machine, v, 'a cell is 999 KiB'));
  const pool = kmap ? facts(width, look, 'kmap', kmapText(h!, 'a cell is 99 slots')) : null;
  const atomic = kmap ? facts(width, look, 'kmap_atomic', atomicText(machine)) : null;
  const nrLines = (document: Document | null): number => document?.lines.length ?? 0;
  const nrStrips = Number(v !== null) + Number(kmap);
  const lines = height - nrLines(head) - nrLines(pool);
  const withLegend = lines > nrStrips;
  const rest = lines - Number(withLegend);
  const withAtomic = atomic !== null && rest - nrLines(atomic) - 1 >= nrStrips;
  const strips = Math.max(nrStrips, rest - (withAtomic ? nrLines(atomic) + 1 : 0));
  const poolRows = pool === null ? 0 : v === null ? strips : Math.max(1, Math.min(2, Math.floor(strips / 2)));
  const windowRows = strips - poolRows;
  let y = 0;
  const text = (document: Document): void => {
    drawDocument(cells, { x: 0, y, width, height: Math.min(document.lines.length, height - y) }, document, 0);
    y += document.lines.length;
  };
  if (v !== null) {
    const strip = vmallocStrip(v, arch.pageBytes, windowRows * width);
    text(facts(width, look, 'vmalloc', vmallocText(machine, v, strip.scale)));
    drawStrip(cells, y, windowRows, strip, look);
    y += windowRows;
  }
  if (pool !== null) {
    const strip = kmapStrip(h!, poolRows * width);
    text(facts(width, look, 'kmap', kmapText(h!, strip.scale)));
    drawStrip(cells, y, poolRows, strip, look);
    y += poolRows;
  }
  if (withAtomic) {
    text(atomic);
    drawAtomic(cells, y++, machine, look);
  }
  if (withLegend) legend(cells, height - 1, look, machine);
  return cells;
}
