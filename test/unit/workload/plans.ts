import {
  type ArrivalPlan,
  type ChallengePlan,
  type GoalPlan,
  type IntDist,
  type StepPlan,
  type TaskPlan,
  USUAL_STARS,
} from '../../../src/contract/plan.ts';
import { GFP_KERNEL } from '../../../src/engine/index.ts';

export const constant = (value: number): IntDist => ({ kind: 'constant', value });

export function alloc(
  as = 'page',
  order: number | IntDist = 0,
  more: Partial<Extract<StepPlan, { kind: 'alloc' }>> = {},
): StepPlan {
  return {
    kind: 'alloc',
    call: 'alloc_pages',
    as,
    order: typeof order === 'number' ? constant(order) : order,
    gfp: GFP_KERNEL,
    onFail: { kind: 'skip' },
    ...more,
  };
}

export const hold = (us: number | IntDist): StepPlan => ({
  kind: 'hold',
  us: typeof us === 'number' ? constant(us) : us,
});

export const free = (name = 'page', cold = false): StepPlan => ({
  kind: 'free',
  call: '__free_pages',
  name,
  cold,
});

export const repeat = (times: number | IntDist, ...run: StepPlan[]): StepPlan => ({
  kind: 'repeat',
  times: typeof times === 'number' ? constant(times) : times,
  run,
});

export const at = (...timesUs: number[]): ArrivalPlan => ({ kind: 'at', timesUs });

export function task(
  name: string,
  arrive: ArrivalPlan,
  run: StepPlan[],
  more: Partial<TaskPlan> = {},
): TaskPlan {
  return {
    name,
    context: 'process',
    realtime: false,
    memalloc: false,
    owner: 'kernel',
    cpu: 0,
    count: 1,
    fromUs: 0,
    untilUs: Number.MAX_SAFE_INTEGER,
    arrive,
    run,
    ...more,
  };
}

/** A flat 16 MiB i386 with one CPU and these tasks, ten seconds long. */
export function plan(
  tasks: TaskPlan[],
  more: Partial<ChallengePlan> & { lengthUs?: number } = {},
): ChallengePlan {
  const { lengthUs = 10_000_000, ...rest } = more;
  return {
    id: 'test/plan',
    title: 'A plan',
    story: '',
    machine: {
      arch: 'i386',
      ramPages: 4096,
      cpus: 1,
      boot: 'flat',
      bootmapPfn: 0,
      reserve: [],
      minFreeKbytes: -1,
      lowerZoneProtection: 0,
    },
    workload: { lengthUs, tasks },
    goals: [],
    score: [],
    stars: USUAL_STARS,
    form: 'code',
    policy: { hooks: [], onFault: 'linux', fuelPerCall: 10_000, fuelPerRun: 1e9, memoryBytes: 1e6 },
    seeds: [1],
    hints: ['', '', ''],
    explanation: '',
    reference: '',
    naive: '',
    ...rest,
  };
}

export function goal(
  metric: GoalPlan['metric'],
  compare: GoalPlan['compare'],
  value: number,
  more: Partial<GoalPlan> = {},
): GoalPlan {
  return {
    metric,
    where: { task: -1, zone: -1, order: -1 },
    always: false,
    compare,
    value,
    text: `${metric}, ${compare.replace('_', ' ')} ${value}`,
    line: 1,
    column: 1,
    ...more,
  };
}
