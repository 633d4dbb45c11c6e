/** What one student is told, as Markdown. Nothing in it tells a hidden seed. */
import type { AssignedChallenge, AssignmentPlan } from '../../contract/assignment.ts';
import type {
  ChallengeMarks,
  ChallengeResult,
  GradedChallenge,
  GradedSubmission,
  SeedMark,
} from '../../contract/grading.ts';
import type { ChallengePlan } from '../../contract/plan.ts';
import { formatDiagnostics } from '../diagnostics.ts';
import { fenced, plainMarkdown } from '../markdownText.ts';
import { quantity } from '../quantity.ts';
import { percent, points } from './points.ts';

/** A challenge as feedback speaks of it. */
export interface FeedbackTask {
  plan: ChallengePlan;
  /** As commands call it. */
  name: string;
  hidden: ReadonlySet<number>;
}

export function feedbackMarkdown(
  assignment: AssignmentPlan,
  tasks: readonly FeedbackTask[],
  submission: GradedSubmission,
): string {
  const { marks } = submission;
  const lines = [
    `# ${plainMarkdown(assignment.title)}`,
    '',
    `**${points(marks.total)} of ${points(marks.outOf)} points** for ${plainMarkdown(submission.id)}`,
    '',
  ];
  if (submission.problem !== '')
    lines.push(`The submission could not be read: ${plainMarkdown(submission.problem)}.`, '');
  if (marks.daysLate > 0) {
    const lost = 10_000 - marks.keeps;
    lines.push(`${days(marks.daysLate)} late: ${percent(lost)} less.`, '');
  }
  if (assignment.best < assignment.challenges.length) {
    lines.push(`The best ${assignment.best} of ${assignment.challenges.length} challenges count.`, '');
  }
  submission.challenges.forEach((graded, i) => {
    lines.push(...challengeLines(assignment.challenges[i], tasks[i], graded, marks.challenges[i]), '');
  });
  return `${lines.join('\n').trimEnd()}\n`;
}

/** What is told of one challenge before anything that follows from hidden seeds is: neither points nor title. */
export function publicFeedback(task: FeedbackTask, graded: GradedChallenge): string {
  return `${resultLines(task, graded).join('\n').trim()}\n`;
}

export const days = (n: number): string => (n === 1 ? 'One day' : `${n} days`);

function challengeLines(
  assigned: AssignedChallenge,
  task: FeedbackTask,
  graded: GradedChallenge,
  marks: ChallengeMarks,
): string[] {
  const bonus = marks.bonus > 0 ? `, and ${points(marks.bonus)} for the score` : '';
  const counts = marks.counts ? '' : ' (not among the best: does not count)';
  const lines = [
    `## ${plainMarkdown(task.plan.title)}`,
    '',
    `${points(marks.points)} of ${points(assigned.points)} points${bonus}${counts}`,
    ...resultLines(task, graded),
  ];
  const { result } = graded;
  const hidden = result.kind === 'played' ? result.seeds.filter(({ seed }) => task.hidden.has(seed)) : [];
  if (hidden.length > 0 && assigned.visibility === 'visible') {
    const won = hidden.filter(seed => seed.outcome === 'won').length;
    lines.push('', `On hidden seeds: ${won} of ${hidden.length} won.`);
  }
  return lines;
}

/** What came of it on public seeds, or why nothing did. Begins with an empty line. */
function resultLines(task: FeedbackTask, { result, note, file }: GradedChallenge): string[] {
  const lines: string[] = [];
  if (note !== '') lines.push('', `${plainMarkdown(file)} was ${plainMarkdown(note)}.`);
  if (result.kind !== 'played') {
    lines.push('', `${NO_MARKS[result.kind]}: ${plainMarkdown(reasonOf(result))}`);
    if (result.diagnostics.length > 0) {
      lines.push('', ...fenced(formatDiagnostics(result.diagnostics, { colour: false, width: 80 })));
    }
    return lines;
  }
  const open = result.seeds.filter(({ seed }) => !task.hidden.has(seed));
  if (open.length > 0) lines.push('', ...seedTable(open));
  const told = open.find(seed => seed.outcome === 'lost') ?? open[0];
  if (told !== undefined) lines.push('', ...seedLines(told, task.name, file));
  return lines;
}

/**
 * Why there are no marks, as a student may read it. What the machine failed at is for the teacher (summary.html has it): a
 * process that was taken over has its say in it, and may have seen hidden seeds.
 */
export function reasonOf({ kind, message }: Extract<ChallengeResult, { message: string }>): string {
  return kind === 'infrastructure' ? 'ask your teacher to run it again' : message;
}

export const NO_MARKS = {
  missing: 'Nothing to mark',
  ambiguous: 'Nothing to mark',
  unreadable: 'It cannot be read',
  refused: 'It does not compile',
  infrastructure: 'It could not be run, which says nothing about it',
} as const;

function seedTable(seeds: readonly SeedMark[]): string[] {
  const axes = seeds[0].score;
  const head = ['seed', 'verdict', 'stars', ...axes.map(({ metric }) => metric)];
  return [
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...seeds.map(({ seed, outcome, stars, score }) => {
      const cells = [seed, outcome, stars, ...score.map(({ value, unit }) => quantity(value, unit))];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

function seedLines(mark: SeedMark, name: string, file: string): string[] {
  const lines = [`On seed ${mark.seed}:`, ''];
  for (const goal of mark.goals) {
    const lost = goal.held || goal.lostAtEvent < 0 ? '' : `, lost at event ${goal.lostAtEvent}`;
    lines.push(
      `- ${goal.held ? 'held' : '**lost**'}: ${plainMarkdown(goal.text)}: ${quantity(goal.value, goal.unit)}${lost}`,
    );
  }
  if (mark.firstFailure !== '')
    lines.push('', 'The first allocation that failed:', '', ...fenced(mark.firstFailure));
  if (mark.nrFaults > 0) {
    lines.push(
      '',
      `The policy broke a rule ${mark.nrFaults === 1 ? 'once' : `${mark.nrFaults} times`}:`,
      '',
      ...fenced(mark.firstFault),
    );
  }
  lines.push('', 'To see it again:', '', ...fenced(`oomph run ${name} --policy ${file} --seed ${mark.seed}`));
  return lines;
}
