/** Matchers of verdicts, for `expect.extend(matchers)`. */
import { METRIC_NAMES, type MetricName } from '../contract/metrics.ts';
import { nearest } from '../contract/nearest.ts';
import type { SeedVerdict, Verdict } from '../contract/verdict.ts';
import { unitOf } from '../harness/metrics.ts';
import { plural, quantity } from '../report/quantity.ts';
import { harmless } from '../report/sourceColumns.ts';
import { failureOf, SpecRunner, snapshotMode, specsAt, testFolder } from './specRun.ts';
import { testApi } from './testApi.ts';

/** What a metric must be: bounds, or a value with how far it may be away, as a number or as `'5%'`. */
export interface MetricRange {
  atLeast?: number;
  atMost?: number;
  equals?: number;
  within?: number | `${number}%`;
}

export interface OomphMatchers<R = unknown> {
  /** Every goal was met on every seed. */
  toBeWon(): R;
  /** The metric (`oomph metrics` lists them) is that on every seed. */
  toHaveMetric(metric: MetricName, expected: number | MetricRange): R;
  /** No allocation of pages failed on any seed. */
  toHaveNoFailures(): R;
  /** The policy broke no rule on any seed. */
  toHaveNoFaults(): R;
  /** The spec file, named from the test file, is met on every seed of it or on those given. */
  toMatchSpec(options?: { seeds?: readonly number[] }): Promise<void>;
}

interface MatcherContext {
  isNot?: boolean;
  utils: { matcherHint(name: string, received?: string, expected?: string, options?: object): string };
}

interface MatcherResult {
  pass: boolean;
  message: () => string;
}

const SEEDS_SHOWN = 10;

export const matchers = {
  toBeWon(this: MatcherContext, received: unknown): MatcherResult {
    const verdict = verdictOf(received, 'toBeWon');
    const lost = seedsOf(verdict).filter(({ outcome }) => outcome === 'lost');
    return told(this, 'toBeWon', '', verdict.outcome === 'won', lost, seed => whyLost(seed), verdict);
  },

  toHaveMetric(
    this: MatcherContext,
    received: unknown,
    metric: string,
    expected: number | MetricRange,
  ): MatcherResult {
    const verdict = verdictOf(received, 'toHaveMetric');
    const [least, most] = boundsOf(expected);
    const values = seedsOf(verdict).map(seed => ({ seed, value: metricOf(seed, metric) }));
    const off = values.filter(({ value }) => value < least || value > most).map(({ seed }) => seed);
    const say = (seed: SeedVerdict): string[] => [`${metric} is ${amount(metricOf(seed, metric), metric)}`];
    const wanted = rangeText(least, most, metric);
    return told(this, 'toHaveMetric', `'${metric}', ${wanted}`, off.length === 0, off, say, verdict);
  },

  toHaveNoFailures(this: MatcherContext, received: unknown): MatcherResult {
    const verdict = verdictOf(received, 'toHaveNoFailures');
    const failed = seedsOf(verdict).filter(seed => metricOf(seed, 'page_alloc.failures') > 0);
    const say = (seed: SeedVerdict): string[] => [
      plural(metricOf(seed, 'page_alloc.failures'), 'failed allocation'),
      ...(seed.failures[0]?.kernelLog ?? []).map(harmless),
    ];
    return told(this, 'toHaveNoFailures', '', failed.length === 0, failed, say, verdict);
  },

  toHaveNoFaults(this: MatcherContext, received: unknown): MatcherResult {
    const verdict = verdictOf(received, 'toHaveNoFaults');
    const faulty = seedsOf(verdict).filter(({ nrFaults }) => nrFaults > 0);
    const say = ({ nrFaults, faults: [first] }: SeedVerdict): string[] => [
      plural(nrFaults, 'fault'),
      ...(first === undefined
        ? []
        : [harmless(`${first.file}:${first.line}:${first.column} in ${first.hook}: ${first.message}`)]),
    ];
    return told(this, 'toHaveNoFaults', '', faulty.length === 0, faulty, say, verdict);
  },

  async toMatchSpec(
    this: MatcherContext,
    received: unknown,
    { seeds }: { seeds?: readonly number[] } = {},
  ): Promise<MatcherResult> {
    if (typeof received !== 'string') {
      throw new TypeError(
        `toMatchSpec() wants a spec file, and got ${typeof received}: expect('a.spec.yaml').toMatchSpec()`,
      );
    }
    if (seeds?.length === 0) throw new Error('toMatchSpec: `seeds` is empty, so nothing would be run');
    const api = testApi();
    const told: string[] = [];
    const runner = new SpecRunner();
    try {
      for (const spec of specsAt(received, testFolder(api))) {
        for (const seed of seeds ?? spec.plan?.seeds ?? [0]) {
          const ran = await runner.run(spec, seed, snapshotMode(api));
          // What could not be run says nothing, for .not neither.
          if (ran.result.status === 'error') throw failureOf(ran.spec, ran.result);
          if (ran.result.status !== 'passed')
            told.push(`seed ${seed}:\n${failureOf(ran.spec, ran.result).message}`);
        }
      }
    } finally {
      await runner.close();
    }
    const hint = this.utils.matcherHint('toMatchSpec', `'${harmless(received)}'`, '', {
      isNot: this.isNot === true,
    });
    return {
      pass: told.length === 0,
      message: () =>
        told.length === 0 ? `${hint}\n\nEverything is as the spec says.` : [hint, ...told].join('\n\n'),
    };
  },
};

