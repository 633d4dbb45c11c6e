import {
  CTX_REALTIME,
  checkMachine,
  DK_COUNT,
  DK_END,
  DK_FIRST,
  fileWrite,
  findPage,
  GFP_KERNEL,
  getDirtyLimits,
  LIMIT_BACKGROUND,
  LIMIT_DIRTY,
  PATH_WAIT,
  PDFLUSH_BACKGROUND,
  PG_dirty,
  PG_referenced,
  pdflushOperation,
  QUEUE_CONGESTION,
  RQ_START,
  requestAt,
  SLEEP_QUEUE,
  STAT_PGPGOUT,
  STAT_PGROTATED,
  shrinkCache,
  VC_NR_DIRTY,
  VC_NR_MAPPED,
  VC_NR_WRITEBACK,
  WRITE,
  wakeupBdflush,
  writeCongested,
  ZONE_HIGH,
  ZONE_PRESENT,
  ZONE_STRIDE,
  zoneOf,
} from '../../../../src/engine/index.ts';
import { vmMachine } from './vmMachine.ts';
import { drive, runUntil } from './waiting.ts';

describe('how much may be dirty', () => {
  test('40 and 10 % of the pages above the high marks', () => {
    const { vm } = vmMachine(16);
    const { totalPages, limits } = vm.writeback;
    expect(totalPages).toBe(vm.totalMemory);
    getDirtyLimits(vm, 0);
    expect(limits[LIMIT_DIRTY]).toBe(Math.floor(totalPages * 0.4));
    expect(limits[LIMIT_BACKGROUND]).toBe(Math.floor(totalPages * 0.1));
  });

  test('half of what is not mapped, at least 5 %, and the background below it', () => {
    const { vm } = vmMachine(16);
    const { totalPages, limits } = vm.writeback;
    vm.count[VC_NR_MAPPED] = Math.floor(totalPages * 0.7);
    getDirtyLimits(vm, 0);
    // 100 - 69 % mapped, halved: 15 %.
    expect(limits[LIMIT_DIRTY]).toBe(Math.floor((totalPages * 15) / 100));
    vm.count[VC_NR_MAPPED] = totalPages;
    getDirtyLimits(vm, 0);
    expect(limits[LIMIT_DIRTY]).toBe(Math.floor((totalPages * 5) / 100));
    expect(limits[LIMIT_BACKGROUND]).toBe(Math.floor((totalPages * 2) / 100));
  });

  test('a quarter more for real-time tasks', () => {
    const { vm } = vmMachine(16);
    const { totalPages, limits } = vm.writeback;
    getDirtyLimits(vm, CTX_REALTIME);
    const plain = Math.floor(totalPages * 0.4);
    expect(limits[LIMIT_DIRTY]).toBe(plain + (plain >> 2));
  });

  test('less where most of the memory is high', () => {
    const { m, vm } = vmMachine(256, {}, { lowPages: 8192 });
    const { writeback: wb } = vm;
    const above = (z: number) => m.zone[z * ZONE_STRIDE + ZONE_PRESENT] - m.zone[z * ZONE_STRIDE + ZONE_HIGH];
    // About an eighth of it is low memory: four times that, in percent, is what is left of each ratio.
    const correction = Math.floor((400 * (above(0) + above(1))) / wb.totalPages);
    expect(correction).toBeLessThan(50);
    expect(wb.dirtyRatio).toBe(Math.floor((40 * correction) / 100));
    expect(wb.backgroundRatio).toBe(Math.floor((10 * correction) / 100));
    expect(wb.ratelimitPages).toBe(1024);
  });

  test('a CPU looks at the limits every 1/32 of memory, at least every 16 pages', () => {
    const { vm } = vmMachine(16);
    expect(vm.writeback.ratelimitPages).toBe(Math.floor(vm.totalMemory / 32));
    expect(vmMachine(16, {}, { cpus: 8 }).vm.writeback.ratelimitPages).toBe(16);
  });
});

