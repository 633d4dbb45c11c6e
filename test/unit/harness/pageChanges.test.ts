import { allocPages, boot, freePages, GFP_KERNEL } from '../../../src/engine/index.ts';
import { PageChanges, STRETCH_PAGES } from '../../../src/harness/pageChanges.ts';
import { MACHINE } from '../tui/fake.ts';

test('at the first look everything is new, then only what changed', () => {
  const machine = boot(MACHINE);
  const changes = new PageChanges(machine);
  expect(changes.look()).toEqual(Array.from({ length: 16 }, (_, i) => i));
  expect(changes.look()).toEqual([]);
  const pfn = allocPages(machine, GFP_KERNEL, 3, 0, 0);
  const stretch = Math.floor(pfn / STRETCH_PAGES);
  expect(changes.look()).toContain(stretch);
  machine.tag[pfn] = 7;
  expect(changes.look()).toEqual([stretch]);
  freePages(machine, pfn, 3, 0, 0);
  allocPages(machine, GFP_KERNEL, 3, 0, 0);
  machine.tag[pfn] = 8;
  // The same block for somebody else: its state is what it was.
  expect(changes.look()).toEqual([stretch]);
  expect(changes.look()).toEqual([]);
});

test('memory that ends within a stretch is compared to its end', () => {
  const machine = boot({ ...MACHINE, ramPages: 5 * STRETCH_PAGES + 100, reserve: [] });
  const changes = new PageChanges(machine);
  expect(changes.look()).toHaveLength(6);
  machine.tag[machine.nrPages - 1] = 3;
  expect(changes.look()).toEqual([5]);
});
