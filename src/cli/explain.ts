import { basename, isAbsolute, relative, sep } from 'node:path';
import type { Command } from 'commander';
import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicyInfo, SourceFile } from '../contract/policy.ts';
import type { SeedVerdict } from '../contract/verdict.ts';
import { explanation, NothingThere, narrowest, type Target, withMargin } from '../harness/explanation.ts';
import type { PlayedPolicy } from '../harness/play.ts';
import { playedPolicy } from '../harness/record.ts';
import { reproduceLine, runChallenge } from '../harness/runChallenge.ts';
import { playSession, runSeed } from '../harness/runSeed.ts';
import { Session } from '../harness/session.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { explainHtml } from '../report/explain/explainHtml.ts';
import { explainJson } from '../report/explain/explainJson.ts';
import type { ExplainReport } from '../report/explain/explainReport.ts';
import { explainText, nothingText } from '../report/explain/explainText.ts';
import { plural } from '../report/quantity.ts';
import { compileTape } from '../workload/compile.ts';
import { callName } from './called.ts';
import { findChallenge } from './challenges.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_PASSED, HostFailure } from './exit.ts';
import { interruptible } from './interrupt.ts';
import { checkWritable, writeWhole } from './newFile.ts';
import { isRecord, openRecord } from './recordFiles.ts';
import { version } from './root.ts';
import { startSandbox } from './sandbox.ts';
import { parseSeeds } from './seeds.ts';
import { Progress, styleFor } from './terminal.ts';
import { policyOrTests } from './testPolicy.ts';

interface ExplainOptions {
  policy?: string;
  seed?: string;
  seeds?: string;
  record?: string;
  failure?: string;
  goal?: string;
  bug?: string;
  oom?: string;
  fault?: string;
  json?: boolean;
  html?: string;
  force?: boolean;
  quiet?: boolean;
}

export function registerExplain(program: Command): void {
  program
    .command('explain')
    .summary('say why a run was lost')
    .description(
      'Run a challenge as oomph run does, and say why it was lost: what happened, which memory stood in the way, whose it is, and which decision put it there.',
    )
    .argument('[challenge]', 'challenge file, its folder, an id such as zones/the-sound-card, or a record')
    .option(
      '-p, --policy <file>',
      "policy file; reference, naive: those of the challenge; builtin:NAME; none: Linux decides (default; of a spec its test's policy)",
    )
    .option('--seed <n>', 'one seed')
    .option(
      '--seeds <list>',
      "seeds, of which the first that is lost is explained (default: the challenge's own)",
    )
    .option('--record <file>', 'explain the run in a record of oomph run --record')
    .option('--goal <n>', 'explain what lost goal number n of the file, or how near it came')
    .option('--failure <n>', 'explain failed allocation number n')
    .option('--bug <n>', 'explain bug number n')
    .option('--oom <n>', 'explain the n-th process that was killed for want of memory')
    .option('--fault <n>', 'explain fault number n of the policy')
    .option('--json', 'print JSON (schemas/explain.schema.json)')
    .option('--html <file>', 'write one page with plots and maps, too')
    .option('-f, --force', 'let --html write over a file that is there')
    .option('-q, --quiet', 'print nothing where --html writes the page')
    .addHelpText(
      'after',
      `
Examples:
  oomph explain zones/the-sound-card
  oomph explain zones/the-sound-card --policy my-policy.ts --seed 3
  oomph explain my-challenge.yaml --goal 2
  oomph explain --record seven.oomph --failure 2 --html seven.html

Exit codes: 0 explained, 2 bad arguments or files, or nothing went wrong,
3 oomph failed.`,
    )
    .action(async (name: string | undefined, options: ExplainOptions) => {
      process.exitCode = await explain(name, options);
    });
}

/** A run that can be explained. */
interface Run {
  plan: ChallengePlan;
  /** As commands call the challenge, and as lines of it are told. */
  name: string;
  file: string;
  policyName: string;
  info: PolicyInfo | null;
  sources: readonly SourceFile[];
  played: PlayedPolicy | null;
  verdict: SeedVerdict;
  seeds: readonly number[];
  seedsWon: readonly number[];
  command: string;
  reproduce: string;
}

