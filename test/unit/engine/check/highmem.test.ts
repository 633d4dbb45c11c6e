/** Each invariant of the kmap pool, broken by hand, is found. */
import { boot, checkHighmem, type Highmem, kmap, kunmap } from '../../../../src/engine/index.ts';
import { i386 } from '../machines.ts';

const HIGH = 229376;

function scene(): Highmem {
  const h = boot(i386(1024)).highmem!;
  for (let i = 0; i < 1500; i++) {
    kmap(h, HIGH + i * 7);
    if (i % 3 !== 0) kunmap(h, HIGH + i * 7);
  }
  checkHighmem(h);
  return h;
}

/** A slot that maps a page. */
const used = (h: Highmem) => h.pkmapPage.findIndex(pfn => pfn >= 0);

const BROKEN: [string, string, (h: Highmem) => void][] = [
  ['pkmap-count', 'a count below 0', h => void (h.pkmapCount[used(h)] = -1)],
  ['pkmap-page', 'a page without a count', h => void (h.pkmapCount[used(h)] = 0)],
  ['pkmap-page', 'a count without a page', h => void (h.pkmapCount[h.pkmapPage.indexOf(-1)] = 2)],
  ['pkmap-page', 'a page of low memory', h => void (h.pkmapPage[used(h)] = 5)],
  ['pkmap-page', 'a page that does not exist', h => void (h.pkmapPage[used(h)] = 1 << 20)],
  [
    'page-address',
    'a page in two slots',
    h => {
      const [a, b] = [...h.pkmapPage.keys()].filter(slot => h.pkmapPage[slot] >= 0);
      h.pkmapPage[a] = h.pkmapPage[b];
    },
  ],
  ['page-address', 'a page that its slot is not found by', h => void h.bucket.fill(-1)],
  [
    'page-address',
    'a slot in the hash twice',
    h => {
      const slot = [...h.pkmapPage.keys()].find(i => h.pkmapPage[i] >= 0 && h.chain[i] < 0)!;
      h.bucket[h.bucket.indexOf(-1)] = slot;
    },
  ],
  ['pkmap-cursor', 'a cursor outside the pool', h => void (h.lastPkmapNr = 1024)],
];

test.each(BROKEN)('%s: %s', (code, _what, breakIt) => {
  const h = scene();
  breakIt(h);
  expect(() => checkHighmem(h)).toThrow(expect.objectContaining({ name: 'KernelBug', code }) as Error);
});
