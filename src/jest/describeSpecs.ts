import { staleOf } from '../cli/testing/snapshots.ts';
import type { LoadedSpec } from '../cli/testing/specs.ts';
import { plural } from '../report/quantity.ts';
import { harmless } from '../report/sourceColumns.ts';
import { failureOf, SpecRunner, snapshotMode, specsAt, testFolder, unreadable } from './specRun.ts';
import { type TestApi, testApi } from './testApi.ts';

/** A run takes as long as it takes: the limit is against one that hangs. */
const TIMEOUT_MS = 600_000;

export interface DescribeSpecsOptions {
  /** Where relative patterns begin; default the folder of the test file. */
  cwd?: string;
  /** Instead of those that each spec names. */
  seeds?: readonly number[];
  /** Of a seed, in milliseconds; default ten minutes. */
  timeout?: number;
}

/**
 * Every spec that matches as a `describe`, every seed of it as a `test`.
 *
 * Snapshots of specs follow jest: `--ci` writes none, `-u` writes those that differ and removes those that nothing asks for.
 *
 * @param patterns  files, folders or patterns; one that matches nothing is an error
 */
export function describeSpecs(
  patterns: string | readonly string[],
  options: DescribeSpecsOptions = {},
): void {
  const api = testApi();
  if (options.seeds?.length === 0)
    throw new Error('describeSpecs: `seeds` is empty, so nothing would be run');
  for (const spec of specsAt(patterns, options.cwd ?? testFolder(api))) describeSpec(api, spec, options);
}

function describeSpec(
  api: TestApi,
  spec: LoadedSpec,
  { seeds, timeout = TIMEOUT_MS }: DescribeSpecsOptions,
): void {
  const { plan } = spec;
  api.describe(harmless(plan === null ? spec.file : `${spec.file}: ${plan.title}`), () => {
    if (plan === null) {
      api.test('can be read', () => {
        throw unreadable(spec);
      });
      return;
    }
    const runner = new SpecRunner();
    const kept = { written: 0, updated: 0 };
    for (const seed of seeds ?? plan.seeds) {
      api.test(
        `seed ${seed}`,
        async () => {
          const { spec: ran, result } = await runner.run(spec, seed, snapshotMode(api));
          for (const { status } of result.checks) {
            if (status === 'written' || status === 'updated') kept[status]++;
          }
          if (result.status !== 'passed') throw failureOf(ran, result);
        },
        timeout,
      );
    }
    api.afterAll(async () => {
      await runner.close();
      tell(spec, kept);
    });
  });
}

/** jest's own summary counts its own snapshots only; its console would show the line of ours that prints. */
function tell(spec: LoadedSpec, { written, updated }: { written: number; updated: number }): void {
  const told: string[] = [];
  if (written > 0) told.push(`${plural(written, 'snapshot')} written`);
  if (updated > 0) told.push(`${plural(updated, 'snapshot')} updated`);
  const stale = staleOf(spec);
  if (stale.length > 0) {
    told.push(`no expectation asks for ${stale.map(harmless).join(', ')}: jest -u removes what is stale`);
  }
  if (told.length > 0) process.stderr.write(`${harmless(spec.file)}: ${told.join(', ')}\n`);
}
