/** Which policies of a class are alike: what is compared with what, and what is left out of it. */
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AssignmentPlan } from '../../contract/assignment.ts';
import type { ChallengePlan } from '../../contract/plan.ts';
import type { PolicySource } from '../../contract/policy.ts';
import {
  type ChallengeSimilarity,
  type ComparedKind,
  type SimilarityReport,
  textKey,
} from '../../contract/similarity.ts';
import { type ComparedPolicy, clustersOf, similarPairs } from '../../harness/coursework/similarity.ts';
import type { Outline } from '../../policy/compile/outline.ts';
import { similarityHtml } from '../../report/coursework/html/similarityHtml.ts';
import { similarityCsv } from '../../report/coursework/similarity.ts';
import { plural } from '../../report/quantity.ts';
import { starterPolicy } from '../../report/starterPolicy.ts';
import { builtinPolicy, builtinSource, fittingBuiltins } from '../builtinPolicies.ts';
import type { LoadedChallenge } from '../challenges.ts';
import { BadInput } from '../exit.ts';
import { makeFolder } from '../makeFolder.ts';
import { isTunables, readPolicy } from '../policyFiles.ts';
import { Progress } from '../terminal.ts';
import { unwritable } from '../unwritable.ts';
import { handedFor } from './collect.ts';
import { type SubmissionFiles, Unreadable } from './limits.ts';
import { Outlines } from './outlines.ts';
import type { Submission } from './submissions.ts';

export interface SimilaritySettings {
  /** Of 1000. */
  threshold: number;
  leastTokens: number;
}

/** Ten lines of code, as good as never the same by chance; what two shorter solutions share says nothing. */
export const DEFAULT_SIMILARITY: SimilaritySettings = { threshold: 600, leastTokens: 60 };

/** Pairs of a challenge that are shown side by side: a browser should open the page at once. */
const SHOWN = 40;

/** A class: those who handed in for this assignment, or others before them. */
export interface ComparedClass {
  kind: ComparedKind;
  /** Read anew for each challenge: one challenge of the class is in memory at a time. */
  submissions: readonly Submission[];
}

/**
 * @param file        of the assignment: starters lie beside it
 * @param challenges  as the plan names them
 */
export async function similarityReport(
  plan: AssignmentPlan,
  file: string,
  challenges: readonly LoadedChallenge[],
  classes: readonly ComparedClass[],
  settings: SimilaritySettings,
): Promise<SimilarityReport> {
  const outlines = new Outlines();
  const progress = new Progress(true);
  try {
    const found: ChallengeSimilarity[] = [];
    for (const [i, challenge] of challenges.entries()) {
      progress.show(`comparing: ${i} of ${plural(challenges.length, 'challenge')} done`);
      found.push(await ofChallenge(i, challenge, { plan, file, classes, settings, outlines }));
    }
    return { title: plan.title, ...settings, challenges: found };
  } finally {
    progress.clear();
    outlines.close();
  }
}

interface Context {
  plan: AssignmentPlan;
  file: string;
  classes: readonly ComparedClass[];
  settings: SimilaritySettings;
  outlines: Outlines;
}

