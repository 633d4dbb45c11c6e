/** What 2.6.0 prints for each kind of entry of its log, line by line. */
import * as T from '../contract/tape.ts';
import {
  C_REALLEN,
  cacheInfo,
  cacheName,
  LOG_ALLOC_FAILURE,
  LOG_BAD_FREE,
  LOG_BAD_PAGE,
  LOG_BAD_VFREE,
  LOG_EXIT_ATOMIC,
  LOG_KERNEL_BUG,
  LOG_OOM_KILL,
  LOG_OOPS,
  LOG_PANIC,
  LOG_PLACE_FAULT,
  LOG_PLACE_FILEMAP,
  LOG_PLACE_FORK,
  LOG_PLACE_IDLE,
  LOG_PLACE_INTERRUPT,
  LOG_PLACE_KFREE,
  LOG_PLACE_KMAP,
  LOG_PLACE_KMAP_ATOMIC,
  LOG_PLACE_KUNMAP,
  LOG_PLACE_OOM,
  LOG_PLACE_PAGE_ALLOC,
  LOG_PLACE_SLAB_ALLOC,
  LOG_PLACE_VFREE,
  LOG_PLACE_VMALLOC,
  LOG_SCHED_ATOMIC,
  LOG_SLAB_BAD_POINTER,
  LOG_SLAB_CORRUPTION,
  LOG_SLAB_DESTROY,
  LOG_SLAB_DOUBLE_FREE,
  LOG_SLAB_MISMATCH,
  LOG_SLAB_RED_ZONE,
  LOG_SLEEP_INVALID,
  LOG_STACK_OVERFLOW,
  LOG_VM_KILL,
  type Machine,
  NIL,
  POINTER_OUT_OF_RANGE,
  POINTER_WITHIN,
  type PrintkContext,
  zoneOf,
} from '../engine/index.ts';
import { type KernelSymbols, symbolText } from './kernelSymbols.ts';

/** TASK_COMM_LEN with its final zero. Source: include/linux/sched.h */
const COMM_LENGTH = 15;

export const comm = (task: string): string => task.slice(0, COMM_LENGTH);

/** Source: mm/page_alloc.c, __alloc_pages() */
export function failureLine(task: string, order: number, gfp: number): string {
  return `${comm(task)}: page allocation failure. order:${order}, mode:0x${gfp.toString(16)}`;
}

/** The part of a plan that a report names. */
export interface NamedTasks {
  readonly workload: { readonly tasks: readonly { readonly name: string }[] };
}

/** An entry of the log with all that its text is made of. */
export interface Report {
  readonly machine: Machine;
  readonly plan: NamedTasks;
  readonly symbols: KernelSymbols;
  readonly kind: number;
  readonly args: readonly [number, number, number, number];
  /** Name of the workload's task, '' for a thread of the kernel. */
  readonly task: string;
  /** OP_ of the operation that it happened in. */
  readonly op: number;
  /** How many times the kernel has died before. */
  readonly deaths: number;
  /** Not there for an entry that nobody kept it for. */
  readonly context: PrintkContext | undefined;
}

/** Kernel threads have a pid too, and so has init: processes of the workload come behind. */
export const pidOf = (process: number): number => (process === NIL ? 0 : process + 1);

const ANY_SLEEPER: readonly [string, readonly string[]] = ['mm/page_alloc.c:548', ['__alloc_pages']];
/** put_page_testzero() of a page that has no reference. */
const FREED_PAGE: readonly [string, readonly string[]] = ['mm/page_alloc.c:730', ['__free_pages']];

