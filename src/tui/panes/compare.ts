/** The player's run beside another of the same seed: where they part, what came of it, and their memories there. */
import { ZONE_START, ZONE_STRIDE } from '../../engine/index.ts';
import type { AnswersPart, Comparison, MapAt, MetricPair } from '../../harness/compare.ts';
import { PAGE_KINDS } from '../../harness/pageKinds.ts';
import { operationText, sideAnswer } from '../../report/diffText.ts';
import { cell } from '../../report/quantity.ts';
import { questionText, zoneText } from '../../report/requestText.ts';
import { Cells, INVERSE, type Style } from '../cells.ts';
import { Document, drawDocument, type Span, scrollEnd } from '../document.ts';
import { duration, grouped, metric } from '../format.ts';
import type { RunComparison } from '../gameRun.ts';
import { lookOf } from '../look.ts';
import { KIND_FREE, KIND_OF_PAGE_KIND, pagesPerCell } from '../map.ts';
import type { Model } from '../model.ts';
import { clip, textWidth } from '../width.ts';
import { starsText } from './header.ts';

const MINE = 'yours';
/** Rows of a zone's map, and cells of a row. */
const MAP_ROWS = 4;
const CELLS_IN_ROW = 64;
/** From this width on two maps stand side by side. */
const SIDE_BY_SIDE = 2 * (CELLS_IN_ROW + 4) + 4;

export const nameOf = ({ opponent }: RunComparison): string =>
  opponent.kind === 'previous' ? 'before' : opponent.name.replace(/^builtin:/, '');

/** Event to go to: where the answers part, else where memory does; -1 where nothing parts. */
export function partingEvent({ comparison: { answers, memory } }: RunComparison): number {
  return answers?.operation.event ?? memory?.operation.event ?? -1;
}

function sidesLine(text: Document, compared: RunComparison): void {
  const { glyphs, theme } = text.look;
  const { a, b } = compared.comparison;
  for (const [name, side] of [
    [MINE, a],
    [nameOf(compared), b],
  ] as const) {
    const won = side.outcome === 'won';
    text.line(
      { text: `  ${name.padEnd(20)}`, style: theme.strong },
      { text: won ? 'won  ' : 'lost ', style: won ? theme.good : theme.bad },
      { text: starsText(side.stars, glyphs), style: theme.star },
    );
  }
}

/** How two decisions differ, in two lines. */
export function partingLines(part: AnswersPart, names: readonly [string, string]): string[] {
  return [sideAnswer(names[0], part, part.a), sideAnswer(names[1], part, part.b)].map(
    ([name, answer]) => `${name}: ${answer}`,
  );
}

function partingPart(text: Document, compared: RunComparison, keys: boolean): void {
  const { theme } = text.look;
  const { answers, memory } = compared.comparison;
  const indent: Span = { text: '  ', style: theme.text };
  const event = partingEvent(compared);
  if (event < 0) {
    text.heading('They never part');
    text.flow('Every answer and every page is the same.', theme.text, indent);
    return;
  }
  const note = keys && text.width > 60 ? 'enter goes there' : '';
  if (answers === null) text.heading('Their answers are the same all the way');
  else {
    const { operation, hook, request } = answers;
    text.heading(
      `Their answers part at event ${grouped(operation.event)}, ${duration(operation.timeUs)}`,
      note,
    );
    text.flow(operationText(operation), theme.text, indent);
    text.flow(`${hook}: ${questionText(hook, request)}`, theme.text, indent);
    for (const line of partingLines(answers, [MINE, nameOf(compared)]))
      text.flow(line, theme.accent, { text: '    ', style: theme.text });
  }
  if (memory === null) return;
  const { operation, a, b } = memory;
  text.heading(`Memory parts at event ${grouped(operation.event)}, ${duration(operation.timeUs)}`);
  text.flow(operationText(operation), theme.text, indent);
  if (operation.kind === 'free' || a === b) return;
  const got = (pfn: number): string => (pfn < 0 ? 'nothing' : `pfn 0x${pfn.toString(16).padStart(5, '0')}`);
  text.flow(`${MINE} gets ${got(a)}, ${nameOf(compared)} ${got(b)}`, theme.accent, {
    text: '    ',
    style: theme.text,
  });
}

function goalsPart(text: Document, compared: RunComparison): void {
  const { theme, glyphs } = text.look;
  const { a, b } = compared.comparison;
  text.heading('Goals', `${MINE}, ${nameOf(compared)}`);
  a.goals.forEach((goal, i) => {
    const other = b.goals[i];
    const mark = (held: boolean): Span => ({
      text: held ? ` ${glyphs.held}` : ` ${glyphs.lost}`,
      style: held ? theme.good : theme.bad,
    });
    text.line(
      mark(goal.held),
      mark(other.held),
      { text: ` ${goal.text}: `, style: theme.text },
      { text: `${metric(goal.value, goal.unit)}, ${metric(other.value, other.unit)}`, style: theme.strong },
    );
  });
}

