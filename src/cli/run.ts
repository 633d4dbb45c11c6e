import type { Command } from 'commander';
import type { Verdict } from '../contract/verdict.ts';
import { type ChallengeOutcome, runChallenge } from '../harness/runChallenge.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { plural } from '../report/quantity.ts';
import { verdictJson } from '../report/verdictJson.ts';
import { verdictLine, verdictText } from '../report/verdictText.ts';
import { findChallenge } from './challenges.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_LOST, EXIT_PASSED, HostFailure } from './exit.ts';
import { interruptible } from './interrupt.ts';
import { policyNamed } from './policies.ts';
import { startSandbox } from './sandbox.ts';
import { parseSeeds } from './seeds.ts';
import { Progress, styleFor } from './terminal.ts';

interface RunOptions {
  policy: string;
  seed?: string;
  seeds?: string;
  json?: boolean;
  quiet?: boolean;
}

export function registerRun(program: Command): void {
  program
    .command('run')
    .summary('run a challenge with a policy and print the verdict')
    .description(
      'Run a challenge, with a policy or as Linux does, on one seed or several, and print the verdict.',
    )
    .argument('<challenge>', 'challenge file, its folder, or an id such as zones/the-sound-card')
    .option(
      '-p, --policy <file>',
      'policy file; reference, naive: those of the challenge; none: Linux decides',
      'none',
    )
    .option('--seed <n>', 'one seed')
    .option('--seeds <list>', "seeds: 1,2,3 or 1-50 (default: the challenge's own)")
    .option('--json', 'print the verdict as JSON (schemas/verdict.schema.json)')
    .option('-q, --quiet', 'print one line')
    .addHelpText(
      'after',
      `
Examples:
  oomph run zones/the-sound-card
  oomph run zones/the-sound-card --policy my-policy.ts
  oomph run challenges/zones/01-the-sound-card --policy reference --seeds 1-50
  oomph run my-challenge.yaml --policy my-policy.ts --seed 7 --json

Exit codes: 0 won, 1 lost, 2 bad arguments, challenge or policy, 3 oomph failed.`,
    )
    .action(async (name: string, options: RunOptions) => {
      process.exitCode = await run(name, options);
    });
}

async function run(name: string, options: RunOptions): Promise<number> {
  if (options.seed !== undefined && options.seeds !== undefined) {
    throw new BadInput('--seed and --seeds were both given: write one of them');
  }
  const list = options.seed ?? options.seeds;
  const seedsAsked = list === undefined ? null : parseSeeds(list);
  const errorStyle = styleFor(process.stderr);
  const { plan, diagnostics, file } = findChallenge(name);
  if (diagnostics.length > 0) process.stderr.write(diagnosticsText(diagnostics, errorStyle));
  if (plan === null) return EXIT_BAD_INPUT;
  const policy = policyNamed(options.policy, plan, file);
  const progress = new Progress(true);
  let outcome: ChallengeOutcome;
  try {
    outcome = await interruptible(signal =>
      runChallenge(plan, {
        policy,
        challengeName: name,
        policyName: options.policy,
        seeds: seedsAsked ?? plan.seeds,
        startSandbox,
        progress: (done, total, percent) => {
          const part = percent > 0 ? `, ${percent} % of the next` : '';
          progress.show(`${plan.id}: ${done} of ${plural(total, 'seed')} done${part}`);
        },
        forgetRuns: true,
        signal,
      }),
    );
  } finally {
    progress.clear();
  }
  switch (outcome.kind) {
    case 'verdict':
      process.stdout.write(textOf(outcome.verdict, options, plan.explanation));
      return outcome.verdict.outcome === 'won' ? EXIT_PASSED : EXIT_LOST;
    case 'refused':
      process.stderr.write(diagnosticsText(outcome.diagnostics, errorStyle));
      return EXIT_BAD_INPUT;
    case 'aborted':
      return EXIT_INTERRUPTED;
    case 'failed': {
      const { reason, message } = outcome.failure;
      const where = outcome.seed < 0 ? 'while the policy was loaded' : `in seed ${outcome.seed}`;
      throw new HostFailure(
        `the policy's process failed twice ${where} (${reason}: ${message}); nothing was decided: try again, and with more free memory`,
      );
    }
  }
}

function textOf(verdict: Verdict, options: RunOptions, explanation: string): string {
  if (options.json) return verdictJson(verdict);
  if (options.quiet) return verdictLine(verdict);
  return verdictText(verdict, { style: styleFor(process.stdout), explanation });
}
