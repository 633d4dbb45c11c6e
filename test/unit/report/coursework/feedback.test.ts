import type { ChallengeResult } from '../../../../src/contract/grading.ts';
import { feedbackMarkdown } from '../../../../src/report/coursework/feedbackMarkdown.ts';
import { gradescopeResults } from '../../../../src/report/coursework/gradescope.ts';
import { feedbackHtml } from '../../../../src/report/coursework/html/feedbackHtml.ts';
import { summaryText } from '../../../../src/report/coursework/summary.ts';
import { graded, leaks, MIXED, plan, tasks } from './marked.ts';

test('what the machine failed at is for the teacher: nobody knows what a process says that was taken over', () => {
  const failed: ChallengeResult = {
    kind: 'infrastructure',
    message: 'crashed: Error: hidden seed 4242',
    diagnostics: [],
  };
  const told = graded(failed);
  const results = gradescopeResults(plan(), tasks, told);
  const shown = [
    feedbackMarkdown(plan(), tasks, told),
    feedbackHtml(plan(), tasks, told),
    JSON.stringify(results),
  ];
  for (const text of shown) {
    expect(leaks(text)).toBe(false);
    expect(text).toContain('ask your teacher to run it again');
  }
  expect(summaryText(plan(), [told])).toContain('crashed: Error: hidden seed 4242');
});

test('Markdown: names are text and not markup, no hidden seed is told', () => {
  const text = feedbackMarkdown(plan(), tasks, graded(MIXED));
  expect(text).toContain('# Home \\<work\\> \\*one\\*');
  expect(text).toContain('**7.5 of 10 points** for Ada \\<b\\> \\& \\*Bo\\*');
  expect(text).toContain('- **lost**: failures, at most 0: 7, lost at event 99');
  // A fence that what is fenced cannot close.
  expect(text).toContain('````text\ncard.ts:1:2, in zonelist, event 3: ``` must be a number\n````');
  expect(leaks(text)).toBe(false);
  expect(text).not.toMatch(/hidden/i);
  expect(feedbackMarkdown(plan({ visibility: 'visible' }), tasks, graded(MIXED))).toContain(
    'On hidden seeds: 2 of 2 won.',
  );
});
