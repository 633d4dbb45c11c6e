import { dirname } from 'node:path';
import type { Command } from 'commander';
import { diagnosticsText } from '../report/diagnostics.ts';
import { epicJson, epicText } from '../report/epicText.ts';
import { loadChallenge } from '../spec/load.ts';
import {
  CHALLENGE_FILE,
  challengeFiles,
  idOfFolder,
  type LoadedChallenge,
  shippedChallenges,
} from './challenges.ts';
import { epicPolicy, runEpic, serves } from './epicRun.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_LOST, EXIT_PASSED } from './exit.ts';
import { interruptible } from './interrupt.ts';
import { Progress, styleFor } from './terminal.ts';

interface EpicOptions {
  policy: string;
  challenges?: string;
  json?: boolean;
  quiet?: boolean;
}

export function registerEpic(program: Command): void {
  program
    .command('epic')
    .summary('one policy through all challenges')
    .description(
      'Play one policy through every challenge that opens a hook it decides, each on its own seeds; hooks that a challenge does not open are left out there.',
    )
    .requiredOption('-p, --policy <file>', 'policy file')
    .option('--challenges <folder>', 'the challenges of this folder (default: those that come with oomph)')
    .option('--json', 'print the result as JSON (schemas/epic.schema.json)')
    .option('-q, --quiet', 'print one line')
    .addHelpText(
      'after',
      `
Examples:
  oomph epic --policy my-policy.ts
  oomph epic -p numbers.yaml --json

Exit codes: 0 all won, 1 some lost, 2 bad arguments or policy, or nothing to
play, 3 oomph failed.`,
    )
    .action(async (options: EpicOptions) => {
      process.exitCode = await epic(options);
    });
}

/** @throws BadInput  a folder without challenges */
export function challengesIn(folder: string | undefined): LoadedChallenge[] {
  const place = folder ?? shippedChallenges;
  const files = challengeFiles(place);
  if (files.length === 0) throw new BadInput(`${place} has no ${CHALLENGE_FILE} in it or below`);
  return files.map(file => {
    const name = folder === undefined ? idOfFolder(dirname(file)) : dirname(file);
    return { name, file, ...loadChallenge(file) };
  });
}

async function epic(options: EpicOptions): Promise<number> {
  const errors = styleFor(process.stderr);
  const policy = epicPolicy(options.policy);
  if ('diagnostics' in policy) {
    process.stderr.write(diagnosticsText(policy.diagnostics, errors));
    return EXIT_BAD_INPUT;
  }
  const challenges = challengesIn(options.challenges);
  const faulty = challenges.filter(({ plan }) => plan === null);
  for (const { diagnostics } of faulty) process.stderr.write(diagnosticsText(diagnostics, errors));
  if (faulty.length > 0) return EXIT_BAD_INPUT;
  if (!challenges.some(({ plan }) => serves(policy, plan!))) {
    const what =
      policy.hooks.length === 0
        ? 'decides nothing'
        : `decides ${policy.hooks.join(', ')}, which no challenge opens`;
    throw new BadInput(`${options.policy} ${what}: there is nothing to play`);
  }
  const progress = new Progress(true);
  let report: Awaited<ReturnType<typeof runEpic>>;
  try {
    report = await interruptible(signal =>
      runEpic(
        options.policy,
        policy,
        challenges,
        (done, total, id) => progress.show(`${done} of ${total} challenges done, playing ${id}`),
        signal,
      ),
    );
  } finally {
    progress.clear();
  }
  if (report === null) return EXIT_INTERRUPTED;
  if ('diagnostics' in report) {
    process.stderr.write(diagnosticsText(report.diagnostics, errors));
    return EXIT_BAD_INPUT;
  }
  const { stars, possible, won } = report;
  const lost = report.challenges.length - won;
  if (options.json) process.stdout.write(epicJson(report));
  else if (options.quiet) process.stdout.write(`${stars} of ${possible} stars, ${won} won, ${lost} lost\n`);
  else process.stdout.write(epicText(report, styleFor(process.stdout)));
  return lost === 0 ? EXIT_PASSED : EXIT_LOST;
}
