/** A growing int32 column out of which runs of words are taken and given back, each of a power of two words. */

const CLASSES = 32;

export class Extents {
  /** Replaced by a longer column when it is full: never keep it over takeExtent(). */
  words: Int32Array;
  /** First free extent of each class (2^class words), linked through their first word, 0 for none; then the first word never used. */
  readonly free: Int32Array = new Int32Array(CLASSES + 1);

  /**
   * @param words    to begin with
   * @param reserved first words that are never handed out, 1 or more, so that 0 can mean none
   */
  constructor(words: number, reserved: number) {
    this.words = new Int32Array(words);
    this.free[CLASSES] = reserved;
  }
}

/** k of the smallest 2^k >= count. */
export function classOf(count: number): number {
  return count <= 1 ? 0 : 32 - Math.clz32(count - 1);
}

/** Capacity for a column that needs `needed` entries. */
export function capacityFor(needed: number): number {
  return 2 ** (32 - Math.clz32(needed));
}

/** @returns where a run of at least `count` words begins, all of them zero */
export function takeExtent(e: Extents, count: number): number {
  const kind = classOf(count);
  const { free } = e;
  let at = free[kind];
  if (at !== 0) {
    free[kind] = e.words[at];
  } else {
    at = free[CLASSES];
    const end = at + 2 ** kind;
    free[CLASSES] = end;
    if (end > e.words.length) {
      const longer = new Int32Array(capacityFor(end));
      longer.set(e.words);
      e.words = longer;
    }
  }
  e.words.fill(0, at, at + 2 ** kind);
  return at;
}

/** @param count what the run was taken with */
export function giveExtent(e: Extents, at: number, count: number): void {
  const kind = classOf(count);
  e.words[at] = e.free[kind];
  e.free[kind] = at;
}

/** Words that were ever handed out. */
export function usedWords(e: Extents): number {
  return e.free[CLASSES];
}

export interface ExtentsSnapshot {
  readonly words: Int32Array;
  readonly free: Int32Array;
}

export function snapshotExtents(e: Extents): ExtentsSnapshot {
  return { words: e.words.slice(0, usedWords(e)), free: e.free.slice() };
}

export function restoreExtents(e: Extents, saved: ExtentsSnapshot): void {
  if (saved.words.length > e.words.length) e.words = new Int32Array(capacityFor(saved.words.length));
  e.words.set(saved.words);
  e.free.set(saved.free);
}
