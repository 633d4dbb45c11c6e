import { posix } from 'node:path';
import type { Diagnostic } from '../contract/diagnostic.ts';
import type { ChallengePlan, TestPlan } from '../contract/plan.ts';
import { boot, type HookName, type Machine } from '../engine/index.ts';
import type { Facts } from './bounds.ts';
import { readCosts } from './costs.ts';
import { decode, fileDiagnostic } from './decode.ts';
import { type Located, loadDocument } from './document.ts';
import { Findings, quote } from './findings.ts';
import { readGoals, readScore } from './goals.ts';
import { readParts } from './kernelOptions.ts';
import { pageBytesOf, readMachine, vmallocBytesOf } from './machine.ts';
import { checkCaches } from './names.ts';
import { type OtherFiles, type Whole, wholeOf } from './of.ts';
import { askedHooks, checkHooks, readPolicy } from './policy.ts';
import { checkShape } from './shape.ts';
import { readStars } from './stars.ts';
import { readWorkload } from './tasks.ts';
import { readTest } from './testing.ts';
import { checkTexts } from './texts.ts';
import { field, integerOf, textOf } from './values.ts';

export interface ChallengeLoad {
  /** Null exactly when a diagnostic is an error. */
  plan: ChallengePlan | null;
  /** Everything that is wrong with the file, in the order of the places. */
  diagnostics: Diagnostic[];
}

export interface ChallengeChecks extends OtherFiles {
  /** Whether a policy that it names exists. */
  isThere?: (path: string) => boolean;
  /** Whether its texts fit a terminal, and its hints say more and more. */
  texts?: boolean;
  /** Of a spec that is to be run, each '' where nothing is wrong. */
  running?: {
    /** Why the policy of its test cannot be had. */
    policyFault(plan: ChallengePlan, policy: string): string;
    /** Why its machine has no such view. */
    viewAbsent(view: string, machine: Machine): string;
  };
}

/** Seeds of a file that names none. */
const USUAL_SEEDS = [1, 2, 3, 4, 5];

/**
 * Turn the bytes of a challenge file into a plan.
 *
 * @param file  name of the file in the diagnostics
 * @param checks  what is looked at besides: nobody but a linter asks
 */
export function parseChallenge(bytes: Uint8Array, file: string, checks: ChallengeChecks = {}): ChallengeLoad {
  const decoded = decode(bytes, file);
  if ('diagnostic' in decoded) return { plan: null, diagnostics: [decoded.diagnostic] };
  const findings = new Findings(file, decoded.text);
  const root = loadDocument(decoded.text, findings);
  const others: Diagnostic[] = [];
  let plan: ChallengePlan | null = null;
  if (root !== null && root.entries === null) {
    const what = root.items === null ? 'a single value' : 'a list';
    findings.error(
      { start: root.start, end: root.start + 1 },
      'E-TOP-LEVEL',
      `the file holds ${what} where a challenge is wanted`,
      {
        expected: 'a map of keys, the first of them `challenge: 1`',
      },
    );
  } else if (root !== null) {
    const errorsBefore = findings.count;
    const whole = wholeOf(findings, root, checks, others);
    const shaped = checkShape(whole?.root ?? root, findings);
    if (whole !== null) plan = readPlan(findings, whole, checks);
    if (checks.texts === true) checkTexts(findings, root);
    if (!shaped && findings.count === errorsBefore && !findings.hasErrors) {
      findings.error(root, 'E-SHAPE', 'the file does not satisfy schemas/challenge.schema.json', {
        expected: 'a valid challenge',
      });
    }
  }
  const diagnostics = [...findings.sorted(), ...others];
  return { plan: findings.hasErrors ? null : plan, diagnostics };
}

