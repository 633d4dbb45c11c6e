/** A case that did not pass, in the words that every report uses. */
import type { CaseResult, CheckResult, SpecResult } from '../../contract/testing.ts';
import { diagnosticsText } from '../diagnostics.ts';
import { harmless } from '../sourceColumns.ts';

/** Beyond that the report in JSON has the rest. */
const LINES_SHOWN = 200;
const COLUMNS_SHOWN = 400;

/** Lines of a text with nothing in them that a terminal or a parser would obey, and no more than a person reads. */
export function quoted(text: string, most = LINES_SHOWN): string[] {
  if (text === '') return [];
  const lines = text.replace(/\n$/, '').split(/\r?\n/);
  const shown = lines.slice(0, lines.length > most + 1 ? most : most + 1).map(line => cut(harmless(line)));
  const more = lines.length - shown.length;
  return more > 0 ? [...shown, `(and ${more} more lines)`] : shown;
}

export const cut = (line: string, columns = COLUMNS_SHOWN): string =>
  line.length <= columns ? line : `${line.slice(0, columns - 3).replace(/[\ud800-\udbff]$/, '')}...`;

export const failedChecks = ({ checks }: CaseResult): CheckResult[] =>
  checks.filter(({ status }) => status === 'failed');

/** `page_alloc.failures of task sb16 is at most 0: expected at most 0, actual 3`, in one line. */
export function checkMessage(check: CheckResult): string {
  const { text, expected, actual, diff, snapshot } = check;
  const parts: string[] = [];
  if (expected !== '') parts.push(`expected ${expected}`);
  if (actual !== '') parts.push(`actual ${actual}`);
  if (parts.length === 0 && diff !== '') {
    parts.push(snapshot === '' ? 'differs from what was expected' : `differs from ${snapshot}`);
  }
  return harmless(parts.length > 0 ? `${text}: ${parts.join(', ')}` : text);
}

/** Why a case did not pass, in one line; '' where it did. */
export function caseMessage(result: CaseResult): string {
  const [first, ...more] = failedChecks(result);
  if (result.message !== '' || first === undefined) return cut(harmless(result.message));
  return cut(checkMessage(first)) + (more.length > 0 ? ` (and ${more.length} more)` : '');
}

/** `specs/order3.spec.yaml:23:7` */
export const placeOf = (spec: SpecResult, { line, column }: { line: number; column: number }): string =>
  `${harmless(spec.file)}:${line}:${column}`;

/** Line of the spec that a case is to be shown at. */
export const lineOf = (spec: SpecResult, result: CaseResult): number =>
  failedChecks(result)[0]?.line ?? spec.diagnostics[0]?.line ?? spec.line;

/** Seeds by the message that they broke with. */
export function brokenSeeds({ cases }: SpecResult): Map<string, number[]> {
  const seeds = new Map<string, number[]>();
  for (const { status, message, seed } of cases) {
    if (status === 'error') seeds.set(message, [...(seeds.get(message) ?? []), seed]);
  }
  return seeds;
}

/** An expectation with every seed that it failed on. */
export interface Failure {
  check: CheckResult;
  on: { result: CaseResult; check: CheckResult }[];
}

export function failuresOf({ cases }: SpecResult): Failure[] {
  const failures = new Map<string, Failure>();
  for (const result of cases) {
    for (const check of failedChecks(result)) {
      const key = `${check.line}:${check.column}:${check.text}`;
      const failure = failures.get(key) ?? { check, on: [] };
      failure.on.push({ result, check });
      failures.set(key, failure);
    }
  }
  return [...failures.values()].sort(
    (a, b) => a.check.line - b.check.line || a.check.column - b.check.column,
  );
}

/** All that is known of a case that did not pass, in plain lines. */
export function caseDetails(spec: SpecResult, result: CaseResult): string[] {
  const lines: string[] = [];
  if (spec.diagnostics.length > 0) lines.push(...diagnosticsText(spec.diagnostics).trimEnd().split('\n'));
  else if (result.message !== '') lines.push(...quoted(result.message));
  for (const check of failedChecks(result)) lines.push(...checkDetails(spec, check));
  lines.push(...told('Cause', result.cause), ...told('console.log', result.console));
  if (result.reproduce !== '') lines.push('', 'To see it again:', `  ${harmless(result.reproduce)}`);
  return lines[0] === '' ? lines.slice(1) : lines;
}

function checkDetails(spec: SpecResult, check: CheckResult): string[] {
  const lines = ['', `${placeOf(spec, check)}: ${harmless(check.text)}`];
  if (check.expected !== '') lines.push(...labelled('expected', check.expected));
  if (check.actual !== '') lines.push(...labelled('actual', check.actual));
  if (check.snapshot !== '') lines.push(...labelled('snapshot', check.snapshot));
  return [...lines, ...quoted(check.diff).map(line => `  ${line}`.trimEnd())];
}

function labelled(label: string, text: string): string[] {
  const [first = '', ...more] = quoted(text);
  return [`  ${label.padEnd(8)}  ${first}`, ...more.map(line => `            ${line}`)];
}

/** Lines of a log; the same one several times is said once. */
export function logged(text: string, most = LINES_SHOWN): string[] {
  const runs: { line: string; count: number }[] = [];
  for (const line of text.trimEnd().split(/\r?\n/)) {
    const last = runs.at(-1);
    if (last?.line === line && line !== '') last.count++;
    else runs.push({ line, count: 1 });
  }
  return quoted(
    runs.map(({ line, count }) => (count > 1 ? `${line} (${count} times)` : line)).join('\n'),
    most,
  );
}

function told(heading: string, text: string): string[] {
  const lines = logged(text);
  return lines.length === 0 ? [] : ['', `${heading}:`, ...lines.map(line => `  ${line}`.trimEnd())];
}
