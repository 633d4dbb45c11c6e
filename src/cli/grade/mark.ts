/** Runs what a class handed in, as far as it was not run before. */
import type { AssignmentPlan } from '../../contract/assignment.ts';
import type { GradeJob } from '../../harness/coursework/job.ts';
import { engineVersion } from '../store/engineVersion.ts';
import { type CollectedSubmission, collect, type LoadedTask } from './collect.ts';
import type { MarkingLine } from './line.ts';
import type { Done } from './pool.ts';
import type { ResultStore } from './resultStore.ts';
import type { Submission } from './submissions.ts';

export interface Marking {
  plan: AssignmentPlan;
  tasks: readonly LoadedTask[];
  submissions: readonly Submission[];
  store: ResultStore;
  line: MarkingLine;
  /** @returns whether all are done */
  run: (batches: AsyncGenerator<GradeJob[]>, done: Done) => Promise<boolean>;
}

/**
 * Every result that is wanted is in the store then. A submission is read when its turn comes, and forgotten when it was run.
 *
 * @returns what was handed in, in the order of the submissions; null when not all were run
 */
export async function mark(marking: Marking): Promise<CollectedSubmission[] | null> {
  const { store, line, run } = marking;
  const all: CollectedSubmission[] = [];
  try {
    const finished = await run(jobsOf(marking, all), ({ key }, result) => {
      store.keep(key, result);
      line.ran();
    });
    return finished ? all : null;
  } finally {
    line.clear();
  }
}

/** What each submission has to be run for, in turn. @param all  gets what is remembered of it */
async function* jobsOf(
  { submissions, plan, tasks, store, line }: Marking,
  all: CollectedSubmission[],
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
    line.begun(wanted.length);
    if (wanted.length > 0) yield wanted;
  }
}

/**
 * Of these those that were marked before, wholly: a part of the class is marked anew, and the tables are of all.
 *
 * @returns null for each of the others
 */
export async function markedBefore(
  submissions: readonly Submission[],
  { plan, tasks, store }: Pick<Marking, 'plan' | 'tasks' | 'store'>,
): Promise<(CollectedSubmission | null)[]> {
  const engine = engineVersion();
  const found: (CollectedSubmission | null)[] = [];
  for (const submission of submissions) {
    const { collected, jobs } = await collect(submission, plan, tasks, engine);
    found.push(jobs.every(({ key }) => store.isKept(key)) ? collected : null);
  }
  return found;
}
