import { readFileSync } from 'node:fs';
import { OP_FORK } from '../../../src/contract/tape.ts';
import { NIL, PAGE_ALLOCATED, PAGE_ORDER, restore, snapshot, ZONE_NAMES } from '../../../src/engine/index.ts';
import { blockHead, type PageFacts } from '../../../src/harness/pageFacts.ts';
import { BUSY_FILE, busySession } from '../../fixtures/machine/load.ts';

const { plan, session } = busySession();
session.seek(Math.floor(session.nrOps * 0.7));
const { machine } = session;
const lines = readFileSync(BUSY_FILE, 'utf8').split('\n');
const factsOf = (pfn: number): PageFacts => session.page(pfn)!;
const all = Array.from({ length: machine.nrPages }, (_, pfn) => pfn);
const holding = (text: RegExp): PageFacts[] => all.map(factsOf).filter(({ holds }) => text.test(holds));

test('there is nothing to be known of pages that do not exist', () => {
  expect(session.page(-1)).toBeNull();
  expect(session.page(machine.nrPages)).toBeNull();
});

test('every page of a block is told the same block', () => {
  for (let pfn = 0; pfn < machine.nrPages; ) {
    const pages = 1 << (machine.state[pfn] & PAGE_ORDER);
    for (let i = 0; i < pages && pfn + i < machine.nrPages; i++)
      expect(blockHead(machine, pfn + i)).toBe(pfn);
    pfn += pages;
  }
});

test('a block of the workload has its task, the step that asked and the event', () => {
  const asked = all.filter(pfn => machine.state[pfn] >= PAGE_ALLOCATED && machine.tag[pfn] >= 0);
  expect(asked.length).toBeGreaterThan(0);
  for (const pfn of asked) {
    const { owner, site, event, timeUs, state } = factsOf(pfn);
    expect([owner, state, site!.text]).toEqual(['copy', 'in use', 'alloc_pages as page']);
    expect(lines[site!.line - 1]).toContain('alloc_pages: {as: page');
    expect(event).toBeLessThan(session.op);
    expect(timeUs).toBeGreaterThan(0);
  }
});

test('a slab tells its cache, how many objects are in use, and whose they are', () => {
  const slabs = holding(/^slab of cache conn, /);
  expect(slabs.length).toBeGreaterThan(0);
  let known = 0;
  for (const { holds, owner, flags } of slabs) {
    const [, inuse, num, httpd] =
      /, (\d+) of (\d+) objects in use(?:: httpd (\d+)(?:, in CPU arrays or the kernel's \d+)?)?$/.exec(
        holds,
      )!;
    expect(Number(inuse)).toBeLessThanOrEqual(Number(num));
    expect(Number(httpd ?? 0)).toBeLessThanOrEqual(Number(inuse));
    known += Number(httpd ?? 0);
    expect(owner).toBe('slab allocator');
    expect(flags).toContain('PG_slab');
  }
  expect(known).toBeGreaterThan(0);
});

test('memory that the kernel took for somebody tells for whom and what for', () => {
  const cached = holding(/^page \d+ of file log/);
  expect(cached.length).toBeGreaterThan(1000);
  for (const file of cached) {
    expect([file.owner, file.order]).toEqual(['page cache', 0]);
    expect(file.count).toBeGreaterThan(0);
    // On its way from the disk, or there.
    expect(file.flags.includes('PG_uptodate')).toBe(!file.flags.includes('PG_locked'));
    expect(file.list).toMatch(/^((in)?active list of (DMA|Normal|HighMem))?$/);
  }
  expect(holding(/^anonymous memory/).every(({ owner }) => /^editor \(pid \d+\)$/.test(owner))).toBe(true);
  const tasks = plan.workload.tasks.map(({ name }) => name);
  for (const { owner } of holding(/^kernel stack/)) expect(tasks).toContain(owner.split(' ')[0]);
  expect(holding(/^kernel stack/).length).toBeGreaterThanOrEqual(9);
  const [area] = holding(/^page 1 of \d+ of the vmalloc area at 0xc/);
  expect([area.owner, area.site!.text]).toEqual(['insmod', 'vmalloc as module']);
  expect(holding(/page table of the vmalloc window/).every(({ owner }) => owner === 'vmalloc')).toBe(true);
});

test('what the kernel took tells since when, after a step back too', () => {
  const stacks = holding(/^kernel stack/);
  // One that slept in the middle was done in a later event.
  const forks = stacks.filter(({ event }) => session.tape.op[event] === OP_FORK);
  expect(forks.length).toBeGreaterThan(stacks.length / 2);
  const read = holding(/^page \d+ of file log/).find(({ event }) => event > 1000)!;
  expect(read.timeUs).toBe(session.tape.timeUs[read.event]);
  const now = session.op;
  // It was not there before, and is there since.
  session.seek(read.event);
  expect(factsOf(read.pfn).event).not.toBe(read.event);
  // Nothing is known yet of what was taken later.
  for (const pfn of all) expect(factsOf(pfn).event).toBeLessThan(session.op);
  session.seek(now);
  expect(factsOf(read.pfn)).toEqual(read);
  const booted = all.map(factsOf).filter(({ event, timeUs }) => event === NIL && timeUs === 0);
  expect(booted.length).toBeGreaterThan(0);
  for (const { owner } of booted) expect(owner).toBe('slab allocator');
});

test('since when goes back with a snapshot', () => {
  const other = busySession().session;
  other.seek(9000);
  const kept = snapshot(other.machine);
  const since = other.machine.born!.slice();
  other.step(3000);
  expect(other.machine.born).not.toEqual(since);
  restore(other.machine, kept);
  expect(other.machine.born).toEqual(since);
});

test('high memory that is mapped tells where', () => {
  const mapped = holding(/kmap slot/);
  expect(mapped.length).toBeGreaterThan(0);
  for (const { holds, flags, zone } of mapped) {
    expect(holds).toMatch(/kmap slot \d+, (no users|1 user)/);
    expect(flags).toContain('PG_highmem');
    expect(ZONE_NAMES[zone]).toBe('HighMem');
  }
});

test('a free page tells how many blocks go before it', () => {
  const heads = all.filter(pfn => factsOf(pfn).state === 'free' && factsOf(pfn).head === pfn);
  for (let order = 0; order < 11; order++) {
    const places = heads
      .map(factsOf)
      .filter(facts => facts.order === order && facts.zone === 1)
      .map(({ list }) => Number(/, (no|\d+) blocks? before/.exec(list)![1].replace('no', '0')));
    expect(places.sort((a, b) => a - b)).toEqual(places.map((_, i) => i));
  }
  const single = all.map(factsOf).filter(({ state }) => state === 'per-CPU list');
  expect(single.length).toBeGreaterThan(0);
  for (const { list, owner, event } of single) {
    expect(list).toMatch(/^(hot|cold) list of CPU [01], (no|\d+) pages? before it$/);
    expect([owner, event]).toEqual(['', NIL]);
  }
});
