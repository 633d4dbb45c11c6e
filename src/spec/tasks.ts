import type { ArrivalPlan, OwnerKind, TaskContext, TaskPlan, WorkloadPlan } from '../contract/plan.ts';
import { MAX_TAPE_OPS } from '../contract/tape.ts';
import { __GFP_HIGHMEM } from '../engine/index.ts';
import type { Located } from './document.ts';
import { estimateOps } from './estimate.ts';
import { type Findings, quote } from './findings.ts';
import { readRate } from './rate.ts';
import { type AllocSite, StepReader } from './steps.ts';
import {
  booleanOf,
  COUNT_DIST,
  distribution,
  duration,
  field,
  greatestOf,
  integerOf,
  textOf,
} from './values.ts';

/** A task as far as it could be read: what the goals are checked against. */
export interface TaskFacts {
  name: string | undefined;
  context: TaskContext;
  memalloc: boolean;
  sites: AllocSite[];
  whole: boolean;
}

export interface WorkloadSpec {
  plan: WorkloadPlan;
  /** Undefined where there is no list of tasks at all. */
  facts: TaskFacts[] | undefined;
}

const CONTEXTS = ['process', 'softirq', 'hardirq'];

export function readWorkload(
  findings: Findings,
  node: Located | undefined,
  cpus: number | undefined,
  pageBytes: number,
): WorkloadSpec | undefined {
  if (node?.entries == null) return undefined;
  const lengthUs = duration(findings, field(node, 'length'), 1);
  const tasks: TaskPlan[] = [];
  const places: Located[] = [];
  const facts: TaskFacts[] = [];
  const names = new Map<string, Located>();
  for (const item of field(node, 'tasks')?.items ?? []) {
    if (item.entries === null) {
      facts.push({ name: undefined, context: 'process', memalloc: false, sites: [], whole: false });
      continue;
    }
    const nameNode = field(item, 'name');
    const name = textOf(nameNode);
    if (name !== undefined && nameNode !== undefined) {
      const earlier = names.get(name);
      if (earlier !== undefined) {
        const { line } = findings.position(earlier.start);
        findings.error(nameNode, 'E-TASK-DUPLICATE', `a task ${quote(name)} is on line ${line} already`, {
          expected: 'a name of its own',
        });
      } else names.set(name, nameNode);
    }
    const { plan, known } = readTask(findings, item, lengthUs, cpus, pageBytes);
    facts.push(known);
    if (plan !== undefined) {
      tasks.push(plan);
      places.push(field(item, 'arrive')?.key != null ? { ...item, ...field(item, 'arrive')?.key } : item);
    }
  }
  if (lengthUs !== undefined) checkEstimate(findings, lengthUs, tasks, places);
  return { plan: { lengthUs: lengthUs ?? 0, tasks }, facts: facts.length > 0 ? facts : undefined };
}

function readTask(
  findings: Findings,
  node: Located,
  lengthUs: number | undefined,
  cpus: number | undefined,
  pageBytes: number,
): { plan: TaskPlan | undefined; known: TaskFacts } {
  const contextText = textOf(field(node, 'context')) ?? 'process';
  const context = (CONTEXTS.includes(contextText) ? contextText : 'process') as TaskContext;
  const memallocNode = field(node, 'memalloc');
  const memalloc = booleanOf(memallocNode, false);
  if (memalloc && memallocNode !== undefined && context !== 'process') {
    const message = `PF_MEMALLOC counts for nothing in ${context} context`;
    findings.warning(memallocNode, 'W-MEMALLOC', message, {
      expected: '`context: process`, or no `memalloc`',
    });
  }
  const reader = new StepReader(findings, { context, memalloc }, pageBytes);
  const runNode = field(node, 'run');
  const run = reader.read(runNode);
  if (reader.whole && runNode !== undefined && runNode.items?.length !== 0 && reader.sites.length === 0) {
    const expected = 'at least one allocation';
    findings.error(runNode.key ?? runNode, 'E-TASK-IDLE', 'the task never asks for memory', { expected });
  }
  const cpuNode = field(node, 'cpu');
  const cpu = integerOf(cpuNode) ?? -1;
  if (cpuNode !== undefined && cpus !== undefined && cpu >= cpus) {
    const there = cpus === 1 ? 'one CPU, number 0' : `${cpus} CPUs, numbers 0 to ${cpus - 1}`;
    findings.error(cpuNode, 'E-CPU', `the machine has no CPU ${cpu}`, {
      expected: `any, or a number below ${cpus}: it has ${there}`,
    });
  }
  const phase = readActive(findings, field(node, 'active'), lengthUs);
  const arrive = readArrival(findings, field(node, 'arrive'), phase, lengthUs);
  const name = textOf(field(node, 'name'));
  const known: TaskFacts = { name, context, memalloc, sites: reader.sites, whole: reader.whole };
  if (name === undefined || arrive === undefined || phase === undefined || runNode === undefined)
    return { plan: undefined, known };
  const owner = textOf(field(node, 'owner')) as OwnerKind | undefined;
  const usesHighmem = reader.sites.some(s => (s.gfp & __GFP_HIGHMEM) !== 0);
  const { line, column } = findings.position(node.start);
  const plan: TaskPlan = {
    name,
    context,
    realtime: booleanOf(field(node, 'realtime'), false),
    memalloc,
    owner: owner ?? (usesHighmem ? 'user' : 'kernel'),
    cpu,
    count: integerOf(field(node, 'count')) ?? 1,
    ...phase,
    arrive,
    run,
    line,
    column,
  };
  return { plan, known };
}

interface Phase {
  fromUs: number;
  untilUs: number;
}

function readActive(
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

function readArrival(
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

/** Refuses a workload whose tape would be too long before anyone tries to make it. */
function checkEstimate(findings: Findings, lengthUs: number, tasks: TaskPlan[], places: Located[]): void {
  let total = 0;
  let most = 0;
  let worst = -1;
  for (let i = 0; i < tasks.length; i++) {
    const ops = estimateOps(tasks[i], lengthUs);
    total += ops;
    if (ops > most) {
      most = ops;
      worst = i;
    }
  }
  if (total <= MAX_TAPE_OPS || worst < 0) return;
  const message = `the workload comes to about ${millions(total)} operations, ${millions(most)} of them by task ${quote(tasks[worst].name)}`;
  findings.error(places[worst], 'E-TAPE-TOO-LONG', message, {
    expected: `at most ${MAX_TAPE_OPS}: fewer arrivals, copies or repeats, or a shorter workload`,
  });
}

function millions(ops: number): string {
  if (ops >= 1e15) return 'more than 10^15';
  return ops >= 1e6 ? `${Math.round(ops / 1e5) / 10} million` : String(Math.round(ops));
}
