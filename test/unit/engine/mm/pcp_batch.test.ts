/** A batch of sixteen that is a block: listed downwards, known again in both directions, and by nothing less. */
import {
  allocPages,
  boot,
  checkMachine,
  drainCpu,
  freeListHash,
  freePages,
} from '../../../../src/engine/index.ts';
import { isBatch, listBatch } from '../../../../src/engine/mm/pcp_batch.ts';

const listed = (pages: number[]) => Int32Array.from([...new Array(16).fill(-1), ...pages]);
const down = (top: number) => Array.from({ length: 16 }, (_, i) => top - i);

test('lists a block from its last page down and nothing beside it', () => {
  const ctl = new Int32Array(48).fill(-1);
  listBatch(ctl, 16, 4127);
  expect([...ctl.slice(16, 32)]).toEqual(down(4127));
  expect([...ctl.slice(0, 16), ...ctl.slice(32)]).toEqual(new Array(32).fill(-1));
});

test('knows a block listed up or down', () => {
  expect(isBatch(listed(down(4127)), 31)).toBe(true);
  expect(isBatch(listed(down(4127).reverse()), 31)).toBe(true);
  expect(isBatch(listed(down(15)), 31)).toBe(true);
});

test('refuses sixteen in order that are no aligned block', () => {
  for (let shift = 1; shift < 16; shift++) {
    expect(isBatch(listed(down(4127 + shift)), 31)).toBe(false);
    expect(isBatch(listed(down(4127 + shift).reverse()), 31)).toBe(false);
  }
});

test('refuses a block with one page of another, wherever it stands', () => {
  for (let i = 0; i < 16; i++) {
    const pages = down(4127);
    pages[i] = 8000;
    expect(isBatch(listed(pages), 31)).toBe(false);
  }
});

test('refuses a block whose pages are out of order', () => {
  const pages = down(4127);
  [pages[3], pages[4]] = [pages[4], pages[3]];
  expect(isBatch(listed(pages), 31)).toBe(false);
});

/** Hash of the list of the largest blocks after 500 pages were taken and given back. */
function machineAfter(order: (pages: number[]) => number[]): string {
  const m = boot({
    arch: 'i386',
    ramPages: 131072,
    cpus: 1,
    boot: 'flat',
    bootmapPfn: 0,
    reserve: [],
    minFreeKbytes: 1024,
    lowerZoneProtection: 0,
  });
  const pages = Array.from({ length: 500 }, () => allocPages(m, 0xd0, 0, 0, 0));
  checkMachine(m);
  for (const page of order(pages)) freePages(m, page, 0, 0, 0);
  checkMachine(m);
  drainCpu(m, 0);
  checkMachine(m);
  return freeListHash(m, 1, 10).toString(16);
}

test('memory comes back whole in whatever order the pages do', () => {
  const inOrder = machineAfter(pages => pages);
  expect(machineAfter(pages => pages.toReversed())).toBe(inOrder);
  const interleaved = machineAfter(pages => [
    ...pages.filter((_, i) => i % 2 === 0),
    ...pages.filter((_, i) => i % 2 === 1),
  ]);
  expect(interleaved).toBe(inOrder);
});
