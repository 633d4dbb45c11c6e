import type { Command } from 'commander';
import type { Verdict } from '../contract/verdict.ts';
import { type RunRecord, recordOf } from '../harness/record.ts';
import { encodeRecord } from '../harness/recordFile.ts';
import { type ChallengeOutcome, runChallenge } from '../harness/runChallenge.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { plural } from '../report/quantity.ts';
import { verdictJson } from '../report/verdictJson.ts';
import { verdictLine, verdictText } from '../report/verdictText.ts';
import { callName } from './called.ts';
import { findChallengeText } from './challenges.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_LOST, EXIT_PASSED, HostFailure } from './exit.ts';
import { interruptible } from './interrupt.ts';
import { checkWritable, writeWhole } from './newFile.ts';
import { policyNamed } from './policies.ts';
import { version } from './root.ts';
import { startSandbox } from './sandbox.ts';
import { parseSeeds } from './seeds.ts';
import { Progress, styleFor } from './terminal.ts';

interface RunOptions {
  policy: string;
  seed?: string;
  seeds?: string;
  json?: boolean;
  quiet?: boolean;
  record?: string;
  force?: boolean;
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
      'policy file; reference, naive: those of the challenge; builtin:NAME; none: Linux decides',
      'none',
    )
    .option('--seed <n>', 'one seed')
    .option('--seeds <list>', "seeds: 1,2,3 or 1-50 (default: the challenge's own)")
    .option('--json', 'print the verdict as JSON (schemas/verdict.schema.json)')
    .option('-q, --quiet', 'print one line')
    .option('--record <file>', 'keep the run of one seed, for oomph replay and oomph diff')
    .option('-f, --force', 'let --record write over a file that is there')
    .addHelpText(
      'after',
      `
Examples:
  oomph run zones/the-sound-card
  oomph run zones/the-sound-card --policy my-policy.ts
  oomph run zones/the-sound-card --policy reference --seeds 1-50
  oomph run my-challenge.yaml --policy my-policy.ts --seed 7 --json
  oomph run zones/the-sound-card -p reference --seed 7 --record seven.oomph

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
  const { plan, diagnostics, file, text } = findChallengeText(name);
  if (diagnostics.length > 0) process.stderr.write(diagnosticsText(diagnostics, errorStyle));
  if (plan === null) return EXIT_BAD_INPUT;
  if (plan.goals.length === 0) {
    throw new BadInput(
      `${plan.id} has no goal to be won or lost: \`${callName()} test ${name}\` holds it against what it expects`,
    );
  }
  const policy = policyNamed(options.policy, plan, file);
  const seeds = seedsAsked ?? plan.seeds;
  if (options.record !== undefined) checkRecording(options.record, seeds, options.force === true);
  const progress = new Progress(true);
  let outcome: ChallengeOutcome;
  try {
    outcome = await interruptible(signal =>
      runChallenge(plan, {
        policy,
        challengeName: name,
        policyName: options.policy,
        seeds,
        startSandbox,
        progress: (done, total, percent) => {
          const part = percent > 0 ? `, ${percent} % of the next` : '';
          progress.show(`${plan.id}: ${done} of ${plural(total, 'seed')} done${part}`);
        },
        forgetRuns: options.record === undefined,
        signal,
      }),
    );
  } finally {
    progress.clear();
  }
  switch (outcome.kind) {
    case 'verdict':
      if (options.record !== undefined) {
        const [verdict] = outcome.verdict.seeds;
        const played = outcome.runs.get(verdict.seed) ?? null;
        keep(
          options,
          recordOf({
            plan,
            challengeText: text,
            policyName: options.policy,
            played,
            verdict,
            oomph: version,
          }),
        );
      }
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

/** A record is of one seed, and the place for it is there. */
function checkRecording(path: string, seeds: readonly number[], force: boolean): void {
  if (seeds.length !== 1) {
    throw new BadInput(
      `a record holds the run of one seed, and ${seeds.length} are asked for: add --seed ${seeds[0]}`,
    );
  }
  checkWritable(path, force, '--record');
}

function keep(options: RunOptions, record: RunRecord): void {
  const path = options.record!;
  const bytes = encodeRecord(record);
  writeWhole(path, bytes, options.force === true, '--record');
  if (options.quiet) return;
  const decisions = plural(record.decisions.length, 'decision');
  process.stderr.write(`recorded in ${path}: ${decisions} in ${plural(bytes.length, 'byte')}\n`);
}

function textOf(verdict: Verdict, options: RunOptions, explanation: string): string {
  if (options.json) return verdictJson(verdict);
  if (options.quiet) return verdictLine(verdict);
  return verdictText(verdict, { style: styleFor(process.stdout), explanation, callName: callName() });
}
