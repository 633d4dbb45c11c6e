import { basename, dirname, join, posix, relative, sep } from 'node:path';
import type { Command } from 'commander';
import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicySource } from '../contract/policy.ts';
import { reproduceLine } from '../harness/runChallenge.ts';
import { type Failure, failuresOf, sameFailure } from '../harness/shrink/failureClass.ts';
import { PolicyLost, PolicyRuns } from '../harness/shrink/policyRuns.ts';
import { type ShrinkInput, type Shrunk, shrink } from '../harness/shrink/shrink.ts';
import type { PolicyShrunk } from '../harness/shrink/shrinkPolicy.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { grouped } from '../report/quantity.ts';
import { type ShrinkReport, shrinkHeader, shrinkJson, shrinkText } from '../report/shrink/shrinkText.ts';
import { parseChallenge } from '../spec/challenge.ts';
import { MAX_FILE_BYTES } from '../spec/decode.ts';
import { amountOf } from '../spec/shrink/amounts.ts';
import type { SpecDocument } from '../spec/shrink/specDocument.ts';
import { compileTape } from '../workload/compile.ts';
import { callName } from './called.ts';
import { findChallenge, wholeDocument } from './challenges.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_PASSED, HostFailure } from './exit.ts';
import { readTextFile } from './files.ts';
import { interruptible } from './interrupt.ts';
import { checkWritable, writeWhole } from './newFile.ts';
import { isRecord, openRecord } from './recordFiles.ts';
import { version } from './root.ts';
import { startSandbox } from './sandbox.ts';
import { parseSeeds } from './seeds.ts';
import { checkOneFile, policyPlace, policyText, shrinkBoth } from './shrinkPolicyToo.ts';
import { type ByMetric, byMetric } from './shrinkSnapshots.ts';
import { Progress, styleFor } from './terminal.ts';
import { policyOrTests } from './testPolicy.ts';

interface ShrinkOptions {
  policy?: string;
  seed?: string;
  goal?: string;
  out?: string;
  limit: string;
  policyToo?: boolean;
  json?: boolean;
  force?: boolean;
  quiet?: boolean;
}

const USUAL_LIMIT = '20M';

export function registerShrink(program: Command): void {
  program
    .command('shrink')
    .summary('find a smaller challenge that fails in the same way')
    .description(
      'Find a smaller challenge that fails in the same way as this one: fewer tasks, steps and operations, a shorter run, less memory, fixed amounts in place of random ones.',
    )
    .argument(
      '<challenge>',
      'challenge or spec file, its folder, an id such as zones/the-sound-card, or a record',
    )
    .option(
      '-p, --policy <file>',
      "policy file; reference, naive; builtin:NAME; none: Linux decides (default; of a spec its test's policy)",
    )
    .option('--seed <n>', 'the seed (default: the first that fails)')
    .option('--goal <n>', 'keep this goal lost, by its number in the file (default: the one lost first)')
    .option('-o, --out <file>', 'write it there (default: standard output)')
    .option('--policy-too', 'make the policy smaller, too, and write it beside the file of --out')
    .option('--limit <work>', 'operations that may be played, such as 5M', USUAL_LIMIT)
    .option('--json', 'print what was found as JSON (schemas/shrink.schema.json)')
    .option('-f, --force', 'let --out write over a file that is there')
    .option('-q, --quiet', 'say nothing beside the file')
    .addHelpText(
      'after',
      `
Examples:
  oomph shrink zones/the-sound-card --out small.yaml
  oomph shrink my-challenge.yaml -p my-policy.ts --seed 3 --out small.yaml
  oomph shrink my-challenge.yaml -p mine.ts --policy-too --out small.yaml
  oomph shrink tests/order-3.spec.yaml --limit 100M > small.spec.yaml

Exit codes: 0 it fails, and this is the smallest that was found; 2 bad arguments
or files, or it does not fail; 3 oomph failed; 130 interrupted, with the
smallest so far written.`,
    )
    .action(async (name: string, options: ShrinkOptions) => {
      process.exitCode = await shrinkNamed(name, options);
    });
}

const parse = (text: string): ChallengePlan | null =>
  parseChallenge(new TextEncoder().encode(text), 'shrunk').plan;

