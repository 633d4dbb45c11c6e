/** Tasks that are played in several processes at once; with one, in this process. */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { SINGLE_THREADED } from '../harness/sandbox/childProcess.ts';
import { BadInput, HostFailure, ToldFailure } from './exit.ts';
import { packageRoot } from './root.ts';

/** What a process says of its task. */
export type FromWorker<Result> =
  | { kind: 'progress'; done: number }
  | { kind: 'done'; result: Result | null }
  | { kind: 'threw'; code: number; text: string };

/** One kind of work. */
export interface Work<Task, Result> {
  /** Script of the processes, in dist/cli. */
  script: string;
  /** For messages. */
  nameOf(task: Task): string;
  /** Do it in this process; null once it is aborted. */
  own(task: Task, progress: (done: number) => void): Promise<Result | null>;
}

/** Ends of a process that was told to stop and plays on are not waited for longer. */
const STOP_MS = 2_000;

interface Waiting<Task, Result> {
  task: Task;
  progress: (done: number) => void;
  resolve: (result: Result | null) => void;
  reject: (error: Error) => void;
}

export class WorkerPool<Task extends object, Result> {
  private readonly jobs: number;
  private readonly work: Work<Task, Result>;
  private readonly signal: AbortSignal;
  private readonly waiting: Waiting<Task, Result>[] = [];
  private readonly idle: ChildProcess[] = [];
  private readonly all = new Set<ChildProcess>();
  private closed = false;
  /** Who plays in this process, where there is no other. */
  private own: Promise<unknown> = Promise.resolve();

  /** @param jobs processes at most; 1: none but this one */
  constructor(jobs: number, work: Work<Task, Result>, signal: AbortSignal) {
    this.jobs = jobs;
    this.work = work;
    this.signal = signal;
    signal.addEventListener('abort', () => void this.close());
  }

  /**
   * Play a task when its turn comes: in the order in which they are given.
   *
   * @param progress  gets how much of it is done
   * @returns null once it is aborted, or the pool closed
   */
  run(task: Task, progress: (done: number) => void = () => undefined): Promise<Result | null> {
    if (this.jobs === 1) {
      const turn = this.own.then(() => (this.isOver ? null : this.work.own(task, progress)));
      this.own = turn.catch(() => undefined);
      return turn;
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ task, progress, resolve, reject });
      this.next();
    });
  }

  /** No process is left when this is done; what still waits or plays is null. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { resolve } of this.waiting.splice(0)) resolve(null);
    await Promise.all([...this.all].map(stopped));
  }

  private get isOver(): boolean {
    return this.closed || this.signal.aborted;
  }

  private next(): void {
    if (this.waiting.length === 0) return;
    if (this.isOver) {
      for (const { resolve } of this.waiting.splice(0)) resolve(null);
      return;
    }
    const worker = this.idle.pop() ?? (this.all.size < this.jobs ? this.start() : null);
    if (worker === null) return;
    this.give(worker, this.waiting.shift()!);
  }

  private start(): ChildProcess {
    const worker = fork(join(packageRoot, 'dist', 'cli', this.work.script), process.argv.slice(2), {
      serialization: 'advanced',
      // There is one for each core, and a sandbox for each of them.
      execArgv: [...process.execArgv, SINGLE_THREADED],
    });
    this.all.add(worker);
    worker.once('exit', () => this.all.delete(worker));
    return worker;
  }

  private give(worker: ChildProcess, { task, progress, resolve, reject }: Waiting<Task, Result>): void {
    const settle = (): void => {
      worker.removeAllListeners('message');
      worker.off('exit', died);
      this.next();
    };
    const died = (code: number | null, signal: string | null): void => {
      settle();
      if (this.isOver) {
        resolve(null);
        return;
      }
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      reject(
        new HostFailure(
          `a process that played ${this.work.nameOf(task)} ended ${how}: free some memory, or try again with --jobs 1`,
        ),
      );
    };
    worker.once('exit', died);
    worker.on('message', (message: FromWorker<Result>) => {
      if (message.kind === 'progress') {
        progress(message.done);
        return;
      }
      this.idle.push(worker);
      settle();
      if (message.kind === 'done') resolve(message.result);
      else reject(new ToldFailure(message.code, message.text));
    });
    worker.send(task);
  }
}

/** A worker ends its sandbox and itself when nobody listens any more. */
async function stopped(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const gone = new Promise<void>(resolve => worker.once('exit', () => resolve()));
  const late = setTimeout(() => worker.kill('SIGKILL'), STOP_MS);
  if (worker.connected) worker.disconnect();
  await gone;
  clearTimeout(late);
}

/** `--jobs`; without it, the cores that this process may use. @throws BadInput */
export function parseJobs(text: string | undefined): number {
  if (text === undefined) return availableParallelism();
  const jobs = Number(text);
  if (/^\d+$/.test(text) && jobs >= 1 && jobs <= 256) return jobs;
  throw new BadInput(`${JSON.stringify(text)} is no number of processes: write --jobs 4, 1 to 256`);
}
