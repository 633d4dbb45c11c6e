/** How the class did, for the teacher: a page that leads to everybody's feedback. */
import type { AssignmentPlan } from '../../../contract/assignment.ts';
import type { GradedSubmission } from '../../../contract/grading.ts';
import { escapeHtml as esc, htmlPage, htmlTable, nameHtml } from '../../html/page.ts';
import { figure, figureSvg } from '../../html/plots.ts';
import { plural } from '../../quantity.ts';
import { verdictWord } from '../gradesCsv.ts';
import { points } from '../points.ts';
import { median, needsALook, totalClasses, verdictCounts } from '../summary.ts';

/** @param links where the feedback of each submission is, as a path from the page */
export function summaryHtml(
  plan: AssignmentPlan,
  submissions: readonly GradedSubmission[],
  links: readonly string[],
): string {
  const outOf = submissions[0]?.marks.outOf ?? 0;
  const totals = submissions.map(({ marks }) => marks.total).sort((a, b) => a - b);
  const parts = [
    `<h1>${esc(plan.title)}</h1>`,
    `<p>${plural(submissions.length, 'submission')}, out of ${points(outOf)}: lowest ${points(totals[0] ?? 0)}, median ${points(median(totals))}, highest ${points(totals[totals.length - 1] ?? 0)}.</p>`,
    '<h2>Totals</h2>',
    histogram(totalClasses(totals, outOf), 'totals', 'Submissions by total'),
    '<h2>Challenges</h2>',
    ...plan.challenges.map(({ file, points: most }, i) => {
      const reached = submissions.map(({ marks }) => marks.challenges[i].points);
      return histogram(totalClasses(reached, most), `points-${i + 1}`, `Submissions by points for ${file}`);
    }),
    htmlTable(
      'What came of each challenge',
      ['challenge', 'verdicts'],
      plan.challenges.map(({ file }, i) => [
        esc(file),
        verdictCounts(submissions, i)
          .map(([word, count]) => `${count} ${word}`)
          .join(', '),
      ]),
    ),
    '<h2>Submissions</h2>',
    htmlTable(
      'Everybody, with a link to the feedback',
      ['submission', 'total', 'days late', ...plan.challenges.map(({ file }) => esc(file)), 'problem'],
      submissions.map((submission, i) => [
        `<a href="${esc(links[i])}">${nameHtml(submission.id)}</a>`,
        points(submission.marks.total),
        String(submission.marks.daysLate),
        ...submission.challenges.map(verdictWord),
        esc(needsALook(submission) ?? ''),
      ]),
      [1, 2],
    ),
  ];
  return htmlPage(plan.title, parts.join('\n'));
}

const WIDTH = 440;
const HEIGHT = 170;
const BOTTOM = 22;
const TOP = 18;

function histogram(classes: readonly number[], id: string, title: string): string {
  const most = Math.max(1, ...classes);
  const step = WIDTH / classes.length;
  const bars = classes.map((count, i) => {
    const tall = Math.round(((HEIGHT - TOP - BOTTOM) * count) / most);
    const y = HEIGHT - BOTTOM - tall;
    const middle = Math.round((i + 0.5) * step);
    const label = count === 0 ? '' : `<text x="${middle}" y="${y - 4}" text-anchor="middle">${count}</text>`;
    return `<rect class="bar" x="${i * step + 3}" y="${y}" width="${step - 6}" height="${tall}"/>${label}
<text x="${middle}" y="${HEIGHT - 6}" text-anchor="middle">${10 * i} %</text>`;
  });
  bars.push(`<path class="axis" d="M0 ${HEIGHT - BOTTOM}H${WIDTH}"/>`);
  const named = {
    id,
    title,
    description: `A bar for each tenth of the points that can be had, from its lower end: ${classes.join(', ')}.`,
  };
  return figure(figureSvg(named, WIDTH, HEIGHT, bars.join('\n')), named);
}
