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
  cacheInfo,
  EV_ALLOC,
  EV_CACHE_ALLOC,
  EV_CACHE_FREE,
  EV_FAIL,
  EV_FREE,
  EV_IRQ_ENTER,
  EV_IRQ_EXIT,
  EV_KFREE,
  EV_KMALLOC,
  EV_KSWAPD,
  EV_PAGE_CACHE_ADD,
  EV_PAGE_CACHE_REMOVE,
  EV_RECLAIM_BEGIN,
  EV_RECLAIM_END,
  FN_SYSTEM_CALL,
  GFP_ATOMIC,
  GFP_HIGHUSER,
  GFP_KERNEL,
  GFP_NOFS,
  GFP_NOIO,
  ksize,
  MAPPING_SWAP,
  type Machine,
  NIL,
  objectVaddr,
  PATH_RETRY,
  REQ_ORDER,
  stackTrace,
} from '../../engine/index.ts';
import type { MachineEvent } from '../../harness/eventLog.ts';
import { comm, pidOf } from '../../harness/kernelReports.ts';
import type { KernelSymbols } from '../../harness/kernelSymbols.ts';

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
 * The PID is the number of the task in the file, from 1; on a machine with processes that of `current`, 0 for the idle task. `page=` is where
 * the page's struct lies in mem_map, whose own address only the boot knows. 2.6.0 has one migrate type.
 *
 * @param symbols where functions lie: for who called kmalloc()
 * Source: include/trace/events/kmem.h of 3.3, vmscan.h, irq.h, filemap.h of 3.10; kernel/trace/trace_output.c,
 *         trace_print_context()
 */
export function eventLine(
  m: Machine,
  tasks: readonly string[],
  event: MachineEvent,
  symbols: KernelSymbols,
): string {
  const text = describe(m, event, symbols);
  return text === '' ? '' : eventWith(m, tasks, event, text);
}

/** The columns before what an event is, and that. */
export function eventWith(m: Machine, tasks: readonly string[], event: MachineEvent, text: string): string {
  const { task, process, thread, cpu, ctx, timeUs } = event;
  const irq = (ctx & CTX_HARDIRQ) !== 0 ? 'd.h.' : (ctx & CTX_SOFTIRQ) !== 0 ? '..s.' : '....';
  const seconds = String(Math.floor(timeUs / 1e6)).padStart(5);
  const micros = String(timeUs % 1e6).padStart(6, '0');
  const pid = task === NIL ? 0 : m.tasks === null ? task + 1 : pidOf(process);
  return (
    `${comm(tasks[task] ?? thread).padStart(16)}-${String(pid).padEnd(5)} [${String(cpu).padStart(3, '0')}] ` +
    `${irq} ${seconds}.${micros}: ${text}\n`
  );
}

function describe(m: Machine, event: MachineEvent, symbols: KernelSymbols): string {
  const { code, a, b, c } = event;
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
    case EV_KMALLOC:
      return `kmalloc: ${objectText(m, event, symbols)} bytes_req=${b} bytes_alloc=${ksize(m.slab!, a)} gfp_flags=${gfpFlags(c)}`;
    case EV_CACHE_ALLOC: {
      const bytes = cacheInfo(m.slab!, b).objsize;
      return `kmem_cache_alloc: ${objectText(m, event, symbols)} bytes_req=${bytes} bytes_alloc=${bytes} gfp_flags=${gfpFlags(c)}`;
    }
    case EV_KFREE:
      return `kfree: ${objectText(m, event, symbols)}`;
    case EV_CACHE_FREE:
      return `kmem_cache_free: ${objectText(m, event, symbols)}`;
    case EV_RECLAIM_BEGIN:
      if (c !== 0) return `mm_vmscan_kswapd_wake: nid=0 order=${a}`;
      return `mm_vmscan_direct_reclaim_begin: order=${a} may_writepage=1 gfp_flags=${gfpFlags(b)}`;
    case EV_RECLAIM_END:
      if (event.thread !== '') return 'mm_vmscan_kswapd_sleep: nid=0';
      return `mm_vmscan_direct_reclaim_end: nr_reclaimed=${a}`;
    case EV_IRQ_ENTER:
      return `irq_handler_entry: irq=${b} name=irq${b}`;
    case EV_IRQ_EXIT:
      return `irq_handler_exit: irq=${b} ret=handled`;
    case EV_PAGE_CACHE_ADD:
    case EV_PAGE_CACHE_REMOVE: {
      if (b === MAPPING_SWAP) return '';
      const what =
        code === EV_PAGE_CACHE_ADD ? 'mm_filemap_add_to_page_cache' : 'mm_filemap_delete_from_page_cache';
      return `${what}: dev 0:0 ino ${b.toString(16)} page=${pageText(m, a)} pfn=${a} ofs=${c * m.arch.pageBytes}`;
    }
    default:
      return '';
  }
}

/** The caller is the function that its task is in, or the system call where it is in none. */
function objectText(m: Machine, { a, cpu }: MachineEvent, symbols: KernelSymbols): string {
  const fn = m.tasks === null ? FN_SYSTEM_CALL : (stackTrace(m.tasks, cpu)[0]?.fn ?? FN_SYSTEM_CALL);
  const site = symbols.returnTo(symbols.nameOf(fn));
  return `call_site=${symbols.hex(site)} ptr=${symbols.hex(objectVaddr(m.slab!, a))}`;
}

function pageText(m: Machine, pfn: number): string {
  return (pfn * m.arch.structPageBytes).toString(16).padStart(m.arch.longBytes * 2, '0');
}
