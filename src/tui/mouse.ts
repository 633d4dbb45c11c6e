/** What clicks and the wheel do. Every one of them has a key too. */
import { ZONE_START, ZONE_STRIDE } from '../engine/index.ts';
import { mapLayout } from './mapLayout.ts';
import type { Model, Play } from './model.ts';
import { timelineParts } from './panes/timeline.ts';
import { mapRect } from './runScreen.ts';
import { moveInList } from './search.ts';
import { goTo } from './timeTravel.ts';
import { type Step, update } from './update.ts';
import { challengeAt } from './view.ts';

export type MouseWhat = 'click' | 'up' | 'down';

interface MouseAt {
  what: MouseWhat;
  /** From 0. */
  x: number;
  y: number;
  nowMs: number;
}

/** Lines of a text that one step of the wheel is. */
const WHEEL_LINES = 3;
/** Row of the timeline. */
const TIMELINE = 1;

const only = (model: Model): Step => ({ model, effects: [] });

/** `mouse:click:12:5`, as keys.ts names it; null for a key. */
export function mouseOf(key: string): { what: MouseWhat; x: number; y: number } | null {
  const [, what, x, y] = /^mouse:(click|up|down):(\d+):(\d+)$/.exec(key) ?? [];
  return what === undefined ? null : { what: what as MouseWhat, x: Number(x), y: Number(y) };
}

export function switchMouse(model: Model): Step {
  const mouse = !model.mouse;
  const text = mouse ? 'the mouse is on; M puts it away' : "the mouse is the terminal's again";
  return {
    model: { ...model, mouse, notice: { text, kind: 'plain' } },
    effects: [{ kind: 'mouse', on: mouse }],
  };
}

export function onMouse(model: Model, at: MouseAt): Step {
  // What was still on its way when the mouse was switched off.
  if (!model.mouse || model.busy || model.paste || model.seekText !== null) return only(model);
  if (at.what !== 'click') return onWheel(model, at);
  if (model.help || model.popup) return only({ ...model, help: false, popup: null });
  if (model.screen === 'list') {
    const found = challengeAt(model, at.x, at.y);
    if (found < 0) return only(model);
    // A second click opens it.
    if (found === model.selected) return update(model, { kind: 'key', key: 'enter', nowMs: at.nowMs });
    return only({ ...model, selected: found, play: null });
  }
  if (model.screen === 'run' && model.play) return onRunClick(model, model.play, at);
  return only(model);
}

function onRunClick(model: Model, play: Play, { x, y }: MouseAt): Step {
  const { run } = play;
  if (y === TIMELINE) {
    const bar = timelineParts(model, play, model.width);
    const column = x - bar.x;
    if (column < 0 || column >= bar.columns) return only(model);
    // The last column is the end: else nothing behind its first moment could be reached.
    if (column === bar.columns - 1) return goTo(model, run.nrOps);
    return goTo(model, run.opsUntil((run.lengthUs * column) / bar.columns));
  }
  const pfn = pageAt(model, play, x, y);
  if (pfn < 0) return only(model);
  return only({ ...model, play: { ...play, view: { ...play.view, inspecting: true, cursor: pfn } } });
}

/** First page of the cell of the map that is there; -1: none is. */
function pageAt(model: Model, play: Play, x: number, y: number): number {
  const rect = mapRect(model);
  if (rect === null || y >= rect.y + rect.height) return -1;
  const { machine } = play.run;
  const { left, columns, parts } = mapLayout(machine, rect.width, rect.height, play.view);
  const column = x - rect.x - left;
  if (column < 0 || column >= columns) return -1;
  for (const { zone, window, y: top, rows } of parts) {
    const row = y - rect.y - top - 1;
    if (row < 0 || row >= rows) continue;
    const cell = row * columns + column;
    if (cell >= window.count) return -1;
    return machine.zone[zone * ZONE_STRIDE + ZONE_START] + (window.first + cell) * window.perCell;
  }
  return -1;
}

function onWheel(model: Model, { what, nowMs }: MouseAt): Step {
  const { play } = model;
  if (model.screen === 'list' && !model.help && !model.popup) {
    return only(moveInList(model, what === 'up' ? -1 : 1));
  }
  if (model.screen === 'run' && play && !model.help) {
    const back = play.logBack + (what === 'up' ? WHEEL_LINES : -WHEEL_LINES);
    return only({ ...model, play: { ...play, logBack: Math.max(0, back) } });
  }
  // Texts and other lists: as the arrow, so that each keeps its own limits.
  const times = model.screen === 'attempts' || model.screen === 'cause' ? 1 : WHEEL_LINES;
  let now = model;
  for (let i = 0; i < times; i++) {
    const step = update(now, { kind: 'key', key: what, nowMs });
    if (step.effects.length > 0) return step;
    now = step.model;
  }
  return only(now);
}
