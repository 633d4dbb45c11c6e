/** What check50 prints with `-o json`: https://cs50.github.io/check50/json_specification.html. Public seeds only. */
import type { AssignmentPlan } from '../../contract/assignment.ts';
import type { GradedSubmission } from '../../contract/grading.ts';
import { type FeedbackTask, reasonOf } from './feedbackMarkdown.ts';

export interface Check50Result {
  name: string;
  description: string;
  /** null: it could not be checked, because what it depends on failed. */
  passed: boolean | null;
  log: string[];
  cause: { rationale: string; help: string | null } | null;
  data: Record<string, never>;
  dependency: string | null;
}

export interface Check50Json {
  slug: string;
  results: Check50Result[];
  version: string;
}

/** The version of check50 whose format this is. */
const FORMAT = '3.0.0';

export function check50Json(
  plan: AssignmentPlan,
  tasks: readonly FeedbackTask[],
  { challenges }: GradedSubmission,
): Check50Json {
  const results: Check50Result[] = [];
  const stems = checkNames(plan.challenges.map(({ file }) => file));
  challenges.forEach(({ result, file }, i) => {
    const { file: wanted } = plan.challenges[i];
    const { plan: challenge, hidden, name } = tasks[i];
    const stem = stems[i];
    const loads = `${stem}_loads`;
    const loaded = result.kind === 'played';
    results.push({
      name: loads,
      description: `${wanted} is there and compiles.`,
      passed: loaded,
      log: [],
      cause: loaded ? null : { rationale: reasonOf(result), help: null },
      data: {},
      dependency: null,
    });
    const seeds = loaded ? result.seeds.filter(({ seed }) => !hidden.has(seed)) : [];
    if (!loaded) {
      results.push({
        name: `${stem}_wins`,
        description: `${challenge.title} is won.`,
        passed: null,
        log: [],
        cause: { rationale: `can't check until ${wanted} compiles`, help: null },
        data: {},
        dependency: loads,
      });
    }
    for (const mark of seeds) {
      const lost = mark.goals.filter(goal => !goal.held).map(goal => goal.text);
      const won = mark.outcome === 'won';
      results.push({
        name: `${stem}_seed_${mark.seed}`,
        description: `${challenge.title} is won on seed ${mark.seed}.`,
        passed: won,
        log: [mark.firstFault, mark.firstFailure].filter(line => line !== ''),
        cause: won
          ? null
          : {
              rationale: lost.length > 0 ? `not met: ${lost.join('; ')}` : 'the policy broke a rule',
              help: `see it again with: oomph run ${name} --policy ${file} --seed ${mark.seed}`,
            },
        data: {},
        dependency: loads,
      });
    }
  });
  return { slug: plan.id, results, version: FORMAT };
}

/** Of each file what the names of its checks begin with: a Python function could be called so, and no two are the same. */
function checkNames(files: readonly string[]): string[] {
  const taken = new Set<string>();
  return files.map(file => {
    const plain = file
      .replace(/\.[^.]+$/, '')
      .replace(/\W/g, '_')
      .replace(/^(?=\d)/, '_');
    let name = plain;
    for (let n = 2; taken.has(name); n++) name = `${plain}_${n}`;
    taken.add(name);
    return name;
  });
}
