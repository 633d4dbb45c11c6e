/** A run of specs as it was asked for, with what is shown meanwhile. */
import type { TestRun } from '../../contract/testing.ts';
import { plural } from '../../report/quantity.ts';
import { Progress } from '../terminal.ts';
import type { ReportTarget } from '../testReporters.ts';
import { CasePool } from './casePool.ts';
import { runSpecs } from './runSpecs.ts';
import { type Filter, type Selection, type Shard, select } from './select.ts';
import type { LoadedSpec } from './specs.ts';

/** What the options come to. */
export interface TestWish {
  names: readonly string[];
  seeds: number[] | null;
  filter: Filter | null;
  bail: number;
  jobs: number;
  shard: Shard | null;
  reports: ReportTarget[];
  update: boolean;
  ci: boolean;
}

export function selectionOf(specs: readonly LoadedSpec[], { filter, seeds, shard }: TestWish): Selection {
  const selection = select(specs, filter, seeds, shard);
  if (selection.leftOut.length > 0) {
    const [first] = selection.leftOut;
    const more = selection.leftOut.length > 1 ? ` and ${selection.leftOut.length - 1} more` : '';
    process.stderr.write(`left out, having snapshots only and those of other seeds: ${first}${more}\n`);
  }
  return selection;
}

/** Run, and show how far it is. */
export async function runSelection(
  { specs, cases, shard }: Selection,
  { bail, update, ci, jobs }: TestWish,
  signal: AbortSignal,
): Promise<TestRun> {
  const pool = new CasePool(jobs, cases.length, signal);
  const progress = new Progress(true);
  let nrFailed = 0;
  const removed: string[] = [];
  const show = (done: number): void => {
    const failed = nrFailed === 0 ? '' : `, ${nrFailed} failed`;
    progress.show(`${done} of ${plural(cases.length, 'case')} done${failed}`);
  };
  show(0);
  try {
    return await runSpecs(
      specs,
      cases,
      {
        bail,
        update,
        ci,
        shard,
        signal,
        progress: (done, result) => {
          if (result.status !== 'passed') nrFailed++;
          show(done);
        },
        removed: snapshots => removed.push(...snapshots),
      },
      task => pool.run(task),
    );
  } finally {
    progress.clear();
    await pool.close();
    for (const snapshot of removed) process.stderr.write(`removed ${snapshot}\n`);
  }
}
