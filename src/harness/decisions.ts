import { AS_LINUX, FAULT, HOOKS, type HookName, type Hooks } from '../engine/index.ts';

/** Decisions that a run answers from; the policy is not needed. */
export interface ReplayHooks extends Hooks {
  /** Decisions used; settable, to go back. */
  position: number;
  /** Another decision was asked for than there are: the record does not belong to this run. */
  exhausted: boolean;
  /** Answers that were faults: none given, or one that broke its rule. Counted by the replay itself. */
  nrFaults: number;
  /** Decisions not used yet: none at the end of a run that the record belongs to. */
  readonly left: number;
}

/**
 * @param mask       HOOK_ bits that the policy decides
 * @param decisions  one int32 a hook call, in call order
 */
export function replayHooks(mask: number, decisions: Int32Array): ReplayHooks {
  return new Replay(mask, decisions);
}

class Replay implements ReplayHooks {
  readonly mask: number;
  readonly anonymous = true;
  position = 0;
  exhausted = false;
  nrFaults = 0;
  private readonly decisions: Int32Array;

  constructor(mask: number, decisions: Int32Array) {
    this.mask = mask;
    this.decisions = decisions;
  }

  get left(): number {
    return this.decisions.length - this.position;
  }

  zonelist(): number {
    return this.next();
  }

  watermark(): number {
    return this.next();
  }

  block(): number {
    return this.next();
  }

  placement(): number {
    return this.next();
  }

  pcp(): number {
    return this.next();
  }

  decide(): number {
    return this.next();
  }

  illegal(): void {
    this.nrFaults++;
  }

  private next(): number {
    if (this.position >= this.decisions.length) {
      this.exhausted = true;
      return AS_LINUX;
    }
    const answer = this.decisions[this.position++];
    if (answer === FAULT) this.nrFaults++;
    return answer;
  }
}

/** Passes what a policy answers on to the engine and keeps it. */
export interface RecordingHooks extends Hooks {
  /** The decisions since the last call, which it forgets. */
  take(): Int32Array;
}

/**
 * @param calls    one function for each hook in use: an int32, FAULT after a fault
 * @param fault    told of every fault: `answer` and `rule` of an illegal one, FAULT and '' for none given
 * @param full     called when `capacity` decisions wait to be taken
 * @param anonymous  the policy never looks at who asks (engine/lib/hooks.ts)
 */
export function recordingHooks(
  calls: Partial<Record<HookName, () => number>>,
  fault: (hook: HookName, answer: number, rule: string) => void,
  full: () => void,
  anonymous = false,
  capacity = 1 << 14,
): RecordingHooks {
  return new Recording(calls, fault, full, anonymous, capacity);
}

class Recording implements RecordingHooks {
  readonly mask: number;
  readonly anonymous: boolean;
  private readonly calls: (() => number)[];
  /** Those that a page may be asked about, each with a place of its own. */
  private readonly onZonelist: () => number;
  private readonly onWatermark: () => number;
  private readonly onPcp: () => number;
  private readonly fault: (hook: HookName, answer: number, rule: string) => void;
  private readonly full: () => void;
  private readonly column: Int32Array;
  private length = 0;

  constructor(
    calls: Partial<Record<HookName, () => number>>,
    fault: (hook: HookName, answer: number, rule: string) => void,
    full: () => void,
    anonymous: boolean,
    capacity: number,
  ) {
    const linux = () => AS_LINUX;
    this.mask = HOOKS.reduce((mask, name, bit) => (calls[name] === undefined ? mask : mask | (1 << bit)), 0);
    this.anonymous = anonymous;
    this.calls = HOOKS.map(name => calls[name] ?? linux);
    [this.onZonelist, this.onWatermark, , , this.onPcp] = this.calls;
    this.fault = fault;
    this.full = full;
    this.column = new Int32Array(capacity);
  }

  zonelist(): number {
    const { onZonelist } = this;
    return this.keep(0, onZonelist());
  }

  watermark(): number {
    const { onWatermark } = this;
    return this.keep(1, onWatermark());
  }

  block(): number {
    return this.decide(2);
  }

  placement(): number {
    return this.decide(3);
  }

  pcp(): number {
    const { onPcp } = this;
    return this.keep(4, onPcp());
  }

  decide(hook: number): number {
    const call = this.calls[hook];
    return this.keep(hook, call());
  }

  illegal(hook: HookName, answer: number, rule: string): void {
    this.fault(hook, answer, rule);
  }

  take(): Int32Array {
    const taken = this.column.slice(0, this.length);
    this.length = 0;
    return taken;
  }

  private keep(hook: number, answer: number): number {
    const { column, length } = this;
    column[length] = answer;
    this.length = length + 1;
    if (answer === FAULT || length + 1 === column.length) this.look(hook, answer);
    return answer;
  }

  /** What a decision may come to: a fault, or the last for which there is room. */
  private look(hook: number, answer: number): void {
    if (this.length === this.column.length) this.full();
    if (answer === FAULT) this.fault(HOOKS[hook], FAULT, '');
  }
}
