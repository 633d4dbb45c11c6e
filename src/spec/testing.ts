/** What a spec pins down: the `test:` of a challenge file. */
import { METRICS, type MetricName } from '../contract/metrics.ts';
import type {
  Expectation,
  ExpectationPlace,
  MetricFilter,
  Microseconds,
  TestPlan,
} from '../contract/plan.ts';
import { bounds, type Facts } from './bounds.ts';
import type { Located } from './document.ts';
import { type Findings, quote } from './findings.ts';
import { metricOf, metricText, readValue, readWhere } from './goals.ts';
import { isRelative } from './of.ts';
import { duration, field, integerOf, textOf } from './values.ts';

/** Policies that are named by a word. */
export const POLICY_WORDS = ['linux', 'reference', 'naive'] as const;
/** Events that a trace has where the spec does not say. */
const USUAL_EVENTS = 200;

/** What the rest of the file says, as far as expectations need it. */
export interface TestFacts extends Facts {
  lengthUs: Microseconds | undefined;
  nrGoals: number;
}

export function readTest(
  findings: Findings,
  node: Located | undefined,
  files: string[],
  facts: TestFacts,
): TestPlan | undefined {
  if (node === undefined) return undefined;
  const policy = readPolicyName(findings, field(node, 'policy'));
  const expect: Expectation[] = [];
  const seen = new Map<string, number>();
  for (const item of field(node, 'expect')?.items ?? []) {
    const expectation = readExpectation(findings, item, policy, facts);
    if (expectation === undefined) continue;
    const name = 'key' in expectation ? expectation.key : expectation.text;
    const line = seen.get(name);
    if (line === undefined) seen.set(name, expectation.line);
    else
      findings.error(item, 'E-DUPLICATE', `${quote(name)} is expected on line ${line} already`, {
        expected: 'each expectation once',
      });
    expect.push(expectation);
  }
  const { line, column } = findings.position((node.key ?? node).start);
  return { policy, expect, of: files, line, column };
}

function readPolicyName(findings: Findings, node: Located | undefined): string {
  const name = textOf(node)?.trim() ?? 'linux';
  if (node === undefined || name === '') return 'linux';
  if (isWord(name) || /^builtin:./.test(name) || !isRelative(findings, node, name)) return name;
  if (/\.(ts|js|ya?ml)$/.test(name)) return name;
  const suggestions = name === 'none' || name.toLowerCase() === 'linux' ? ['linux'] : [];
  findings.error(node, 'E-TEST-POLICY', `${quote(name)} is no policy`, {
    expected: '`linux`, `reference`, `naive`, builtin:NAME, or a file that ends in .ts, .js or .yaml',
    suggestions,
  });
  return name;
}

function isWord(name: string): boolean {
  return (POLICY_WORDS as readonly string[]).includes(name);
}

function readExpectation(
  findings: Findings,
  node: Located,
  policy: string,
  facts: TestFacts,
): Expectation | undefined {
  const place = findings.position(node.start);
  if (node.entries === null) {
    if (node.value === 'state_hash') {
      return { kind: 'state_hash', key: 'state_hash', text: 'the machine is as it was', ...place };
    }
    if (node.value === 'dump') {
      const text = 'the first failed allocation is reported as it was';
      return { kind: 'dump', key: 'dump', text, ...place };
    }
    return undefined;
  }
  const at = field(node, 'at');
  if (at !== undefined && !field(node, 'metric') && !field(node, 'proc')) {
    findings.error(at.key ?? at, 'E-KEY-CONFLICT', '`at` belongs to `metric` or `proc`', {
      expected: 'no `at`: this is about the whole run',
    });
  }
  if (field(node, 'metric')) return readMetric(findings, node, place, policy, facts);
  if (field(node, 'outcome')) return readOutcome(findings, field(node, 'outcome')!, place, facts);
  if (field(node, 'faults')) return readFaults(findings, field(node, 'faults')!, place, policy);
  if (field(node, 'proc')) return readProc(findings, node, place, facts);
  return readTrace(findings, node, place);
}

type Place = Pick<ExpectationPlace, 'line' | 'column'>;