describe('writers', () => {
  test('write themselves beyond the limit, and sleep when the queue is full', () => {
    const { m, vm } = vmMachine(16, { filePages: [3000], diskRequests: 8 });
    expect(fileWrite(vm, 0, 0, 3000, 0, 0, 0)).toBeLessThan(3000);
    expect(m.path).toBe(PATH_WAIT);
    getDirtyLimits(vm, 0);
    const total = vm.count[VC_NR_DIRTY] + vm.count[VC_NR_WRITEBACK];
    expect(total).toBeGreaterThan(vm.writeback.limits[LIMIT_DIRTY]);
    expect(total).toBeLessThan(vm.writeback.limits[LIMIT_DIRTY] + vm.writeback.ratelimitPages + 2);
    expect(vm.writeback.dirtyExceeded).toBe(1);
    const { answer, sleeps } = drive(m, () => fileWrite(vm, 0, 0, 3000, 0, 0, 0));
    expect(answer).toBe(3000);
    expect(sleeps).toBeGreaterThan(0);
    checkMachine(m);
  });

  test('wait for others when nothing is left to write but too much is being written', () => {
    const { m, vm } = vmMachine(16, {
      filePages: [3000],
      dirtyRatio: 5,
      dirtyBackgroundRatio: 1,
      diskSeekUs: 300000,
    });
    fileWrite(vm, 0, 0, 150, 0, 0, 0);
    wakeupBdflush(vm, 0);
    runUntil(m, 1000);
    expect(vm.count[VC_NR_DIRTY]).toBe(0);
    expect(vm.count[VC_NR_WRITEBACK]).toBe(150);
    const { sleeps } = drive(m, () => fileWrite(vm, 0, 1000, 300, 0, 0, 0));
    expect(sleeps).toBeGreaterThan(0);
    checkMachine(m);
  });

  test('a throttled writer sleeps on the congestion queue once it has nothing to write', () => {
    const { m, vm } = vmMachine(16, { filePages: [4000], dirtyRatio: 5 });
    fileWrite(vm, 0, 0, 4000, 0, 0, 0);
    expect(m.path).toBe(PATH_WAIT);
    expect(m.sleep[SLEEP_QUEUE]).toBe(QUEUE_CONGESTION);
  });
});

describe('pdflush', () => {
  test('starts when more than the background limit is dirty, and writes down to it', () => {
    const { m, vm } = vmMachine(16, { filePages: [3000] });
    getDirtyLimits(vm, 0);
    const limit = vm.writeback.limits[LIMIT_BACKGROUND];
    // The limits are looked at after every ratelimit + 1 pages.
    const period = vm.writeback.ratelimitPages + 1;
    const nr = Math.ceil((limit + 1) / period) * period;
    fileWrite(vm, 0, 0, nr, 0, 0, 0);
    expect(vm.count[VC_NR_DIRTY]).toBe(nr);
    // One round is 1024 pages: all of them.
    runUntil(m, 0);
    expect(vm.count[VC_NR_DIRTY]).toBe(0);
    expect(vm.count[VC_NR_WRITEBACK]).toBe(nr);
    runUntil(m, 2_000_000);
    expect(vm.count[VC_NR_WRITEBACK]).toBe(0);
    expect(m.stat[STAT_PGPGOUT]).toBe(nr * 4);
    checkMachine(m);
  });

  test('goes on when the queue is no longer congested', () => {
    const { m, vm } = vmMachine(16, { filePages: [3000], diskRequests: 16 });
    for (let i = 0; i < 60; i++) fileWrite(vm, 0, 5 * i, 1, 0, 0, 0);
    wakeupBdflush(vm, 0);
    runUntil(m, 0);
    expect(writeCongested(vm)).toBe(true);
    // The bio being filled is sent off after the mark was met.
    expect(vm.disk.ctl[DK_COUNT + WRITE]).toBe(16);
    expect(vm.count[VC_NR_DIRTY]).toBe(44);
    runUntil(m, 60 * 8205);
    expect(vm.count[VC_NR_DIRTY]).toBe(0);
    runUntil(m, 70 * 8205);
    expect(vm.count[VC_NR_WRITEBACK]).toBe(0);
    expect(m.stat[STAT_PGPGOUT]).toBe(240);
    checkMachine(m);
  });

  test('writes the longest dirty pages of the longest dirty file first', () => {
    const { m, vm } = vmMachine(16, { filePages: [100, 100, 100] });
    for (const [at, file, page] of [
      [1000, 2, 7],
      [2000, 0, 50],
      [3000, 2, 3],
      [4000, 0, 40],
    ] as const) {
      runUntil(m, at);
      fileWrite(vm, file, page, 1, 0, 0, 0);
    }
    wakeupBdflush(vm, 0);
    runUntil(m, 4000);
    const { ctl, requests } = vm.disk;
    const starts = [];
    for (let n = ctl[DK_FIRST]; n < ctl[DK_END]; n++) starts.push(requests[requestAt(vm.disk, n) + RQ_START]);
    expect(starts).toEqual([207, 203, 50, 40]);
  });

  test('there are two threads, and more after a second without an idle one', () => {
    const { m, vm } = vmMachine(16);
    expect(vm.pdflush.nrThreads).toBe(2);
    expect(pdflushOperation(vm, PDFLUSH_BACKGROUND, 0)).toBe(true);
    expect(pdflushOperation(vm, PDFLUSH_BACKGROUND, 0)).toBe(true);
    expect(pdflushOperation(vm, PDFLUSH_BACKGROUND, 0)).toBe(false);
    m.agenda.now[0] = 1_000_001;
    runUntil(m, 1_000_001);
    expect(vm.pdflush.nrThreads).toBe(3);
    // The next that has worked finds one that slept for more than a second, and ends itself.
    runUntil(m, 6_000_000);
    expect(vm.pdflush.nrThreads).toBe(2);
    expect(vm.pdflush.nrIdle).toBe(2);
    checkMachine(m);
  });
});

