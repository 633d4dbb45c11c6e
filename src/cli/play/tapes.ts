/** Drawing a long workload takes a while: a thread does it, so that keys are answered meanwhile. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ChallengePlan } from '../../contract/plan.ts';
import type { Tape } from '../../contract/tape.ts';
import { estimateOps } from '../../spec/estimate.ts';
import { compileTape } from '../../workload/compile.ts';
import { WorkloadTooLong } from '../../workload/tapeRows.ts';
import { packageRoot } from '../root.ts';

/** Rows below which a thread would take longer to start than the tape to draw. */
const FEW_ROWS = 60_000;
const WORKER = join(packageRoot, 'dist', 'cli', 'play', 'tapeWorker.js');

export type TapeAnswer = { tape: Tape } | { tooLong: { task: string; message: string } } | { error: Error };

export async function compileAside(plan: ChallengePlan, seed: number): Promise<Tape> {
  const whole = plan.machine.stacks !== undefined || plan.machine.vm !== undefined;
  const { tasks, lengthUs } = plan.workload;
  const rows = tasks.reduce((sum, task) => sum + estimateOps(task, lengthUs, whole), 0);
  if (rows < FEW_ROWS || !existsSync(WORKER)) return compileTape(plan, seed);
  const worker = new Worker(WORKER, { workerData: { plan, seed } });
  worker.unref();
  const answer = await new Promise<TapeAnswer>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  if ('tape' in answer) return answer.tape;
  if ('tooLong' in answer) throw new WorkloadTooLong(answer.tooLong.task, answer.tooLong.message);
  throw answer.error;
}
