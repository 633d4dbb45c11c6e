/** An event log, line by line, into a recording. */
import { __GFP_DMA, __GFP_HIGHMEM, __GFP_WAIT } from '../../engine/index.ts';
import { type GfpMask, readMask, usableMask } from './gfpWords.ts';
import {
  EVENT_ALLOC,
  EVENT_FREE,
  EVENT_FREE_BATCHED,
  KmemEvent,
  LINE_BROKEN,
  LINE_OTHER,
  WHAT_CACHE,
  WHAT_KMALLOC,
  WHAT_PAGE,
} from './kmemEvent.ts';
import type { BrokenLines } from './lines.ts';
import { Recording, type RequestClass } from './recording.ts';

/** The largest that kmalloc() gives in 2.6.0. Source: include/linux/kmalloc_sizes.h */
const MOST_KMALLOC = 131_072;
const PAGE_BYTES = 4096;
/** Between events of a log without a clock. */
const NO_CLOCK_US = 10;
/** Masks that are remembered. */
const MAX_MASKS = 4096;

export class EventReader {
  readonly recording = new Recording();
  readonly event = new KmemEvent();
  /** What is taken of the log. */
  only: 'pages' | 'slab' | 'all' = 'all';
  /** Events of each kind that were of use. */
  readonly counts = { pages: 0, kmalloc: 0, cache: 0, other: 0 };
  /** Events that a tracer says it lost; -1 for a line that does not say how many. */
  lostEvents = 0;
  maxPfn = -1;
  cpus = 0;
  highMask = false;
  clock = true;
  private firstSeconds = -1;
  private firstNanoseconds = 0;
  private nrEvents = 0;
  private readonly masks = new Map<string, GfpMask | null>();
  private readonly broken: BrokenLines;

  constructor(broken: BrokenLines) {
    this.broken = broken;
  }

