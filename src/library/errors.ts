import type { Diagnostic } from '../contract/diagnostic.ts';

/** What is at fault, for programs; the message says what to do about it. */
export type ErrorCode =
  /** An argument cannot be: an order of 11, a gfp name that there is not, a page that the machine has not. */
  | 'bad-argument'
  /** No such machine can exist, or the options are not those of a machine; `diagnostics` say what is wrong. */
  | 'bad-machine'
  /** Nothing has that name, or it cannot be read: a file, a challenge, a record, a policy. */
  | 'not-found'
  /** The policy cannot be compiled, or does not fit the challenge; `diagnostics` say where. */
  | 'bad-policy'
  /** The bytes are no record, or of a version that this one cannot replay. */
  | 'bad-record'
  /** The workload of that seed has more operations than a run may have. */
  | 'too-long'
  /** The simulated kernel hit a BUG(), or an invariant does not hold; `detail` names it. The machine cannot go on. */
  | 'kernel-bug'
  /** The AbortSignal said so; `cause` is its reason. The error's name is `AbortError`. */
  | 'aborted'
  /** The process that a policy runs in failed twice: the host's fault, nothing was decided. */
  | 'host'
  /** A bug in oomph. */
  | 'internal';

/** Everything that the library throws or rejects with. */
export class OomphError extends Error {
  readonly code: ErrorCode;
  /** Of a file or of options that a person wrote; empty where there are none. */
  readonly diagnostics: readonly Diagnostic[];
  /** The broken invariant by its stable name, such as `double-free`; '' but for `kernel-bug`. */
  readonly detail: string;

  constructor(
    code: ErrorCode,
    message: string,
    more: { diagnostics?: readonly Diagnostic[]; detail?: string; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = code === 'aborted' ? 'AbortError' : 'OomphError';
    this.code = code;
    this.diagnostics = more.diagnostics ?? [];
    this.detail = more.detail ?? '';
  }
}
