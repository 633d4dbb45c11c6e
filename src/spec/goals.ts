import { METRICS, type MetricInfo, type MetricName } from '../contract/metrics.ts';
import { nearest } from '../contract/nearest.ts';
import type { Comparison, GoalPlan, MetricFilter, ScoreAxis } from '../contract/plan.ts';
import { ZONE_NAMES } from '../engine/index.ts';
import { bounds, type Facts } from './bounds.ts';
import type { Located } from './document.ts';
import { type Findings, oneOf, quote } from './findings.ts';
import { COUNT, DURATION, describe, type QuantityKind, quantity, resolve, SIZE } from './quantity.ts';
import { booleanOf, field, integerOf, textOf } from './values.ts';

const COMPARISONS: readonly Comparison[] = ['at_most', 'at_least', 'equals'];
const WHERE_KEYS: readonly string[] = ['task', 'zone', 'order'];
const COMPARISON_TEXT: Record<Comparison, string> = {
  at_most: 'at most',
  at_least: 'at least',
  equals: 'exactly',
};

export function readGoals(findings: Findings, node: Located | undefined, facts: Facts): GoalPlan[] {
  const goals: GoalPlan[] = [];
  for (const item of node?.items ?? []) {
    const metric = metricOf(field(item, 'metric'));
    const where = readWhere(findings, field(item, 'where'), metric, facts);
    if (metric === undefined) continue;
    const present = COMPARISONS.filter(c => field(item, c) !== undefined);
    const [compare] = present;
    const valueNode = field(item, compare ?? '');
    const value = readValue(findings, valueNode, METRICS[metric], facts.pageBytes);
    const always = booleanOf(field(item, 'always'), false);
    if (present.length !== 1 || value === undefined || where === undefined || valueNode === undefined)
      continue;
    checkGoal(findings, valueNode, metric, where, { compare, value, always }, facts);
    const { line, column } = findings.position(item.start);
    const unit = METRICS[metric].unit === 'pages' && /^[0-9]+$/.test(valueNode.source) ? ' pages' : '';
    // `5m` beside counts such as `16M` reads as five million.
    const wanted =
      METRICS[metric].unit === 'us' ? valueNode.source.replace(/^([0-9.]+)m$/, '$1 min') : valueNode.source;
    const text = `${metricText(metric, where, facts)}, ${always ? 'always ' : ''}${COMPARISON_TEXT[compare]} ${wanted}${unit}`;
    goals.push({ metric, where, always, compare, value, text, line, column });
  }
  return goals;
}

export function readScore(findings: Findings, node: Located | undefined, facts: Facts): ScoreAxis[] {
  const axes: ScoreAxis[] = [];
  const seen = new Set<string>();
  for (const item of node?.items ?? []) {
    const metricNode = field(item, 'metric');
    const metric = metricOf(metricNode);
    const where = readWhere(findings, field(item, 'where'), metric, facts);
    if (metric === undefined || metricNode === undefined) continue;
    const parNode = field(item, 'par');
    const goldNode = field(item, 'gold');
    const par = readValue(findings, parNode, METRICS[metric], facts.pageBytes);
    const gold = readValue(findings, goldNode, METRICS[metric], facts.pageBytes);
    if (where === undefined) continue;
    const text = metricText(metric, where, facts);
    if (seen.has(text)) {
      findings.error(metricNode, 'E-DUPLICATE', `${quote(text)} is scored twice`, {
        expected: 'each axis once',
      });
    }
    seen.add(text);
    if (par === undefined || gold === undefined || parNode === undefined || goldNode === undefined) continue;
    const { better } = METRICS[metric];
    if (better === 'lower' ? gold > par : gold < par) {
      const message = `gold ${quote(goldNode.source)} is worse than par ${quote(parNode.source)}: of ${metric}, ${better} is better`;
      findings.error(goldNode, 'E-SCORE-ORDER', message, {
        expected: `${better === 'lower' ? 'at most' : 'at least'} ${parNode.source}`,
      });
    } else checkAxis(findings, metric, where, { par, gold, parNode, goldNode }, facts);
    axes.push({ metric, where, better, par, gold });
  }
  return axes;
}

export function metricOf(node: Located | undefined): MetricName | undefined {
  const name = textOf(node);
  return name !== undefined && Object.hasOwn(METRICS, name) ? (name as MetricName) : undefined;
}