async function shrinkNamed(name: string, options: ShrinkOptions): Promise<number> {
  const limit = amountOf(options.limit);
  if (limit === null || limit.kind !== 'count' || limit.value === 0)
    throw new BadInput(
      `--limit ${JSON.stringify(options.limit)} is no number of operations: write --limit 5M`,
    );
  const goal = goalNumber(options.goal);
  const seedsAsked = options.seed === undefined ? null : parseSeeds(options.seed);
  if (seedsAsked !== null && seedsAsked.length !== 1) throw new BadInput('--seed takes one seed');
  if (options.out !== undefined) checkWritable(options.out, options.force === true, '--out');
  const subject = isRecord(name) ? recorded(name, options) : named(name);
  if (subject === null) return EXIT_BAD_INPUT;
  const { plan: read, file } = subject;
  if (goal > read.goals.length)
    throw new BadInput(`the challenge has ${read.goals.length} goals: there is no --goal ${goal}`);
  const { name: policyName, source } = policyOrTests(options.policy ?? subject.policy, read, file);
  const policyOut = options.policyToo ? policyPlaceOf(policyName, source, options) : '';
  let document = documentOf(subject, options.out);
  let plan = parse(document.text());
  if (plan === null) throw new Error(`${file} is read otherwise once it is written out`);
  const runs = source === null ? null : new PolicyRuns(source, startSandbox);
  const progress = new Progress(options.quiet !== true);
  try {
    return await interruptible(async signal => {
      signal.addEventListener('abort', () => runs?.stop());
      const stop = async (): Promise<boolean> => {
        // Lets signals and the terminal in: all that is between is synchronous.
        await new Promise(resolve => setImmediate(resolve));
        return signal.aborted;
      };
      const play =
        runs === null
          ? null
          : (of: ChallengePlan, tape: Parameters<PolicyRuns['run']>[1]) => runs.run(of, tape);
      const seeds = seedsAsked ?? subject.seeds;
      const asked = plan!;
      const found =
        (await failing(asked, seeds, goal, runs, stop)) ??
        (await failingSnapshots(file, document, asked, seeds, goal, runs, stop));
      if (found === 'refused') {
        process.stderr.write(diagnosticsText(runs!.refused, styleFor(process.stderr)));
        return EXIT_BAD_INPUT;
      }
      if (found === 'stopped') return EXIT_INTERRUPTED;
      const { seed, failure, linuxHolds } = found;
      if (found.by !== undefined) {
        ({ document, plan } = found.by);
        if (!options.quiet) process.stderr.write(`${found.by.note}\n`);
      }
      const failed = plan!;
      const input: ShrinkInput = {
        document,
        plan: failed,
        seed,
        failure,
        linuxHolds,
        parse,
        play,
        limit: options.policyToo ? Math.floor(limit.value / 2) : limit.value,
        stop,
        progress: ({ size, tried, work }) =>
          progress.show(
            `${failed.id}: ${grouped(size.operations)} operations, ${size.tasks} tasks, ${grouped(tried)} candidates, ${Math.floor((100 * work) / limit.value)} % of the limit`,
          ),
      };
      let shrunk = await shrink(input);
      let policy: PolicyShrunk | null = null;
      let linuxFails = false;
      if (options.policyToo && runs !== null && shrunk.end !== 'stopped') {
        const all = { ...input, limit: limit.value };
        const both = await shrinkBoth(all, shrunk, runs, source!, ({ before, after }) =>
          progress.show(`${policyName}: ${grouped(after.tokens)} tokens of ${grouped(before.tokens)}`),
        );
        if (both !== null) ({ shrunk, policy, linuxFails } = both);
      }
      progress.clear();
      const command =
        reproduceLine(name, policyName, seed).replace(/^oomph run/, 'oomph shrink') +
        (options.policyToo ? ' --policy-too' : '');
      const out = options.out ?? '';
      const report: ShrinkReport = {
        version,
        challenge: failed.id,
        file: name,
        policy: source === null ? 'none' : policyName,
        seed,
        command,
        out,
        linuxHolds,
        shrunk,
      };
      if (policy !== null) {
        const { before, after } = policy;
        const text = policyText(policy, policyName, command);
        report.policyShrunk = { before, after, text, out: policyOut, linuxFails };
      }
      await keep(report, options, play);
      return shrunk.end === 'stopped' ? EXIT_INTERRUPTED : EXIT_PASSED;
    });
  } catch (error) {
    if (error instanceof PolicyLost)
      throw new HostFailure(
        `the policy's process failed twice (${error.message}): try again, and with more free memory`,
      );
    throw error;
  } finally {
    progress.clear();
    await runs?.close();
  }
}

