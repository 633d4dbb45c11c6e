/** A process that plays what is to be marked, one job at a time. One that dies or hangs is replaced, and takes its job down twice at most. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { ChallengeResult } from '../../contract/grading.ts';
import type { ChallengePlan } from '../../contract/plan.ts';
import type { GradeJob } from '../../harness/coursework/job.ts';
import { SINGLE_THREADED } from '../../harness/sandbox/childProcess.ts';
import { HostFailure } from '../exit.ts';
import { packageRoot } from '../root.ts';
import type { FromWorker, ToWorker } from './workerProcess.ts';

/** A challenge as jobs mean it, and as reproduction lines name it. */
export interface NamedChallenge {
  plan: ChallengePlan;
  name: string;
}

export interface WorkerCommand {
  file: string;
  args: string[];
}

const WORKER: WorkerCommand = { file: join(packageRoot, 'bin', 'oomph.js'), args: ['worker', '--pipe'] };

/** Tries of a job whose process died. */
const TRIES = 2;
/** Processes in a row that may die before they said a word: something is wrong that another one will not mend. */
const STILLBORN = 3;

/** What came of a try. */
type Ended =
  | { kind: 'done'; result: ChallengeResult }
  | { kind: 'died'; how: string }
  | { kind: 'late' }
  | { kind: 'stopped' };

const failure = (message: string): ChallengeResult => ({ kind: 'infrastructure', message, diagnostics: [] });

export class Marker {
  private child: ChildProcess | null = null;
  /** What the child was told last; jobs count in it. */
  private told: readonly NamedChallenge[] | null = null;
  private stopped = false;
  /** The child is there, and takes jobs. */
  private greeted = false;
  private readonly command: WorkerCommand;
  /** Ends the try that is under way. */
  private end: ((ended: Ended) => void) | null = null;

  /** @param command  what is started as a worker; another one for tests */
  constructor(command: WorkerCommand = WORKER) {
    this.command = command;
  }

  /**
   * @param challenges  what the job's `challenge` counts in; the same array for all jobs of an assignment
   * @param limitMs     longest time that it may take; then its process is killed
   * @returns           null when it was stopped
   * @throws HostFailure  processes end before they take a job
   */
  async mark(
    job: GradeJob,
    challenges: readonly NamedChallenge[],
    limitMs: number,
  ): Promise<ChallengeResult | null> {
    let how = '';
    let stillborn = 0;
    for (let tried = 0; tried < TRIES; ) {
      if (this.stopped) return null;
      const ended = await this.tryOnce(job, challenges, limitMs);
      if (ended.kind === 'done') return ended.result;
      this.kill();
      if (ended.kind === 'stopped') return null;
      // What took too long once takes too long again, and everybody else waits.
      if (ended.kind === 'late') return failure(`it took longer than ${limitMs / 1000} s`);
      how = ended.how;
      if (this.greeted) tried++;
      else if (++stillborn === STILLBORN) {
        throw new HostFailure(
          `worker processes end before they take anything (${how}), ${STILLBORN} in a row: see what they say above, and whether the machine has memory and processes left. What was marked is kept`,
        );
      }
    }
    return failure(`its worker ended ${TRIES} times (${how})`);
  }

  /** End the job that is under way, and the process: whoever waits for a result gets null. */
  stop(): void {
    this.stopped = true;
    this.end?.({ kind: 'stopped' });
    this.kill();
  }

  private tryOnce(job: GradeJob, challenges: readonly NamedChallenge[], limitMs: number): Promise<Ended> {
    const child = this.living() ?? this.start();
    return new Promise(resolve => {
      const timer = setTimeout(() => settle({ kind: 'late' }), limitMs);
      const settle = (ended: Ended): void => {
        clearTimeout(timer);
        this.end = null;
        child.removeAllListeners();
        // Its pipe may break at any time, also between jobs.
        child.on('error', () => {});
        resolve(ended);
      };
      this.end = settle;
      child.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') {
          this.greeted = true;
          // What the process took to start is not the job's.
          timer.refresh();
        }
        if (message.kind === 'done' && message.key === job.key)
          settle({ kind: 'done', result: message.result });
      });
      child.on('error', error => settle({ kind: 'died', how: error.message }));
      child.on('exit', (code, by) => settle({ kind: 'died', how: by ?? `code ${code}` }));
      if (this.told !== challenges) this.send({ kind: 'begin', challenges });
      this.told = challenges;
      this.send({ kind: 'job', job });
    });
  }

  /** It may have died between two jobs, when nobody listened. */
  private living(): ChildProcess | null {
    const { child } = this;
    return child !== null && child.exitCode === null && child.signalCode === null ? child : null;
  }

  private start(): ChildProcess {
    const { file, args } = this.command;
    this.child = fork(file, args, {
      // There is one for each core, and a sandbox for each of them.
      execArgv: [...process.execArgv, SINGLE_THREADED],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.told = null;
    this.greeted = false;
    return this.child;
  }

  /** A process that is gone says so by itself. */
  private send(message: ToWorker): void {
    this.child?.send(message, () => {});
  }

  private kill(): void {
    this.child?.kill('SIGKILL');
    this.child = null;
  }
}
