/** Jobs that are marked elsewhere: a second way beside `pool.ts`, by workers that come and go. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type JobType, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { ChallengeResult } from '../../../contract/grading.ts';
import type { GradeJob } from '../../../harness/coursework/job.ts';
import { plural } from '../../../report/quantity.ts';
import type { MarkingLine } from '../line.ts';
import type { NamedChallenge } from '../marker.ts';
import type { Batches, Done } from '../pool.ts';
import { DEFAULT_PREFIX, type QueueAddress } from './address.ts';
import { buildOf } from './build.ts';
import { connect, serverWarnings } from './connection.ts';
import { endRun, jobId, keyOf, queueName, resultOf, runOf } from './jobs.ts';
import { isReady } from './ready.ts';
import { Registry, type RunRecord, type WorkerRecord } from './registry.ts';
import { Trouble } from './trouble.ts';
import { unless } from './unless.ts';

export interface QueuedOptions {
  address: QueueAddress;
  challenges: readonly NamedChallenge[];
  limitMs: number;
  /** Output folder: the run is known by it, and nobody else is at work there. */
  out: string;
  title: string;
  /** Nothing that an earlier run left counts. */
  fresh: boolean;
  signal: AbortSignal;
  line: MarkingLine;
}

/** So many jobs lie in Redis at once, and so many more for each that is marked at once: it stays small, and graders share workers. */
const WINDOW = 64;
const WINDOW_PER_SLOT = 4;
const TICK_MS = 200;
const BEAT_MS = 2000;
/** When to say that nobody works. */
const LONELY_MS = 5000;
/** How long leaving may take. */
const LEAVE_MS = 5000;
/** Where a job can be. */
const STATES: JobType[] = ['wait', 'active', 'completed', 'failed'];

/** As `runJobs` of the pool. What `done` took must outlive the process: it leaves Redis then. */
export async function runQueued(batches: Batches, options: QueuedOptions, done: Done): Promise<boolean> {
  const { address, signal, line } = options;
  const tell = (text: string): void => line.tell(text);
  const first = await batches.next();
  // Nothing is to be run: nobody needs a Redis for that.
  if (first.done) return !signal.aborted;
  const redis = await connect(address, tell);
  try {
    for (const warning of await serverWarnings(redis)) tell(warning);
    const grader = new QueuedGrader(redis, first.value, batches, options);
    await grader.work(done);
    const left = await Promise.race([grader.leave(), sleep(LEAVE_MS, false, { ref: false })]);
    if (left) endRun(options.out);
    else tell('what this run left in Redis goes when it is started again, or after a day');
    return !signal.aborted;
  } finally {
    redis.disconnect();
    await batches.return?.();
  }
}

class QueuedGrader {
  private readonly options: QueuedOptions;
  private readonly registry: Registry;
  private readonly redis: Redis;
  private queue: Queue;
  private readonly run: string;
  private readonly record: RunRecord;
  /** What workers get, once. */
  private readonly challenges: string;
  private readonly batches: Batches;
  /** Read, and not in Redis yet. */
  private readonly next: GradeJob[];
  private exhausted = false;
  private begun = false;
  /** In Redis or about to be, by key: waiting, being marked, or with a result that was not read. */
  private readonly out = new Map<string, GradeJob>();
  /** Ids of jobs that a killed process of this run put in, and that this one did not come to yet. */
  private left = new Set<string>();
  /** Ids of jobs whose results were taken, and that are to leave Redis. */
  private readonly taken = new Set<string>();
  /** Results on their way out. */
  private readonly found: [GradeJob, ChallengeResult][] = [];
  private beatAt = Number.NEGATIVE_INFINITY;
  private slots = 0;
  /** Since when nobody works. */
  private lonelySince = performance.now();
  private readonly said = new Set<string>();

  constructor(redis: Redis, first: readonly GradeJob[], batches: Batches, options: QueuedOptions) {
    const { challenges, out, limitMs, title } = options;
    this.options = options;
    this.registry = new Registry(redis, options.address.prefix);
    this.run = runOf(out);
    this.record = { build: buildOf(), limitMs, title, host: hostname() };
    this.challenges = JSON.stringify(challenges);
    if (!isDeepStrictEqual(JSON.parse(this.challenges), challenges))
      throw new Error('a challenge is no JSON');
    this.batches = batches;
    this.next = [...first];
    this.redis = redis;
    this.queue = this.newQueue();
  }

  private newQueue(): Queue {
    const queue = new Queue(queueName(this.run), {
      connection: this.redis,
      prefix: this.options.address.prefix,
      skipVersionCheck: true,
      // The stream of events repeats every result, and nobody reads it.
      streams: { events: { maxLen: 16 } },
    });
    // What a command of ours fails with is thrown to us as well.
    queue.on('error', () => {});
    return queue;
  }

  async work(done: Done): Promise<void> {
    const { signal, line } = this.options;
    const trouble = new Trouble(text => line.tell(text));
    while (!signal.aborted) {
      await this.read();
      if (this.exhausted && this.out.size === 0) return;
      try {
        await unless(signal, this.look());
        trouble.over();
      } catch (error) {
        trouble.met(error);
        await unless(signal, sleep(1000));
      }
      const found = this.found.splice(0);
      for (const [job, result] of found) {
        done(job, result);
        this.out.delete(job.key);
        this.taken.add(jobId(job.key));
      }
      if (found.length === 0) await unless(signal, sleep(TICK_MS));
    }
  }

