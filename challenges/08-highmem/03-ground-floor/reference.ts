import { definePolicy } from 'oomph';

/** Slots that stay free in the pool: a file's four, and some for those who come at the same moment. */
const SPARE = 40;

export default definePolicy({
  zonelist({ task }, mem) {
    const mapped = task < 2;
    // A low page has an address and needs no slot. But low memory is dearer than slots, so the pool is filled first.
    return mapped && mem.kmapSlots - mem.kmapUsed() < SPARE ? mem.NORMAL_DMA : mem.AS_LINUX;
  },
});
