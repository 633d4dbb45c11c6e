/**
 * Kernel stacks: frames come and go, and one that grows too deep overwrites thread_info and then the memory below.
 *
 * Deviation: a function writes the whole of its frame as it is entered; a real one leaves a buffer as it is until it is
 * filled, and then a large frame can step over thread_info without touching it.
 * Deviation: the words that a frame leaves behind are made up from its function and their place: its return address first,
 * then saved registers and locals, of which some are zero, some small and most addresses of the kernel.
 * Deviation: memory below a stack keeps its contents; whose it is is recorded, and no more.
 */
import { FNV_START, fnvInt } from '../lib/fnv.ts';
import { KernelBug } from '../lib/kernelBug.ts';
import { NIL, PAGE_ALLOCATED, PAGE_FREE, PAGE_ORDER } from '../mm/page.ts';
import { type Pgdat, printk } from '../mm/pgdat.ts';
import { STAT_ADDR_LIMIT_HOLES, STAT_KERNEL_BUGS, STAT_STACK_OVERFLOWS } from '../trace/events.ts';
import { LOG_STACK_CORRUPTION } from '../trace/printk.ts';
import {
  CPU_STACK,
  CPU_STRIDE,
  growFrames,
  processOfStack,
  STACK_BYTES,
  STACK_CLOBBERED,
  STACK_DEEPEST,
  STACK_DEPTH,
  STACK_FRAMES,
  STACK_INFO,
  STACK_LIMIT,
  STACK_PREVIOUS,
  STACK_SHIFT,
  TASK_PFN,
  TASK_STRIDE,
  type Tasks,
  WORST_CHAIN,
  WORST_FRAMES,
  WORST_LEFT,
  WORST_STACK,
} from './tasks.ts';
import { TI_ADDR_LIMIT, TI_FIELDS } from './thread_info.ts';

const NO_FRAME = -0x80000000;

/** One line of a trace, innermost first. */
export interface StackEntry {
  /** Function of the workload, or FN_. */
  fn: number;
  /** Bytes in use with this frame, and of the frame itself. */
  depth: number;
  size: number;
  /** Row of the stack that it stands on: tasks.ts. */
  stack: number;
}

/** A frame more on a stack. @param bytes a multiple of the word, return address included */
export function pushFrame(t: Tasks, row: number, fn: number, bytes: number): void {
  const { stacks } = t;
  const n = stacks[row + STACK_FRAMES];
  if (n === t.frameRoom) growFrames(t);
  const at = 2 * ((row >> STACK_SHIFT) * t.frameRoom + n);
  t.frames[at] = fn;
  t.frames[at + 1] = bytes;
  stacks[row + STACK_FRAMES] = n + 1;
  const depth = stacks[row + STACK_DEPTH] + bytes;
  stacks[row + STACK_DEPTH] = depth;
  if (depth > stacks[row + STACK_DEEPEST]) deeper(t, row, depth);
  if (depth > stacks[row + STACK_LIMIT]) overflow(t, row, fn, depth - bytes, depth);
}

/** Take the last frame off. @returns its function; NO_FRAME when there is none */
export function popFrame(t: Tasks, row: number): number {
  const { stacks, frames } = t;
  const n = stacks[row + STACK_FRAMES] - 1;
  if (n < 0) return NO_FRAME;
  const at = 2 * ((row >> STACK_SHIFT) * t.frameRoom + n);
  stacks[row + STACK_FRAMES] = n;
  stacks[row + STACK_DEPTH] -= frames[at + 1];
  return frames[at];
}

/** popFrame() of a function that must be the last one. Throws KernelBug `frames` when it is not. */
export function popFrameOf(t: Tasks, row: number, fn: number): void {
  const found = popFrame(t, row);
  if (found !== fn) throw new KernelBug('frames', `frame of ${fn} should be the last one, found ${found}`);
}

/**
 * What runs on a CPU calls a function of the workload.
 *
 * @param fn         its number, 0 and up
 * @param frameBytes what it takes of the stack with its return address, rounded up to whole words; at least one word
 */