async function explain(name: string | undefined, options: ExplainOptions): Promise<number> {
  const target = targetOf(options);
  if (options.html !== undefined) checkWritable(options.html, options.force === true, '--html');
  else if (options.quiet) throw new BadInput('--quiet leaves nothing to do without --html FILE');
  const record = options.record ?? (name !== undefined && isRecord(name) ? name : undefined);
  if (record === undefined && name === undefined) {
    throw new BadInput('there is nothing to explain: name a challenge, or a record with --record FILE');
  }
  const run =
    record === undefined ? await runNamed(name!, options, target) : runRecorded(record, name, options);
  if (typeof run === 'number') return run;
  const progress = new Progress(true);
  try {
    return await interruptible(signal => tell(run, target, options, progress, signal));
  } catch (error) {
    if (error instanceof Interrupted) return EXIT_INTERRUPTED;
    throw error;
  } finally {
    progress.clear();
  }
}

class Interrupted extends Error {}

function targetOf(options: ExplainOptions): Target | null {
  const kinds = (['goal', 'failure', 'bug', 'oom', 'fault'] as const).filter(
    kind => options[kind] !== undefined,
  );
  if (kinds.length === 0) return null;
  if (kinds.length > 1) {
    throw new BadInput(`--${kinds[0]} and --${kinds[1]} were both given: one thing is explained at a time`);
  }
  const [kind] = kinds;
  const text = options[kind]!;
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new BadInput(
      `--${kind} ${JSON.stringify(text)} is no number from 1 on: write --${kind} 1 for the first`,
    );
  }
  return { kind, number: Number(text) };
}

async function runNamed(name: string, options: ExplainOptions, target: Target | null): Promise<Run | number> {
  if (options.seed !== undefined && options.seeds !== undefined) {
    throw new BadInput('--seed and --seeds were both given: write one of them');
  }
  const list = options.seed ?? options.seeds;
  const seedsAsked = list === undefined ? null : parseSeeds(list);
  const style = styleFor(process.stderr);
  const { plan, diagnostics, file } = findChallenge(name);
  if (diagnostics.length > 0) process.stderr.write(diagnosticsText(diagnostics, style));
  if (plan === null) return EXIT_BAD_INPUT;
  checkGoal(plan, target);
  const { name: policyName, source: policy } = policyOrTests(options.policy, plan, file);
  const seeds = seedsAsked ?? plan.seeds;
  const progress = new Progress(true);
  let wasLost = false;
  const outcome = await interruptible(signal =>
    runChallenge(plan, {
      policy,
      challengeName: name,
      policyName,
      seeds,
      startSandbox,
      progress: (done, total, percent) =>
        progress.show(`${plan.id}: ${done} of ${plural(total, 'seed')} done, ${percent} % of the next`),
      // The first that is lost is explained; the first of all where none is.
      keepsRun: verdict => {
        const isFirstLost = verdict.outcome === 'lost' && !wasLost;
        wasLost ||= isFirstLost;
        return isFirstLost || verdict.seed === seeds[0];
      },
      signal,
    }),
  ).finally(() => progress.clear());
  switch (outcome.kind) {
    case 'verdict': {
      const all = outcome.verdict.seeds;
      const verdict = all.find(seed => seed.outcome === 'lost') ?? all[0];
      const { info } = outcome.verdict.policy;
      const before = all.slice(0, all.indexOf(verdict));
      const reproduce = reproduceLine(name, policyName, verdict.seed);
      return {
        plan,
        name,
        file,
        policyName,
        info,
        sources: policy?.files ?? [],
        played: outcome.runs.get(verdict.seed) ?? null,
        verdict,
        seeds,
        seedsWon: before.map(({ seed }) => seed),
        command: reproduce.replace(/^oomph run/, 'oomph explain'),
        reproduce,
      };
    }
    case 'refused':
      process.stderr.write(diagnosticsText(outcome.diagnostics, style));
      return EXIT_BAD_INPUT;
    case 'aborted':
      return EXIT_INTERRUPTED;
    case 'failed':
      throw new HostFailure(
        `the policy's process failed twice (${outcome.failure.reason}: ${outcome.failure.message}); nothing was explained: try again, and with more free memory`,
      );
  }
}

function checkGoal({ goals }: ChallengePlan, target: Target | null): void {
  if (target?.kind === 'goal' && target.number > goals.length)
    throw new BadInput(
      `the challenge has ${plural(goals.length, 'goal')}: there is no --goal ${target.number}`,
    );
}

