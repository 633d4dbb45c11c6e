/** What a policy without code can set: a name in the kernel's words, a number, and the hook whose answers it changes. */
import type { HookName } from './hooks.ts';

export interface Tunable {
  hook: HookName;
  unit: 'pages' | 'bytes' | 'objects' | 'percent' | 'order';
  low: number;
  high: number;
  /** What `default` comes to: what Linux 2.6.0 does. */
  linux: string;
  meaning: string;
}

export const TUNABLES: Readonly<Record<string, Tunable>> = {
  'reserve.DMA': {
    hook: 'watermark',
    unit: 'pages',
    low: 0,
    high: 1_048_576,
    linux: '0',
    meaning: 'pages of ZONE_DMA kept from requests that could go elsewhere',
  },
  'reserve.Normal': {
    hook: 'watermark',
    unit: 'pages',
    low: 0,
    high: 1_048_576,
    linux: '0',
    meaning: 'pages of ZONE_NORMAL kept from requests that could go elsewhere',
  },
  'pcp.low': {
    hook: 'pcp',
    unit: 'pages',
    low: 0,
    high: 32,
    linux: 'twice the batch for hot lists, 0 for cold ones',
    meaning: 'a per-CPU list with so many pages, or fewer, is refilled',
  },
  'pcp.high': {
    hook: 'pcp',
    unit: 'pages',
    low: 1,
    high: 96,
    linux: 'six times the batch for hot lists, twice for cold ones',
    meaning: 'a per-CPU list with so many pages, or more, gives some back',
  },
  'pcp.batch': {
    hook: 'pcp',
    unit: 'pages',
    low: 1,
    high: 32,
    linux: 'a 4096th of the zone, 1 to 16',
    meaning: 'pages that a per-CPU list takes or gives back at once',
  },
  'coalesce.order': {
    hook: 'coalesce',
    unit: 'order',
    low: 0,
    high: 10,
    linux: '10',
    meaning: 'order up to which blocks are merged as they come back; beyond it, when they are needed',
  },
  'kswapd.low': {
    hook: 'kswapd',
    unit: 'percent',
    low: 0,
    high: 1000,
    linux: '100',
    meaning: 'free pages at which kswapd starts, in percent of pages_low',
  },
  'kswapd.high': {
    hook: 'kswapd',
    unit: 'percent',
    low: 0,
    high: 1000,
    linux: '100',
    meaning: 'free pages at which kswapd stops, in percent of pages_high',
  },
  'slab.limit': {
    hook: 'slabLimit',
    unit: 'objects',
    low: 1,
    high: 120,
    linux: '120 for objects up to 256 bytes, then 54, 24 and 8',
    meaning: 'objects that a head array holds at most',
  },
  'slab.reap': {
    hook: 'slabReap',
    unit: 'percent',
    low: 0,
    high: 100,
    linux: 'a fifth of what the cache may keep',
    meaning: 'part of the free slabs of a cache that goes back each time its timer looks',
  },
  'route.vmalloc_above': {
    hook: 'route',
    unit: 'bytes',
    low: 4096,
    high: 131_072,
    linux: '128KiB',
    meaning: 'buffers of more bytes come from vmalloc, except in interrupts',
  },
  'frame.kmalloc_above': {
    hook: 'frame',
    unit: 'bytes',
    low: 0,
    high: 65_536,
    linux: '64KiB',
    meaning: 'local buffers of more bytes come from kmalloc',
  },
  'interrupt.room': {
    hook: 'interrupt',
    unit: 'bytes',
    low: 0,
    high: 16_384,
    linux: '0B',
    meaning: 'an interrupt waits when fewer bytes are left on the stack',
  },
};
