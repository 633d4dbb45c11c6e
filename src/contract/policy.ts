/** What a player's policy is made of and what came of running it. */
import type { Diagnostic } from './diagnostic.ts';
import type { HookName } from './hooks.ts';

export interface SourceFile {
  /** Relative to the entry file's folder, forward slashes; what messages show. */
  path: string;
  text: string;
}

export interface PolicySource {
  /** Path of the entry within `files`. */
  entry: string;
  files: SourceFile[];
  /** Numbers that a policy without code sets: the text was made from them, and they are what counts as its tokens. */
  tunables?: number;
  /** Hooks that the challenge does not open are left out; otherwise they are faults. */
  partial?: boolean;
}

/** What is known of a policy before it runs. */
export interface PolicyInfo {
  hooks: HookName[];
  /** JavaScript tokens of all files, types and comments left out; of a policy without code, the numbers that it sets. */
  tokens: number;
  /** FNV-1a 64 over the sources, 16 hex digits. */
  hash: string;
}

export type PolicyLoad = { ok: true; info: PolicyInfo } | { ok: false; diagnostics: Diagnostic[] };

export type FaultCode =
  /** Not a 32-bit integer: NaN, object, undefined, 1.5 ... */
  | 'not-an-integer'
  /** An integer that breaks the hook's rule: a block that is not free, a zone the request cannot use ... */
  | 'illegal-answer'
  /** The policy threw. */
  | 'threw'
  /** The hook used up its fuel, or the run did. */
  | 'out-of-fuel'
  | 'out-of-memory'
  | 'call-depth';

export interface PolicyFault {
  code: FaultCode;
  hook: HookName;
  /** Number of the tape operation in which it happened, from 0. */
  event: number;
  timeUs: number;
  file: string;
  line: number;
  column: number;
  /** The value answered, as text, at most 80 characters; '' where there was none. */
  value: string;
  /** The rule it broke, or what was thrown. */
  message: string;
}

export interface ConsoleLine {
  file: string;
  line: number;
  event: number;
  text: string;
}

/** One run of a policy in the sandbox: everything the parent needs to run it again without the policy. */
export interface PolicyRun {
  /** One int32 a hook call, in call order (hooks.ts). */
  decisions: Int32Array;
  /** The first 100; `nrFaults` counts all. */
  faults: PolicyFault[];
  nrFaults: number;
  console: ConsoleLine[];
  consoleDropped: number;
  fuelUsed: number;
  /** `done`, or `ended`: a fault ended the run at that event and what follows was not run. */
  end: 'done' | 'ended';
  /** Tape operations played before the end. */
  nrOps: number;
}

/** The sandbox itself failed (its process died or did not answer): the host's fault or an attack, never a verdict. */
export interface SandboxFailure {
  reason: 'killed' | 'crashed' | 'timeout' | 'protocol';
  message: string;
}
