/** Who asked for each page, and what a policy answered then: noted while a run is played again for it. */
import {
  AS_LINUX,
  EV_ALLOC,
  EV_FAIL,
  EventRing,
  FAULT,
  HOOKS,
  type HookName,
  type Hooks,
  type Machine,
  NIL,
  REQ_EVENT,
  REQ_FIELDS,
  REQ_LINUX,
  REQ_SITE,
  REQ_TASK,
  recordEvents,
  setHooks,
} from '../engine/index.ts';
import { requestOf } from './compare.ts';
import type { Play } from './play.ts';

/** An answer of the policy to one question. */
export interface Decision {
  hook: HookName;
  /** Fields of the hook's request, by name. */
  request: Record<string, number>;
  /** As in the record; AS_LINUX and FAULT are answers too. */
  given: number;
  /** What was done. */
  done: number;
  /** What Linux would have done. */
  linux: number;
  /** The rule that the answer broke, or ''. */
  rule: string;
}

/** Answers kept of one request; there is none that asks more that matters. */
const ANSWERS = 32;

/** Notes for every block of pages which operation it was handed out for. Listens from its making on. */
export class Provenance extends EventRing {
  /** By the first PFN of a block: row of the tape that asked, NIL for the kernel's own; event; step; task. */
  readonly row: Int32Array;
  readonly event: Int32Array;
  readonly site: Int32Array;
  readonly task: Int16Array;
  readonly timeUs: Float64Array;
  /** What was answered for the blocks of interest, by first PFN. */
  readonly decisions = new Map<number, Decision[]>();
  private readonly wanted: ReadonlySet<number>;
  private readonly machine: Machine;
  private readonly recent = Array.from({ length: ANSWERS }, () => ({
    hook: 0,
    request: new Int32Array(REQ_FIELDS),
    given: 0,
    linux: 0,
    rule: '',
  }));
  private nrRecent = 0;
  /** What `recent` has belongs to a request that is over, or to this row. */
  private over = false;
  private ofRow: number = NIL;

  /** @param wanted first PFNs of blocks whose answers are kept */
  constructor(play: Play, wanted: ReadonlySet<number>) {
    super(1);
    const { machine } = play;
    this.machine = machine;
    this.wanted = wanted;
    const n = machine.nrPages;
    this.row = new Int32Array(n).fill(NIL);
    this.event = new Int32Array(n).fill(NIL);
    this.site = new Int32Array(n);
    this.task = new Int16Array(n).fill(NIL);
    this.timeUs = new Float64Array(n);
    recordEvents(machine, 1);
    machine.trace = this;
    if (play.hooks !== null) setHooks(machine, this.listening(play.hooks));
  }

  override record(op: number, code: number, pfn: number, _b: number, _c: number): void {
    if (code === EV_FAIL) this.over = true;
    if (code !== EV_ALLOC) return;
    const { request, printk, agenda } = this.machine;
    this.row[pfn] = printk.row;
    this.event[pfn] = op;
    this.site[pfn] = request[REQ_SITE];
    this.task[pfn] = request[REQ_TASK];
    this.timeUs[pfn] = agenda.now[0];
    if (this.wanted.has(pfn)) this.decisions.set(pfn, this.latest());
    this.over = true;
  }

  /** What was answered for the request that is being served, or was served last. */
  latest(): Decision[] {
    return this.recent.slice(0, this.nrRecent).map(({ hook, request, given, linux, rule }) => {
      const usable = given !== AS_LINUX && given !== FAULT && rule === '';
      return {
        hook: HOOKS[hook],
        request: requestOf(HOOKS[hook], request),
        given,
        done: usable ? given : linux,
        linux,
        rule,
      };
    });
  }

  private keep(hook: number, given: number): number {
    const { request } = this.machine;
    if (this.over || this.ofRow !== request[REQ_EVENT]) {
      this.nrRecent = 0;
      this.over = false;
      this.ofRow = request[REQ_EVENT];
    }
    if (this.nrRecent === ANSWERS) return given;
    const answer = this.recent[this.nrRecent++];
    answer.hook = hook;
    answer.request.set(request.subarray(0, REQ_FIELDS));
    answer.given = given;
    answer.linux = request[REQ_LINUX];
    answer.rule = '';
    return given;
  }

  private listening(inner: Hooks): Hooks {
    return {
      mask: inner.mask,
      zonelist: () => this.keep(0, inner.zonelist()),
      watermark: () => this.keep(1, inner.watermark()),
      block: () => this.keep(2, inner.block()),
      placement: () => this.keep(3, inner.placement()),
      pcp: () => this.keep(4, inner.pcp()),
      decide: hook => this.keep(hook, inner.decide(hook)),
      illegal: (hook, answer, rule) => {
        if (this.nrRecent > 0) this.recent[this.nrRecent - 1].rule = rule;
        inner.illegal(hook, answer, rule);
      },
    };
  }
}
