/** The marks of a run as the timeline draws them, and the ways from one to the next. */
import { MARK_KINDS, type MarkKind, type Marks } from '../harness/marks.ts';
import type { GlyphSet } from './glyphs.ts';

interface MarkLook {
  kind: MarkKind;
  name: string;
  unicode: string;
  ascii: string;
}

/** The gravest last: it is what is seen where several fall into one column. */
export const MARK_LOOKS: readonly MarkLook[] = [
  { kind: 'flush', name: 'TLB flush', unicode: '≈', ascii: '~' },
  { kind: 'reclaim', name: 'direct reclaim', unicode: '∧', ascii: 'r' },
  { kind: 'fault', name: 'policy fault', unicode: '?', ascii: '?' },
  { kind: 'failure', name: 'failed allocation', unicode: '╳', ascii: 'X' },
  { kind: 'bug', name: 'bug in the kernel', unicode: '!', ascii: '!' },
  { kind: 'oom', name: 'killed for memory', unicode: '†', ascii: 'K' },
  { kind: 'goal', name: 'goal lost', unicode: '▼', ascii: 'V' },
];

export const markSign = (look: MarkLook, glyphs: GlyphSet): string => look[glyphs.name];

/** What the player looks for when something went wrong. */
const TROUBLE: readonly MarkKind[] = ['failure', 'bug', 'oom'];
const isTrouble = MARK_KINDS.map(kind => TROUBLE.includes(kind));
const GOAL = MARK_KINDS.indexOf('goal');

/** Numbers of the marks of each kind, made once for as many marks as there are. */
const indexes = new WeakMap<Marks, { length: number; byKind: Int32Array[] }>();

/** Ascending numbers of the marks of a kind. */
export function marksOf(marks: Marks, kind: MarkKind): Int32Array {
  let known = indexes.get(marks);
  if (known?.length !== marks.length) {
    const counts = new Int32Array(MARK_KINDS.length);
    for (let i = 0; i < marks.length; i++) counts[marks.kind[i]]++;
    const byKind = Array.from(counts, count => new Int32Array(count));
    counts.fill(0);
    for (let i = 0; i < marks.length; i++) byKind[marks.kind[i]][counts[marks.kind[i]]++] = i;
    known = { length: marks.length, byKind };
    indexes.set(marks, known);
  }
  return known.byKind[MARK_KINDS.indexOf(kind)];
}

/** First mark whose operation is behind `op`, or `marks.length`. */
function firstBehind(marks: Marks, op: number): number {
  let low = 0;
  let high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (marks.op[middle] <= op) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A mark to stop at behind `op` or before it, of any kind, or -1. */
function search(marks: Marks, op: number, back: boolean, wanted: (kind: number) => boolean): number {
  const behind = firstBehind(marks, op);
  if (!back) {
    for (let i = behind; i < marks.length; i++) if (wanted(marks.kind[i])) return i;
    return -1;
  }
  for (let i = behind - 1; i >= 0; i--) if (marks.op[i] < op && wanted(marks.kind[i])) return i;
  return -1;
}

export const nextMark = (marks: Marks, op: number, back: boolean): number =>
  search(marks, op, back, () => true);

export const nextTrouble = (marks: Marks, op: number, back: boolean): number =>
  search(marks, op, back, kind => isTrouble[kind]);

/** Where the next goal is lost; behind the last, the first again. */
export function nextLostGoal(marks: Marks, op: number): number {
  const next = search(marks, op, false, kind => kind === GOAL);
  return next < 0 ? search(marks, -1, false, kind => kind === GOAL) : next;
}

/** The gravest of the marks at exactly that operation, or -1. */
export function markAt(marks: Marks, op: number): number {
  let best = -1;
  for (let i = firstBehind(marks, op - 1); i < marks.length && marks.op[i] === op; i++) {
    if (best < 0 || rankOf(marks.kind[i]) >= rankOf(marks.kind[best])) best = i;
  }
  return best;
}

/** What says most of why, last: a goal is lost by what happens beside it. */
const SAYS_WHY: readonly MarkKind[] = ['flush', 'reclaim', 'goal', 'fault', 'failure', 'bug', 'oom'];

/** The mark at exactly that operation whose cause says most, or -1; of equals the first. */
export function causeAt(marks: Marks, op: number): number {
  const says = (mark: number): number => SAYS_WHY.indexOf(MARK_KINDS[marks.kind[mark]]);
  let best = -1;
  for (let i = firstBehind(marks, op - 1); i < marks.length && marks.op[i] === op; i++) {
    if (best < 0 || says(i) > says(best)) best = i;
  }
  return best;
}

const rankOf = (kind: number): number => MARK_LOOKS.findIndex(look => look.kind === MARK_KINDS[kind]);

export const markName = (marks: Marks, mark: number): string => MARK_LOOKS[rankOf(marks.kind[mark])].name;
