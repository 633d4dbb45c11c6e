/**
 * One line of an event log: ftrace's trace and trace_pipe, `trace-cmd report`, `perf script`, function_graph's comments,
 * and `oomph proc events`.
 *
 * Source: include/trace/events/kmem.h of 2.6.31 to 6.x; kernel/trace/trace_output.c, trace_print_context();
 *         tools/perf/builtin-script.c, perf_sample__fprintf_start()
 */
export const WHAT_PAGE = 0;
export const WHAT_KMALLOC = 1;
export const WHAT_CACHE = 2;

export const EVENT_ALLOC = 0;
export const EVENT_FREE = 1;
/** A page that went in a batch: the same page may have an event of its own right behind. */
export const EVENT_FREE_BATCHED = 2;
/** Known, and of no use here: steal, drain, lost events. */
export const EVENT_OTHER = 3;

/** How a line reads. */
export const LINE_EVENT = 0;
/** Of something else. */
export const LINE_OTHER = 1;
/** An event of ours that cannot be read. */
export const LINE_BROKEN = 2;

const NAMES: Readonly<Record<string, readonly [event: number, what: number]>> = {
  mm_page_alloc: [EVENT_ALLOC, WHAT_PAGE],
  mm_page_free: [EVENT_FREE, WHAT_PAGE],
  mm_page_free_direct: [EVENT_FREE, WHAT_PAGE],
  mm_pagevec_free: [EVENT_FREE_BATCHED, WHAT_PAGE],
  mm_page_free_batched: [EVENT_FREE_BATCHED, WHAT_PAGE],
  mm_page_alloc_extfrag: [EVENT_OTHER, WHAT_PAGE],
  mm_page_alloc_zone_locked: [EVENT_OTHER, WHAT_PAGE],
  mm_page_pcpu_drain: [EVENT_OTHER, WHAT_PAGE],
  kmalloc: [EVENT_ALLOC, WHAT_KMALLOC],
  kmalloc_node: [EVENT_ALLOC, WHAT_KMALLOC],
  kfree: [EVENT_FREE, WHAT_KMALLOC],
  kmem_cache_alloc: [EVENT_ALLOC, WHAT_CACHE],
  kmem_cache_alloc_node: [EVENT_ALLOC, WHAT_CACHE],
  kmem_cache_free: [EVENT_FREE, WHAT_CACHE],
};

