/**
 * Tells GitHub Actions what `oomph grade` made of one submission: an annotation for each part of the marks and for each place
 * where a policy does not compile, and the feedback as the summary of the job. Exits with 1 if a part is not won.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const marks = process.argv[2];
const {
  tests,
  score,
  extra_data: { out_of: outOfAll },
} = JSON.parse(readFileSync(join(marks, 'gradescope', 'submission.json'), 'utf8'));

/** As workflow commands want their text, and their properties. */
const data = text => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = text => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

function annotate(level, title, text, place = {}) {
  const properties = Object.entries({ ...place, title }).map(([key, value]) => `${key}=${property(value)}`);
  process.stdout.write(`::${level} ${properties.join(',')}::${data(text)}\n`);
}

for (const { name, score: points, max_score: outOf, status, output = '' } of tests) {
  for (const [, code, message, file, line, col] of output.matchAll(
    /^error\[([A-Z-]+)\]: (.*)\n --> (.+):(\d+):(\d+)$/gm,
  )) {
    annotate('error', code, message, { file, line, col });
  }
  annotate(status === 'failed' ? 'error' : 'notice', name, outOf > 0 ? `${points} of ${outOf}` : `${points}`);
}
// These two are what GitHub Classroom reads points from, as its own autograding-grading-reporter writes them.
if (outOfAll > 0) {
  annotate('notice', 'Autograding complete', `Points ${score}/${outOfAll}`);
  annotate('notice', 'Autograding report', JSON.stringify({ totalPoints: score, maxPoints: outOfAll }));
}
process.stdout.write(`${score} points on the public seeds\n`);
const { GITHUB_STEP_SUMMARY: summary } = process.env;
if (summary) appendFileSync(summary, readFileSync(join(marks, 'feedback', 'submission.md')));
if (tests.some(({ status }) => status === 'failed')) process.exitCode = 1;
