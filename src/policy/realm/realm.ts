/** The host's side of a policy's realm: builds it over a machine, calls the hooks, reads what went wrong. */
import { createContext, Script } from 'node:vm';
import type { PolicyPlan } from '../../contract/plan.ts';
import type { ConsoleLine, FaultCode } from '../../contract/policy.ts';
import { HOOKS, type HookName, type Machine } from '../../engine/index.ts';
import type { CompiledPolicy } from '../compile/index.ts';
import { placeOf } from '../compile/output.ts';
import {
  type HostColumns,
  handedOver,
  hasParts,
  noteFacts,
  numbersOf,
  partList,
  partsOf,
  type RealmWorkload,
} from './machineColumns.ts';
import {
  type Ends,
  NOTE_COLUMN,
  NOTE_EVENT,
  NOTE_FIELDS,
  NOTE_LINE,
  NOTES_LENGTH,
  noteText,
} from './notes.ts';
import { NR_FACTS, type PartColumns } from './partViews.ts';
import * as S from './script.ts';

/** Fuel for the code outside the hooks, which runs once before the first call. */
export const LOAD_FUEL = 1_000_000;
/** Counters stay small integers: the engine keeps those in registers. */
const MAX_COUNTER = 1_000_000_000;

type Trampolines = Record<HookName, () => number>;

export interface RealmFault {
  code: FaultCode;
  file: string;
  line: number;
  column: number;
  value: string;
  message: string;
}

let last: { policy: CompiledPolicy; numbers: string; script: Script } | null = null;

/** The same for every seed of a challenge: what V8 compiled of it is used again, in another context. */
function scriptOf(policy: CompiledPolicy, numbers: S.RealmNumbers): Script {
  const written = JSON.stringify(numbers);
  if (last === null || last.policy !== policy || last.numbers !== written) {
    const text = S.realmScript(policy.text, policy.info.hooks, numbers);
    last = { policy, numbers: written, script: new Script(text, { filename: S.SCRIPT_NAME }) };
  }
  return last.script;
}

/** A fresh realm for one run: nothing of an earlier run is left in it. */
export class PolicyRealm {
  /** One function a hook: the answer, or FAULT after a fault that `fault()` describes. Null: loading failed. */
  readonly hooks: Partial<Trampolines> | null;
  private readonly policy: CompiledPolicy;
  private readonly limits: PolicyPlan;
  private readonly status = new Int32Array(S.STATUS_FIELDS);
  private readonly text = new Uint16Array(S.MAX_MESSAGE + S.MAX_VALUE);
  private readonly console = new Uint16Array(S.MAX_CONSOLE_CHARS);
  private readonly lines = new Int32Array(3 * S.MAX_CONSOLE_LINES);
  private readonly fuel = new Float64Array(2);
  private readonly notes = new Float64Array(NOTES_LENGTH);
  private readonly ends: Ends;
  private readonly machine: Machine;
  private readonly facts = new Int32Array(NR_FACTS);
  /** Columns of the machine's parts as the realm has them bound. */
  private bound: PartColumns;
  /** Binds columns handed over anew. */
  private readonly rebind: (host: HostColumns) => void;
  private readonly nrOwn: number;

  /**
   * @param state  first state of mem.random, hash.ts
   * @throws SyntaxError when the engine refuses the printed text
   */
  constructor(
    policy: CompiledPolicy,
    machine: Machine,
    workload: RealmWorkload,
    limits: PolicyPlan,
    state: number,
  ) {
    this.policy = policy;
    this.limits = limits;
    this.machine = machine;
    this.fuel[S.FUEL_LEFT] = limits.fuelPerRun;
    this.fuel[S.FUEL_PER_CALL] = Math.min(limits.fuelPerCall, MAX_COUNTER);
    const numbers = numbersOf(machine, workload, state);
    this.ends = S.endsOf(numbers);
    const context = createContext(Object.create(null), {
      name: S.SCRIPT_NAME,
      codeGeneration: { strings: false, wasm: false },
      microtaskMode: 'afterEvaluate',
    });
    const script = scriptOf(policy, numbers);
    const own = [
      machine.request,
      machine.zone,
      machine.links,
      machine.state,
      machine.tag,
      machine.pcp,
      workload.slotTask,
      workload.taskOwner,
      this.status,
      this.text,
      this.console,
      this.lines,
      this.fuel,
      this.notes,
    ];
    this.nrOwn = own.length;
    this.bound = partsOf(machine, this.facts);
    noteFacts(machine, this.facts);
    const host = {
      ...handedOver([...own, ...partList(this.bound)]),
      load: LOAD_FUEL,
      memory: Math.min(limits.memoryBytes, MAX_COUNTER),
      rebind: (_: HostColumns): void => {},
    };
    const factory = script.runInContext(context) as (host: object) => Partial<Trampolines> | null;
    const made = factory(host);
    this.rebind = host.rebind;
    this.hooks = made === null || !hasParts(machine) ? made : this.looking(made);
  }

  /** The same calls; before each the realm is shown the machine's parts as they are by now. */
  private looking(made: Partial<Trampolines>): Partial<Trampolines> {
    const looking: Partial<Trampolines> = {};
    for (const hook of this.policy.info.hooks) {
      const call = made[hook]!;
      looking[hook] = () => {
        this.look();
        return call();
      };
    }
    return looking;
  }

