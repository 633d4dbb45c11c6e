/** A cause in lines: for the game's view, which folds them and lets links be chosen, and as plain text. */
import type { SourceFile } from '../contract/policy.ts';
import type { Cause } from '../harness/cause.ts';
import type { AllocationCause, CauseZone, Pin, PinnedBlock } from '../harness/causeAllocation.ts';
import type {
  BugCause,
  FaultCause,
  GoalCause,
  KillCause,
  MomentCause,
  StackCause,
  WindowCause,
} from '../harness/causeOthers.ts';
import type { CauseOperation } from '../harness/causePlaces.ts';
import { failureLine } from '../harness/kernelLog.ts';
import type { PageKind } from '../harness/pageKinds.ts';
import type { Decision } from '../harness/provenance.ts';
import { cyclesTable } from './cyclesText.ts';
import { gfpText } from './gfpText.ts';
import { duration, grouped, plural, quantity } from './quantity.ts';
import { answerText, questionText } from './requestText.ts';
import { stackTable } from './stackTrace.ts';
import { columns } from './wrap.ts';

export interface CauseLine {
  text: string;
  /** `table`: its columns matter; it is cut, not folded. */
  tone: 'heading' | 'bad' | 'text' | 'strong' | 'dim' | 'table';
  /** Columns that it stands in. */
  indent: number;
  /** Where the event can be gone to; the page that it is about, where it is about one. */
  link?: { event: number; pfn: number };
}

export interface CauseWords {
  /** The challenge file, as the user would name it; '' where lines of it mean nothing. */
  file: string;
  /** Sources of the policy; empty where Linux decided. */
  sources: readonly SourceFile[];
  pageBytes: number;
}

export const KINDS: Record<PageKind, string> = {
  user: 'a user process',
  kernel: 'the kernel',
  page_cache: 'the page cache',
  driver: 'a driver',
  free: 'free',
  pcp: 'a per-CPU list',
  reserved: 'reserved',
  slab: 'a slab',
  stack: 'a kernel stack',
  page_table: 'a page table',
  vmalloc: 'vmalloc',
  anonymous: 'anonymous memory',
};

/** Of a table whose lines can be folded. */
const TABLE_WIDTH = 76;

class Lines {
  readonly lines: CauseLine[] = [];

  heading(text: string): void {
    this.lines.push({ text, tone: 'heading', indent: 0 });
  }

  add(text: string, tone: CauseLine['tone'] = 'text', indent = 2, link?: CauseLine['link']): void {
    this.lines.push({ text, tone, indent, ...(link === undefined ? {} : { link }) });
  }

  table(rows: readonly (readonly string[])[], right: readonly number[], indent = 2): void {
    for (const row of columns(rows, right)) this.add(row, 'table', indent);
  }
}

export function causeLines(cause: Cause, words: CauseWords): CauseLine[] {
  const out = new Lines();
  WRITERS[cause.kind](out, cause as never, words);
  return out.lines;
}

/** Plain text of at most `width` columns, but for tables. */
export function causeText(cause: Cause, words: CauseWords, width = 78): string {
  let text = '';
  for (const { text: line, tone, indent } of causeLines(cause, words)) {
    if (tone === 'heading' && text !== '') text += '\n';
    const lead = ' '.repeat(indent);
    if (tone === 'table') text += `${lead}${line}\n`;
    else for (const part of folded(line, width - indent)) text += `${lead}${part}\n`;
  }
  return text;
}