/** Where might_sleep() is called, and what stands between it and the caller, innermost first. Lines of 2.6.0. */
const SLEEPERS: Readonly<Record<number, readonly [string, readonly string[]]>> = {
  [LOG_PLACE_PAGE_ALLOC]: ANY_SLEEPER,
  [LOG_PLACE_SLAB_ALLOC]: ['mm/slab.c:1856', ['kmem_cache_alloc']],
  [LOG_PLACE_VMALLOC]: [
    'mm/slab.c:1856',
    ['kmem_cache_alloc', '__get_vm_area', 'get_vm_area', '__vmalloc', 'vmalloc'],
  ],
  [LOG_PLACE_KMAP]: ['arch/i386/mm/highmem.c:5', ['kmap']],
  [LOG_PLACE_FILEMAP]: ['mm/page_alloc.c:548', ['__alloc_pages', 'do_generic_mapping_read']],
  [LOG_PLACE_FAULT]: ['mm/page_alloc.c:548', ['__alloc_pages', 'do_page_fault']],
  [LOG_PLACE_FORK]: ['mm/slab.c:1856', ['kmem_cache_alloc', 'dup_task_struct', 'copy_process', 'do_fork']],
};

/** Where BUG() is called. Lines of 2.6.0; KFREE's is of a build with CONFIG_DEBUG_SLAB. */
const BUGS: Readonly<Record<number, readonly [string, readonly string[]]>> = {
  [LOG_PLACE_PAGE_ALLOC]: ['mm/page_alloc.c:181', ['__free_pages_ok']],
  [LOG_PLACE_SLAB_ALLOC]: ['mm/slab.c:1559', ['kmem_cache_alloc']],
  [LOG_PLACE_VFREE]: ['mm/vmalloc.c:324', ['vfree']],
  [LOG_PLACE_KUNMAP]: ['arch/i386/mm/highmem.c:14', ['kunmap']],
  [LOG_PLACE_KMAP_ATOMIC]: ['arch/i386/mm/highmem.c:41', ['kmap_atomic']],
  [LOG_PLACE_KFREE]: ['mm/slab.c:1957', ['free_block', 'cache_flusharray']],
};

const PANICS: Readonly<Record<number, readonly string[]>> = {
  [LOG_PLACE_INTERRUPT]: ['Kernel panic: Fatal exception in interrupt', 'In interrupt handler - not syncing'],
  [LOG_PLACE_IDLE]: ['Kernel panic: Attempted to kill the idle task!', 'In idle task - not syncing'],
  [LOG_PLACE_OOM]: ['Kernel panic: Out of memory and no killable processes...', ''],
};

/** The function of the kernel that an operation is in when `current` is read. */
const FUNCTION_OF_OP: Readonly<Record<number, string>> = {
  [T.OP_ALLOC]: '__alloc_pages',
  [T.OP_RETRY]: '__alloc_pages',
  [T.OP_KMALLOC]: '__kmalloc',
  [T.OP_CACHE_ALLOC]: 'kmem_cache_alloc',
  [T.OP_VMALLOC]: '__vmalloc',
  [T.OP_KMAP]: 'kmap',
  [T.OP_KUNMAP]: 'kunmap',
  [T.OP_MAP_PAGE]: 'kmap',
  [T.OP_HOLD]: 'schedule',
  [T.OP_FORK]: 'do_fork',
  [T.OP_EXIT]: 'do_exit',
  [T.OP_READ]: 'do_generic_mapping_read',
  [T.OP_WRITE]: 'generic_file_write',
  [T.OP_TOUCH_AREA]: 'do_page_fault',
};

/**
 * The lines of an entry; none for what the kernel does not print.
 *
 * Deviation: a stack is shown only for entries whose context was kept. Of an Oops the registers, the words on the stack and
 * the code bytes are left out, because nothing models them; *pde is 0, as of an address that nobody mapped. Of a bad page
 * the number of its address space stands for the space's address. Of a corrupted object one byte is shown, and
 * neither what stands behind the object nor who used it last. A panic for want of memory comes without its Mem-info. A failed fork prints nothing but the
 * failed allocation.
 */
