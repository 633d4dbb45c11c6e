/** Runs cases of specs in several processes at once; with one, in this process. */
import { type CaseEnd, CaseRunner, type CaseTask } from '../../harness/testing/runCase.ts';
import { testWords } from '../../report/testing/words.ts';
import { startSandbox } from '../sandbox.ts';
import { WorkerPool } from '../workerPool.ts';

/** Fewer cases than this are over sooner than other processes have started. */
const WORTH_A_PROCESS = 4;

export class CasePool {
  private readonly pool: WorkerPool<CaseTask, CaseEnd>;
  private readonly runner: CaseRunner;
  private readonly controller = new AbortController();

  /** @param jobs processes at most, for so many cases */
  constructor(jobs: number, nrCases: number, outer: AbortSignal) {
    const { signal } = this.controller;
    if (outer.aborted) this.controller.abort();
    outer.addEventListener('abort', () => this.controller.abort());
    this.runner = new CaseRunner(startSandbox, testWords, signal);
    const work = {
      script: 'testWorker.js',
      nameOf: ({ plan, seed }: CaseTask) => `seed ${seed} of ${plan.id}`,
      own: (task: CaseTask) => this.runner.run(task),
    };
    this.pool = new WorkerPool(nrCases < WORTH_A_PROCESS ? 1 : Math.min(jobs, nrCases), work, signal);
  }

  async run(task: CaseTask): Promise<CaseEnd> {
    return (await this.pool.run(task)) ?? { kind: 'aborted' };
  }

  /** What is still run is stopped: after a bail nobody wants it. */
  async close(): Promise<void> {
    this.controller.abort();
    await Promise.all([this.pool.close(), this.runner.close()]);
  }
}
