import type { Outcome } from '../contract/verdict.ts';
import { grouped, plural } from './quantity.ts';
import { harmless } from './sourceColumns.ts';
import { PLAIN, type Style } from './style.ts';

export interface EpicChallenge {
  id: string;
  title: string;
  outcome: Outcome;
  stars: number;
  seeds: number;
  seedsWon: number;
  faults: number;
  /** The worst of all seeds. */
  score: { metric: string; unit: string; worst: number }[];
}

/** `schemas/epic.schema.json` describes the JSON of it. */
export interface EpicReport {
  epic: 1;
  oomph: string;
  policy: { name: string; hash: string; tokens: number; hooks: string[] };
  /** In the order of the campaign. */
  challenges: EpicChallenge[];
  /** Ids of those that ask nothing that the policy decides. */
  notServed: string[];
  won: number;
  stars: number;
  possible: number;
}

export const epicJson = (report: EpicReport): string => `${JSON.stringify(report, null, 2)}\n`;

const starsText = (stars: number): string => '*'.repeat(stars).padEnd(3, '-');

function row(challenge: EpicChallenge, width: number, style: Style): string {
  const { id, outcome, stars, seeds, seedsWon, faults, score } = challenge;
  const word = outcome === 'won' ? style.good('won ') : style.bad('lost');
  const notes = score.map(({ metric, worst }) => `${metric} ${grouped(worst)}`);
  if (outcome === 'lost') notes.unshift(`${seedsWon} of ${plural(seeds, 'seed')} won`);
  if (faults > 0) notes.push(plural(faults, 'fault'));
  return `${id.padEnd(width)}  ${word} ${starsText(stars)}  ${style.dim(notes.join(', '))}`.trimEnd();
}

/** A line a challenge, and the sum. */
export function epicText(report: EpicReport, style: Style = PLAIN): string {
  const { policy, challenges, notServed, stars, possible, won } = report;
  const width = Math.max(...challenges.map(({ id }) => id.length));
  const lines = [
    `${style.strong('Epic run')} of ${harmless(policy.name)}, hash ${policy.hash}, ${plural(policy.tokens, 'token')}`,
    `decides ${policy.hooks.join(', ')}`,
    '',
    ...challenges.map(challenge => row(challenge, width, style)),
    '',
    style.strong(`${stars} of ${possible} stars, ${won} of ${plural(challenges.length, 'challenge')} won`),
  ];
  if (notServed.length > 0) {
    lines.push(`${plural(notServed.length, 'challenge')} asked nothing that it decides`);
  }
  return `${lines.join('\n')}\n`;
}
