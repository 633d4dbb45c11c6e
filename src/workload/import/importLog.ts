/** Lines of one or more files into a challenge: by what they are, or as the user says. */
import { type ImportedChallenge, printable } from './challengeText.ts';
import { EventReader } from './eventReader.ts';
import { KmemEvent, LINE_OTHER } from './kmemEvent.ts';
import { BrokenLines } from './lines.ts';
import { hasLists } from './machineState.ts';
import { MallocReader, mallocForm } from './mallocReader.ts';
import { type LogReport, MemInfoReader, usualReport } from './memInfo.ts';
import { isProcLine, ProcReader } from './procFiles.ts';
import { type Fidelity, recordedChallenge, seconds } from './recordedChallenge.ts';
import { type ProbeRequest, smallestMissing, stateChallenge } from './stateChallenge.ts';

export const LOG_KINDS = ['events', 'report', 'proc', 'rep', 'malloc'] as const;
export type LogKind = (typeof LOG_KINDS)[number];

export const KIND_MEANING: Readonly<Record<LogKind, string>> = {
  events: 'kmem events of ftrace, trace-cmd or perf',
  report: 'page allocation failures, OOM killer and SysRq-m in a kernel log',
  proc: '/proc/buddyinfo, /proc/zoneinfo, /proc/meminfo',
  rep: 'a trace of the CS:APP malloc lab',
  malloc: 'calls of malloc as mtrace or ltrace write them',
};

export interface ImportOptions {
  /** Null: by content. */
  kind: LogKind | null;
  fidelity: Fidelity;
  /** Which report of a log, from 1; 0: the first failure that has free lists. */
  report: number;
  /** What is asked for where the log does not say. */
  request: { order: number; gfp: string } | null;
  /** Events of pages, of slabs, or both. */
  only: 'pages' | 'slab' | 'all';
  id: string;
  title: string;
}

/** Nothing can be made of it: what to tell. */
export class NothingToImport extends Error {
  override name = 'NothingToImport';
}

export interface Imported {
  kind: LogKind;
  challenge: ImportedChallenge;
  broken: BrokenLines;
  /** What else there was, for people. */
  notes: string[];
}

/** Lines that are looked at before a file counts as none that is known. */
const LOOKED_AT = 20_000;

export class LogImport {
  readonly broken = new BrokenLines();
  readonly files: string[] = [];
  nrLines = 0;
  private readonly options: ImportOptions;
  private readonly probe = new KmemEvent();
  private readonly events: EventReader;
  private readonly reports: MemInfoReader;
  private readonly proc: ProcReader;
  private readonly malloc: MallocReader;
  private readonly kinds = new Map<LogKind, string>();
  private file = '';
  private kind: LogKind | null = null;
  private waiting: string[] = [];
  private looked = 0;

  constructor(options: ImportOptions) {
    this.options = options;
    this.events = new EventReader(this.broken);
    this.reports = new MemInfoReader(this.broken);
    this.proc = new ProcReader(this.broken);
    this.malloc = new MallocReader(this.broken);
    this.events.only = options.only;
  }

  begin(file: string): void {
    this.file = printable(file);
    this.files.push(this.file);
    this.kind = null;
    this.waiting = [];
    this.looked = 0;
    if (this.options.kind !== null) this.decide(this.options.kind);
  }

  line(line: string, number: number): void {
    this.nrLines++;
    if (this.kind !== null) {
      this.read(line, number);
      return;
    }
    if (this.looked >= LOOKED_AT) return;
    this.looked++;
    this.waiting.push(line);
    const kind = this.kindOf(line);
    if (kind !== null) this.decide(kind);
  }

  end(): void {
    if (this.kind === 'report') this.reports.end(this.file);
    if (this.kind === null)
      throw new NothingToImport(
        `${this.file} is none of what can be imported: no line of it is ${Object.values(KIND_MEANING).join('; ')}. Name what it is, such as \`oomph import report ${this.file}\`, if you know better`,
      );
  }

  private decide(kind: LogKind): void {
    this.kind = kind;
    if (!this.kinds.has(kind)) this.kinds.set(kind, this.file);
    const { waiting } = this;
    this.waiting = [];
    waiting.forEach((line, i) => {
      this.read(line, i + 1);
    });
  }

  private kindOf(line: string): LogKind | null {
    if (this.probe.read(line) !== LINE_OTHER) return 'events';
    if (
      /page allocation failure[.:]|-order allocation failed|oom-killer: |^\W*(?:<\d>)?\W*Mem-[Ii]nfo:|Mem-[Ii]nfo:$/.test(
        line,
      )
    )
      return 'report';
    if (/\b(?:DMA|Normal|HighMem|DMA32)(?: free:\d+kB|: \d+\*\d+kB)|Zone:\w+ freepages:/.test(line))
      return 'report';
    if (isProcLine(line)) return 'proc';
    return mallocForm(line);
  }

