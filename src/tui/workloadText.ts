/** What a task asks the allocator for, in the words that the kernel log uses when it happens. */
import type { HookName } from '../contract/hooks.ts';
import type { ArrivalPlan, IntDist, NamedPlan, PlacePlan, StepPlan, TaskPlan } from '../contract/plan.ts';
import { gfpText } from '../report/gfpText.ts';
import { areTasksAsked } from '../report/requestText.ts';
import { grouped, length, short } from './format.ts';

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
    case 'in_turn': {
      const least = dist.values.reduce((a, b) => Math.min(a, b));
      const most = dist.values.reduce((a, b) => Math.max(a, b));
      return least === most ? amount(least) : `${amount(least)} to ${amount(most)} as listed`;
    }
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

/** What the steps of a task name by number, and how counts are written. */
interface Words {
  times: string;
  named: NamedPlan | undefined;
  numbers: StepNumbers;
  /** request.site of the next step, depth first. */
  site: number;
}

/** Steps that a hook of the challenge can be asked for, and that are told with their number. */
export interface StepNumbers {
  /** Those that want something, and those that give it back. */
  taking: boolean;
  giving: boolean;
}

const NO_NUMBERS: StepNumbers = { taking: false, giving: false };

/** Asked before the first step of a handler. */
const OF_NO_STEP: readonly HookName[] = ['interrupt'];
/** Asked when something comes back, too. */
const OF_GIVING: readonly HookName[] = ['placement', 'coalesce', 'pcp'];

/** The steps whose request.site a hook of these is told. */
export function stepNumbers(hooks: readonly HookName[]): StepNumbers {
  return {
    taking: areTasksAsked(hooks.filter(hook => !OF_NO_STEP.includes(hook))),
    giving: hooks.some(hook => OF_GIVING.includes(hook)),
  };
}

/** Steps that ask the kernel for nothing, whatever stands in them. */
const ASK_NOTHING: readonly StepPlan['kind'][] = ['hold', 'work', 'spin_lock', 'local_irq_disable', 'repeat'];
const GIVE_BACK: readonly StepPlan['kind'][] = [
  'free',
  'kfree',
  'cache_free',
  'cache_shrink',
  'vfree',
  'munmap',
  'free_buffer',
  'unmap_page',
  'kunmap',
  'kunmap_atomic',
];

/** `#3 ` before a step that a hook can be asked for. */
function numberOf({ kind }: StepPlan, { numbers, site }: Words): string {
  if (ASK_NOTHING.includes(kind)) return '';
  return (GIVE_BACK.includes(kind) ? numbers.giving : numbers.taking) ? `#${site} ` : '';
}

/** `cache` number 3 where the plan does not name it. */
function nameIn(list: readonly (string | { name: string })[] | undefined, number: number): string {
  const entry = list?.[number];
  return entry === undefined ? String(number) : typeof entry === 'string' ? entry : entry.name;
}

/** 4096 -> `4 KiB`. */
function bytes(value: number): string {
  if (value >= 1 << 20 && value % (1 << 20) === 0) return `${value >> 20} MiB`;
  if (value >= 1024 && value % 1024 === 0) return `${value / 1024} KiB`;
  return `${grouped(value)} B`;
}

const pages: Amount = value => `${grouped(value)} ${value === 1 ? 'page' : 'pages'}`;

function place(at: PlacePlan): string {
  return at.kind === 'sequential' ? 'in order' : `at page ${distribution(at.page, grouped)}`;
}