/** Metrics that differ; those of the score first. */
function metricsPart(text: Document, compared: RunComparison): void {
  const { theme } = text.look;
  const { metrics, a } = compared.comparison;
  const scored = new Set(a.score.map(({ metric: name }) => name));
  const differ = metrics.filter(pair => pair.a !== pair.b);
  differ.sort((p, q) => Number(scored.has(q.metric)) - Number(scored.has(p.metric)));
  text.heading('Metrics that differ', `${metrics.length - differ.length} are the same`);
  if (differ.length === 0) return;
  const name = Math.max(...differ.map(pair => textWidth(pair.metric)), 8);
  const column = Math.max(10, textWidth(nameOf(compared)));
  text.line({
    text: `  ${''.padEnd(name)}  ${MINE.padStart(column)}  ${nameOf(compared).padStart(column)}`,
    style: theme.dim,
  });
  for (const pair of differ) {
    const better = isBetter(pair);
    text.line(
      { text: `  ${pair.metric.padEnd(name)}  `, style: scored.has(pair.metric) ? theme.strong : theme.text },
      { text: cell(pair.a, pair.unit, pair.b).padStart(column), style: better ? theme.good : theme.bad },
      { text: `  ${cell(pair.b, pair.unit, pair.a).padStart(column)}`, style: theme.text },
      { text: better ? '  better' : '  worse', style: theme.dim },
    );
  }
}

const isBetter = ({ a, b, better }: MetricPair): boolean => (better === 'higher' ? a > b : a < b);

/** One row of cells of one run: what most pages of each are, reversed where the other run has anything else. */
function mapRow(
  text: Document,
  kinds: Uint8Array,
  other: Uint8Array,
  from: number,
  end: number,
  perCell: number,
): Span[] {
  const { glyphs, theme } = text.look;
  const spans: Span[] = [];
  const count = new Int32Array(PAGE_KINDS.length);
  for (let i = 0; i < CELLS_IN_ROW && from + i * perCell < end; i++) {
    const first = from + i * perCell;
    const last = Math.min(end, first + perCell);
    count.fill(0);
    let differs = false;
    for (let pfn = first; pfn < last; pfn++) {
      count[kinds[pfn]]++;
      differs ||= kinds[pfn] !== other[pfn];
    }
    const kind = KIND_OF_PAGE_KIND[count.indexOf(Math.max(...count))];
    const whole: Style = kind === KIND_FREE ? theme.freeBody : theme.kind[kind];
    const as = differs ? whole | (INVERSE << 18) : whole;
    const sign = differs && glyphs.name === 'ascii' && kind === KIND_FREE ? '_' : glyphs.page[kind];
    const before = spans.at(-1);
    if (before?.style === as) before.text += sign;
    else spans.push({ text: sign, style: as });
  }
  return spans;
}

const columnsOf = (spans: readonly Span[]): number =>
  spans.reduce((sum, span) => sum + textWidth(span.text), 0);

function mapsPart(
  text: Document,
  compared: RunComparison,
  map: MapAt,
  start: (zone: number) => number,
  drawn: boolean,
): void {
  const { theme } = text.look;
  if (map.kinds === null) return;
  const [a, b] = map.kinds;
  const beside = text.width >= SIDE_BY_SIDE;
  text.heading('Memory there', drawn ? 'reversed where they differ' : '');
  for (const zone of map.zones) {
    const from = start(zone.zone);
    const end = from + zone.nrPages;
    const perCell = pagesPerCell(zone.nrPages, MAP_ROWS * CELLS_IN_ROW);
    const size = perCell === 1 ? 'a cell is a page' : `a cell is ${grouped(perCell)} pages`;
    text.line(
      { text: `  ${zoneText(zone.zone)}`, style: theme.strong },
      {
        text: `  ${grouped(zone.differing)} of ${grouped(zone.nrPages)} pages differ${drawn ? `; ${size}` : ''}`,
        style: theme.dim,
      },
    );
    if (!drawn) continue;
    const rows = Math.ceil(zone.nrPages / perCell / CELLS_IN_ROW);
    const rowOf = (mine: boolean, row: number): Span[] =>
      mapRow(text, mine ? a : b, mine ? b : a, from + row * CELLS_IN_ROW * perCell, end, perCell);
    const label = (mine: boolean): string => (mine ? MINE : nameOf(compared));
    if (beside) {
      text.line({ text: `  ${label(true).padEnd(CELLS_IN_ROW + 4)}${label(false)}`, style: theme.dim });
      for (let row = 0; row < rows; row++) {
        const left = rowOf(true, row);
        const gap = ' '.repeat(CELLS_IN_ROW + 4 - columnsOf(left));
        text.line(
          { text: '  ', style: theme.text },
          ...left,
          { text: gap, style: theme.text },
          ...rowOf(false, row),
        );
      }
      continue;
    }
    for (const mine of [true, false]) {
      for (let row = 0; row < rows; row++) {
        const name = row === 0 ? label(mine).slice(0, 9) : '';
        text.line({ text: `  ${name.padEnd(10)}`, style: theme.dim }, ...rowOf(mine, row));
      }
    }
  }
}

