import * as T from '../../../src/contract/tape.ts';
import { NIL } from '../../../src/engine/index.ts';
import { busySession } from '../../fixtures/machine/load.ts';

const { session } = busySession();

/** What the page holds that the first operation of that kind was about; '' for none. */
function touchedBy(op: number): string {
  const { tape } = session;
  let row = -1;
  for (let tries = 0; ; tries++) {
    row = tape.op.indexOf(op, row + 1);
    if (row < 0 || tries === 50) return '';
    session.seek(row + 1);
    // One that was kept waiting has not happened yet.
    if (session.lastBlock.pfn !== NIL) break;
  }
  const { pfn, order } = session.lastBlock;
  const facts = session.page(pfn)!;
  expect([facts.head, facts.order, facts.state]).toEqual([pfn, order, 'in use']);
  return `${facts.owner}: ${facts.holds}`;
}

test('an operation is about the slab, the area or the block that it got its memory from', () => {
  expect(touchedBy(T.OP_CACHE_ALLOC)).toMatch(/^slab allocator: slab of cache conn,/);
  expect(touchedBy(T.OP_KMALLOC)).toMatch(/^slab allocator: slab of cache size-\d+,/);
  expect(touchedBy(T.OP_VMALLOC)).toMatch(/^insmod: page 1 of \d+ of the vmalloc area/);
  expect(touchedBy(T.OP_KMAP)).toMatch(/^copy: /);
});

test('what has no memory of its own is about no block', () => {
  expect(touchedBy(T.OP_WORK)).toBe('');
  expect(touchedBy(T.OP_READ)).toBe('');
  session.seek(0);
  expect(session.lastBlock.pfn).toBe(NIL);
});
