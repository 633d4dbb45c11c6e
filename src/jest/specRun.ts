/** A spec in a test file: found from there, run seed by seed, its snapshots kept as jest was told. */
import { dirname, resolve } from 'node:path';
import { startSandbox } from '../cli/sandbox.ts';
import { findSpecs } from '../cli/testing/find.ts';
import { patternFrom } from '../cli/testing/patternFrom.ts';
import { runSpecs } from '../cli/testing/runSpecs.ts';
import { type LoadedSpec, loadSpec } from '../cli/testing/specs.ts';
import type { CaseResult, SpecResult } from '../contract/testing.ts';
import { CaseRunner } from '../harness/testing/runCase.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { caseDetails, failedChecks, lineOf } from '../report/testing/failure.ts';
import { testWords } from '../report/testing/words.ts';
import type { TestApi } from './testApi.ts';

/** `--ci` is `none`, `-u` is `all`. */
export type SnapshotMode = 'none' | 'new' | 'all';

/** How jest was told to treat snapshots; it says so to its own matchers only. */
export function snapshotMode({ expect }: TestApi, env: NodeJS.ProcessEnv = process.env): SnapshotMode {
  const mode = expect.getState().snapshotState?._updateSnapshot;
  if (mode === 'none' || mode === 'new' || mode === 'all') return mode;
  return env['CI'] ? 'none' : 'new';
}

/** Folder of the test file that runs. */
export function testFolder({ expect }: TestApi): string {
  const { testPath } = expect.getState();
  return testPath === undefined ? process.cwd() : dirname(testPath);
}

/**
 * Specs that match, loaded; files are named from where jest was started.
 *
 * @param folder  where relative patterns begin
 * @throws Error  a pattern matches nothing
 */
export function specsAt(patterns: string | readonly string[], folder: string): LoadedSpec[] {
  const asked = typeof patterns === 'string' ? [patterns] : patterns;
  if (asked.length === 0) throw new Error('no spec is named: give a pattern such as specs/**/*.spec.yaml');
  const names = asked.map(pattern => patternFrom(folder, pattern));
  try {
    return findSpecs(names).map(loadSpec);
  } catch (error) {
    throw new Error(`${(error as Error).message} (patterns begin at ${folder})`);
  }
}

/** Runs the seeds of specs, one after the other. */
export class SpecRunner {
  private readonly controller = new AbortController();
  private readonly runner = new CaseRunner(startSandbox, testWords, this.controller.signal);

  /**
   * @returns the spec with that seed as its only case
   * @throws SpecFailure  the spec cannot be run
   */
  async run(
    spec: LoadedSpec,
    seed: number,
    mode: SnapshotMode,
  ): Promise<{ spec: SpecResult; result: CaseResult }> {
    const { plan } = spec;
    if (plan === null) throw unreadable(spec);
    const options = {
      bail: 0,
      update: mode === 'all',
      ci: mode === 'none',
      shard: null,
      signal: this.controller.signal,
      progress: () => {},
      removed: () => {},
    };
    const run = await runSpecs([spec], [{ spec, plan, seed }], options, task => this.runner.run(task));
    const [ran] = run.specs;
    const [result] = ran.cases;
    if (result === undefined) throw unreadable(ran);
    return { spec: ran, result };
  }

  async close(): Promise<void> {
    this.controller.abort();
    await this.runner.close();
  }
}

/** jest prints the message, and the lines of the YAML around the place. */
export class SpecFailure extends Error {
  override name = 'SpecFailure';

  constructor(message: string, file: string, line: number, column: number) {
    super(message);
    this.stack = `${message}\n    at ${resolve(file)}:${line}:${column}`;
  }
}

export function failureOf(spec: SpecResult, result: CaseResult): SpecFailure {
  const column = failedChecks(result)[0]?.column ?? 1;
  return new SpecFailure(caseDetails(spec, result).join('\n'), spec.file, lineOf(spec, result), column);
}

export function unreadable({ file, diagnostics }: Pick<LoadedSpec, 'file' | 'diagnostics'>): SpecFailure {
  const { line, column } = diagnostics[0] ?? { line: 1, column: 1 };
  return new SpecFailure(diagnosticsText(diagnostics), file, line, column);
}
