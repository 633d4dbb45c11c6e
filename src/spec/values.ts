import { nearest as nearestOf } from '../contract/nearest.ts';
import type { IntDist } from '../contract/plan.ts';
import type { Located } from './document.ts';
import { type Findings, quote } from './findings.ts';
import { COUNT, DURATION, describe, type QuantityKind, quantity, resolve } from './quantity.ts';

/** The value at a key, whatever it is; undefined if the map is none or lacks it. */
export function field(node: Located | undefined, key: string): Located | undefined {
  return node?.entries?.get(key);
}

/** Readers of plain scalars: what has the wrong type is undefined, and told by the check against the schema. */
export function textOf(node: Located | undefined): string | undefined {
  return typeof node?.value === 'string' ? node.value : undefined;
}

export function integerOf(node: Located | undefined): number | undefined {
  return typeof node?.value === 'number' && Number.isSafeInteger(node.value) ? node.value : undefined;
}

export function booleanOf(node: Located | undefined, otherwise: boolean): boolean {
  return typeof node?.value === 'boolean' ? node.value : otherwise;
}

/** The largest unit that gives a whole number. */
export function sizeText(bytes: number): string {
  if (bytes === 0) return '0B';
  for (const [unit, scale] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes % scale === 0) return `${bytes / scale}${unit}`;
  }
  return `${bytes}B`;
}

/** Longest time a file may name: milliseconds of a run fit an int32 many times over. */
export const MAX_TIME_US = 24 * 3_600_000_000;

export function duration(
  findings: Findings,
  node: Located | undefined,
  least: 0 | 1 = 0,
): number | undefined {
  const us = quantity(findings, node, DURATION);
  return us === undefined || node === undefined
    ? undefined
    : checkDuration(findings, node, node.source, us, least);
}

function checkDuration(
  findings: Findings,
  node: Located,
  text: string,
  us: number,
  least: number,
): number | undefined {
  if (us > MAX_TIME_US) {
    findings.error(node, 'E-RANGE', `${quote(text)} is longer than a day`, { expected: 'at most 24h' });
    return undefined;
  }
  if (us < least) {
    findings.error(node, 'E-RANGE', `${quote(text)} is no time at all`, { expected: 'a duration above 0' });
    return undefined;
  }
  return us;
}

/** What may stand in a distribution: its unit, and the range its values keep to. */
export interface DistKind {
  quantity: QuantityKind;
  noun: string;
  kinds: readonly ('uniform' | 'exponential' | 'choice' | 'in_turn')[];
  expected: string;
  /** Reports a value out of range; the value if it may stand. */
  check(findings: Findings, node: Located, text: string, value: number): number | undefined;
}

const within = (low: number, high: number, what: string) => ({
  check(findings: Findings, node: Located, text: string, value: number): number | undefined {
    if (value >= low && value <= high) return value;
    findings.error(node, 'E-RANGE', `${quote(text)} is out of range`, { expected: what });
    return undefined;
  },
});

export const DURATION_DIST: DistKind = {
  quantity: DURATION,
  noun: 'a duration',
  kinds: ['uniform', 'exponential', 'choice', 'in_turn'],
  expected:
    'a duration such as 20ms, or {uniform: [10ms, 50ms]}, {exponential: 200ms}, {choice: {10ms: 3, 1s: 1}}',
  check: (findings, node, text, us) => checkDuration(findings, node, text, us, 0),
};

export const COUNT_DIST: DistKind = {
  quantity: COUNT,
  noun: 'a number',
  kinds: ['uniform', 'exponential', 'choice', 'in_turn'],
  expected: 'a whole number, or {uniform: [1, 4]}, {exponential: 8}, {choice: {1: 5, 8: 1}}',
  ...within(0, 1_000_000, 'a whole number, 0 to 1000000'),
};

const ORDER: QuantityKind = {
  ...COUNT,
  name: 'order',
  expected: 'an order 0 to 10',
  units: { '': 1n },
  near: {},
};

export const ORDER_DIST: DistKind = {
  quantity: ORDER,
  noun: 'an order',
  kinds: ['uniform', 'choice', 'in_turn'],
  expected: 'an order 0 to 10, or {uniform: [0, 3]}, {choice: {0: 5, 3: 1}}',
  check(findings, node, text, order) {
    if (order <= 10) return order;
    const message = `order ${quote(text)}: the largest block has order 10, 1024 pages (MAX_ORDER is 11)`;
    findings.error(node, 'E-ORDER', message, { expected: 'an order 0 to 10' });
    return undefined;
  },
};

