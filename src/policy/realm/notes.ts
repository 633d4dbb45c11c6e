/**
 * What a policy asked `mem` of a zone, order, CPU or page that there is not: an off-by-one would answer 0 and say
 * nothing. Turned into text and run in the policy's realm (see facade.ts); called only where no answer was found, so that
 * an ordinary call costs nothing. Each function is noted once a run.
 */

export type Asked = 'zone' | 'order' | 'cpu' | 'page';

/** What the arguments of the functions of `mem` are, as far as the machine has an end to them. */
export const ASKED: Readonly<Record<string, readonly (Asked | '')[]>> = {
  zonelist: ['zone', 'zone', 'zone'],
  free: ['zone'],
  low: ['zone'],
  min: ['zone'],
  high: ['zone'],
  present: ['zone'],
  start: ['zone'],
  spanned: ['zone'],
  zoneOf: ['page'],
  nrFree: ['zone', 'order'],
  firstFree: ['zone', 'order'],
  lastFree: ['zone', 'order'],
  nextFree: ['zone', 'order', 'page'],
  prevFree: ['zone', 'order', 'page'],
  lowestFree: ['zone', 'order'],
  freeOrder: ['page'],
  allocatedOrder: ['page'],
  isReserved: ['page'],
  blockOf: ['page'],
  task: ['page'],
  owner: ['page'],
  pcpCount: ['zone', 'cpu', ''],
  nrActive: ['zone'],
  nrInactive: ['zone'],
  pagesScanned: ['zone'],
  pageFlags: ['page'],
  pageCount: ['page'],
  pageMapping: ['page'],
  pageIndex: ['page'],
  isMapped: ['page'],
  nextSlab: ['', 'page'],
  slabFree: ['page'],
  cacheOf: ['page'],
  stackDepth: ['cpu'],
  stackRoom: ['cpu'],
  hardirqs: ['cpu'],
  inInterrupt: ['cpu'],
  current: ['cpu'],
};
export const ASKED_NAMES: readonly string[] = Object.keys(ASKED);

/** They answer false rather than 0. */
const YES_OR_NO: ReadonlySet<string> = new Set(['isReserved', 'isMapped', 'inInterrupt']);

/** `$notes`, float64: how many there are, then NOTE_FIELDS for each. */
export const NOTE_NAME = 0;
export const NOTE_ARGUMENT = 1;
/** Three arguments; NaN for one that is no number. */
export const NOTE_VALUES = 2;
export const NOTE_ANSWER = 5;
export const NOTE_EVENT = 6;
/** Where it was asked, in the printed text. */
export const NOTE_LINE = 7;
export const NOTE_COLUMN = 8;
export const NOTE_FIELDS = 9;
export const NOTES_LENGTH = 1 + NOTE_FIELDS * ASKED_NAMES.length;

/** @param answer  what the policy gets all the same */
export type Missed = (name: string, answer: number, a?: unknown, b?: unknown, c?: unknown) => void;

/** First numbers that are beyond the end. */
export type Ends = Record<Asked, number>;

/** @param place  tells event, printed line and column of the call */
export function missedViews(
  notes: Float64Array,
  asked: Readonly<Record<string, readonly (Asked | '')[]>>,
  names: readonly string[],
  ends: Ends,
  place: () => readonly [event: number, line: number, column: number],
): Missed {
  const told: Record<string, boolean> = {};
  const numberOf = (value: unknown): number =>
    typeof value === 'number' ? value : value === true ? 1 : value === false ? 0 : 0 / 0;
  return (name, answer, a, b, c) => {
    if (told[name] === true) return;
    const kinds = asked[name];
    for (let i = 0; i < kinds.length; i++) {
      const kind = kinds[i];
      const value = i === 0 ? a : i === 1 ? b : c;
      // Off by one, or no number at all; below 0 stands for what was not found.
      if (kind === '' || (typeof value === 'number' && value < ends[kind])) continue;
      told[name] = true;
      const [event, line, column] = place();
      const at = 1 + 9 * notes[0]++;
      for (let n = 0; n < names.length; n++) if (names[n] === name) notes[at] = n;
      notes[at + 1] = i;
      notes[at + 2] = numberOf(a);
      notes[at + 3] = numberOf(b);
      notes[at + 4] = numberOf(c);
      notes[at + 5] = answer;
      notes[at + 6] = event;
      notes[at + 7] = line;
      notes[at + 8] = column;
      return;
    }
  };
}

/** The text of one note. @param at  where it stands in `notes` */
export function noteText(notes: Float64Array, at: number, ends: Ends): string {
  const name = ASKED_NAMES[notes[at + NOTE_NAME]];
  const kinds = ASKED[name];
  const argument = notes[at + NOTE_ARGUMENT];
  const values = [...notes.slice(at + NOTE_VALUES, at + NOTE_VALUES + kinds.length)];
  while (values.length > argument + 1 && Number.isNaN(values[values.length - 1])) values.pop();
  const call = `mem.${name}(${values.map(v => (Number.isNaN(v) ? '...' : v)).join(', ')})`;
  const kind = kinds[argument] as Asked;
  const answer = YES_OR_NO.has(name) ? 'false' : notes[at + NOTE_ANSWER];
  const what = kind === 'cpu' ? 'CPU' : kind;
  if (Number.isNaN(values[argument])) return `${call}: its ${what} is no number, answered ${answer}`;
  return `${call}: there is no ${what} ${values[argument]} (0 to ${ends[kind] - 1}), answered ${answer}`;
}
