/** What a task asks the allocator for, in the words that the kernel log uses when it happens. */
import type { ArrivalPlan, IntDist, StepPlan, TaskPlan } from '../contract/plan.ts';
import { gfpText } from '../report/gfpText.ts';
import { length, short } from './format.ts';

type Amount = (value: number) => string;

function distribution(dist: IntDist, amount: Amount): string {
  switch (dist.kind) {
    case 'constant':
      return amount(dist.value);
    case 'uniform':
      return dist.low === dist.high ? amount(dist.low) : `${amount(dist.low)} to ${amount(dist.high)}`;
    case 'exponential':
      return `about ${amount(dist.mean)}`;
    case 'choice':
      return dist.values.map(amount).join(' or ');
  }
}

/** At most this many starting times are named. */
const TIMES_NAMED = 4;

function arrival(arrive: ArrivalPlan): string {
  switch (arrive.kind) {
    case 'poisson':
      return `about every ${length(arrive.meanGapUs)}`;
    case 'every':
      return `every ${length(arrive.gapUs)}`;
    case 'burst':
      return `${distribution(arrive.size, short)} at once every ${length(arrive.gapUs)}`;
    case 'at': {
      if (arrive.timesUs.length === 1 && arrive.timesUs[0] === 0) return 'once, at the start';
      const named = arrive.timesUs.slice(0, TIMES_NAMED).map(length).join(', ');
      const more = arrive.timesUs.length - TIMES_NAMED;
      return `at ${named}${more > 0 ? ` and ${more} times more` : ''}`;
    }
  }
}

function step(plan: StepPlan, times: string): string {
  switch (plan.kind) {
    case 'alloc': {
      const order = plan.call === 'get_zeroed_page' ? '' : `, ${distribution(plan.order, String)}`;
      return `${plan.call}(${gfpText(plan.gfp)}${order})`;
    }
    case 'hold':
      return `wait ${distribution(plan.us, length)}`;
    case 'free':
      return plan.call;
    default:
      return plan.kind;
    case 'repeat':
      return `${distribution(plan.times, short)} ${times} (${steps(plan.run, times)})`;
  }
}

const steps = (run: readonly StepPlan[], times: string): string =>
  run.map(plan => step(plan, times)).join('; ');

/** `sb16: driver in hardirq, 90 at once every 2 s, until 25 s` */
export function taskHead(task: TaskPlan, lengthUs: number, times: string): string {
  const name = task.count > 1 ? `${task.name} ${times}${short(task.count)}` : task.name;
  const owner = task.owner === 'page_cache' ? 'page cache' : task.owner;
  const context = task.context === 'process' ? '' : ` in ${task.context}`;
  const from = task.fromUs > 0 ? `, from ${length(task.fromUs)}` : '';
  const until = task.untilUs < lengthUs ? `, until ${length(task.untilUs)}` : '';
  return `${name}: ${owner}${context}, ${arrival(task.arrive)}${from}${until}`;
}

function flat(run: readonly StepPlan[]): Exclude<StepPlan, { kind: 'repeat' }>[] {
  return run.flatMap(plan => (plan.kind === 'repeat' ? flat(plan.run) : [plan]));
}

/** `alloc_pages(GFP_ATOMIC|GFP_DMA, 2); wait 800 ms to 1.2 s; __free_pages` */
export function taskSteps(task: TaskPlan, times: string): string {
  const all = flat(task.run);
  const freed = new Set(all.map(plan => (plan.kind === 'free' ? plan.name : '')));
  const kept = all.some(plan => plan.kind === 'alloc' && !freed.has(plan.as));
  return steps(task.run, times) + (kept ? '; never freed' : '');
}