export function compareDocument(model: Model, width: number): Document {
  const text = new Document(width, lookOf(model));
  const { compareView, play } = model;
  if (compareView?.result == null || play === null) return text;
  const compared = compareView.result;
  const { theme } = text.look;
  const nr = compareView.opponents.length;
  text.line(
    { text: `Yours against ${nameOf(compared)}`, style: theme.title },
    { text: `, seed ${compared.seed}`, style: theme.text },
    {
      text: nr > 1 && model.keys ? `   o: another, ${compareView.chosen + 1} of ${nr}` : '',
      style: theme.dim,
    },
  );
  sidesLine(text, compared);
  partingPart(text, compared, model.keys);
  goalsPart(text, compared);
  metricsPart(text, compared);
  const { machine } = play.run;
  const parting = compared.comparison.maps.find((map): boolean => map.when === 'parting');
  if (parting)
    mapsPart(text, compared, parting, zone => machine.zone[zone * ZONE_STRIDE + ZONE_START], model.keys);
  return text;
}

export const compareScroll = (model: Model, width: number, height: number): number =>
  scrollEnd(compareDocument(model, width - 4), height - 2);

export function compare(model: Model, width: number, height: number): Cells {
  const cells = new Cells(width, height);
  drawDocument(
    cells,
    { x: 2, y: 1, width: width - 4, height: height - 2 },
    compareDocument(model, width - 4),
    model.scroll,
  );
  return cells;
}

/** What the last change did, in one line of at most `width` columns: what it did to the goals goes last. */
export function changeText(change: RunComparison, width: number, ellipsis: string): string {
  const { a, b } = change.comparison;
  const goals = a.goals.flatMap((goal, i) => {
    if (goal.held === b.goals[i].held) return [];
    return [`${goal.held ? 'now held' : 'now lost'}: ${goal.text}`];
  });
  const event = partingEvent(change);
  if (event < 0) return 'your change changed nothing in this run';
  const since = `other decisions from event ${grouped(event)} on`;
  const keys = 'd compares, D goes there';
  const what = goals[0] ?? 'no goal turned';
  for (const text of [`${since}; ${what}; ${keys}`, `${what}; ${keys}`, `${what}; d compares`]) {
    if (textWidth(text) <= width) return text;
  }
  const rest = '; d compares';
  return clip(what, width - textWidth(rest), ellipsis) + rest;
}

/** What the last change of the policy did, on this seed: for the result. */
export function changePart(text: Document, model: Model): void {
  const { play } = model;
  const { theme, glyphs } = text.look;
  const change = play?.change ?? null;
  if (change === null) return;
  const { a, b, answers }: Comparison = change.comparison;
  text.heading('What your change did', model.keys ? 'd compares' : '');
  const arrow = (before: string, after: string): string =>
    `${before} ${glyphs.right.length === 1 ? glyphs.right : '->'} ${after}`;
  let nothing = true;
  const item = (what: string, before: string, after: string, better: boolean): void => {
    nothing = false;
    const as = better ? theme.good : theme.bad;
    const told = { text: arrow(before, after), style: as };
    if (textWidth(what) + textWidth(told.text) + 4 <= text.width) {
      text.line({ text: `  ${what}: `, style: theme.text }, told);
    } else {
      text.flow(`${what}:`, theme.text, { text: '  ', style: theme.text });
      text.flow(told.text, as, { text: '    ', style: theme.text });
    }
  };
  a.goals.forEach((goal, i) => {
    const before = b.goals[i];
    if (goal.value === before.value && goal.held === before.held) return;
    const turned = goal.held !== before.held;
    const words = (held: boolean, value: number): string =>
      `${metric(value, goal.unit)}${turned ? (held ? ', held' : ', lost') : ''}`;
    const nearer = goal.compare === 'at_least' ? goal.value > before.value : goal.value < before.value;
    item(
      goal.text,
      words(before.held, before.value),
      words(goal.held, goal.value),
      goal.held || (nearer && !before.held),
    );
  });
  a.score.forEach((score, i) => {
    const before = b.score[i];
    if (score.value === before.value) return;
    // Often a goal is about the same number: then it stands above.
    const told = a.goals.some(
      (goal, nr) =>
        score.metric === goal.metric && score.value === goal.value && before.value === b.goals[nr].value,
    );
    if (told) return;
    const better = score.better === 'higher' ? score.value > before.value : score.value < before.value;
    item(score.metric, metric(before.value, before.unit), metric(score.value, score.unit), better);
  });
  const indent: Span = { text: '  ', style: theme.text };
  if (nothing) text.flow('Goals and score are as they were.', theme.dim, indent);
  if (answers === null) {
    text.flow('Every decision is as it was.', theme.dim, indent);
    return;
  }
  const { operation, hook, request } = answers;
  text.flow(
    `First other decision: event ${grouped(operation.event)}, ${duration(operation.timeUs)}; ${hook}, ${questionText(hook, request)}`,
    theme.text,
    indent,
  );
  for (const line of partingLines(answers, ['now', 'before']))
    text.flow(line, theme.text, { text: '    ', style: theme.text });
}
