import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { replayRecord } from '../harness/record.ts';
import { looksLikeCode, replayOfCode } from '../harness/replayCode.ts';
import { verdictOf } from '../harness/runChallenge.ts';
import { type ReplayReport, replayJson, replayText } from '../report/replayText.ts';
import { verdictText } from '../report/verdictText.ts';
import { BadInput, EXIT_LOST, EXIT_PASSED } from './exit.ts';
import { openRecord } from './recordFiles.ts';
import { codeOf, openCode } from './replayCodes.ts';
import { version } from './root.ts';
import { styleFor } from './terminal.ts';

interface ReplayOptions {
  code?: boolean;
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
    .argument(
      '<record>',
      'record, as oomph run --record writes it; a replay code; - for a code on standard input',
    )
    .option('--code', 'print the record as a replay code, to be sent to others')
    .option('--json', 'print what was found as JSON (schemas/replay.schema.json)')
    .option('-q, --quiet', 'print the verdict of the record only where it does not hold')
    .addHelpText(
      'after',
      `
Examples:
  oomph run zones/the-sound-card -p reference --seed 7 --record seven.oomph
  oomph replay seven.oomph
  oomph replay seven.oomph --code
  oomph replay oomph1_...

Exit codes: 0 the record holds, won or lost; 1 another result comes out; 2 no
record, or a damaged one; 3 oomph failed.`,
    )
    .action((name: string, options: ReplayOptions) => {
      if (name === '-') process.exitCode = replayCode(readFileSync(0, 'utf8'), options);
      else if (looksLikeCode(name)) process.exitCode = replayCode(name, options);
      else process.exitCode = replay(name, options);
    });
}

function replayCode(text: string, options: ReplayOptions): number {
  const { code, plan } = openCode(text);
  if (options.code)
    throw new BadInput('--code makes a code of a record, and a code was given: leave one out');
  const nrBytes = text.replace(/\s+/g, '').length;
  const reproduce = 'oomph replay CODE';
  const found = replayOfCode(plan, code, reproduce);
  return tell(
    {
      file: 'as a code',
      recordedBy: code.oomph,
      playedBy: version,
      challenge: code.challengeId,
      title: plan.title,
      seed: code.seed,
      policy: code.info === null ? null : { name: code.policyName, ...code.info },
      nrDecisions: code.decisions.length,
      nrBytes,
      stateHash: code.result.stateHash,
      replay: found,
      verdict: found.verdict === null ? null : verdictOf(plan, code.policyName, code.info, [found.verdict]),
    },
    plan.explanation,
    options,
  );
}

function replay(file: string, options: ReplayOptions): number {
  const { header, record, plan, nrBytes } = openRecord(file);
  if (options.code) {
    process.stdout.write(`${codeOf(record)}\n`);
    return EXIT_PASSED;
  }
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
  return tell(report, plan.explanation, options);
}

function tell(report: ReplayReport, explanation: string, options: ReplayOptions): number {
  const style = styleFor(process.stdout);
  const holds = report.replay.problems.length === 0;
  if (options.json) process.stdout.write(replayJson(report));
  else {
    if (!options.quiet && holds && report.verdict !== null) {
      process.stdout.write(`${verdictText(report.verdict, { style, explanation })}\n`);
    }
    if (!options.quiet || !holds) process.stdout.write(replayText(report, style));
  }
  return holds ? EXIT_PASSED : EXIT_LOST;
}
