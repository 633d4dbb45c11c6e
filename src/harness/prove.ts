import { type ChallengePlan, PROVERS, type Prover } from '../contract/plan.ts';
import type { PolicySource } from '../contract/policy.ts';
import type { Tape } from '../contract/tape.ts';
import type { SeedVerdict } from '../contract/verdict.ts';
import type { HookName } from '../engine/index.ts';
import { metricText, unitOf } from './metrics.ts';
import type { PolicySandbox } from './policyHost.ts';
import { type ChallengeOutcome, runChallenge } from './runChallenge.ts';
import { reached } from './score.ts';

export interface ProverInput {
  challengeName: string;
  seeds: readonly number[];
  startSandbox: () => Promise<PolicySandbox>;
  /** Instead of compileTape(): one that remembers. */
  tapeOf?: (plan: ChallengePlan, seed: number) => Tape;
  progress?: (done: number) => void;
  signal?: AbortSignal;
}

/** What is kept of a seed. Plain data: it comes from another process. */
export interface ProverSeed {
  seed: number;
  stars: number;
  nrFaults: number;
  /** The first of them, as a person reads it. */
  fault: string;
  /** The first goal that was not held, as a person reads it; '' in a run that is won. */
  lost: string;
  /** By score axis. */
  values: number[];
  stateHash: string;
  reproduce: string;
}

/** What one of the four got, seed by seed. */
export type ProverRun = { kind: 'ran'; hooks: HookName[]; seeds: ProverSeed[] } | ProverLacking;

/** It has nothing to play, or could not be played. */
type ProverLacking = { kind: 'missing' } | { kind: 'failed'; why: string };

export interface Spread {
  metric: string;
  unit: string;
  min: number;
  /** Of an even number of values the lower of the two in the middle. */
  median: number;
  max: number;
}

export interface ProverSummary {
  nrWon: number;
  fewestStars: number;
  mostStars: number;
  /** Of each score axis over the seeds. */
  spread: Spread[];
}

export interface Proof {
  nrSeeds: number;
  /** Null for one that was not played. */
  policies: Record<Prover, ProverSummary | null>;
  /** What is not as it must be, one sentence each; empty: proven. */
  problems: string[];
  /** What an author should know, and is as the file says. */
  notes: string[];
}

/** A policy that decides nothing. */
const EMPTY: PolicySource = {
  entry: 'empty.ts',
  files: [
    {
      path: 'empty.ts',
      text: "import { definePolicy } from 'oomph';\n\nexport default definePolicy({});\n",
    },
  ],
};

const NAMES: Record<Prover, string> = {
  reference: 'the reference policy',
  naive: 'the naive policy',
  empty: 'the empty policy',
  linux: 'the kernel without a policy',
};

/**
 * Play one of the four on every seed.
 *
 * @param policy  of the reference and the naive policy; null where the challenge names none
 * @returns null when it was aborted
 */
export async function runProver(
  plan: ChallengePlan,
  who: Prover,
  policy: PolicySource | null,
  input: ProverInput,
): Promise<ProverRun | null> {
  if (policy === null && (who === 'reference' || who === 'naive')) return { kind: 'missing' };
  const { tapeOf } = input;
  const outcome = await runChallenge(plan, {
    policy: who === 'empty' ? EMPTY : who === 'linux' ? null : policy,
    challengeName: input.challengeName,
    policyName: who === 'linux' ? 'none' : who === 'empty' ? EMPTY.entry : who,
    seeds: input.seeds,
    startSandbox: input.startSandbox,
    forgetRuns: true,
    ...(tapeOf === undefined ? {} : { compile: async (p, seed) => tapeOf(p, seed) }),
    progress: done => input.progress?.(done),
    ...(input.signal === undefined ? {} : { signal: input.signal }),
  });
  if (outcome.kind === 'aborted') return null;
  if (outcome.kind !== 'verdict') return { kind: 'failed', why: whyNot(outcome) };
  const { policy: played, seeds } = outcome.verdict;
  return { kind: 'ran', hooks: played.info?.hooks ?? [], seeds: seeds.map(kept) };
}

function kept(verdict: SeedVerdict): ProverSeed {
  const { seed, stars, nrFaults, faults, goals, score, stateHash, reproduce } = verdict;
  const [first] = faults;
  const fault = first === undefined ? '' : `${first.file}:${first.line}: ${first.message}`;
  const goal = goals.find(({ held }) => !held);
  const lost = goal === undefined ? '' : `${goal.text}, is ${goal.value}`;
  const values = score.map(axis => axis.value);
  return { seed, stars, nrFaults, fault, lost, values, stateHash, reproduce };
}

function whyNot(outcome: Exclude<ChallengeOutcome, { kind: 'verdict' | 'aborted' }>): string {
  if (outcome.kind === 'failed') return `${outcome.failure.reason}: ${outcome.failure.message}`;
  const [first] = outcome.diagnostics;
  return `${first.file}:${first.line}:${first.column}: ${first.message}`;
}