/** Where the name of an event may stand: behind a blank, `/* ` or `kmem:`, before its fields. */
const NAME = /(?:^|[\s:])((?:mm_page|mm_pagevec|k)[a-z_]*): /g;
/** The clock, right before the event: `4415.246466:`, `12345.678:`, nanoseconds of trace-cmd -t. */
const CLOCK = /(\d+)\.(\d{3,9}):?\s*(?:\d+\s+)?(?:kmem:\s*)?(?:\/\*\s*)?(?:[a-z]+:)?$/;
/** function_graph writes it first. */
const CLOCK_FIRST = /^\s*(\d+)\.(\d{3,9})\s*\|/;
/** CPU, and the flags of irqs-off, need-resched, context, preempt-depth. */
const CPU = /\[(\d+)\]\s*([a-zA-Z.#\d]{4,6})?\s*$/;
const GRAPH_CPU = /(?:^|\|)\s*(\d+)\)/;
const COMM_PID = /^\s*(.*?)(?:-|\s+)(\d+)(?:\/\d+)?\s*(?:\(\s*[\d-]+\)\s*)?$/;

/** Its key: 0 means that there is none. */
export const PAGE_FRAME_0 = 2 ** 52;
const HEX = 16;
/** The low bits that tell addresses apart: 52, which a double holds. */
const ADDRESS_DIGITS = 13;

/** The event of a line; one object, filled again and again. */
export class KmemEvent {
  event = EVENT_OTHER;
  what = WHAT_PAGE;
  /** pfn, or the low 52 bits of an address; NaN where there was none, 0 for what failed. */
  key = 0;
  order = 0;
  bytesReq = 0;
  bytesAlloc = 0;
  gfp = '';
  callSite = '';
  /** Of a cache, where the event names it. */
  cache = '';
  comm = '';
  cpu = -1;
  /** 'h' hardirq, 's' softirq, '' process or not told. */
  context = '';
  /** Seconds whole, and nanoseconds; -1: no clock. */
  seconds = -1;
  nanoseconds = 0;
  /** Digits of addresses, 8 or 16; 0 where none were seen. */
  addressDigits = 0;
  why = '';

  /** @returns LINE_EVENT, LINE_OTHER or LINE_BROKEN, with `why` */
  read(line: string): number {
    NAME.lastIndex = 0;
    for (let found = NAME.exec(line); found !== null; found = NAME.exec(line)) {
      const kind = NAMES[found[1]];
      if (kind === undefined) continue;
      this.event = kind[0];
      this.what = kind[1];
      if (this.event === EVENT_OTHER) return LINE_EVENT;
      const at = found.index + found[0].length;
      this.head(line, found.index + (found[0].length - found[1].length - 2));
      return this.fields(line, at);
    }
    return LINE_OTHER;
  }

  private head(line: string, end: number): void {
    this.seconds = -1;
    this.cpu = -1;
    this.context = '';
    this.comm = '';
    const head = line.slice(0, end);
    const clock = CLOCK.exec(head) ?? CLOCK_FIRST.exec(head);
    if (clock === null) return;
    this.seconds = Number(clock[1]);
    this.nanoseconds = Number(clock[2].padEnd(9, '0'));
    const before = clock.index === 0 ? head.slice(clock[0].length) : head.slice(0, clock.index);
    const cpu = CPU.exec(before);
    if (cpu === null) {
      const graph = GRAPH_CPU.exec(before);
      if (graph !== null) this.cpu = Number(graph[1]);
      else this.comm = COMM_PID.exec(before)?.[1].trim() ?? '';
      return;
    }
    this.cpu = Number(cpu[1]);
    const flags = cpu[2];
    if (flags !== undefined) {
      // irqs-off, need-resched, context, preempt-depth: the third, in kernels of every width.
      const mark = flags[2];
      this.context =
        mark === 'h' || mark === 'H' || mark === 'z' || mark === 'Z' ? 'h' : mark === 's' ? 's' : '';
    }
    this.comm = COMM_PID.exec(before.slice(0, cpu.index))?.[1].trim() ?? '';
  }

  private fields(line: string, at: number): number {
    return this.what === WHAT_PAGE ? this.pageFields(line, at) : this.slabFields(line, at);
  }

  private pageFields(line: string, at: number): number {
    const pfn = value(line, 'pfn=', at);
    this.order = this.event === EVENT_FREE_BATCHED ? 0 : wholeNumber(value(line, 'order=', at));
    if (pfn !== '') this.key = pfnOf(pfn);
    else {
      const page = value(line, 'page=', at);
      if (page === '') return this.broken('neither pfn= nor page=');
      this.key = this.address(page);
    }
    if (Number.isNaN(this.key)) return this.broken(`pfn=${pfn}`);
    if (this.key === 0 || this.addressDigits === 0) {
      const page = value(line, 'page=', at);
      // What failed has page=(null) pfn=0; page frame 0 is a page too.
      if (this.key === 0 && !isNothing(page)) this.key = PAGE_FRAME_0;
      if (pfn !== '') this.address(page);
    }
    if (Number.isNaN(this.order) || this.order > 31) return this.broken('no order that can be');
    if (this.event !== EVENT_ALLOC) return LINE_EVENT;
    this.gfp = value(line, 'gfp_flags=', at);
    return this.gfp === '' ? this.broken('no gfp_flags=') : LINE_EVENT;
  }

  private slabFields(line: string, at: number): number {
    const ptr = value(line, 'ptr=', at);
    if (ptr === '') return this.broken('no ptr=');
    this.key = this.address(ptr);
    if (Number.isNaN(this.key)) return this.broken(`ptr=${ptr}`);
    this.callSite = value(line, 'call_site=', at);
    this.cache = value(line, ' name=', at);
    if (this.event !== EVENT_ALLOC) return LINE_EVENT;
    this.bytesReq = wholeNumber(value(line, 'bytes_req=', at));
    const alloc = value(line, 'bytes_alloc=', at);
    this.bytesAlloc = alloc === '' ? this.bytesReq : wholeNumber(alloc);
    if (Number.isNaN(this.bytesReq) || Number.isNaN(this.bytesAlloc)) return this.broken('no bytes_req=');
    this.gfp = value(line, 'gfp_flags=', at);
    return this.gfp === '' ? this.broken('no gfp_flags=') : LINE_EVENT;
  }

  private address(text: string): number {
    if (isNothing(text)) return 0;
    const digits = text.startsWith('0x') ? text.slice(2) : text;
    if (digits.length > this.addressDigits) this.addressDigits = digits.length;
    const low = digits.length > ADDRESS_DIGITS ? digits.slice(-ADDRESS_DIGITS) : digits;
    return isHex(low) ? Number.parseInt(low, HEX) : Number.NaN;
  }

  private broken(why: string): number {
    this.why = why;
    return LINE_BROKEN;
  }
}

const isNothing = (text: string): boolean =>
  text === '(null)' || text === '(nil)' || /^(?:0x)?0+$/.test(text);
const isHex = (text: string): boolean => /^[0-9a-f]+$/i.test(text);

/** `pfn=1234`, `pfn=0x1234`. */
function pfnOf(text: string): number {
  if (text.startsWith('0x')) return isHex(text.slice(2)) ? Number.parseInt(text, HEX) : Number.NaN;
  return wholeNumber(text);
}

function wholeNumber(text: string): number {
  const number = text === '' ? Number.NaN : Number(text);
  return Number.isSafeInteger(number) && number >= 0 ? number : Number.NaN;
}

/** What stands behind `key`, up to the next blank; '' where the key is not there. */
function value(line: string, key: string, from: number): string {
  let at = line.indexOf(key, from - 1);
  // `ptr=` also ends `call_ptr=`: a key begins behind a blank, or where the fields begin.
  while (at > from && line.charCodeAt(at - 1) !== 32 && key.charCodeAt(0) !== 32)
    at = line.indexOf(key, at + 1);
  if (at < 0) return '';
  let start = at + key.length;
  while (line.charCodeAt(start) === 32) start++;
  let end = start;
  while (end < line.length && line.charCodeAt(end) !== 32) end++;
  return line.slice(start, end);
}
