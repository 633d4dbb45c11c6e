/** The whole screen from the model: which panes, where. */
import { Cells, type Rect } from './cells.ts';
import { foldToAscii } from './glyphs.ts';
import { BOXED_HEIGHT, BOXED_WIDTH, divide, framed, lookOf, type Pane, place } from './look.ts';
import { MIN_HEIGHT, MIN_WIDTH, type Model } from './model.ts';
import { attempts } from './panes/attempts.ts';
import { briefing, briefingScroll } from './panes/briefing.ts';
import { campaignMap, campaignMapRows } from './panes/campaignMap.ts';
import { causePane } from './panes/cause.ts';
import { challengeCard } from './panes/challengeCard.ts';
import { challengeList, listRows, shownRows } from './panes/challengeList.ts';
import { compare } from './panes/compare.ts';
import { epic, epicScroll } from './panes/epic.ts';
import { header } from './panes/header.ts';
import { help } from './panes/help.ts';
import { LOGO_ROWS, logo } from './panes/logo.ts';
import { paste } from './panes/paste.ts';
import { popup } from './panes/popup.ts';
import { problem, problemScroll } from './panes/problem.ts';
import { result, resultScroll } from './panes/result.ts';
import { statusLine } from './panes/statusLine.ts';
import { tooSmall } from './panes/tooSmall.ts';
import { runScreen } from './runScreen.ts';

export const fits = (width: number, height: number): boolean => width >= MIN_WIDTH && height >= MIN_HEIGHT;

/** Lines the text of the screen can be scrolled by: `model.scroll` beyond it shows its end. */
export function scrollLimit(model: Model): number {
  const height = model.height - 2;
  if (model.screen === 'briefing') return briefingScroll(model, model.width, height);
  if (model.screen === 'result') return resultScroll(model, model.width, height);
  if (model.screen === 'epic') return epicScroll(model, model.width, height);
  return model.screen === 'problem' ? problemScroll(model, model.width, height) : 0;
}

/** The most of the screen's height that the map of the chapters takes. */
const MAP_SHARE = 0.3;

interface ListLayout {
  boxed: boolean;
  /** Rows of the sign, and of the way through the chapters; 0: not shown. */
  top: number;
  mapRows: number;
  /** The list with its frame, and what is about the challenge under the cursor. */
  list: Rect;
  card: Rect;
}

function listLayout(model: Model): ListLayout {
  const { width, height } = model;
  const boxed = width >= BOXED_WIDTH && height >= BOXED_HEIGHT;
  const top = listRows(model).length + LOGO_ROWS + 2 <= height - 2 || height >= BOXED_HEIGHT ? LOGO_ROWS : 0;
  const wanted = boxed ? campaignMapRows(model, width - 4) : 0;
  const mapRows = wanted <= height * MAP_SHARE ? wanted : 0;
  const y = 1 + top + mapRows;
  const left = Math.floor(width * (boxed ? 0.45 : 0.5));
  const rows = height - y - 1;
  return {
    boxed,
    top,
    mapRows,
    list: { x: 0, y, width: left, height: rows },
    card: { x: left, y, width: width - left, height: rows },
  };
}

/** The challenge whose line is there; -1: none. */
export function challengeAt(model: Model, x: number, y: number): number {
  const { list, boxed } = listLayout(model);
  const row = y - list.y - 1;
  const height = list.height - (boxed ? 2 : 1);
  if (x >= list.width || row < 0 || row >= height) return -1;
  const found = shownRows(model, height)[row];
  return typeof found === 'number' ? found : -1;
}

function listScreen(cells: Cells, model: Model): void {
  const { width } = cells;
  const look = lookOf(model);
  const { boxed, top, mapRows, list, card } = listLayout(model);
  if (top > 0) place(cells, model, { x: 1, y: 2, width: width - 2, height: LOGO_ROWS - 2 }, logo);
  if (mapRows > 0) place(cells, model, { x: 2, y: 1 + top, width: width - 4, height: mapRows }, campaignMap);
  const found = model.search ? `/${model.search.text}` : '';
  place(cells, model, framed(cells, list, 'challenges', look, boxed, found), challengeList);
  const about = framed(cells, card, 'about', look, boxed);
  if (!boxed) divide(cells, card.x - 1, card.y, card.height, model);
  place(cells, model, about, challengeCard);
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
  else if (model.screen === 'attempts') place(cells, model, body, attempts);
  else if (model.screen === 'epic') place(cells, model, body, epic);
  else if (model.screen === 'problem') place(cells, model, body, problem);
  else if (model.screen === 'cause') place(cells, model, body, causePane);
  else if (model.screen === 'compare') place(cells, model, body, compare);
  else place(cells, model, body, briefing);
  place(cells, model, { x: 0, y: 0, width, height: 1 }, header);
  place(cells, model, { x: 0, y: height - 1, width, height: 1 }, statusLine);
  if (model.help) overlay(cells, model, help);
  else if (model.paste) overlay(cells, model, paste);
  else if (model.popup) overlay(cells, model, popup);
  return model.glyphs === 'ascii' ? foldToAscii(cells) : cells;
}
