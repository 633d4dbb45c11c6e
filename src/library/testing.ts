import { startSandbox } from '../cli/sandbox.ts';
import { findSpecs } from '../cli/testing/find.ts';
import { runSpecs } from '../cli/testing/runSpecs.ts';
import { select } from '../cli/testing/select.ts';
import { loadSpec } from '../cli/testing/specs.ts';
import type { TestRun } from '../contract/testing.ts';
import { CaseRunner } from '../harness/testing/runCase.ts';
import { PLAIN } from '../report/style.ts';
import { REPORTER_NAMES, REPORTERS } from '../report/testing/reporters.ts';
import { testWords } from '../report/testing/words.ts';
import { unknownName, whole } from './asking.ts';
import { OomphError } from './errors.ts';
import { asOomphError, guarded } from './failing.ts';
import type { ReporterName, TestOptions } from './testTypes.ts';

/**
 * Run specs: challenges that say under `test` what must come out.
 *
 * @param names  spec files, folders or patterns, from the working directory
 * @returns every expectation on every seed. What is wrong with a spec is in its `diagnostics`, and its status is `error`
 * @throws OomphError (the promise rejects): `not-found` for a name that matches nothing, `aborted`, `host`
 * @example
 * const { specs } = await testSpecs('specs', { onCase: done => console.log(done) });
 * specs.every(({ status }) => status === 'passed');
 */
export async function testSpecs(
  names: string | readonly string[],
  options: TestOptions = {},
): Promise<TestRun> {
  const { seeds = null, snapshots = 'compare', bail = 0, signal, onCase } = options;
  for (const seed of seeds ?? []) whole(seed, 0, 2 ** 32 - 1, 'a seed');
  const stop = new AbortController();
  const abort = (): void => stop.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort);
  const runner = new CaseRunner(startSandbox, testWords, stop.signal);
  try {
    const loaded = guarded(() => findSpecs(typeof names === 'string' ? [names] : names).map(loadSpec));
    const { specs, cases } = guarded(() => select(loaded, null, seeds, null), 'bad-argument');
    const ran = await runSpecs(
      specs,
      cases,
      {
        bail,
        update: snapshots === 'update',
        ci: snapshots === 'compare',
        shard: null,
        signal: stop.signal,
        progress: done => onCase?.(done, cases.length),
        removed: () => undefined,
      },
      inTurn(task => runner.run(task)),
    );
    if (stop.signal.aborted)
      throw new OomphError('aborted', 'the run was stopped by its AbortSignal', { cause: signal?.reason });
    return ran;
  } catch (error) {
    throw asOomphError(error);
  } finally {
    signal?.removeEventListener('abort', abort);
    await runner.close();
  }
}

/** A runner takes one case at a time. */
function inTurn<T, R>(work: (task: T) => Promise<R>): (task: T) => Promise<R> {
  let last: Promise<unknown> = Promise.resolve();
  return task => {
    const next = last.then(
      () => work(task),
      () => work(task),
    );
    last = next;
    return next;
  };
}

/**
 * A run of specs in the form that `oomph test --reporter` gives it: JUnit, TAP, CTRF ...
 *
 * @throws OomphError `bad-argument`
 */
export function testReport(run: TestRun, reporter: ReporterName): string {
  if (!Object.hasOwn(REPORTERS, reporter)) throw unknownName('reporter', reporter, REPORTER_NAMES);
  return guarded(() =>
    REPORTERS[reporter].text(run, { style: PLAIN, width: 100, callName: 'oomph', base: '', isTold: false }),
  );
}
