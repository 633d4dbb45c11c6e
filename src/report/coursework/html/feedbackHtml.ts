/** What one student is told, as a page of its own with plots. Nothing in it tells a hidden seed. */
import type { AssignedChallenge, AssignmentPlan } from '../../../contract/assignment.ts';
import type {
  ChallengeMarks,
  GradedChallenge,
  GradedSubmission,
  RunPicture,
  SeedMark,
} from '../../../contract/grading.ts';
import { formatDiagnostics } from '../../diagnostics.ts';
import { escapeHtml as esc, htmlPage, htmlTable, nameHtml } from '../../html/page.ts';
import { mapPatterns, pageMaps } from '../../html/pageMap.ts';
import { fragmentationPlot, freePagesPlot } from '../../html/plots.ts';
import { duration, grouped, quantity } from '../../quantity.ts';
import { days, type FeedbackTask, NO_MARKS, reasonOf } from '../feedbackMarkdown.ts';
import { percent, points } from '../points.ts';

export function feedbackHtml(
  assignment: AssignmentPlan,
  tasks: readonly FeedbackTask[],
  submission: GradedSubmission,
): string {
  const { id, problem, marks, challenges } = submission;
  const parts = [
    `<h1>${esc(assignment.title)}</h1>`,
    `<p>Feedback for ${nameHtml(id)}</p>`,
    `<p class="total">${points(marks.total)} of ${points(marks.outOf)} points</p>`,
  ];
  if (problem !== '') parts.push(`<p class="bad">The submission could not be read: ${esc(problem)}.</p>`);
  if (marks.daysLate > 0) {
    const lost = 10_000 - marks.keeps;
    parts.push(`<p>${days(marks.daysLate)} late: ${percent(lost)} less.</p>`);
  }
  if (assignment.best < assignment.challenges.length) {
    parts.push(`<p>The best ${assignment.best} of ${assignment.challenges.length} challenges count.</p>`);
  }
  if (challenges.some(({ result }) => result.kind === 'played' && result.picture !== undefined)) {
    parts.push(mapPatterns());
  }
  challenges.forEach((graded, i) => {
    parts.push(challengeHtml(assignment.challenges[i], tasks[i], graded, marks.challenges[i], `c${i + 1}`));
  });
  return htmlPage(`${assignment.title}: ${id}`, parts.join('\n'));
}

const pre = (text: string): string => `<pre>${esc(text.trimEnd())}</pre>`;

/** @param id begins the ids of its elements */
function challengeHtml(
  assigned: AssignedChallenge,
  task: FeedbackTask,
  { result, note, file }: GradedChallenge,
  marks: ChallengeMarks,
  id: string,
): string {
  const bonus = marks.bonus > 0 ? `, and ${points(marks.bonus)} for the score` : '';
  const counts = marks.counts ? '' : ' (not among the best: does not count)';
  const parts = [
    `<section aria-labelledby="${id}">`,
    `<h2 id="${id}">${esc(task.plan.title)}</h2>`,
    `<p><strong>${points(marks.points)} of ${points(assigned.points)} points</strong>${bonus}${counts}</p>`,
  ];
  if (note !== '') parts.push(`<p>${nameHtml(file)} was ${esc(note)}.</p>`);
  if (result.kind === 'played') {
    const open = result.seeds.filter(({ seed }) => !task.hidden.has(seed));
    const hidden = result.seeds.filter(({ seed }) => task.hidden.has(seed));
    if (open.length > 0) parts.push(seedTable(open));
    const told = open.find(seed => seed.outcome === 'lost') ?? open[0];
    if (told !== undefined) {
      parts.push(seedHtml(told));
      const { picture } = result;
      if (picture !== undefined && picture.seed === told.seed) parts.push(pictureHtml(picture, id));
      const command = `oomph run ${task.name} --policy ${file} --seed ${told.seed}`;
      parts.push('<h3>To see it again</h3>', pre(command));
    }
    if (hidden.length > 0 && assigned.visibility === 'visible') {
      const won = hidden.filter(seed => seed.outcome === 'won').length;
      parts.push(`<p>On hidden seeds: ${won} of ${hidden.length} won.</p>`);
    }
  } else {
    parts.push(`<p class="bad">${NO_MARKS[result.kind]}: ${esc(reasonOf(result))}</p>`);
    if (result.diagnostics.length > 0) {
      parts.push(pre(formatDiagnostics(result.diagnostics, { colour: false, width: 80 })));
    }
  }
  return [...parts, '</section>'].join('\n');
}

const word = (good: boolean, text: string): string =>
  `<span class="${good ? 'good' : 'bad'}">${good ? '✓' : '✗'} ${text}</span>`;

function seedTable(seeds: readonly SeedMark[]): string {
  const axes = seeds[0].score;
  return htmlTable(
    'Public seeds',
    ['seed', 'verdict', 'stars', ...axes.map(({ metric }) => esc(metric))],
    seeds.map(({ seed, outcome, stars, score }) => [
      String(seed),
      word(outcome === 'won', outcome),
      String(stars),
      ...score.map(({ value, unit }) => quantity(value, unit)),
    ]),
    [0, 2, ...axes.map((_, i) => i + 3)],
  );
}

function seedHtml(mark: SeedMark): string {
  const goals = mark.goals.map(({ text, held, value, unit, lostAtEvent, lostAtUs }) => {
    const lost =
      held || lostAtEvent < 0 ? '' : `, lost at event ${grouped(lostAtEvent)}, ${duration(lostAtUs)}`;
    return `<li>${word(held, held ? 'held' : 'lost')}: ${esc(text)}: ${quantity(value, unit)}${lost}</li>`;
  });
  const parts = [`<h3>On seed ${mark.seed}</h3>`, `<ul>\n${goals.join('\n')}\n</ul>`];
  if (mark.firstFailure !== '')
    parts.push('<p>The first allocation that failed:</p>', pre(mark.firstFailure));
  if (mark.nrFaults > 0) {
    const often = mark.nrFaults === 1 ? 'once' : `${grouped(mark.nrFaults)} times`;
    parts.push(`<p>The policy broke a rule ${often}:</p>`, pre(mark.firstFault));
  }
  return parts.join('\n');
}

function pictureHtml(picture: RunPicture, id: string): string {
  const { zones, cause, seed } = picture;
  const parts: string[] = [];
  if (cause !== '') parts.push('<h3>Why it went wrong</h3>', pre(cause));
  parts.push(
    `<h3>Free pages on seed ${seed}</h3>`,
    ...zones.map((zone, i) => freePagesPlot(picture, zone, `${id}-free-${i}`)),
    `<h3>Fragmentation on seed ${seed}</h3>`,
    ...zones.map((zone, i) => fragmentationPlot(picture, zone, `${id}-frag-${i}`)),
    `<h3>Where the pages are on seed ${seed}</h3>`,
    pageMaps(picture, `${id}-map`),
  );
  return parts.join('\n');
}
