/** What decisions lead to, kept: a class takes the same ones again and again. */
import { createHash } from 'node:crypto';
import type { SeedVerdict } from '../../contract/verdict.ts';
import type { PicturedRun } from '../picture.ts';
import type { PlayedPolicy } from '../play.ts';

/** What a replay came to; all of it follows from the challenge, the seed and the decisions. */
interface Replay {
  verdict: SeedVerdict;
  /** Once somebody wanted it. */
  pictured: PicturedRun | null;
}

/** Replays that are kept, of some ten kilobytes each. */
const MAX_KEPT = 1000;

/**
 * The replays of one assignment. A score is recomputed from decisions by an engine that has never seen the policy, so the same
 * decisions need it once, whoever took them.
 */
export class Replays {
  private readonly kept = new Map<string, Replay>();
  /** Verdicts that were there already. */
  nrKnown = 0;

  /**
   * @param challenge  its number in the assignment
   * @param judge      replays
   * @throws           what `judge` throws; nothing is kept then
   */
  async verdict(
    challenge: number,
    seed: number,
    played: PlayedPolicy,
    judge: () => Promise<SeedVerdict>,
  ): Promise<SeedVerdict> {
    const key = keyOf(challenge, seed, played);
    if (key === null) return judge();
    const known = this.find(key);
    if (known !== undefined) {
      this.nrKnown++;
      return { ...known.verdict, console: played.run.console };
    }
    const verdict = await judge();
    this.kept.set(key, { verdict, pictured: null });
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= MAX_KEPT) break;
      this.kept.delete(oldest);
    }
    return verdict;
  }

  /** The picture of a run whose verdict was had before. */
  picture(challenge: number, seed: number, played: PlayedPolicy, picture: () => PicturedRun): PicturedRun {
    const key = keyOf(challenge, seed, played);
    const known = key === null ? undefined : this.find(key);
    if (known === undefined) return picture();
    known.pictured ??= picture();
    return known.pictured;
  }

  private find(key: string): Replay | undefined {
    const known = this.kept.get(key);
    if (known === undefined) return undefined;
    this.kept.delete(key);
    this.kept.set(key, known);
    return known;
  }
}

/** Null where more than the decisions matters: faults have places in the policy. */
function keyOf(challenge: number, seed: number, { info, run }: PlayedPolicy): string | null {
  if (run.faults.length > 0 || run.nrFaults > 0) return null;
  const decisions = createHash('sha256').update(run.decisions).digest('base64');
  // Tokens are a metric; hooks say which calls were answered.
  return `${challenge} ${seed} ${info.tokens} ${info.hooks.join()} ${run.end} ${run.nrOps} ${decisions}`;
}
