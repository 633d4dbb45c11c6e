import type { Command } from 'commander';
import type { ChallengePlan } from '../contract/plan.ts';
import { type ComparedRun, type Comparison, compareRuns } from '../harness/compare.ts';
import type { PlayedPolicy } from '../harness/play.ts';
import { playedPolicy } from '../harness/record.ts';
import { runChallenge } from '../harness/runChallenge.ts';
import { RecordMismatch } from '../harness/runSeed.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { diffJson } from '../report/diffJson.ts';
import { areSame, type ComparedSide, type DiffReport, diffText } from '../report/diffText.ts';
import { findChallenge } from './challenges.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_LOST, EXIT_PASSED, HostFailure } from './exit.ts';
import { interruptible } from './interrupt.ts';
import { policyNamed } from './policies.ts';
import { isRecord, type OpenedRecord, openRecord } from './recordFiles.ts';
import { startSandbox } from './sandbox.ts';
import { parseSeeds } from './seeds.ts';
import { styleFor } from './terminal.ts';

interface DiffOptions {
  policy: string[];
  seed?: string;
  at: string[];
  all?: boolean;
  json?: boolean;
}

/** One of the two runs: what was played, and what a record says came of it. */
interface Side {
  name: string;
  policyName: string;
  played: PlayedPolicy | null;
  stateHash: string | null;
}

const HOW =
  'oomph diff A B of two records, oomph diff A --policy P, or oomph diff CHALLENGE --policy P --policy Q --seed N';

export function registerDiff(program: Command): void {
  const collect = (value: string, before: string[]): string[] => [...before, value];
  program
    .command('diff')
    .summary('show where two runs part')
    .description(
      'Show where two runs of one challenge and seed part: the first answer, the first page, then every metric and the page map.',
    )
    .argument('<runs...>', 'two records; or one record or one challenge, with --policy')
    .option('-p, --policy <file>', 'policy to run and compare, once or twice; as for oomph run', collect, [])
    .option('--seed <n>', 'seed, where a challenge is named')
    .option(
      '--at <time>',
      'compare the page map at this simulated time too, such as 1.5s; repeatable',
      collect,
      [],
    )
    .option('--all', 'show the metrics that are the same too')
    .option('--json', 'print the comparison as JSON (schemas/diff.schema.json)')
    .addHelpText(
      'after',
      `
Examples:
  oomph diff old.oomph new.oomph
  oomph diff old.oomph --policy my-policy.ts
  oomph diff zones/the-sound-card -p none -p builtin:dma-reserve --seed 7

Exit codes: 0 the runs are the same, 1 they part, 2 bad arguments, records or
policies, 3 oomph failed.`,
    )
    .action(async (runs: string[], options: DiffOptions) => {
      process.exitCode = await diff(runs, options);
    });
}

async function diff(runs: string[], options: DiffOptions): Promise<number> {
  const timesUs = options.at.map(microseconds);
  if (runs.length + options.policy.length < 2) throw new BadInput(`there are two runs to compare: ${HOW}`);
  const opened = await openRuns(runs, options);
  if (typeof opened === 'number') return opened;
  const { plan, seed, a, b } = opened;
  let comparison: Comparison;
  try {
    comparison = compareRuns(plan, seed, compared('A', a), compared('B', b), timesUs);
  } catch (error) {
    if (!(error instanceof RecordMismatch)) throw error;
    throw new BadInput(`${error.message}: \`oomph replay\` says what is wrong with the record`);
  }
  mustHold(a, comparison.a.stateHash);
  mustHold(b, comparison.b.stateHash);
  const report: DiffReport = {
    challenge: plan.id,
    title: plan.title,
    seed,
    a: sideOf(a),
    b: sideOf(b),
    comparison,
  };
  const style = styleFor(process.stdout);
  process.stdout.write(
    options.json ? diffJson(report) : diffText(report, { style, all: options.all === true }),
  );
  return areSame(report) ? EXIT_PASSED : EXIT_LOST;
}

interface Opened {
  plan: ChallengePlan;
  seed: number;
  a: Side;
  b: Side;
}

/** @returns an exit code where there is nothing to compare, after saying why */
async function openRuns(runs: string[], options: DiffOptions): Promise<Opened | number> {
  const { policy: policies } = options;
  if (policies.length === 0 && runs.length === 2) {
    const [first, second] = runs.map(openRecord);
    sameRun(first, second);
    refuseSeed(options, first);
    return { plan: first.plan, seed: first.record.seed, a: recorded(first), b: recorded(second) };
  }
  if (runs.length === 1 && policies.length === 1) {
    const opened = openRecord(runs[0]);
    refuseSeed(options, opened);
    if (policies[0] === 'reference' || policies[0] === 'naive') {
      throw new BadInput(
        `${policies[0]} is a file beside the challenge, which a record does not know: name the file`,
      );
    }
    const { plan, record } = opened;
    const b = await played(plan, '', plan.id, policies[0], record.seed);
    return typeof b === 'number' ? b : { plan, seed: record.seed, a: recorded(opened), b };
  }
  if (runs.length === 1 && policies.length === 2) return openChallenge(runs[0], options);
  throw new BadInput(
    `${runs.length} runs and ${policies.length} policies are not two runs to compare: ${HOW}`,
  );
}

