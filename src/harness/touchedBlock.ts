import * as T from '../contract/tape.ts';
import { NIL, PAGE_ORDER, slabPfn, TASK_PFN, TASK_STRIDE, vmallocToPfn } from '../engine/index.ts';
import type { TapePlayer } from '../workload/player.ts';
import { blockHead } from './pageFacts.ts';

/** The block that an operation took memory from or mapped; pfn NIL for one that was about none, or whose is gone. */
export function touchedBlock(player: TapePlayer, row: number): { pfn: number; order: number } {
  const pfn = pageOf(player, row);
  if (pfn === NIL) return { pfn, order: 0 };
  const { machine } = player;
  const head = blockHead(machine, pfn);
  return { pfn: head, order: machine.state[head] & PAGE_ORDER };
}

function pageOf(player: TapePlayer, row: number): number {
  const { tape, machine, slotPfn, slotRow, operations } = player;
  const { slab, vmalloc, tasks } = machine;
  const op = tape.op[row] === T.OP_RETRY ? tape.b[row] : tape.op[row];
  if (op === T.OP_FORK) {
    const daemon = tape.daemon[row];
    return tasks === null || daemon === NIL ? NIL : tasks.tasks[daemon * TASK_STRIDE + TASK_PFN];
  }
  const slot = tape.slot[row];
  const value = slot === NIL ? NIL : slotPfn[slot];
  if (value === NIL) return NIL;
  // What a slot stands for is said by the operation that got it.
  const asked = slotRow[slot];
  const first = tape.op[asked] === T.OP_RETRY ? tape.b[asked] : tape.op[asked];
  switch (first === T.OP_BUFFER ? operations.answers.freeOf(slot) : first) {
    case T.OP_ALLOC:
    case T.OP_FREE:
      return value;
    case T.OP_KMALLOC:
    case T.OP_CACHE_ALLOC:
    case T.OP_CALL:
    case T.OP_KFREE:
      return slab === null ? NIL : slabPfn(slab, value);
    case T.OP_VMALLOC:
    case T.OP_VFREE:
      return vmalloc === null ? NIL : vmallocToPfn(vmalloc, value >>> 0);
    default:
      return NIL;
  }
}
