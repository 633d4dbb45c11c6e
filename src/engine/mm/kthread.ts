/**
 * Kernel threads of memory management: kswapd, pdflush. Each runs in turns that the agenda calls for; between two turns it
 * sleeps until it is woken, until a time, or until a wait queue is woken.
 */
import { DUE_KSWAPD, DUE_PDFLUSH } from '../lib/agenda.ts';
import type { Vm } from './vm.ts';

/** Numbers of the threads. */
export const KTHREAD_KSWAPD = 0;
/** The first of pdflush's. */
export const KTHREAD_PDFLUSH = 1;
/** Source: mm/pdflush.c, MAX_PDFLUSH_THREADS is 8 */
export const NR_KTHREADS = 9;

/** Thread t has these at `kthread[t * KTHREAD_FIELDS + KT_…]`. */
export const KT_STATE = 0;
/** Changes whenever the thread's next turn does, so that one that the agenda still holds is known to be stale. */
export const KT_TURN = 1;
/** Queue that ends its wait. */
export const KT_QUEUE = 2;
/** From here on words of the thread's own. */
export const KT_OWN = 4;
export const KTHREAD_FIELDS = 12;

/** KT_STATE: has nothing to do; has a turn due; waits for a time or a queue in the middle of its work. */
export const KT_ASLEEP = 0;
export const KT_RUNNABLE = 1;
export const KT_WAITING = 2;

/** `arg` of an entry of the agenda: turn and thread in one. */
const THREAD_BITS = 4;

function due(vm: Vm, thread: number, us: number): void {
  const turn = (vm.kthread[thread * KTHREAD_FIELDS + KT_TURN] + 1) & 0x7ffffff;
  vm.kthread[thread * KTHREAD_FIELDS + KT_TURN] = turn;
  const kind = thread === KTHREAD_KSWAPD ? DUE_KSWAPD : DUE_PDFLUSH;
  if (us !== Number.POSITIVE_INFINITY) vm.pgdat.agenda.add(us, kind, (turn << THREAD_BITS) | thread);
}

/** Give a thread that has nothing to do a turn at once. Returns whether it was asleep. */
export function wakeKthread(vm: Vm, thread: number): boolean {
  const at = thread * KTHREAD_FIELDS;
  if (vm.kthread[at + KT_STATE] !== KT_ASLEEP) return false;
  vm.kthread[at + KT_STATE] = KT_RUNNABLE;
  due(vm, thread, vm.pgdat.agenda.now[0]);
  return true;
}

/**
 * The thread goes on at `untilUs`, or as soon as `queue` is woken.
 *
 * @param untilUs microseconds since boot; Infinity: only the queue wakes it
 * @param queue   QUEUE_ of request.ts
 */
export function kthreadWaits(vm: Vm, thread: number, untilUs: number, queue: number): void {
  const at = thread * KTHREAD_FIELDS;
  vm.kthread[at + KT_STATE] = KT_WAITING;
  vm.kthread[at + KT_QUEUE] = queue;
  due(vm, thread, untilUs);
}

/** Whether the thread has nothing to do. */
export function isAsleep(vm: Vm, thread: number): boolean {
  return vm.kthread[thread * KTHREAD_FIELDS + KT_STATE] === KT_ASLEEP;
}

/** The thread has done its work and sleeps until it is woken. */
export function kthreadSleeps(vm: Vm, thread: number): void {
  vm.kthread[thread * KTHREAD_FIELDS + KT_STATE] = KT_ASLEEP;
}

/** Which thread an entry of the agenda is for; -1 for one that a later one has overtaken. */
export function kthreadOf(vm: Vm, arg: number): number {
  const thread = arg & ((1 << THREAD_BITS) - 1);
  const at = thread * KTHREAD_FIELDS;
  if (vm.kthread[at + KT_STATE] === KT_ASLEEP || vm.kthread[at + KT_TURN] !== arg >> THREAD_BITS) return -1;
  vm.kthread[at + KT_STATE] = KT_RUNNABLE;
  return thread;
}

/** Wake a queue: the tasks in it by `woken` of the machine, the kernel threads by a turn at once. */
export function wakeQueue(vm: Vm, queue: number): void {
  vm.pgdat.woken |= 1 << queue;
  for (let thread = 0; thread < NR_KTHREADS; thread++) {
    const at = thread * KTHREAD_FIELDS;
    if (vm.kthread[at + KT_STATE] !== KT_WAITING || vm.kthread[at + KT_QUEUE] !== queue) continue;
    vm.kthread[at + KT_STATE] = KT_RUNNABLE;
    due(vm, thread, vm.pgdat.agenda.now[0]);
  }
}