async function ofChallenge(
  i: number,
  loaded: LoadedChallenge,
  { plan, file, classes, settings, outlines }: Context,
): Promise<ChallengeSimilarity> {
  const challenge = loaded.plan!;
  const policies: ComparedPolicy[] = [];
  const sources = new Map<string, PolicySource>();
  const tunables: string[] = [];
  const notCompared: { id: string; why: string }[] = [];
  const take = async (id: string, kind: ComparedKind, source: PolicySource): Promise<void> => {
    const result = await outlines.of(source);
    if ('problem' in result) notCompared.push({ id, why: result.problem });
    else {
      policies.push({ id, kind, outline: result.outline });
      sources.set(textKey(kind, id), source);
    }
  };
  for (const { kind, submissions } of classes) {
    for (const submission of submissions) {
      const { id } = submission;
      const files = await filesOf(submission);
      if (typeof files === 'string') {
        notCompared.push({ id, why: files });
        continue;
      }
      const { file: handed, source, result } = handedFor(files, plan, challenge, i);
      if (isTunables(handed.toLowerCase())) tunables.push(id);
      else if (source !== null) await take(id, kind, source);
      else if (result !== null && 'message' in result && result.kind !== 'missing')
        notCompared.push({ id, why: result.message });
    }
  }
  const reference = referenceOf(loaded);
  if (reference !== null) await take(`the solution of ${challenge.id}`, 'reference', reference);
  const starters = await startersOf(challenge, starterFiles(plan, file), outlines);
  const { pairs, tooShort } = similarPairs(policies, starters, { ...settings, shown: SHOWN });
  outlines.forget();
  const texts = pairs.slice(0, SHOWN).flatMap(({ left, right }) =>
    [left, right].map(({ kind, id }) => {
      const key = textKey(kind, id);
      return [key, sources.get(key)!.files] as const;
    }),
  );
  return {
    challenge: challenge.id,
    title: challenge.title,
    file: plan.challenges[i].file,
    nrCompared: policies.length,
    pairs,
    clusters: clustersOf(pairs),
    tooShort: tooShort.filter(({ kind }) => kind === 'submission').map(({ id }) => id),
    tunables,
    notCompared,
    texts: new Map(texts),
  };
}

/** Or why it cannot be read. */
async function filesOf(submission: Submission): Promise<SubmissionFiles | string> {
  try {
    return await submission.read();
  } catch (error) {
    if (error instanceof Unreadable) return error.message;
    throw error;
  }
}

/** The solution that comes with the challenge: whoever has oomph has it. */
function referenceOf({ file, plan }: LoadedChallenge): PolicySource | null {
  const path = join(dirname(file), plan!.reference);
  if (plan!.reference === '' || isTunables(path) || !existsSync(path)) return null;
  return sourceAt(path);
}

/** The assignment's own starter files, those in code. */
function starterFiles(plan: AssignmentPlan, file: string): PolicySource[] {
  return plan.starter
    .filter(path => /\.(ts|js)$/.test(path) && !path.endsWith('.d.ts'))
    .map(path => sourceAt(join(dirname(file), path)))
    .filter(source => source !== null);
}

function sourceAt(path: string): PolicySource | null {
  try {
    return readPolicy(path);
  } catch (error) {
    if (error instanceof BadInput) return null;
    throw error;
  }
}

/** What students may begin with: the assignment's starter, that of `oomph new policy`, and the policies that come with oomph. */
async function startersOf(
  challenge: ChallengePlan,
  own: readonly PolicySource[],
  outlines: Outlines,
): Promise<Outline[]> {
  const generated = (['ts', 'js'] as const).map(language => {
    const path = `starter.${language}`;
    return { entry: path, files: [{ path, text: starterPolicy(challenge, language) }] };
  });
  const builtin = fittingBuiltins(challenge).map(policy => builtinSource(policy, policy.hooks));
  const found: Outline[] = [];
  for (const source of [...own, ...generated, ...builtin, builtinPolicy('linux-2.6.0', challenge)]) {
    const result = await outlines.of(source);
    if ('outline' in result) found.push(result.outline);
  }
  return found;
}

/** @returns the files written. @throws BadInput */
export function writeSimilarity(out: string, report: SimilarityReport): string[] {
  const files: [string, string][] = [
    ['similarity.csv', similarityCsv(report)],
    ['similarity.html', similarityHtml(report)],
  ];
  try {
    makeFolder(out);
    return files.map(([name, text]) => {
      const path = join(out, name);
      writeFileSync(path, text);
      return path;
    });
  } catch (error) {
    throw unwritable(out, error, 'name another place with --out');
  }
}