/** Read a distribution; undefined after a finding. */
export function distribution(
  findings: Findings,
  node: Located | undefined,
  kind: DistKind,
): IntDist | undefined {
  if (node === undefined || findings.isFaulty(node)) return undefined;
  const { expected } = kind;
  if (node.entries === null) {
    if (node.items !== null || node.value === null || typeof node.value === 'boolean') {
      findings.error(
        node.value === null ? (node.key ?? node) : node,
        'E-TYPE',
        `${describe(node)} where ${kind.noun} is wanted`,
        { expected },
      );
      return undefined;
    }
    const value = value1(findings, node, kind);
    return value === undefined ? undefined : { kind: 'constant', value };
  }
  const [first, second] = [...node.entries];
  if (first === undefined) {
    findings.error(node, 'E-EMPTY', 'an empty map is no distribution', { expected });
    return undefined;
  }
  const [name, child] = first;
  if (!(kind.kinds as readonly string[]).includes(name)) {
    const all = name === 'exponential';
    const message = all
      ? `${quote(name)} has no largest value, and ${kind.noun} needs one`
      : `${quote(name)} is no distribution`;
    findings.error(child.key ?? child, 'E-KEY-UNKNOWN', message, {
      expected,
      suggestions: all ? [] : nearestOf(name, kind.kinds),
    });
    return undefined;
  }
  if (second !== undefined) {
    const message = `${quote(second[0])} is a second distribution`;
    findings.error(second[1].key ?? second[1], 'E-KEY-CONFLICT', message, { expected: 'one of them' });
    return undefined;
  }
  if (name === 'uniform') return uniform(findings, child, kind);
  if (name === 'choice') return choice(findings, child, kind);
  if (name === 'in_turn') return inTurn(findings, child, kind);
  const mean = value1(findings, child, kind);
  if (mean === undefined) return undefined;
  if (mean === 0) {
    findings.error(child, 'E-RANGE', 'an exponential distribution of mean 0', { expected: 'a mean above 0' });
    return undefined;
  }
  return { kind: 'exponential', mean };
}

function value1(findings: Findings, node: Located, kind: DistKind): number | undefined {
  const value = quantity(findings, node, kind.quantity);
  return value === undefined ? undefined : kind.check(findings, node, node.source, value);
}

function uniform(findings: Findings, node: Located, kind: DistKind): IntDist | undefined {
  if (node.items === null || node.items.length !== 2) {
    const what = node.items === null ? describe(node) : `a list of ${node.items.length}`;
    findings.error(
      node.value === null ? (node.key ?? node) : node,
      'E-TYPE',
      `${what} where two values are wanted`,
      {
        expected: `[lowest, highest]`,
      },
    );
    return undefined;
  }
  const [low, high] = node.items.map(item => value1(findings, item, kind));
  if (low === undefined || high === undefined) return undefined;
  if (low > high) {
    const suggestions = [`[${node.items[1].source}, ${node.items[0].source}]`];
    findings.error(node, 'E-RANGE-ORDER', 'the first of the two is the larger', {
      expected: '[lowest, highest]',
      suggestions,
    });
    return undefined;
  }
  return low === high ? { kind: 'constant', value: low } : { kind: 'uniform', low, high };
}

function choice(findings: Findings, node: Located, kind: DistKind): IntDist | undefined {
  const expected = 'a map from values to weights';
  if (node.entries === null) {
    findings.error(
      node.value === null ? (node.key ?? node) : node,
      'E-TYPE',
      `${describe(node)} where ${expected} is wanted`,
      { expected },
    );
    return undefined;
  }
  if (node.entries.size === 0) {
    findings.error(node, 'E-EMPTY', 'a choice of nothing', { expected });
    return undefined;
  }
  if (node.entries.size > 1000) {
    findings.error(node.key ?? node, 'E-LENGTH', `a choice of ${node.entries.size} values`, {
      expected: 'at most 1000',
    });
    return undefined;
  }
  const values: number[] = [];
  const cumulative: number[] = [];
  let total = 0;
  let good = true;
  for (const [text, weightNode] of node.entries) {
    const keyNode: Located = {
      ...weightNode,
      ...(weightNode.key ?? {}),
      value: text,
      source: text,
      quoted: false,
    };
    const raw = resolve(findings, keyNode, text, kind.quantity);
    const value = raw === undefined ? undefined : kind.check(findings, keyNode, text, raw);
    const weight = integerOf(weightNode);
    if (weight === undefined || weight < 1 || weight > 1_000_000) {
      const place = weightNode.value === null ? keyNode : weightNode;
      findings.error(place, 'E-RANGE', `the weight of ${quote(text)} is ${describe(weightNode)}`, {
        expected: 'a whole number, 1 to 1000000',
      });
    }
    if (value === undefined || weight === undefined) {
      good = false;
      continue;
    }
    if (values.includes(value)) {
      findings.error(keyNode, 'E-DUPLICATE', `${quote(text)} is here a second time, in other words`, {
        expected: 'each value once',
      });
      good = false;
    }
    total += weight;
    values.push(value);
    cumulative.push(total);
  }
  return good ? { kind: 'choice', values, cumulative } : undefined;
}

