import type { ChallengePlan } from '../contract/plan.ts';
import * as T from '../contract/tape.ts';
import { NIL } from '../engine/index.ts';
import type { TapePlayer } from '../workload/player.ts';

const hex = (value: number): string => `0x${value.toString(16)}`;

/** What a row of the tape did when it came up, in words. */
export function opText(plan: ChallengePlan, player: TapePlayer, row: number): string {
  const { tape } = player;
  const task = plan.workload.tasks[tape.task[row]].name;
  const kept = player.keptBy(row);
  const what = whatOf(plan, player, row);
  if (kept === '') return `${task} ${what}`;
  return player.isToCome(row) ? `${task} (${kept}), later: ${what}` : `${task} ${what} (${kept})`;
}

function whatOf(plan: ChallengePlan, player: TapePlayer, row: number): string {
  const { tape } = player;
  const { named } = plan.workload;
  const slot = tape.slot[row];
  const a = tape.a[row];
  const b = tape.b[row];
  const object = tape.object[row];
  const op = tape.op[row] === T.OP_RETRY ? b : tape.op[row];
  const asks = tape.op[row] === T.OP_RETRY ? 'asks again' : 'asks';
  const got = (text: (value: number) => string) => {
    const value = slot === NIL || player.slotRow[slot] !== row ? NIL : player.slotPfn[slot];
    return value === NIL ? ': none' : `: ${text(value)}`;
  };
  const gfp = `gfp ${hex(tape.gfp[row])}`;
  switch (op) {
    case T.OP_ALLOC:
      return `${asks} for order ${tape.order[row]}, ${gfp}${got(pfn => `pfn ${pfn}`)}`;
    case T.OP_FREE:
      return `frees a block of order ${tape.order[player.slotRow[slot]] ?? 0}`;
    case T.OP_KMALLOC:
      return `${asks} kmalloc for ${a} bytes, ${gfp}${got(() => 'served')}`;
    case T.OP_CACHE_ALLOC:
      return `${asks} cache ${named?.caches[object]?.name} for an object, ${gfp}${got(() => 'served')}`;
    case T.OP_VMALLOC:
      return `${asks} vmalloc for ${a} pages${got(address => hex(address >>> 0))}`;
    case T.OP_MMAP:
      return `maps ${a} pages of memory`;
    case T.OP_BUFFER:
      return `${asks} for a buffer of ${a} bytes, ${gfp}${got(() => 'served')}`;
    case T.OP_FREE_BUFFER:
      return 'frees a buffer';
    case T.OP_KFREE:
      return 'frees an object of kmalloc';
    case T.OP_CACHE_FREE:
      return `frees an object of cache ${named?.caches[object]?.name}`;
    case T.OP_CACHE_SHRINK:
      return `shrinks cache ${named?.caches[object]?.name}`;
    case T.OP_VFREE:
      return 'frees an area of vmalloc';
    case T.OP_MUNMAP:
      return 'unmaps its memory';
    case T.OP_KMAP:
    case T.OP_KMAP_ATOMIC:
      return `maps page ${b} of a block with ${op === T.OP_KMAP ? 'kmap' : 'kmap_atomic'}`;
    case T.OP_MAP_PAGE:
      return `maps page ${b} of a block`;
    case T.OP_UNMAP_PAGE:
    case T.OP_KUNMAP:
    case T.OP_KUNMAP_ATOMIC:
      return `unmaps page ${b} of a block`;
    case T.OP_CALL:
      return `calls ${named?.functions[object]}, a frame of ${a} bytes${slot === NIL ? '' : ` and a buffer of ${b}`}`;
    case T.OP_RETURN:
      return `returns from ${named?.functions[object]}`;
    case T.OP_WORK:
      return `is busy for ${a} us`;
    case T.OP_HOLD:
      return `gives its CPU away for ${a} us`;
    case T.OP_LOCK:
      return `takes lock ${named?.locks[object]}`;
    case T.OP_UNLOCK:
      return `releases lock ${named?.locks[object]}`;
    case T.OP_IRQ_OFF:
      return 'disables interrupts';
    case T.OP_IRQ_ON:
      return 'enables interrupts';
    case T.OP_FORK:
      return 'is forked';
    case T.OP_EXIT:
      return 'exits';
    case T.OP_DONE:
      return 'has done one run';
    case T.OP_ENTER:
      return tape.ctx[row] & T.CTX_SOFTIRQ ? 'begins, a softirq' : `begins, interrupt ${a}`;
    case T.OP_LEAVE:
      return 'returns from interrupt';
    case T.OP_READ:
    case T.OP_WRITE:
      return `${op === T.OP_READ ? 'reads' : 'writes'} ${b} pages of ${named?.files[object]?.name} from page ${a}`;
    case T.OP_FSYNC:
      return `waits for the disk to have all of ${named?.files[object]?.name}`;
    case T.OP_TOUCH_AREA:
      return `${writes(tape.flags[row])} ${b} pages of its memory from page ${a}`;
    case T.OP_TOUCH_OBJECT:
      return `${writes(tape.flags[row])} ${b} bytes of an object from byte ${a}`;
    case T.OP_LOOKUP:
      return `looks up entry ${a} of ${named?.caches[object]?.name}`;
    default:
      return `does operation ${op}`;
  }
}

const writes = (flags: number): string => ((flags & T.OPF_WRITE) !== 0 ? 'writes' : 'reads');
