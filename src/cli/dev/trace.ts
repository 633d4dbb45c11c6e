/** A trace of the kernel (test/differential/FORMAT.md) being replayed: where it stands, and what differed so far. */
import { boot, type Machine, type MachineConfig } from '../../engine/index.ts';

/** The `H` line. */
export interface TraceHeader {
  v: number;
  kernel: string;
  smp: number;
  nrCpusConfig: number;
  l1: number;
  ramPages: number;
  cpus: number;
  boot: 'flat' | 'bootmap' | 'real';
  bootmapPfn: number;
  reserve: [number, number][];
  minFreeKbytes: number;
  lowerZoneProtection: number;
  slab: number;
}

export interface Divergence {
  /** Number of the operation, 0-based. */
  op: number;
  line: number;
  request: string;
  expected: string;
  got: string;
}

export interface ReplayResult {
  /** Why the trace is not understood; '' when it was replayed. */
  notUnderstood: string;
  operations: number;
  divergences: Divergence[];
}

/** What one line does; fields[0] is its tag. */
export type LineHandler = (run: TraceRun, fields: readonly string[]) => void;

/** `ctx` of a line, as CTX_ bits. */
export const CONTEXTS: Readonly<Record<string, number>> = { '-': 0, m: 1, r: 2, mr: 3 };

/** `ctx` of a line, as CTX_ bits; a word that is none throws. */
export function contextOf(word: string | undefined): number {
  const ctx = CONTEXTS[word ?? '-'];
  if (ctx === undefined) throw new RangeError(`no such context: '${word}'`);
  return ctx;
}

export function machineOf(header: TraceHeader): MachineConfig {
  return {
    arch: 'i386',
    ramPages: header.ramPages,
    cpus: header.cpus,
    boot: header.boot,
    bootmapPfn: header.bootmapPfn,
    reserve: header.reserve,
    minFreeKbytes: header.minFreeKbytes,
    lowerZoneProtection: header.lowerZoneProtection,
    slab: header.slab === 1,
    smp: header.smp === 1,
    l1: header.l1,
  };
}

export class TraceRun {
  readonly machine: Machine;
  readonly divergences: Divergence[] = [];
  /** What the trace allocated, in order: `F` names blocks by number. */
  readonly blocks: { pfn: number; order: number }[] = [];
  /** Names of the caches that a dump under way still has to show; null outside a dump. */
  dumpLeft: string[] | null = null;
  /** Operations done so far. */
  op = 0;
  /** Line of the file, 1-based. */
  line = 0;
  /** Answers that were compared. */
  compared = 0;

  constructor(header: TraceHeader) {
    this.machine = boot(machineOf(header));
  }

  /** An answer that the trace leaves out is not compared. */
  same(request: string, expected: string | undefined, got: string): void {
    if (expected === undefined) return;
    this.compared++;
    if (expected !== got) this.differ(request, expected, got);
  }

  differ(request: string, expected: string, got: string): void {
    this.divergences.push({ op: this.op, line: this.line, request, expected, got });
  }

  /** Every field that the trace's object has; one that the engine does not know is a divergence, not skipped. */
  compareFields(what: string, expected: Record<string, unknown>, got: Record<string, unknown>): void {
    for (const key of Object.keys(expected)) {
      if (!(key in got))
        this.differ(`${what} ${key}`, JSON.stringify(expected[key]), 'a field that is not known');
      else this.same(`${what} ${key}`, JSON.stringify(expected[key]), JSON.stringify(got[key]));
    }
  }
}

/** Answer fields of a line from `first` on, joined; undefined when the trace leaves them out. */
export function answer(fields: readonly string[], first: number, count: number): string | undefined {
  return fields.length > first ? fields.slice(first, first + count).join(' ') : undefined;
}

/** The request part of a line, for messages. */
export function request(fields: readonly string[], count: number): string {
  return fields.slice(0, count).join(' ');
}

/** The JSON object of a dump line. */
export function jsonField(fields: readonly string[], at: number): Record<string, unknown> {
  return JSON.parse(fields[at]) as Record<string, unknown>;
}

export function hexAddress(address: number): string {
  return address === 0 ? '0' : `0x${address.toString(16)}`;
}
