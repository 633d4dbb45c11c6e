import type { OnFail, StepPlan, TaskContext } from '../../contract/plan.ts';
import type { Located } from '../document.ts';
import { type Findings, quote } from '../findings.ts';
import type { Caller } from '../gfp.ts';
import type { MachineParts } from '../kernelOptions.ts';
import type { Names } from '../names.ts';
import { duration, field, integerOf, textOf } from '../values.ts';
import { find, type Held, hold, type Mapping, newHeld, Scope, type Search } from './held.ts';

/** A place in the file that allocates, for the checks of goals and the estimate. */
export interface AllocSite {
  gfp: number;
  /** Bit set of the orders it can ask for. */
  orders: number;
}

/** What the steps of a task are read with. */
export interface TaskFrame {
  context: TaskContext;
  memalloc: boolean;
  machine: MachineParts;
  pageBytes: number;
  /** First and last address of the vmalloc window and the RAM, in bytes: the most that vmalloc can give. */
  vmallocBytes: number;
  names: Names;
}

/**
 * Reads one step.
 *
 * @param name the key of the step
 * @returns    undefined after a finding
 */
export type StepReader = (run: RunReader, name: string, body: Located, scope: Scope) => StepPlan | undefined;

type Wanted = Pick<Search, 'kinds' | 'step' | 'purpose'>;

/** Where the code may not sleep: what the kernel calls atomic. */
export interface Atomic {
  /** `under the spinlock q`, ... */
  words: string;
  lock: string | null;
}

/** Reads the steps of one task, checking the life of what they name. */
export class RunReader {
  readonly sites: AllocSite[] = [];
  /** Every step could be read: what is not among the sites does not exist. */
  whole = true;
  /** Some step does more than pass time. */
  acts = false;
  /** Pages are also asked for by the kernel on behalf of a step: the sites are not all. */
  indirect = false;
  readonly findings: Findings;
  readonly frame: TaskFrame;
  /** Locks held and interrupts disabled, outermost first. */
  readonly atomic: Atomic[] = [];
  /** Functions entered and not left, outermost first. */
  readonly calls: string[] = [];
  /** Atomic mappings that stand, by the name of their type. */
  readonly atomicMaps = new Map<string, Mapping>();
  /** Pages that stand mapped in an interrupt, in whatever slot of the CPU. */
  readonly pageMaps = new Set<Mapping>();
  /** Everything that is allocated has a name that could be read. */
  namesKnown = true;
  private readonly unknownTold = new Set<string>();
  private readonly readers: Readonly<Record<string, StepReader>>;

  constructor(findings: Findings, frame: TaskFrame, readers: Readonly<Record<string, StepReader>>) {
    this.findings = findings;
    this.frame = frame;
    this.readers = readers;
  }

  read(node: Located | undefined): StepPlan[] {
    const plan = this.list(node, new Scope(null));
    for (const [type, { place }] of this.atomicMaps) {
      const message = `the mapping in ${quote(type)} is never undone, and nothing may sleep while it stands`;
      this.findings.warning(place, 'W-ATOMIC-LEFT', message, {
        expected: 'a `kunmap_atomic` before the end of the run',
      });
    }
    for (const { place } of this.pageMaps) {
      const message = `${quote(place.source)} is never unmapped, and the interrupt cannot end while it is mapped`;
      this.findings.warning(place, 'W-ATOMIC-LEFT', message, {
        expected: 'an `unmap_page` before the end of the run',
      });
    }
    return plan;
  }

  list(node: Located | undefined, scope: Scope): StepPlan[] {
    const plan: StepPlan[] = [];
    if (node?.items == null || node.items.length === 0) this.lose();
    for (const item of node?.items ?? []) {
      if (item.entries === null || item.entries.size === 0) this.lose();
      // One each; where there are more, that is told, and the others are looked at all the same.
      for (const [name, body] of item.entries ?? []) {
        const reader = Object.hasOwn(this.readers, name) ? this.readers[name] : undefined;
        if (reader === undefined) this.lose();
        const step = reader?.(this, name, body, scope);
        if (step === undefined) this.whole = false;
        else plan.push(step);
      }
    }
    return plan;
  }

  private get known(): Omit<Search, keyof Wanted> {
    const { whole, namesKnown, unknownTold } = this;
    return { whole, namesKnown, unknownTold };
  }

  private lose(): void {
    this.whole = false;
    this.namesKnown = false;
  }