export function enterFunction(t: Tasks, cpu: number, fn: number, frameBytes: number): void {
  const { wordMask } = t;
  const bytes = frameBytes > wordMask ? (frameBytes + wordMask) & ~wordMask : wordMask + 1;
  pushFrame(t, t.cpus[cpu * CPU_STRIDE + CPU_STACK], fn, bytes);
}

/** The function that was called last returns. Throws KernelBug `frames` when there is none. */
export function leaveFunction(t: Tasks, cpu: number): void {
  const fn = popFrame(t, t.cpus[cpu * CPU_STRIDE + CPU_STACK]);
  if (fn < 0) throw new KernelBug('frames', `CPU ${cpu} returns from a function that it is not in`);
}

/** A new high-water mark; with the least room of all it is kept as the chain of maxStack(). */
function deeper(t: Tasks, row: number, depth: number): void {
  const { stacks, frames, worst } = t;
  stacks[row + STACK_DEEPEST] = depth;
  const left = stacks[row + STACK_LIMIT] - depth;
  if (left >= worst[WORST_LEFT]) return;
  const n = stacks[row + STACK_FRAMES];
  worst[WORST_LEFT] = left;
  worst[WORST_STACK] = row;
  worst[WORST_FRAMES] = n;
  const at = 2 * (row >> STACK_SHIFT) * t.frameRoom;
  for (let i = 0; i < 2 * n; i++) worst[WORST_CHAIN + i] = frames[at + i];
}

/** A frame from `from` to `to` bytes deep reaches beyond the limit. */
function overflow(t: Tasks, row: number, fn: number, from: number, to: number): void {
  const { stacks, pgdat } = t;
  const bytes = stacks[row + STACK_BYTES];
  const before = stacks[row + STACK_CLOBBERED];
  if (stacks[row + STACK_LIMIT] < bytes) clobber(t, row, fn, bytes - from, bytes - to);
  const isNew = from <= stacks[row + STACK_LIMIT];
  if (isNew) {
    pgdat.stat[STAT_STACK_OVERFLOWS]++;
    pgdat.stat[STAT_KERNEL_BUGS]++;
  }
  const hit = pageBelow(t, row, to);
  const known = from > bytes ? pageBelow(t, row, from) : NIL;
  if (!isNew && stacks[row + STACK_CLOBBERED] === before && hit === known) return;
  const owner = hit === NIL ? NIL : ownerOf(pgdat, hit);
  printk(pgdat, LOG_STACK_CORRUPTION, processOfStack(t, row), stacks[row + STACK_CLOBBERED], hit, owner);
}

/** Overwrite the fields that lie in [low, high), bytes from the stack's lowest address. */
function clobber(t: Tasks, row: number, fn: number, high: number, low: number): void {
  const { stacks, layout, wordMask } = t;
  for (let field = 0; field < TI_FIELDS; field++) {
    const [offset, size] = layout.fields[field];
    if (size === 0 || offset >= high || offset + size <= low) continue;
    const at = Math.max(offset, low);
    const word = (high - (at & ~wordMask)) / (wordMask + 1) - 1;
    const value = wordOf(fn, word);
    stacks[row + STACK_INFO + field] = value;
    if (field === TI_ADDR_LIMIT && isHole(t, row, value)) t.pgdat.stat[STAT_ADDR_LIMIT_HOLES]++;
    stacks[row + STACK_CLOBBERED] |= 1 << field;
  }
}

/** USER_DS is PAGE_OFFSET: a limit above it opens the kernel to users. Counted once a stack. */
function isHole(t: Tasks, row: number, value: number): boolean {
  return (t.stacks[row + STACK_CLOBBERED] & (1 << TI_ADDR_LIMIT)) === 0 && value >>> 0 > 0xc0000000;
}

