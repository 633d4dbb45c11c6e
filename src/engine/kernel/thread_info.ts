/**
 * Numbers of struct thread_info, preempt_count and the kernel's own stack frames, by architecture.
 *
 * thread_info lies at the lowest address of a kernel stack, so a stack that grows too deep overwrites it from its last
 * field downwards, and nothing says so before somebody reads a field:
 * - TI_TASK          `current`: contextOf() (an allocation), schedule(), every interrupt, exitProcess(): Oops
 * - TI_EXEC_DOMAIN   exitProcess(): Oops. Source: kernel/exit.c, do_exit()
 * - TI_FLAGS         switchTo(): need_resched that nobody set. Source: kernel/sched.c, schedule()
 * - TI_STATUS        read by __switch_to() for the FPU: nothing is seen
 * - TI_CPU           an interrupt of an SMP build counts itself by smp_processor_id(): Oops. Source: do_IRQ()
 * - TI_PREEMPT_COUNT contextOf(), schedule(), mightSleep(), softirqEnter(), kunmap(): the kernel takes itself to be atomic
 * - TI_ADDR_LIMIT    copy_to_user() and the like let everything through: counted, never seen
 * - TI_RESTART_BLOCK read when a signal interrupts a system call, and there are no signals: never seen
 */

/** Fields, by place in the columns of a stack. */
export const TI_TASK = 0;
export const TI_EXEC_DOMAIN = 1;
export const TI_FLAGS = 2;
export const TI_STATUS = 3;
export const TI_CPU = 4;
export const TI_PREEMPT_COUNT = 5;
export const TI_ADDR_LIMIT = 6;
export const TI_RESTART_BLOCK = 7;
export const TI_FIELDS = 8;

export const TI_NAMES = [
  'task',
  'exec_domain',
  'flags',
  'status',
  'cpu',
  'preempt_count',
  'addr_limit',
  'restart_block',
] as const;

/**
 * preempt_count. Source: include/asm-i386/hardirq.h.
 * Deviation: x86_64 has the two interrupt counts the other way round; nothing that is printed shows them.
 */
export const SOFTIRQ_OFFSET = 0x100;
export const SOFTIRQ_MASK = 0xff00;
export const HARDIRQ_OFFSET = 0x10000;
export const HARDIRQ_MASK = 0xff0000;

/** Source: include/asm-i386/thread_info.h */
export const TIF_NEED_RESCHED = 8;

/** Functions of a frame: those of the workload from 0, the kernel's own below. */
export const FN_SYSTEM_CALL = -1;
export const FN_INTERRUPT = -2;
export const FN_DO_IRQ = -3;
export const FN_HANDLE_IRQ_EVENT = -4;
export const FN_DO_SOFTIRQ = -5;
export const FN_CPU_IDLE = -6;

/** Names as the stack tracer prints them, by -1 - FN_. */
export const KERNEL_FUNCTIONS = [
  'system_call',
  'common_interrupt',
  'do_IRQ',
  'handle_IRQ_event',
  'do_softirq',
  'cpu_idle',
] as const;

/** Where an interrupt changes to a stack of its own. */
export const SWITCH_NEVER = 0;
/** do_IRQ() runs on the stack it interrupts, its handlers and softirqs on others, each with a thread_info. Source: CONFIG_4KSTACKS of 2.6.6 */
export const SWITCH_AT_HANDLER = 1;
/** Only the registers are left on the stack it interrupts, and thread_info stays that one's. Source: arch/x86_64/kernel/entry.S */
export const SWITCH_AT_ENTRY = 2;

/**
 * The stack of one architecture, bytes.
 *
 * Deviation: frames of the kernel's own functions are estimates, their saved registers and arguments as gcc 3.3 leaves
 * them; register frames are exact. What an allocation itself calls takes no stack.
 */
export interface ThreadLayout {
  /** [offset, bytes] of each field, by TI_; [0, 0]: it has none. */
  readonly fields: readonly (readonly [number, number])[];
  /** sizeof(struct pt_regs) as a system call and as an interrupt of the kernel leaves it. */
  readonly userRegs: number;
  readonly kernelRegs: number;
  readonly doIrq: number;
  readonly handleIrqEvent: number;
  readonly doSoftirq: number;
  readonly cpuIdle: number;
  /** `current` and smp_processor_id() are read out of thread_info. */
  readonly currentInInfo: boolean;
  readonly cpuInInfo: boolean;
  /** alloc_thread_info() calls kmalloc(); otherwise __get_free_pages(). */
  readonly kmalloc: boolean;
  /** Freed stacks that are kept for the next fork. Source: arch/arm/kernel/process.c, EXTRA_TASK_STRUCT */
  readonly kept: number;
  /** Stack of interrupts that every CPU has on this architecture; 0: none unless the build has them. */
  readonly irqStackBytes: number;
  /** sizeof(struct task_struct) without and with CONFIG_SMP, NR_CPUS 8. */
  readonly taskStructBytes: readonly [number, number];
}

