/** Plots of a run as inline SVG. Every one says in words what it shows. */
import type { PictureZone, RunPicture } from '../../contract/grading.ts';
import { duration, grouped } from '../quantity.ts';
import { escapeHtml } from './page.ts';

const WIDTH = 440;
const HEIGHT = 190;
const LEFT = 54;
const RIGHT = 44;
const TOP = 16;
const BOTTOM = 24;
/** Between two labels that stand above each other. */
const LABEL = 12;

/** One decimal: as fine as anybody sees. */
const at = (value: number): string => String(Math.round(value * 10) / 10);

/** Round steps from 0 that cover `most` in at most `n` of them. */
export function ticks(most: number, n: number): number[] {
  let unit = 1;
  for (;;) {
    for (const step of [unit, 2 * unit, 5 * unit]) {
      if (step * n >= most) return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
    }
    unit *= 10;
  }
}

export interface Named {
  /** Unique on its page. */
  id: string;
  title: string;
  description: string;
}

/** @param content SVG */
export function figureSvg(
  { id, title, description }: Named,
  width: number,
  height: number,
  content: string,
): string {
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-t ${id}-d">
<title id="${id}-t">${escapeHtml(title)}</title><desc id="${id}-d">${escapeHtml(description)}</desc>
${content}
</svg>`;
}

interface Line {
  label: string;
  value: number;
}

/** A value over simulated time, in steps as it was sampled. */
function timePlot(
  named: Named,
  { lengthUs, timesUs, at: place }: RunPicture,
  values: readonly number[],
  most: number,
  label: (value: number) => string,
  lines: readonly Line[] = [],
): string {
  const x = (us: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * us) / Math.max(1, lengthUs);
  const y = (value: number): number =>
    HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * value) / Math.max(1, most);
  const parts: string[] = [];
  for (const tick of ticks(most, 4)) {
    parts.push(`<path class="axis" d="M${LEFT} ${at(y(tick))}H${WIDTH - RIGHT}"/>`);
    parts.push(`<text x="${LEFT - 5}" y="${at(y(tick) + 4)}" text-anchor="end">${label(tick)}</text>`);
  }
  for (const tick of ticks(lengthUs, 4)) {
    parts.push(`<path class="axis" d="M${at(x(tick))} ${HEIGHT - BOTTOM}v4"/>`);
    parts.push(`<text x="${at(x(tick))}" y="${HEIGHT - 6}" text-anchor="middle">${duration(tick)}</text>`);
  }
  // Labels that would cover each other are pushed apart, upwards.
  let above = Infinity;
  for (const line of [...lines].sort((a, b) => a.value - b.value)) {
    const end = WIDTH - RIGHT;
    above = Math.min(y(line.value) + 4, above - LABEL);
    parts.push(`<path class="${line.label}" d="M${LEFT} ${at(y(line.value))}H${end}"/>`);
    parts.push(`<text x="${end + 4}" y="${at(above)}">${line.label}</text>`);
  }
  let path = '';
  for (const [i, value] of values.entries()) {
    const to = at(x(timesUs[i]));
    path += i === 0 ? `M${to} ${at(y(value))}` : `H${to}V${at(y(value))}`;
  }
  parts.push(`<path class="data" d="${path}"/>`);
  if (place.what !== 'end') {
    const there = x(place.timeUs);
    const anchor = there > WIDTH / 2 ? 'end' : 'start';
    parts.push(`<path class="at" d="M${at(there)} ${TOP - 4}V${HEIGHT - BOTTOM}"/>`);
    parts.push(`<text x="${at(there)}" y="${TOP - 5}" text-anchor="${anchor}">${PLACES[place.what]}</text>`);
  }
  return figureSvg(named, WIDTH, HEIGHT, parts.join('\n'));
}

/** What went wrong, in a word or two. */
export const PLACES: Record<RunPicture['at']['what'], string> = {
  failure: 'failure',
  goal: 'goal lost',
  bug: 'bug',
  oom: 'killed',
  fault: 'fault',
  reclaim: 'direct reclaim',
  flush: 'flush',
  end: 'end',
};

export function freePagesPlot(picture: RunPicture, zone: PictureZone, id: string): string {
  const { name, free, min, low, high } = zone;
  const named = {
    id,
    title: `Free pages of ${name} over time`,
    description:
      `From ${grouped(free[0])} at the start to ${grouped(free[free.length - 1])} at the end, ` +
      `at least ${grouped(Math.min(...free))}. Watermarks: pages_min ${grouped(min)}, ` +
      `pages_low ${grouped(low)}, pages_high ${grouped(high)}.`,
  };
  const lines = [
    { label: 'min', value: min },
    { label: 'low', value: low },
    { label: 'high', value: high },
  ];
  const most = Math.max(high, ...free);
  return figure(timePlot(named, picture, free, most, grouped, lines), named);
}

/** A value over time against what was wanted of it. @param values none below 0 */
export function seriesPlot(
  picture: RunPicture,
  series: { title: string; values: readonly number[]; wanted: number },
  label: (value: number) => string,
  id: string,
): string {
  const { title, values, wanted } = series;
  const named = {
    id,
    title: `${title} over time`,
    description:
      `From ${label(values[0])} at the start to ${label(values[values.length - 1])} at the end; ` +
      `least ${label(Math.min(...values))}, most ${label(Math.max(...values))}. Wanted: ${label(wanted)}.`,
  };
  const most = Math.max(wanted, ...values);
  return figure(timePlot(named, picture, values, most, label, [{ label: 'goal', value: wanted }]), named);
}

/** Everything of one kind that happened. */
export interface StripRow {
  label: string;
  timesUs: readonly number[];
  /** There may be more than those. */
  total: number;
}

const ROW = 24;

/** When things happened, a row for each kind. */
export function eventStrip(
  { lengthUs, at: place }: RunPicture,
  rows: readonly StripRow[],
  id: string,
): string {
  const height = TOP + rows.length * ROW + BOTTOM;
  const left = 96;
  const x = (us: number): number => left + ((WIDTH - left - 16) * us) / Math.max(1, lengthUs);
  const parts: string[] = [];
  rows.forEach(({ label, timesUs }, i) => {
    const top = TOP + i * ROW;
    parts.push(`<text x="${left - 8}" y="${top + 16}" text-anchor="end">${escapeHtml(label)}</text>`);
    parts.push(`<path class="axis" d="M${left} ${top + ROW - 4}H${WIDTH - 16}"/>`);
    const places = new Set(timesUs.map(us => at(x(us))));
    parts.push(`<path class="tick" d="${[...places].map(to => `M${to} ${top + 4}v16`).join('')}"/>`);
  });
  for (const tick of ticks(lengthUs, 4)) {
    parts.push(`<path class="axis" d="M${at(x(tick))} ${height - BOTTOM}v4"/>`);
    parts.push(`<text x="${at(x(tick))}" y="${height - 6}" text-anchor="middle">${duration(tick)}</text>`);
  }
  if (place.what !== 'end') {
    const there = at(x(place.timeUs));
    const anchor = x(place.timeUs) > WIDTH / 2 ? 'end' : 'start';
    parts.push(`<path class="at" d="M${there} ${TOP - 4}V${height - BOTTOM}"/>`);
    parts.push(`<text x="${there}" y="${TOP - 5}" text-anchor="${anchor}">${PLACES[place.what]}</text>`);
  }
  const told = rows.map(
    ({ label, timesUs, total }) => `${label}: ${grouped(total)}, first at ${duration(timesUs[0])}`,
  );
  const named = {
    id,
    title: 'What happened when',
    description: told.length === 0 ? 'Nothing worth a mark.' : `${told.join('; ')}.`,
  };
  return figure(figureSvg(named, WIDTH, height, parts.join('\n')), named);
}

export function fragmentationPlot(picture: RunPicture, zone: PictureZone, id: string): string {
  const { name, unusable } = zone;
  const percent = (permille: number): string => `${Math.floor(permille / 10)} %`;
  const named = {
    id,
    title: `Fragmentation of ${name} over time`,
    description:
      `The share of its free pages that lie in no free block of order ${picture.order} or above: ` +
      `${percent(unusable[0])} at the start, ${percent(unusable[unusable.length - 1])} at the end, ` +
      `at most ${percent(Math.max(...unusable))}.`,
  };
  return figure(timePlot(named, picture, unusable, 1000, percent), named);
}

export function figure(svg: string, { title, description }: Named): string {
  return `<figure>\n${svg}\n<figcaption><strong>${escapeHtml(title)}.</strong> ${escapeHtml(description)}</figcaption>\n</figure>`;
}
