/**
 * Finds a smaller challenge that fails in the same way: parts are left out (delta debugging), amounts are made smaller
 * (bisection), what is random is made fixed. Nothing in it is timed or drawn: same input, same result.
 */
import type { ChallengePlan } from '../../contract/plan.ts';
import type { Tape } from '../../contract/tape.ts';
import { amountOf, amountText, roundUp } from '../../spec/shrink/amounts.ts';
import type { Path, SpecDocument } from '../../spec/shrink/specDocument.ts';
import { compileTape } from '../../workload/compile.ts';
import { WorkloadTooLong } from '../../workload/tapeRows.ts';
import type { PlayedPolicy } from '../play.ts';
import { divide, fixedOf, gapOf, runTimes } from './amountChanges.ts';
import { type Failure, failuresOf, sameFailure } from './failureClass.ts';
import { type Size, scoreOf, sizeOf } from './size.ts';

export interface ShrinkInput {
  /** The challenge with all that it is made of, and no aliases. */
  document: SpecDocument;
  plan: ChallengePlan;
  seed: number;
  /** The way to fail; one of those that failuresOf() found. */
  failure: Failure;
  /** Whether Linux alone does not fail so: then it may not in what is left, either. */
  linuxHolds: boolean;
  /** Null for a text that the loader has something against. */
  parse(text: string): ChallengePlan | null;
  /** What the policy decides in a run; null: Linux decides. */
  play: ((plan: ChallengePlan, tape: Tape) => Promise<PlayedPolicy | null>) | null;
  /** Operations that may be played. */
  limit: number;
  progress?: (now: { size: Size; tried: number; work: number }) => void;
  /** What was found so far is the result. */
  stop?: () => Promise<boolean>;
}

export interface Shrunk {
  document: SpecDocument;
  text: string;
  failure: Failure;
  before: Size;
  after: Size;
  /** Candidates that were played, and the operations that this took. */
  tried: number;
  work: number;
  end: 'done' | 'limit' | 'stopped';
}

/** What a candidate costs at least, in operations: it is read, and a machine is booted for it. */
export const WORK_PER_RUN = 2000;
/** Times of runs that are written out one by one. */
const MAX_TIMES = 32;
const MIB = 1 << 20;
const MIN_FREE: Path = ['machine', 'sysctl', 'vm.min_free_kbytes'];
/** KiB: that of Linux, and the least that is tried. */
const USUAL_MIN_FREE = 1024;
const LEAST_MIN_FREE = 32;
/** More operations than that are worth a few larger requests in place of many small ones. */
const MANY_OPS = 40;
/** Keys of steps whose number may grow where that leaves fewer operations. */
const GROWING = ['order', 'size', 'frame', 'buffer'];
/** Numbers that are names. */
const NAMES = ['irq', 'cpu', 'nice', 'type', 'page', 'entry', 'challenge'];

interface Candidate {
  document: SpecDocument;
  text: string;
  size: Size;
  score: number;
  failure: Failure;
  tape: Tape;
}

/** Nothing more may be played. */
export class Enough extends Error {
  readonly why: 'limit' | 'stopped';

  constructor(why: 'limit' | 'stopped') {
    super(why);
    this.why = why;
  }
}

export async function shrink(input: ShrinkInput): Promise<Shrunk> {
  const search = new Search(input);
  return search.run();
}

class Search {
  private readonly input: ShrinkInput;
  private best: Candidate;
  private readonly before: Size;
  /** Texts that do not fail in the same way. */
  private readonly useless = new Set<string>();
  private tried = 0;
  private work = 0;

  constructor(input: ShrinkInput) {
    this.input = input;
    const { plan, seed, failure } = input;
    const tape = compileTape(plan, seed);
    this.before = sizeOf(plan, tape, input.document);
    // A file that names no seeds has several.
    const document = input.document.clone();
    if (plan.seeds.length !== 1 || plan.seeds[0] !== seed || !document.has(['seeds']))
      document.setData(['seeds'], [seed]);
    const size = { ...sizeOf(plan, tape, document), seeds: 1 };
    this.best = { document, text: document.text(), size, score: scoreOf(size), failure, tape };
  }

  async run(): Promise<Shrunk> {
    let end: Shrunk['end'] = 'done';
    try {
      for (let score = Number.POSITIVE_INFINITY; this.best.score < score; ) {
        score = this.best.score;
        await this.round();
      }
    } catch (error) {
      if (!(error instanceof Enough)) throw error;
      end = error.why;
    }
    const { document, text, failure, size } = this.best;
    return {
      document,
      text,
      failure,
      before: this.before,
      after: size,
      tried: this.tried,
      work: this.work,
      end,
    };
  }

