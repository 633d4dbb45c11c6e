import { explainFailure } from './failure.ts';
import { version } from './root.ts';
import type { FromWorker } from './workerPool.ts';

/**
 * Be a process of a WorkerPool: play what is sent, until the parent has no more to say.
 *
 * @param play  null once it is aborted
 */
export function workForPool<Task, Result>(
  play: (task: Task, progress: (done: number) => void, signal: AbortSignal) => Promise<Result | null>,
): void {
  const controller = new AbortController();
  const say = (message: FromWorker<Result>): void => {
    // The parent may hang up at any moment, and then nobody is there to be told.
    if (process.connected) process.send!(message, () => undefined);
  };
  // The terminal tells the whole group; the parent decides, and ends this by hanging up.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.on('disconnect', () => controller.abort());
  process.on('message', (task: Task) => {
    play(task, done => say({ kind: 'progress', done }), controller.signal).then(
      result => say({ kind: 'done', result }),
      error => say({ kind: 'threw', ...explainFailure(error, version, process.argv.slice(2)) }),
    );
  });
}
