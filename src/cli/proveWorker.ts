/** A process of ProverPool: plays what it is sent, until its parent has no more to say. */
import { runProver } from '../harness/prove.ts';
import { explainFailure } from './failure.ts';
import type { FromWorker, ProverTask } from './proverPool.ts';
import { version } from './root.ts';
import { startSandbox } from './sandbox.ts';

const controller = new AbortController();

// The terminal tells the whole group; the parent decides, and ends this by hanging up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => controller.abort());
process.on('message', (task: ProverTask) => void play(task));

async function play({ plan, who, policy, ...input }: ProverTask): Promise<void> {
  const say = (message: FromWorker): void => {
    if (process.connected) process.send!(message);
  };
  try {
    const run = await runProver(plan, who, policy, {
      ...input,
      startSandbox,
      progress: done => say({ kind: 'progress', done }),
      signal: controller.signal,
    });
    say({ kind: 'done', run });
  } catch (error) {
    say({ kind: 'threw', ...explainFailure(error, version, process.argv.slice(2)) });
  }
}