  /** Name what a step allocates; undefined when the name cannot be read. */
  take(node: Located, scope: Scope, kind: Held['kind'], facts: Partial<Held> = {}): string | undefined {
    this.acts = true;
    const asNode = field(node, 'as');
    const as = textOf(asNode);
    if (asNode === undefined || as === undefined || this.findings.isFaulty(asNode)) this.namesKnown = false;
    if (asNode === undefined || as === undefined) return undefined;
    hold(this.findings, scope, as, newHeld(kind, asNode, facts));
    return as;
  }

  find(node: Located | undefined, scope: Scope, search: Wanted): Held | undefined {
    if (node === undefined || textOf(node) === undefined) return undefined;
    return find(this.findings, scope, node, { ...search, ...this.known });
  }

  /** As find(), for a step that gives back: afterwards it is not held. */
  give(
    node: Located | undefined,
    scope: Scope,
    step: string,
    kind: Held['kind'],
    again: boolean,
  ): Held | undefined {
    const held = this.find(node, scope, { kinds: [kind], step, purpose: again ? 'again' : 'free' });
    if (held === undefined || node === undefined || again) return held;
    held.live = false;
    held.freedAt = node;
    return held;
  }

  /** How masks of gfp names are judged here. */
  caller(wantsAddress: boolean): Caller {
    const { context, memalloc } = this.frame;
    const where = this.atomicWords();
    return { context, memalloc, wantsAddress, ...(where === '' ? {} : { atomic: where }) };
  }

  onFail(node: Located | undefined): OnFail | undefined {
    if (node === undefined) return { kind: 'skip' };
    if (node.value === 'skip' || node.value === 'abandon') return { kind: node.value };
    const retry = field(node, 'retry');
    const gapUs = duration(this.findings, field(retry, 'every'), 1);
    const times = integerOf(field(retry, 'times'));
    return gapUs === undefined || times === undefined ? undefined : { kind: 'retry', gapUs, times };
  }

  /** Refuses a step for which the machine has no part. */
  needs(node: Located, name: string, part: 'slab' | 'stack' | 'disk'): boolean {
    if (this.frame.machine[part]) return true;
    const [what, expected] = PARTS[part];
    return this.lacks(node, part, `${quote(name)} needs ${what}, and this machine has none`, expected);
  }

  /** @param part what is missing: it is told once in a file */
  lacks(node: Located, part: string, message: string, expected: string): false {
    const { told } = this.frame.machine;
    if (told.has(part)) return false;
    told.add(part);
    this.findings.error(node.key ?? node, 'E-MACHINE-LACKS', message, { expected });
    return false;
  }

  /** Refuses what only a process can do. */
  needsProcess(node: Located, name: string): boolean {
    const { context } = this.frame;
    if (context === 'process') return true;
    const message = `${quote(name)} is done by a process, and the task runs in ${context} context`;
    this.findings.error(node.key ?? node, 'E-CONTEXT', message, { expected: '`context: process`' });
    return false;
  }

  /** Why nothing may sleep here, innermost first; '' where it may as far as the steps around say. */
  atomicWords(): string {
    const innermost = this.atomic[this.atomic.length - 1];
    if (innermost !== undefined) return innermost.words;
    const [type] = this.atomicMaps.keys();
    if (type === undefined && this.pageMaps.size > 0) return 'while a page is mapped';
    return type === undefined ? '' : `while ${type} maps a page`;
  }

  /** Warns of a call that may sleep where it may not. */
  maySleep(node: Located, name: string): void {
    const { context } = this.frame;
    const where = context === 'process' ? this.atomicWords() : `in ${context} context`;
    if (where === '') return;
    const message = `${quote(name)} may sleep, and stands ${where}: "Debug: sleeping function called from invalid context"`;
    this.findings.warning(node.key ?? node, 'W-SLEEP-ATOMIC', message, {
      expected: 'another place, unless the bug is what the challenge is about',
    });
  }

  position(node: Located): { line: number; column: number } {
    return this.findings.position(node.key?.start ?? node.start);
  }
}

const PARTS = {
  slab: ['the slab allocator', '`slab: true` in `machine`'],
  stack: ['kernel stacks', 'a `stack` in `machine`, such as `stack: 8KiB`'],
  disk: ['a disk', 'a `disk` in `machine`, such as `disk: {speed: 30MB/s}`'],
} as const;

/** `again`: a bug that is meant. Anything but a plain no is taken for it, so that a fault in it brings no other. */
export function isAgain(node: Located): boolean {
  const again = field(node, 'again');
  return again !== undefined && again.value !== false;
}