function readOutcome(
  findings: Findings,
  node: Located,
  place: Place,
  { nrGoals }: TestFacts,
): Expectation | undefined {
  if (node.value !== 'won' && node.value !== 'lost') return undefined;
  if (nrGoals === 0 && !findings.hasErrors) {
    findings.error(node, 'E-EXPECT-PROVES-NOTHING', 'there is no `goal` that could be won or lost', {
      expected: 'a `goal` at the top level, or an expectation on a metric',
    });
  }
  return { kind: 'outcome', outcome: node.value, text: `the goals are ${node.value}`, ...place };
}

function readFaults(
  findings: Findings,
  node: Located,
  place: Place,
  policy: string,
): Expectation | undefined {
  const nr = integerOf(node);
  if (nr === undefined || nr < 0) return undefined;
  if (policy === 'linux') {
    findings.error(node, 'E-EXPECT-PROVES-NOTHING', 'Linux decides here: no policy could be at fault', {
      expected: 'a `policy` in `test`, or no `faults`',
    });
  }
  const text = nr === 0 ? 'the policy makes no fault' : `the policy makes ${nr} fault${nr === 1 ? '' : 's'}`;
  return { kind: 'faults', nr, text, ...place };
}

function readProc(
  findings: Findings,
  node: Located,
  place: Place,
  facts: TestFacts,
): Expectation | undefined {
  const view = textOf(field(node, 'proc'));
  const when = readAt(findings, field(node, 'at'), facts);
  if (view === undefined || when === undefined) return undefined;
  return {
    kind: 'proc',
    view,
    atUs: when.atUs,
    key: `proc ${view}${when.text}`,
    text: `${view}${when.text} is as it was`,
    ...place,
  };
}

function readTrace(findings: Findings, node: Located, place: Place): Expectation | undefined {
  const events: string[] = [];
  for (const item of field(node, 'trace')?.items ?? []) {
    const event = textOf(item);
    if (event === undefined) continue;
    if (events.includes(event))
      findings.error(item, 'E-DUPLICATE', `${quote(event)} is in the list twice`, {
        expected: 'each event once',
      });
    events.push(event);
  }
  if (events.length === 0) return undefined;
  const first = integerOf(field(node, 'first')) ?? USUAL_EVENTS;
  return {
    kind: 'trace',
    events,
    first,
    key: `trace ${events.join(' ')}, first ${first}`,
    text: `the first ${first} events of ${events.join(', ')} are as they were`,
    ...place,
  };
}

/** When an expectation is looked at; undefined after a finding. */
function readAt(
  findings: Findings,
  node: Located | undefined,
  { lengthUs }: TestFacts,
): { atUs: number | null; text: string } | undefined {
  if (node === undefined) return { atUs: null, text: '' };
  const us = duration(findings, node);
  if (us === undefined) return undefined;
  if (lengthUs !== undefined && us > lengthUs) {
    findings.error(node, 'E-RANGE', `${quote(node.source)} is behind the end of the run`, {
      expected: `at most ${lengthUs / 1e6}s`,
    });
    return undefined;
  }
  return { atUs: us, text: ` at ${node.source}` };
}

function readMetric(
  findings: Findings,
  node: Located,
  place: Place,
  policy: string,
  facts: TestFacts,
): Expectation | undefined {
  const metric = metricOf(field(node, 'metric'));
  const where = readWhere(findings, field(node, 'where'), metric, facts);
  const when = readAt(findings, field(node, 'at'), facts);
  if (metric === undefined) return undefined;
  const range = readRange(findings, node, metric, facts);
  if (range === undefined || where === undefined || when === undefined) return undefined;
  checkRange(findings, range, metric, where, { ...facts, hasPolicy: policy !== 'linux' });
  const { least, most, wanted } = range;
  const text = `${metricText(metric, where, facts)}${when.text} is ${wanted}`;
  return { kind: 'metric', metric, where, atUs: when.atUs, least, most, wanted, text, ...place };
}

interface Range {
  least: number | null;
  most: number | null;
  wanted: string;
  /** Of the value to point at. */
  node: Located;
}