  private async round(): Promise<void> {
    await this.onlyTheGoal();
    await this.topLevel();
    await this.cut();
    await this.list(['workload', 'tasks']);
    await this.memory();
    await this.scaled();
    await this.amount(['workload', 'length']);
    for (const path of this.best.document.scalars(['workload', 'tasks'])) {
      if (path[path.length - 1] === 'count') await this.amount(path);
    }
    await this.steps();
    await this.fixed();
    await this.times();
    await this.optional();
    await this.amounts();
    await this.fewerButLarger();
    await this.earlier();
  }

  /** Whether a document fails in the same way, and what it comes to. */
  private async look(document: SpecDocument): Promise<Candidate | null> {
    const { input } = this;
    const text = document.text();
    if (this.useless.has(text)) return null;
    if (await input.stop?.()) throw new Enough('stopped');
    const found = await this.lookAnew(document, text);
    if (found === null) this.useless.add(text);
    return found;
  }

  private async lookAnew(document: SpecDocument, text: string): Promise<Candidate | null> {
    const { parse, seed, play, limit, failure, linuxHolds } = this.input;
    const plan = parse(text);
    if (plan === null || plan.seeds.length === 0) return null;
    let tape: Tape;
    try {
      tape = compileTape(plan, seed);
    } catch (error) {
      if (error instanceof WorkloadTooLong) return null;
      throw error;
    }
    if (this.work + WORK_PER_RUN > limit) throw new Enough('limit');
    this.work += tape.nrOps + WORK_PER_RUN;
    // It cannot become smaller than what there was: not worth playing.
    if (tape.nrOps > this.before.operations + MANY_OPS) return null;
    this.tried++;
    const policy = play === null ? null : await play(plan, tape);
    if (play !== null && policy === null) return null;
    const same = sameFailure(
      failure,
      failuresOf(plan, tape, policy, failure.kind === 'goal' ? failure.what : ''),
    );
    if (same === undefined) return null;
    if (linuxHolds && play !== null) {
      this.work += tape.nrOps + WORK_PER_RUN;
      if (failuresOf(plan, tape, null).some(({ what }) => what === failure.what)) return null;
    }
    const size = sizeOf(plan, tape, document);
    return { document, text, size, score: scoreOf(size), failure: same, tape };
  }

  /** Take it if it is smaller. */
  private take(candidate: Candidate | null): boolean {
    if (candidate === null || candidate.score >= this.best.score) return false;
    this.best = candidate;
    this.input.progress?.({ size: candidate.size, tried: this.tried, work: this.work });
    return true;
  }

  private async attempt(change: (document: SpecDocument) => void): Promise<boolean> {
    const document = this.best.document.clone();
    change(document);
    return this.take(await this.look(document));
  }

  /** A change that pays only together with others: what follows is done to it alone, and all is kept or nothing. */
  private async together(
    change: (document: SpecDocument) => void,
    then: () => Promise<void>,
  ): Promise<boolean> {
    const document = this.best.document.clone();
    change(document);
    const candidate = await this.look(document);
    if (candidate === null) return false;
    const before = this.best;
    this.best = candidate;
    try {
      await then();
    } finally {
      if (this.best.score >= before.score) this.best = before;
    }
    return this.best !== before;
  }

  /** The goal or the expectation that fails, alone. */
  private async onlyTheGoal(): Promise<void> {
    const { kind, index } = this.best.failure;
    const list = kind === 'expect' ? ['test', 'expect'] : ['goal'];
    if (kind !== 'end' && this.best.document.lengthOf(list) > 1)
      await this.attempt(document => document.keepItem(list, index));
    await this.list(list);
  }

  private async topLevel(): Promise<void> {
    const needed = ['challenge', 'id', 'title', 'machine', 'workload', 'seeds'];
    const keys = this.best.document.keysOf([]).filter(key => !needed.includes(key));
    const isText = (key: string): boolean =>
      ['story', 'hints', 'explanation', 'score', 'stars'].includes(key);
    await this.attempt(document => {
      for (const key of keys) if (isText(key)) document.remove([key]);
    });
    for (const key of keys) await this.attempt(document => document.remove([key]));
  }

  /** Behind the failure nothing needs to happen. */
  private async cut(): Promise<void> {
    const { lostAtUs } = this.best.failure;
    if (lostAtUs < 0) return;
    for (const us of [lostAtUs + 1, 2 * lostAtUs + 1000]) {
      const length = roundUp({ kind: 'time', value: Math.max(1, us) });
      const now = amountOf(this.best.document.scalar(['workload', 'length']));
      if (now !== null && length.value < now.value)
        await this.attempt(document => document.setScalar(['workload', 'length'], amountText(length)));
    }
  }

