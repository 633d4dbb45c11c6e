/** Runs cases of specs and puts their results together, in an order that does not depend on who was done first. */
import { posix } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Diagnostic } from '../../contract/diagnostic.ts';
import type { CaseResult, CaseStatus, SpecResult, TestRun } from '../../contract/testing.ts';
import { RunBug } from '../../harness/runBug.ts';
import { shellWord } from '../../harness/runChallenge.ts';
import { type CaseEnd, type CaseTask, errorResult, type TestedPlan } from '../../harness/testing/runCase.ts';
import { fileDiagnostic } from '../../spec/decode.ts';
import { WorkloadTooLong } from '../../workload/tapeRows.ts';
import {
  BadInput,
  EXIT_BAD_INPUT,
  EXIT_LOST,
  EXIT_OUR_BUG,
  EXIT_PASSED,
  HostFailure,
  ToldFailure,
} from '../exit.ts';
import { explainFailure } from '../failure.ts';
import { version } from '../root.ts';
import { keepSnapshots, orphansOf, removeOrphans, removeStale, staleOf } from './snapshots.ts';
import { type LoadedSpec, readSnapshots, snapshotFile } from './specs.ts';

/** One spec on one seed, before it is run. */
export interface Case {
  spec: LoadedSpec;
  plan: TestedPlan;
  seed: number;
}

export interface RunOptions {
  /** Stop behind so many failed cases; 0: never. */
  bail: number;
  /** Snapshots that differ are written, and those that nothing asks for removed. */
  update: boolean;
  /** Nothing is written. */
  ci: boolean;
  shard: TestRun['shard'];
  signal: AbortSignal;
  /** Called with each case that is done, in their order. */
  progress: (done: number, result: CaseResult) => void;
  /** Told which snapshots an update took away. */
  removed: (snapshots: readonly string[]) => void;
}

/**
 * @param cases  of the specs, in the order of the report
 * @param play   runs one case, as soon as its turn comes
 */
export async function runSpecs(
  specs: readonly LoadedSpec[],
  cases: readonly Case[],
  options: RunOptions,
  play: (task: CaseTask) => Promise<CaseEnd>,
): Promise<TestRun> {
  const startedMs = Date.now();
  const started = performance.now();
  const results = new Map<LoadedSpec, SpecResult>();
  for (const spec of specs) results.set(spec, emptyResult(spec));
  const ends = cases.map(one => {
    const end = playOne(one, options, play);
    // Whoever fails is asked below, in the order of the report.
    end.catch(() => undefined);
    return end;
  });
  let nrFailed = 0;
  let bailed = false;
  for (const [i, one] of cases.entries()) {
    const result = results.get(one.spec)!;
    const end = bailed ? null : await ends[i];
    if (end === null || end.kind === 'aborted') result.cases.push(skippedResult(one));
    else if (end.kind === 'refused') {
      if (result.diagnostics.length === 0) result.diagnostics.push(...end.diagnostics);
    } else {
      result.cases.push(end.result);
      if (!options.ci) keepSnapshots(one.spec, one.seed, end.written);
      if (end.result.status !== 'passed') nrFailed++;
      options.progress(i + 1, end.result);
      bailed = options.bail > 0 && nrFailed >= options.bail;
    }
  }
  const updates = options.update && !options.ci && !options.signal.aborted;
  for (const [spec, result] of results) {
    result.cases.sort((a, b) => a.seed - b.seed);
    result.status = statusOf(result);
    if (spec.plan === null) continue;
    if (result.diagnostics.some(({ code }) => code === 'E-SNAPSHOT')) continue;
    if (updates) options.removed(removeStale(spec));
    else result.stale = staleOf(spec);
  }
  if (updates) options.removed(removeOrphans(specs));
  return {
    oomph: 1,
    version,
    shard: options.shard,
    specs: [...results.values()],
    stale: orphansOf(specs),
    startedMs,
    durationMs: performance.now() - started,
    bailed,
  };
}

async function playOne(
  one: Case,
  options: RunOptions,
  play: (task: CaseTask) => Promise<CaseEnd>,
): Promise<CaseEnd> {
  const { spec, plan, seed } = one;
  const { policy, file } = spec;
  const stored = plan.seeds.includes(seed) ? storedOf(file, seed) : null;
  if (stored !== null && 'diagnostic' in stored) return { kind: 'refused', diagnostics: [stored.diagnostic] };
  const task: CaseTask = {
    plan,
    policy,
    seed,
    stored: stored?.texts ?? null,
    snapshot: snapshotFile(file, seed),
    rules: { write: !options.ci, update: options.update && !options.ci },
    reproduce: reproduceLine(file, seed),
  };
  try {
    const end = await play(task);
    if (end.kind !== 'refused') return end;
    const inFolder = (d: Diagnostic): Diagnostic => ({ ...d, file: posix.join(spec.policyFolder, d.file) });
    return { kind: 'refused', diagnostics: end.diagnostics.map(inFolder) };
  } catch (error) {
    if (error instanceof WorkloadTooLong) {
      return { kind: 'refused', diagnostics: [fileDiagnostic(file, 'E-TAPE-TOO-LONG', error.message)] };
    }
    if (!(error instanceof RunBug || error instanceof HostFailure || error instanceof ToldFailure))
      throw error;
    const { text } = explainFailure(error, version, process.argv.slice(2));
    return { kind: 'ran', result: errorResult(task, text.trim(), 0), written: {} };
  }
}

function storedOf(
  file: string,
  seed: number,
): { texts: Record<string, string> } | { diagnostic: Diagnostic } {
  try {
    return { texts: readSnapshots(file, seed) };
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return {
      diagnostic: fileDiagnostic(
        snapshotFile(file, seed),
        'E-SNAPSHOT',
        error.message,
        'a file that oomph wrote',
      ),
    };
  }
}

const reproduceLine = (file: string, seed: number): string => `oomph test ${shellWord(file)} --seed ${seed}`;

function skippedResult({ spec, seed }: Case): CaseResult {
  return { ...errorResult({ seed, reproduce: reproduceLine(spec.file, seed) }, '', 0), status: 'skipped' };
}

function emptyResult({ file, plan, diagnostics }: LoadedSpec): SpecResult {
  return {
    file,
    id: plan?.id ?? '',
    title: plan?.title ?? '',
    line: plan?.test.line ?? 1,
    policy: plan?.test.policy ?? '',
    status: 'error',
    diagnostics: [...diagnostics],
    cases: [],
    stale: [],
  };
}

/** What the caller learns: whether all that was expected came out. */
export function exitCodeOf(run: TestRun): number {
  const cases = run.specs.flatMap(spec => spec.cases);
  if (cases.some(({ status }) => status === 'error')) return EXIT_OUR_BUG;
  if (run.specs.some(({ status }) => status === 'error')) return EXIT_BAD_INPUT;
  return cases.some(({ status }) => status === 'failed') ? EXIT_LOST : EXIT_PASSED;
}

export function statusOf({ diagnostics, cases }: SpecResult): CaseStatus {
  const has = (status: CaseStatus): boolean => cases.some(one => one.status === status);
  if (diagnostics.some(({ severity }) => severity === 'error') || has('error')) return 'error';
  if (has('failed')) return 'failed';
  // Some seeds that passed say nothing of those that were left out.
  return has('skipped') || cases.length === 0 ? 'skipped' : 'passed';
}
