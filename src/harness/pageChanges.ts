import { MAX_ORDER, type Machine } from '../engine/index.ts';

/** Pages are compared in stretches of the largest block, so that no block lies in two of them. */
export const STRETCH_PAGES = 1 << (MAX_ORDER - 1);

/**
 * Which pages are not what they were at the last look: for whoever draws a machine again and again. Nothing is noted while
 * the machine runs; a look compares its state bytes and tags with a copy, a native comparison a stretch.
 */
export class PageChanges {
  private readonly state: Buffer;
  private readonly tag: Buffer;
  private readonly lastState: Buffer;
  private readonly lastTag: Buffer;
  private readonly nrPages: number;
  private looked = false;

  constructor(m: Machine) {
    this.nrPages = m.nrPages;
    this.state = Buffer.from(m.state.buffer, m.state.byteOffset, m.nrPages);
    this.tag = Buffer.from(m.tag.buffer, m.tag.byteOffset, m.tag.byteLength);
    this.lastState = Buffer.alloc(this.state.length);
    this.lastTag = Buffer.alloc(this.tag.length);
  }

  /** Numbers of the stretches (`pfn / STRETCH_PAGES`) that changed since the last look, ascending; at the first all. */
  look(): number[] {
    const { state, tag, lastState, lastTag, nrPages } = this;
    const changed: number[] = [];
    for (let first = 0; first < nrPages; first += STRETCH_PAGES) {
      const end = Math.min(nrPages, first + STRETCH_PAGES);
      const same =
        this.looked &&
        state.compare(lastState, first, end, first, end) === 0 &&
        tag.compare(lastTag, 4 * first, 4 * end, 4 * first, 4 * end) === 0;
      if (same) continue;
      state.copy(lastState, first, first, end);
      tag.copy(lastTag, 4 * first, 4 * first, 4 * end);
      changed.push(first / STRETCH_PAGES);
    }
    this.looked = true;
    return changed;
  }
}
