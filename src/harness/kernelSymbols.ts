/**
 * The kernel's text as its back traces show it: which function lies where.
 *
 * Deviation: every function has 256 bytes, one behind the other, those of the kernel from 1 MiB and those of the workload
 * from 2 MiB above PAGE_OFFSET on, and every call in it returns to its middle. The addresses are none of a real kernel's.
 * Deviation: back traces have the form of i386 on every architecture.
 */
import { type Arch, KERNEL_FUNCTIONS } from '../engine/index.ts';

const SYMBOL_BYTES = 0x100;
const RETURN_OFFSET = SYMBOL_BYTES / 2;
const TEXT_OFFSET = 0x100000;
/** Place of the workload's first function: 1 MiB further on. */
const WORKLOAD_AT = 0x1000;

/** Functions of the kernel that reports name; append only, so that addresses stay. */
const SYMBOLS: readonly string[] = [
  ...KERNEL_FUNCTIONS,
  'dump_stack',
  '__might_sleep',
  'schedule',
  '__alloc_pages',
  '__free_pages',
  '__free_pages_ok',
  'free_hot_cold_page',
  'kmem_cache_alloc',
  '__kmalloc',
  'kmem_cache_free',
  'kfree',
  '__slab_error',
  'check_poison_obj',
  'cache_flusharray',
  'free_block',
  '__get_vm_area',
  'get_vm_area',
  '__vmalloc',
  'vmalloc',
  'vfree',
  'kmap',
  'kunmap',
  'kunmap_high',
  'kmap_atomic',
  'bad_page',
  'dup_task_struct',
  'copy_process',
  'do_fork',
  'do_exit',
  'do_page_fault',
  'do_generic_mapping_read',
  'generic_file_write',
  'prep_new_page',
  'slab_destroy',
];

/** Where a function is called from or stopped. Source: kernel/kallsyms.c, __print_symbol() */
export function symbolText(name: string): string {
  return `${name}+0x${RETURN_OFFSET.toString(16)}/0x${SYMBOL_BYTES.toString(16)}`;
}

export class KernelSymbols {
  private readonly arch: Arch;
  private readonly workload: readonly string[];
  private readonly at = new Map<string, number>();

  /** @param functions names of the workload's functions, by number */
  constructor(arch: Arch, functions: readonly string[]) {
    this.arch = arch;
    this.workload = functions;
    SYMBOLS.forEach((name, i) => {
      this.at.set(name, i);
    });
    this.workload.forEach((name, i) => {
      if (!this.at.has(name)) this.at.set(name, WORKLOAD_AT + i);
    });
  }

  /** @param fn of the workload from 0, the kernel's own below: FN_ */
  nameOf(fn: number): string {
    return (fn < 0 ? KERNEL_FUNCTIONS[-1 - fn] : this.workload[fn]) ?? '?';
  }

  /** Where calls in a function return to. */
  returnTo(name: string): number {
    return this.arch.pageOffset + TEXT_OFFSET + (this.at.get(name) ?? 0) * SYMBOL_BYTES + RETURN_OFFSET;
  }

  /** An address as `%08lx` prints it. */
  hex(vaddr: number): string {
    const bits = this.arch.longBytes * 8;
    return BigInt.asUintN(bits, BigInt(vaddr))
      .toString(16)
      .padStart(bits / 4, '0');
  }

  /** Source: arch/i386/kernel/traps.c, show_trace() with CONFIG_KALLSYMS */
  trace(functions: readonly string[]): string[] {
    return [
      'Call Trace:',
      ...functions.map(name => ` [<${this.hex(this.returnTo(name))}>] ${symbolText(name)}`),
      '',
    ];
  }
}
