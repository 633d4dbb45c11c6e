/** A run of specs as Markdown, for a pull request or the summary of a job. */
import type { SpecResult, TestRun } from '../../contract/testing.ts';
import { escapeHtml } from '../html/page.ts';
import { markdownTable } from '../markdownTable.ts';
import { codeSpan, fenced, plainMarkdown } from '../markdownText.ts';
import { plural } from '../quantity.ts';
import { harmless } from '../sourceColumns.ts';
import { caseDetails, caseMessage, lineOf } from './failure.ts';
import { casesOf, headline, isBad, milliseconds, millisecondsOf, staleOf, tally } from './tally.ts';

/** GitHub drops the summary of a step beyond 1 MiB, whole; several steps of a job may write to it. */
const CHARACTERS = 200_000;
const PASSED_SHOWN = 100;
const SEEDS_SHOWN = 3;

export function markdownReport(run: TestRun): string {
  const { stale } = tally(run);
  const bad = run.specs.filter(isBad);
  const others = run.specs.filter(spec => !isBad(spec));
  const lines = [`## oomph test: ${plainMarkdown(headline(run))}`, ''];
  lines.push(...table([...bad, ...others.slice(0, PASSED_SHOWN)]));
  if (others.length > PASSED_SHOWN) lines.push(`and ${others.length - PASSED_SHOWN} more that passed`, '');
  let room = CHARACTERS;
  let left = 0;
  for (const spec of bad) {
    const told = section(spec);
    room -= told.reduce((sum, line) => sum + line.length + 1, 0);
    if (room < 0) left++;
    else lines.push(...told);
  }
  if (left > 0) lines.push(`${plural(left, 'more spec')} did not pass and would not fit here.`, '');
  if (stale > 0) {
    const files = staleOf(run).slice(0, PASSED_SHOWN);
    lines.push(`### ${plural(stale, 'snapshot')} that no expectation asks for`, '');
    lines.push(...files.map(file => `- ${codeSpan(file)}`));
    if (stale > files.length) lines.push(`- and ${stale - files.length} more`);
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

const WORDS = { passed: 'passed', failed: '**FAILED**', error: '**ERROR**', skipped: 'skipped' };

function table(specs: readonly SpecResult[]): string[] {
  const rows = specs.map(spec => [
    WORDS[spec.status],
    `${codeSpan(spec.file).replaceAll('|', '\\|')} ${plainMarkdown(harmless(spec.title))}`,
    spec.cases.length === 0
      ? ''
      : `${spec.cases.filter(c => c.status === 'passed').length} of ${spec.cases.length}`,
    spec.cases.length === 0 ? '' : milliseconds(millisecondsOf(spec)),
  ]);
  return rows.length === 0
    ? []
    : [...markdownTable(['result', 'spec', 'seeds', 'time'], rows, [2, 3]).trimEnd().split('\n'), ''];
}

function section(spec: SpecResult): string[] {
  const bad = casesOf(spec).filter(isBad);
  const lines = [`### ${codeSpan(spec.file)}`, ''];
  for (const result of bad.slice(0, SEEDS_SHOWN)) {
    const summary = `${result.name}, line ${lineOf(spec, result)}: ${caseMessage(result)}`;
    lines.push('<details>', `<summary>${escapeHtml(summary)}</summary>`, '');
    lines.push(...fenced(caseDetails(spec, result).join('\n')), '', '</details>', '');
  }
  if (bad.length > SEEDS_SHOWN) {
    const seeds = bad.slice(SEEDS_SHOWN).map(({ seed }) => String(seed));
    lines.push(
      `and on seeds ${seeds.slice(0, PASSED_SHOWN).join(', ')}${seeds.length > PASSED_SHOWN ? ', ...' : ''}`,
      '',
    );
  }
  return lines;
}