export function reportLines(report: Report): string[] {
  const { kind, args, task } = report;
  const [a, b, c] = args;
  switch (kind) {
    case LOG_ALLOC_FAILURE:
      return [failureLine(task === '' ? 'kswapd0' : task, a, b)];
    case LOG_SLEEP_INVALID: {
      const [place, calls] = sleeper(report);
      return [
        `Debug: sleeping function called from invalid context at ${place}`,
        `in_atomic():${b}, irqs_disabled():${c}`,
        ...stackDump(report, ['__might_sleep', ...calls]),
      ];
    }
    case LOG_SCHED_ATOMIC:
      return ['bad: scheduling while atomic!', ...stackDump(report, ['schedule'])];
    case LOG_BAD_PAGE:
      return badPage(report, report.op === T.OP_ALLOC ? 'prep_new_page' : 'free_hot_cold_page', a, args);
    case LOG_BAD_FREE:
      return bug(report, ...FREED_PAGE);
    case LOG_SLAB_DOUBLE_FREE:
      return redZones(report, 'cache_free_debugcheck', [
        report.op === T.OP_KFREE ? 'kfree' : 'kmem_cache_free',
      ]);
    case LOG_SLAB_RED_ZONE:
      return redZones(report, 'cache_alloc_debugcheck_after', sleeper(report)[1].slice(0, 1));
    case LOG_SLAB_DESTROY: {
      const what = `${c === 1 ? 'start' : 'end'} of a freed object was overwritten`;
      return slabError(report, 'slab_destroy', what, ['__slab_error', 'slab_destroy']);
    }
    case LOG_SLAB_BAD_POINTER:
      return badPointer(report);
    case LOG_SLAB_MISMATCH:
      return mismatch(report);
    case LOG_SLAB_CORRUPTION:
      return corruption(report);
    case LOG_KERNEL_BUG:
      return kernelBug(report);
    case LOG_OOPS:
      return oops(report);
    case LOG_STACK_OVERFLOW:
      return [`do_IRQ: stack overflow: ${a}`, ...stackDump(report, ['do_IRQ'])];
    case LOG_OOM_KILL:
      return [`Out of Memory: Killed process ${pidOf(a)} (${subjectOf(report)}).`];
    case LOG_VM_KILL:
      return [`VM: killing process ${subjectOf(report)}`];
    case LOG_BAD_VFREE: {
      const what = (a & 0xfff) === 0 ? 'nonexistent vm area' : 'bad address';
      return [`Trying to vfree() ${what} (${report.symbols.hex(a >>> 0)})`];
    }
    case LOG_EXIT_ATOMIC:
      return [`note: ${subjectOf(report)}[${pidOf(a)}] exited with preempt_count ${b}`];
    case LOG_PANIC:
      return [...(PANICS[a] ?? [])];
    default:
      return [];
  }
}

/** `comm` of the process that runs a task; the idle task has the name of init's parent. */
function nameOf(plan: NamedTasks, task: number): string {
  return comm(plan.workload.tasks[task]?.name ?? 'swapper');
}

/** Of the process that the entry is about; where no context tells, of the task that ran. */
const subjectOf = ({ plan, context, task }: Report): string =>
  context === undefined ? comm(task) : nameOf(plan, context.subject);

function sleeper({ args: [place], op }: Report): readonly [string, readonly string[]] {
  const isKmalloc = op === T.OP_KMALLOC || op === T.OP_BUFFER || op === T.OP_CALL;
  if (place === LOG_PLACE_SLAB_ALLOC && isKmalloc) return ['mm/slab.c:1856', ['__kmalloc']];
  return SLEEPERS[place] ?? ANY_SLEEPER;
}

/** dump_stack(): `calls` are on the stack above what the workload has called. */
function stackDump({ symbols, context }: Report, calls: readonly string[]): string[] {
  if (context === undefined) return [];
  const chain = context.chain.map(fn => symbols.nameOf(fn));
  return symbols.trace(calls.at(-1) === chain[0] ? [...calls, ...chain.slice(1)] : [...calls, ...chain]);
}

