/** Marks as the gradebooks of learning platforms import them, for those whose files came from one. */
import { stringify } from 'csv-stringify/sync';
import type { AssignmentPlan } from '../../contract/assignment.ts';
import type { Account, GradedSubmission } from '../../contract/grading.ts';
import { points } from './points.ts';

export interface GradedAccount {
  account: Account;
  submission: GradedSubmission;
}

const csv = (rows: string[][]): string =>
  stringify(rows, { record_delimiter: 'windows', escape_formulas: true });

/**
 * The grading worksheet of a Moodle assignment, as "Upload grading worksheet" reads it: it looks for the columns Identifier,
 * Grade and Last modified (grade) by their names, and for `Participant` and a number in the first.
 *
 * Source: Moodle, mod/assign/feedback/offline/importgradeslib.php
 */
export function moodleWorksheet(graded: readonly GradedAccount[]): string {
  const head = ['Identifier', 'Full name', 'Grade', 'Maximum Grade', 'Last modified (grade)'];
  const rows = graded.map(({ account, submission: { marks } }) => [
    `Participant ${account.number}`,
    account.name,
    points(marks.total),
    points(marks.outOf),
    '',
  ]);
  return csv([head, ...rows]);
}

/**
 * A gradebook that Canvas imports: students by the ID of their account, then one column for the assignment. Canvas finds an
 * assignment of that title, or asks whether to make one.
 *
 * Source: Canvas, lib/gradebook_importer.rb
 */
export function canvasGradebook({ title }: AssignmentPlan, graded: readonly GradedAccount[]): string {
  const head = ['Student', 'ID', 'SIS User ID', 'SIS Login ID', 'Section', canvasTitle(title)];
  const outOf = graded[0]?.submission.marks.outOf ?? 0;
  const possible = ['    Points Possible', '', '', '', '', points(outOf)];
  const rows = graded.map(({ account, submission: { marks } }) => [
    account.name,
    String(account.number),
    '',
    '',
    '',
    points(marks.total),
  ]);
  return csv([head, possible, ...rows]);
}

/** A number in parentheses at the end would be the number of an assignment, and some names are of Canvas' own columns. */
function canvasTitle(title: string): string {
  const plain = title.replace(/\s*\((\d+)\)\s*$/, ' $1');
  return /(Current|Final|Override) (Score|Points|Grade|Status)/.test(plain)
    ? `oomph: ${plain.replace(/ (?=Score|Points|Grade|Status)/g, '-')}`
    : plain;
}
