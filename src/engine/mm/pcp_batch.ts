/**
 * Sixteen entries of a per-CPU list at once: the batch of a zone of 256 MiB or more, and where memory is not yet
 * scattered an aligned block. Straight on, because V8 looks a column up anew each time round a loop.
 */

/** Pages of a batch that moves as one block, and its order. */
export const BATCH_PAGES = 16;
export const BATCH_ORDER = 4;

/**
 * List a block from its last page down.
 *
 * @param ctl the column with the list
 * @param at  entry of the last page, a multiple of 16
 * @param top last page of the block, so its low four bits are set and `top ^ k` is k below it
 */
export function listBatch(ctl: Int32Array, at: number, top: number): void {
  ctl[at] = top;
  ctl[at | 1] = top ^ 1;
  ctl[at | 2] = top ^ 2;
  ctl[at | 3] = top ^ 3;
  ctl[at | 4] = top ^ 4;
  ctl[at | 5] = top ^ 5;
  ctl[at | 6] = top ^ 6;
  ctl[at | 7] = top ^ 7;
  ctl[at | 8] = top ^ 8;
  ctl[at | 9] = top ^ 9;
  ctl[at | 10] = top ^ 10;
  ctl[at | 11] = top ^ 11;
  ctl[at | 12] = top ^ 12;
  ctl[at | 13] = top ^ 13;
  ctl[at | 14] = top ^ 14;
  ctl[at | 15] = top ^ 15;
}

/**
 * Whether sixteen entries are an aligned block in order, up or down.
 *
 * @param at entry of one end of the block, one below a multiple of 16; the others are the entries before it
 */
export function isBatch(ctl: Int32Array, at: number): boolean {
  const end = ctl[at];
  return (
    ((end + 1) & 14) === 0 &&
    ((ctl[at ^ 15] ^ end ^ 15) |
      (ctl[at ^ 1] ^ end ^ 1) |
      (ctl[at ^ 2] ^ end ^ 2) |
      (ctl[at ^ 3] ^ end ^ 3) |
      (ctl[at ^ 4] ^ end ^ 4) |
      (ctl[at ^ 5] ^ end ^ 5) |
      (ctl[at ^ 6] ^ end ^ 6) |
      (ctl[at ^ 7] ^ end ^ 7) |
      (ctl[at ^ 8] ^ end ^ 8) |
      (ctl[at ^ 9] ^ end ^ 9) |
      (ctl[at ^ 10] ^ end ^ 10) |
      (ctl[at ^ 11] ^ end ^ 11) |
      (ctl[at ^ 12] ^ end ^ 12) |
      (ctl[at ^ 13] ^ end ^ 13) |
      (ctl[at ^ 14] ^ end ^ 14)) ===
      0
  );
}
