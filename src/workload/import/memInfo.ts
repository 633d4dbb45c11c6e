/**
 * Reports of failed allocations, of the OOM killer and of SysRq-m in a kernel's log, 2.4 to 6.x.
 *
 * Source of the forms: mm/page_alloc.c, __alloc_pages(), warn_alloc_failed(), warn_alloc(), show_free_areas();
 * mm/oom_kill.c, dump_header(); lib/show_mem.c, show_mem() of those kernels.
 */
import type { BrokenLines } from './lines.ts';
import { withoutPrefix } from './logPrefix.ts';
import { hasLists, type MachineState, newState, setFree, type ZoneState, zoneNamed } from './machineState.ts';

export interface FailedRequest {
  comm: string;
  order: number;
  /** As the log writes it; '' where it does not. */
  gfp: string;
  kind: 'failure' | 'oom';
  /** PF_MEMALLOC, which 2.4 told. */
  memalloc: boolean;
}

export interface LogReport {
  file: string;
  /** Number of its first line. */
  line: number;
  request: FailedRequest | null;
  state: MachineState;
  /** The back trace began in an interrupt. */
  interrupt: boolean;
  /** Further failures that came without a report of memory of their own. */
  repeated: number;
}

/** Reports kept: a log that fails all day has thousands, and one becomes a challenge. */
const MAX_REPORTS = 1000;

/** Behind `Linux version`, or behind the letters of what taints it. */
const VERSION =
  /(?:Linux version|Not tainted|Tainted:\s+[A-Z](?:\s*[A-Z]+(?=\s)|\s*\([A-Z]+\))*)\s+\(?(\d+\.\d+[\w.+-]*)/;
const FAILURE = /^(.*?): page allocation failure[.:] order:(\d+), mode:(0x[0-9a-f]+(?:\([^()]*\))?)/i;
const FAILURE_24 = /__alloc_pages: (\d+)-order allocation failed\.?(?: \(gfp=(0x[0-9a-f]+)\/(\d+)\))?/i;
const OOM = /^(?:(.*?)\s+invoked |.*?)oom-killer: (.*)$/i;
const ZONE_LINE =
  /^(?:Node (\d+),? )?(?:zone )?(DMA32|DMA|Normal|HighMem|Movable|Device) free:\s*(\d+)kB(.*)$/;
const ZONE_24 = /Zone:\s*(\w+) freepages:\s*(\d+)\s*(kB)?(.*)$/i;
const AREAS =
  /^(?:Node (\d+) )?(?:(DMA32|DMA|Normal|HighMem|Movable|Device): )?((?:\d+\*\d+(?:kB)?\s*(?:\([A-Z]+\)\s*)?)+.*)$/;
const EMPTY = /^(?:Node (\d+) )?(DMA32|DMA|Normal|HighMem|Movable|Device): empty$/;
/** What pr_cont() was to go on with: journals make a line of each. */
const LIST_HEAD = /^(?:Node (\d+) )?(DMA32|DMA|Normal|HighMem|Movable|Device):$/;
const NODE_HEAD = /^Node (\d+)$/;
/** Behind the line of its zone. */
const RESERVE = /^(?:lowmem_reserve|protections?)\[\]:\s*([\d ]*)$/;
const UNNAMED_NOTHING = /^=\s*0\s*kB\)?$/;
const MEM_INFO = /^Mem-info:|SysRq\s*:.*Show Memory/i;
const PAIR = /\b(min|low|high|present|managed|spanned):\s*(\d+)\s*k?b?/gi;
/** A line that goes on with what a mail broke in two. */
const GOES_ON =
  /^(?:\d+\s*kB\b|(?:in)?active(?:_\w+)?:|\w+:\d+kB|present:|all_unreclaimable|kB\b|=\s*\d|\d+\*\d+)/;

type Open =
  | { kind: 'zone'; zone: ZoneState; text: string; unit: number }
  | { kind: 'areas'; zone: ZoneState | null; text: string }
  | null;

