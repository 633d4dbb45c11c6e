/** Takes jobs of whatever graders are at a Redis, and marks them in processes of this machine. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { ChallengeResult } from '../../../contract/grading.ts';
import type { GradeJob } from '../../../harness/coursework/job.ts';
import { BadInput, HostFailure } from '../../exit.ts';
import { Marker, type NamedChallenge } from '../marker.ts';
import type { QueueAddress } from './address.ts';
import { buildOf } from './build.ts';
import { connect, type Tell } from './connection.ts';
import { queueName } from './jobs.ts';
import { isReady } from './ready.ts';
import { Registry, type RunRecord } from './registry.ts';
import { Trouble } from './trouble.ts';
import { unless } from './unless.ts';

export interface WorkOptions {
  address: QueueAddress;
  /** Jobs at once. */
  slots: number;
  /** A job whose worker was not heard of for so long is another's. */
  lockMs: number;
  /** End after so long without a job; Infinity: never. */
  idleMs: number;
  signal: AbortSignal;
  tell: Tell;
}

/** Look for runs and for jobs so often where there are none. */
const LOOK_MS = 1000;
const TICK_MS = 200;
/** A job that lost so many workers is at fault itself. */
const MAX_LOST = 5;
/** Jobs that are under way when we are told to stop may take so long, then they are given back. */
const FINISH_MS = 5000;
const LEAVE_MS = 2000;

/** @returns how many jobs were marked, once `signal` ends it or nothing came for long */
export async function workForQueue(options: WorkOptions): Promise<number> {
  const redis = await connect(options.address, options.tell);
  const worker = new QueueWorker(redis, options);
  try {
    await worker.refuseOthers();
    await worker.work();
    return worker.marked;
  } finally {
    await Promise.race([worker.leave(), sleep(LEAVE_MS, undefined, { ref: false })]);
    worker.disconnect();
    redis.disconnect();
  }
}

/** A run that this worker takes part in. */
interface Run {
  id: string;
  record: RunRecord;
  challenges: NamedChallenge[];
  queue: Worker;
}

interface Taken {
  run: Run;
  job: Job;
  token: string;
}

class QueueWorker {
  marked = 0;
  private readonly redis: Redis;
  private readonly options: WorkOptions;
  private readonly registry: Registry;
  private readonly build = buildOf();
  private readonly id = randomUUID();
  private readonly runs = new Map<string, Run>();
  private readonly said = new Set<string>();
  private readonly trouble: Trouble;
  private readonly markers = new Set<Marker>();
  private nrTokens = 0;
  /** One look for jobs at a time; after one in vain nobody looks for a moment. */
  private looking: Promise<unknown> = Promise.resolve();
  private emptyUntil = 0;
  private busy = 0;
  private idleSince = performance.now();
  private failure: HostFailure | null = null;
  private readonly ending = new AbortController();

  constructor(redis: Redis, options: WorkOptions) {
    this.redis = redis;
    this.options = options;
    this.registry = new Registry(redis, options.address.prefix);
    this.trouble = new Trouble(options.tell);
  }

  /** Where all graders are of another oomph, there is nothing to do here. @throws BadInput */
  async refuseOthers(): Promise<void> {
    const runs = await this.registry.runs();
    const others: string[] = [];
    for (const [id, record] of runs) {
      if (record === null || !(await this.registry.hasGrader(id))) continue;
      if (record.build === this.build) return;
      others.push(`${record.build} on ${record.host}`);
    }
    if (others.length > 0) {
      throw new BadInput(
        `this is oomph ${this.build}, and what is to be marked at ${this.options.address.shown} is of ${others.join(', ')}: another oomph could give other marks. Install the same here`,
      );
    }
  }

