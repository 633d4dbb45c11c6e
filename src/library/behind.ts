import type { ChallengePlan } from '../contract/plan.ts';
import { bad } from './asking.ts';
import type { Challenge } from './runTypes.ts';

/** What stands behind a challenge. */
export interface Behind {
  readonly plan: ChallengePlan;
  /** Whole, for records. */
  readonly text: string;
  /** '' for one that came as text. */
  readonly file: string;
}

const behind = new WeakMap<Challenge, Behind>();

/** @throws OomphError `bad-argument` for what parseChallenge() and loadChallenge() did not make */
export function behindOf(challenge: Challenge): Behind {
  const found = typeof challenge === 'object' && challenge !== null ? behind.get(challenge) : undefined;
  if (found === undefined)
    throw bad('a challenge is what parseChallenge() or loadChallenge() gave as `challenge`');
  return found;
}

export function challengeOf(what: Behind, name: string): Challenge {
  const { plan } = what;
  const challenge: Challenge = Object.freeze({
    id: plan.id,
    title: plan.title,
    story: plan.story,
    hints: Object.freeze([...plan.hints]),
    explanation: plan.explanation,
    seeds: Object.freeze([...plan.seeds]),
    hooks: Object.freeze([...plan.policy.hooks]),
    goals: Object.freeze(plan.goals.map(goal => goal.text)),
    lengthUs: plan.workload.lengthUs,
    name,
  });
  behind.set(challenge, what);
  return challenge;
}