export function readWhere(
  findings: Findings,
  node: Located | undefined,
  metric: MetricName | undefined,
  facts: Facts,
): MetricFilter | undefined {
  const where: MetricFilter = { task: -1, zone: -1, order: -1 };
  if (node === undefined) return where;
  if (node.entries === null) return undefined;
  const takes: readonly string[] = metric === undefined ? WHERE_KEYS : METRICS[metric].where;
  let good = true;
  for (const [name, child] of node.entries) {
    if (!WHERE_KEYS.includes(name)) {
      good = false;
      continue;
    }
    if (!takes.includes(name)) {
      const expected = takes.length > 0 ? `${oneOf(takes)}` : 'no `where`: it counts the whole machine';
      findings.error(child.key ?? child, 'E-WHERE-FILTER', `${metric} cannot be told apart by ${name}`, {
        expected,
      });
      good = false;
      continue;
    }
    if (name === 'task') where.task = taskIndex(findings, child, facts);
    else if (name === 'zone') where.zone = zoneIndex(findings, child, facts);
    else where.order = findings.isFaulty(child) ? -2 : (integerOf(child) ?? -2);
    if (where[name as keyof MetricFilter] < 0) good = false;
  }
  return good ? where : undefined;
}

function taskIndex(findings: Findings, node: Located, facts: Facts): number {
  const name = textOf(node);
  if (name === undefined) return -2;
  const names = (facts.tasks ?? []).map(t => t.name ?? '');
  const listed = [...new Set(names)];
  const index = names.indexOf(name);
  if (index < 0 && facts.tasks !== undefined && !names.includes('')) {
    findings.error(node, 'E-TASK-UNKNOWN', `there is no task ${quote(name)} in this file`, {
      expected: listed.length > 0 ? oneOf(listed.slice(0, 12)) : 'the name of a task',
      suggestions: nearest(name, listed),
    });
  }
  return index < 0 ? -2 : index;
}

function zoneIndex(findings: Findings, node: Located, facts: Facts): number {
  const index = (ZONE_NAMES as readonly string[]).indexOf(textOf(node) ?? '');
  if (index < 0) return -2;
  if (facts.machine !== undefined && facts.machine.zonePages[index] === 0) {
    const there = ZONE_NAMES.filter((_, z) => (facts.machine?.zonePages[z] ?? 0) > 0);
    findings.error(node, 'E-ZONE-ABSENT', `this machine has no zone ${ZONE_NAMES[index]}`, {
      expected: oneOf(there),
    });
    return -2;
  }
  return index;
}

/** `page_alloc.failures of task sb16, order 2` */
export function metricText(metric: MetricName, where: MetricFilter, facts: Facts): string {
  let text: string = metric;
  if (where.task >= 0) text += ` of task ${facts.tasks?.[where.task]?.name ?? where.task}`;
  if (where.zone >= 0) text += ` in zone ${ZONE_NAMES[where.zone]}`;
  if (where.order >= 0) text += `, order ${where.order}`;
  return text;
}

const PAGES: QuantityKind = {
  ...COUNT,
  name: 'number of pages',
  expected: 'pages such as 64, or bytes such as 256KiB',
  near: {},
};

const PLAIN: Readonly<Record<string, QuantityKind>> = {
  count: COUNT,
  cycles: { ...COUNT, name: 'number of cycles' },
  tokens: { ...COUNT, name: 'number of tokens' },
  us: { ...DURATION, expected: 'a time such as 5ms or 0s' },
  bytes: { ...SIZE, expected: 'bytes with their unit, such as 0B, 512B or 4KiB' },
};

/** A value in the metric's unit. */
export function readValue(
  findings: Findings,
  node: Located | undefined,
  info: MetricInfo,
  pageBytes: number,
): number | undefined {
  if (node === undefined || findings.isFaulty(node)) return undefined;
  const plain = PLAIN[info.unit];
  if (plain !== undefined) return quantity(findings, node, plain);
  if (info.unit === 'pages') return readPages(findings, node, pageBytes);
  const [low, high, expected] =
    info.unit === 'order'
      ? [-1, 10, 'an order, -1 (none) to 10']
      : [0, 1000, 'per thousand, 0 to 1000, or per cent such as 99.5%'];
  if (node.value === null || (typeof node.value !== 'number' && typeof node.value !== 'string')) {
    const place = node.value === null ? (node.key ?? node) : node;
    findings.error(place, 'E-TYPE', `${describe(node)} where a value is wanted`, { expected });
    return undefined;
  }
  const percent = info.unit === 'permille' ? /^([0-9]{1,3})(?:\.([0-9]))?%$/.exec(node.source) : null;
  const value = percent === null ? integerOf(node) : Number(percent[1]) * 10 + Number(percent[2] ?? 0);
  if (value === undefined || value < low || value > high) {
    const code = typeof node.value === 'number' || percent !== null ? 'E-RANGE' : 'E-QUANTITY';
    findings.error(node, code, `${quote(node.source)} is no ${info.unit === 'order' ? 'order' : 'share'}`, {
      expected,
    });
    return undefined;
  }
  return value;
}