  async work(): Promise<void> {
    const { signal, slots, tell, address } = this.options;
    tell(`${slots} at once, oomph ${this.build}: waiting for what is to be marked at ${address.shown}`);
    signal.addEventListener('abort', () => void this.end(), { once: true });
    if (signal.aborted) this.ending.abort();
    const looking = this.lookForRuns();
    await Promise.all(Array.from({ length: slots }, (_, i) => this.slot(i)));
    this.ending.abort();
    await Promise.race([looking, sleep(LEAVE_MS, undefined, { ref: false })]);
    if (this.failure !== null) throw this.failure;
  }

  async leave(): Promise<void> {
    await Promise.allSettled([this.looking, this.registry.dropWorker(this.id)]);
    await this.registry
      .runs()
      .then(there => this.dropEnded(there))
      .catch(() => {});
  }

  /** Forget the runs whose grader removed them. */
  private async dropEnded(there: ReadonlyMap<string, unknown>): Promise<void> {
    for (const [id, { queue }] of this.runs) {
      if (there.has(id)) continue;
      this.runs.delete(id);
      await queue.close(true);
      // A look for lost jobs may have come after the grader removed everything.
      await this.redis.del(queue.toKey('meta'));
    }
  }

  disconnect(): void {
    for (const { queue } of this.runs.values()) void queue.close(true).catch(() => {});
  }

  private async end(): Promise<void> {
    this.ending.abort();
    if (this.busy > 0) {
      this.options.tell(
        `${this.busy === 1 ? 'the job' : `${this.busy} jobs`} under way may take ${FINISH_MS / 1000} s, then others take over`,
      );
    }
    await sleep(FINISH_MS, undefined, { ref: false });
    for (const marker of this.markers) marker.stop();
  }

  private async lookForRuns(): Promise<void> {
    const { slots } = this.options;
    while (!this.ending.signal.aborted) {
      try {
        await this.registry.putWorker(this.id, {
          build: this.build,
          host: hostname(),
          pid: process.pid,
          slots,
        });
        const there = await this.registry.runs();
        for (const [id, record] of there) await this.meet(id, record);
        await this.dropEnded(there);
        this.trouble.over();
      } catch (error) {
        this.trouble.met(error);
      }
      if (this.busy > 0) this.idleSince = performance.now();
      else if (performance.now() - this.idleSince > this.options.idleMs) this.ending.abort();
      await unless(this.ending.signal, sleep(LOOK_MS));
    }
  }

  private async meet(id: string, record: RunRecord | null): Promise<void> {
    const known = this.runs.get(id);
    if (record === null) {
      if (!(await this.registry.hasGrader(id))) await this.removeForgotten(id);
      return;
    }
    if (known !== undefined) {
      known.record = record;
      return;
    }
    const { tell, address, lockMs } = this.options;
    if (record.build !== this.build) {
      if (!this.said.has(id)) {
        tell(
          `not taking part in "${record.title}" of ${record.host}: it is of oomph ${record.build}, this is ${this.build}`,
        );
      }
      this.said.add(id);
      return;
    }
    const challenges = await this.registry.challenges(id);
    if (challenges === null) return;
    const queue = new Worker(queueName(id), null, {
      connection: this.redis,
      prefix: address.prefix,
      autorun: false,
      skipVersionCheck: true,
      lockDuration: lockMs,
      stalledInterval: Math.ceil(lockMs / 3),
      maxStalledCount: MAX_LOST - 1,
    });
    queue.on('error', error => this.trouble.met(error));
    if (!(await isReady(queue))) return;
    await queue.startStalledCheckTimer();
    this.runs.set(id, { id, record, challenges, queue });
    this.emptyUntil = 0;
    tell(`taking part in "${record.title}" of ${record.host}`);
  }

  /** A run whose grader never came back. */
  private async removeForgotten(id: string): Promise<void> {
    const { prefix } = this.options.address;
    const queue = new Queue(queueName(id), { connection: this.redis, prefix, skipVersionCheck: true });
    queue.on('error', () => {});
    if (!(await isReady(queue))) return;
    await queue.obliterate({ force: true });
    await this.registry.dropRun(id);
  }

