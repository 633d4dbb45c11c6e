import { CommanderError } from 'commander';
import { RunBug } from '../harness/runBug.ts';
import { WorkloadTooLong } from '../workload/tapeRows.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_OUR_BUG, EXIT_PASSED, HostFailure, ToldFailure } from './exit.ts';

/**
 * What to say of an error that ended a command, and how to exit.
 *
 * @param args  the command line after `oomph`
 */
export function explainFailure(
  error: unknown,
  version: string,
  args: readonly string[],
): { code: number; text: string } {
  // Commander has said it already.
  if (error instanceof CommanderError) {
    return { code: error.exitCode === 0 ? EXIT_PASSED : EXIT_BAD_INPUT, text: '' };
  }
  if (error instanceof BadInput || error instanceof WorkloadTooLong) {
    return { code: EXIT_BAD_INPUT, text: `oomph: ${error.message}\n` };
  }
  if (error instanceof HostFailure) return { code: EXIT_OUR_BUG, text: `oomph: ${error.message}\n` };
  if (error instanceof ToldFailure) return { code: error.code, text: error.message };
  const where = error instanceof RunBug ? `, seed ${error.seed}, event ${error.event}` : '';
  const cause = error instanceof RunBug ? error.cause : error;
  const stack = cause instanceof Error ? cause.stack : String(cause);
  return {
    code: EXIT_OUR_BUG,
    text:
      `oomph: this is a bug in oomph ${version}${where}, not in your files.\n${stack}\n` +
      'Please report it with these lines, the challenge, the policy and this command:\n' +
      `  oomph ${args.join(' ')}\n`,
  };
}
