/** What the player types behind `:` to go somewhere. */
import { clock, grouped } from './format.ts';
import type { GameRun } from './gameRun.ts';

const UNITS: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1000,
  s: 1e6,
  m: 60e6,
  min: 60e6,
  h: 3600e6,
};

const HOW = 'write 12.5s, 300ms, 50%, e8213, start or end';

/** @returns operations to have been played there, or what is wrong with the text */
export function seekTarget(run: GameRun, typed: string): number | string {
  const text = typed.trim().toLowerCase();
  if (text === 'start') return 0;
  if (text === 'end') return run.nrOps;
  const event = /^e?([\d,]+)$/.exec(text);
  if (event) {
    const number = Number(event[1].replace(/,/g, ''));
    if (number >= run.nrOps) return `the last event is ${grouped(run.nrOps - 1)}`;
    return number + 1;
  }
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(%|[a-z]+)$/.exec(text) ?? [];
  if (amount === undefined) return `:${typed} is no place in the run: ${HOW}`;
  if (unit === '%') {
    if (Number(amount) > 100) return `the run ends at 100%`;
    return run.opsUntil((run.lengthUs * Number(amount)) / 100);
  }
  const scale = UNITS[unit];
  if (scale === undefined) return `${unit} is no unit of time: ${HOW}`;
  const us = Number(amount) * scale;
  if (us > run.lengthUs) return `the run ends at ${clock(run.lengthUs)}`;
  return run.opsUntil(us);
}