/** Source: mm/page_alloc.c, bad_page(); page->flags has the zone in its highest byte */
function badPage(report: Report, where: string, pfn: number, args: readonly number[]): string[] {
  const [, flags, mapping, count] = args;
  const { machine, symbols } = report;
  const mapped = machine.fields === null || machine.fields.pte[pfn] === 0 ? 0 : 1;
  const word = ((zoneOf(machine, pfn) << 24) | kernelFlags(flags)) >>> 0;
  return [
    `Bad page state at ${where}`,
    `flags:0x${word.toString(16).padStart(8, '0')} mapping:${symbols.hex(mapping)} mapped:${mapped} count:${count}`,
    'Backtrace:',
    ...stackDump(report, ['bad_page', where]),
    'Trying to fix it up, but a reboot is needed',
  ];
}

/** Bit of the kernel for each of PageFields.flags, lowest first. Source: include/linux/page-flags.h */
const FLAG_BITS = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13, 16, 17, 18, 19];

export function kernelFlags(flags: number): number {
  let word = 0;
  for (let i = 0; i < FLAG_BITS.length; i++) if ((flags & (1 << i)) !== 0) word |= 1 << FLAG_BITS[i];
  return word;
}

/** Virtual address of what an entry says in words of the machine. */
function addressOf({ machine: { arch } }: Report, words: number): number {
  return arch.pageOffset + (words >>> 0) * arch.longBytes;
}

/** The object is printed with its first red zone. Source: mm/slab.c, cache_free_debugcheck(), cache_alloc_debugcheck_after() */
function redZones(report: Report, where: string, calls: readonly string[]): string[] {
  const { machine, symbols, args } = report;
  const [, words, one, two] = args;
  const at = symbols.hex(addressOf(report, words) - machine.arch.longBytes);
  const hex = (zone: number): string => (zone >>> 0).toString(16);
  return [
    ...slabError(report, where, 'double free, or memory outside object was overwritten', [
      '__slab_error',
      ...calls,
    ]),
    `${at}: redzone 1: 0x${hex(one)}, redzone 2: 0x${hex(two)}.`,
  ];
}

/** Source: mm/slab.c, __slab_error() */
function slabError(report: Report, where: string, what: string, calls: readonly string[]): string[] {
  return [
    `slab error in ${where}(): cache \`${nameOfCache(report, report.args[0])}': ${what}`,
    ...stackDump(report, calls),
  ];
}

const nameOfCache = ({ machine: { slab } }: Report, cache: number): string =>
  slab === null ? '' : cacheName(slab, cache);

/** Bytes that a freed object has with CONFIG_DEBUG_SLAB. Source: mm/slab.c, POISON_AFTER, POISON_END */
const AFTER = '*';
const END = 'A5 ';

/** Source: mm/slab.c, check_poison_obj() */
function corruption(report: Report): string[] {
  const { machine, symbols, args } = report;
  const [cache, words, offset, found] = args;
  if (machine.slab === null) return [];
  const start = addressOf(report, words);
  const size = machine.slab.ctl[cache + C_REALLEN];
  const value = `${(found & 0xff).toString(16).toUpperCase().padStart(2, '0')} `;
  const last = offset === size - 1;
  const data = AFTER.repeat(offset) + value + (last ? '' : AFTER.repeat(size - offset - 2) + END);
  const hex = (vaddr: number): string => symbols.hex(vaddr);
  return [
    `Slab corruption: start=${hex(start)}, expend=${hex(start + size - 1)}, problemat=${hex(start + offset)}`,
    `Data: ${data}`,
    ...slabError(report, 'check_poison_obj', 'object was modified after freeing', [
      '__slab_error',
      'check_poison_obj',
      ...sleeper(report)[1].slice(0, 1),
    ]),
  ];
}

