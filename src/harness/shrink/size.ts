/** How large a challenge is: what is counted, and which of two is smaller. */
import type { ChallengePlan, StepPlan } from '../../contract/plan.ts';
import type { Tape } from '../../contract/tape.ts';
import { ARCHES } from '../../engine/index.ts';
import type { SpecDocument } from '../../spec/shrink/specDocument.ts';

export interface Size {
  /** On the tape of the seed: what is played. */
  operations: number;
  tasks: number;
  /** Steps of all tasks as the file has them. */
  steps: number;
  lengthUs: number;
  ramBytes: number;
  cpus: number;
  seeds: number;
  /** Amounts and times that are drawn. */
  random: number;
  /** Keys and list items of the file. */
  nodes: number;
  /** Digits and magnitudes of its numbers. */
  digits: number;
}

const PER_NODE = 8;
const PER_RANDOM = 40;
const PER_CPU = 20;
const MIB = 1 << 20;

export function sizeOf(plan: ChallengePlan, tape: Tape, document: SpecDocument): Size {
  const { tasks, lengthUs } = plan.workload;
  const { arch, ramPages, cpus } = plan.machine;
  return {
    operations: tape.nrOps,
    tasks: tasks.length,
    steps: tasks.reduce((sum, { run }) => sum + stepsIn(run), 0),
    lengthUs,
    ramBytes: ramPages * ARCHES[arch].pageBytes,
    cpus,
    seeds: plan.seeds.length,
    random: randomIn(plan.workload.tasks),
    ...document.weight,
  };
}

/**
 * Smaller is better. An operation counts one, so that a key is left out where that costs few of them; what is drawn counts
 * more than what is written out.
 */
export function scoreOf(size: Size): number {
  const { operations, nodes, random, ramBytes, cpus, seeds, digits } = size;
  return (
    operations +
    PER_NODE * nodes +
    PER_RANDOM * random +
    Math.ceil(ramBytes / MIB) +
    PER_CPU * cpus +
    seeds +
    digits
  );
}

function stepsIn(steps: readonly StepPlan[]): number {
  return steps.reduce((sum, step) => sum + 1 + ('run' in step ? stepsIn(step.run) : 0), 0);
}

/** Distributions with more than one value, and arrivals by chance, anywhere in a plan. */
function randomIn(value: unknown): number {
  if (value === null || typeof value !== 'object') return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + randomIn(item), 0);
  const { kind, jitterUs } = value as { kind?: unknown; jitterUs?: unknown };
  const isDrawn =
    ['uniform', 'exponential', 'choice', 'poisson', 'burst'].includes(String(kind)) ||
    (kind === 'every' && jitterUs !== 0);
  return Object.values(value).reduce<number>((sum, item) => sum + randomIn(item), isDrawn ? 1 : 0);
}
