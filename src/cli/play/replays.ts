/** Replay codes of the runs of a game. */
import type { Verdict } from '../../contract/verdict.ts';
import type { PlayedPolicy } from '../../harness/play.ts';
import { recordOf } from '../../harness/record.ts';
import { policyOfCode, replayOfCode } from '../../harness/replayCode.ts';
import { verdictOf } from '../../harness/runChallenge.ts';
import type { ChallengeEntry, OpenedReplay } from '../../tui/gameRun.ts';
import { findChallengeText } from '../challenges.ts';
import { BadInput } from '../exit.ts';
import { codeOf, openCode } from '../replayCodes.ts';
import { version } from '../root.ts';
import { contentHash } from '../store/contentHash.ts';
import { PreparedRuns } from './preparedRuns.ts';

/** All that is played but the seeds: those of a daily run are others. */
const playedAs = (plan: NonNullable<ChallengeEntry['plan']>): string => contentHash({ ...plan, seeds: [] });

export function shareRun(
  entry: ChallengeEntry,
  verdict: Verdict,
  runs: ReadonlyMap<number, PlayedPolicy | null>,
  seed: number,
): { code: string; problem: string } {
  const plan = entry.plan!;
  try {
    const { plan: now, text } = findChallengeText(entry.file);
    if (now === null || playedAs(now) !== playedAs(plan)) {
      return { code: '', problem: `${entry.file} was changed since this game began: start the game again.` };
    }
    const policyName = verdict.policy.name.replace(/^.*[/\\]/, '');
    const of = verdict.seeds.find(one => one.seed === seed)!;
    const played = runs.get(seed) ?? null;
    const input = { plan, challengeText: text, policyName, played, verdict: of, oomph: version };
    return { code: codeOf(recordOf(input)), problem: '' };
  } catch (error) {
    if (error instanceof BadInput) return { code: '', problem: error.message };
    throw error;
  }
}

export function openReplay(typed: string, entries: readonly ChallengeEntry[]): OpenedReplay {
  const refused = (problem: string): OpenedReplay => ({ ok: false, problem });
  try {
    const { code, plan } = openCode(typed);
    const { seed } = code;
    const selected = entries.findIndex(
      entry => entry.plan?.id === plan.id && !entry.daily && playedAs(entry.plan) === playedAs(plan),
    );
    if (selected < 0) {
      return refused(
        `the code is of ${plan.id}, which this game does not have: \`oomph replay CODE\` plays it`,
      );
    }
    const { verdict, problems } = replayOfCode(plan, code, `oomph replay CODE`);
    if (problems.length > 0 || verdict === null) {
      return refused(`the run of this code comes out otherwise here: ${problems[0]?.message}`);
    }
    const runs = new PreparedRuns(plan, new Map([[seed, policyOfCode(code)]]), undefined);
    return {
      ok: true,
      seed,
      selected,
      run: {
        verdict: verdictOf(plan, code.policyName, code.info, [verdict]),
        policy: code.info === null ? null : { path: `${code.policyName}, somebody's`, files: [] },
        replay: true,
        open: one => runs.open(one),
        ready: (one, stop) => runs.ready(one, stop),
        share: () => ({ code: typed.replace(/\s+/g, ''), problem: '' }),
      },
    };
  } catch (error) {
    if (error instanceof BadInput) return refused(error.message);
    throw error;
  }
}
