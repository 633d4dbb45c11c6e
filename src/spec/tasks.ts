import type { OwnerKind, TaskContext, TaskPlan, WorkloadPlan } from '../contract/plan.ts';
import { MAX_DAEMONS, MAX_TAPE_OPS } from '../contract/tape.ts';
import { __GFP_HIGHMEM } from '../engine/index.ts';
import { readActive, readArrival } from './arrivals.ts';
import type { Located } from './document.ts';
import { estimateOps } from './estimate.ts';
import { type Findings, quote } from './findings.ts';
import type { MachineParts } from './kernelOptions.ts';
import { Names } from './names.ts';
import { STEPS } from './steps/index.ts';
import { type AllocSite, RunReader } from './steps/run.ts';
import { booleanOf, duration, field, integerOf, textOf } from './values.ts';

/** A task as far as it could be read: what the goals are checked against. */
export interface TaskFacts {
  name: string | undefined;
  context: TaskContext;
  memalloc: boolean;
  sites: AllocSite[];
  whole: boolean;
  /** Pages are also asked for on its behalf, by a cache, a fork or reclaim: the sites are not all. */
  indirect: boolean;
}

export interface WorkloadSpec {
  plan: WorkloadPlan;
  names: Names;
  /** Undefined where there is no list of tasks at all. */
  facts: TaskFacts[] | undefined;
}

const CONTEXTS = ['process', 'softirq', 'hardirq'];

/** What a workload is read with, of the machine that it runs on. */
export interface Host {
  /** Undefined where it could not be read. */
  cpus: number | undefined;
  pageBytes: number;
  parts: MachineParts;
  /** The most that vmalloc can give. */
  vmallocBytes: number;
}

