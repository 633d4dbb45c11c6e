/** What the teacher sees at the end: how the class did, and who needs a look. */
import type { AssignmentPlan } from '../../contract/assignment.ts';
import type { GradedSubmission } from '../../contract/grading.ts';
import { plural } from '../quantity.ts';
import { verdictWord } from './gradesCsv.ts';
import { points } from './points.ts';

const BAR = 40;
const NAMED = 20;

/** Of an ascending list; the lower of two in the middle. */
export const median = (sorted: readonly number[]): number => sorted[(sorted.length - 1) >> 1] ?? 0;

export function summaryText(plan: AssignmentPlan, submissions: readonly GradedSubmission[]): string {
  const outOf = submissions[0]?.marks.outOf ?? 0;
  const totals = submissions.map(({ marks }) => marks.total).sort((a, b) => a - b);
  const lines = [
    `${plan.title}: ${plural(submissions.length, 'submission')}, out of ${points(outOf)}`,
    `  lowest ${points(totals[0] ?? 0)}, median ${points(median(totals))}, highest ${points(totals[totals.length - 1] ?? 0)}`,
    '',
    ...histogram(totals, outOf),
    '',
  ];
  plan.challenges.forEach(({ file }, i) => {
    const told = verdictCounts(submissions, i).map(([word, count]) => `${count} ${word}`);
    lines.push(`  ${file}: ${told.join(', ')}`);
  });
  const odd = submissions.filter(submission => needsALook(submission) !== null);
  if (odd.length > 0) {
    lines.push('', 'To be looked at:');
    for (const submission of odd.slice(0, NAMED)) lines.push(`  ${submission.id}: ${needsALook(submission)}`);
    if (odd.length > NAMED) lines.push(`  and ${odd.length - NAMED} more`);
  }
  return `${lines.join('\n')}\n`;
}

/** What a person should decide about. */
const LOOK: ReadonlySet<string> = new Set(['ambiguous', 'unreadable', 'infrastructure']);

/** Why a person should look at it; null where nobody has to. */
export function needsALook({ problem, challenges }: GradedSubmission): string | null {
  if (problem !== '') return problem;
  for (const { result } of challenges)
    if ('message' in result && LOOK.has(result.kind)) return result.message;
  return null;
}

/** How often each verdict came, by the verdict. @param challenge index in the assignment */
export function verdictCounts(
  submissions: readonly GradedSubmission[],
  challenge: number,
): [word: string, count: number][] {
  const words = new Map<string, number>();
  for (const { challenges } of submissions) {
    const word = verdictWord(challenges[challenge]).replace(/^won \d+ of \d+$/, 'won some seeds');
    words.set(word, (words.get(word) ?? 0) + 1);
  }
  return [...words].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Ten classes of totals; a bonus can lead beyond the last. */
export function totalClasses(totals: readonly number[], outOf: number): number[] {
  const classes = new Array<number>(10).fill(0);
  for (const total of totals) classes[outOf === 0 ? 0 : Math.min(9, Math.floor((total * 10) / outOf))]++;
  return classes;
}

function histogram(totals: readonly number[], outOf: number): string[] {
  const classes = totalClasses(totals, outOf);
  const most = Math.max(1, ...classes);
  return classes.map((count, i) => {
    const bar = '#'.repeat(Math.ceil((count * BAR) / most));
    const to = i === 9 ? '     ' : `-${String(10 * (i + 1)).padStart(3)}%`;
    return `  ${String(10 * i).padStart(3)}%${to} ${String(count).padStart(4)} ${bar}`.trimEnd();
  });
}