function readPlan(
  findings: Findings,
  { root, files, policyFolder }: Whole,
  checks: ChallengeChecks,
): ChallengePlan | null {
  const inFolder = (path: string): string =>
    path === '' || policyFolder === '' ? path : posix.join(policyFolder, path);
  const isThere = (path: string): boolean => checks.isThere?.(inFolder(path)) ?? true;
  // Which mask is right is what the player decides.
  if (opens(root, 'gfp')) findings.mean('W-GFP-SLEEP');
  const machine = readMachine(findings, field(root, 'machine'));
  const cpus = cpusOf(findings, field(root, 'machine'));
  const pageBytes = pageBytesOf(field(root, 'machine'));
  const workload = readWorkload(findings, field(root, 'workload'), {
    cpus,
    pageBytes,
    parts: readParts(field(root, 'machine')),
    vmallocBytes: machine === undefined ? Number.POSITIVE_INFINITY : vmallocBytesOf(machine),
  });
  const costs = readCosts(findings, field(root, 'costs'));
  const policyNode = field(root, 'policy');
  const policy = readPolicy(findings, policyNode, isThere);
  const hasPolicy = policyNode === undefined ? false : policy.plan.hooks.length > 0 ? true : undefined;
  const choosesMasks = policy.plan.hooks.includes('gfp');
  const facts: Facts = findings.partial
    ? { machine: undefined, tasks: undefined, hasPolicy: undefined, choosesMasks, pageBytes }
    : { machine, tasks: workload?.facts, hasPolicy, choosesMasks, pageBytes };
  const goals = readGoals(findings, field(root, 'goal'), facts);
  const score = readScore(findings, field(root, 'score'), facts);
  const stars = readStars(findings, field(root, 'stars'), policy);
  const seeds = readSeeds(findings, field(root, 'seeds'));
  const testNode = field(root, 'test');
  // A policy under test may decide whatever is asked, unless the spec says what.
  const isTested = policyNode === undefined && (textOf(field(testNode, 'policy')) ?? 'linux') !== 'linux';
  if (isTested && machine !== undefined && workload !== undefined) {
    policy.plan.hooks = askedHooks(machine.config, workload.plan);
  }
  const test = readTest(findings, testNode, files, {
    ...facts,
    choosesMasks: policy.plan.hooks.includes('gfp'),
    lengthUs: workload?.plan.lengthUs,
    nrGoals: goals.length,
  });
  const id = textOf(field(root, 'id'));
  const title = textOf(field(root, 'title'));
  if (machine === undefined || workload === undefined || id === undefined || title === undefined) return null;
  if (machine.booted !== undefined && !findings.hasErrors && workload.names.caches.length > 0)
    checkCaches(findings, workload.names, machine.booted());
  if (!findings.hasErrors) checkHooks(findings, policyNode, machine.config, workload.plan);
  const { vm } = machine.config;
  if (vm !== undefined) vm.filePages = workload.names.files.map(file => file.pages);
  const plan = {
    ...(costs === undefined ? {} : { costs }),
    id,
    title: title.trim(),
    story: textOf(field(root, 'story')) ?? '',
    machine: machine.config,
    workload: workload.plan,
    goals,
    score,
    stars,
    form: policy.form,
    policy: policy.plan,
    seeds,
    hints: (field(root, 'hints')?.items ?? []).map(h => textOf(h) ?? ''),
    explanation: textOf(field(root, 'explanation')) ?? '',
    reference: inFolder(policy.reference),
    naive: inFolder(policy.naive),
    ...(test === undefined ? {} : { test }),
  };
  if (test !== undefined && !findings.hasErrors) checkRunning(findings, testNode!, plan, test, checks);
  return plan;
}

/** What only whoever runs a spec can tell. */
function checkRunning(
  findings: Findings,
  node: Located,
  plan: ChallengePlan,
  { policy, expect }: TestPlan,
  { running }: ChallengeChecks,
): void {
  if (running === undefined) return;
  const fault = running.policyFault(plan, policy);
  if (fault !== '') {
    findings.error(field(node, 'policy') ?? node, 'E-TEST-POLICY', fault, {
      expected: '`linux`, `reference`, `naive`, builtin:NAME, or the path of a policy file beside this one',
    });
  }
  const machine = expect.some(({ kind }) => kind === 'proc') ? boot(plan.machine) : null;
  for (const item of field(node, 'expect')?.items ?? []) {
    const view = field(item, 'proc');
    const why = view === undefined || machine === null ? '' : running.viewAbsent(textOf(view)!, machine);
    if (why === '') continue;
    findings.error(view!, 'E-VIEW-ABSENT', `there is no ${quote(view!.source)} here: ${why}`, {
      expected: 'another view, or a machine that has this one',
    });
  }
}

function opens(root: Located, hook: HookName): boolean {
  const hooks = field(field(root, 'policy'), 'hooks');
  return hooks?.items?.some(item => item.value === hook) ?? false;
}

/** CPUs of the machine; undefined where the file does not tell. */
function cpusOf(findings: Findings, machine: Located | undefined): number | undefined {
  if (machine?.entries == null) return undefined;
  const node = field(machine, 'cpus');
  if (node === undefined) return 1;
  return findings.isFaulty(node) || node.value === null ? undefined : integerOf(node);
}

function readSeeds(findings: Findings, node: Located | undefined): number[] {
  if (node === undefined) return [...USUAL_SEEDS];
  const count = integerOf(field(node, 'count'));
  if (count !== undefined && count >= 1 && count <= 10_000)
    return Array.from({ length: count }, (_, i) => i + 1);
  const seeds = new Set<number>();
  for (const item of node.items ?? []) {
    const seed = integerOf(item);
    if (seed === undefined) continue;
    if (seeds.has(seed))
      findings.error(item, 'E-DUPLICATE', `the seed ${seed} is in the list twice`, {
        expected: 'each seed once',
      });
    seeds.add(seed);
  }
  return [...seeds];
}

/**
 * Challenges whose id another one has already: ids are unique within a collection.
 *
 * @param loads  each with the name of its file, in the order in which they are listed
 */
export function checkUniqueIds(loads: readonly { file: string; plan: ChallengePlan | null }[]): Diagnostic[] {
  const first = new Map<string, string>();
  const found: Diagnostic[] = [];
  for (const { file, plan } of loads) {
    if (plan === null) continue;
    const other = first.get(plan.id);
    if (other === undefined) first.set(plan.id, file);
    else
      found.push(
        fileDiagnostic(
          file,
          'E-ID-DUPLICATE',
          `the id ${quote(plan.id)} is that of ${other} already`,
          'an id of its own',
        ),
      );
  }
  return found;
}
