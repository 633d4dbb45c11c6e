/**
 * JUnit XML: a suite a spec, a case a seed.
 *
 * Source: what Jenkins, GitLab, CircleCI and Buildkite read; element and attribute names are those of Jenkins'
 * junit-10.xsd, and `file` and `line` of a case on top, which GitLab, CircleCI and GitHub's reporters link by.
 */
import XMLBuilder from 'fast-xml-builder';
import type { CaseResult, SpecResult, TestRun } from '../../contract/testing.ts';
import { harmless } from '../sourceColumns.ts';
import { caseDetails, caseMessage, failedChecks, lineOf, quoted } from './failure.ts';
import { casesOf, millisecondsOf, tally } from './tally.ts';

const INDENT = '  ';

export function junitReport(run: TestRun): string {
  const { cases } = tally(run);
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    format: true,
    indentBy: INDENT,
    suppressEmptyNode: true,
  });
  return builder.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    testsuites: {
      '@name': 'oomph test',
      '@tests': String(cases.passed + cases.failed + cases.error + cases.skipped),
      '@failures': String(cases.failed),
      '@errors': String(cases.error),
      '@time': seconds(run.durationMs),
      testsuite: run.specs.map(spec => suite(run, spec)),
    },
  });
}

function suite(run: TestRun, spec: SpecResult): Record<string, unknown> {
  const { cases } = tally({ ...run, specs: [spec] });
  return {
    '@name': harmless(spec.title || spec.file),
    '@package': harmless(spec.id),
    '@file': harmless(spec.file),
    '@tests': String(cases.passed + cases.failed + cases.error + cases.skipped),
    '@failures': String(cases.failed),
    '@errors': String(cases.error),
    '@skipped': String(cases.skipped),
    '@time': seconds(millisecondsOf(spec)),
    '@timestamp': new Date(run.startedMs).toISOString().replace(/\.\d+Z$/, ''),
    properties: { property: properties(run, spec) },
    testcase: casesOf(spec).map(result => testcase(spec, result)),
  };
}

function properties(run: TestRun, spec: SpecResult): Record<string, string>[] {
  const { checks } = tally({ ...run, specs: [spec] });
  const named: [string, string][] = [
    ['oomph', run.version],
    ['policy', spec.policy],
    ['line', String(spec.line)],
  ];
  if (run.shard !== null) named.push(['shard', `${run.shard.index}/${run.shard.of}`]);
  if (checks.written > 0) named.push(['snapshots.written', String(checks.written)]);
  if (checks.updated > 0) named.push(['snapshots.updated', String(checks.updated)]);
  for (const file of spec.stale) named.push(['snapshot.stale', file]);
  for (const { seed, stateHash } of spec.cases) {
    if (stateHash !== '') named.push([`state_hash.${seed}`, stateHash]);
  }
  return named.map(([name, value]) => ({ '@name': name, '@value': harmless(value) }));
}

function testcase(spec: SpecResult, result: CaseResult & { name: string }): Record<string, unknown> {
  const element: Record<string, unknown> = {
    '@name': result.name,
    '@classname': harmless(spec.id || spec.file),
    '@time': seconds(result.durationMs),
    '@file': harmless(spec.file),
    '@line': String(lineOf(spec, result)),
  };
  const told = { '@message': caseMessage(result), '#text': caseDetails(spec, result).join('\n') };
  if (result.status === 'error') element['error'] = { '@type': 'error', ...told };
  if (result.status === 'failed') {
    element['failure'] = { '@type': failedChecks(result)[0]?.kind ?? 'failed', ...told };
  }
  if (result.status === 'skipped') element['skipped'] = { '@message': 'the run was stopped before it' };
  const out = quoted(result.console).join('\n');
  if (out !== '') element['system-out'] = out;
  return element;
}

/** Milliseconds as JUnit's seconds; without an exponent and without a thousands separator. */
function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}
