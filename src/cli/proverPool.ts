/** Plays the policies of challenges in several processes at once; with one, in this process. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { ChallengePlan, Prover } from '../contract/plan.ts';
import type { PolicySource } from '../contract/policy.ts';
import { type ProverRun, runProver } from '../harness/prove.ts';
import { HostFailure, ToldFailure } from './exit.ts';
import { packageRoot } from './root.ts';
import { startSandbox } from './sandbox.ts';

export interface ProverTask {
  plan: ChallengePlan;
  who: Prover;
  /** Null for one that has none. */
  policy: PolicySource | null;
  challengeName: string;
  seeds: readonly number[];
}

/** What a process says of its task. */
export type FromWorker =
  | { kind: 'progress'; done: number }
  | { kind: 'done'; run: ProverRun | null }
  | { kind: 'threw'; code: number; text: string };

/** Ends of a process that was told to stop and plays on are not waited for longer. */
const STOP_MS = 2_000;

interface Waiting {
  task: ProverTask;
  progress: (done: number) => void;
  resolve: (run: ProverRun | null) => void;
  reject: (error: Error) => void;
}

export class ProverPool {
  private readonly jobs: number;
  private readonly signal: AbortSignal;
  private readonly waiting: Waiting[] = [];
  private readonly idle: ChildProcess[] = [];
  private readonly all = new Set<ChildProcess>();
  /** Who plays in this process, where there is no other. */
  private own: Promise<unknown> = Promise.resolve();

  /** @param jobs processes at most; 1: none but this one */
  constructor(jobs: number, signal: AbortSignal) {
    this.jobs = jobs;
    this.signal = signal;
    signal.addEventListener('abort', () => void this.close());
  }

  /**
   * Play a task when its turn comes: in the order in which they are given.
   *
   * @param progress  gets the number of seeds that are done
   * @returns null once it is aborted
   */
  run(task: ProverTask, progress: (done: number) => void): Promise<ProverRun | null> {
    if (this.jobs === 1) {
      const { plan, who, policy, ...input } = task;
      const turn = this.own.then(() =>
        this.signal.aborted
          ? null
          : runProver(plan, who, policy, { ...input, startSandbox, progress, signal: this.signal }),
      );
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
    for (const { resolve } of this.waiting.splice(0)) resolve(null);
    await Promise.all([...this.all].map(stopped));
  }

  private next(): void {
    if (this.waiting.length === 0) return;
    if (this.signal.aborted) {
      for (const { resolve } of this.waiting.splice(0)) resolve(null);
      return;
    }
    const worker = this.idle.pop() ?? (this.all.size < this.jobs ? this.start() : null);
    if (worker === null) return;
    this.give(worker, this.waiting.shift()!);
  }

  private start(): ChildProcess {
    const worker = fork(join(packageRoot, 'dist', 'cli', 'proveWorker.js'), process.argv.slice(2), {
      serialization: 'advanced',
    });
    this.all.add(worker);
    worker.once('exit', () => this.all.delete(worker));
    return worker;
  }

  private give(worker: ChildProcess, { task, progress, resolve, reject }: Waiting): void {
    const settle = (): void => {
      worker.removeAllListeners('message');
      worker.off('exit', died);
      this.next();
    };
    const died = (code: number | null, signal: string | null): void => {
      settle();
      if (this.signal.aborted) {
        resolve(null);
        return;
      }
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      reject(
        new HostFailure(
          `a process that played ${task.plan.id} ended ${how}: free some memory, or try again with --jobs 1`,
        ),
      );
    };
    worker.once('exit', died);
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'progress') {
        progress(message.done);
        return;
      }
      this.idle.push(worker);
      settle();
      if (message.kind === 'done') resolve(message.run);
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
