/** Causes as the screens are drawn with; that they are true is tested where they are found. */
import type { AllocationCause, Pin } from '../../../src/harness/causeAllocation.ts';

const by = (event: number, task: string, text: string, line: number): Pin['by'] => ({
  event,
  timeUs: event * 100_000,
  task,
  text: `${task} ${text}`,
  line,
  column: 11,
});

const pin = (pfn: number, event: number, differs: boolean): Pin => ({
  pfn,
  order: 1,
  kind: 'page_cache',
  task: 'editor',
  by: by(event, 'editor', `asks for order 1, gfp 0x1d0: pfn ${pfn}`, 24),
  event,
  ageUs: 5_000_000 - event * 100_000,
  decisions: [
    {
      hook: 'zonelist',
      request: { order: 1, gfp: 0x1d0 },
      given: differs ? 1 : -1,
      done: differs ? 1 : 18,
      linux: 18,
      rule: '',
    },
  ],
});

export const PINNED: AllocationCause = {
  kind: 'allocation',
  event: 49,
  timeUs: 5_000_000,
  by: by(49, 'sb16', 'asks for order 8, gfp 0x21: none', 31)!,
  task: 'sb16',
  order: 8,
  gfp: 0x21,
  mayWait: false,
  why: 'fragmentation',
  zones: [
    {
      name: 'DMA',
      freePages: 3578,
      largest: 7,
      min: 64,
      low: 128,
      high: 192,
      need: 320,
      nrFree: [2, 1, 2, 2, 3, 1, 4, 27, 0, 0, 0],
      why: 'fragmentation',
    },
  ],
  decisions: [{ hook: 'zonelist', request: { order: 8, gfp: 0x21 }, given: 1, done: 1, linux: 1, rule: '' }],
  holders: [
    {
      task: 'editor',
      kind: 'page_cache',
      pages: 340,
      blocks: 170,
      oldestUs: 4_900_000,
      youngestUs: 100_000,
    },
    { task: '', kind: 'slab', pages: 12, blocks: 12, oldestUs: 5_000_000, youngestUs: 400_000 },
  ],
  otherHolders: { holders: 2, pages: 3 },
  blocks: [
    {
      zone: 'DMA',
      pfn: 0x300,
      pages: 256,
      freePages: 254,
      pcpPages: 0,
      pinnedPages: 2,
      nrPins: 1,
      pins: [pin(0x344, 12, true)],
    },
    {
      zone: 'DMA',
      pfn: 0x500,
      pages: 256,
      freePages: 248,
      pcpPages: 1,
      pinnedPages: 7,
      nrPins: 15,
      pins: [
        pin(0x512, 3, false),
        { pfn: 0x520, order: 0, kind: 'slab', task: '', by: null, event: -1, ageUs: 0, decisions: [] },
      ],
    },
  ],
};