function folded(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const WRITERS: {
  [K in Cause['kind']]: (out: Lines, cause: Extract<Cause, { kind: K }>, words: CauseWords) => void;
} = {
  allocation,
  stack,
  oom: kill,
  bug,
  goal,
  fault,
  window,
  reclaim: moment,
  flush: moment,
};

const when = ({ event, timeUs }: { event: number; timeUs: number }): string =>
  `event ${grouped(event)}, ${duration(timeUs)}`;

const lineOf = ({ line }: CauseOperation, words: CauseWords): string =>
  line > 0 && words.file !== '' ? `, line ${line} of ${words.file}` : '';

/** `editor asks for order 3, gfp 0x1d0, at event 12, line 20 of challenge.yaml` */
function operation(by: CauseOperation, words: CauseWords): string {
  return `${by.text}, at ${when(by)}${lineOf(by, words)}`;
}

const linkTo = (by: CauseOperation, pfn = -1): CauseLine['link'] => ({ event: by.event, pfn });

const hex = (pfn: number): string => `0x${pfn.toString(16).padStart(5, '0')}`;

function allocation(out: Lines, cause: AllocationCause, words: CauseWords): void {
  const { task, order, gfp, by, zones, mayWait } = cause;
  out.add(failureLine(task, order, gfp), 'bad', 0);
  out.add(operation(by, words), 'text', 2, linkTo(by));
  const late = cause.event === by.event ? '' : `; it waited, and failed at ${when(cause)}`;
  out.add(
    `It asked for ${plural(2 ** order, 'page')}${order === 0 ? '' : ' in one block'}: ${gfpText(gfp)}, so from ` +
      `${zones.map(({ name }) => name).join(', then ')}, and it may ${mayWait ? '' : 'not '}wait${late}.`,
  );
  out.heading('Why');
  out.add(reason(cause), 'strong');
  for (const zone of zones) out.add(zoneReason(zone, order));
  out.table(
    [
      ['zone', 'free', 'needed', 'min', 'low', 'high', 'largest block'],
      ...zones.map(({ name, freePages, need, min, low, high, largest }) => [
        name,
        ...[freePages, need, min, low, high].map(grouped),
        largest < 0 ? 'none' : `order ${largest}`,
      ]),
    ],
    [1, 2, 3, 4, 5],
  );
  decisionLines(out, cause.decisions, words);
  const told = cause.why === 'pages' ? [holderLines, blockLines] : [blockLines, holderLines];
  for (const tell of told) tell(out, cause, words);
}

function reason({ why, order }: AllocationCause): string {
  switch (why) {
    case 'pages':
      return 'Want of pages: no zone that it may use had enough of them free.';
    case 'fragmentation':
      return `Fragmentation: pages enough were free, and nowhere ${2 ** order} of them in one block.`;
    case 'policy':
      return 'The policy: there was a block for it, in a zone that the policy kept from it.';
    case 'order':
      return 'Its order is larger than any block that there is.';
  }
}

function zoneReason({ name, freePages, need, largest, why }: CauseZone, order: number): string {
  const free = `${name} has ${plural(freePages, 'page')} free`;
  const block = largest < 0 ? 'no free block at all' : `its largest free block is of order ${largest}`;
  switch (why) {
    case 'pages': {
      const kept = Math.max(0, need - 2 ** order);
      return `${free}, and the request needed ${grouped(need)}: its own ${2 ** order} above ${grouped(kept)} that stay.`;
    }
    case 'fragmentation':
      return `${free} of ${grouped(need)} needed, but ${block}; order ${order} was asked for.`;
    case 'policy':
      return `${free}, its largest block of order ${largest}: Linux would have served it from there.`;
  }
}

function decisionLines(out: Lines, decisions: readonly Decision[], words: CauseWords): void {
  if (words.sources.length === 0) return;
  out.heading('What the policy answered to it');
  if (decisions.length === 0) out.add('It was not asked about this request.', 'dim');
  for (const decision of decisions) {
    const { hook, request } = decision;
    out.add(`${hook}, ${questionText(hook, request)}: ${answered(decision)}${placeOf(hook, words)}`);
  }
}

function answered({ hook, given, done, linux, rule }: Decision): string {
  if (rule !== '') return `${given}, which ${rule}; so ${answerText(hook, done)}, as Linux`;
  const answer = answerText(hook, done);
  return done === linux ? `${answer}, as Linux` : `${answer}; Linux: ${answerText(hook, linux)}`;
}

/** `, policy.ts:4`: where the hook is defined. */
function placeOf(hook: string, { sources }: Pick<CauseWords, 'sources'>): string {
  const defined = new RegExp(`(^|[\\s,{])${hook}\\s*[:(=,}]`);
  for (const { path, text } of sources) {
    const line = text.split('\n').findIndex(one => defined.test(one) && !/^\s*(import|\*|\/\/)/.test(one));
    if (line >= 0) return ` (${path}:${line + 1})`;
  }
  return '';
}

/** Of a block with more pins than that only the first are told. */
const MANY_PINS = 6;
const FEW_PINS = 3;

function blockLines(out: Lines, { blocks, order, why }: AllocationCause, words: CauseWords): void {
  if (blocks.length === 0 || order === 0) return;
  out.heading(`What stands in the blocks of order ${order} that came nearest`);
  if (words.sources.length === 0) out.add("Where it stands was Linux's own choice.", 'dim');
  for (const block of why === 'pages' ? blocks.slice(0, 1) : blocks) {
    out.add(blockText(block), 'strong');
    const pins = block.nrPins > MANY_PINS ? block.pins.slice(0, FEW_PINS) : block.pins;
    for (const pin of pins) pinLines(out, pin, words);
    const more = block.nrPins - pins.length;
    if (more > 0) out.add(`and ${grouped(more)} more`, 'dim', 4);
  }
}

function blockText({ zone, pfn, pages, pinnedPages, pcpPages }: PinnedBlock): string {
  const last = pfn + pages - 1;
  const pcp = pcpPages === 0 ? '' : `, ${grouped(pcpPages)} in per-CPU lists`;
  return `${zone}, pfn ${hex(pfn)} to ${hex(last)}: ${grouped(pinnedPages)} of ${grouped(pages)} pages in use${pcp}`;
}

function pinLines(out: Lines, pin: Pin, words: CauseWords): void {
  const { pfn, order, kind, by, event, ageUs, decisions } = pin;
  const size = plural(2 ** order, 'page');
  if (by === null) {
    const since =
      event < 0 ? 'from before the workload began' : `taken by the kernel at event ${grouped(event)}`;
    const link = event < 0 ? undefined : { event, pfn };
    out.add(`pfn ${hex(pfn)}, ${size} of ${KINDS[kind]}, ${since}`, 'text', 4, link);
    return;
  }
  const asked = by.text.replace(/: pfn \d+$/, '');
  const line = by.line > 0 && words.file !== '' ? `, line ${by.line}` : '';
  out.add(
    `pfn ${hex(pfn)}, ${size} of ${KINDS[kind]}, held for ${duration(ageUs)}: ${asked}, event ${grouped(by.event)}${line}`,
    'text',
    4,
    { event, pfn },
  );
  if (words.sources.length > 0) out.add(choiceOf(decisions, words), 'dim', 6);
}

/** Which decision put a block where it is. */
export function choiceOf(decisions: readonly Decision[], words: Pick<CauseWords, 'sources'>): string {
  const [first] = decisions;
  if (first === undefined) return "Linux's own choice";
  const others = decisions.filter(({ done, linux }) => done !== linux);
  if (others.length === 0) {
    const hooks = [...new Set(decisions.map(({ hook }) => hook))].join(', ');
    return `the policy (${hooks}) answered as Linux would`;
  }
  return others
    .map(decision => `${decision.hook} answered ${answered(decision)}${placeOf(decision.hook, words)}`)
    .join('; ');
}

function holderLines(out: Lines, { holders, otherHolders, zones }: AllocationCause): void {
  if (holders.length === 0) return;
  out.heading(`Who holds the pages of ${zones.map(({ name }) => name).join(' and ')}`);
  out.table(
    [
      ['task', 'as', 'pages', 'blocks', 'oldest', 'newest'],
      ...holders.map(({ task, kind, pages, blocks, oldestUs, youngestUs }) => [
        task === '' ? '(the kernel)' : task,
        KINDS[kind],
        grouped(pages),
        grouped(blocks),
        duration(oldestUs),
        duration(youngestUs),
      ]),
    ],
    [2, 3, 4, 5],
  );
  if (otherHolders.holders > 0)
    out.add(`and ${grouped(otherHolders.pages)} pages of ${grouped(otherHolders.holders)} others`, 'dim');
}

function report(out: Lines, lines: readonly string[], most = 14): void {
  if (lines.length === 0) return;
  out.heading('The kernel says');
  for (const line of lines.slice(0, most)) out.add(line, 'table');
  if (lines.length > most) out.add(`and ${lines.length - most} lines more`, 'dim');
}

function stack(out: Lines, cause: StackCause, words: CauseWords): void {
  const { frames, crossed, limit, by } = cause;
  const deepest = frames[0]?.depth ?? 0;
  out.add(
    `A kernel stack overflowed: ${grouped(deepest)} bytes of the ${grouped(limit)} above thread_info`,
    'bad',
    0,
  );
  out.add(operation(by, words), 'text', 2, linkTo(by));
  out.heading('Why');
  if (crossed >= 0) {
    const frame = frames[crossed];
    out.add(
      `The frame of ${frame.function}() crossed the limit: ${grouped(frame.size)} bytes on top of ` +
        `${grouped(frame.depth - frame.size)}, ${grouped(frame.depth - limit)} too many.`,
      'strong',
    );
  }
  const [largest] = [...frames].sort((a, b) => b.size - a.size);
  if (largest) out.add(`The largest frame is that of ${largest.function}(), ${grouped(largest.size)} bytes.`);
  out.heading('The deepest chain of calls');
  for (const line of stackTable(frames)) out.add(line, 'table', 0);
  report(out, cause.report);
}

function kill(out: Lines, cause: KillCause, words: CauseWords): void {
  const { victim, by, how, processes, others } = cause;
  out.add(`${victim === '' ? 'A process' : victim} was killed for want of memory`, 'bad', 0);
  out.add(`In the course of: ${operation(by, words)}`, 'text', 2, linkTo(by));
  out.heading('Why');
  out.add(
    how === 'badness'
      ? 'Reclaim found nothing more, and of those alive it had the most points: pages of address space, less for age, more for nice.'
      : 'Its page fault found no memory, and a fault cannot fail otherwise. Nobody was chosen.',
    'strong',
  );
  out.heading('Who held what just before');
  const row = (one: KillCause['processes'][number]): string[] => [
    one.victim ? 'killed' : '',
    one.task === '' ? `process ${one.process}` : one.task,
    grouped(one.points),
    grouped(one.totalVm),
    grouped(one.rss),
    String(one.nice),
    one.root ? 'root' : '',
  ];
  out.table(
    [['', 'task', 'points', 'address space', 'in memory', 'nice', ''], ...processes.map(row)],
    [2, 3, 4, 5],
  );
  if (others > 0) out.add(`and ${grouped(others)} more`, 'dim');
  report(out, cause.report);
}

function bug(out: Lines, cause: BugCause, words: CauseWords): void {
  const { before, by, noticed } = cause;
  out.add(cause.report.find(line => !line.startsWith('---')) ?? 'A bug in the kernel', 'bad', 0);
  out.add(operation(by, words), 'text', 2, linkTo(by));
  if (!noticed) out.add('The kernel prints nothing of it: it shows later, somewhere else.', 'dim');
  if (before.length > 0) {
    out.heading('What was done with it before');
    for (const one of before) out.add(operation(one, words), 'text', 2, linkTo(one));
  }
  if (noticed) report(out, cause.report, 24);
}

/** Two values in words that tell them apart: `27,999,912us` where both would be `28s`. */
function apart(a: number, b: number, unit: string): [string, string] {
  const words: [string, string] = [quantity(a, unit), quantity(b, unit)];
  return words[0] === words[1] && unit === 'us' ? [`${grouped(a)}us`, `${grouped(b)}us`] : words;
}

function goal(out: Lines, cause: GoalCause, words: CauseWords): void {
  const { text, unit, wanted, compare, before, after, atEnd, held, by } = cause;
  out.add(`Goal ${held ? 'held' : 'lost'}: ${text}`, held ? 'strong' : 'bad', 0);
  const want = `${compare.replace('_', ' ').replace('equals', 'exactly')} ${quantity(wanted, unit)}`;
  if (held) out.add(`It came to ${quantity(after, unit)}, wanted ${want}: ${marginText(cause)}.`);
  else if (atEnd) out.add(`It is decided at the end of the run: ${quantity(after, unit)}, wanted ${want}.`);
  else {
    const [from, to] = apart(before, after, unit);
    out.add(`At ${when(cause)} it went from ${from} to ${to}; wanted ${want}.`);
    out.heading('The event');
    out.add(operation(by, words), 'text', 2, linkTo(by));
  }
  makeupLines(out, cause);
}

/** `12 more than wanted`, `3ms to spare` */
export function marginText({
  after,
  wanted,
  compare,
  unit,
}: Pick<GoalCause, 'after' | 'wanted' | 'compare' | 'unit'>): string {
  const beyond = after - wanted;
  if (beyond === 0) return compare === 'equals' ? 'as wanted' : 'nothing to spare';
  const by = unit === 'order' ? plural(Math.abs(beyond), 'order') : quantity(Math.abs(beyond), unit);
  const isSpare = compare === 'at_most' ? beyond < 0 : compare === 'at_least' && beyond > 0;
  return isSpare ? `${by} to spare` : `${by} ${beyond > 0 ? 'too much' : 'too little'}`;
}

function makeupLines(out: Lines, { makeup, metric, unit, after }: GoalCause): void {
  const { shares, otherShares, spent, beside } = makeup;
  if (spent.length > 0) {
    out.heading('What the cycles were paid for');
    for (const row of cyclesTable(spent, after, TABLE_WIDTH)) out.add(row, 'table');
  }
  for (const part of ['task', 'zone', 'order'] as const) {
    const rows = shares.filter(({ of }) => of === part);
    if (rows.length === 0) continue;
    out.heading(`${metric} by ${part}`);
    out.table(
      rows.map(({ name, value }) => [name, quantity(value, unit)]),
      [1],
    );
  }
  if (otherShares > 0) out.add(`and ${grouped(otherShares)} more`, 'dim');
  if (beside.length === 0) return;
  out.heading('What was counted beside it');
  for (const { metric: name, task, value, unit: its, meaning } of beside) {
    const whose = task === '' ? '' : ` of ${task}`;
    out.add(`${name}${whose}: ${quantity(value, its)} (${meaning})`);
  }
}

function fault(out: Lines, cause: FaultCause, words: CauseWords): void {
  const { fault: first, nrFaults, by } = cause;
  if (first === null) out.add('A fault of the policy, behind the first hundred', 'bad', 0);
  else {
    const value = first.value === '' ? '' : `, answered ${first.value}`;
    out.add(
      `Fault of the policy: ${first.file}:${first.line}:${first.column}, ${first.hook}${value}`,
      'bad',
      0,
    );
    out.add(first.message, 'strong');
  }
  out.add(operation(by, words), 'text', 2, linkTo(by));
  if (nrFaults > 1) out.add(`${grouped(nrFaults)} faults in all`, 'dim');
}

function window(out: Lines, cause: WindowCause, { pageBytes, ...words }: CauseWords): void {
  const { by, pages, used, largestHole, holders } = cause;
  const kib = (bytes: number): string => `${grouped(Math.floor(bytes / 1024))} KiB`;
  out.add(`vmalloc() of ${kib(pages * pageBytes)} found no addresses; pages there were`, 'bad', 0);
  out.add(operation(by, { pageBytes, ...words }), 'text', 2, linkTo(by));
  out.heading('Why');
  out.add(
    `Of its window ${kib(used)} are in use, guard pages included, and the largest hole has ${kib(largestHole)}.`,
    'strong',
  );
  if (holders.length === 0) return;
  out.heading('Who has areas');
  out.table(
    [
      ['task', 'areas', 'pages', 'oldest'],
      ...holders.map(one => [one.task, grouped(one.areas), grouped(one.pages), duration(one.oldestUs)]),
    ],
    [1, 2, 3],
  );
}

function moment(out: Lines, cause: MomentCause, words: CauseWords): void {
  const what =
    cause.kind === 'reclaim'
      ? 'A task had to reclaim pages itself: kswapd had not freed enough'
      : 'The TLB of every CPU was flushed: for a sweep of the kmap pool, or for areas that vfree() gave back';
  out.add(what, 'bad', 0);
  out.add(operation(cause.by, words), 'text', 2, linkTo(cause.by));
}
