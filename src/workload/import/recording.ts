/** What a log of allocations comes to: who asked for what, when, and for how long it was held. */
import { LiveTable } from './liveTable.ts';

export type What = 'pages' | 'kmalloc' | 'cache' | 'buffer';

/** Requests that have everything but time and amount in common. */
export interface RequestClass {
  what: What;
  /** A task, a function, a cache: who is meant, for people. */
  who: string;
  /** As the log writes it. */
  gfp: string;
  /** Of 2.6.0. */
  mask: number;
  lost: readonly string[];
  context: 'process' | 'softirq' | 'hardirq';
  /** Name of the cache, '' where none is told. */
  cache: string;
  /** What was held before the log began, of which only the end is known. */
  before: boolean;
  count: number;
  failures: number;
  freed: number;
  /** Ends that were seen of those that are followed. */
  livesFollowed: number;
  live: number;
  peak: number;
  amountSum: number;
  /** Amounts (orders, or bytes) with how often; those beyond the first MAX_AMOUNTS share their power of two. */
  amounts: Map<number, number>;
  /** By power of two of microseconds: how many, and their sum. */
  lives: Float64Array;
  lifeSums: Float64Array;
  /** The first few times. */
  firstUs: number[];
}

const LIFE_BUCKETS = 48;
const MAX_AMOUNTS = 48;
/** Times that are kept of each class for a fit: rare requests come when they came. */
export const TIMES_KEPT = 20;
/** Classes at most: what comes behind is one with the others of its kind. */
export const MAX_CLASSES = 4096;
/** Objects that are recorded one by one: more do not fit a challenge file. */
export const MAX_RECORDS = 100_000;
/** Pages that went in a batch and may be told once more. */
const BATCHED_KEPT = 4096;

export class Recording {
  readonly classes: RequestClass[] = [];
  /** Columns, one row an object. */
  readonly classOf = new Int32Array(MAX_RECORDS);
  readonly amountOf = new Float64Array(MAX_RECORDS);
  readonly cpuOf = new Int16Array(MAX_RECORDS);
  /** Numbers of the operations that begin and end it; -1: held before, or to the end. */
  readonly beginOf = new Int32Array(MAX_RECORDS).fill(-1);
  readonly endOf = new Int32Array(MAX_RECORDS).fill(-1);
  /** Times of recorded operations, by number. */
  readonly opTimes = new Float64Array(2 * MAX_RECORDS);
  nrRecords = 0;
  nrOps = 0;
  /** All objects fitted; false from the first that did not. */
  whole = true;
  /** Time at which recording ended because it was full. */
  fullAtUs = -1;
  lastUs = 0;
  nrAllocs = 0;
  nrFrees = 0;
  /** Frees of what the log did not see begin, and of unknown size: of no use. */
  unknownFrees = 0;
  heldBefore = 0;
  /** Allocated a second time without a free between: the free was lost. */
  lostFrees = 0;
  backwards = 0;
  private readonly pages = new LiveTable();
  private readonly objects = new LiveTable();
  private readonly numbers = new Map<string, number>();
  private readonly batched = new Set<number>();

  get sampling(): number {
    return Math.max(this.pages.sampling, this.objects.sampling);
  }

