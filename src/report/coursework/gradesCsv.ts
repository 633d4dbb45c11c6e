/** The table that a school's system imports: a line for each submission. */
import { stringify } from 'csv-stringify/sync';
import type { AssignmentPlan } from '../../contract/assignment.ts';
import type { GradedChallenge, GradedSubmission } from '../../contract/grading.ts';
import { points } from './points.ts';

/** One word on what came of a challenge. */
export function verdictWord({ result }: GradedChallenge): string {
  if (result.kind !== 'played') return result.kind;
  const won = result.seeds.filter(seed => seed.outcome === 'won').length;
  return won === result.seeds.length ? 'won' : won === 0 ? 'lost' : `won ${won} of ${result.seeds.length}`;
}

/** RFC 4180 with a byte order mark, so that spreadsheets read UTF-8; what they would take for a formula is quoted. */
export function gradesCsv(plan: AssignmentPlan, submissions: readonly GradedSubmission[]): string {
  const columns = [
    'submission',
    'total',
    'out of',
    'earned',
    'days late',
    ...plan.challenges.flatMap(({ file }) => {
      const name = file.replace(/\.[^.]+$/, '');
      return [`${name} points`, `${name} bonus`, `${name} verdict`];
    }),
    'problem',
  ];
  const rows = submissions.map(({ id, marks, challenges, problem }) => [
    id,
    points(marks.total),
    points(marks.outOf),
    points(marks.earned),
    String(marks.daysLate),
    ...challenges.flatMap((graded, i) => [
      points(marks.challenges[i].points),
      points(marks.challenges[i].bonus),
      verdictWord(graded),
    ]),
    problem,
  ]);
  return stringify([columns, ...rows], { bom: true, record_delimiter: 'windows', escape_formulas: true });
}