/** The challenge can be won, and not by accident: each of the four gets the stars that the file says, on every seed. */
export function judgeProof(plan: ChallengePlan, runs: Readonly<Record<Prover, ProverRun>>): Proof {
  const problems: string[] = [];
  const notes: string[] = [];
  const policies = {} as Proof['policies'];
  let nrSeeds = 0;
  for (const who of PROVERS) {
    const run = runs[who];
    policies[who] = null;
    if (run.kind === 'missing') problems.push(`the challenge names no ${who} policy`);
    else if (run.kind === 'failed') problems.push(`${NAMES[who]} could not be run: ${run.why}`);
    else {
      policies[who] = summaryOf(plan, run.seeds);
      nrSeeds = run.seeds.length;
      problems.push(...wrongStars(plan, who, run.seeds));
    }
  }
  const { reference, empty, linux } = runs;
  if (reference.kind === 'ran') {
    problems.push(...brokenRules(reference.seeds));
    for (const hook of plan.policy.hooks) {
      if (!reference.hooks.includes(hook))
        problems.push(`the hook ${hook} is open, and the reference policy does not decide it`);
    }
    notes.push(...changingStars(plan, reference.seeds));
  }
  if (empty.kind === 'ran' && linux.kind === 'ran') {
    const parted = empty.seeds.find((seed, i) => seed.stateHash !== linux.seeds[i].stateHash);
    if (parted !== undefined)
      problems.push(`a policy that decides nothing ends otherwise than Linux does, seed ${parted.seed}`);
  }
  if (plan.hints.length !== 3)
    problems.push(`a challenge has three hints, this one ${plan.hints.length || 'none'}`);
  return { nrSeeds, policies, problems, notes };
}

function summaryOf(plan: ChallengePlan, seeds: readonly ProverSeed[]): ProverSummary {
  const stars = seeds.map(seed => seed.stars);
  return {
    nrWon: stars.filter(n => n > 0).length,
    fewestStars: Math.min(...stars),
    mostStars: Math.max(...stars),
    spread: plan.score.map((axis, i) => {
      const values = Float64Array.from(seeds, seed => seed.values[i]).sort();
      return {
        metric: metricText(plan, axis.metric, axis.where),
        unit: unitOf(axis.metric),
        min: values[0],
        median: values[(values.length - 1) >> 1],
        max: values[values.length - 1],
      };
    }),
  };
}

/** Seeds on which somebody gets other stars than the file says. */
function wrongStars(plan: ChallengePlan, who: Prover, seeds: readonly ProverSeed[]): string[] {
  const [fewest, most] = plan.stars[who];
  const wrong = seeds.filter(({ stars }) => stars < fewest || stars > most);
  if (wrong.length === 0) return [];
  const [first] = wrong;
  const got = wrong.map(({ stars }) => stars);
  const again = who === 'empty' ? `seed ${first.seed}` : first.reproduce;
  const why = first.stars < fewest ? whyFewer(plan, first, fewest) : '';
  return [
    `${NAMES[who]} gets ${starsText(Math.min(...got), Math.max(...got))} on ${wrong.length} of ${seeds.length} seeds, ` +
      `not ${starsText(fewest, most)}: ${again}${why}`,
  ];
}

function starsText(fewest: number, most: number): string {
  return fewest === most ? `${most} star${most === 1 ? '' : 's'}` : `${fewest} to ${most} stars`;
}

/** The goal that was lost, or the axes that are behind what the stars wanted ask for. */
function whyFewer(plan: ChallengePlan, { lost, values }: ProverSeed, wanted: number): string {
  if (lost !== '') return ` (${lost})`;
  const behind = plan.score.flatMap((axis, i) => {
    const at = reached(axis, values[i]);
    if (at === 'gold' || (at === 'par' && wanted < 3)) return [];
    const bound = wanted < 3 ? `par is ${axis.par}` : `gold is ${axis.gold}`;
    return [`${metricText(plan, axis.metric, axis.where)} is ${values[i]}, ${bound}`];
  });
  return behind.length === 0 ? '' : ` (${behind.join('; ')})`;
}

function brokenRules(seeds: readonly ProverSeed[]): string[] {
  const broken = seeds.filter(({ nrFaults }) => nrFaults > 0);
  if (broken.length === 0) return [];
  const [{ fault, reproduce }] = broken;
  return [
    `the reference policy breaks a rule on ${broken.length} of ${seeds.length} seeds: ${reproduce} (${fault})`,
  ];
}

/** One seed is not as hard as another where the reference gets other stars: which axis it is that spreads so wide. */
function changingStars(plan: ChallengePlan, seeds: readonly ProverSeed[]): string[] {
  const won = seeds.filter(({ stars }) => stars > 0);
  if (new Set(won.map(({ stars }) => stars)).size < 2) return [];
  return plan.score.flatMap((axis, i) => {
    const levels = new Set(won.map(({ values }) => reached(axis, values[i])));
    if (levels.size < 2) return [];
    const names = (['gold', 'par', 'none'] as const).filter(level => levels.has(level));
    const words = names.map(level => (level === 'none' ? 'neither' : `at ${level}`));
    const metric = metricText(plan, axis.metric, axis.where);
    return [`${metric} of the reference policy is ${words.join(' or ')}, by the seed`];
  });
}
