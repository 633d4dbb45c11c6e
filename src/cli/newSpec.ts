/** `oomph new spec`: a spec that pins what a policy, or Linux, comes to now. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import type { ChallengePlan } from '../contract/plan.ts';
import type { SeedVerdict } from '../contract/verdict.ts';
import { runChallenge, shellWord } from '../harness/runChallenge.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { starterSpec } from '../report/testing/starterSpec.ts';
import { parseChallenge } from '../spec/challenge.ts';
import { readBytes } from '../spec/load.ts';
import { callName } from './called.ts';
import { findChallenge, type LoadedChallenge, shippedChallenges, shippedFile } from './challenges.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_PASSED, HostFailure } from './exit.ts';
import { interruptible } from './interrupt.ts';
import { writeWithFolder } from './newFile.ts';
import { policyNamed } from './policies.ts';
import { packageRoot } from './root.ts';
import { startSandbox } from './sandbox.ts';
import { parseSeeds } from './seeds.ts';
import { Progress, styleFor } from './terminal.ts';

export interface NewSpecOptions {
  policy: string;
  seeds?: string;
  out?: string;
  force?: boolean;
}

/** Of a challenge's own, where nobody says how many: snapshots of more are much to read. */
const USUAL_SEEDS = 3;

export async function newSpec(name: string, options: NewSpecOptions): Promise<number> {
  const style = styleFor(process.stderr);
  const challenge = findChallenge(name);
  const { plan, diagnostics, file } = challenge;
  if (diagnostics.length > 0) process.stderr.write(diagnosticsText(diagnostics, style));
  if (plan === null) return EXIT_BAD_INPUT;
  const out = options.out ?? `${plan.id.split('/').at(-1)}.spec.yaml`;
  if (!/\.ya?ml$/.test(out)) throw new BadInput(`${out}: the name of a spec ends in .spec.yaml`);
  if (existsSync(out) && !options.force) {
    throw new BadInput(`${out} is there already: give another name with --out, or --force to write over it`);
  }
  const policyName = options.policy === 'linux' ? 'none' : options.policy;
  const policy = policyNamed(policyName, plan, file);
  const seeds = options.seeds === undefined ? plan.seeds.slice(0, USUAL_SEEDS) : parseSeeds(options.seeds);
  const verdicts = await verdictsOf(challenge, plan, policyName, policy, seeds);
  if (typeof verdicts === 'number') return verdicts;
  const text = withoutIdle(
    starterSpec({
      plan,
      id: `regress/${plan.id.replaceAll('/', '-').slice(0, 60)}`,
      of: ofText(file, name, out),
      policy: policyText(policyName, out),
      verdicts,
      schema: fromFolder(out, join(packageRoot, 'schemas', 'challenge.schema.json')),
    }),
    out,
  );
  writeWithFolder(out, text, options.force === true, '--out');
  const called = callName();
  process.stdout.write(
    `${out}\n\nIt holds what came out now. Read it, loosen what may change, then let its snapshots be written:\n  ${called} test ${shellWord(out)}\n`,
  );
  return EXIT_PASSED;
}

async function verdictsOf(
  { name }: LoadedChallenge,
  plan: ChallengePlan,
  policyName: string,
  policy: ReturnType<typeof policyNamed>,
  seeds: readonly number[],
): Promise<SeedVerdict[] | number> {
  const progress = new Progress(true);
  const outcome = await interruptible(signal =>
    runChallenge(plan, {
      policy,
      challengeName: name,
      policyName,
      seeds,
      startSandbox,
      progress: done => progress.show(`${plan.id}: ${done} of ${seeds.length} seeds done`),
      forgetRuns: true,
      signal,
    }),
  ).finally(() => progress.clear());
  switch (outcome.kind) {
    case 'verdict':
      return outcome.verdict.seeds;
    case 'aborted':
      return EXIT_INTERRUPTED;
    case 'refused':
      process.stderr.write(diagnosticsText(outcome.diagnostics, styleFor(process.stderr)));
      return EXIT_BAD_INPUT;
    case 'failed':
      throw new HostFailure(
        `the policy's process failed twice (${outcome.failure.reason}: ${outcome.failure.message}): try again, and with more free memory`,
      );
  }
}

/** Without the expectations that no run of this challenge could miss: they would be refused. */
function withoutIdle(text: string, file: string): string {
  for (let lines = text.split('\n'); ; ) {
    const { diagnostics } = parseChallenge(new TextEncoder().encode(lines.join('\n')), file, {
      read: readBytes,
      shipped: shippedFile,
    });
    const idle = diagnostics.find(d => d.file === file && /^\s*- \{ metric:/.test(lines[d.line - 1]));
    if (idle === undefined) return lines.join('\n');
    lines = lines.filter((_, i) => i !== idle.line - 1);
  }
}

/** A challenge that comes with oomph by its id, wherever oomph is installed. */
function ofText(file: string, name: string, out: string): string {
  return shippedFile(name) !== null && file.startsWith(shippedChallenges) && !existsSync(name)
    ? name
    : fromFolder(out, file);
}

function policyText(name: string, out: string): string {
  if (name === 'none') return 'linux';
  if (name === 'reference' || name === 'naive' || name.startsWith('builtin:')) return name;
  const path = fromFolder(out, name);
  return path.startsWith('.') ? path : `./${path}`;
}

/** A path as the file at `out` names it. */
function fromFolder(out: string, path: string): string {
  const from = relative(dirname(out), path).split(sep).join('/');
  if (isAbsolute(from))
    throw new BadInput(`${path} is on another drive than ${out}: write the spec beside it`);
  return from;
}
