import { CTX_HARDIRQ, CTX_SOFTIRQ } from '../../contract/tape.ts';
import {
  __GFP_COLD,
  __GFP_DMA,
  __GFP_FS,
  __GFP_HIGH,
  __GFP_HIGHMEM,
  __GFP_IO,
  __GFP_NO_GROW,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_REPEAT,
  __GFP_WAIT,
  EV_ALLOC,
  EV_FAIL,
  EV_FREE,
  EV_KSWAPD,
  GFP_ATOMIC,
  GFP_HIGHUSER,
  GFP_KERNEL,
  GFP_NOFS,
  GFP_NOIO,
  type Machine,
  PATH_RETRY,
  REQ_ORDER,
} from '../../engine/index.ts';
import type { MachineEvent } from '../../harness/eventLog.ts';
import { comm } from '../../harness/kernelLog.ts';

/** Greedy, in this order. Source: include/trace/events/gfpflags.h of 2.6.32, show_gfp_flags() */
const GFP_TEXT: readonly (readonly [number, string])[] = [
  [GFP_HIGHUSER, 'GFP_HIGHUSER'],
  [GFP_KERNEL, 'GFP_KERNEL'],
  [GFP_NOFS, 'GFP_NOFS'],
  [GFP_ATOMIC, 'GFP_ATOMIC'],
  [GFP_NOIO, 'GFP_NOIO'],
  [__GFP_HIGH, 'GFP_HIGH'],
  [__GFP_WAIT, 'GFP_WAIT'],
  [__GFP_IO, 'GFP_IO'],
  [__GFP_FS, 'GFP_FS'],
  [__GFP_COLD, 'GFP_COLD'],
  [__GFP_NOWARN, 'GFP_NOWARN'],
  [__GFP_REPEAT, 'GFP_REPEAT'],
  [__GFP_NOFAIL, 'GFP_NOFAIL'],
  [__GFP_NORETRY, 'GFP_NORETRY'],
  [__GFP_NO_GROW, 'GFP_NO_GROW'],
  [__GFP_HIGHMEM, 'GFP_HIGHMEM'],
  [__GFP_DMA, 'GFP_DMA'],
];

/** `GFP_ATOMIC|GFP_DMA`; `GFP_NOWAIT` for no flag at all. */
export function gfpFlags(gfp: number): string {
  if (gfp === 0) return 'GFP_NOWAIT';
  const names: string[] = [];
  let left = gfp;
  for (const [mask, name] of GFP_TEXT) {
    if ((left & mask) !== mask) continue;
    names.push(name);
    left &= ~mask;
  }
  if (left !== 0) names.push(`0x${left.toString(16)}`);
  return names.join('|');
}

/** The head of /sys/kernel/debug/tracing/trace. */
export function eventsHead(): string {
  return `# tracer: nop
#
#                              _-----=> irqs-off
#                             / _----=> need-resched
#                            | / _---=> hardirq/softirq
#                            || / _--=> preempt-depth
#                            ||| /     delay
#           TASK-PID   CPU#  ||||    TIMESTAMP  FUNCTION
#              | |       |   ||||       |         |
`;
}

/**
 * One event as ftrace prints it, with the kernel's later names; '' for an event that has no tracepoint.
 *
 * The PID is the number of the task in the file, from 1. `page=` is where the page's struct lies in mem_map, whose own
 * address only the boot knows. 2.6.0 has one migrate type.
 *
 * Source: include/trace/events/kmem.h of 3.3, vmscan.h; kernel/trace/trace_output.c, trace_print_context()
 */
export function eventLine(m: Machine, tasks: readonly string[], event: MachineEvent): string {
  const text = describe(m, event);
  if (text === '') return '';
  const { task, cpu, ctx, timeUs } = event;
  const irq = (ctx & CTX_HARDIRQ) !== 0 ? 'd.h.' : (ctx & CTX_SOFTIRQ) !== 0 ? '..s.' : '....';
  const seconds = String(Math.floor(timeUs / 1e6)).padStart(5);
  const micros = String(timeUs % 1e6).padStart(6, '0');
  return (
    `${comm(tasks[task]).padStart(16)}-${String(task + 1).padEnd(5)} [${String(cpu).padStart(3, '0')}] ` +
    `${irq} ${seconds}.${micros}: ${text}\n`
  );
}

function describe(m: Machine, { code, a, b, c }: MachineEvent): string {
  switch (code) {
    case EV_ALLOC:
      return `mm_page_alloc: page=${pageText(m, a)} pfn=${a} order=${b} migratetype=0 gfp_flags=${gfpFlags(c)}`;
    case EV_FAIL:
      // The kernel would still be waiting: its tracepoint stands behind the wait.
      if (c === PATH_RETRY) return '';
      return `mm_page_alloc: page=(null) pfn=0 order=${a} migratetype=0 gfp_flags=${gfpFlags(b)}`;
    case EV_FREE:
      return `mm_page_free: page=${pageText(m, a)} pfn=${a} order=${b}`;
    case EV_KSWAPD:
      return `mm_vmscan_wakeup_kswapd: nid=0 zid=${a} order=${m.request[REQ_ORDER]}`;
    default:
      return '';
  }
}

function pageText(m: Machine, pfn: number): string {
  return (pfn * m.arch.structPageBytes).toString(16).padStart(m.arch.longBytes * 2, '0');
}