function inTurn(findings: Findings, node: Located, kind: DistKind): IntDist | undefined {
  const values = numberList(findings, node, 'values');
  if (values === undefined) return undefined;
  for (const value of new Set(values))
    if (kind.check(findings, node, String(value), value) === undefined) return undefined;
  return values.every(value => value === values[0])
    ? { kind: 'constant', value: values[0] }
    : { kind: 'in_turn', values };
}

/** Values of a list in one text at most. */
const MAX_LISTED = 1_000_000;

/**
 * A text of whole numbers, `17 18*4 20`: a recorded list, of which nobody would write each item on a line of its own.
 *
 * @param noun what they are, for the message
 */
export function numberList(findings: Findings, node: Located, noun: string): number[] | undefined {
  const expected = `${noun} as whole numbers in one text, such as "17 18*4 20": 17, four times 18, 20`;
  const text = typeof node.value === 'number' ? node.source : textOf(node);
  if (text === undefined) {
    const place = node.value === null ? (node.key ?? node) : node;
    findings.error(place, 'E-TYPE', `${describe(node)} where a text is wanted`, { expected });
    return undefined;
  }
  const list: number[] = [];
  for (const word of text.split(/\s+/)) {
    if (word === '') continue;
    const parts = /^(\d{1,15})(?:\*(\d{1,7}))?$/.exec(word);
    const times = Number(parts?.[2] ?? 1);
    if (parts === null || times === 0 || list.length + times > MAX_LISTED) {
      const message =
        parts === null || times === 0 ? `${quote(word)} in a list of ${noun}` : `a list of too many ${noun}`;
      findings.error(node, parts === null || times === 0 ? 'E-FORMAT' : 'E-LENGTH', message, {
        expected: parts === null || times === 0 ? expected : `at most ${MAX_LISTED}`,
      });
      return undefined;
    }
    for (let i = 0; i < times; i++) list.push(Number(parts[1]));
  }
  if (list.length > 0) return list;
  findings.error(node, 'E-EMPTY', `a list of no ${noun}`, { expected });
  return undefined;
}

/** Mean of a distribution, for estimates. */
export function meanOf(dist: IntDist): number {
  switch (dist.kind) {
    case 'constant':
      return dist.value;
    case 'uniform':
      return (dist.low + dist.high) / 2;
    case 'exponential':
      return dist.mean;
    case 'choice': {
      let sum = 0;
      for (let i = 0; i < dist.values.length; i++) {
        sum += dist.values[i] * (dist.cumulative[i] - (i === 0 ? 0 : dist.cumulative[i - 1]));
      }
      return sum / dist.cumulative[dist.cumulative.length - 1];
    }
    case 'in_turn':
      return dist.values.reduce((a, b) => a + b) / dist.values.length;
  }
}

/** The greatest value it can draw; an exponential has none to rely on. */
export function greatestOf(dist: IntDist): number {
  switch (dist.kind) {
    case 'constant':
      return dist.value;
    case 'uniform':
      return dist.high;
    case 'exponential':
      return Number.POSITIVE_INFINITY;
    case 'choice':
      return Math.max(...dist.values);
    case 'in_turn':
      return dist.values.reduce((a, b) => Math.max(a, b));
  }
}

/** The least value it can draw. */
export function leastOf(dist: IntDist): number {
  switch (dist.kind) {
    case 'constant':
      return dist.value;
    case 'uniform':
      return dist.low;
    case 'exponential':
      return 0;
    case 'choice':
      return Math.min(...dist.values);
    case 'in_turn':
      return dist.values.reduce((a, b) => Math.min(a, b));
  }
}

/** Entries of a cache with a shrinker, 1 to 10M. */
export function entryCount(findings: Findings, node: Located): number | undefined {
  const count = quantity(findings, node, COUNT);
  if (count === undefined || (count >= 1 && count <= 10_000_000)) return count;
  findings.error(node, 'E-RANGE', `${quote(node.source)} entries`, { expected: '1 to 10M' });
  return undefined;
}
