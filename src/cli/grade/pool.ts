/** Worker processes that share a queue of jobs. One that dies or hangs takes its job down twice at most, and nobody else's. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { ChallengeResult } from '../../contract/grading.ts';
import type { ChallengePlan } from '../../contract/plan.ts';
import type { GradeJob } from '../../harness/coursework/job.ts';
import { packageRoot } from '../root.ts';
import type { FromWorker, ToWorker } from './workerProcess.ts';

export interface PoolOptions {
  workers: number;
  challenges: { plan: ChallengePlan; name: string }[];
  /** Longest time that one job may take; then its worker is killed. */
  limitMs: number;
  signal?: AbortSignal;
}

interface Worker {
  child: ChildProcess;
  job: GradeJob | null;
  timer: NodeJS.Timeout | null;
  /** It was killed for taking too long. */
  late: boolean;
}

/** Tries of a job whose worker died. */
const TRIES = 2;

/**
 * Run all jobs.
 *
 * @param done  gets each result once, in the order in which they are finished
 * @returns     whether all are done: false when `signal` ended it
 */
export function runJobs(
  jobs: readonly GradeJob[],
  options: PoolOptions,
  done: (job: GradeJob, result: ChallengeResult) => void,
): Promise<boolean> {
  const { challenges, limitMs, signal } = options;
  const waiting = [...jobs].reverse();
  const tries = new Map<string, number>();
  const workers = new Set<Worker>();
  let left = jobs.length;
  return new Promise((resolve, reject) => {
    const finish = (all: boolean): void => {
      signal?.removeEventListener('abort', aborted);
      for (const worker of workers) stop(worker);
      workers.clear();
      resolve(all);
    };
    const aborted = (): void => finish(false);
    const failed = (error: unknown): void => {
      for (const worker of workers) stop(worker);
      workers.clear();
      reject(error);
    };
    const take = (worker: Worker): void => {
      const job = waiting.pop();
      worker.job = job ?? null;
      if (job === undefined) return;
      worker.timer = setTimeout(() => {
        worker.late = true;
        worker.child.kill('SIGKILL');
      }, limitMs);
      send(worker, { kind: 'job', job });
    };
    const deliver = (job: GradeJob, result: ChallengeResult): void => {
      try {
        done(job, result);
      } catch (error) {
        failed(error);
        return;
      }
      if (--left === 0) finish(true);
    };
    const ended = (worker: Worker, how: string): void => {
      if (!workers.delete(worker)) return;
      if (worker.timer !== null) clearTimeout(worker.timer);
      const { job } = worker;
      if (job !== null) {
        const tried = (tries.get(job.key) ?? 0) + 1;
        tries.set(job.key, tried);
        // What took too long once takes too long again, and everybody else waits.
        if (worker.late || tried === TRIES) {
          const why = worker.late
            ? `it took longer than ${limitMs / 1000} s`
            : `its worker ended ${TRIES} times (${how})`;
          deliver(job, { kind: 'infrastructure', message: why, diagnostics: [] });
        } else waiting.push(job);
      }
      if (left > 0 && !signal?.aborted && waiting.length > 0) start();
    };
    const start = (): void => {
      const child = fork(join(packageRoot, 'bin', 'oomph.js'), ['worker', '--pipe'], {
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      const worker: Worker = { child, job: null, timer: null, late: false };
      workers.add(worker);
      child.on('message', (message: FromWorker) => {
        if (message.kind === 'done') {
          if (worker.timer !== null) clearTimeout(worker.timer);
          const { job } = worker;
          worker.job = null;
          if (job === null || job.key !== message.key) return;
          deliver(job, message.result);
        }
        if (left > 0 && workers.has(worker)) take(worker);
      });
      child.on('error', error => ended(worker, error.message));
      child.on('exit', (code, by) => ended(worker, by ?? `code ${code}`));
      send(worker, { kind: 'begin', challenges });
    };
    if (jobs.length === 0) {
      resolve(true);
      return;
    }
    if (signal?.aborted) {
      resolve(false);
      return;
    }
    signal?.addEventListener('abort', aborted);
    for (let i = 0; i < Math.min(options.workers, jobs.length); i++) start();
  });
}

/** A worker that is gone says so by itself. */
function send({ child }: Worker, message: ToWorker): void {
  child.send(message, () => {});
}

function stop({ child, timer }: Worker): void {
  if (timer !== null) clearTimeout(timer);
  child.removeAllListeners('exit');
  child.on('error', () => {});
  child.kill('SIGKILL');
}