  private look(): void {
    const { bound, machine } = this;
    const { slab, vmalloc, tasks, vm } = machine;
    noteFacts(machine, this.facts);
    if (
      (slab === null || (slab.ctl === bound.ctl && slab.rows === bound.rows && slab.ctors === bound.ctors)) &&
      (vmalloc === null || vmalloc.areas === bound.areas) &&
      (tasks === null || (tasks.stacks === bound.stacks && tasks.tasks === bound.tasks)) &&
      (vm === null || vm.process === bound.process)
    )
      return;
    this.bound = partsOf(machine, this.facts);
    const none = Array.from({ length: this.nrOwn }, () => this.facts);
    this.rebind(handedOver([...none, ...partList(this.bound)]));
  }

  isFunction(hook: HookName): boolean {
    return this.status[S.ST_NOT_FUNCTIONS + HOOKS.indexOf(hook)] === 0;
  }

  get fuelUsed(): number {
    return this.limits.fuelPerRun - this.fuel[S.FUEL_LEFT];
  }

  /** What the last call that answered FAULT did, or what loading did. `hook`: '' while loading. */
  fault(hook: HookName | ''): RealmFault {
    const { status, policy, limits } = this;
    const place = policy.sites[status[S.ST_SITE]] ??
      (status[S.ST_LINE] > 0 ? placeOf(policy.table, status[S.ST_LINE], status[S.ST_COLUMN]) : undefined) ??
      policy.hookPlaces[hook] ?? { file: '', line: 1, column: 1 };
    const value = this.chars(S.MAX_MESSAGE, status[S.ST_VALUE]);
    const thrown = playerNames(this.chars(0, status[S.ST_MESSAGE]));
    const { fuelPerCall, fuelPerRun, memoryBytes } = limits;
    const perCall = hook === '' ? LOAD_FUEL : fuelPerCall;
    const runOut = `the run's ${fuelPerRun} units of fuel are used up: each call must do less`;
    switch (status[S.ST_CODE]) {
      case S.CODE_OUT_OF_FUEL: {
        const run = hook !== '' && this.fuel[S.FUEL_LEFT] <= 0;
        const message = run
          ? runOut
          : `used more than ${perCall} units of fuel in one call: loop over less, or keep what earlier calls found`;
        return { code: 'out-of-fuel', ...place, value, message };
      }
      case S.CODE_RUN_OUT_OF_FUEL:
        return {
          code: 'out-of-fuel',
          ...place,
          value,
          message: runOut,
        };
      case S.CODE_OUT_OF_MEMORY:
        return {
          code: 'out-of-memory',
          ...place,
          value,
          message: `allocated more than ${memoryBytes} bytes in the run: change what is there, rather than make more in each call`,
        };
      case S.CODE_CALL_DEPTH:
        return {
          code: 'call-depth',
          ...place,
          value,
          message: 'functions call each other too deeply: does the recursion end?',
        };
      case S.CODE_RESERVED:
        return { code: 'illegal-answer', ...place, value, message: 'must not be -2147483648' };
      case S.CODE_NOT_AN_INTEGER:
        return { code: 'not-an-integer', ...place, value, message: numberWanted(value) };
      default:
        return { code: 'threw', ...place, value: '', message: thrown };
    }
  }

  consoleLines(): { lines: ConsoleLine[]; dropped: number } {
    const lines: ConsoleLine[] = [];
    let at = 0;
    for (let i = 0; i < this.status[S.ST_LINES]; i++) {
      const place = this.policy.sites[this.lines[3 * i]];
      const length = this.lines[3 * i + 2];
      const text = String.fromCharCode(...this.console.subarray(at, at + length));
      lines.push({ file: place?.file ?? '', line: place?.line ?? 0, event: this.lines[3 * i + 1], text });
      at += length;
    }
    lines.push(...this.noteLines());
    return { lines: lines.sort((a, b) => a.event - b.event), dropped: this.status[S.ST_DROPPED] };
  }

  /** What was asked of `mem` that the machine has not. */
  private noteLines(): ConsoleLine[] {
    const { notes, policy, ends } = this;
    return Array.from({ length: notes[0] }, (_, i) => {
      const at = 1 + i * NOTE_FIELDS;
      const place = placeOf(policy.table, notes[at + NOTE_LINE], notes[at + NOTE_COLUMN]);
      const text = noteText(notes, at, ends);
      return { file: place?.file ?? '', line: place?.line ?? 0, event: notes[at + NOTE_EVENT], text };
    });
  }

  private chars(at: number, length: number): string {
    return String.fromCharCode(...this.text.subarray(at, at + length));
  }
}

/** What to do about an answer that is no integer of 32 bits. `value`: as the realm wrote it down. */
function numberWanted(value: string): string {
  if (value === 'undefined') return 'must be a number on every way through the hook: is a return missing?';
  if (value.startsWith("'")) return `must be a number such as mem.AS_LINUX, without quotes`;
  if (value === '[function]') return 'must be a number: call the function, with ()';
  if (value === 'NaN') return 'must be a number: something in the sum was none';
  if (value === 'true' || value === 'false') return 'must be a number, and this is yes or no';
  if (value.startsWith('{') || value.startsWith('['))
    return 'must be an integer of 32 bits, such as mem.AS_LINUX: objects and lists are no answer';
  if (value.includes('.') || value.includes('e-'))
    return 'must be an integer of 32 bits: round it, with Math.floor(...) or with | 0';
  return 'must be an integer of 32 bits';
}

/** The player's own names in what the engine says about the printed ones: `foo$_1` was `foo`, `$mem_free` was `mem.free`, `$$` was `$`. */
function playerNames(message: string): string {
  return message
    .replace(/\$_\d+/g, '')
    .replace(/(?<!\$)\$mem_/g, 'mem.')
    .replaceAll('$$', '$');
}
