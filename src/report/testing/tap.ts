/**
 * TAP version 14: a subtest a spec, in it a subtest a seed, in it a test point an expectation.
 *
 * Source: https://testanything.org/tap-version-14-specification.html
 */
import { Scalar, stringify } from 'yaml';
import type { CaseResult, CheckResult, SpecResult, TestRun } from '../../contract/testing.ts';
import { harmless } from '../sourceColumns.ts';
import { caseMessage, checkMessage, failedChecks, lineOf, quoted } from './failure.ts';
import { casesOf, isBad } from './tally.ts';

export function tapReport(run: TestRun): string {
  const points = [
    ...run.specs.flatMap(spec => [specPoint(spec), ...spec.stale.map(stalePoint)]),
    ...run.stale.map(stalePoint),
  ];
  return whole(14, points, run);
}

/**
 * TAP version 13, for readers that refuse any later one, such as Perl's prove: it knows no subtests, so a test point a seed.
 *
 * Source: https://testanything.org/tap-version-13-specification.html
 */
export function tap13Report(run: TestRun): string {
  const points = [
    ...run.specs.flatMap(spec => [...seedPoints(spec), ...spec.stale.map(stalePoint)]),
    ...run.stale.map(stalePoint),
  ];
  return whole(13, points, run);
}

function whole(version: number, points: readonly Point[], { bailed }: TestRun): string {
  const lines = [`TAP version ${version}`, ...document(points)];
  if (bailed) lines.push('Bail out! oomph test --bail stopped at the first spec that did not pass');
  return `${lines.join('\n')}\n`;
}

/** Of a spec that has no seeds, because it cannot be read, say, one of the spec. */
function seedPoints(spec: SpecResult): Point[] {
  const point = specPoint(spec);
  if (spec.cases.length === 0) return [point];
  return casesOf(spec).map(result => {
    const [first] = failedChecks(result);
    const seed = casePoint(spec, result);
    return {
      ...seed,
      description: `${point.description}, ${seed.description}`,
      diagnostics:
        seed.diagnostics === null || first === undefined
          ? seed.diagnostics
          : { ...seed.diagnostics, ...checkTexts(first) },
      subtest: null,
    };
  });
}

interface Point {
  ok: boolean;
  description: string;
  /** `SKIP` or `TODO` with why; '' for none. */
  directive: string;
  /** Of the YAML block; null for none. */
  diagnostics: Record<string, unknown> | null;
  /** null where it has no points of its own. */
  subtest: Point[] | null;
}

function document(points: readonly Point[]): string[] {
  const lines = [`1..${points.length}`];
  points.forEach((point, i) => {
    if (point.subtest !== null) {
      lines.push(`# Subtest: ${escaped(point.description)}`);
      lines.push(...document(point.subtest).map(line => `    ${line}`));
    }
    const directive = point.directive === '' ? '' : ` # ${point.directive}`;
    lines.push(`${point.ok ? 'ok' : 'not ok'} ${i + 1} - ${escaped(point.description)}${directive}`);
    if (point.diagnostics !== null) {
      lines.push('  ---', ...yamlLines(point.diagnostics).map(line => `  ${line}`), '  ...');
    }
  });
  return lines;
}

/**
 * YAML that the readers of TAP which know a part of it only, such as Perl's, read as well: texts of several lines as `|` without
 * anything behind it, all others in one line.
 */
function yamlLines(diagnostics: Record<string, unknown>): string[] {
  const options = { lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER };
  return stringify(diagnostics, options).trimEnd().split('\n');
}

/** In one line, with `\` and `#` as TAP 14 wants them. */
const escaped = (text: string): string => harmless(text).replace(/[\\#]/g, '\\$&').trim();

function specPoint(spec: SpecResult): Point {
  const bad = isBad(spec);
  return {
    ok: !bad,
    description: [spec.file, spec.title || spec.id].filter(Boolean).join(': '),
    directive: spec.status === 'skipped' ? 'SKIP the run was stopped before it' : '',
    diagnostics: bad && spec.diagnostics.length > 0 ? specDiagnostics(spec) : null,
    subtest: spec.cases.length > 0 ? casesOf(spec).map(result => casePoint(spec, result)) : null,
  };
}

function specDiagnostics({ diagnostics }: SpecResult): Record<string, unknown> {
  return {
    severity: 'error',
    diagnostics: diagnostics.map(({ code, message, file, line, column, expected }) => ({
      code,
      message: harmless(message),
      at: { file: harmless(file), line, column },
      ...(expected === undefined ? {} : { expected: harmless(expected) }),
    })),
  };
}

function casePoint(spec: SpecResult, result: CaseResult & { name: string }): Point {
  return {
    ok: !isBad(result),
    description: result.name,
    directive: result.status === 'skipped' ? 'SKIP the run was stopped before it' : '',
    diagnostics: isBad(result) ? caseDiagnostics(spec, result) : null,
    subtest: result.checks.length > 0 ? result.checks.map(check => checkPoint(spec, check)) : null,
  };
}

function caseDiagnostics(spec: SpecResult, result: CaseResult): Record<string, unknown> {
  const column = failedChecks(result)[0]?.column;
  return {
    message: caseMessage(result),
    severity: result.status === 'error' ? 'error' : 'fail',
    at: {
      file: harmless(spec.file),
      line: lineOf(spec, result),
      ...(column === undefined ? {} : { column }),
    },
    duration_ms: result.durationMs,
    ...text('cause', result.cause),
    ...text('console', result.console),
    ...text('reproduce', result.reproduce),
  };
}

function checkPoint(spec: SpecResult, check: CheckResult): Point {
  const failed = check.status === 'failed';
  const wrote = check.status === 'written' || check.status === 'updated';
  const diagnostics = {
    message: failed ? checkMessage(check) : `${check.snapshot} was ${check.status}`,
    severity: failed ? 'fail' : 'comment',
    at: { file: harmless(spec.file), line: check.line, column: check.column },
    ...checkTexts(check),
  };
  return {
    ok: !failed,
    description: check.text,
    directive: '',
    diagnostics: failed || wrote ? diagnostics : null,
    subtest: null,
  };
}

const checkTexts = (check: CheckResult): Record<string, unknown> => ({
  ...text('expected', check.expected),
  ...text('actual', check.actual),
  ...text('snapshot', check.snapshot),
  ...text('diff', check.diff),
});

/** A thing to do that fails nothing is what TODO is for. */
function stalePoint(file: string): Point {
  return {
    ok: false,
    description: `${file} is a snapshot that an expectation asks for`,
    directive: 'TODO remove it: oomph test --update',
    diagnostics: null,
    subtest: null,
  };
}

function text(key: string, value: string): Record<string, unknown> {
  // A blank line would be the end of it for some.
  const lines = quoted(value).filter(line => line !== '');
  if (lines.length === 0) return {};
  if (lines.length === 1) return { [key]: lines[0] };
  const scalar = new Scalar(`${lines.join('\n')}\n`);
  scalar.type = /^\s/.test(lines[0]) ? Scalar.QUOTE_DOUBLE : Scalar.BLOCK_LITERAL;
  return { [key]: scalar };
}