function runRecorded(file: string, name: string | undefined, options: ExplainOptions): Run {
  if (options.record !== undefined && name !== undefined) {
    throw new BadInput('a record holds its challenge: leave out the challenge, or --record');
  }
  for (const option of ['policy', 'seed', 'seeds'] as const) {
    if (options[option] !== undefined)
      throw new BadInput(`a record holds its policy's decisions and its seed: leave out --${option}`);
  }
  const { record, plan } = openRecord(file);
  const reproduce = reproduceLine(file, '', 0).replace(/^oomph run (.*) --policy .*$/, 'oomph replay $1');
  const verdict = runSeed(plan, record.seed, playedPolicy(record), reproduce);
  if (verdict.stateHash !== record.verdict.stateHash) {
    throw new BadInput(
      `${file} does not hold here, it comes to another result: \`oomph replay ${file}\` says where it differs`,
    );
  }
  return {
    plan,
    name: file,
    file: '',
    policyName: record.policyName,
    info: record.info,
    // A record holds no sources; that there was a policy is known all the same.
    sources: record.info === null ? [] : [{ path: record.policyName, text: '' }],
    played: playedPolicy(record),
    verdict,
    seeds: [record.seed],
    seedsWon: [],
    command: reproduce.replace(/^oomph replay/, 'oomph explain'),
    reproduce,
  };
}

async function tell(
  run: Run,
  target: Target | null,
  options: ExplainOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<number> {
  const { plan, verdict, played } = run;
  const { seed } = verdict;
  const session = new Session(plan, compileTape(plan, seed), played, seed);
  await playSession(session, run.reproduce, async percent => {
    progress.show(`${plan.id}: looking for the cause on seed ${seed}, ${percent} %`);
    await new Promise(resolve => setImmediate(resolve));
    if (signal.aborted) throw new Interrupted();
  });
  const style = styleFor(process.stdout);
  let found: ReturnType<typeof explanation>;
  try {
    found = explanation(session, verdict, target);
  } catch (error) {
    if (!(error instanceof NothingThere)) throw error;
    progress.clear();
    if (target !== null)
      throw new BadInput(`${error.message}: nothing to explain with --${target.kind} ${target.number}`);
    const goals = verdict.goals.map(withMargin);
    const about = { challenge: plan.id, seeds: run.seeds, command: run.command };
    process.stderr.write(
      nothingText(about, goals, narrowest(goals), { style: styleFor(process.stderr), callName: callName() }),
    );
    return EXIT_BAD_INPUT;
  }
  const linux = played === null ? null : runSeed(plan, seed, null);
  const report = reportOf(run, session, found, linux);
  progress.clear();
  if (options.html !== undefined) {
    writeWhole(options.html, new TextEncoder().encode(explainHtml(report)), options.force === true, '--html');
    if (!options.quiet) process.stderr.write(`written to ${options.html}\n`);
  }
  if (options.json) process.stdout.write(explainJson(report));
  else if (!options.quiet) process.stdout.write(explainText(report, { style, callName: callName() }));
  return EXIT_PASSED;
}

/** A file below the folder that the user stands in by its path, another by its name. */
function shortest(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') || isAbsolute(path) || path.split(sep).length > 3 ? basename(file) : path;
}

function reportOf(
  run: Run,
  { machine, plan }: Session,
  found: ReturnType<typeof explanation>,
  linux: SeedVerdict | null,
): ExplainReport {
  const { info, policyName, file, sources, seeds, seedsWon, command, reproduce } = run;
  const { pageBytes, name: arch } = machine.arch;
  return {
    version,
    challenge: plan.id,
    title: plan.title,
    file: file === '' ? '' : shortest(file),
    policy: info === null ? null : { name: policyName, info },
    sources,
    machine: { arch, ramBytes: machine.nrPages * pageBytes, cpus: machine.cpus, pageBytes },
    tasks: plan.workload.tasks.map(task => task.name),
    hooks: plan.policy.hooks,
    seeds,
    seedsWon,
    explanation: found,
    linux: linux === null ? null : { outcome: linux.outcome, goalsHeld: linux.goals.map(({ held }) => held) },
    nrHints: plan.hints.length,
    command,
    reproduce,
  };
}
