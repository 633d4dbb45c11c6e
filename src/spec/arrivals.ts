import type { ArrivalPlan } from '../contract/plan.ts';
import type { Located } from './document.ts';
import { type Findings, quote } from './findings.ts';
import { readRate } from './rate.ts';
import { COUNT_DIST, distribution, duration, field, greatestOf, numberList } from './values.ts';

/** When runs of a task may start. */
export interface Phase {
  fromUs: number;
  untilUs: number;
}

export function readActive(
  findings: Findings,
  node: Located | undefined,
  lengthUs: number | undefined,
): Phase | undefined {
  const fromNode = field(node, 'from');
  const untilNode = field(node, 'until');
  const from = fromNode === undefined ? 0 : duration(findings, fromNode);
  const until = untilNode === undefined ? lengthUs : duration(findings, untilNode);
  if (from === undefined || until === undefined || lengthUs === undefined) return undefined;
  if (fromNode !== undefined && from >= lengthUs) {
    findings.error(
      fromNode,
      'E-ACTIVE',
      `the phase begins at ${quote(fromNode.source)}, after the end of the workload`,
      { expected: 'a time before its length' },
    );
    return undefined;
  }
  if (untilNode !== undefined && until > lengthUs) {
    findings.error(
      untilNode,
      'E-ACTIVE',
      `the phase ends at ${quote(untilNode.source)}, after the workload`,
      { expected: 'at most its length' },
    );
    return undefined;
  }
  if (untilNode !== undefined && from >= until) {
    findings.error(untilNode, 'E-ACTIVE', 'the phase ends before it begins', {
      expected: '`until` later than `from`',
    });
    return undefined;
  }
  return { fromUs: from, untilUs: until };
}

export function readArrival(
  findings: Findings,
  node: Located | undefined,
  phase: Phase | undefined,
  lengthUs: number | undefined,
): ArrivalPlan | undefined {
  const poisson = field(node, 'poisson');
  if (poisson !== undefined) {
    const meanGapUs = readRate(findings, poisson);
    if (meanGapUs === undefined) return undefined;
    if (phase !== undefined && meanGapUs > phase.untilUs - phase.fromUs) {
      const message = `at ${quote(poisson.source)} it is likely that the task never runs in its phase`;
      findings.warning(poisson, 'W-TASK-RARE', message, {
        expected: 'a higher rate, a longer phase, or `at`',
      });
    }
    return { kind: 'poisson', meanGapUs };
  }
  const every = field(node, 'every');
  if (every !== undefined) {
    const gapUs = duration(findings, every, 1);
    const jitter = field(node, 'jitter');
    const jitterUs = jitter === undefined ? 0 : duration(findings, jitter);
    if (gapUs === undefined || jitterUs === undefined) return undefined;
    if (jitter !== undefined && jitterUs > gapUs) {
      findings.error(jitter, 'E-RANGE', `the jitter is longer than the gap ${quote(every.source)}`, {
        expected: `at most ${every.source}`,
      });
      return undefined;
    }
    return { kind: 'every', gapUs, jitterUs };
  }
  const at = field(node, 'at');
  if (at !== undefined) return readTimes(findings, at, phase, lengthUs);
  const gaps = field(node, 'gaps');
  if (gaps !== undefined) return readGaps(findings, gaps, phase, lengthUs);
  const burst = field(node, 'burst');
  if (burst === undefined) return undefined;
  const gapNode = field(burst, 'every');
  const gapUs = duration(findings, gapNode, 1);
  const sizeNode = field(burst, 'size');
  const size = distribution(findings, sizeNode, COUNT_DIST);
  if (sizeNode !== undefined && size !== undefined && greatestOf(size) === 0) {
    findings.error(sizeNode, 'E-RANGE', 'a burst of 0 runs', { expected: 'at least 1' });
  }
  const within = field(burst, 'within');
  const withinUs = within === undefined ? 0 : duration(findings, within);
  if (gapUs === undefined || size === undefined || withinUs === undefined) return undefined;
  if (within !== undefined && withinUs > gapUs) {
    findings.error(within, 'E-RANGE', `longer than the gap ${quote(gapNode?.source ?? '')} between bursts`, {
      expected: `at most ${gapNode?.source}`,
    });
    return undefined;
  }
  return { kind: 'burst', gapUs, size, withinUs };
}

function readTimes(
  findings: Findings,
  node: Located,
  phase: Phase | undefined,
  lengthUs: number | undefined,
): ArrivalPlan | undefined {
  const timesUs: number[] = [];
  for (const item of node.items ?? []) {
    const us = duration(findings, item);
    if (us === undefined) continue;
    if (lengthUs !== undefined && us >= lengthUs) {
      findings.error(
        item,
        'E-ARRIVAL-OUTSIDE',
        `${quote(item.source)} is not before the end of the workload`,
        { expected: 'a time before its length' },
      );
    } else if (phase !== undefined && (us < phase.fromUs || us >= phase.untilUs)) {
      findings.error(item, 'E-ARRIVAL-OUTSIDE', `${quote(item.source)} is outside the active phase`, {
        expected: 'a time inside it',
      });
    }
    timesUs.push(us);
  }
  return node.items === null || timesUs.length < node.items.length ? undefined : { kind: 'at', timesUs };
}

/** Recorded times as differences: the first from the start of the run, in microseconds. */
function readGaps(
  findings: Findings,
  node: Located,
  phase: Phase | undefined,
  lengthUs: number | undefined,
): ArrivalPlan | undefined {
  const gaps = numberList(findings, node, 'gaps');
  if (gaps === undefined) return undefined;
  let us = 0;
  const timesUs = gaps.map(gap => (us += gap));
  const untilUs = phase?.untilUs ?? lengthUs;
  if (untilUs !== undefined && us >= untilUs) {
    findings.error(node, 'E-ARRIVAL-OUTSIDE', `the gaps add up to ${us}us, not before the end`, {
      expected: 'runs that start before the end of the workload and of the active phase',
    });
    return undefined;
  }
  if (phase !== undefined && timesUs[0] < phase.fromUs) {
    findings.error(node, 'E-ARRIVAL-OUTSIDE', `the first run at ${timesUs[0]}us is before the active phase`, {
      expected: 'a first gap that reaches into it',
    });
    return undefined;
  }
  return { kind: 'at', timesUs };
}