async function openChallenge(name: string, options: DiffOptions): Promise<Opened | number> {
  if (isRecord(name)) {
    throw new BadInput(`${name} is a record, so one --policy is compared with it: leave the other out`);
  }
  const seeds = options.seed === undefined ? [] : parseSeeds(options.seed);
  if (seeds.length !== 1)
    throw new BadInput('two policies are compared on one seed: add --seed 1, or another');
  const { plan, diagnostics, file } = findChallenge(name);
  if (diagnostics.length > 0) process.stderr.write(diagnosticsText(diagnostics, styleFor(process.stderr)));
  if (plan === null) return EXIT_BAD_INPUT;
  const sides: Side[] = [];
  for (const policy of options.policy) {
    const side = await played(plan, file, name, policy, seeds[0]);
    if (typeof side === 'number') return side;
    sides.push(side);
  }
  return { plan, seed: seeds[0], a: sides[0], b: sides[1] };
}

/** Run a policy as `oomph run` does. @returns an exit code where it could not be run, after saying why */
async function played(
  plan: ChallengePlan,
  challengeFile: string,
  challengeName: string,
  policyName: string,
  seed: number,
): Promise<Side | number> {
  const policy = policyNamed(policyName, plan, challengeFile);
  const outcome = await interruptible(signal =>
    runChallenge(plan, { policy, challengeName, policyName, seeds: [seed], startSandbox, signal }),
  );
  switch (outcome.kind) {
    case 'verdict':
      return { name: policyName, policyName, played: outcome.runs.get(seed) ?? null, stateHash: null };
    case 'refused':
      process.stderr.write(diagnosticsText(outcome.diagnostics, styleFor(process.stderr)));
      return EXIT_BAD_INPUT;
    case 'aborted':
      return EXIT_INTERRUPTED;
    case 'failed':
      throw new HostFailure(
        `the process of ${policyName} failed twice (${outcome.failure.reason}: ${outcome.failure.message}); nothing was compared: try again, and with more free memory`,
      );
  }
}

function recorded({ file, record }: OpenedRecord): Side {
  const { policyName, verdict } = record;
  return { name: file, policyName, played: playedPolicy(record), stateHash: verdict.stateHash };
}

function compared(letter: string, { name, played: run }: Side): ComparedRun {
  return { name: `${letter}, ${name}`, played: run };
}

function sideOf({ name, policyName, played: run }: Side): ComparedSide {
  return { name, policy: run === null ? null : { name: policyName, ...run.info } };
}

/** A record that ends elsewhere today would show differences that are not the policy's. */
function mustHold({ name, stateHash }: Side, replayed: string): void {
  if (stateHash === null || stateHash === replayed) return;
  throw new BadInput(`${name} does not replay to its own result: \`oomph replay ${name}\` says why`);
}

function sameRun(first: OpenedRecord, second: OpenedRecord): void {
  const [a, b] = [first.header, second.header];
  if (a.challenge.id !== b.challenge.id) {
    throw new BadInput(
      `${first.file} is of ${a.challenge.id} and ${second.file} of ${b.challenge.id}: only runs of one challenge can be compared`,
    );
  }
  if (a.challenge.sha256 !== b.challenge.sha256) {
    throw new BadInput(
      `${first.file} and ${second.file} were played with two versions of the file of ${a.challenge.id}: record one of them again`,
    );
  }
  if (a.seed !== b.seed) {
    throw new BadInput(
      `${first.file} is of seed ${a.seed} and ${second.file} of seed ${b.seed}: their demand is not the same; record one of them again`,
    );
  }
}

function refuseSeed({ seed }: DiffOptions, { file, record }: OpenedRecord): void {
  if (seed === undefined || seed === String(record.seed)) return;
  throw new BadInput(`${file} is of seed ${record.seed}, and --seed ${seed} was given: leave --seed out`);
}

const UNITS: Record<string, number> = { us: 1, ms: 1000, s: 1_000_000, m: 60_000_000 };

/** `1.5s`; what is below a microsecond is cut. */
function microseconds(text: string): number {
  const match = /^(\d{1,6})(?:\.(\d{1,6}))?(us|ms|s|m)$/.exec(text);
  if (match === null) throw new BadInput(`--at ${text} is not a time: write 20ms, 1.5s or 2m`);
  const [, whole, fraction = '', unit] = match;
  const scale = UNITS[unit];
  return Number(whole) * scale + Math.floor((Number(fraction.padEnd(6, '0')) * scale) / 1_000_000);
}
