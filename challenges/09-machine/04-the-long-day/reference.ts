import { definePolicy } from 'oomph';

/** Pages of zone DMA that are for packets only: 300 frames of four pages, where nobody else breaks up the blocks. */
const STORE = 1200;

/** Reclaim has been through half of the list and more when it has come down to this priority. */
const DISTRESS = 3;

export default definePolicy({
  // Who may sleep can live in zone Normal, too.
  watermark: ({ context, zone, linux }, mem) => (context === 0 && zone === mem.DMA ? STORE : linux),
  // The packets have their store. What is free in zone Normal serves nobody: begin late, and do little.
  kswapd: ({ pass, zone, linux }, mem) => (zone === mem.DMA ? linux : pass === 1 ? 250 : 300),
  // Files first. What processes map goes when that was not enough.
  reclaim: ({ mapped, priority }, mem) =>
    mapped && priority > DISTRESS ? mem.RECLAIM_ACTIVATE : mem.AS_LINUX,
});
