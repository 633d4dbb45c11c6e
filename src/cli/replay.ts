import type { Command } from 'commander';
import { replayRecord } from '../harness/record.ts';
import { verdictOf } from '../harness/runChallenge.ts';
import { type ReplayReport, replayJson, replayText } from '../report/replayText.ts';
import { verdictText } from '../report/verdictText.ts';
import { EXIT_LOST, EXIT_PASSED } from './exit.ts';
import { openRecord } from './recordFiles.ts';
import { version } from './root.ts';
import { styleFor } from './terminal.ts';

interface ReplayOptions {
  json?: boolean;
  quiet?: boolean;
}

export function registerReplay(program: Command): void {
  program
    .command('replay')
    .summary('play a record again and verify it')
    .description(
      'Play a record again from its decisions, without the policy, and hold verdict, metrics and memory against what it says.',
    )
    .argument('<file>', 'record, as oomph run --record writes it')
    .option('--json', 'print what was found as JSON (schemas/replay.schema.json)')
    .option('-q, --quiet', 'print the verdict of the record only where it does not hold')
    .addHelpText(
      'after',
      `
Examples:
  oomph run zones/the-sound-card -p reference --seed 7 --record seven.oomph
  oomph replay seven.oomph

Exit codes: 0 the record holds, won or lost; 1 another result comes out; 2 no record, or a damaged one; 3 oomph failed.`,
    )
    .action((file: string, options: ReplayOptions) => {
      process.exitCode = replay(file, options);
    });
}

function replay(file: string, options: ReplayOptions): number {
  const { header, record, plan, nrBytes } = openRecord(file);
  const found = replayRecord(plan, record, `oomph replay ${file}`);
  const report: ReplayReport = {
    file,
    recordedBy: record.oomph,
    playedBy: version,
    challenge: record.challengeId,
    title: plan.title,
    seed: record.seed,
    policy: header.policy,
    nrDecisions: record.decisions.length,
    nrBytes,
    stateHash: record.verdict.stateHash,
    replay: found,
    verdict: found.verdict === null ? null : verdictOf(plan, record.policyName, record.info, [found.verdict]),
  };
  const style = styleFor(process.stdout);
  const holds = found.problems.length === 0;
  if (options.json) process.stdout.write(replayJson(report));
  else {
    if (!options.quiet && holds && report.verdict !== null) {
      process.stdout.write(`${verdictText(report.verdict, { style, explanation: plan.explanation })}\n`);
    }
    if (!options.quiet || !holds) process.stdout.write(replayText(report, style));
  }
  return holds ? EXIT_PASSED : EXIT_LOST;
}