describe('kupdate', () => {
  test('writes what has been dirty for 30 s, looking every 5 s', () => {
    const { m, vm } = vmMachine(16, { filePages: [100, 100] });
    runUntil(m, 1_000_000);
    fileWrite(vm, 0, 0, 3, 0, 0, 0);
    runUntil(m, 20_000_000);
    fileWrite(vm, 0, 50, 1, 0, 0, 0);
    fileWrite(vm, 1, 0, 1, 0, 0, 0);
    runUntil(m, 34_999_999);
    expect(vm.count[VC_NR_DIRTY]).toBe(5);
    // Dirty since 1 s: not by 30 s, but by 35 s; an inode goes with all its pages.
    runUntil(m, 36_000_000);
    expect(vm.count[VC_NR_DIRTY]).toBe(1);
    expect(vm.fields.flags[findPage(vm, 1, 0)] & PG_dirty).toBe(PG_dirty);
    runUntil(m, 49_999_999);
    expect(vm.count[VC_NR_DIRTY]).toBe(1);
    runUntil(m, 51_000_000);
    expect(vm.count[VC_NR_DIRTY]).toBe(0);
    checkMachine(m);
  });

  test('never, with dirty_writeback_centisecs 0', () => {
    const { m, vm } = vmMachine(16, { dirtyWritebackCentisecs: 0 });
    fileWrite(vm, 0, 0, 1, 0, 0, 0);
    runUntil(m, 100_000_000);
    expect(vm.count[VC_NR_DIRTY]).toBe(1);
  });
});

test('pages that reclaim writes go to the end of the inactive list, and are free the next time', () => {
  const { m, vm } = vmMachine(16);
  fileWrite(vm, 0, 0, 16, 0, 0, 0);
  const z = zoneOf(m, findPage(vm, 0, 0));
  for (let i = 0; i < 16; i++) vm.fields.flags[findPage(vm, 0, i)] &= ~PG_referenced;
  expect(shrinkCache(vm, z, 64, GFP_KERNEL, 32, 0)).toBe(0);
  expect(vm.count[VC_NR_WRITEBACK]).toBe(16);
  expect(vm.count[VC_NR_DIRTY]).toBe(0);
  checkMachine(m);
  runUntil(m, 10_000);
  expect(m.stat[STAT_PGROTATED]).toBe(16);
  expect(shrinkCache(vm, z, 64, GFP_KERNEL, 32, 0)).toBe(16);
  expect(vm.files.nrpages[0]).toBe(0);
  checkMachine(m);
});
