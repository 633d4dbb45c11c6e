import type { Diagnostic } from '../contract/diagnostic.ts';
import { type ChallengePlan, PROVERS, type Prover } from '../contract/plan.ts';
import type { Proof, ProverSummary, Spread } from '../harness/prove.ts';
import { cell, plural } from './quantity.ts';
import { PLAIN, type Style } from './style.ts';
import { columns } from './wrap.ts';

/**
 * How hard a challenge is: who wins on how many seeds with how many stars, how far each score axis of the reference spreads,
 * and what is not as it must be.
 */
export function proofText(plan: ChallengePlan, proof: Proof, style: Style = PLAIN): string {
  const proven = proof.problems.length === 0;
  const mark = proven ? style.good('proven') : style.bad('not proven');
  const lines = [
    `${mark}  ${plan.id}`,
    ...proof.problems.map(problem => `  ${style.bad('!')} ${problem}`),
    ...proof.notes.map(note => `  note: ${note}`),
    `  won of ${plural(proof.nrSeeds, 'seed')}: ${PROVERS.map(who => wins(who, proof.policies[who])).join(', ')}`,
    ...spreadLines(plan, proof.policies.reference?.spread ?? []).map(line => style.dim(line)),
  ];
  return `${lines.join('\n')}\n`;
}

function wins(who: Prover, policy: ProverSummary | null): string {
  if (policy === null) return `${who} not played`;
  const { nrWon, fewestStars, mostStars } = policy;
  const stars =
    fewestStars === mostStars ? plural(mostStars, 'star') : `${fewestStars} to ${mostStars} stars`;
  return nrWon === 0 ? `${who} 0` : `${who} ${nrWon} (${stars})`;
}

function spreadLines(plan: ChallengePlan, spread: readonly Spread[]): string[] {
  const rows = spread.map(({ metric, unit, min, median, max }, i) => {
    const { par, gold } = plan.score[i];
    const most = Math.max(max, par, gold);
    const [low, middle, high, atPar, atGold] = [min, median, max, par, gold].map(v => cell(v, unit, most));
    return [metric, low, middle, high, spreadText({ min, median, max }), `par ${atPar}, gold ${atGold}`];
  });
  return rows.length === 0
    ? []
    : columns([['reference', 'min', 'median', 'max', 'spread', ''], ...rows], [1, 2, 3, 4], '  ');
}

/** (max - min) / median in whole per cent, rounded down; no number where the median is 0. */
function spreadText({ min, median, max }: Pick<Spread, 'min' | 'median' | 'max'>): string {
  if (max === min) return '0%';
  return median === 0 ? '-' : `${Math.floor(((max - min) * 100) / Math.abs(median))}%`;
}

export interface ProvenChallenge {
  file: string;
  plan: ChallengePlan;
  proof: Proof;
}

/** The same for programs: what `schemas/proof.schema.json` describes. */
export function proofJson(
  seeds: readonly number[],
  challenges: readonly ProvenChallenge[],
  diagnostics: readonly Diagnostic[],
): string {
  const document = {
    oomph: 1,
    seeds,
    nrProven: challenges.filter(({ proof }) => proof.problems.length === 0).length,
    nrNotProven: challenges.filter(({ proof }) => proof.problems.length > 0).length,
    challenges: challenges.map(({ file, plan, proof }) => ({
      challenge: plan.id,
      file,
      proven: proof.problems.length === 0,
      stars: plan.stars,
      policies: proof.policies,
      problems: proof.problems,
      notes: proof.notes,
    })),
    diagnostics,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
