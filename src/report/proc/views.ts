/** The views of `oomph proc`, by name. */
import type { Machine } from '../../engine/index.ts';
import { deepestStack } from '../../harness/deepestStack.ts';
import { stackTable } from '../stackTrace.ts';
import { buddyinfo } from './buddyinfo.ts';
import { kmapView } from './kmap.ts';
import { meminfo } from './meminfo.ts';
import { slabinfo } from './slabinfo.ts';
import { stacks } from './stacks.ts';
import { sysrqMem } from './sysrq.ts';
import { vmallocinfo } from './vmallocinfo.ts';
import { type RunCounters, vmstat } from './vmstat.ts';
import { zoneinfo } from './zoneinfo.ts';

export interface View {
  /** What it shows, and in whose form. */
  readonly meaning: string;
  /** Why this machine cannot answer; '' when it can. */
  absent(m: Machine): string;
  text(m: Machine, counters: RunCounters, names: ViewNames): string;
}

/** What the workload calls its tasks and its functions, by number. */
export interface ViewNames {
  readonly tasks: readonly string[];
  readonly functions: readonly string[];
}

const always = (): string => '';
const needsSlab = (m: Machine): string =>
  m.slab === null
    ? 'the machine starts without the slab allocator: add `slab: true` to `machine` of the challenge'
    : '';

const needsStacks = (m: Machine): string =>
  m.tasks === null ? 'its processes have no kernel stacks: add `stack` to `machine` of the challenge' : '';

export const VIEWS: Readonly<Record<string, View>> = {
  buddyinfo: {
    meaning: 'free blocks of each order and zone (/proc/buddyinfo)',
    absent: always,
    text: buddyinfo,
  },
  kmap: {
    meaning: "mapped pages of high memory (a form of oomph's own)",
    absent: m => (m.highmem === null ? `${m.arch.name} has no high memory to map` : ''),
    text: kmapView,
  },
  meminfo: { meaning: 'totals (/proc/meminfo)', absent: always, text: meminfo },
  slabinfo: { meaning: 'caches (/proc/slabinfo, version 2.0)', absent: needsSlab, text: slabinfo },
  stack_trace: {
    meaning: 'calls that left the least room on a kernel stack (2.6.32)',
    absent: needsStacks,
    text: (m, _, { functions }) => `${stackTable(deepestStack(m, functions)).join('\n')}\n`,
  },
  stacks: {
    meaning: "kernel stacks and how deep they are (a form of oomph's own)",
    absent: needsStacks,
    text: (m, _, names) => stacks(m, names),
  },
  'sysrq-m': { meaning: 'what SysRq-m writes to the log', absent: always, text: sysrqMem },
  vmallocinfo: {
    meaning: 'areas of vmalloc space (/proc/vmallocinfo of 2.6.26)',
    absent: m => (m.arch.pgdirBytes === 0 ? `vmalloc is not modelled on ${m.arch.name}` : needsSlab(m)),
    text: vmallocinfo,
  },
  vmstat: { meaning: 'counters (/proc/vmstat)', absent: always, text: vmstat },
  zoneinfo: {
    meaning: 'marks and per-CPU lists of each zone (/proc/zoneinfo of 2.6.13)',
    absent: always,
    text: zoneinfo,
  },
};
