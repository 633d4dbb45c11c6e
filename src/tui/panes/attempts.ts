/** Every attempt at a challenge, newest first, and the policy of the one under the cursor. */
import { Cells } from '../cells.ts';
import { Document, drawDocument, scrollEnd } from '../document.ts';
import { metric } from '../format.ts';
import type { Attempt } from '../history.ts';
import { framed, lookOf } from '../look.ts';
import type { Model } from '../model.ts';
import { starsText } from './header.ts';

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-11-22 19:40` on the player's clock. */
export function timeText(atMs: number, utcOffsetMinutes: number): string {
  const at = new Date(atMs + utcOffsetMinutes * 60_000);
  const day = `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;
  return `${day} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

/** Rows of the screen's panes below their titles. */
const paneRows = (height: number): number => height - 1;

const LIST_SHARE = 0.5;
const sourceWidth = (width: number): number => width - Math.floor(width * LIST_SHARE) - 3;

function scoresText({ scores, tokens, times, current }: Attempt): string {
  const parts = current ? [] : ['before a change'];
  const axes = scores.filter(axis => axis.metric !== 'policy.tokens' || tokens === null);
  parts.push(...axes.map(({ worst, unit }) => metric(worst, unit)));
  if (tokens !== null) parts.push(`${tokens} tokens`);
  if (times > 1) parts.push(`${times} times`);
  return parts.join(', ');
}

function sourceDocument(model: Model, width: number): Document {
  const look = lookOf(model);
  const { theme } = look;
  const text = new Document(width, look);
  const { history } = model;
  const attempt = history && model.record?.attempts[history.at];
  if (!history || !attempt) return text;
  if (!attempt.current)
    text.flow('The challenge was another one then: its stars do not count now.', theme.warn);
  if (attempt.daily !== '') text.flow(`daily run of ${attempt.daily}`, theme.dim);
  if (attempt.policyHash === null) text.flow("Linux's own way: no policy.", theme.dim);
  else if (history.files === null) text.flow('...', theme.dim);
  for (const [i, file] of (history.files ?? []).entries()) {
    if (i > 0) text.heading(file.path);
    const lines = file.text.replace(/\r\n?/g, '\n').replace(/\n$/, '').split('\n');
    text.verbatim(
      lines.map(line => line.replace(/\t/g, '  ')),
      theme.text,
      0,
    );
  }
  return text;
}

/** Lines that the policy can be scrolled by. */
export const attemptScroll = (model: Model): number =>
  scrollEnd(sourceDocument(model, sourceWidth(model.width)), paneRows(model.height - 2));

export function attempts(model: Model, width: number, height: number): Cells {
  const look = lookOf(model);
  const { glyphs, theme } = look;
  const cells = new Cells(width, height);
  const { history } = model;
  const list = model.record?.attempts ?? [];
  const left = Math.floor(width * LIST_SHARE);
  framed(cells, { x: 0, y: 0, width, height }, 'your attempts', look, false);
  cells.text(left, 0, ' the policy ', theme.heading);
  cells.fill(left - 1, 1, 1, height - 1, glyphs.box.vertical.codePointAt(0)!, theme.frame);
  cells.text(left - 1, 0, glyphs.teeDown, theme.frame);
  if (!history) return cells;
  if (list.length === 0) cells.text(1, 1, 'none is kept yet', theme.dim);
  const rows = paneRows(height);
  const first = Math.max(0, Math.min(list.length - rows, history.at - (rows >> 1)));
  for (let y = 0; y < rows && first + y < list.length; y++) {
    const attempt = list[first + y];
    const chosen = first + y === history.at;
    const as = chosen ? theme.selected : attempt.current ? theme.text : theme.dim;
    if (chosen) cells.fill(0, 1 + y, left - 1, 1, 0x20, as);
    let x = cells.text(0, 1 + y, chosen ? `${glyphs.pointer} ` : '  ', as);
    x = cells.text(x, 1 + y, timeText(attempt.atMs, model.utcOffsetMinutes).slice(left < 50 ? 5 : 0), as) + 1;
    const stars = attempt.outcome === 'won' ? starsText(attempt.stars, glyphs) : 'lost';
    const starsAs = attempt.outcome === 'won' ? theme.star : theme.bad;
    x = cells.text(x, 1 + y, stars.padEnd(4), chosen ? as : starsAs) + 1;
    const what = attempt.policyHash === null ? 'Linux' : scoresText(attempt);
    cells.clipped(x, 1 + y, what, as, left - 2 - x, glyphs.ellipsis);
  }
  const source = sourceDocument(model, sourceWidth(width));
  drawDocument(cells, { x: left + 1, y: 1, width: sourceWidth(width), height: rows }, source, history.scroll);
  return cells;
}
