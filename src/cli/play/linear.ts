/** One challenge, once, in plain lines: `oomph play` without a terminal. */
import type { ChallengePlan } from '../../contract/plan.ts';
import type { ChallengeEntry, GameServices } from '../../tui/gameRun.ts';
import { briefingText, problemText, resultText, runText, whyText } from '../../tui/linear.ts';
import { callName } from '../called.ts';
import { POLICY_FOLDER, policyPathOf } from './entries.ts';

const rule = (title: string): string => `\n${title}\n${'-'.repeat(title.length)}\n`;

/** @param write  gets the text in order, a piece at a time */
export async function playLinear(
  entry: ChallengeEntry,
  services: GameServices,
  write: (text: string) => void,
): Promise<void> {
  const plan = entry.plan!;
  const [seed] = plan.seeds;
  write(`oomph, in lines. In a terminal of 80x24 or more, the same is a game with a live map.\n`);
  write(rule('Briefing'));
  write(briefingText(entry));
  const preparation = await services.prepare(entry, () => {}, new AbortController().signal, seed);
  if (!preparation.ok) {
    write(rule('It cannot run'));
    write(problemText(entry, preparation.problem));
    return;
  }
  const { run: prepared } = preparation;
  const run = prepared.open(seed);
  write(rule(`The run, seed ${seed}, ${prepared.policy ? prepared.policy.path : 'as Linux does'}`));
  for (const text of runText(run)) write(text);
  write(rule('Result'));
  write(resultText(entry, prepared, run));
  if (prepared.verdict.outcome === 'lost') {
    const why = whyText(entry, prepared, run);
    if (why !== '') write(`${rule('Why')}${why}`);
  }
  write(rule('What to do next'));
  write(nextText(entry, plan, prepared.policy !== null));
}

function nextText(entry: ChallengeEntry, plan: ChallengePlan, hasPolicy: boolean): string {
  const { name, policyPath } = entry;
  const oomph = callName();
  const out = policyPath === policyPathOf(POLICY_FOLDER, plan.id, plan.form) ? '' : ` --out ${policyPath}`;
  const lines = hasPolicy
    ? [`  1. change ${policyPath} in your editor`, `  2. ${oomph} run ${name} --policy ${policyPath}`]
    : [
        `  1. ${oomph} new policy ${name}${out}`,
        `  2. change ${policyPath} in your editor`,
        `  3. ${oomph} run ${name} --policy ${policyPath}`,
      ];
  return `${lines.join('\n')}\n  or: ${oomph} play, in a terminal\n`;
}
