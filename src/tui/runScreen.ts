/** The screen of a run: which panes, where. */
import type { Cells, Rect } from './cells.ts';
import { BOXED_HEIGHT, BOXED_WIDTH, divide, framed, lookOf, type Pane, place } from './look.ts';
import { presentZones } from './map.ts';
import type { Model, Play } from './model.ts';
import { type Panel, panelsOf } from './panels.ts';
import { goals } from './panes/goals.ts';
import { inspector, pageTitle } from './panes/inspector.ts';
import { kernelLog } from './panes/kernelLog.ts';
import { memoryMap, shownPages } from './panes/memoryMap.ts';
import { timeline } from './panes/timeline.ts';

/** A pane with its frame, and where. */
interface Placed {
  at: Rect;
  title: string;
  note: string;
  pane: Pane;
}

interface RunLayout {
  boxed: boolean;
  map: Rect;
  /** Every pane but the timeline; the map is among them. */
  placed: Placed[];
  /** Column of the rule between the map and what is right of it; -1: there is none. */
  divider: number;
}

const SIDE_COLUMNS = 29;
/** From this width on the kernel log shares its rows with a pane. */
const LOG_BESIDE = 130;
/** Rows that an inspector is worth showing in, beside the goals. */
const INSPECTOR_ROWS = 17;

function logNote({ logBack, run: { log } }: Play): string {
  if (logBack > 0) return 'scrolled back';
  if (log.length === 0) return '';
  return `${log.length} ${log.length === 1 ? 'line' : 'lines'}`;
}

/** The panes of the machine's parts, the chosen one first; its note says how to see the next. */
function panelsFrom(play: Play): Panel[] {
  const panels = panelsOf(play.run.machine);
  const first = play.view.panel % panels.length;
  return [...panels.slice(first), ...panels.slice(0, first)];
}

function layoutOf(model: Model): RunLayout {
  const { width, height } = model;
  const play = model.play!;
  const { machine } = play.run;
  const boxed = width >= BOXED_WIDTH && height >= BOXED_HEIGHT;
  const edge = boxed ? 2 : 1;
  const zones = presentZones(machine).length;
  const body = { y: 2, height: height - 3 };
  const [first, ...others] = panelsFrom(play);
  const panel = (at: Rect, { name, note, pane }: Panel): Placed => {
    const next = !boxed && others.length > 0 ? `v: ${others[0].name}` : '';
    return { at, title: name, note: next === '' ? note : next, pane };
  };
  const log = (at: Rect): Placed => ({ at, title: 'kernel log', note: logNote(play), pane: kernelLog });
  const tableRows = zones + 1 + edge;

  if (play.logWide) {
    const rows = body.height - tableRows;
    const at = { x: 0, y: 2, width, height: rows };
    const table = { x: 0, y: 2 + rows, width, height: tableRows };
    return { boxed, map: at, placed: [log(at), panel(table, panelsOf(machine)[0])], divider: -1 };
  }

  const right = boxed ? Math.max(40, Math.floor(width * 0.26)) : SIDE_COLUMNS;
  const left = width - right;
  const lower = tableRows + (boxed ? Math.max(8, Math.floor(body.height * 0.24)) : 5 + (3 - zones));
  // With room, what the machine has is shown beside it all; then the side goes down to the end.
  const tall = boxed && others.length > 0;
  const lowerWidth = tall ? left : width;
  // What is under the map keeps its size whichever pane stands there: the map does not jump.
  const firstRows = Math.min(lower - 2 - edge, first.rows(machine, lowerWidth - 2 * edge) + edge);
  const map = { x: 0, y: 2, width: left, height: body.height - lower };
  const placed: Placed[] = [{ at: map, title: 'memory', note: '', pane: memoryMap }];
  const side = { x: left, y: 2, width: right, height: tall ? body.height : map.height };
  const rest = fillSide(placed, side, play, tall ? others : [], edge, panel);
  const table = { x: 0, y: map.y + map.height, width: lowerWidth, height: firstRows };
  placed.push(panel(table, first));
  const bottom = { x: 0, y: table.y + firstRows, width: lowerWidth, height: lower - firstRows };
  if (rest.length > 0 && lowerWidth >= LOG_BESIDE && bottom.height >= rest[0].least(lowerWidth / 2) + edge) {
    const logWidth = Math.floor(lowerWidth / 2);
    placed.push(log({ ...bottom, width: logWidth }));
    placed.push(panel({ ...bottom, x: logWidth, width: lowerWidth - logWidth }, rest[0]));
  } else placed.push(log(bottom));
  return { boxed, map, placed, divider: boxed ? -1 : left - 1 };
}

