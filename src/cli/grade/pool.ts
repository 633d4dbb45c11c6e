/** Processes that share what is to be marked: none holds up another. */
import type { ChallengeResult } from '../../contract/grading.ts';
import type { GradeJob } from '../../harness/coursework/job.ts';
import { Marker, type NamedChallenge, type WorkerCommand } from './marker.ts';

export interface PoolOptions {
  workers: number;
  challenges: readonly NamedChallenge[];
  /** Longest time that one job may take; then its process is killed. */
  limitMs: number;
  signal?: AbortSignal;
  /** What is started as a worker; for tests. */
  command?: WorkerCommand;
}

/** Jobs of one owner at a time: asked for when there is somebody to run them, so that not all are in memory at once. */
export type Batches = AsyncIterator<GradeJob[]>;

/** Gets each result once, in the order in which they are finished. */
export type Done = (job: GradeJob, result: ChallengeResult) => void;

/** A process, and the jobs that it takes its next from. */
interface Hand {
  marker: Marker;
  batch: GradeJob[];
}

/**
 * Run all jobs. Those of one owner stay with one process, as long as others have something to do.
 *
 * @returns whether all are done: false when `signal` ended it
 * @throws HostFailure  no worker can be started; and what `batches` and `done` throw
 */
export async function runJobs(
  batches: Batches,
  { workers, challenges, limitMs, signal, command }: PoolOptions,
  done: Done,
): Promise<boolean> {
  const hands = Array.from({ length: workers }, (): Hand => ({ marker: new Marker(command), batch: [] }));
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    for (const { marker } of hands) marker.stop();
  };
  // Generators take one question at a time.
  let asking: Promise<unknown> = Promise.resolve();
  const nextBatch = (): Promise<GradeJob[]> => {
    const next = asking.then(async () => {
      for (;;) {
        const { value, done: none } = await batches.next();
        if (none) return shareOf(hands);
        if (value.length > 0) return value;
      }
    });
    asking = next.catch(() => {});
    return next;
  };
  const work = async (hand: Hand): Promise<boolean> => {
    for (;;) {
      if (stopped) return false;
      if (hand.batch.length === 0) hand.batch = await nextBatch();
      const job = hand.batch.shift();
      if (job === undefined) {
        hand.marker.stop();
        return true;
      }
      const result = await hand.marker.mark(job, challenges, limitMs);
      if (result === null) return false;
      done(job, result);
    }
  };
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  try {
    return (await Promise.all(hands.map(work))).every(all => all);
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
    await batches.return?.();
  }
}

/** Half of what one of them has before it, so that nobody is idle at the end. */
function shareOf(hands: readonly Hand[]): GradeJob[] {
  const longest = hands.reduce((most, hand) => (hand.batch.length > most.batch.length ? hand : most));
  return longest.batch.splice(longest.batch.length >> 1);
}
