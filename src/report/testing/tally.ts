/** What a run of specs comes to in numbers, and which of its cases did not pass. */
import type { CaseResult, CaseStatus, CheckStatus, SpecResult, TestRun } from '../../contract/testing.ts';
import { duration, plural } from '../quantity.ts';

export interface Tally {
  specs: Record<CaseStatus, number>;
  cases: Record<CaseStatus, number>;
  checks: Record<CheckStatus, number>;
  /** Snapshots that nothing asks for. */
  stale: number;
}

export function tally(run: TestRun): Tally {
  const none = { passed: 0, failed: 0, error: 0, skipped: 0 };
  const counts: Tally = {
    specs: { ...none },
    cases: { ...none },
    checks: { passed: 0, failed: 0, written: 0, updated: 0 },
    stale: staleOf(run).length,
  };
  for (const spec of run.specs) {
    counts.specs[spec.status]++;
    for (const result of casesOf(spec)) {
      counts.cases[result.status]++;
      for (const check of result.checks) counts.checks[check.status]++;
    }
  }
  return counts;
}

/** Snapshots that nothing asks for, of specs that are there and of those that are no more. */
export const staleOf = (run: TestRun): string[] => [...run.specs.flatMap(spec => spec.stale), ...run.stale];

/** `1 of 12 specs did not pass` */
export function headline(run: TestRun): string {
  const { specs } = tally(run);
  const bad = specs.failed + specs.error;
  const all = plural(run.specs.length, 'spec');
  if (bad > 0) return `${bad} of ${all} did not pass`;
  return specs.skipped > 0 ? `${specs.passed} of ${all} passed` : `${all} passed`;
}

/** A spec that could not be read has no case; a report of cases needs one to say so. */
export function casesOf(spec: SpecResult): readonly (CaseResult & { name: string })[] {
  if (spec.cases.length > 0) return spec.cases.map(one => ({ ...one, name: `seed ${one.seed}` }));
  const none = { checks: [], cause: '', console: '', nrOps: 0, stateHash: '', durationMs: 0, reproduce: '' };
  const message = spec.status === 'error' ? cannotRun(spec) : '';
  return [{ ...none, name: 'the spec', seed: 0, status: spec.status, message, outcome: 'none' }];
}

function cannotRun({ diagnostics }: SpecResult): string {
  const first = diagnostics.find(({ severity }) => severity === 'error') ?? diagnostics[0];
  if (first === undefined) return 'the spec could not be run';
  const more = diagnostics.length - 1;
  return `${first.code}: ${first.message}${more > 0 ? ` (and ${more} more)` : ''}`;
}

export const isBad = ({ status }: { status: CaseStatus }): boolean =>
  status === 'failed' || status === 'error';

/** Wall time of a spec's cases, in milliseconds; they may have run side by side. */
export const millisecondsOf = ({ cases }: SpecResult): number =>
  cases.reduce((sum, { durationMs }) => sum + durationMs, 0);

/** `1.2s` of milliseconds. */
export const milliseconds = (ms: number): string => duration(Math.round(ms * 1000));
