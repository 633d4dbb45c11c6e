/** Runs what a class handed in, as far as it was not run before. */
import type { AssignmentPlan } from '../../contract/assignment.ts';
import type { GradeJob } from '../../harness/coursework/job.ts';
import { plural } from '../../report/quantity.ts';
import { engineVersion } from '../store/engineVersion.ts';
import { Progress } from '../terminal.ts';
import { type CollectedSubmission, collect, type LoadedTask } from './collect.ts';
import type { Done } from './pool.ts';
import type { ResultStore } from './resultStore.ts';
import type { Submission } from './submissions.ts';

export interface Marking {
  plan: AssignmentPlan;
  tasks: readonly LoadedTask[];
  submissions: readonly Submission[];
  store: ResultStore;
  /** Of them so many are marked at once. */
  workers: number;
  /** @returns whether all are done */
  run: (batches: AsyncGenerator<GradeJob[]>, done: Done) => Promise<boolean>;
}

/**
 * Every result that is wanted is in the store then. A submission is read when its turn comes, and forgotten when it was run.
 *
 * @returns what was handed in, in the order of the submissions; null when not all were run
 */
export async function mark(marking: Marking): Promise<CollectedSubmission[] | null> {
  const { submissions, store, workers, run } = marking;
  const all: CollectedSubmission[] = [];
  const progress = new Shown(submissions.length, workers);
  try {
    const finished = await run(jobsOf(marking, all, progress), ({ key }, result) => {
      store.keep(key, result);
      progress.ran();
    });
    return finished ? all : null;
  } finally {
    progress.clear();
  }
}

/** What each submission has to be run for, in turn. @param all  gets what is remembered of it */
async function* jobsOf(
  { submissions, plan, tasks, store }: Marking,
  all: CollectedSubmission[],
  progress: Shown,
): AsyncGenerator<GradeJob[]> {
  const asked = new Set<string>();
  const engine = engineVersion();
  for (const submission of submissions) {
    const { collected, jobs } = await collect(submission, plan, tasks, engine);
    all.push(collected);
    const wanted: GradeJob[] = [];
    for (const job of jobs) {
      if (store.has(job.key) || asked.has(job.key)) continue;
      asked.add(job.key);
      wanted.push(job);
    }
    progress.begun(wanted.length > 0);
    if (wanted.length > 0) yield wanted;
  }
}

/** How far it is, and how long it will take at this pace. */
class Shown {
  private readonly line = new Progress(true);
  private readonly nrSubmissions: number;
  private readonly workers: number;
  private readonly startedAt = performance.now();
  private nrBegun = 0;
  /** Of those that something is run for. */
  private nrRun = 0;
  private runs = 0;

  constructor(nrSubmissions: number, workers: number) {
    this.nrSubmissions = nrSubmissions;
    this.workers = workers;
  }

  begun(isRun: boolean): void {
    this.nrBegun++;
    if (isRun) this.nrRun++;
    this.show();
  }

  ran(): void {
    this.runs++;
    this.show();
  }

  clear(): void {
    this.line.clear();
  }

  private show(): void {
    const { nrSubmissions, nrBegun, nrRun, runs, workers } = this;
    // Those at hand are half done.
    const done = nrRun - workers / 2;
    const each = (performance.now() - this.startedAt) / done;
    const left = done < workers ? '' : `, ${timeText((nrSubmissions - nrBegun + workers / 2) * each)} left`;
    this.line.show(
      `marking: ${nrBegun} of ${plural(nrSubmissions, 'submission')}, ${plural(runs, 'run')}${left}`,
    );
  }
}

function timeText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600
    ? `${Math.ceil(seconds / 60)} min`
    : `${Math.floor(seconds / 3600)} h ${Math.ceil((seconds % 3600) / 60)} min`;
}
