/** The general caches. */
import {
  boot,
  cacheName,
  cacheOf,
  checkMachine,
  kfree,
  kmalloc,
  kmallocSizes,
  ksize,
  NIL,
  objectPaddr,
  slabPfn,
} from '../../../../src/engine/index.ts';
import { i386 } from '../machines.ts';

const KERNEL = 0xd0;

test.each([
  [32, [32, 64, 96, 128, 192, 256]],
  [64, [32, 64, 128, 192, 256]],
  [128, [32, 64, 128, 256]],
])('sizes with L1 lines of %i bytes', (l1, first) => {
  const sizes = kmallocSizes(4096, l1);
  expect(sizes.slice(0, first.length)).toEqual(first);
  expect(sizes[sizes.length - 1]).toBe(131072);
  const s = boot(i386(64, { slab: true, l1 })).slab!;
  expect([...s.mallocSizes]).toEqual(sizes);
});

test('a size gets the smallest cache that holds it, 0 the smallest of all', () => {
  const m = boot(i386(256, { slab: true }));
  const s = m.slab!;
  for (let bytes = 0; bytes <= 131072; bytes = bytes < 600 ? bytes + 1 : Math.floor(bytes * 1.3) + 1) {
    const obj = kmalloc(s, bytes, KERNEL, 0, 0);
    const size = [...s.mallocSizes].find(limit => bytes <= limit);
    expect(ksize(s, obj)).toBe(size);
    expect(cacheName(s, cacheOf(s, obj))).toBe(`size-${size}`);
    kfree(s, obj, 0);
  }
  checkMachine(m);
});

test('an object of every size lies in one piece of allocated memory of its own', () => {
  const m = boot(i386(256, { slab: true }));
  const s = m.slab!;
  const spans: [number, number][] = [];
  for (const bytes of s.mallocSizes) {
    for (let i = 0; i < 9; i++) {
      const paddr = objectPaddr(s, kmalloc(s, bytes, KERNEL, 0, 0));
      spans.push([paddr, paddr + bytes]);
    }
  }
  spans.sort(([a], [b]) => a - b);
  for (let i = 1; i < spans.length; i++) expect(spans[i][0]).toBeGreaterThanOrEqual(spans[i - 1][1]);
});

test('__GFP_DMA gets memory below 16 MiB, from caches of their own', () => {
  const m = boot(i386(64, { slab: true }));
  const s = m.slab!;
  const obj = kmalloc(s, 1000, KERNEL | 1, 0, 0);
  expect(slabPfn(s, obj)).toBeLessThan(4096);
  expect(cacheName(s, cacheOf(s, obj))).toBe('size-1024(DMA)');
  expect(slabPfn(s, kmalloc(s, 1000, KERNEL, 0, 0))).toBeGreaterThanOrEqual(4096);
});

test('more than the largest cache has fails without touching a page', () => {
  const m = boot(i386(64, { slab: true }));
  expect(kmalloc(m.slab!, 131073, KERNEL, 0, 0)).toBe(NIL);
  expect(ksize(m.slab!, NIL)).toBe(0);
});

test('kfree ignores NULL and finds what is in no slab', () => {
  const m = boot(i386(64, { slab: true }));
  const s = m.slab!;
  kfree(s, NIL, 0);
  const obj = kmalloc(s, 131072, KERNEL, 0, 0);
  for (let i = 0; i < 20; i++) kfree(s, kmalloc(s, 131072, KERNEL, 0, 0), 0);
  expect(() => kfree(s, -5, 0)).toThrow('in no slab');
  expect(() => kfree(s, 2 ** 30, 0)).toThrow('in no slab');
  kfree(s, obj, 0);
  checkMachine(m);
});
