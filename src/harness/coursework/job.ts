/** One policy on one challenge, for marks: what is run, what names it, and what comes of it. */
import { createHash } from 'node:crypto';
import type { ChallengeResult, SeedMark } from '../../contract/grading.ts';
import type { ChallengePlan } from '../../contract/plan.ts';
import type { PolicySource } from '../../contract/policy.ts';
import type { Tape } from '../../contract/tape.ts';
import type { SeedVerdict } from '../../contract/verdict.ts';
import type { Cause } from '../cause.ts';
import { pictureRun, runPicture } from '../picture.ts';
import type { PolicySandbox } from '../policyHost.ts';
import { type ChallengeOutcome, runChallenge } from '../runChallenge.ts';
import type { Replays } from './replays.ts';

export interface GradeJob {
  /** What the result depends on, and nothing else: see `jobKey`. */
  key: string;
  /** Whose it is: one sandbox may play all jobs of one owner, and never those of two. */
  owner: string;
  /** Index of the challenge in the assignment. */
  challenge: number;
  policy: PolicySource;
  /** Public ones first. */
  seeds: number[];
  /** So many of the seeds are public: only of them is more kept than what marks follow from. */
  publicSeeds: number;
}

/** Of what is kept; another one makes what was kept before worthless. 2: with pictures. */
const RESULT_FORMAT = 2;

/** A sentence on what happened where several policies could be blamed for a run. */
const MAX_SENTENCE = 300;

/**
 * 32 hex digits over everything that the result depends on.
 *
 * @param engine     which engine computes it
 * @param challenge  hash of the challenge's content
 */
export function jobKey(
  engine: string,
  challenge: string,
  policy: PolicySource,
  seeds: readonly number[],
  publicSeeds: number,
): string {
  const hash = createHash('sha256');
  hash.update(
    `${RESULT_FORMAT}\0${publicSeeds}\0${engine}\0${challenge}\0${seeds.join(' ')}\0${policy.entry}\0${policy.tunables ?? ''}`,
  );
  for (const { path, text } of [...policy.files].sort((a, b) =>
    a.path < b.path ? -1 : a.path > b.path ? 1 : 0,
  )) {
    hash.update(`\0${path}\0${text.length}\0${text}`);
  }
  return hash.digest('hex').slice(0, 32);
}

export interface JobContext {
  plan: ChallengePlan;
  /** The challenge as reproduction lines name it. */
  challengeName: string;
  startSandbox: () => Promise<PolicySandbox>;
  tapeOf: (seed: number) => Tape;
  /** Of the assignment, over all who handed in. */
  replays: Replays;
  /** A cause as a student reads it. */
  causeText: (cause: Cause) => string;
  /** Told of what kept a picture from being made. The marks stand without it. */
  warn: (error: unknown) => void;
  signal?: AbortSignal;
}

/** @throws what is a fault of ours, and WorkloadTooLong */
export async function runJob(job: GradeJob, context: JobContext): Promise<ChallengeResult> {
  const { plan, tapeOf, replays } = context;
  const open = new Set(job.seeds.slice(0, job.publicSeeds));
  let shown: SeedVerdict | null = null;
  const outcome = await runChallenge(plan, {
    policy: job.policy,
    challengeName: context.challengeName,
    policyName: job.policy.entry,
    seeds: job.seeds,
    startSandbox: context.startSandbox,
    keepsRun: verdict => {
      const wanted =
        open.has(verdict.seed) && (shown === null || (shown.outcome === 'won' && verdict.outcome === 'lost'));
      if (wanted) shown = verdict;
      return wanted;
    },
    compile: async (_, seed) => tapeOf(seed),
    verdictOf: (seed, played, judge) => replays.verdict(job.challenge, seed, played, judge),
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  const result = resultOf(outcome);
  if (result.kind !== 'played' || outcome.kind !== 'verdict' || shown === null) return result;
  const verdict: SeedVerdict = shown;
  try {
    const played = outcome.runs.get(verdict.seed)!;
    const pictured = replays.picture(job.challenge, verdict.seed, played!, () =>
      pictureRun(plan, tapeOf(verdict.seed), played, verdict),
    );
    return { ...result, picture: runPicture(pictured, context.causeText) };
  } catch (error) {
    context.warn(error);
    return result;
  }
}

function resultOf(outcome: ChallengeOutcome): ChallengeResult {
  switch (outcome.kind) {
    case 'verdict': {
      const { policy, seeds } = outcome.verdict;
      const { hash, tokens } = policy.info!;
      return { kind: 'played', policyHash: hash, tokens, seeds: seeds.map(markOf) };
    }
    case 'refused': {
      const [first] = outcome.diagnostics;
      const message = `${first.file}:${first.line}:${first.column}: ${first.message}`;
      return { kind: 'refused', message, diagnostics: outcome.diagnostics };
    }
    case 'failed':
      return {
        kind: 'infrastructure',
        message: `its process failed twice (${outcome.failure.reason}: ${outcome.failure.message})`,
        diagnostics: [],
      };
    case 'aborted':
      return { kind: 'infrastructure', message: 'it was interrupted', diagnostics: [] };
  }
}

function markOf(verdict: SeedVerdict): SeedMark {
  const { seed, outcome, stars, goals, score, nrFaults, faults, failures, stateHash } = verdict;
  const [fault] = faults;
  const [failure] = failures;
  return {
    seed,
    outcome,
    stars,
    goals: goals.map(({ text, held, value, wanted, unit, compare, lostAtEvent, lostAtUs }) => ({
      text,
      held,
      value,
      wanted,
      unit,
      compare,
      lostAtEvent,
      lostAtUs,
    })),
    score: score.map(({ metric, unit, better, value, par, gold, reached }) => ({
      metric,
      unit,
      better,
      value,
      par,
      gold,
      reached,
    })),
    nrFaults,
    firstFault:
      fault === undefined
        ? ''
        : `${fault.file}:${fault.line}:${fault.column}, in ${fault.hook}, event ${fault.event}: ${fault.value === '' ? '' : `answered ${fault.value}: `}${fault.message}`.slice(
            0,
            MAX_SENTENCE,
          ),
    firstFailure: failure?.kernelLog[0]?.slice(0, MAX_SENTENCE) ?? '',
    stateHash,
  };
}
