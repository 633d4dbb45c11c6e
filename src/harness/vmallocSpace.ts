import { A_ADDR, A_NEXT, A_SIZE, type Machine, NIL, vmallocStart } from '../engine/index.ts';

export interface VmallocSpace {
  /** Bytes of the window, of its areas with their guard pages, and of the longest hole between them. */
  total: number;
  used: number;
  largest: number;
}

/** Source: fs/proc/proc_misc.c, get_vmalloc_info() */
export function vmallocSpace(m: Machine): VmallocSpace {
  const start = vmallocStart(m.arch, m.normalEnd);
  const { end } = m.arch.vmalloc;
  let used = 0;
  let largest = 0;
  let before = start;
  if (m.vmalloc !== null) {
    const { areas, vmlist } = m.vmalloc;
    for (let row = vmlist; row !== NIL; row = areas[row + A_NEXT]) {
      used += areas[row + A_SIZE];
      largest = Math.max(largest, areas[row + A_ADDR] - before);
      before = areas[row + A_ADDR] + areas[row + A_SIZE];
    }
  }
  return { total: end - start, used, largest: Math.max(largest, end - before) };
}
