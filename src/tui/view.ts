/** The whole screen from the model: which panes, where. */
import { Cells, type Rect } from './cells.ts';
import { foldToAscii } from './glyphs.ts';
import { framed, lookOf } from './look.ts';
import { presentZones } from './map.ts';
import { MIN_HEIGHT, MIN_WIDTH, type Model } from './model.ts';
import { briefing, briefingScroll } from './panes/briefing.ts';
import { buddyinfo } from './panes/buddyinfo.ts';
import { challengeCard } from './panes/challengeCard.ts';
import { challengeList, listRows } from './panes/challengeList.ts';
import { goals } from './panes/goals.ts';
import { header } from './panes/header.ts';
import { help } from './panes/help.ts';
import { kernelLog } from './panes/kernelLog.ts';
import { LOGO_ROWS, logo } from './panes/logo.ts';
import { memoryMap } from './panes/memoryMap.ts';
import { popup } from './panes/popup.ts';
import { problem, problemScroll } from './panes/problem.ts';
import { result, resultScroll } from './panes/result.ts';
import { statusLine } from './panes/statusLine.ts';
import { timeline } from './panes/timeline.ts';
import { tooSmall } from './panes/tooSmall.ts';

type Pane = (model: Model, width: number, height: number) => Cells;

/** From this size on panes have boxes around them. */
const BOXED_WIDTH = 110;
const BOXED_HEIGHT = 32;

export const fits = (width: number, height: number): boolean => width >= MIN_WIDTH && height >= MIN_HEIGHT;

/** Lines the text of the screen can be scrolled by: `model.scroll` beyond it shows its end. */
export function scrollLimit(model: Model): number {
  const height = model.height - 2;
  if (model.screen === 'briefing') return briefingScroll(model, model.width, height);
  if (model.screen === 'result') return resultScroll(model, model.width, height);
  return model.screen === 'problem' ? problemScroll(model, model.width, height) : 0;
}

function place(cells: Cells, model: Model, at: Rect, pane: Pane): void {
  cells.blit(pane(model, at.width, at.height), at.x, at.y);
}

function listScreen(cells: Cells, model: Model): void {
  const { width, height } = cells;
  const look = lookOf(model);
  const boxed = width >= BOXED_WIDTH && height >= BOXED_HEIGHT;
  const top = listRows(model).length + LOGO_ROWS + 2 <= height - 2 || height >= BOXED_HEIGHT ? LOGO_ROWS : 0;
  if (top > 0) place(cells, model, { x: 1, y: 2, width: width - 2, height: LOGO_ROWS - 2 }, logo);
  const y = 1 + top;
  const left = Math.floor(width * 0.45);
  const rows = height - y - 1;
  const list = framed(cells, { x: 0, y, width: left, height: rows }, 'challenges', look, boxed);
  place(cells, model, list, challengeList);
  const card = framed(cells, { x: left, y, width: width - left, height: rows }, 'about', look, boxed);
  if (!boxed) divide(cells, left - 1, y, rows, model);
  place(cells, model, card, challengeCard);
}

/** The rule between two panes without boxes. */
function divide(cells: Cells, x: number, y: number, height: number, model: Model): void {
  const { glyphs, theme } = lookOf(model);
  cells.text(x, y, glyphs.teeDown, theme.frame);
  cells.fill(x, y + 1, 1, height - 1, glyphs.box.vertical.codePointAt(0)!, theme.frame);
}

function runScreen(cells: Cells, model: Model): void {
  const { width, height } = cells;
  const look = lookOf(model);
  const play = model.play!;
  const boxed = width >= BOXED_WIDTH && height >= BOXED_HEIGHT;
  const edge = boxed ? 2 : 1;
  place(cells, model, { x: 0, y: 1, width, height: 1 }, timeline);
  const zones = presentZones(play.run.machine).length;
  const tableRows = zones + 1 + edge;
  const body = { y: 2, height: height - 3 };
  const nrLog = play.run.log.length;
  const logNote =
    play.logBack > 0 ? 'scrolled back' : nrLog > 0 ? `${nrLog} ${nrLog === 1 ? 'line' : 'lines'}` : '';

  if (play.logWide) {
    const rows = body.height - tableRows;
    const log = framed(cells, { x: 0, y: 2, width, height: rows }, 'kernel log', look, boxed, logNote);
    place(cells, model, log, kernelLog);
    const table = { x: 0, y: 2 + rows, width, height: tableRows };
    place(cells, model, framed(cells, table, 'buddyinfo', look, boxed, 'free blocks by order'), buddyinfo);
    return;
  }

  const right = boxed ? Math.max(40, Math.floor(width * 0.26)) : 28;
  const logRows = boxed ? Math.max(8, Math.floor(body.height * 0.24)) : 5 + (3 - zones);
  const mapRows = body.height - tableRows - logRows;
  const map = { x: 0, y: 2, width: width - right, height: mapRows };
  place(cells, model, framed(cells, map, 'memory', look, boxed), memoryMap);
  const side = { x: width - right, y: 2, width: right, height: mapRows };
  place(cells, model, framed(cells, side, 'goals', look, boxed), goals);
  if (!boxed) divide(cells, width - right - 1, 2, mapRows, model);
  const table = { x: 0, y: 2 + mapRows, width, height: tableRows };
  place(cells, model, framed(cells, table, 'buddyinfo', look, boxed, 'free blocks by order'), buddyinfo);
  if (!boxed) cells.text(width - right - 1, table.y, look.glyphs.teeUp, look.theme.frame);
  const log = { x: 0, y: table.y + tableRows, width, height: logRows };
  place(cells, model, framed(cells, log, 'kernel log', look, boxed, logNote), kernelLog);
}

/** Put a pane of its own size in the middle. */
function overlay(cells: Cells, model: Model, pane: Pane): void {
  const drawn = pane(model, cells.width, cells.height - 2);
  cells.blit(
    drawn,
    Math.floor((cells.width - drawn.width) / 2),
    1 + Math.floor((cells.height - 2 - drawn.height) / 2),
  );
}

export function view(model: Model): Cells {
  const { width, height } = model;
  if (!fits(width, height)) {
    const small = tooSmall(model, width, height);
    return model.glyphs === 'ascii' ? foldToAscii(small) : small;
  }
  const cells = new Cells(width, height);
  const body = { x: 0, y: 1, width, height: height - 2 };
  if (model.screen === 'list') listScreen(cells, model);
  else if (model.screen === 'run' && model.play) runScreen(cells, model);
  else if (model.screen === 'result') place(cells, model, body, result);
  else if (model.screen === 'problem') place(cells, model, body, problem);
  else place(cells, model, body, briefing);
  place(cells, model, { x: 0, y: 0, width, height: 1 }, header);
  place(cells, model, { x: 0, y: height - 1, width, height: 1 }, statusLine);
  if (model.help) overlay(cells, model, help);
  else if (model.popup) overlay(cells, model, popup);
  return model.glyphs === 'ascii' ? foldToAscii(cells) : cells;
}
