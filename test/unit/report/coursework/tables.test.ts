import { parse as parseCsv } from 'csv-parse/sync';
import type { ChallengeResult } from '../../../../src/contract/grading.ts';
import {
  canvasGradebook,
  type GradedAccount,
  moodleWorksheet,
} from '../../../../src/report/coursework/gradebooks.ts';
import { gradesCsv } from '../../../../src/report/coursework/gradesCsv.ts';
import { summaryText } from '../../../../src/report/coursework/summary.ts';
import { BROKEN, graded, MIXED, plan, WON } from './marked.ts';

const NAMES = [
  'Ada, "the first"',
  'two\nlines',
  'tab\there',
  '  spaces  ',
  'Łukasz 東京 🎓',
  '',
  '00017',
  "O'Neil; DROP TABLE",
];
const FORMULAS = ['=cmd|1', '+1+1', '-2', '@SUM(A1)', '\t=1', '\r=1', '＝1'];

test('CSV: what is written is what is read, and nothing is a formula', () => {
  const submissions = [...NAMES, ...FORMULAS].map(id => ({ ...graded(MIXED), id }));
  const text = gradesCsv(plan(), [graded(WON), ...submissions]);
  expect(text.startsWith('\ufeffsubmission,total,out of,earned,days late,card points,card bonus,')).toBe(
    true,
  );
  expect(text.endsWith('\r\n')).toBe(true);
  const [first, ...rows]: Record<string, string>[] = parseCsv(text, { bom: true, columns: true });
  expect(first).toEqual({
    submission: 'Ada <b> & *Bo*',
    total: '12.5',
    'out of': '10',
    earned: '12.5',
    'days late': '0',
    'card points': '10',
    'card bonus': '2.5',
    'card verdict': 'won',
    problem: '',
  });
  expect(rows.map(row => row['submission'])).toEqual([...NAMES, ...FORMULAS.map(id => `'${id}`)]);
  for (const row of rows)
    for (const cell of Object.values(row)) expect(cell).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
  // A problem is a text of somebody's too: the name of a file in a zip.
  const zip = gradesCsv(plan(), [{ ...graded(BROKEN), problem: '=HYPERLINK("x")' }]);
  expect(zip).toContain('"\'=HYPERLINK(""x"")"');
});

const ACCOUNTS: GradedAccount[] = NAMES.concat(FORMULAS).map((name, i) => ({
  account: { platform: 'canvas', name, number: 100 + i },
  submission: graded(MIXED),
}));

test('Moodle: the three columns that it looks for, and its numbers of participants', () => {
  const rows: Record<string, string>[] = parseCsv(moodleWorksheet(ACCOUNTS), { columns: true });
  expect(Object.keys(rows[0])).toEqual(
    expect.arrayContaining(['Identifier', 'Grade', 'Last modified (grade)']),
  );
  // It takes what stands behind "Participant ".
  expect(rows.map(row => row['Identifier'].slice('Participant '.length))).toEqual(
    ACCOUNTS.map(({ account }) => String(account.number)),
  );
  for (const row of rows) expect([row['Grade'], row['Maximum Grade']]).toEqual(['7.5', '10']);
});

test('Canvas: students by ID, the section last before the assignment, the points that can be had', () => {
  const rows: string[][] = parseCsv(canvasGradebook(plan(), ACCOUNTS));
  const [head, possible, ...students] = rows;
  expect(head[0]).toContain('Student');
  expect(head[1]).toContain('ID');
  expect(head.slice(2)).toEqual(['SIS User ID', 'SIS Login ID', 'Section', 'Home <work> *one*']);
  expect(possible[0]).toContain('Points Possible');
  expect(possible[5]).toBe('10');
  expect(students.map(row => row[1])).toEqual(ACCOUNTS.map(({ account }) => String(account.number)));
  expect(students.every(row => row.length === head.length && row[5] === '7.5')).toBe(true);
  // Of these Canvas would make something else: the number of another assignment, a column of its own.
  const titled = (title: string): string => {
    const [[, , , , , column]]: string[][] = parseCsv(canvasGradebook({ ...plan(), title }, ACCOUNTS));
    return column;
  };
  expect(titled('Homework (17)')).toBe('Homework 17');
  expect(titled('Final Score of week 1')).not.toMatch(/Final Score/);
});

test('summary: how the class did, and who needs a look', () => {
  const unreadable: ChallengeResult = { kind: 'unreadable', message: 'the zip is torn', diagnostics: [] };
  const text = summaryText(plan(), [graded(WON), graded(MIXED), graded(unreadable)]);
  expect(text).toContain('3 submissions, out of 10\n  lowest 0, median 7.5, highest 12.5');
  expect(text).toContain('  card.ts: 1 unreadable, 1 won, 1 won some seeds');
  expect(text).toContain('To be looked at:\n  Ada <b> & *Bo*: the zip is torn');
});
