/** What the parts throw, as the one error that the library has. */
import { BadInput } from '../cli/exit.ts';
import { KernelBug } from '../engine/index.ts';
import { RunBug } from '../harness/runBug.ts';
import { SandboxError } from '../harness/sandbox/client.ts';
import { WorkloadTooLong } from '../workload/tapeRows.ts';
import { type ErrorCode, OomphError } from './errors.ts';

/** @param badInput  what a file or a name that cannot be used is at fault of here */
export function asOomphError(error: unknown, badInput: ErrorCode = 'not-found'): OomphError {
  if (error instanceof OomphError) return error;
  if (error instanceof BadInput) return new OomphError(badInput, error.message);
  if (error instanceof KernelBug)
    return new OomphError('kernel-bug', error.message, { detail: error.code, cause: error });
  if (error instanceof WorkloadTooLong) return new OomphError('too-long', error.message);
  if (error instanceof SandboxError) return new OomphError('host', error.message, { cause: error });
  if (error instanceof RunBug) {
    const bug = error.cause;
    const detail = bug instanceof KernelBug ? bug.code : '';
    return new OomphError('internal', `this is a bug in oomph: ${error.message}`, { detail, cause: bug });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new OomphError('internal', `this is a bug in oomph: ${message}`, { cause: error });
}

/** @throws OomphError whatever the work throws */
export function guarded<T>(work: () => T, badInput?: ErrorCode): T {
  try {
    return work();
  } catch (error) {
    throw asOomphError(error, badInput);
  }
}