export class MemInfoReader {
  readonly reports: LogReport[] = [];
  /** All that the log has, those beyond MAX_REPORTS too. */
  count = 0;
  private version = '';
  private bits = 0;
  private cpus = 0;
  private current: LogReport | null = null;
  private open: Open = null;
  /** Zones in the order of `Zone:` lines, whose lists of 2.4 have no names. */
  private unnamed: ZoneState[] = [];
  private patience = 0;
  /** Of a line that has nothing else. */
  private node = 0;
  private readonly broken: BrokenLines;

  constructor(broken: BrokenLines) {
    this.broken = broken;
  }

  /** @returns whether the line was of use */
  line(raw: string, number: number, file: string): boolean {
    const parts = raw.includes('#012') ? raw.split('#012') : null;
    if (parts !== null && parts.length > 1) {
      let used = false;
      for (const part of parts) used = this.one(part.trim(), number, file) || used;
      return used;
    }
    return this.one(raw, number, file);
  }

  end(file: string): void {
    this.closeAreas(0, file);
    this.open = null;
    this.current = null;
    this.unnamed = [];
  }

  private one(raw: string, number: number, file: string): boolean {
    const text = withoutPrefix(raw);
    if (text === '') return false;
    this.remember(text);
    if (this.request(text, number, file)) return true;
    if (MEM_INFO.test(text)) {
      this.closeAreas(number, file);
      // A report of memory without a failure before it, or a second one: SysRq-m, or another CPU's.
      if (this.current === null || this.current.state.zones.length > 0) this.begin(null, number, file);
      this.unnamed = [];
      return true;
    }
    return this.memory(text, number, file);
  }

