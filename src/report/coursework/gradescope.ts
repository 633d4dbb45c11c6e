/**
 * results.json for Gradescope: https://gradescope-autograders.readthedocs.io/en/latest/specs/. One test a part of a challenge,
 * hidden seeds with the visibility that the assignment gives them.
 */
import type { AssignmentPlan, Hundredths, Visibility } from '../../contract/assignment.ts';
import type { GradedSubmission } from '../../contract/grading.ts';
import { plural } from '../quantity.ts';
import { challengeFeedback, type FeedbackTask } from './feedbackMarkdown.ts';
import { type Part, partsOf } from './parts.ts';
import { percent } from './points.ts';

export interface GradescopeTest {
  name: string;
  number: string;
  score: number;
  max_score: number;
  status?: 'passed' | 'failed';
  output?: string;
  output_format?: 'md' | 'text';
  visibility: Visibility;
}

export interface GradescopeResults {
  score: number;
  output: string;
  output_format: 'text';
  stdout_visibility: 'hidden';
  tests: GradescopeTest[];
  leaderboard?: { name: string; value: number; order: 'asc' | 'desc' }[];
}

const number = (hundredths: Hundredths): number => hundredths / 100;

const NAMES: Record<Part['kind'], string> = {
  public: 'public seeds',
  hidden: 'hidden seeds',
  bonus: 'bonus for the score',
};

export function gradescopeResults(
  plan: AssignmentPlan,
  tasks: readonly (FeedbackTask & { publicSeeds: number })[],
  submission: GradedSubmission,
): GradescopeResults {
  const { marks, problem } = submission;
  const tests: GradescopeTest[] = [];
  submission.challenges.forEach((graded, i) => {
    const assigned = plan.challenges[i];
    const { plan: challenge, hidden, publicSeeds } = tasks[i];
    partsOf(assigned, graded, marks.challenges[i], publicSeeds, hidden).forEach((part, j) => {
      // That there is a bonus tells that every hidden seed was won.
      const secret = part.kind !== 'public' && hidden.size > 0;
      const counts = marks.challenges[i].counts;
      const test: GradescopeTest = {
        name: `${challenge.title}: ${NAMES[part.kind]}${counts ? '' : ' (not among the best)'}`,
        number: `${i + 1}.${j + 1}`,
        score: counts ? number(part.points) : 0,
        max_score: counts ? number(part.outOf) : 0,
        visibility: secret ? assigned.visibility : 'visible',
      };
      if (part.kind !== 'bonus')
        test.status = part.won === part.seeds && part.seeds > 0 ? 'passed' : 'failed';
      if (part.kind === 'public') {
        test.output = challengeFeedback(assigned, tasks[i], graded, marks.challenges[i]);
        test.output_format = 'md';
      } else if (part.kind === 'hidden') {
        test.output = `${part.won} of ${plural(part.seeds, 'hidden seed')} won`;
        test.output_format = 'text';
      }
      tests.push(test);
    });
  });
  if (marks.total !== marks.earned) {
    tests.push({
      name: `${plural(marks.daysLate, 'day')} late: ${percent(10_000 - marks.keeps)} less`,
      number: String(plan.challenges.length + 1),
      score: number(marks.total - marks.earned),
      max_score: 0,
      visibility: 'visible',
    });
  }
  const results: GradescopeResults = {
    score: number(marks.total),
    output: problem === '' ? '' : `The submission could not be read: ${problem}.`,
    output_format: 'text',
    stdout_visibility: 'hidden',
    tests,
  };
  const board = leaderboard(plan, submission, tasks);
  if (board.length > 0) results.leaderboard = board;
  return results;
}

/** The worst public seed of each metric, summed over the challenges that score it; only of those who won. */
function leaderboard(
  plan: AssignmentPlan,
  { challenges }: GradedSubmission,
  tasks: readonly FeedbackTask[],
): { name: string; value: number; order: 'asc' | 'desc' }[] {
  return plan.leaderboard.flatMap(name => {
    let sum = 0;
    let better: 'lower' | 'higher' = 'lower';
    let seen = false;
    for (const [i, { result }] of challenges.entries()) {
      if (!tasks[i].plan.score.some(axis => axis.metric === name)) continue;
      if (result.kind !== 'played') return [];
      const open = result.seeds.filter(({ seed }) => !tasks[i].hidden.has(seed));
      if (open.some(({ outcome }) => outcome === 'lost')) return [];
      const axes = open.map(({ score }) => score.find(({ metric }) => metric === name)!);
      better = axes[0].better;
      const values = axes.map(({ value }) => value);
      sum += better === 'lower' ? Math.max(...values) : Math.min(...values);
      seen = true;
    }
    return seen
      ? [{ name, value: sum, order: better === 'lower' ? ('asc' as const) : ('desc' as const) }]
      : [];
  });
}