  private read(line: string, number: number): void {
    const { file } = this;
    if (this.kind === 'events') this.events.line(line, number, file);
    else if (this.kind === 'report') this.reports.line(line, number, file);
    else if (this.kind === 'proc') this.proc.line(line, number, file);
    else if (this.kind === 'rep') this.malloc.rep(line, number, file);
    else this.malloc.call(line, number, file);
  }

  /**
   * @param raise  marks may be raised until what was refused is refused: of a failed request that Linux serves here
   * @throws NothingToImport
   */
  finish(raise = false): Imported {
    const kinds = [...this.kinds.keys()];
    if (kinds.length > 1)
      throw new NothingToImport(
        `these are different things: ${[...this.kinds].map(([kind, file]) => `${file} is ${KIND_MEANING[kind]}`).join('; ')}. Import each by itself`,
      );
    const [kind] = kinds;
    if (kind === undefined) throw new NothingToImport('no file was named');
    const notes: string[] = [];
    const challenge =
      kind === 'report'
        ? this.fromReport(notes, raise)
        : kind === 'proc'
          ? this.fromProc()
          : kind === 'events'
            ? this.fromEvents()
            : this.fromMalloc(kind);
    return { kind, challenge, broken: this.broken, notes: [...notes, ...challenge.notes] };
  }

  private header(kind: LogKind, more: string[]): string[] {
    const { broken } = this;
    const lines = [
      `Imported by \`oomph import\` from ${this.files.join(', ')}: ${KIND_MEANING[kind]}, ${this.nrLines} lines.`,
      ...more,
      'What was inferred rather than read says so on its line.',
    ];
    if (broken.count > 0) {
      lines.push(
        `${broken.count} ${broken.count === 1 ? 'line' : 'lines'} could not be read and ${broken.count === 1 ? 'was' : 'were'} left out${broken.count > broken.first.length ? `, the first ${broken.first.length} of them` : ''}:`,
      );
      for (const { file, line, why } of broken.first) lines.push(`  ${file}:${line}: ${why}`);
    }
    return lines;
  }

  private nothing(what: string): NothingToImport {
    const { first } = this.broken;
    const why =
      first.length > 0
        ? `; the first line that cannot be read is ${first[0].file}:${first[0].line}: ${first[0].why}`
        : '';
    return new NothingToImport(`${this.files.join(', ')}: ${what}${why}`);
  }

  private fromReport(notes: string[], raise: boolean): ImportedChallenge {
    const { reports, count } = this.reports;
    if (reports.length === 0) throw this.nothing('no report of memory that could be read');
    const wanted = this.options.report;
    if (wanted > reports.length)
      throw new NothingToImport(
        `--report ${wanted}: the log has ${reports.length === 1 ? 'one report' : `${reports.length} reports`}`,
      );
    const index = wanted > 0 ? wanted - 1 : usualReport(reports);
    const report = reports[index];
    if (count > 1) {
      const shown = reports.slice(0, 10).map((r, i) => `  ${i + 1}: ${reportText(r)}`);
      const more = count > shown.length ? [`  and ${count - shown.length} more`] : [];
      notes.push(`${count} reports; this is number ${index + 1}, --report takes another:`, ...shown, ...more);
    }
    const { state, request, interrupt } = report;
    const { order, gfp } = this.options.request ?? { order: -1, gfp: '' };
    const probe: ProbeRequest =
      request !== null && order < 0
        ? { ...request, interrupt, inferred: '' }
        : this.probeFor(smallestMissing(state), order, gfp, request?.comm ?? '');
    const what = reportText(report);
    const head = [
      `Report ${index + 1} of ${count}, at line ${report.line}: ${what}${report.repeated > 0 ? `, and ${report.repeated} more like it` : ''}.`,
      ...(state.version === '' ? [] : [`The kernel was ${state.version}.`]),
    ];
    return stateChallenge({
      state,
      request: probe,
      id: this.options.id,
      title: this.options.title || titleOf(report, this.files[0]),
      story: [
        request === null
          ? 'A kernel was asked to show its memory. This is a machine whose free lists are the same.'
          : `A kernel could not give ${request.comm === '' ? 'somebody' : request.comm} a block of order ${request.order}, and said so in its log. ${hasLists(state) ? 'This is a machine whose free lists are the same.' : 'What was free it did not say; here it is nothing of that order.'}`,
        'The request comes again and again. What would have to be decided otherwise, earlier, for it to be served?',
      ],
      header: this.header('report', head),
      raise: raise && request !== null && order < 0,
    });
  }

  private probeFor(missing: number, order: number, gfp: string, comm: string): ProbeRequest {
    const isGiven = order >= 0;
    return {
      comm: comm === '' ? 'probe' : comm,
      order: isGiven ? order : missing >= 0 ? missing : 10,
      gfp: gfp === '' ? 'GFP_ATOMIC' : gfp,
      memalloc: false,
      interrupt: false,
      inferred: isGiven
        ? 'as --request says'
        : missing >= 0
          ? 'the smallest order of which no zone has a block'
          : 'every order is there: the largest',
    };
  }