  /** What any line may tell of the machine. */
  private remember(text: string): void {
    const version = VERSION.exec(text);
    if (version !== null) this.version = version[1];
    const address = /\[<([0-9a-f]{8}|[0-9a-f]{16})>\]/.exec(text);
    if (address !== null) this.bits = address[1].length * 4;
    else if (/\b(?:RIP|RSP|R1[0-5]):|\bx29: /.test(text)) this.bits = 64;
    const cpu = /\bCPU[:#]?\s*(\d+)\b/i.exec(text);
    if (cpu !== null && Number(cpu[1]) < 8192) this.cpus = Math.max(this.cpus, Number(cpu[1]) + 1);
    const { current } = this;
    if (current === null) return;
    if (/<(?:SOFT)?IRQ>/.test(text)) current.interrupt = true;
    current.state.version = this.version;
    current.state.bits = this.bits;
    current.state.cpus = Math.max(current.state.cpus, this.cpus);
  }

  private begin(request: FailedRequest | null, line: number, file: string): void {
    this.closeAreas(line, file);
    this.open = null;
    this.unnamed = [];
    const state = newState();
    state.version = this.version;
    state.bits = this.bits;
    this.cpus = 0;
    this.count++;
    this.current = { file, line, request, state, interrupt: false, repeated: 0 };
    const last = this.reports.at(-1);
    // A storm of failures that the rate limit left without a report counts as one.
    if (
      last !== undefined &&
      request !== null &&
      last.state.zones.length === 0 &&
      last.request?.order === request.order &&
      last.request.gfp === request.gfp &&
      last.request.comm === request.comm &&
      last.file === file
    ) {
      this.count--;
      this.current = last;
      last.repeated++;
    } else if (this.reports.length < MAX_REPORTS) this.reports.push(this.current);
  }

  private request(text: string, number: number, file: string): boolean {
    const failure = FAILURE.exec(text);
    if (failure !== null) {
      const [, comm, order, gfp] = failure;
      if (Number(order) >= 32) {
        this.broken.add(file, number, `order ${order} is no order`);
        return false;
      }
      const memalloc = false;
      this.begin({ comm: commOf(comm), order: Number(order), gfp, kind: 'failure', memalloc }, number, file);
      return true;
    }
    const old = FAILURE_24.exec(text);
    if (old !== null) {
      const [, order, gfp = '', flag = '0'] = old;
      if (this.version === '') this.version = '2.4';
      const memalloc = Number(flag) !== 0;
      this.begin({ comm: '', order: Number(order), gfp, kind: 'failure', memalloc }, number, file);
      return true;
    }
    const oom = OOM.exec(text);
    if (oom === null) return false;
    const gfp = /gfp_mask=(0x[0-9a-f]+?(?:\([^()]*\)|(?=order|,|\s|$)))/i.exec(oom[2])?.[1];
    if (gfp === undefined) return false;
    const order = Number(/order=(-?\d+)/.exec(oom[2])?.[1] ?? 0);
    // order=-1 is SysRq-f: nobody asked for anything.
    const asked: FailedRequest | null =
      order < 0 ? null : { comm: commOf(oom[1] ?? ''), order, gfp, kind: 'oom', memalloc: false };
    this.begin(asked, number, file);
    return true;
  }

  private memory(text: string, number: number, file: string): boolean {
    const { open } = this;
    if (open?.kind === 'areas') {
      // A list that a mail or the terminal broke goes on; other lines may stand between for a while.
      if (/^(?:kB|\d|=|\()/.test(text) && !/^\d+ (?:pages|total|entries|free)/.test(text)) {
        open.text += (/^kB/.test(text) || /=\s*\d+$/.test(open.text) ? '' : ' ') + text;
        if (isWhole(open.text)) this.closeAreas(number, file);
        return true;
      }
      if (--this.patience < 0) this.closeAreas(number, file);
    }
    const zone24 = ZONE_24.exec(text);
    if (zone24 !== null) return this.zoneOf24(zone24, number, file);
    const line = ZONE_LINE.exec(text);
    if (line !== null) {
      const zone = this.zone(line[1], line[2], number, file);
      if (zone === null) return false;
      zone.freeKb = Number(line[3]);
      pairs(zone, line[4], 1);
      this.open = { kind: 'zone', zone, text: line[4], unit: 1 };
      return true;
    }
    const empty = EMPTY.exec(text);
    if (empty !== null && this.current !== null) {
      zoneNamed(this.current.state, Number(empty[1] ?? 0), empty[2]);
      return true;
    }
    const node = NODE_HEAD.exec(text);
    if (node !== null) {
      this.node = Number(node[1]);
      return true;
    }
    const head = LIST_HEAD.exec(text);
    if (head !== null && this.current !== null) {
      const zone = zoneNamed(this.current.state, this.nodeOf(head[1]), head[2]);
      this.open = { kind: 'areas', zone, text: '' };
      this.patience = 3;
      return true;
    }
    const areas = AREAS.exec(text);
    if (areas !== null) return this.areas(areas, number, file);
    if (this.unnamed.length > 0 && UNNAMED_NOTHING.test(text)) {
      this.unnamed.shift();
      return true;
    }
    const reserve = RESERVE.exec(text);
    if (reserve !== null && open?.kind === 'zone') {
      open.zone.reserve = Math.max(0, ...reserve[1].split(' ').map(Number));
      return true;
    }
    if (open?.kind === 'zone' && GOES_ON.test(text)) {
      // Broken within a word or a number, or between two.
      const within = /[A-Za-z0-9:]$/.test(open.text) && !/kB$/.test(open.text) && /^\w/.test(text);
      open.text += (within ? '' : ' ') + text;
      pairs(open.zone, open.text, open.unit);
      return true;
    }
    if (open?.kind === 'zone') this.open = null;
    return this.totals(text);
  }

  private zoneOf24(found: RegExpExecArray, number: number, file: string): boolean {
    const zone = this.zone(undefined, found[1], number, file);
    if (zone === null) return false;
    if (this.version === '') this.version = '2.4';
    if (this.current !== null) this.current.state.version = this.version;
    // Red Hat's 2.4.9 writes pages.
    const unit = found[3] === undefined ? 4 : 1;
    zone.freeKb = Number(found[2]) * unit;
    pairs(zone, found[4], unit);
    this.unnamed.push(zone);
    this.open = { kind: 'zone', zone, text: found[4], unit };
    return true;
  }

  private zone(node: string | undefined, name: string, number: number, file: string): ZoneState | null {
    if (this.current === null) this.begin(null, number, file);
    const { current } = this;
    if (current === null || current.state.zones.length >= 4096) return null;
    const { zones } = current.state;
    const ofNode = this.nodeOf(node);
    const known = zones.find(z => z.name === name && z.node === ofNode);
    // The same zone once more: another report without a head that was understood.
    if (known?.freeKb !== undefined && known.free !== null) {
      this.begin(null, number, file);
      return this.current === null ? null : zoneNamed(this.current.state, ofNode, name);
    }
    return zoneNamed(current.state, ofNode, name);
  }

  private areas(found: RegExpExecArray, number: number, file: string): boolean {
    const [, node, name, text] = found;
    if (this.current === null) {
      if (name === undefined) return false;
      this.begin(null, number, file);
    }
    if (this.current === null) return false;
    const zone =
      name === undefined
        ? (this.unnamed.shift() ?? null)
        : zoneNamed(this.current.state, this.nodeOf(node), name);
    if (zone === null) return false;
    this.open = { kind: 'areas', zone, text };
    this.patience = 3;
    if (isWhole(text)) this.closeAreas(number, file);
    return true;
  }

  private closeAreas(number: number, file: string): void {
    const { open, current } = this;
    if (open?.kind !== 'areas') return;
    this.open = null;
    if (open.zone === null || current === null) return;
    const counts: number[] = [];
    let sum = 0;
    let pageKb = 0;
    for (const [, count, kb] of open.text.replace(/\*\s+/g, '*').matchAll(/(\d+)\*(\d+)\s*(?:kB)?/g)) {
      if (pageKb === 0) pageKb = Number(kb);
      counts[Math.round(orderOf(Number(kb) / pageKb))] = Number(count);
      sum += Number(count) * Number(kb);
    }
    const said = /=\s*(\d+)\s*kB/.exec(open.text);
    if (pageKb === 0) return;
    if (sum > 2 ** 34 * 1.5) {
      this.broken.add(file, number, `free lists of ${sum} kB in zone ${open.zone.name}`);
      return;
    }
    if (said !== null && Number(said[1]) !== sum)
      this.broken.add(
        file,
        number,
        `the free lists of ${open.zone.name} come to ${sum} kB and say ${said[1]} kB`,
      );
    else if (said === null)
      this.broken.add(
        file,
        number,
        `the free lists of ${open.zone.name} have no end: taken as far as they go`,
      );
    if (current.state.pageKb === 0) current.state.pageKb = pageKb;
    setFree(
      open.zone,
      Array.from(counts, count => count ?? 0),
    );
  }

  private nodeOf(text: string | undefined): number {
    const node = text === undefined ? this.node : Number(text);
    this.node = 0;
    return node;
  }

  private totals(text: string): boolean {
    const state = this.current?.state;
    if (state === undefined) return false;
    const ram = /^(\d+) pages (?:of )?RAM/.exec(text);
    if (ram !== null) {
      state.ramPages = Number(ram[1]);
      return true;
    }
    const high = /^(\d+) pages (?:of )?(?:HIGHMEM|HighMem)/.exec(text);
    if (high !== null) {
      state.highPages = Number(high[1]);
      return true;
    }
    const reserved = /^(\d+) (?:reserved pages|pages reserved)/.exec(text);
    if (reserved !== null) {
      state.reservedPages = Number(reserved[1]);
      return true;
    }
    return /^cpu \d+ (?:hot|cold):|per-cpu:/.test(text);
  }
}

/** `4096` is order 10 of pages of 4 KiB. */
function orderOf(pages: number): number {
  let order = 0;
  while (2 ** order < pages && order < 40) order++;
  return order;
}

const isWhole = (text: string): boolean => /=\s*\d+\s*kB/.test(text);

function pairs(zone: ZoneState, text: string, unit: number): void {
  for (const [, key, value] of text.matchAll(PAIR))
    zone[`${key.toLowerCase()}Kb` as 'minKb'] = Number(value) * unit;
}

/** What stands before it may be a prefix that nobody knows: comm has at most 15 characters. */
function commOf(text: string): string {
  const trimmed = text.trim();
  return trimmed.length <= 15 ? trimmed : (trimmed.split(/[\s\]]+/).at(-1) ?? '').slice(-15);
}

/** The report to take where nobody says which: the first failure with lists, else the first report with lists. */
export function usualReport(reports: readonly LogReport[]): number {
  const asked = reports.findIndex(report => report.request !== null && hasLists(report.state));
  if (asked >= 0) return asked;
  const listed = reports.findIndex(report => hasLists(report.state));
  return Math.max(listed, 0);
}
