/**
 * results.json for Gradescope: https://gradescope-autograders.readthedocs.io/en/latest/specs/. One test a part of a challenge,
 * hidden seeds with the visibility that the assignment gives them.
 */
import type { AssignmentPlan, Hundredths, Visibility } from '../../contract/assignment.ts';
import type { GradedSubmission } from '../../contract/grading.ts';
import { plural } from '../quantity.ts';
import { type FeedbackTask, publicFeedback } from './feedbackMarkdown.ts';
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
  /** Kept with the submission, shown to nobody: what the tests together cannot say where the best of them count. */
  extra_data: { out_of: number };
  tests: GradescopeTest[];
  leaderboard?: { name: string; value: number; order: 'asc' | 'desc' }[];
}

const number = (hundredths: Hundredths): number => hundredths / 100;

const NAMES: Record<Part['kind'], string> = {
  public: 'public seeds',
  hidden: 'hidden seeds',
  bonus: 'bonus for the score',
};

/** From what everybody sees to what nobody does. */
const CLOSED: readonly Visibility[] = ['visible', 'after_due_date', 'after_published', 'hidden'];

/**
 * What a student may see before hidden tests are shown follows from public seeds alone: so whatever takes part in the total and
 * follows from hidden ones as well (the bonus, which challenges are the best, what lateness costs) is a test of its own with
 * their visibility. Gradescope shows no total while a test is hidden from its student.
 */
export function gradescopeResults(
  plan: AssignmentPlan,
  tasks: readonly (FeedbackTask & { publicSeeds: number })[],
  submission: GradedSubmission,
): GradescopeResults {
  const { marks, problem } = submission;
  const tests: GradescopeTest[] = [];
  const visibilities = plan.challenges.map(({ visibility }, i) =>
    tasks[i].hidden.size > 0 ? visibility : 'visible',
  );
  const closed = CLOSED[Math.max(...visibilities.map(visibility => CLOSED.indexOf(visibility)))];
  submission.challenges.forEach((graded, i) => {
    const assigned = plan.challenges[i];
    const { plan: challenge, hidden, publicSeeds } = tasks[i];
    partsOf(assigned, graded, marks.challenges[i], publicSeeds, hidden).forEach((part, j) => {
      const test: GradescopeTest = {
        name: `${challenge.title}: ${NAMES[part.kind]}`,
        number: `${i + 1}.${j + 1}`,
        score: number(part.points),
        max_score: number(part.outOf),
        visibility: part.kind === 'public' ? 'visible' : visibilities[i],
      };
      if (part.kind !== 'bonus')
        test.status = part.won === part.seeds && part.seeds > 0 ? 'passed' : 'failed';
      if (part.kind === 'public') {
        test.output = publicFeedback(tasks[i], graded);
        test.output_format = 'md';
      } else if (part.kind === 'hidden') {
        test.output = `${part.won} of ${plural(part.seeds, 'hidden seed')} won`;
        test.output_format = 'text';
      }
      tests.push(test);
    });
  });
  const last = (name: string, points: Hundredths): void => {
    tests.push({
      name,
      number: String(plan.challenges.length + 1 + tests.filter(test => !test.number.includes('.')).length),
      score: number(points),
      max_score: 0,
      visibility: closed,
    });
  };
  const all = marks.challenges.reduce((sum, { points, bonus }) => sum + points + bonus, 0);
  if (plan.best < plan.challenges.length) {
    const left = plan.challenges.filter((_, i) => !marks.challenges[i].counts).map(({ file }) => file);
    last(`The best ${plan.best} count: without ${left.join(', ')}`, marks.earned - all);
  }
  const late = `${plural(marks.daysLate, 'day')} late: ${percent(10_000 - marks.keeps)} less`;
  if (marks.daysLate > 0) last(late, marks.total - marks.earned);
  const results: GradescopeResults = {
    score: number(marks.total),
    output: [
      problem === '' ? '' : `The submission could not be read: ${problem}.`,
      marks.daysLate === 0 ? '' : `${late}.`,
    ]
      .filter(line => line !== '')
      .join('\n'),
    output_format: 'text',
    stdout_visibility: 'hidden',
    extra_data: { out_of: number(marks.outOf) },
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
