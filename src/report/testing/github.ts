/**
 * Commands of GitHub Actions: an annotation an expectation that was not met, whatever number of seeds it failed on, for
 * GitHub shows ten of each kind a step.
 *
 * Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions, and for the escapes
 * actions/toolkit, packages/core/src/command.ts.
 */
import type { Diagnostic } from '../../contract/diagnostic.ts';
import type { SpecResult, TestRun } from '../../contract/testing.ts';
import { harmless } from '../sourceColumns.ts';
import { brokenSeeds, caseDetails, checkMessage, cut, failuresOf, quoted } from './failure.ts';
import type { ReportSetting } from './reporter.ts';
import { casesOf, headline, isBad } from './tally.ts';

/** GitHub refuses a title beyond 255 characters and a message beyond 64 KB. */
const TITLE = 200;
const LINES_SHOWN = 60;
const CAUSE_SHOWN = 20;
const SEEDS_SHOWN = 20;

export function githubReport(run: TestRun, setting: ReportSetting): string {
  const { base, isTold } = setting;
  const lines: string[] = [];
  for (const spec of run.specs) {
    if (!isTold && isBad(spec)) lines.push(...group(spec));
    for (const diagnostic of spec.diagnostics) lines.push(diagnosticCommand(diagnostic, base));
    lines.push(...brokenCases(spec, base), ...failedExpectations(spec, setting));
    if (spec.stale.length > 0) lines.push(staleCommand(spec, base));
  }
  for (const file of run.stale) lines.push(staleCommand({ file, line: 1, stale: [file] }, base));
  if (!isTold) lines.push(withoutCommands(`oomph test: ${headline(run)}`));
  return lines.map(line => `${line}\n`).join('');
}

/** Lines that the runner would take for commands, made so that it does not. `##[` is the old form, anywhere in a line. */
export function withoutCommands(text: string): string {
  return text.replaceAll('##[', '## [').replace(/^([^\S\n]*)::/gm, '$1: :');
}

function group(spec: SpecResult): string[] {
  const details = casesOf(spec)
    .filter(isBad)
    .slice(0, 1)
    .flatMap(result => caseDetails(spec, result));
  const title = cut(harmless(`${spec.file}  ${spec.title}`), TITLE);
  return [`::group::${data(title)}`, ...details.map(withoutCommands), '::endgroup::'];
}

function diagnosticCommand(diagnostic: Diagnostic, base: string): string {
  const { severity, file, line, column, code, message, expected, suggestions = [] } = diagnostic;
  const lines = quoted(message);
  if (expected !== undefined) lines.push(`expected ${harmless(expected)}`);
  if (suggestions.length > 0) lines.push(`did you mean ${suggestions.map(harmless).join(' or ')}?`);
  return command(severity, inRepository(file, base), line, column, code, lines);
}

/** Seeds that broke in the same way are one annotation. */
function brokenCases(spec: SpecResult, base: string): string[] {
  return [...brokenSeeds(spec)].map(([message, on]) => {
    const lines = [...quoted(message, LINES_SHOWN), seedsText(on, spec)];
    return command('error', inRepository(spec.file, base), spec.line, 1, titleOf(spec), lines);
  });
}

function failedExpectations(spec: SpecResult, { base, callName }: ReportSetting): string[] {
  return failuresOf(spec).map(({ check, on }, i) => {
    const { cause, reproduce } = on[0].result;
    const seeds = on.map(({ result }) => result.seed);
    const lines = [checkMessage(check), seedsText(seeds, spec)];
    lines.push(...quoted(check.diff, LINES_SHOWN));
    // The cause is of the run, whatever was expected of it.
    if (i === 0) lines.push(...quoted(cause, CAUSE_SHOWN));
    if (reproduce !== '') lines.push(`To see it again: ${harmless(reproduce).replace(/^oomph/, callName)}`);
    return command('error', inRepository(spec.file, base), check.line, check.column, titleOf(spec), lines);
  });
}

function seedsText(seeds: readonly number[], { cases }: SpecResult): string {
  const more = seeds.length > SEEDS_SHOWN ? ', ...' : '';
  const named = `seed${seeds.length === 1 ? '' : 's'} ${seeds.slice(0, SEEDS_SHOWN).join(', ')}${more}`;
  return `on ${named} (${seeds.length} of ${cases.length})`;
}

function staleCommand(spec: Pick<SpecResult, 'file' | 'line' | 'stale'>, base: string): string {
  const lines = ['No expectation asks for these snapshots: oomph test --update removes them', ...spec.stale];
  return command(
    'warning',
    inRepository(spec.file, base),
    spec.line,
    1,
    'stale snapshots',
    lines.map(harmless),
  );
}

const titleOf = ({ title, id, file }: SpecResult): string => title || id || file;

/** GitHub shows an annotation at a file of the repository. */
function inRepository(file: string, base: string): string {
  const path = file.replaceAll('\\', '/');
  return /^(?:\/|[a-zA-Z]:\/)/.test(path) ? path : normal(base + path);
}

function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

function command(
  name: 'error' | 'warning',
  file: string,
  line: number,
  column: number,
  title: string,
  message: readonly string[],
): string {
  const properties = [
    `title=${property(cut(harmless(title), TITLE))}`,
    `file=${property(harmless(file))}`,
    `line=${line}`,
    `col=${column}`,
  ];
  return `::${name} ${properties.join(',')}::${data(message.slice(0, 3 * LINES_SHOWN).join('\n'))}`;
}

const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
