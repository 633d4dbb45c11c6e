/** Processes that share a queue of jobs: none holds up another. */
import type { ChallengeResult } from '../../contract/grading.ts';
import type { GradeJob } from '../../harness/coursework/job.ts';
import { Marker, type NamedChallenge } from './marker.ts';

export interface PoolOptions {
  workers: number;
  challenges: readonly NamedChallenge[];
  /** Longest time that one job may take; then its process is killed. */
  limitMs: number;
  signal?: AbortSignal;
}

/**
 * Run all jobs.
 *
 * @param done  gets each result once, in the order in which they are finished
 * @returns     whether all are done: false when `signal` ended it
 */
export async function runJobs(
  jobs: readonly GradeJob[],
  { workers, challenges, limitMs, signal }: PoolOptions,
  done: (job: GradeJob, result: ChallengeResult) => void,
): Promise<boolean> {
  const waiting = jobs.values();
  const markers = Array.from({ length: Math.min(workers, jobs.length) }, () => new Marker());
  const stop = (): void => {
    for (const marker of markers) marker.stop();
  };
  const work = async (marker: Marker): Promise<boolean> => {
    // One iterator for all: each job is taken once.
    for (const job of waiting) {
      const result = await marker.mark(job, challenges, limitMs);
      if (result === null) return false;
      done(job, result);
    }
    return true;
  };
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  try {
    return (await Promise.all(markers.map(work))).every(all => all);
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}