function readPages(findings: Findings, node: Located, pageBytes: number): number | undefined {
  if (!/(B|iB)$/i.test(node.source)) return quantity(findings, node, PAGES);
  const bytes = resolve(findings, node, node.source, { ...SIZE, expected: PAGES.expected });
  if (bytes === undefined) return undefined;
  if (bytes % pageBytes !== 0) {
    findings.error(node, 'E-PAGE-ALIGNED', `${quote(node.source)} is not a whole number of pages`, {
      expected: `a multiple of ${pageBytes / 1024}KiB`,
    });
    return undefined;
  }
  return bytes / pageBytes;
}

/** Refuses what no run could lose, and what none could win, as far as the file alone shows it. */
function checkGoal(
  findings: Findings,
  node: Located,
  metric: MetricName,
  where: MetricFilter,
  goal: { compare: Comparison; value: number; always: boolean },
  facts: Facts,
): void {
  const { low, high, why } = bounds(metric, where, facts);
  const { compare, value, always } = goal;
  const starts = METRICS[metric].kind === 'total' ? 0 : undefined;
  const unit = METRICS[metric].unit === 'pages' ? ' pages' : '';
  const between = low === high ? `always ${low}` : `${low} to ${high}`;
  const range = (high === Number.POSITIVE_INFINITY ? `never below ${low}` : between) + unit;
  const because = why === '' ? '' : `: ${why}`;
  const sure =
    (compare === 'at_most' && value >= high) ||
    (compare === 'at_least' && value <= low) ||
    (compare === 'equals' && low === high && value === low);
  if (sure) {
    const message = `this goal proves nothing: ${metric} is ${range} here${because}`;
    findings.error(node, 'E-GOAL-PROVES-NOTHING', message, { expected: 'a bound that a run can miss' });
    return;
  }
  const impossible =
    (compare === 'at_most' && value < low) ||
    (compare === 'at_least' && value > high) ||
    (compare === 'equals' && (value < low || value > high));
  if (impossible) {
    const message = `no run can meet this goal: ${metric} is ${range} here${because}`;
    findings.error(node, 'E-GOAL-IMPOSSIBLE', message, { expected: 'a bound that a run can meet' });
  } else if (always && starts !== undefined && compare !== 'at_most' && value > starts) {
    const message = `no run can meet this goal always: ${metric} starts at 0`;
    findings.error(node, 'E-GOAL-IMPOSSIBLE', message, {
      expected: 'no `always`, so that it is asked at the end',
    });
  } else if (always && starts !== undefined && compare === 'equals' && value === 0) {
    // The same as at_most 0: said once, in the form that reads well.
    return;
  }
}

function checkAxis(
  findings: Findings,
  metric: MetricName,
  where: MetricFilter,
  axis: { par: number; gold: number; parNode: Located; goldNode: Located },
  facts: Facts,
): void {
  const { low, high, why } = bounds(metric, where, facts);
  const lower = METRICS[metric].better === 'lower';
  const unit = METRICS[metric].unit === 'pages' ? ' pages' : '';
  const because = why === '' ? '' : `: ${why}`;
  if (lower ? axis.gold < low : axis.gold > high) {
    const message = `nobody can reach this: ${metric} is never ${lower ? 'below' : 'above'} ${lower ? low : high}${unit} here${because}`;
    findings.error(axis.goldNode, 'E-GOAL-IMPOSSIBLE', message, { expected: 'a value that can be reached' });
  } else if (lower ? axis.par >= high : axis.par <= low) {
    const message = `everybody reaches this: ${metric} is never ${lower ? 'above' : 'below'} ${lower ? high : low}${unit} here${because}`;
    findings.error(axis.parNode, 'E-GOAL-PROVES-NOTHING', message, {
      expected: 'a value that can be missed',
    });
  }
}