  /** @returns whether the line was of use */
  line(line: string, number: number, file: string): boolean {
    const { event } = this;
    const read = event.read(line);
    if (read === LINE_OTHER) {
      const lost = /\[?LOST (\d+)? ?EVENTS|PERF_RECORD_LOST|\blost (\d+) events?/i.exec(line);
      if (lost !== null) this.lostEvents += Number(lost[1] ?? lost[2] ?? 1);
      return lost !== null;
    }
    if (read === LINE_BROKEN) {
      this.broken.add(file, number, event.why);
      return false;
    }
    if (this.only !== 'all' && (event.what === WHAT_PAGE) !== (this.only === 'pages')) return false;
    const us = this.time();
    if (event.cpu >= this.cpus) this.cpus = Math.min(event.cpu, 8191) + 1;
    switch (event.event) {
      case EVENT_ALLOC:
        return this.alloc(us, number, file);
      case EVENT_FREE:
        this.free(us);
        return true;
      case EVENT_FREE_BATCHED:
        this.counts.pages++;
        this.recording.freeBatched(event.key, us, this.earlier());
        return true;
      default:
        this.counts.other++;
        return true;
    }
  }

  private time(): number {
    const { event } = this;
    this.nrEvents++;
    if (event.seconds < 0) {
      this.clock = false;
      return this.nrEvents * NO_CLOCK_US;
    }
    if (this.firstSeconds < 0) {
      this.firstSeconds = event.seconds;
      this.firstNanoseconds = event.nanoseconds;
    }
    return (event.seconds - this.firstSeconds) * 1e6 + (event.nanoseconds - this.firstNanoseconds) / 1000;
  }

  private alloc(us: number, number: number, file: string): boolean {
    const { event, recording } = this;
    const mask = this.mask(event.gfp);
    if (mask === null) {
      this.broken.add(file, number, `gfp_flags=${event.gfp.slice(0, 60)} is no mask`);
      return false;
    }
    if (event.what === WHAT_PAGE) {
      this.counts.pages++;
      if (event.key > this.maxPfn && event.key < 2 ** 36) this.maxPfn = event.key;
      if ((mask.mask & __GFP_HIGHMEM) !== 0) this.highMask = true;
      const who = taskOf(event.comm);
      recording.alloc(
        this.classNumber('pages', who, mask, ''),
        event.key,
        Math.min(event.order, 10),
        us,
        event.cpu,
      );
      return true;
    }
    if (event.what === WHAT_KMALLOC) this.counts.kmalloc++;
    else this.counts.cache++;
    const who = functionOf(event.callSite) || taskOf(event.comm);
    const bytes = Math.max(1, event.what === WHAT_CACHE ? event.bytesAlloc : event.bytesReq);
    if (bytes > MOST_KMALLOC) {
      let order = 0;
      while (PAGE_BYTES * 2 ** order < bytes && order < 10) order++;
      // Freed by its address, not by its page: it is followed with the objects.
      recording.alloc(this.classNumber('kmalloc', who, mask, ''), event.key, MOST_KMALLOC, us, event.cpu);
      this.large = Math.max(this.large, bytes);
      return true;
    }
    const isCache = event.what === WHAT_CACHE;
    const cache = isCache ? (event.cache !== '' ? event.cache : `obj-${bytes}`) : '';
    const kind = this.classNumber(isCache ? 'cache' : 'kmalloc', isCache ? cache : who, mask, cache);
    recording.alloc(kind, event.key, bytes, us, event.cpu);
    return true;
  }

  /** Bytes of the largest kmalloc() that 2.6.0 would refuse: it is asked for 128 KiB. */
  large = 0;

  private free(us: number): void {
    const { event, recording } = this;
    if (event.what === WHAT_PAGE) {
      this.counts.pages++;
      if (event.key > this.maxPfn && event.key < 2 ** 36) this.maxPfn = event.key;
      recording.free(true, event.key, us, this.earlier(), Math.min(event.order, 10));
      return;
    }
    if (event.what === WHAT_CACHE) this.counts.cache++;
    else this.counts.kmalloc++;
    // kfree(NULL) is nothing.
    if (event.key !== 0) recording.free(false, event.key, us, -1, 0);
  }

  /** Pages that were held before the log began: who took them, and how, nobody saw. */
  private earlier(): number {
    return this.recording.classNumber('earlier', () => ({
      what: 'pages',
      who: 'earlier',
      gfp: '',
      mask: 0xd0,
      lost: [],
      context: 'process',
      cache: '',
      before: true,
    }));
  }

  private classNumber(what: RequestClass['what'], who: string, mask: GfpMask, cache: string): number {
    const { event } = this;
    // A cache of 2.6.0 is for DMA as a whole or not at all: SLAB_CACHE_DMA.
    const usable = usableMask(mask.mask, what !== 'pages') & (what === 'cache' ? ~__GFP_DMA : ~0);
    const mark = (usable & __GFP_WAIT) === 0 ? event.context : '';
    return this.recording.classNumber(`${what} ${who} ${event.gfp} ${mark}`, () => ({
      what,
      who,
      gfp: event.gfp,
      mask: usable,
      lost: mask.lost,
      context: mark === 'h' ? 'hardirq' : mark === 's' ? 'softirq' : 'process',
      cache,
      before: false,
    }));
  }

  private mask(text: string): GfpMask | null {
    let mask = this.masks.get(text);
    if (mask === undefined) {
      mask = readMask(text, '');
      if (this.masks.size < MAX_MASKS) this.masks.set(text, mask);
    }
    return mask;
  }
}

/** `kworker/0:1-events` and its brothers are one task; so are the idle tasks. */
function taskOf(comm: string): string {
  if (comm === '<idle>' || comm.startsWith('swapper')) return 'swapper';
  if (comm === '' || comm === '<...>') return 'unknown';
  const slash = /^([A-Za-z_][\w-]*)\/[u\d]/.exec(comm);
  return slash !== null ? slash[1] : comm;
}

/** The function of `mem_cgroup_css_alloc+0xd8/0x5b4`, the low half of an address; '' where there is none. */
function functionOf(callSite: string): string {
  const symbol = callSite.replace(/\+0x.*$/, '');
  if (/^(?:0x)?[0-9a-f]{8,}$/i.test(symbol)) return `at-${symbol.slice(-8)}`;
  return symbol === '0' || symbol === '(null)' ? '' : symbol;
}
