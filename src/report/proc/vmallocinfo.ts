import {
  A_ADDR,
  A_FLAGS,
  A_NR_PAGES,
  A_SIZE,
  addressText,
  type Machine,
  VM_ALLOC,
  VM_IOREMAP,
  vmAreas,
} from '../../engine/index.ts';

/**
 * The areas of vmalloc space as /proc/vmallocinfo prints them, guard page included. 2.6.0 has no such file: the form is
 * that of 2.6.26, which does not name callers.
 *
 * Source: mm/vmalloc.c of 2.6.26, s_show()
 */
export function vmallocinfo(m: Machine): string {
  const v = m.vmalloc!;
  return vmAreas(v)
    .map(row => {
      const start = v.areas[row + A_ADDR];
      const size = v.areas[row + A_SIZE];
      const pages = v.areas[row + A_NR_PAGES];
      const flags = v.areas[row + A_FLAGS];
      return (
        `${addressText(m.arch, start)}-${addressText(m.arch, start + size)} ${String(size).padStart(7)}` +
        `${pages > 0 ? ` pages=${pages}` : ''}${(flags & VM_IOREMAP) !== 0 ? ' ioremap' : ''}` +
        `${(flags & VM_ALLOC) !== 0 ? ' vmalloc' : ''}\n`
      );
    })
    .join('');
}