  private fromProc(): ImportedChallenge {
    const { state, seen } = this.proc;
    if (!seen.has('buddyinfo')) throw this.nothing('no /proc/buddyinfo among them: it has the free blocks');
    const { order, gfp } = this.options.request ?? { order: -1, gfp: '' };
    const absent = (['zoneinfo', 'meminfo'] as const).filter(name => !seen.has(name));
    return stateChallenge({
      state,
      request: this.probeFor(smallestMissing(state), order, gfp, ''),
      id: this.options.id,
      title: this.options.title || `Memory as in ${this.files[0]}`,
      story: [
        'The free lists of this machine are those of a real one. Somebody asks for a block.',
        'What would have to be decided otherwise, earlier, for it to be served?',
      ],
      header: this.header('proc', [
        `Read: ${[...seen].join(', ')}.${absent.length > 0 ? ` Without ${absent.join(' and ')}.` : ''}`,
      ]),
      raise: false,
    });
  }

  private fromEvents(): ImportedChallenge {
    const { recording, counts, event, lostEvents, large } = this.events;
    if (recording.nrAllocs === 0) throw this.nothing('no allocation in it that could be read');
    const used = [
      ['of pages', counts.pages],
      ['of kmalloc', counts.kmalloc],
      ['of caches', counts.cache],
      ['of other kinds, which are not used', counts.other],
    ] as const;
    const head = [
      `Events: ${used.flatMap(([what, n]) => (n > 0 ? [`${n} ${what}`] : [])).join(', ')}; ${recording.nrAllocs} allocations in ${seconds(recording.lastUs)}.`,
    ];
    if (lostEvents > 0) head.push(`The tracer lost events: ${lostEvents} by its own account.`);
    if (!this.events.clock) head.push('Events without a clock stand 10 us apart (inferred).');
    if (counts.pages > 0 && counts.kmalloc + counts.cache > 0)
      head.push(
        'Pages that the slab allocator of the log took for itself are among the pages: here they are asked for twice. --only slab or --only pages takes one of the two.',
      );
    if (large > 0)
      head.push(`kmalloc gives 128 KiB at most in 2.6.0: larger ones, up to ${large} bytes, ask for that.`);
    const challenge = recordedChallenge({
      recording,
      bits: event.addressDigits === 0 ? 0 : event.addressDigits > 8 ? 64 : 32,
      maxPfn: this.events.maxPfn,
      cpus: this.events.cpus,
      userSpace: false,
      fidelity: this.options.fidelity,
      id: this.options.id,
      title: this.options.title || `As recorded in ${this.files[0]}`,
      story: [
        `${recording.nrAllocs} requests of a real machine, as its kernel wrote them down in ${seconds(recording.lastUs)}.`,
      ],
      header: this.header('events', head),
    });
    if (challenge === null) throw this.nothing('no allocation in it that can be played');
    return challenge;
  }

  private fromMalloc(kind: 'rep' | 'malloc'): ImportedChallenge {
    const { recording, header, nrOps } = this.malloc;
    if (recording.nrAllocs === 0) throw this.nothing('no allocation in it that could be read');
    const head = [`${nrOps} operations, ${recording.nrAllocs} of them take memory.`];
    if (header.length === 4) {
      const [heap, ids, ops, weight] = header;
      head.push(`Its header says: heap ${heap}, ${ids} ids, ${ops} operations, weight ${weight}.`);
      if (ops !== nrOps) head.push(`Not as in its header: ${nrOps} operations could be read.`);
    } else if (header.length > 0) head.push(`Its header is not the usual four numbers: ${header.join(' ')}.`);
    head.push(
      'Inferred: an operation is 100 us behind the one before it; malloc stands as kmalloc with GFP_KERNEL, beyond 128 KiB as a buffer; realloc takes the new block and gives the old one back.',
    );
    const challenge = recordedChallenge({
      recording,
      bits: 32,
      maxPfn: -1,
      cpus: 1,
      userSpace: true,
      fidelity: this.options.fidelity,
      id: this.options.id,
      title: this.options.title || `As recorded in ${this.files[0]}`,
      story: [`${nrOps} calls of malloc, realloc and free of a real program, asked of a kernel.`],
      header: this.header(kind, head),
    });
    if (challenge === null) throw this.nothing('no allocation in it that can be played');
    return challenge;
  }
}

function titleOf({ request }: LogReport, file: string): string {
  if (request === null) return `Memory as in ${file}`;
  const who = request.comm === '' ? 'A request' : request.comm;
  return `${who} and its order ${request.order}, of ${file.split(/[/\\]/).at(-1) ?? file}`;
}

function reportText({ request }: LogReport): string {
  if (request === null) return 'memory shown without a failure';
  const { comm, order, gfp, kind } = request;
  const who = comm === '' ? '' : `${comm}: `;
  return `${who}order ${order}${gfp === '' ? '' : `, mode ${gfp}`}${kind === 'oom' ? ', OOM killer' : ''}`;
}
