/** Each invariant of the vmalloc window, broken by hand, is found. */
import {
  A_ADDR,
  A_DESC,
  A_NR_PAGES,
  A_PAGES_OBJECT,
  A_PFNS,
  A_SIZE,
  boot,
  checkVmalloc,
  freePages,
  getVmArea,
  kmemCacheAlloc,
  kmemCacheCreate,
  VM_IOREMAP,
  type Vmalloc,
  vmAreas,
  vmalloc,
} from '../../../../src/engine/index.ts';
import { i386 } from '../machines.ts';

interface Scene {
  v: Vmalloc;
  first: number;
  second: number;
  freeObject: number;
}

function scene(): Scene {
  const m = boot(i386(64, { slab: true }));
  const v = m.vmalloc!;
  vmalloc(v, 20000, 0, 0);
  vmalloc(v, 5 << 20, 0, 0);
  getVmArea(v, 8192, VM_IOREMAP, 0, 0);
  const [first, second] = vmAreas(v);
  const s = m.slab!;
  const cache = kmemCacheCreate(s, 'other', 64, 0, 0, 0);
  checkVmalloc(v);
  return { v, first, second, freeObject: kmemCacheAlloc(s, cache, 0xd0, 0, 0) + 40 };
}

const page = (v: Vmalloc, row: number, i: number) => v.areas[row + A_PFNS] + i;

const BROKEN: [string, string, (scene: Scene) => void][] = [
  ['vmalloc-order', 'areas that overlap', ({ v, first }) => void (v.areas[first + A_SIZE] += 4096)],
  ['vmalloc-order', 'an area below the window', ({ v, first }) => void (v.areas[first + A_ADDR] = 4096)],
  ['vmalloc-guard', 'no guard page', ({ v, first }) => void (v.areas[first + A_SIZE] -= 4096)],
  [
    'vmalloc-object',
    'a descriptor that is free',
    ({ v, first, freeObject }) => void (v.areas[first + A_DESC] = freeObject),
  ],
  [
    'vmalloc-object',
    'a page-pointer array that is free',
    ({ v, first, freeObject }) => void (v.areas[first + A_PAGES_OBJECT] = freeObject),
  ],
  ['vmalloc-object', 'pages without an array', ({ v, first }) => void (v.areas[first + A_PAGES_OBJECT] = -1)],
  [
    'vmalloc-page',
    'a page that is free',
    ({ v, second }) => freePages(v.slab.pgdat, v.pfns.words[page(v, second, 3)], 0, 0, 0),
  ],
  [
    'vmalloc-page',
    'a page behind two areas',
    ({ v, first, second }) => void (v.pfns.words[page(v, first, 0)] = v.pfns.words[page(v, second, 0)]),
  ],
  [
    'vmalloc-page',
    'a page table that is free',
    ({ v }) => freePages(v.slab.pgdat, v.pgd.find(pfn => pfn >= 0)!, 0, 0, 0),
  ],
  ['vmalloc-table', 'no page table', ({ v }) => void (v.pgd[v.pgd.findIndex(pfn => pfn >= 0)] = -1)],
  ['vmalloc-guard', 'more pages than addresses', ({ v, first }) => void (v.areas[first + A_NR_PAGES] += 1)],
];

test.each(BROKEN)('%s: %s', (code, _what, breakIt) => {
  const found = scene();
  breakIt(found);
  expect(() => checkVmalloc(found.v)).toThrow(expect.objectContaining({ name: 'KernelBug', code }) as Error);
});