function step(plan: StepPlan, words: Words): string {
  const { times, named } = words;
  const again = 'again' in plan && plan.again === true ? ' again' : '';
  switch (plan.kind) {
    case 'alloc': {
      const order = plan.call === 'get_zeroed_page' ? '' : `, ${distribution(plan.order, String)}`;
      return `${plan.call}(${gfpText(plan.gfp)}${order})`;
    }
    case 'hold':
      return `wait ${distribution(plan.us, length)}`;
    case 'free':
      return `${plan.call}${again}${plan.wrongOrder === undefined ? '' : ` with order ${plan.wrongOrder}`}`;
    case 'kmalloc':
      return `kmalloc(${distribution(plan.bytes, bytes)}, ${gfpText(plan.gfp)})`;
    case 'buffer':
      return `a buffer of ${distribution(plan.bytes, bytes)}, ${gfpText(plan.gfp)}`;
    case 'free_buffer':
      return 'free the buffer';
    case 'map_page':
    case 'unmap_page':
      return `${plan.kind === 'map_page' ? 'map' : 'unmap'} page ${plan.page} of ${plan.name}`;
    case 'kfree':
    case 'vfree':
      return `${plan.kind}${again}`;
    case 'cache_alloc':
      return `kmem_cache_alloc(${nameIn(named?.caches, plan.cache)}, ${gfpText(plan.gfp)})`;
    case 'cache_free':
      return `kmem_cache_free(${nameIn(named?.caches, plan.cache)})${again}`;
    case 'cache_shrink':
      return `kmem_cache_shrink(${nameIn(named?.caches, plan.cache)})`;
    case 'vmalloc':
      return `vmalloc(${distribution(plan.pages, pages)})`;
    case 'kmap':
    case 'kunmap':
      return `${plan.kind}(${plan.name})`;
    case 'kmap_atomic':
    case 'kunmap_atomic':
      return `${plan.kind}(${plan.name})`;
    case 'call': {
      const inside = plan.run.length === 0 ? '' : ` (${steps(plan.run, words)})`;
      const frame = distribution(plan.frameBytes, bytes);
      const { bufferBytes } = plan;
      const buffer = bufferBytes === undefined ? '' : ` and a buffer of ${distribution(bufferBytes, bytes)}`;
      return `${nameIn(named?.functions, plan.function)}(), ${frame} of stack${buffer}${inside}`;
    }
    case 'work':
      return `work ${distribution(plan.us, length)}`;
    case 'spin_lock':
      return `spin_lock(${nameIn(named?.locks, plan.lock)}) (${steps(plan.run, words)})`;
    case 'local_irq_disable':
      return `local_irq_disable (${steps(plan.run, words)})`;
    case 'read':
    case 'write':
      return `${plan.kind} ${distribution(plan.pages, pages)} of ${nameIn(named?.files, plan.file)} ${place(plan.at)}`;
    case 'fsync':
      return `fsync(${nameIn(named?.files, plan.file)})`;
    case 'mmap':
      return `mmap(${distribution(plan.pages, pages)})`;
    case 'munmap':
      return 'munmap';
    case 'touch_area': {
      const verb = plan.write ? 'write' : 'read';
      return `${verb} ${distribution(plan.pages, pages)} of ${plan.name} ${place(plan.at)}`;
    }
    case 'touch_object':
      return `${plan.write ? 'write' : 'read'} ${distribution(plan.bytes, bytes)} of ${plan.name}${again}`;
    case 'lookup':
      return `look up in ${nameIn(named?.caches, plan.cache)}`;
    case 'repeat':
      return `${distribution(plan.times, short)} ${times} (${steps(plan.run, words)})`;
  }
}

const steps = (run: readonly StepPlan[], words: Words): string =>
  run
    .map(plan => {
      const number = numberOf(plan, words);
      words.site++;
      return number + step(plan, words);
    })
    .join('; ');

/** `sb16: driver in hardirq, 90 at once every 2 s, until 25 s` */
export function taskHead(task: TaskPlan, lengthUs: number, times: string): string {
  const name = task.count > 1 ? `${task.name} ${times}${short(task.count)}` : task.name;
  const owner = task.owner === 'page_cache' ? 'page cache' : task.owner;
  const context = task.context === 'process' ? '' : ` in ${task.context}`;
  const line = task.interrupt === undefined ? '' : ` ${task.interrupt.irq}`;
  const forked = task.process?.fork === 'run' ? ', a process each time' : '';
  const from = task.fromUs > 0 ? `, from ${length(task.fromUs)}` : '';
  const until = task.untilUs < lengthUs ? `, until ${length(task.untilUs)}` : '';
  return `${name}: ${owner}${context}${line}, ${arrival(task.arrive)}${forked}${from}${until}`;
}

/** Every step, those inside others too. */
function flat(run: readonly StepPlan[]): StepPlan[] {
  return run.flatMap(plan => ('run' in plan ? [plan, ...flat(plan.run)] : [plan]));
}

/** `#0 alloc_pages(GFP_ATOMIC|GFP_DMA, 2); wait 800 ms to 1.2 s; __free_pages` */
export function taskSteps(
  task: TaskPlan,
  times: string,
  named?: NamedPlan,
  numbers: StepNumbers = NO_NUMBERS,
): string {
  const all = flat(task.run);
  const freed = new Set(all.map(plan => ('name' in plan && FREES.includes(plan.kind) ? plan.name : '')));
  const kept = all.some(plan => 'as' in plan && !freed.has(plan.as) && !diesWithIt(plan, task));
  return steps(task.run, { times, named, numbers, site: 0 }) + (kept ? '; never freed' : '');
}

const FREES: readonly string[] = ['free', 'kfree', 'cache_free', 'vfree', 'munmap', 'free_buffer'];

/** The memory of a process goes with it. */
function diesWithIt(plan: StepPlan, task: TaskPlan): boolean {
  return plan.kind === 'mmap' && task.process?.fork === 'run';
}
