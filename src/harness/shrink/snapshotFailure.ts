/**
 * A snapshot holds all of a run, so that any smaller challenge differs from it, too. What makes it fail can be kept only as an
 * expectation that a smaller run could meet: on a metric that has become worse than the snapshot says.
 */
import { METRICS, type MetricInfo, type MetricName } from '../../contract/metrics.ts';
import type { SeedVerdict } from '../../contract/verdict.ts';
import { lostBy } from '../telling.ts';

/** An expectation as a spec has it. */
export interface StandIn {
  metric: MetricName;
  where?: { task: string; order: number };
  at_most?: string | number;
  at_least?: string | number;
}

/** Of metrics that change with everything, only where no other did. */
const LAST: readonly MetricName[] = ['cycles', 'policy.tokens'];

/**
 * Of a state that is another one: the metrics that are worse than the snapshot has them, those first by which trouble is told.
 *
 * @param stored  the snapshot: the hash, and every metric that was not 0
 */
export function standInsForState(stored: string, { metrics }: SeedVerdict): StandIn[] {
  const before = new Map<string, number>();
  for (const [, name, value] of stored.matchAll(/^([a-z_.]+): (-?\d+)$/gm)) before.set(name, Number(value));
  const rank = (metric: MetricName): number =>
    LAST.includes(metric) ? 2 : lostBy({ metric }) === null ? 1 : 0;
  return (Object.keys(METRICS) as MetricName[])
    .filter(metric => isWorse(METRICS[metric], before.get(metric) ?? 0, metrics[metric] ?? 0))
    .sort((a, b) => rank(a) - rank(b))
    .map(metric => {
      const { unit, better } = METRICS[metric];
      const value = valueText(before.get(metric) ?? 0, unit);
      return better === 'lower' ? { metric, at_most: value } : { metric, at_least: value };
    });
}

/** More of what should be little takes work; less of a state that should be high, too. Less of a total comes of less work. */
function isWorse({ better, kind }: MetricInfo, before: number, now: number): boolean {
  return better === 'lower' ? now > before : kind === 'now' && now < before;
}

/**
 * Of the report of a failed allocation that is another one: that its task is refused such a block at all, where the snapshot is of
 * another task, order or mask. None where only the numbers in it differ, or nothing fails any more: less work would do the same.
 */
export function standInsForDump(stored: string, { failures }: SeedVerdict): StandIn[] {
  const [first] = failures;
  const headOf = (text: string): string => text.split('\n', 1)[0];
  if (first === undefined || headOf(stored) === headOf(first.kernelLog.join('\n'))) return [];
  return [{ metric: 'page_alloc.failures', where: { task: first.task, order: first.order }, at_most: 0 }];
}

/** As the format takes it: with a unit where it must have one. */
function valueText(value: number, unit: MetricInfo['unit']): string | number {
  if (unit === 'us') return `${value}us`;
  return unit === 'bytes' ? `${value}B` : value;
}