  /** Number of a class, made when it is new. @param key tells classes apart */
  classNumber(
    key: string,
    make: () => Pick<RequestClass, 'what' | 'who' | 'gfp' | 'mask' | 'lost' | 'context' | 'cache' | 'before'>,
  ): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const parts = make();
    if (this.classes.length >= MAX_CLASSES) {
      const shared = `others ${parts.what} ${parts.mask} ${parts.before}`;
      const number = this.numbers.get(shared);
      // The keys are not remembered: their number has no bound.
      if (number !== undefined) return number;
      return this.add(shared, {
        ...parts,
        who: 'others',
        cache: '',
        what: parts.what === 'cache' ? 'kmalloc' : parts.what,
      });
    }
    return this.add(key, parts);
  }

  private add(key: string, parts: ReturnType<Parameters<Recording['classNumber']>[1]>): number {
    const number = this.classes.length;
    this.classes.push({
      ...parts,
      count: 0,
      failures: 0,
      freed: 0,
      livesFollowed: 0,
      live: 0,
      peak: 0,
      amountSum: 0,
      amounts: new Map(),
      lives: new Float64Array(LIFE_BUCKETS),
      lifeSums: new Float64Array(LIFE_BUCKETS),
      firstUs: [],
    });
    this.numbers.set(key, number);
    return number;
  }

  private tick(us: number): number {
    if (us < this.lastUs) {
      this.backwards++;
      return this.lastUs;
    }
    this.lastUs = us;
    return us;
  }

  /** @param key what tells the object apart from others that live; 0: the request failed @param cpu or -1 */
  alloc(number: number, key: number, amount: number, us: number, cpu: number): void {
    const now = this.tick(us);
    const of = this.classes[number];
    const table = of.what === 'pages' ? this.pages : this.objects;
    this.nrAllocs++;
    this.count(of, amount, now);
    const record = this.record(number, amount, cpu, now);
    if (key === 0) {
      of.failures++;
      if (record >= 0) this.endRecord(record, now);
      return;
    }
    const known = table.at(key);
    if (known >= 0) {
      this.lostFrees++;
      this.ended(table.value(known), table.time(known), now);
      table.delete(known);
    }
    of.live++;
    if (of.live > of.peak) of.peak = of.live;
    // A record by its number, and what has none by its class: both are numbers, one of them below zero.
    table.set(key, record >= 0 ? record : -1 - number, now);
  }

  /** A new object takes the place of an old one, which goes right behind: realloc(). */
  replace(old: number, key: number, number: number, amount: number, us: number): void {
    const at = this.objects.at(old);
    const [value, since] = at < 0 ? [null, 0] : [this.objects.value(at), this.objects.time(at)];
    if (at >= 0) this.objects.delete(at);
    this.alloc(number, key, amount, us, -1);
    this.nrFrees++;
    if (value !== null) this.ended(value, since, us);
  }

  /** @param unknown class of what was held before the log began, or -1 where its size is not told */
  free(pages: boolean, key: number, us: number, unknown: number, amount: number): void {
    const now = this.tick(us);
    const table = pages ? this.pages : this.objects;
    const at = table.at(key);
    if (at < 0) {
      if (this.batched.delete(key) && pages) return;
      this.nrFrees++;
      if (!table.follows(key)) return;
      if (unknown < 0) this.unknownFrees++;
      else this.endOfEarlier(unknown, amount, now);
      return;
    }
    this.nrFrees++;
    this.ended(table.value(at), table.time(at), now);
    table.delete(at);
  }

  /** A page went in a batch: an event of its own may follow, and is not another free. */
  freeBatched(key: number, us: number, unknown: number): void {
    const isLive = this.pages.at(key) >= 0;
    if (!isLive && this.batched.has(key)) return;
    this.free(true, key, us, unknown, 0);
    if (this.batched.size >= BATCHED_KEPT) {
      for (const oldest of this.batched) {
        this.batched.delete(oldest);
        break;
      }
    }
    this.batched.add(key);
  }

  private endOfEarlier(number: number, amount: number, now: number): void {
    this.heldBefore++;
    const of = this.classes[number];
    this.count(of, amount, 0);
    of.freed++;
    if (!this.whole || this.nrRecords === MAX_RECORDS) return;
    const record = this.nrRecords++;
    this.classOf[record] = number;
    this.amountOf[record] = amount;
    this.cpuOf[record] = -1;
    this.endRecord(record, now);
  }

  private count(of: RequestClass, amount: number, now: number): void {
    of.count++;
    of.amountSum += of.what === 'pages' ? 2 ** amount : amount;
    if (of.firstUs.length < TIMES_KEPT) of.firstUs.push(now);
    const { amounts } = of;
    const known = amounts.get(amount);
    if (known !== undefined) amounts.set(amount, known + 1);
    else if (amounts.size < MAX_AMOUNTS) amounts.set(amount, 1);
    else {
      let shared = 1;
      while (shared < amount) shared *= 2;
      amounts.set(shared, (amounts.get(shared) ?? 0) + 1);
    }
  }

  private record(number: number, amount: number, cpu: number, now: number): number {
    if (!this.whole) return -1;
    if (this.nrRecords === MAX_RECORDS) {
      this.whole = false;
      this.fullAtUs = now;
      return -1;
    }
    const record = this.nrRecords++;
    this.classOf[record] = number;
    this.amountOf[record] = amount;
    this.cpuOf[record] = cpu;
    this.beginOf[record] = this.op(now);
    return record;
  }

  private endRecord(record: number, now: number): void {
    if (this.whole) this.endOf[record] = this.op(now);
  }

  private op(now: number): number {
    this.opTimes[this.nrOps] = now;
    return this.nrOps++;
  }

  private ended(value: number, since: number, now: number): void {
    const of = this.classes[value >= 0 ? this.classOf[value] : -1 - value];
    of.live--;
    of.freed++;
    of.livesFollowed++;
    const us = Math.max(1, Math.round(now - since));
    let bucket = 0;
    while (2 ** (bucket + 1) <= us && bucket < LIFE_BUCKETS - 1) bucket++;
    of.lives[bucket]++;
    of.lifeSums[bucket] += us;
    if (value >= 0) this.endRecord(value, now);
  }
}