/** @param off  seeds that are against it */
function told(
  { isNot, utils }: MatcherContext,
  name: string,
  wanted: string,
  pass: boolean,
  off: readonly SeedVerdict[],
  say: (seed: SeedVerdict) => string[],
  verdict: Verdict | SeedVerdict,
): MatcherResult {
  const message = (): string => {
    const lines = [utils.matcherHint(name, 'verdict', wanted, { isNot: isNot === true }), ''];
    const seeds = seedsOf(verdict);
    if (pass)
      lines.push(
        `It is so on ${seeds.length === 1 ? `seed ${seeds[0].seed}` : `all ${seeds.length} seeds`}.`,
      );
    for (const [i, seed] of off.slice(0, SEEDS_SHOWN).entries()) {
      const [first, ...more] = say(seed);
      // Of one the whole story.
      lines.push(`seed ${seed.seed}: ${first}`, ...(i === 0 ? more : []).map(line => `  ${line}`.trimEnd()));
    }
    if (off.length > SEEDS_SHOWN) lines.push(`and ${plural(off.length - SEEDS_SHOWN, 'more seed')}`);
    if (off.length > 0) lines.push('', 'To see it again:', `  ${harmless(off[0].reproduce)}`);
    return lines.join('\n');
  };
  return { pass, message };
}

function whyLost(seed: SeedVerdict): string[] {
  const lost = seed.goals.filter(({ held }) => !held);
  if (lost.length === 0) return [`lost: ${plural(seed.nrFaults, 'fault')} of the policy ended the run`];
  const [first, ...more] = lost.map(({ text, value, unit }) => `${harmless(text)}: ${quantity(value, unit)}`);
  return [`lost, ${first}`, ...more];
}

/** @throws TypeError  it is none */
function verdictOf(received: unknown, matcher: string): Verdict | SeedVerdict {
  const verdict = received as Partial<Verdict & SeedVerdict> | null | undefined;
  if (typeof verdict === 'object' && verdict !== null && 'outcome' in verdict) {
    if (Array.isArray(verdict.seeds) || typeof verdict.metrics === 'object') return verdict as Verdict;
  }
  const awaited = typeof (received as Promise<unknown> | undefined)?.then === 'function';
  const hint = awaited
    ? 'it got a promise: await run() first'
    : 'what run() of oomph gives, or one of its `seeds`';
  throw new TypeError(`${matcher}() wants a verdict: ${hint}`);
}

const seedsOf = (verdict: Verdict | SeedVerdict): SeedVerdict[] =>
  'seeds' in verdict ? verdict.seeds : [verdict];

/** @throws Error  there is no such metric */
function metricOf({ metrics }: SeedVerdict, metric: string): number {
  if (Object.hasOwn(metrics, metric)) return metrics[metric];
  const near = nearest(metric, METRIC_NAMES);
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'oomph metrics lists them';
  throw new Error(`there is no metric ${JSON.stringify(metric)}: ${hint}`);
}

const RANGE_KEYS = ['atLeast', 'atMost', 'equals', 'within'];

/** @throws TypeError  nothing is expected, or what there is not */
function boundsOf(expected: number | MetricRange): [least: number, most: number] {
  const range: MetricRange = typeof expected === 'number' ? { equals: expected } : expected;
  for (const key of Object.keys(range)) {
    if (RANGE_KEYS.includes(key)) continue;
    const [near = RANGE_KEYS.join(', ')] = nearest(key, RANGE_KEYS);
    throw new TypeError(`toHaveMetric(): there is no ${key}: did you mean ${near}?`);
  }
  const { atLeast, atMost, equals, within = 0 } = range;
  if (equals !== undefined) {
    const part = typeof within === 'number' ? within : (equals * percentOf(within)) / 100;
    return [equals - part, equals + part];
  }
  if (atLeast === undefined && atMost === undefined) {
    throw new TypeError('toHaveMetric() wants a number, {atLeast}, {atMost} or {equals, within}');
  }
  return [atLeast ?? Number.NEGATIVE_INFINITY, atMost ?? Number.POSITIVE_INFINITY];
}

function percentOf(text: string): number {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent === undefined) throw new TypeError("toHaveMetric(): `within` is a number or such as '5%'");
  return Number(percent);
}

const amount = (value: number, metric: string): string => quantity(value, unitOf(metric as MetricName));

function rangeText(least: number, most: number, metric: string): string {
  if (least === most) return amount(least, metric);
  if (least === Number.NEGATIVE_INFINITY) return `at most ${amount(most, metric)}`;
  if (most === Number.POSITIVE_INFINITY) return `at least ${amount(least, metric)}`;
  return `${amount(least, metric)} to ${amount(most, metric)}`;
}