function readRange(
  findings: Findings,
  node: Located,
  metric: MetricName,
  { pageBytes }: TestFacts,
): Range | undefined {
  const info = METRICS[metric];
  const [least, most, equals, within] = ['at_least', 'at_most', 'equals', 'within'].map(key =>
    field(node, key),
  );
  const other = least ?? most;
  if (equals !== undefined && other !== undefined) {
    const later = equals.start > other.start ? equals : other;
    findings.error(
      later.key ?? later,
      'E-KEY-CONFLICT',
      `\`equals\` and ${quote(least === undefined ? 'at_most' : 'at_least')} exclude each other`,
      {
        expected: '`equals`, or `at_least` and `at_most`',
      },
    );
    return undefined;
  }
  if (equals !== undefined) {
    const value = readValue(findings, equals, info, pageBytes);
    const tolerance = within === undefined ? 0 : readTolerance(findings, within, metric, value, pageBytes);
    if (value === undefined || tolerance === undefined) return undefined;
    const wanted = within === undefined ? equals.source : `${equals.source} within ${within.source}`;
    return { least: value - tolerance, most: value + tolerance, wanted, node: equals };
  }
  if (other === undefined) {
    const place = field(node, 'metric')!;
    findings.error(place.key ?? place, 'E-KEY-MISSING', `nothing says what ${metric} must be`, {
      expected: '`at_least`, `at_most`, or `equals` with or without `within`',
    });
    return undefined;
  }
  const low = readValue(findings, least, info, pageBytes);
  const high = readValue(findings, most, info, pageBytes);
  if ((least !== undefined && low === undefined) || (most !== undefined && high === undefined))
    return undefined;
  if (low !== undefined && high !== undefined && low > high) {
    findings.error(
      most!,
      'E-RANGE-ORDER',
      `at least ${quote(least!.source)} and at most ${quote(most!.source)}`,
      {
        expected: '`at_least` no larger than `at_most`',
      },
    );
    return undefined;
  }
  const words = [
    ...(least === undefined ? [] : [`at least ${least.source}`]),
    ...(most === undefined ? [] : [`at most ${most.source}`]),
  ];
  return { least: low ?? null, most: high ?? null, wanted: words.join(' and '), node: other };
}

/** How far from `equals` a value may be; undefined after a finding. */
function readTolerance(
  findings: Findings,
  node: Located,
  metric: MetricName,
  of: number | undefined,
  pageBytes: number,
): number | undefined {
  const info = METRICS[metric];
  const percent = /^([0-9]{1,4})(?:\.([0-9]{1,3}))?%$/.exec(node.source);
  let tolerance: number | undefined;
  // Of a share, per cent are points, as in `equals: 99.5%`.
  if (percent === null || info.unit === 'permille') tolerance = readValue(findings, node, info, pageBytes);
  else if (info.unit === 'order') {
    findings.error(node, 'E-TOLERANCE', 'an order has no per cent', {
      expected: 'a number of orders such as 1',
    });
  } else {
    const thousandths = BigInt(percent[1] + (percent[2] ?? '').padEnd(3, '0'));
    tolerance = of === undefined ? undefined : Number((BigInt(Math.abs(of)) * thousandths) / 100_000n);
  }
  if (tolerance === undefined) return undefined;
  if (tolerance > 0) return tolerance;
  const value = of === undefined ? 'it' : String(of);
  findings.error(node, 'E-TOLERANCE', `${quote(node.source)} of ${value} is no room at all`, {
    expected: 'a larger tolerance, or no `within`',
  });
  return undefined;
}

/** Refuses what no run could miss, and what none could meet, as far as the file alone shows it. */
function checkRange(
  findings: Findings,
  { least, most, node }: Range,
  metric: MetricName,
  where: MetricFilter,
  facts: Facts,
): void {
  const { low, high, why } = bounds(metric, where, facts);
  const because = why === '' ? '' : `: ${why}`;
  const span =
    low === high
      ? `always ${low}`
      : high === Number.POSITIVE_INFINITY
        ? `never below ${low}`
        : `${low} to ${high}`;
  if ((least === null || least <= low) && (most === null || most >= high)) {
    const message = `this expectation proves nothing: ${metric} is ${span} here${because}`;
    findings.error(node, 'E-EXPECT-PROVES-NOTHING', message, { expected: 'a bound that a run can miss' });
  } else if ((least !== null && least > high) || (most !== null && most < low)) {
    const message = `no run can meet this expectation: ${metric} is ${span} here${because}`;
    findings.error(node, 'E-EXPECT-IMPOSSIBLE', message, { expected: 'a bound that a run can meet' });
  }
}