/** Source: mm/slab.c, kfree_debugcheck(), cache_free_debugcheck() */
function badPointer(report: Report): string[] {
  const [words, what] = report.args;
  const calls = [report.op === T.OP_CACHE_FREE ? 'kmem_cache_free' : 'kfree'];
  if (what === POINTER_WITHIN) return bug(report, 'mm/slab.c:1696', calls);
  const at = addressOf(report, words).toString(16);
  return what === POINTER_OUT_OF_RANGE
    ? [`kfree_debugcheck: out of range ptr ${at}h.`, ...bug(report, 'mm/slab.c:1650', calls)]
    : [`kfree_debugcheck: bad ptr ${at}h.`, ...bug(report, 'mm/slab.c:1655', calls)];
}

/** Source: mm/slab.c, cache_free_debugcheck(); include/asm-i386/bug.h, WARN_ON() */
function mismatch(report: Report): string[] {
  const { machine, symbols, args } = report;
  const [own, , asked] = args;
  if (machine.slab === null) return [];
  const [first, second] = [own, asked].map(cache => ({
    name: nameOfCache(report, cache),
    at: symbols.hex(machine.arch.pageOffset + cacheInfo(machine.slab!, cache).desc),
  }));
  return [
    `mismatch in kmem_cache_free: expected cache ${first.at}, got ${second.at}`,
    `${second.at} is ${second.name}.`,
    `${first.at} is ${first.name}.`,
    'Badness in cache_free_debugcheck at mm/slab.c:1676',
    ...stackDump(report, ['kmem_cache_free']),
  ];
}

function kernelBug(report: Report): string[] {
  const [place, cache, words] = report.args;
  const found = BUGS[place];
  if (found === undefined) return ['Kernel BUG'];
  const lines: string[] = [];
  if (place === LOG_PLACE_KFREE) {
    const at = report.symbols.hex(addressOf(report, words));
    lines.push(`slab: double free detected in cache '${nameOfCache(report, cache)}', objp ${at}.`);
  }
  return [...lines, ...bug(report, ...found)];
}

/** Source: arch/i386/kernel/traps.c, handle_BUG(), die(): the trap is number 6 */
function bug(report: Report, place: string, calls: readonly string[]): string[] {
  return [
    '------------[ cut here ]------------',
    `kernel BUG at ${place}!`,
    ...die(report, 'invalid operand', calls),
  ];
}

/** Source: arch/i386/mm/fault.c, do_page_fault() */
function oops(report: Report): string[] {
  const { symbols, op, args, machine, context } = report;
  const address = args[2] >>> 0;
  const what = address < machine.arch.pageBytes ? 'NULL pointer dereference' : 'paging request';
  const inner = FUNCTION_OF_OP[op] ?? (context === undefined ? 'schedule' : symbols.nameOf(context.chain[0]));
  return [
    `Unable to handle kernel ${what} at virtual address ${symbols.hex(address)}`,
    ' printing eip:',
    symbols.hex(symbols.returnTo(inner)),
    `*pde = ${symbols.hex(0)}`,
    ...die(report, 'Oops', [inner]),
  ];
}

/** Source: arch/i386/kernel/traps.c, die(), show_registers() */
function die(report: Report, what: string, calls: readonly string[]): string[] {
  const { symbols, context, deaths, machine, plan } = report;
  const cpu = context?.cpu ?? 0;
  const eip = symbols.returnTo(calls[0]);
  const lines = [
    `${what}: 0000 [#${deaths + 1}]`,
    `CPU:    ${cpu}`,
    `EIP:    0060:[<${symbols.hex(eip)}>]    Not tainted`,
    `EIP is at ${symbolText(calls[0])}`,
  ];
  if (context === undefined) return lines;
  const { process } = context;
  const image = machine.arch.pageOffset;
  const info = symbols.hex(context.threadInfo === 0 ? image : context.threadInfo);
  const task = symbols.hex(context.taskStruct === 0 ? image : context.taskStruct);
  const name = nameOf(plan, context.owner);
  return [
    ...lines,
    `Process ${name} (pid: ${pidOf(process)}, threadinfo=${info} task=${task})`,
    ...stackDump(report, calls),
  ];
}