  /** Leave out items of a list, many at once first. */
  private async list(path: Path): Promise<void> {
    let parts = 2;
    for (let length = this.best.document.lengthOf(path); length > 0; ) {
      const size = Math.ceil(length / Math.min(parts, length));
      let less = false;
      for (let from = 0; from < length; ) {
        const to = Math.min(length, from + size);
        const fits = await this.attempt(document => document.cutItems(path, from, to));
        if (fits) {
          less = true;
          length = this.best.document.lengthOf(path);
        } else from = to;
      }
      if (!less && size === 1) return;
      parts = less ? Math.max(2, parts - 1) : parts * 2;
    }
  }

  /** Powers of two first: with little memory everything runs out sooner. */
  private async memory(): Promise<void> {
    const path = ['machine', 'ram'];
    const now = amountOf(this.best.document.scalar(path));
    if (now === null) return;
    for (let mib = 1; mib * 2 ** 20 < now.value; mib *= 2) {
      const text = amountText({ kind: 'size', value: mib * 2 ** 20 });
      if (await this.attempt(document => document.setScalar(path, text))) {
        await this.cut();
        break;
      }
    }
    await this.amount(path);
  }

  /** A machine some times smaller with as many times less to do on it: the shares of memory stay as they are. */
  private async scaled(): Promise<void> {
    if (this.best.size.operations < MANY_OPS) return;
    for (const keeps of ['boot', 'marks', 'nothing'] as const) {
      for (const by of [32, 16, 8, 4, 2]) {
        const ram = amountOf(this.best.document.scalar(['machine', 'ram']));
        if (ram === null || ram.value < by * MIB) continue;
        const change = (document: SpecDocument): void => {
          const value = Math.floor(ram.value / by / MIB) * MIB;
          document.setScalar(['machine', 'ram'], amountText({ kind: 'size', value }));
          if (keeps !== 'boot') document.remove(['machine', 'boot']);
          // The kernel's marks do not depend on the memory, so that they have to be made smaller with it.
          if (keeps === 'nothing') {
            const kib = amountOf(document.scalar([...MIN_FREE]))?.value ?? USUAL_MIN_FREE;
            document.setData(MIN_FREE, Math.max(LEAST_MIN_FREE, Math.floor(kib / by)));
          }
          for (const path of document.scalars(['workload'])) divide(document, path, by);
        };
        if (await this.together(change, () => this.less())) break;
      }
    }
  }

  /** Everything as much sooner as nothing happens at first. */
  private async earlier(): Promise<void> {
    const { document } = this.best;
    const nrTasks = document.lengthOf(['workload', 'tasks']);
    const lists = [...Array(Math.max(0, nrTasks)).keys()].map(task => [
      'workload',
      'tasks',
      task,
      'arrive',
      'at',
    ]);
    const timesOf = (path: Path): number[] =>
      [...Array(Math.max(0, document.lengthOf(path))).keys()].map(
        i => amountOf(document.scalar([...path, i]))?.value ?? 0,
      );
    const times = lists.map(timesOf);
    if (times.length === 0 || times.some(list => list.length === 0)) return;
    const first = Math.min(...times.flat());
    const moved = times.map(list => list.map(us => us - first).sort((a, b) => a - b));
    await this.attempt(changed => {
      lists.forEach((path, i) => {
        changed.setData(
          path,
          moved[i].map(value => amountText({ kind: 'time', value })),
        );
      });
      const length = amountOf(changed.scalar(['workload', 'length']));
      if (length !== null && length.value > first)
        changed.setScalar(['workload', 'length'], amountText({ kind: 'time', value: length.value - first }));
    });
    await this.cut();
  }

  /** The least amount that still fails, as far as halving finds it. */
  private async amount(path: Path): Promise<void> {
    const now = amountOf(this.best.document.scalar(path));
    if (now === null || now.value === 0) return;
    const { kind } = now;
    const set = (value: number): Promise<boolean> =>
      this.attempt(document => document.setScalar(path, amountText({ kind, value })));
    let high = now.value;
    let low = 0;
    for (const least of [0, 1]) {
      if (high <= least) return;
      if (await set(least)) return;
      low = least;
    }
    for (;;) {
      const between = low * 64 < high ? high / 16 : low * 4 < high ? high / 3 : (low + high) / 2;
      const { value } = roundUp({ kind, value: Math.ceil(between) });
      if (value <= low || value >= high || (high - low) * 16 < high) break;
      if (await set(value)) high = value;
      else low = value;
    }
    const { value } = roundUp({ kind, value: high });
    if (value !== high) await set(value);
  }

