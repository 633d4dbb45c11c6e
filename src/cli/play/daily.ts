/** One challenge and one seed a day, the same for everybody who plays it with the same version. */
import { createHash } from 'node:crypto';
import type { ChallengeEntry } from '../../tui/gameRun.ts';
import { version } from '../root.ts';

/** Challenges are proven on seeds 1 to 50: on these the day can be won. */
const SEEDS = 50;

/** `2026-11-22`, by UTC. */
export const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** @returns null where no challenge asks for a policy */
export function dailyEntry(
  entries: readonly ChallengeEntry[],
  date: string,
  oomph = version,
): ChallengeEntry | null {
  const open = entries.filter(({ plan }) => plan !== null && plan.policy.hooks.length > 0);
  if (open.length === 0) return null;
  const drawn = createHash('sha256').update(`oomph ${oomph} ${date}`).digest();
  const entry = open[drawn.readUInt32BE(0) % open.length];
  const seed = 1 + (drawn.readUInt32BE(4) % SEEDS);
  return {
    ...entry,
    id: `daily/${date}`,
    plan: { ...entry.plan!, seeds: [seed] },
    daily: { date, oomph },
  };
}