/** Goals, the page under the cursor, and as many panes as there is room for. @returns those that there is none for */
function fillSide(
  placed: Placed[],
  side: Rect,
  play: Play,
  others: readonly Panel[],
  edge: number,
  panel: (at: Rect, panel: Panel) => Placed,
): readonly Panel[] {
  const { view, run } = play;
  const inspect = (at: Rect): Placed => ({
    at,
    title: pageTitle(view.cursor),
    note: '',
    pane: inspector,
  });
  const { x, width } = side;
  const inside = width - 2 * edge;
  const end = side.y + side.height;
  let { y } = side;
  const wanted = 2 + 3 * (run.goals.length + run.scores.length) + edge;
  const withInspector = view.inspecting && side.height >= 8 + INSPECTOR_ROWS;
  if (view.inspecting && !withInspector) {
    placed.push(inspect(side));
    return others;
  }
  const least = Math.min(...others.map(other => other.least(inside) + edge));
  const shared = withInspector || side.height - 8 >= least;
  const goalRows = shared ? Math.max(6, Math.min(wanted, Math.floor(side.height * 0.4))) : side.height;
  placed.push({ at: { x, y, width, height: goalRows }, title: 'goals', note: '', pane: goals });
  y += goalRows;
  if (withInspector) {
    placed.push(inspect({ x, y, width, height: INSPECTOR_ROWS }));
    y += INSPECTOR_ROWS;
  }
  let fitting = 0;
  for (const other of others) {
    if (end - y < other.least(inside) + edge) break;
    fitting++;
    const rows = Math.min(end - y, other.rows(run.machine, inside) + edge);
    placed.push(panel({ x, y, width, height: rows }, other));
    y += rows;
  }
  // What is left over belongs to the last of them.
  const last = placed[placed.length - 1];
  if (last.at.x === x) last.at.height += end - y;
  return others.slice(fitting);
}

function insideOf({ boxed, map }: RunLayout): { width: number; height: number } {
  return boxed
    ? { width: map.width - 4, height: map.height - 2 }
    : { width: map.width - 2, height: map.height - 1 };
}

/** Where the map's own cells are on the screen; null while the log has its place. */
export function mapRect(model: Model): Rect | null {
  const layout = layoutOf(model);
  if (model.play!.logWide) return null;
  const [dx, dy] = layout.boxed ? [2, 1] : [1, 1];
  return { x: layout.map.x + dx, y: layout.map.y + dy, ...insideOf(layout) };
}

/** Cells that the map has: what its cursor moves over. */
export const mapSize = (model: Model): { width: number; height: number } => insideOf(layoutOf(model));

export function runScreen(cells: Cells, model: Model): void {
  const look = lookOf(model);
  const layout = layoutOf(model);
  const { boxed, placed, divider, map } = layout;
  const inside = insideOf(layout);
  place(cells, model, { x: 0, y: 1, width: cells.width, height: 1 }, timeline);
  for (const { at, title, note, pane } of placed) {
    const shown = pane === memoryMap ? shownPages(model.play!, inside.width, inside.height) : note;
    place(cells, model, framed(cells, at, title, look, boxed, shown), pane);
  }
  if (divider < 0) return;
  divide(cells, divider, map.y, map.height, model);
  cells.text(divider, map.y + map.height, look.glyphs.teeUp, look.theme.frame);
}
