/** What would have helped, from what was measured. The challenge's own hints are never told here. */
import type { HookName } from '../../contract/hooks.ts';
import type { AllocationCause } from '../../harness/causeAllocation.ts';
import type { GoalCause } from '../../harness/causeOthers.ts';
import { duration, grouped, plural, quantity } from '../quantity.ts';
import type { ExplainReport } from './explainReport.ts';

/** Sentences, at least one. */
export function helpOf(report: ExplainReport): string[] {
  const { cause } = report.explanation;
  const lines: string[] = [];
  const linux = linuxLine(report);
  if (linux !== '') lines.push(linux);
  switch (cause.kind) {
    case 'allocation':
      lines.push(...ofAllocation(cause, report));
      break;
    case 'window': {
      const [first] = cause.holders;
      if (first !== undefined)
        lines.push(
          `${first.task} has ${plural(first.areas, 'area')} in the window, the oldest for ${duration(first.oldestUs)}: areas that go sooner leave holes that can join.`,
        );
      lines.push(
        'Fewer addresses: a smaller area, kmalloc() where it fits, or a larger window (boot option vmalloc=).',
      );
      break;
    }
    case 'stack': {
      const [largest] = [...cause.frames].sort((a, b) => b.size - a.size);
      if (largest !== undefined)
        lines.push(
          `${largest.function}() alone takes ${grouped(largest.size)} bytes: a buffer of its frame that comes from kmalloc() instead is off the stack.`,
        );
      lines.push(
        'Interrupts nest on the stack that they interrupt: stacks of their own (irq_stacks) keep them off it.',
      );
      break;
    }
    case 'oom': {
      const [largest] = [...cause.processes].sort((a, b) => b.rss - a.rss);
      if (largest !== undefined)
        lines.push(
          `${largest.task || `process ${largest.process}`} had most in memory: ${plural(largest.rss, 'page')}.`,
        );
      lines.push('Pages that can go elsewhere: swap, or less that is dirty when memory runs short.');
      break;
    }
    case 'bug':
      lines.push(
        cause.before.length > 0
          ? `It began with: ${cause.before[0].text}.`
          : `The step to look at is that of ${cause.by.task || 'the kernel'}: ${cause.by.text}.`,
      );
      break;
    case 'fault':
      lines.push(
        'An answer within the rule of the hook (docs/policy.md has the rules), or AS_LINUX where there is none.',
      );
      break;
    case 'goal':
      lines.push(...ofGoal(cause));
      break;
    case 'reclaim':
      lines.push(
        'kswapd that starts sooner, or frees more before it stops: vm.min_free_kbytes sets its marks, the hook kswapd answers for them.',
      );
      break;
    case 'flush':
      lines.push(
        'Fewer slots of the pool used up: mappings that are undone sooner are used again, and atomic ones take none (kmap_atomic). Areas of vmalloc() that live longer are unmapped more seldom.',
      );
      break;
  }
  if (lines.length === 0) lines.push('Nothing that was measured says so.');
  return lines;
}

function linuxLine({ linux, explanation: { lostGoal, outcome } }: ExplainReport): string {
  if (linux === null || outcome === 'won') return '';
  if (lostGoal >= 0) {
    return linux.goalsHeld[lostGoal]
      ? 'No policy at all: Linux alone holds this goal on this seed.'
      : 'The policy is not the only cause: Linux alone loses this goal on this seed, too.';
  }
  return linux.outcome === 'won' ? 'No policy at all: Linux alone wins this seed.' : '';
}

const ofTask = (task: string): string => (task === '' ? 'the kernel itself' : task);

/** Hooks that say where a block comes from. */
const PLACING: readonly HookName[] = ['block', 'placement', 'zonelist', 'coalesce'];

function ofAllocation(cause: AllocationCause, { hooks, explanation }: ExplainReport): string[] {
  const { why, zones, order, blocks, holders, mayWait, task } = cause;
  const lines: string[] = [];
  if (why === 'order') return ['A smaller order: no block of the buddy system has so many pages.'];
  if (why === 'policy') {
    const open = zones.find(zone => zone.why === 'policy');
    lines.push(`The answer that Linux would have given to this request: ${open?.name} had a block for it.`);
  }
  if (why === 'fragmentation') {
    const [nearest] = blocks;
    if (nearest !== undefined) {
      const [pin] = nearest.pins;
      const who = pin === undefined ? '' : `, the first of ${ofTask(pin.task)}`;
      lines.push(
        nearest.pinnedPages === 0
          ? 'Pages of the per-CPU lists given back: nothing else stands in the block that came nearest.'
          : `${plural(nearest.pinnedPages, 'page')} elsewhere: no more stands in the block that came nearest${who}.`,
      );
      const open = PLACING.filter(hook => hooks.includes(hook));
      if (open.length > 0) lines.push(`Where such pages go can be decided here: ${open.join(', ')}.`);
    }
    const enough = zones.filter(zone => zone.freePages >= zone.need - 2 ** order + 1 && zone.largest >= 0);
    const most = Math.max(-1, ...enough.map(zone => zone.largest));
    if (most >= 0 && most < order)
      lines.push(
        `A smaller request: there were free blocks of order ${most}, and ${task} asked for order ${order}.`,
      );
  }
  if (why === 'pages') {
    const short = zones.map(({ name, need, freePages }) => ({ name, pages: need - freePages }));
    short.sort((a, b) => a.pages - b.pages);
    lines.push(`${plural(short[0].pages, 'page')} more free in ${short[0].name} would have been enough.`);
    const [first] = holders;
    if (first !== undefined)
      lines.push(
        `${ofTask(first.task)} holds most of what it may use: ${plural(first.pages, 'page')}, the oldest for ${duration(first.oldestUs)}.`,
      );
    const others = explanation.zones.filter(({ name }) => !zones.some(zone => zone.name === name));
    const [other] = others.sort((a, b) => b.freePages - a.freePages);
    if (other !== undefined && other.freePages > 0)
      lines.push(
        `Its mask keeps it from ${other.name}, where ${plural(other.freePages, 'page')} ${other.freePages === 1 ? 'was' : 'were'} free.`,
      );
  }
  if (!mayWait)
    lines.push('It may not wait, so nothing is reclaimed for it: what it needs has to be free before.');
  return lines;
}

function ofGoal({ held, makeup, metric, unit }: GoalCause): string[] {
  if (held) return ['It was held.'];
  const [spent] = makeup.spent;
  if (spent !== undefined)
    return [`Fewer of the dearest: ${spent.name}, ${grouped(spent.times)} times (${spent.what}).`];
  const [share] = makeup.shares;
  const lines: string[] = [];
  if (share !== undefined)
    lines.push(`Begin with ${share.name}: ${quantity(share.value, unit)} of ${metric}.`);
  const waits = makeup.beside.filter(one => one.unit === 'us').sort((a, b) => b.value - a.value);
  if (unit === 'us' && waits.length > 0)
    lines.push(`The longest of the waits beside it is ${waits[0].metric}, ${duration(waits[0].value)}.`);
  return lines;
}
