/** Who is there: runs of graders and workers, as keys in Redis. None of it needs clocks that agree. */
import type { Redis } from 'ioredis';
import type { NamedChallenge } from '../marker.ts';

/** A grader's run, as workers see it. */
export interface RunRecord {
  /** Which oomph its workers must be. */
  build: string;
  limitMs: number;
  /** Of the assignment, for messages. */
  title: string;
  host: string;
}

export interface WorkerRecord {
  build: string;
  host: string;
  pid: number;
  /** Jobs at once. */
  slots: number;
}

/** A run whose grader was not seen for so long is given up: its keys are removed by whoever comes next. */
const RUN_MS = 24 * 3600_000;
/** Who was not seen for so long is not there. */
const SEEN_MS = 15_000;

export class Registry {
  private readonly redis: Redis;
  private readonly prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.redis = redis;
    this.prefix = prefix;
  }

  private key(...parts: string[]): string {
    return [this.prefix, ...parts].join(':');
  }

  /** Say that a run is there; what is missing of it, in a Redis that forgot it, is written again. */
  async putRun(run: string, record: RunRecord, challenges: string): Promise<void> {
    const plans = this.key('run', run, 'challenges');
    await this.redis
      .multi()
      .sadd(this.key('runs'), run)
      .set(this.key('run', run), JSON.stringify(record), 'PX', RUN_MS)
      .set(this.key('run', run, 'grader'), '', 'PX', SEEN_MS)
      .exec();
    const kept = await this.redis.pexpire(plans, RUN_MS);
    if (kept === 0) await this.redis.set(plans, challenges, 'PX', RUN_MS);
  }

  async dropRun(run: string): Promise<void> {
    await this.redis
      .multi()
      .srem(this.key('runs'), run)
      .del(this.key('run', run), this.key('run', run, 'challenges'), this.key('run', run, 'grader'))
      .exec();
  }

  /** All runs; null for one that was given up. */
  async runs(): Promise<Map<string, RunRecord | null>> {
    return this.records<RunRecord>('runs', 'run');
  }

  /** Whether the grader of a run was seen lately. */
  async hasGrader(run: string): Promise<boolean> {
    return (await this.redis.exists(this.key('run', run, 'grader'))) === 1;
  }

  async challenges(run: string): Promise<NamedChallenge[] | null> {
    const text = await this.redis.get(this.key('run', run, 'challenges'));
    return text === null ? null : (JSON.parse(text) as NamedChallenge[]);
  }

  async putWorker(id: string, record: WorkerRecord): Promise<void> {
    await this.redis
      .multi()
      .sadd(this.key('workers'), id)
      .pexpire(this.key('workers'), RUN_MS)
      .set(this.key('worker', id), JSON.stringify(record), 'PX', SEEN_MS)
      .exec();
  }

  async dropWorker(id: string): Promise<void> {
    await this.redis.multi().srem(this.key('workers'), id).del(this.key('worker', id)).exec();
  }

  /** Those that were seen lately. */
  async workers(): Promise<WorkerRecord[]> {
    const found: WorkerRecord[] = [];
    for (const [id, record] of await this.records<WorkerRecord>('workers', 'worker')) {
      if (record === null) await this.redis.srem(this.key('workers'), id);
      else found.push(record);
    }
    return found;
  }

  private async records<T>(all: string, one: string): Promise<Map<string, T | null>> {
    const ids = (await this.redis.smembers(this.key(all))).sort();
    if (ids.length === 0) return new Map();
    const texts = await this.redis.mget(ids.map(id => this.key(one, id)));
    return new Map(ids.map((id, i) => [id, texts[i] == null ? null : (JSON.parse(texts[i]) as T)]));
  }
}
