/** One seed of a spec, played to its end, with everything noted on the way that its expectations look at. */
import type { ChallengePlan, Expectation, TestPlan } from '../../contract/plan.ts';
import type { Tape } from '../../contract/tape.ts';
import type { SeedVerdict } from '../../contract/verdict.ts';
import { EVENT_NAMES, stateHash } from '../../engine/index.ts';
import { EventLog } from '../eventLog.ts';
import { KernelSymbols } from '../kernelSymbols.ts';
import { measure } from '../metrics.ts';
import { opsUntil } from '../opsUntil.ts';
import { Play, type PlayedPolicy } from '../play.ts';
import { judged, playOn, SLICE } from '../runSeed.ts';
import type { TestWords } from './words.ts';

/** Beside its hash at the end, a machine is hashed so many times on the way: a snapshot tells when it parted. */
const STAGES = 8;

export interface Observed {
  verdict: SeedVerdict;
  /** By the number of an expectation on a metric. */
  values: Map<number, number>;
  /** By the key of a snapshot; '' where there is nothing that could be kept. */
  texts: Map<string, string>;
}

/**
 * @param between  called with the hundredths that are played, and may throw to stop
 * @throws RunBug, RecordMismatch
 */
export async function observe(
  plan: ChallengePlan & { test: TestPlan },
  tape: Tape,
  seed: number,
  policy: PlayedPolicy | null,
  words: TestWords,
  between: (percent: number) => Promise<void>,
): Promise<Observed> {
  const play = new Play(plan, tape, policy);
  const { expect } = plan.test;
  const texts = new Map<string, string>();
  const values = new Map<number, number>();
  const traces = new Traces(play, expect, words);
  const needsEvents = expect.some(({ kind }) => kind === 'proc' || kind === 'trace');
  const counters = needsEvents
    ? new EventLog(play, traces.isEmpty ? null : event => traces.note(event))
    : null;
  const names = {
    tasks: plan.workload.tasks.map(task => task.name),
    functions: plan.workload.named?.functions ?? [],
  };
  const look = (atUs: number | null): void => {
    for (const [i, one] of expect.entries()) {
      if (one.kind === 'metric' && one.atUs === atUs) values.set(i, measure(play.run, one.metric, one.where));
      if (one.kind === 'proc' && one.atUs === atUs)
        texts.set(one.key, words.view(one.view, play.machine, counters!, names));
    }
  };
  const hashed: string[] = [];
  const stages = stagesOf(plan, expect);
  for (const atUs of timesOf(plan, expect, stages)) {
    const to = opsUntil(tape, play.nrOps, atUs);
    while (play.player.op < to) {
      playOn(play, seed, Math.min(to, play.player.op + SLICE));
      await between(Math.floor((play.player.op * 100) / Math.max(1, play.nrOps)));
    }
    look(atUs);
    if (stages.includes(atUs)) hashed.push(`at ${words.time(atUs)}: ${stateHash(play.machine)}`);
  }
  while (play.player.op < play.nrOps) {
    playOn(play, seed, Math.min(play.nrOps, play.player.op + SLICE));
    await between(Math.floor((play.player.op * 100) / play.nrOps));
  }
  playOn(play, seed, play.nrOps);
  look(null);
  // The time at which the run ends is its end.
  look(plan.workload.lengthUs);
  const verdict = judged(play, seed, '');
  traces.keep(texts);
  for (const { kind } of expect) {
    if (kind === 'state_hash') texts.set('state_hash', hashText(verdict, hashed));
    if (kind === 'dump')
      texts.set('dump', verdict.failures.length === 0 ? '' : `${verdict.failures[0].kernelLog.join('\n')}\n`);
  }
  return { verdict, values, texts };
}

/** The hash first, which alone decides; what follows tells what moved when it differs. */
function hashText({ stateHash: hash, metrics }: SeedVerdict, hashed: readonly string[]): string {
  const moved = Object.entries(metrics).filter(([, value]) => value !== 0);
  return `${[hash, ...hashed, ...moved.map(([name, value]) => `${name}: ${value}`)].join('\n')}\n`;
}

function stagesOf({ workload }: ChallengePlan, expect: readonly Expectation[]): number[] {
  if (!expect.some(({ kind }) => kind === 'state_hash')) return [];
  return Array.from({ length: STAGES - 1 }, (_, i) => Math.floor((workload.lengthUs * (i + 1)) / STAGES));
}

/** When to stop and look, ascending; the end is not among them. */
function timesOf(
  { workload }: ChallengePlan,
  expect: readonly Expectation[],
  stages: readonly number[],
): number[] {
  const times = new Set(stages);
  for (const one of expect) if ('atUs' in one && one.atUs !== null) times.add(one.atUs);
  times.delete(workload.lengthUs);
  return [...times].sort((a, b) => a - b);
}

/** The events that are expected, as they come. */
class Traces {
  private readonly play: Play;
  private readonly words: TestWords;
  private readonly symbols: KernelSymbols;
  private readonly tasks: string[];
  private readonly wanted: { key: string; codes: Set<number>; first: number; lines: string[] }[] = [];

  constructor(play: Play, expect: readonly Expectation[], words: TestWords) {
    this.play = play;
    this.words = words;
    this.tasks = play.plan.workload.tasks.map(task => task.name);
    this.symbols = new KernelSymbols(play.machine.arch, play.plan.workload.named?.functions ?? []);
    for (const one of expect) {
      if (one.kind !== 'trace') continue;
      const codes = new Set(one.events.map(name => EVENT_NAMES.findIndex(event => event.name === name)));
      this.wanted.push({ key: one.key, codes, first: one.first, lines: [] });
    }
  }

  get isEmpty(): boolean {
    return this.wanted.length === 0;
  }

  note(event: Parameters<TestWords['event']>[2]): void {
    for (const { codes, first, lines } of this.wanted) {
      if (lines.length >= first || !codes.has(event.code)) continue;
      lines.push(this.words.event(this.play.machine, this.tasks, event, this.symbols));
    }
  }

  keep(texts: Map<string, string>): void {
    for (const { key, lines } of this.wanted) texts.set(key, lines.join(''));
  }
}
