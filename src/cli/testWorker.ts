/** A process of CasePool. */
import { type CaseEnd, CaseRunner, type CaseTask } from '../harness/testing/runCase.ts';
import { testWords } from '../report/testing/words.ts';
import { startCrowdedSandbox } from './sandbox.ts';
import { workForPool } from './workerProcess.ts';

let runner: CaseRunner | null = null;

workForPool<CaseTask, CaseEnd>((task, _, signal) => {
  runner ??= new CaseRunner(startCrowdedSandbox, testWords, signal);
  return runner.run(task);
});