export function readWorkload(
  findings: Findings,
  node: Located | undefined,
  host: Host,
): WorkloadSpec | undefined {
  if (node?.entries == null) return undefined;
  const named = new Names(findings, node, host.parts, host.pageBytes);
  const lengthUs = duration(findings, field(node, 'length'), 1);
  const tasks: TaskPlan[] = [];
  const places: Located[] = [];
  const facts: TaskFacts[] = [];
  const names = new Map<string, Located>();
  for (const item of field(node, 'tasks')?.items ?? []) {
    if (item.entries === null) {
      facts.push({
        name: undefined,
        context: 'process',
        memalloc: false,
        sites: [],
        whole: false,
        indirect: true,
      });
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
    const { plan, known } = readTask(findings, item, lengthUs, host, named);
    facts.push(known);
    if (plan !== undefined) {
      tasks.push(plan);
      places.push(field(item, 'arrive')?.key != null ? { ...item, ...field(item, 'arrive')?.key } : item);
    }
  }
  const hasProcesses = host.parts.stack || host.parts.disk;
  if (lengthUs !== undefined) checkEstimate(findings, lengthUs, hasProcesses, tasks, places);
  if (hasProcesses) checkDaemons(findings, tasks, places);
  const list = named.plan();
  return {
    plan: { lengthUs: lengthUs ?? 0, tasks, ...(list === undefined ? {} : { named: list }) },
    names: named,
    facts: facts.length > 0 ? facts : undefined,
  };
}

function readTask(
  findings: Findings,
  node: Located,
  lengthUs: number | undefined,
  host: Host,
  names: Names,
): { plan: TaskPlan | undefined; known: TaskFacts } {
  const { cpus, parts } = host;
  const contextNode = field(node, 'context');
  const contextText = contextNode === undefined ? 'process' : textOf(contextNode);
  const context = (CONTEXTS.includes(contextText ?? '') ? contextText : 'process') as TaskContext;
  const memallocNode = field(node, 'memalloc');
  const memalloc = booleanOf(memallocNode, false);
  if (memalloc && memallocNode !== undefined && context !== 'process') {
    const message = `PF_MEMALLOC counts for nothing in ${context} context`;
    findings.warning(memallocNode, 'W-MEMALLOC', message, {
      expected: '`context: process`, or no `memalloc`',
    });
  }
  const { pageBytes, vmallocBytes } = host;
  const frame = { context, memalloc, machine: parts, pageBytes, vmallocBytes, names };
  const reader = new RunReader(findings, frame, STEPS);
  const runNode = field(node, 'run');
  const run = reader.read(runNode);
  // On a machine with kernel stacks a process that only waits still has one.
  const acts = reader.acts || (parts.stack && context === 'process');
  if (reader.whole && runNode !== undefined && runNode.items?.length !== 0 && !acts) {
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
  const indirect = reader.indirect || parts.stack || parts.disk;
  const known: TaskFacts = { name, context, memalloc, sites: reader.sites, whole: reader.whole, indirect };
  const kernelSide = contextText === context ? readKernelSide(findings, node, context, parts) : undefined;
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
    ...kernelSide,
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

/** Which keys of a task belong to which context. */
const OF_PROCESS = ['fork', 'nice', 'root'];
const OF_INTERRUPT = ['irq', 'no_nesting'];

/** What the task is to the kernel beyond its context: absent where the file says nothing. */
function readKernelSide(
  findings: Findings,
  node: Located,
  context: TaskContext,
  parts: MachineParts,
): Pick<TaskPlan, 'process' | 'interrupt'> {
  const there = (keys: readonly string[]): Located[] =>
    keys.flatMap(key => {
      const child = field(node, key);
      return child === undefined ? [] : [child];
    });
  const check = (keys: readonly string[], wanted: TaskContext): boolean => {
    let good = true;
    for (const child of there(keys)) {
      const place = child.key ?? child;
      const name = quote(findings.textOf(place));
      if (context !== wanted) {
        const message = `${name} belongs to ${wanted} context, and the task runs in ${context} context`;
        findings.error(place, 'E-CONTEXT', message, { expected: `\`context: ${wanted}\`, or no ${name}` });
      } else if (!parts.stack && !parts.disk) {
        if (!parts.told.has('process'))
          findings.error(place, 'E-MACHINE-LACKS', `${name} is for a machine with kernel stacks or a disk`, {
            expected: 'a `stack` or a `disk` in `machine`',
          });
        parts.told.add('process');
      } else continue;
      good = false;
    }
    return good;
  };
  const isProcess = check(OF_PROCESS, 'process') && there(OF_PROCESS).length > 0;
  const isInterrupt = check(OF_INTERRUPT, 'hardirq') && there(OF_INTERRUPT).length > 0;
  if (isProcess) {
    const fork = field(node, 'fork')?.value === 'run' ? 'run' : 'copy';
    const nice = integerOf(field(node, 'nice')) ?? 0;
    return { process: { fork, nice, root: booleanOf(field(node, 'root'), false) } };
  }
  if (!isInterrupt) return {};
  const irq = integerOf(field(node, 'irq')) ?? 0;
  return { interrupt: { irq, noNesting: booleanOf(field(node, 'no_nesting'), false) } };
}

/** Daemons live from the start: the kernel has numbers for so many. */
function checkDaemons(findings: Findings, tasks: TaskPlan[], places: Located[]): void {
  let daemons = 0;
  for (let i = 0; i < tasks.length; i++) {
    if (tasks[i].context !== 'process' || tasks[i].process?.fork === 'run') continue;
    daemons += tasks[i].count;
    if (daemons <= MAX_DAEMONS) continue;
    const message = `the tasks come to ${daemons} processes up to ${quote(tasks[i].name)}, one for each copy`;
    findings.error(places[i], 'E-PROCESSES', message, {
      expected: `at most ${MAX_DAEMONS}: fewer copies, or \`fork: run\``,
    });
    return;
  }
}

/** Refuses a workload whose tape would be too long before anyone tries to make it. */
function checkEstimate(
  findings: Findings,
  lengthUs: number,
  hasProcesses: boolean,
  tasks: TaskPlan[],
  places: Located[],
): void {
  let total = 0;
  let most = 0;
  let worst = -1;
  for (let i = 0; i < tasks.length; i++) {
    const ops = estimateOps(tasks[i], lengthUs, hasProcesses);
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