/** @param word from the highest of the frame, 0: the return address. @returns the low 32 bits */
function wordOf(fn: number, word: number): number {
  const hash = fnvInt(fnvInt(FNV_START, fn), word);
  if (word === 0) return 0xc0100000 | (hash & 0x1fffff);
  const kind = hash & 3;
  if (kind === 0) return 0;
  return kind === 1 ? (hash >>> 8) & 0xff : 0xc0000000 | ((hash >>> 4) & 0xffffffc);
}

/** The lowest page below a process's stack that `depth` bytes reach, or NIL. */
function pageBelow(t: Tasks, row: number, depth: number): number {
  const process = processOfStack(t, row);
  const below = depth - t.stacks[row + STACK_BYTES];
  if (process === NIL || below <= 0) return NIL;
  const pfn = t.tasks[process * TASK_STRIDE + TASK_PFN] - Math.ceil(below / t.pgdat.arch.pageBytes);
  return pfn < 0 ? NIL : pfn;
}

/** The tag of the allocated block that a page lies in; NIL when it is free, reserved, or nobody gave it one. */
function ownerOf(m: Pgdat, pfn: number): number {
  for (let order = 0; order <= PAGE_ORDER; order++) {
    const first = pfn & -(1 << order);
    const state = m.state[first];
    if ((state & PAGE_ALLOCATED) !== 0 && (state & PAGE_ORDER) >= order) return m.tag[first];
    if (state >= PAGE_FREE && order === 0) return NIL;
  }
  return NIL;
}

/** Forget every frame but the first `n` of a stack. */
export function unwind(t: Tasks, row: number, n: number): void {
  while (t.stacks[row + STACK_FRAMES] > n) popFrame(t, row);
}

/** Bytes in use on the stack that a CPU is on. */
export function stackDepth(t: Tasks, cpu: number): number {
  return t.stacks[t.cpus[cpu * CPU_STRIDE + CPU_STACK] + STACK_DEPTH];
}

/** Bytes that are left on it above thread_info; negative after an overflow. */
export function stackRoom(t: Tasks, cpu: number): number {
  const row = t.cpus[cpu * CPU_STRIDE + CPU_STACK];
  return t.stacks[row + STACK_LIMIT] - t.stacks[row + STACK_DEPTH];
}

/** Bytes that were left above thread_info when a stack was fullest, of all stacks ever; negative after an overflow. */
export function stackHeadroom(t: Tasks): number {
  return t.worst[WORST_LEFT];
}

/**
 * The chain of calls that a CPU is in, innermost first, through interrupt stacks down to the task's own.
 *
 * Source: arch/i386/kernel/traps.c of 2.6.6, show_trace()
 */
export function stackTrace(t: Tasks, cpu: number): StackEntry[] {
  const entries: StackEntry[] = [];
  let row = t.cpus[cpu * CPU_STRIDE + CPU_STACK];
  for (;;) {
    const at = 2 * (row >> STACK_SHIFT) * t.frameRoom;
    addEntries(entries, t.frames, at, t.stacks[row + STACK_FRAMES], row);
    const previous = t.stacks[row + STACK_PREVIOUS];
    if (previous === NIL) return entries;
    row = previous;
  }
}

/**
 * The chain with the least room that was ever seen, innermost first: Depth, Size and Location of the stack tracer.
 *
 * Deviation: 2.6.0 has no stack tracer; it came with 2.6.28.
 *
 * Source: kernel/trace/trace_stack.c, check_stack(), t_show()
 */
export function maxStack(t: Tasks): StackEntry[] {
  const entries: StackEntry[] = [];
  addEntries(entries, t.worst, WORST_CHAIN, t.worst[WORST_FRAMES], t.worst[WORST_STACK]);
  return entries;
}

function addEntries(to: StackEntry[], frames: Int32Array, at: number, count: number, stack: number): void {
  let depth = 0;
  for (let i = 0; i < count; i++) depth += frames[at + 2 * i + 1];
  for (let i = count - 1; i >= 0; i--) {
    const size = frames[at + 2 * i + 1];
    to.push({ fn: frames[at + 2 * i], depth, size, stack });
    depth -= size;
  }
}
