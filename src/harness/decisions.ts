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
 */
export function recordingHooks(
  calls: Partial<Record<HookName, () => number>>,
  fault: (hook: HookName, answer: number, rule: string) => void,
  full: () => void,
  capacity = 1 << 16,
): RecordingHooks {
  return new Recording(calls, fault, full, capacity);
}

class Recording implements RecordingHooks {
  readonly mask: number;
  private readonly calls: (() => number)[];
  private readonly fault: (hook: HookName, answer: number, rule: string) => void;
  private readonly full: () => void;
  private readonly column: Int32Array;
  private length = 0;

  constructor(
    calls: Partial<Record<HookName, () => number>>,
    fault: (hook: HookName, answer: number, rule: string) => void,
    full: () => void,
    capacity: number,
  ) {
    const linux = () => AS_LINUX;
    this.mask = HOOKS.reduce((mask, name, bit) => (calls[name] === undefined ? mask : mask | (1 << bit)), 0);
    this.calls = HOOKS.map(name => calls[name] ?? linux);
    this.fault = fault;
    this.full = full;
    this.column = new Int32Array(capacity);
  }

  zonelist(): number {
    return this.keep(0, this.calls[0]());
  }

  watermark(): number {
    return this.keep(1, this.calls[1]());
  }

  block(): number {
    return this.keep(2, this.calls[2]());
  }

  placement(): number {
    return this.keep(3, this.calls[3]());
  }

  pcp(): number {
    return this.keep(4, this.calls[4]());
  }

  decide(hook: number): number {
    return this.keep(hook, this.calls[hook]());
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
    if (this.length === this.column.length) this.full();
    this.column[this.length++] = answer;
    if (answer === FAULT) this.fault(HOOKS[hook], FAULT, '');
    return answer;
  }
}
