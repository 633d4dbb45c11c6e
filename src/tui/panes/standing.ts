/** Where a run stands: on a line of numbers for each score axis the player's attempts, the policies that come with oomph, par and gold. */
import type { Document, Span } from '../document.ts';
import { metric } from '../format.ts';
import type { AxisValue } from '../history.ts';
import { lookOf } from '../look.ts';
import type { Model, Play } from '../model.ts';
import { starsText } from './header.ts';

const MOST_COLUMNS = 64;
/** A value that is further from par or gold than so many times what is between them stands at the edge. */
const FAR_OUT = 2;
/** What is taken to be between them at least, as a part of them. */
const LEAST_NEAR = 0.1;
const LETTERS = 'abcdefghijklmnopqrstuvw';

interface Mark {
  value: number;
  sign: string;
  name: string;
}

/** Values to columns; what lies far out stands at the edge. */
function scaleOf(
  values: readonly number[],
  par: number,
  gold: number,
  columns: number,
): (value: number) => number {
  const near = Math.max(Math.abs(par - gold), Math.max(par, gold) * LEAST_NEAR) * FAR_OUT;
  const low = Math.min(par, gold, Math.max(Math.min(...values), Math.min(par, gold) - near));
  const span = Math.max(par, gold, Math.min(Math.max(...values), Math.max(par, gold) + near)) - low;
  return value => {
    const at = span > 0 ? Math.round(((value - low) / span) * (columns - 3)) + 1 : columns >> 1;
    return Math.max(0, Math.min(columns - 1, at));
  };
}

/** How many lie in a column, in one sign. */
const count = (nr: number): string => (nr === 0 ? ' ' : nr > 9 ? '+' : String(nr));

/** A row of single signs, each with a style of its own. */
function row(text: Document, columns: number, at: (column: number) => Span): void {
  const spans: Span[] = [{ text: '  ', style: text.look.theme.text }];
  for (let i = 0; i < columns; i++) spans.push(at(i));
  text.line(...spans);
}

function axisLines(
  text: Document,
  axis: AxisValue,
  others: readonly number[],
  sticks: readonly Mark[],
  goals: { par: number; gold: number },
  nrSeeds: number,
): void {
  const { glyphs, theme } = text.look;
  const columns = Math.min(MOST_COLUMNS, text.width - 4);
  const worst = nrSeeds > 1 && axis.worst !== axis.best ? `the worst of ${nrSeeds} seeds; ` : '';
  const values = [axis.worst, ...others, ...sticks.map(({ value }) => value)];
  const columnOf = scaleOf(values, goals.par, goals.gold, columns);
  const own = columnOf(axis.worst);
  const nr = Array.from({ length: columns }, () => 0);
  for (const value of others) nr[columnOf(value)]++;
  text.line(
    { text: `  ${axis.metric}`, style: theme.text },
    { text: `  ${metric(axis.worst, axis.unit)}`, style: theme.strong },
    { text: `   ${worst}${axis.better} is better`, style: theme.dim },
  );
  if (others.length > 0) {
    row(text, columns, i => ({ text: count(nr[i]), style: i === own ? theme.accent : theme.text }));
  }
  row(text, columns, i => {
    if (i === columnOf(goals.gold)) return { text: 'G', style: theme.star };
    if (i === columnOf(goals.par)) return { text: 'P', style: theme.good };
    return { text: glyphs.barLeft, style: theme.progressLeft };
  });
  const up = glyphs.up.length === 1 ? glyphs.up : '^';
  row(text, columns, i => {
    if (i === own) return { text: up, style: theme.accent };
    const stick = sticks.find(({ value }) => columnOf(value) === i);
    return stick ? { text: stick.sign, style: theme.warn } : { text: ' ', style: theme.text };
  });
  const legend = [
    `${up} this run`,
    ...sticks.map(({ sign, name, value }) => `${sign} ${name} ${metric(value, axis.unit)}`),
  ];
  text.flow(legend.join(', '), theme.dim, { text: '  ', style: 0 });
}

/** Whether there is anything to hold the run against. */
export function isCompared(model: Model): boolean {
  const { record, selected, play } = model;
  if (play?.prepared.replay) return false;
  return record?.selected === selected && record.attempts.length + record.sticks.length > 1;
}

/** Nothing where nothing is known of others. */
export function standingPart(text: Document, model: Model, play: Play): void {
  const record = model.record?.selected === model.selected ? model.record : null;
  if (!record || play.prepared.replay) return;
  const { theme, glyphs } = text.look;
  const { verdict } = play.prepared;
  const comparable = record.attempts.filter(({ current, outcome }) => current && outcome === 'won');
  const won = record.sticks.filter(({ outcome }) => outcome === 'won');
  const lost = record.sticks.filter(({ outcome }) => outcome === 'lost');
  const attempts = record.attempts.filter(({ current }) => current).length;
  const note = attempts > 1 ? `${attempts} attempts of yours, ${comparable.length} won: the digits` : '';
  if (verdict.outcome === 'lost' && note === '' && record.sticks.length === 0 && !record.measuring) return;
  text.heading('Where it stands', note);
  verdict.summary.forEach((axis, i) => {
    if (verdict.outcome === 'lost') return;
    const { better, par, gold } = verdict.seeds[0].score[i];
    const of = (scores: readonly AxisValue[]): number[] =>
      scores.filter(({ metric }) => metric === axis.metric).map(({ worst }) => worst);
    let letter = 0;
    const sticks = won.flatMap(({ name, scores }) => {
      const sign = name === 'Linux' ? 'L' : LETTERS[letter++ % LETTERS.length];
      return of(scores).map(value => ({ value, sign, name }));
    });
    axisLines(
      text,
      { ...axis, better },
      comparable.flatMap(({ scores }) => of(scores)),
      sticks,
      { par, gold },
      verdict.seeds.length,
    );
  });
  const indent = { text: '  ', style: 0 };
  if (verdict.outcome === 'lost' && won.length > 0) {
    const names = won.map(({ name, stars }) => `${name} ${starsText(stars, glyphs)}`).join(', ');
    text.flow(`won by ${names}`, theme.text, indent);
  }
  if (lost.length > 0) text.flow(`lost by ${lost.map(({ name }) => name).join(', ')}`, theme.dim, indent);
  if (record.measuring)
    text.flow('the policies that come with oomph are being played ...', theme.dim, indent);
}

/** `a new best` or what the best is; '' at the first attempt. */
export function bestText(model: Model, play: Play): string {
  const { glyphs } = lookOf(model);
  const record = model.record?.selected === model.selected ? model.record : null;
  if (!record || play.prepared.replay) return '';
  // The newest is this run.
  const before = record.attempts.slice(1).filter(({ current }) => current);
  if (before.length === 0) return '';
  const best = Math.max(...before.map(({ stars }) => stars));
  if (play.prepared.verdict.stars > best) return 'a new best';
  return best === 0 ? '' : `best so far ${starsText(best, glyphs)}`;
}