  /** Remove the run from Redis. @returns whether it worked */
  async leave(): Promise<boolean> {
    try {
      await this.queue.obliterate({ force: true });
      await this.registry.dropRun(this.run);
      return true;
    } catch {
      return false;
    }
  }

  /** Read submissions as long as there is room for their jobs. */
  private async read(): Promise<void> {
    const room = WINDOW + WINDOW_PER_SLOT * this.slots;
    const startedAt = performance.now();
    while (!this.exhausted && this.out.size + this.next.length < room) {
      const { value, done } = await this.batches.next();
      if (done) this.exhausted = true;
      else this.next.push(...value);
      if (performance.now() - startedAt > TICK_MS) break;
    }
    for (const job of this.next) this.out.set(job.key, job);
  }

  /** One round: who is there, what is to be done, what is done. */
  private async look(): Promise<void> {
    if (!this.begun) await this.begin();
    if (performance.now() - this.beatAt > BEAT_MS) await this.beat();
    await this.add(this.next);
    this.next.length = 0;
    await this.collect();
    const gone = [...this.taken];
    await Promise.all(gone.map(id => this.queue.remove(id)));
    for (const id of gone) this.taken.delete(id);
  }

  /** Take over what a killed process left. */
  private async begin(): Promise<void> {
    const { registry, run, record } = this;
    if (!(await isReady(this.queue))) {
      this.queue = this.newQueue();
      throw new Error('Connection is closed');
    }
    const { queue } = this;
    const before = (await registry.runs()).get(run);
    const isOther = before != null && before.build !== record.build;
    if (this.options.fresh || isOther) await queue.obliterate({ force: true });
    this.left = new Set(await queue.getRanges(STATES, 0, -1, true));
    this.begun = true;
  }

  private async beat(): Promise<void> {
    const { registry, run, queue } = this;
    await registry.putRun(run, this.record, this.challenges);
    this.meet(await registry.workers());
    const nr = Object.values(await queue.getJobCounts(...STATES)).reduce((sum, n) => sum + n, 0);
    if (nr < this.out.size - this.next.length + this.taken.size + this.left.size) {
      // A Redis that forgot some: BullMQ passes over those that are there.
      const there = new Set(await queue.getRanges(STATES, 0, -1, true));
      this.left = new Set([...this.left].filter(id => there.has(id)));
      await this.add([...this.out.values()]);
    }
    this.beatAt = performance.now();
  }

  private meet(workers: readonly WorkerRecord[]): void {
    const able = workers.filter(({ build }) => build === this.record.build);
    this.slots = able.reduce((sum, { slots }) => sum + slots, 0);
    this.options.line.handsOf(this.slots, `, ${plural(able.length, 'worker')} (${this.slots} at once)`);
    for (const { build, host } of workers) {
      if (build !== this.record.build) {
        this.sayOnce(
          `the worker on ${host} is oomph ${build} and gets nothing: install ${this.record.build} there, as here`,
        );
      }
    }
    if (able.length > 0) {
      this.lonelySince = performance.now();
      this.said.delete(this.lonely);
    } else if (performance.now() - this.beatAt > 2 * BEAT_MS) {
      // Redis was gone, or this is the start: workers need a moment too.
      this.lonelySince = performance.now();
    } else if (performance.now() - this.lonelySince > LONELY_MS) this.sayOnce(this.lonely);
  }

  private get lonely(): string {
    const { shown, prefix } = this.options.address;
    const option = prefix === DEFAULT_PREFIX ? '' : ` --queue-prefix ${prefix}`;
    return `no worker is there: start some with \`oomph worker --queue ${shown}${option}\`; waiting`;
  }

  private sayOnce(text: string): void {
    if (!this.said.has(text)) this.options.line.tell(text);
    this.said.add(text);
  }

  private async add(jobs: readonly GradeJob[]): Promise<void> {
    if (jobs.length === 0) return;
    await this.queue.addBulk(
      jobs.map(job => ({
        name: 'mark',
        data: { ...job, owner: this.nameless(job.owner) },
        opts: { jobId: jobId(job.key) },
      })),
    );
    for (const { key } of jobs) this.left.delete(jobId(key));
  }

  /** Names stay here. Owners of two runs are two, whatever they are called. */
  private nameless(owner: string): string {
    return createHash('sha256').update(`${this.run}\0${owner}`).digest('hex').slice(0, 16);
  }

  private async collect(): Promise<void> {
    for (const id of await this.queue.getRanges(['completed', 'failed'], 0, -1, true)) {
      const job = this.out.get(keyOf(id));
      // Of those that a killed process put in, the turn may come yet.
      if (job === undefined || this.taken.has(id)) continue;
      const ended = await this.queue.getJob(id);
      if (ended === undefined) continue;
      const message = ended.failedReason ?? 'its worker sent nothing that could be a result';
      const result = resultOf(job, ended.returnvalue);
      this.found.push([job, result ?? { kind: 'infrastructure', message, diagnostics: [] }]);
    }
  }
}
