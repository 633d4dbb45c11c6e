/** The keys that scroll mean the same on every screen. */
import type { Action } from './keys.ts';

/** Lines that a page key moves by. */
export const PAGE_LINES = 10;
/** To the end of a text, whatever its length. */
export const FAR = 1_000_000;

const LINES: Partial<Record<Action, number>> = {
  up: -1,
  down: 1,
  'page-up': -PAGE_LINES,
  'page-down': PAGE_LINES,
  first: -FAR,
  last: FAR,
};

/** Lines down that a key asks for, up if negative; undefined: it is no key that scrolls. */
export const linesOf = (action: Action): number | undefined => LINES[action];

/** `from` moved by so many lines, within 0 and `limit`. A text that got shorter is shown to its end. */
export function scrolled(from: number, by: number, limit: number): number {
  return Math.max(0, Math.min(limit, Math.min(limit, from) + by));
}
