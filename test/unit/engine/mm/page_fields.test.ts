import {
  __GFP_HIGHMEM,
  allocPages,
  boot,
  freePageAt,
  freePages,
  freePagesAt,
  GFP_HIGHUSER,
  GFP_KERNEL,
  getFreePages,
  getPage,
  getZeroedPage,
  KernelBug,
  PG_dirty,
  PG_locked,
  PG_uptodate,
  pageAddress,
  restore,
  STAT_BAD_PAGES,
  STAT_PAGES_ZEROED,
  snapshot,
  stateHash,
  useFields,
  virtToPfn,
} from '../../../../src/engine/index.ts';
import { i386 } from '../machines.ts';

describe('the fields of struct page', () => {
  test('cost at most 40 bytes a page with everything', () => {
    const m = boot(i386(256));
    const alone = m.links.byteLength + m.state.byteLength + m.tag.byteLength + m.ctl.byteLength;
    expect(alone / m.nrPages).toBeLessThan(16);
    const all = Object.values(useFields(m)).reduce((sum: number, column) => sum + column.byteLength, alone);
    expect(all / m.nrPages).toBeLessThanOrEqual(40);
  });

  test('keep a block until its last reference is dropped', () => {
    const m = boot(i386(64));
    const fields = useFields(m);
    const page = allocPages(m, GFP_KERNEL, 0, 0, 0);
    expect(fields.count[page]).toBe(1);
    getPage(m, page);
    freePages(m, page, 0, 0, 0);
    expect(fields.count[page]).toBe(1);
    freePages(m, page, 0, 0, 0);
    expect(fields.count[page]).toBe(0);
    expect(allocPages(m, GFP_KERNEL, 0, 0, 0)).toBe(page);
  });

  test('are cleaned for the next owner', () => {
    const m = boot(i386(64));
    const fields = useFields(m);
    const page = allocPages(m, GFP_KERNEL, 0, 0, 0);
    fields.flags[page] = PG_uptodate | PG_dirty;
    fields.private[page] = 7;
    freePages(m, page, 0, 0, 0);
    expect(allocPages(m, GFP_KERNEL, 0, 0, 0)).toBe(page);
    expect(fields.flags[page]).toBe(0);
    expect(fields.private[page]).toBe(0);
    expect(m.stat[STAT_BAD_PAGES]).toBe(0);
  });

  test('report and mend every page of a block that is freed in use', () => {
    const m = boot(i386(64));
    const fields = useFields(m);
    const block = allocPages(m, GFP_KERNEL, 2, 0, 0);
    fields.flags[block + 1] = PG_locked;
    fields.mapping[block + 3] = 5;
    freePages(m, block, 2, 0, 0);
    expect(m.stat[STAT_BAD_PAGES]).toBe(2);
    expect(fields.flags[block + 1]).toBe(0);
    expect(fields.mapping[block + 3]).toBe(0);
  });

  test('change no answer, and are part of a snapshot', () => {
    const plain = boot(i386(64));
    const full = boot(i386(64));
    const fields = useFields(full);
    for (const m of [plain, full]) for (let i = 0; i < 100; i++) allocPages(m, GFP_KERNEL, i % 4, 0, 0);
    expect(stateHash(full)).toBe(stateHash(plain));
    const before = snapshot(full);
    fields.count[3] = 9;
    restore(full, before);
    expect(full.fields!.count[3]).toBe(0);
  });
});

describe('the page functions', () => {
  test('go by virtual address', () => {
    const m = boot(i386(64));
    const address = getFreePages(m, GFP_KERNEL, 2, 0, 0);
    expect(address).toBeGreaterThan(0xc0000000);
    expect(virtToPfn(m, address) % 4).toBe(0);
    freePagesAt(m, address, 2, 0);
    expect(() => freePagesAt(m, address, 2, 0)).toThrow(KernelBug);
    const zeroed = getZeroedPage(m, GFP_KERNEL, 0, 0);
    expect(m.stat[STAT_PAGES_ZEROED]).toBe(1);
    freePageAt(m, zeroed, 0);
    freePageAt(m, 0, 0);
  });

  test('cannot give the address of high memory', () => {
    const m = boot(i386(1024));
    const page = allocPages(m, GFP_HIGHUSER, 0, 0, 0);
    expect(pageAddress(m, page)).toBe(0);
    expect(() => getZeroedPage(m, GFP_KERNEL | __GFP_HIGHMEM, 0, 0)).toThrow(/high memory/);
    expect(() => virtToPfn(m, 0x1000)).toThrow(KernelBug);
  });
});
