/** CTRF, Common Test Report Format: a test is a spec on a seed. Source: https://ctrf.io, schema 0.0. */
import type { CaseResult, CaseStatus, SpecResult, TestRun } from '../../contract/testing.ts';
import { caseDetails, caseMessage, lineOf, quoted } from './failure.ts';
import { casesOf, tally } from './tally.ts';

/** Of CTRF, whose schema is below 1. */
const SPEC_VERSION = '0.0.0';

const STATUSES: Record<CaseStatus, 'passed' | 'failed' | 'skipped' | 'other'> = {
  passed: 'passed',
  failed: 'failed',
  // Its own counter: what could not be run says nothing of the allocator.
  error: 'other',
  skipped: 'skipped',
};

export function ctrfReport(run: TestRun): string {
  const { cases, checks, stale } = tally(run);
  const start = Math.round(run.startedMs);
  const duration = Math.round(run.durationMs);
  const report = {
    reportFormat: 'CTRF',
    specVersion: SPEC_VERSION,
    timestamp: new Date(start + duration).toISOString(),
    generatedBy: `oomph ${run.version}`,
    results: {
      tool: { name: 'oomph', version: run.version },
      summary: {
        tests: cases.passed + cases.failed + cases.error + cases.skipped,
        passed: cases.passed,
        failed: cases.failed,
        skipped: cases.skipped,
        pending: 0,
        other: cases.error,
        suites: run.specs.length,
        start,
        stop: start + duration,
        duration,
        extra: { snapshots: { written: checks.written, updated: checks.updated, stale }, bailed: run.bailed },
      },
      tests: run.specs.flatMap(spec => casesOf(spec).map(result => test(spec, result))),
      ...(run.shard === null ? {} : { environment: { shardId: `${run.shard.index}/${run.shard.of}` } }),
    },
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function test(spec: SpecResult, result: CaseResult & { name: string }): Record<string, unknown> {
  const bad = result.status === 'failed' || result.status === 'error';
  const stdout = quoted(result.console);
  return {
    name: `${spec.title || spec.file}, ${result.name}`,
    testId: `${spec.file}#${result.name}`,
    status: STATUSES[result.status],
    rawStatus: result.status,
    duration: Math.round(result.durationMs),
    suite: [spec.id || spec.file],
    type: 'regression',
    filePath: spec.file,
    line: lineOf(spec, result),
    ...(bad ? { message: caseMessage(result), trace: caseDetails(spec, result).join('\n') } : {}),
    ...(stdout.length > 0 ? { stdout } : {}),
    labels: {
      policy: spec.policy,
      ...(result.name === `seed ${result.seed}` ? { seed: result.seed } : {}),
      ...(result.stateHash === '' ? {} : { stateHash: result.stateHash }),
    },
    extra: {
      outcome: result.outcome,
      nrOps: result.nrOps,
      reproduce: result.reproduce,
      checks: result.checks.map(({ kind, text, status, expected, actual, line, column }) => ({
        kind,
        text,
        status,
        expected,
        actual,
        line,
        column,
      })),
    },
  };
}