/** Where the policy will be written, '' for nowhere but the JSON. @throws BadInput */
function policyPlaceOf(name: string, source: PolicySource | null, options: ShrinkOptions): string {
  checkOneFile(name, source);
  if (options.out === undefined) {
    if (options.json) return '';
    throw new BadInput('--policy-too writes a policy beside the file: name that with --out FILE');
  }
  const place = policyPlace(options.out, source!);
  checkWritable(place, options.force === true, '--out');
  return place;
}

/** What is to be made smaller. */
interface Subject {
  plan: ChallengePlan;
  /** To whose folder the paths in it are relative. */
  file: string;
  text: string;
  seeds: readonly number[];
  /** Of a record, as --policy names it: that of its spec lies where nobody knows. */
  policy?: string;
}

/** @returns null where it cannot be read, after saying why */
function named(name: string): Subject | null {
  const { plan, diagnostics, file } = findChallenge(name);
  if (diagnostics.length > 0) process.stderr.write(diagnosticsText(diagnostics, styleFor(process.stderr)));
  if (plan === null) return null;
  return { plan, file, text: readTextFile(file, 'challenge', MAX_FILE_BYTES), seeds: plan.seeds };
}

/** The challenge in a record, on the seed that was played. */
function recorded(file: string, { policy, seed }: ShrinkOptions): Subject {
  const { plan, record } = openRecord(file);
  if (seed !== undefined && seed !== String(record.seed))
    throw new BadInput(`${file} is of seed ${record.seed}, and --seed ${seed} was given: leave --seed out`);
  if (policy === 'reference' || policy === 'naive')
    throw new BadInput(
      `${policy} is a file beside the challenge, which a record does not know: name the file`,
    );
  if (policy === undefined && record.info !== null) {
    throw new BadInput(
      `a record holds the decisions of ${record.policyName} and not the policy, which a smaller challenge asks anew: name it with --policy`,
    );
  }
  return { plan, file, text: record.challengeText, seeds: [record.seed], policy: policy ?? 'none' };
}

function goalNumber(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new BadInput(`--goal ${JSON.stringify(text)} is no number from 1 on`);
  return Number(text);
}

/** The whole file, ready for parts to be left out: with what `of:` leads to, and paths as they are from where it will be. */
function documentOf({ plan, file, text, policy }: Subject, out: string | undefined): SpecDocument {
  const document = wholeDocument(plan, text);
  const { test } = plan;
  if (test === undefined) return document;
  const wanted = policy === undefined ? test.policy : policy === 'none' ? 'linux' : policy;
  if (wanted === 'linux' || wanted.startsWith('builtin:')) {
    if (wanted !== test.policy) document.setScalar(['test', 'policy'], wanted);
    return document;
  }
  const beside = wanted === 'reference' || wanted === 'naive' ? plan[wanted] : wanted;
  const place = policy === undefined ? join(dirname(file), beside) : beside;
  const path = relative(dirname(out ?? file), place)
    .split(sep)
    .join(posix.sep);
  document.setScalar(['test', 'policy'], path.startsWith('.') ? path : `./${path}`);
  return document;
}

/** Ways to fail that can be kept: of a spec what it expects, of a challenge its goals. */
function eligible(failures: readonly Failure[], { test, policy }: ChallengePlan, goal: number): Failure[] {
  if (goal > 0) return failures.filter(({ kind, index }) => kind === 'goal' && index === goal - 1);
  const isWanted =
    test === undefined || test.expect.some(one => one.kind === 'outcome' && one.outcome === 'won');
  return failures.filter(
    ({ kind }) => kind === 'expect' || (isWanted && (kind === 'goal' || policy.onFault === 'end')),
  );
}

interface Found {
  seed: number;
  failure: Failure;
  linuxHolds: boolean;
  /** Where it fails by a snapshot. */
  by?: ByMetric;
}

