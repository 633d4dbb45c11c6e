/** What makes two versions of a challenge two challenges: everything that a result depends on, and no text. */
import { createHash } from 'node:crypto';
import type { ChallengePlan } from '../../contract/plan.ts';

/** Where something stands in the file, and how it is told. */
const NOT_PLAYED = new Set(['line', 'column', 'text']);

/** Keys in one order, so that moving a line in the file changes nothing. */
function ordered(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([key]) => !NOT_PLAYED.has(key));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** 16 hex digits. */
export function contentHash(plan: ChallengePlan): string {
  const { machine, workload, goals, score, policy, seeds, costs } = plan;
  const played = JSON.stringify({ machine, workload, goals, score, policy, seeds, costs }, ordered);
  return createHash('sha256').update(played).digest('hex').slice(0, 16);
}