/** Struct sizes evaluated from 2.6.0. Source: include/asm-i386/thread_info.h, ptrace.h; arch/i386/kernel/entry.S */
const i386: ThreadLayout = {
  fields: [
    [0, 4],
    [4, 4],
    [8, 4],
    [12, 4],
    [16, 4],
    [20, 4],
    [24, 4],
    [28, 20],
  ],
  userRegs: 60,
  kernelRegs: 52,
  doIrq: 48,
  handleIrqEvent: 32,
  doSoftirq: 44,
  cpuIdle: 64,
  currentInInfo: true,
  cpuInInfo: true,
  kmalloc: true,
  kept: 0,
  irqStackBytes: 0,
  taskStructBytes: [1568, 1584],
};

/** `current` and the CPU stand in the PDA. Source: include/asm-x86_64/thread_info.h, pda.h: IRQSTACKSIZE */
const x86_64: ThreadLayout = {
  fields: [
    [0, 8],
    [8, 8],
    [16, 4],
    [20, 4],
    [24, 4],
    [28, 4],
    [32, 8],
    [40, 40],
  ],
  userRegs: 168,
  kernelRegs: 120,
  doIrq: 96,
  handleIrqEvent: 56,
  doSoftirq: 72,
  cpuIdle: 96,
  currentInInfo: false,
  cpuInInfo: false,
  kmalloc: false,
  kept: 0,
  irqStackBytes: 16384,
  taskStructBytes: [2192, 2224],
};

/**
 * Deviation: sizeof(struct task_struct) of ARM, PowerPC, Alpha and SPARC is an estimate.
 * Source: include/asm-arm/thread_info.h, ptrace.h
 */
const arm: ThreadLayout = {
  fields: [
    [12, 4],
    [16, 4],
    [0, 4],
    [0, 0],
    [20, 4],
    [4, 4],
    [8, 4],
    [76, 20],
  ],
  userRegs: 72,
  kernelRegs: 72,
  doIrq: 48,
  handleIrqEvent: 40,
  doSoftirq: 40,
  cpuIdle: 64,
  currentInInfo: true,
  cpuInInfo: false,
  kmalloc: false,
  kept: 4,
  irqStackBytes: 0,
  taskStructBytes: [896, 896],
};

/** `current` is a register. Source: include/asm-ppc/thread_info.h, ptrace.h */
const ppc32: ThreadLayout = {
  fields: [
    [0, 4],
    [4, 4],
    [8, 4],
    [0, 0],
    [12, 4],
    [16, 4],
    [0, 0],
    [20, 20],
  ],
  userRegs: 192,
  kernelRegs: 192,
  doIrq: 48,
  handleIrqEvent: 32,
  doSoftirq: 48,
  cpuIdle: 64,
  currentInInfo: false,
  cpuInInfo: true,
  kmalloc: false,
  kept: 0,
  irqStackBytes: 0,
  taskStructBytes: [1184, 1200],
};

/** Source: include/asm-alpha/thread_info.h, ptrace.h, hwrpb.h */
const alpha: ThreadLayout = {
  fields: [
    [64, 8],
    [80, 8],
    [72, 4],
    [76, 4],
    [96, 8],
    [104, 4],
    [88, 8],
    [136, 40],
  ],
  userRegs: 232,
  kernelRegs: 232,
  doIrq: 96,
  handleIrqEvent: 80,
  doSoftirq: 80,
  cpuIdle: 96,
  currentInInfo: true,
  cpuInInfo: false,
  kmalloc: false,
  kept: 0,
  irqStackBytes: 0,
  taskStructBytes: [1504, 1504],
};

/** Every function saves a register window. Source: include/asm-sparc64/thread_info.h, ptrace.h: TRACEREG_SZ, STACKFRAME_SZ */
const sparc64: ThreadLayout = {
  fields: [
    [0, 8],
    [48, 8],
    [8, 8],
    [0, 0],
    [16, 1],
    [56, 4],
    [0, 0],
    [1192, 40],
  ],
  userRegs: 352,
  kernelRegs: 352,
  doIrq: 192,
  handleIrqEvent: 192,
  doSoftirq: 192,
  cpuIdle: 192,
  currentInInfo: true,
  cpuInInfo: true,
  kmalloc: false,
  kept: 0,
  irqStackBytes: 0,
  taskStructBytes: [1536, 1552],
};

/** By name of the architecture. */
export const THREAD_LAYOUTS: Readonly<Record<string, ThreadLayout>> = {
  i386,
  'i386-pae': i386,
  x86_64,
  arm,
  ppc32,
  alpha,
  sparc64,
};