  private isAmount(path: Path): boolean {
    return !path.some(key => NAMES.includes(String(key)));
  }

  private async amounts(): Promise<void> {
    const { document } = this.best;
    const paths = [...document.scalars(['workload']), ...document.scalars(['machine'])];
    for (const path of paths) {
      const isKernels = path[0] === 'machine' && (path[1] === 'sysctl' || path[1] === 'boot_options');
      // Earlier changes may have taken it away.
      if (!isKernels && this.isAmount(path) && this.best.document.scalar(path) !== '')
        await this.amount(path);
    }
    await this.cut();
  }

  /** Steps of every run, and what stands around steps. */
  private async steps(): Promise<void> {
    for (let at = 0; ; at++) {
      const lists = this.best.document.lists(['workload']);
      if (at >= lists.length) return;
      const path = lists[at];
      if (path[path.length - 1] === 'tasks') continue;
      if (this.best.document.lengthOf(path) > 0) await this.list(path);
      for (let item = 0; item < this.best.document.lengthOf(path); item++) {
        while (await this.attempt(document => void document.hoist([...path, item])));
      }
    }
  }

  /** Keys that may be left out: what they said is then as the format has it by default. */
  private async optional(): Promise<void> {
    for (const below of ['machine', 'workload', 'policy', 'test'] as const) {
      for (const path of this.best.document.pairs([below])) {
        const [, second] = path;
        // The policy that is played is the one that it names.
        if (below === 'test' && (second !== 'policy' || this.input.play !== null)) continue;
        if (this.best.document.has(path)) await this.attempt(document => document.remove(path));
      }
    }
  }

  /** Amounts that are drawn become those that could be drawn. */
  private async fixed(): Promise<void> {
    for (const path of this.best.document.pairs(['workload'])) {
      const { document } = this.best;
      for (const text of fixedOf(document, path)) {
        if (await this.attempt(changed => changed.setScalar(path, text))) break;
      }
    }
  }

  /** Runs that come by chance, or again and again, at their times; then fewer of them. */
  private async times(): Promise<void> {
    const nrTasks = this.best.document.lengthOf(['workload', 'tasks']);
    for (let task = 0; task < nrTasks; task++) {
      const path = ['workload', 'tasks', task, 'arrive'];
      const { document } = this.best;
      const [kind] = document.keysOf(path);
      if (kind === undefined) continue;
      if (kind === 'poisson') {
        const gap = gapOf(document.scalar([...path, 'poisson']));
        if (gap !== '') await this.attempt(changed => changed.setData(path, { every: gap }));
      }
      if (kind === 'at') continue;
      const times = runTimes(this.best.tape, this.best.failure.lostAtUs, task);
      const at = (list: readonly number[]) => (changed: SpecDocument) =>
        changed.setData(path, { at: list.map(value => amountText({ kind: 'time', value })) });
      if (await this.attempt(at([0]))) continue;
      const last = times[times.length - 1];
      if (last !== undefined && (await this.attempt(at([last])))) continue;
      if (times.length < 2 || times.length > MAX_TIMES) continue;
      await this.together(at(times), async () => {
        await this.list([...path, 'at']);
        await this.amounts();
      });
    }
    // As they were drawn they are hard to read.
    for (const path of this.best.document.scalars(['workload', 'tasks'])) {
      const amount = amountOf(this.best.document.scalar(path));
      if (!path.includes('at') || amount === null) continue;
      const rounded = roundUp(amount);
      if (rounded.value !== amount.value)
        await this.attempt(document => document.setScalar(path, amountText(rounded)));
    }
  }

  /** Larger requests that fill memory with fewer operations. */
  private async fewerButLarger(): Promise<void> {
    const paths = this.best.document.scalars(['workload', 'tasks']);
    for (const path of paths) {
      if (this.best.size.operations < MANY_OPS) return;
      const key = path[path.length - 1];
      const amount = amountOf(this.best.document.scalar(path));
      if (amount === null || !GROWING.includes(String(key))) continue;
      const larger = key === 'order' ? [10, 8, 6, 4, 2] : [256, 64, 16, 4].map(times => times * amount.value);
      for (const value of larger) {
        if (value <= amount.value) continue;
        const text = amountText({ kind: amount.kind, value });
        const change = (document: SpecDocument): void => document.setScalar(path, text);
        if (await this.together(change, () => this.less())) break;
      }
    }
  }

  /** What makes the most of larger requests. */
  private async less(): Promise<void> {
    await this.cut();
    for (const path of this.best.document.scalars(['workload', 'tasks'])) {
      const key = path[path.length - 1];
      if (key === 'times' || key === 'count') await this.amount(path);
    }
    await this.amount(['workload', 'length']);
  }
}
