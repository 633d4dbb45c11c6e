/** What amounts, rates and times of a challenge may become so that there is less of them, or less that is drawn. */
import type { Tape } from '../../contract/tape.ts';
import { amountOf, amountText, roundUp } from '../../spec/shrink/amounts.ts';
import type { Path, SpecDocument } from '../../spec/shrink/specDocument.ts';

/** A number of times, copies or runs becomes so many times smaller, a rate too. */
export function divide(document: SpecDocument, path: Path, by: number): void {
  const text = document.scalar(path);
  const amount = amountOf(text);
  const isNumber = path.some(key => key === 'times' || key === 'count' || key === 'burst');
  if (amount?.kind === 'count' && isNumber)
    document.setScalar(path, amountText({ kind: 'count', value: Math.max(1, Math.ceil(amount.value / by)) }));
  const [rate, unit] = text.split('/');
  const runs = unit === undefined ? null : amountOf(rate);
  if (runs !== null && runs.kind === 'count' && path.includes('poisson'))
    document.setScalar(
      path,
      `${amountText({ kind: 'count', value: Math.max(1, Math.ceil(runs.value / by)) })}/${unit}`,
    );
}

/** Amounts that stand for one that is drawn, the likeliest first; none for anything else. */
export function fixedOf(document: SpecDocument, path: Path): string[] {
  const keys = document.keysOf(path);
  if (keys.length !== 1) return [];
  const [drawn] = keys;
  const inner = [...path, drawn];
  switch (drawn) {
    case 'exponential':
      return [document.scalar(inner)];
    case 'uniform': {
      const ends = [0, 1].map(i => document.scalar([...inner, i]));
      const [low, high] = ends.map(amountOf);
      if (low === null || high === null) return ends;
      const { kind } = high;
      const between = [3, 1, 2].map(quarter =>
        Math.floor(low.value + ((high.value - low.value) * quarter) / 4),
      );
      return [...ends, ...between.map(value => amountText(roundUp({ kind, value })))];
    }
    case 'choice':
      return document.keysOf(inner);
    case 'in_turn':
      return [document.scalar(inner).split(/[\s*]/)[0]];
    default:
      return [];
  }
}

const UNITS: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
};

/** `50ms` for `20/s`; '' where it is no rate. */
export function gapOf(rate: string): string {
  const [count, unit] = rate.split('/');
  const amount = amountOf(count);
  const us = UNITS[unit];
  if (amount === null || amount.kind !== 'count' || us === undefined || amount.value === 0) return '';
  return amountText(roundUp({ kind: 'time', value: Math.max(1, Math.floor(us / amount.value)) }));
}

/** When runs of a task begin, as far as they can have to do with the failure. */
export function runTimes(tape: Tape, lostAtUs: number, task: number): number[] {
  const first = new Map<number, number>();
  for (let row = 0; row < tape.nrOps; row++) {
    if (tape.task[row] !== task || first.has(tape.instance[row])) continue;
    first.set(tape.instance[row], tape.timeUs[row]);
  }
  const times = [...new Set(first.values())].sort((a, b) => a - b);
  return lostAtUs < 0 ? times : times.filter(us => us <= lostAtUs);
}