/** @returns null where it does not fail but by snapshots */
async function failing(
  plan: ChallengePlan,
  seeds: readonly number[],
  goal: number,
  runs: PolicyRuns | null,
  stop: () => Promise<boolean>,
): Promise<Found | 'refused' | 'stopped' | null> {
  for (const seed of seeds) {
    if (await stop()) return 'stopped';
    const tape = compileTape(plan, seed);
    const played = runs === null ? null : await runs.run(plan, tape);
    if (runs !== null && played === null) return (await stop()) ? 'stopped' : 'refused';
    const [failure] = eligible(failuresOf(plan, tape, played), plan, goal);
    if (failure === undefined) continue;
    return { seed, failure, linuxHolds: runs !== null && holdsAlone(plan, tape, failure) };
  }
  return null;
}

const holdsAlone = (plan: ChallengePlan, tape: ReturnType<typeof compileTape>, { what }: Failure): boolean =>
  failuresOf(plan, tape, null).every(other => other.what !== what);

/** @throws BadInput  nothing fails, or nothing by which it could be shrunk */
async function failingSnapshots(
  file: string,
  document: SpecDocument,
  plan: ChallengePlan,
  seeds: readonly number[],
  goal: number,
  runs: PolicyRuns | null,
  stop: () => Promise<boolean>,
): Promise<Found | 'refused' | 'stopped'> {
  for (const seed of goal > 0 ? [] : seeds) {
    if (await stop()) return 'stopped';
    const tape = compileTape(plan, seed);
    const played = runs === null ? null : await runs.run(plan, tape);
    if (runs !== null && played === null) return (await stop()) ? 'stopped' : 'refused';
    const by = await byMetric(file, document, plan, seed, played, parse);
    if (by === null) continue;
    const { failure } = by;
    return { seed, failure, by, linuxHolds: runs !== null && holdsAlone(by.plan, tape, failure) };
  }
  const where = seeds.length === 1 ? `on seed ${seeds[0]}` : `on any of its ${seeds.length} seeds`;
  const what = goal > 0 ? `goal ${goal} is not lost` : 'it does not fail';
  throw new BadInput(`there is nothing to shrink: ${what} ${where}`);
}

async function keep(
  report: ShrinkReport,
  options: ShrinkOptions,
  play: ((plan: ChallengePlan, tape: ReturnType<typeof compileTape>) => Promise<unknown>) | null,
): Promise<void> {
  const { shrunk, seed } = report;
  const { document, before, after } = shrunk;
  // What could not be made smaller keeps what was said of it when it was.
  if (document.header === '' || after.operations < before.operations || after.nodes < before.nodes)
    document.setHeader(shrinkHeader(report));
  const { policyShrunk } = report;
  if (policyShrunk !== undefined && policyShrunk.out !== '' && document.has(['test']))
    document.setScalar(['test', 'policy'], `./${basename(policyShrunk.out)}`);
  const text = document.text();
  await check(text, seed, shrunk, play);
  const written = { ...report, shrunk: { ...shrunk, text } };
  if (options.out !== undefined)
    writeWhole(options.out, new TextEncoder().encode(text), options.force === true, '--out');
  if (policyShrunk !== undefined && policyShrunk.out !== '')
    writeWhole(
      policyShrunk.out,
      new TextEncoder().encode(policyShrunk.text),
      options.force === true,
      '--out',
    );
  if (options.json) process.stdout.write(shrinkJson(written));
  else if (options.out === undefined) process.stdout.write(text);
  if (!options.quiet && !options.json) {
    process.stderr.write(shrinkText(written, styleFor(process.stderr)));
    if (options.out !== undefined) {
      const by = policyShrunk === undefined || policyShrunk.out === '' ? '' : ` --policy ${policyShrunk.out}`;
      process.stderr.write(`${callName()} explain ${options.out}${by} says why\n`);
    }
  }
}

/** That the file says the same as the document did: a result that does not fail would be worse than none. */
async function check(
  text: string,
  seed: number,
  { failure, end }: Shrunk,
  play: ((plan: ChallengePlan, tape: ReturnType<typeof compileTape>) => Promise<unknown>) | null,
): Promise<void> {
  const plan = parse(text);
  if (plan === null) throw new Error('the shrunk challenge cannot be read');
  if (play !== null || end === 'stopped') return;
  if (sameFailure(failure, failuresOf(plan, compileTape(plan, seed), null)) === undefined)
    throw new Error('the shrunk challenge does not fail any more');
}