  /** One job after another. */
  private async slot(nr: number): Promise<void> {
    let marker: Marker | null = null;
    while (!this.ending.signal.aborted) {
      const taken = await this.take(nr);
      if (taken === null) {
        await sleep(TICK_MS);
        continue;
      }
      if (marker === null) {
        marker = new Marker();
        this.markers.add(marker);
      }
      this.busy++;
      const usable = await this.play(taken, marker);
      this.busy--;
      this.idleSince = performance.now();
      if (usable) continue;
      this.markers.delete(marker);
      marker = null;
    }
    marker?.stop();
  }

  /** The next job of any run; where there are several, slots are shared among them. */
  private take(nr: number): Promise<Taken | null> {
    const look = async (): Promise<Taken | null> => {
      if (performance.now() < this.emptyUntil || this.ending.signal.aborted) return null;
      const runs = [...this.runs.values()];
      for (let i = 0; i < runs.length; i++) {
        const run = runs[(nr + i) % runs.length];
        const token = `${this.id}:${this.nrTokens++}`;
        const job: Job | undefined = await run.queue.getNextJob(token, { block: false });
        if (job !== undefined) return { run, job, token };
      }
      this.emptyUntil = performance.now() + TICK_MS;
      return null;
    };
    const { signal } = this.ending;
    const looked = this.looking.then(look).catch((error: unknown) => {
      this.trouble.met(error);
      this.emptyUntil = performance.now() + LOOK_MS;
      return null;
    });
    // A Redis that is gone holds up a look, and must not hold up the end; what comes of it then is given back.
    this.looking = looked.then(taken => (signal.aborted ? taken?.job.moveToWait(taken.token) : null));
    this.looking.catch(() => {});
    return unless(signal, looked);
  }

  /** @returns whether the marker can be used again */
  private async play({ run, job, token }: Taken, marker: Marker): Promise<boolean> {
    const { lockMs } = this.options;
    let lost = false;
    const renewing = setInterval(() => {
      job.extendLock(token, lockMs).then(
        kept => {
          if (kept === 1) return;
          // Another has it now, or nobody wants it any more.
          lost = true;
          marker.stop();
        },
        error => this.trouble.met(error),
      );
    }, lockMs / 3);
    try {
      const result = await this.mark(run, job, marker);
      if (lost) return false;
      if (result === null) {
        await Promise.race([job.moveToWait(token), sleep(LEAVE_MS, undefined, { ref: false })]);
        return false;
      }
      await this.deliver(job, token, result);
      return true;
    } catch (error) {
      if (error instanceof HostFailure) {
        // This machine cannot, others may.
        this.failure = error;
        this.ending.abort();
        await Promise.race([job.moveToWait(token), sleep(LEAVE_MS, undefined, { ref: false })]);
        return false;
      }
      // It is another's, or its run is over: what is marked is marked.
      if (!/Missing (key|lock)|Lock mismatch|is not in the active state/.test(String(error)))
        this.trouble.met(error);
      return true;
    } finally {
      clearInterval(renewing);
    }
  }

  private async mark(run: Run, job: Job, marker: Marker): Promise<ChallengeResult | null> {
    if (job.deferredFailure !== undefined) {
      return {
        kind: 'infrastructure',
        message: `it took ${MAX_LOST} workers down with it`,
        diagnostics: [],
      };
    }
    return marker.mark(job.data as GradeJob, run.challenges, run.record.limitMs);
  }

  /** A Redis that is full gets it when it has room. */
  private async deliver(job: Job, token: string, result: ChallengeResult): Promise<void> {
    for (;;) {
      try {
        await job.moveToCompleted(result, token, false);
        this.marked++;
        return;
      } catch (error) {
        if (!/OOM|MISCONF|READONLY|NOSCRIPT/.test(String(error)) || this.ending.signal.aborted) throw error;
        this.trouble.met(error);
        await sleep(LOOK_MS);
      }
    }
  }
}
