import {
  bioAddPage,
  congestionOffThreshold,
  congestionOnThreshold,
  congestionWait,
  DK_COUNT,
  DK_END,
  DK_FIRST,
  DUE_DISK,
  diskDone,
  type Machine,
  PATH_WAIT,
  PG_locked,
  PG_uptodate,
  QUEUE_CONGESTION,
  READ,
  RQ_PAGES,
  RQ_SEEK,
  readCongested,
  requestAt,
  runDue,
  SLEEP_QUEUE,
  SLEEP_UNTIL_US,
  STAT_CONGESTION_WAITS,
  STAT_DISK_BUSY_US,
  STAT_DISK_REQUESTS,
  STAT_PGPGIN,
  STAT_PGPGOUT,
  setPageWriteback,
  submitBio,
  unplug,
  VC_NR_WRITEBACK,
  type Vm,
  WRITE,
  waitOnPage,
  writeCongested,
} from '../../../../src/engine/index.ts';
import { vmMachine } from './vmMachine.ts';

/** One page of 4096 bytes takes 204.8 µs at 20 MB/s, 31 of them 6348.8; a seek 8000. */
const SEEK = 8000;
const PAGE = 205;

/** A page for the disk's sake only: locked for reading, under writeback for writing. */
function submit(vm: Vm, rw: number, place: number, pages: number, pfn: number): void {
  for (let i = 0; i < pages; i++) {
    if (rw === READ) vm.fields.flags[pfn + i] |= PG_locked;
    else setPageWriteback(vm, pfn + i);
    bioAddPage(vm, rw, place + i, pfn + i);
  }
  submitBio(vm);
}

/** Take everything off the agenda that is due until a time, as a player would. */
function runUntil(m: Machine, us: number): void {
  while (m.agenda.next[0] <= us) {
    m.agenda.takeFirst();
    runDue(m, m.agenda.kind, m.agenda.arg);
  }
  m.agenda.now[0] = us;
}

describe('the disk', () => {
  test('an idle disk is plugged for 3 ms, then seeks and reads', () => {
    const { m, vm } = vmMachine(16);
    submit(vm, READ, 100, 1, 2000);
    runUntil(m, 3000);
    expect(m.stat[STAT_DISK_REQUESTS]).toBe(1);
    runUntil(m, 3000 + SEEK + PAGE - 1);
    expect(vm.fields.flags[2000] & PG_uptodate).toBe(0);
    runUntil(m, 3000 + SEEK + PAGE);
    expect(vm.fields.flags[2000] & (PG_uptodate | PG_locked)).toBe(PG_uptodate);
    expect(m.stat[STAT_DISK_BUSY_US]).toBe(SEEK + PAGE);
    expect(m.stat[STAT_PGPGIN]).toBe(4);
  });

  test('whoever waits for a page pulls the plug and sleeps until it is there', () => {
    const { m, vm } = vmMachine(16);
    submit(vm, READ, 0, 3, 2000);
    expect(waitOnPage(vm, 2002)).toBe(true);
    expect(m.path).toBe(PATH_WAIT);
    // At the disk's first page there is no seek: 3 * 204.8, rounded up.
    expect(m.sleep[SLEEP_UNTIL_US]).toBe(615);
    m.agenda.now[0] = 615;
    expect(waitOnPage(vm, 2002)).toBe(false);
    // The agenda still has the completion, which now changes nothing.
    runUntil(m, 615);
    expect(m.stat[STAT_DISK_REQUESTS]).toBe(1);
  });

  test('the fourth request starts a plugged disk; those that follow one another need no seek', () => {
    const { m, vm } = vmMachine(16);
    for (let i = 0; i < 3; i++) submit(vm, READ, 1000 * i, 2, 2000 + 10 * i);
    expect(m.stat[STAT_DISK_REQUESTS]).toBe(0);
    submit(vm, READ, 2002, 31, 2100);
    expect(m.stat[STAT_DISK_REQUESTS]).toBe(1);
    // 0: no seek. 1000 and 2000: seeks. 2002 follows, and with 33 pages would be too long for one request.
    const { disk } = vm;
    expect([0, 1, 2, 3].map(n => disk.requests[requestAt(disk, n) + RQ_SEEK])).toEqual([0, 1, 1, 0]);
    runUntil(m, 410 + 2 * (SEEK + 410) + 6349);
    expect(vm.fields.flags[2130] & PG_uptodate).toBe(PG_uptodate);
    expect(m.agenda.nowUs).toBe(410 + 2 * (SEEK + 410) + 6349);
    expect(disk.ctl[DK_FIRST]).toBe(disk.ctl[DK_END]);
  });

  test('bios join a queued request at either end up to 255 sectors', () => {
    const { vm } = vmMachine(16);
    submit(vm, READ, 50, 10, 2000);
    submit(vm, READ, 60, 10, 2010);
    submit(vm, READ, 40, 10, 2020);
    const { disk } = vm;
    expect(disk.ctl[DK_COUNT]).toBe(1);
    expect(disk.requests[requestAt(disk, 0) + RQ_PAGES]).toBe(30);
    submit(vm, READ, 70, 1, 2030);
    expect(disk.requests[requestAt(disk, 0) + RQ_PAGES]).toBe(31);
    submit(vm, READ, 71, 1, 2031);
    expect(disk.ctl[DK_COUNT]).toBe(2);
    // A write of the page behind joins no read.
    submit(vm, WRITE, 72, 1, 2032);
    expect(disk.ctl[DK_COUNT]).toBe(2);
    expect(disk.ctl[DK_COUNT + WRITE]).toBe(1);
  });

  test('a long bio is cut at 31 pages', () => {
    const { vm } = vmMachine(16);
    submit(vm, WRITE, 0, 70, 2000);
    const { disk } = vm;
    expect([0, 1, 2].map(n => disk.requests[requestAt(disk, n) + RQ_PAGES])).toEqual([31, 31, 8]);
    expect(vm.count[VC_NR_WRITEBACK]).toBe(70);
  });

  test('the queue is congested from 113 requests of 128 until fewer than 111 are left', () => {
    const { m, vm } = vmMachine(16);
    expect(congestionOnThreshold(vm.disk)).toBe(113);
    expect(congestionOffThreshold(vm.disk)).toBe(111);
    for (let i = 0; i < 112; i++) submit(vm, WRITE, 3 * i, 1, 2000 + i);
    expect(writeCongested(vm)).toBe(false);
    submit(vm, WRITE, 3 * 112, 1, 2112);
    expect(writeCongested(vm)).toBe(true);
    expect(readCongested(vm)).toBe(false);
    m.woken = 0;
    const done = (n: number) => PAGE + n * (SEEK + PAGE);
    runUntil(m, done(1));
    expect(vm.disk.ctl[DK_COUNT + WRITE]).toBe(111);
    expect(writeCongested(vm)).toBe(true);
    expect(m.woken & (1 << QUEUE_CONGESTION)).toBe(0);
    runUntil(m, done(2));
    expect(writeCongested(vm)).toBe(false);
    expect(m.woken & (1 << QUEUE_CONGESTION)).not.toBe(0);
    expect(vm.count[VC_NR_WRITEBACK]).toBe(110);
    expect(m.stat[STAT_PGPGOUT]).toBe(113 * 4);
  });

  test('reads never wake those who wait for writes', () => {
    const { m, vm } = vmMachine(16);
    submit(vm, READ, 0, 1, 2000);
    unplug(vm);
    runUntil(m, PAGE);
    expect(m.woken & (1 << QUEUE_CONGESTION)).toBe(0);
  });

  test('a queue of few requests keeps thresholds of at least 1', () => {
    const { vm } = vmMachine(16, { diskRequests: 1 });
    expect(congestionOnThreshold(vm.disk)).toBe(1);
    expect(congestionOffThreshold(vm.disk)).toBe(1);
  });

  test('a congestion wait lasts until its time at the latest', () => {
    const { m, vm } = vmMachine(16);
    m.agenda.now[0] = 500;
    congestionWait(vm, 100000);
    expect(m.path).toBe(PATH_WAIT);
    expect(m.sleep[SLEEP_UNTIL_US]).toBe(100500);
    expect(m.sleep[SLEEP_QUEUE]).toBe(QUEUE_CONGESTION);
    expect(m.stat[STAT_CONGESTION_WAITS]).toBe(1);
  });

  test('the queue grows beyond its room without losing a page', () => {
    const { m, vm } = vmMachine(16);
    for (let i = 0; i < 700; i++) submit(vm, READ, 3 * i, 1, 2000 + i);
    runUntil(m, 700 * (SEEK + PAGE));
    for (let i = 0; i < 700; i++)
      expect(vm.fields.flags[2000 + i] & (PG_uptodate | PG_locked)).toBe(PG_uptodate);
    expect(m.stat[STAT_DISK_REQUESTS]).toBe(700);
  });

  test('an entry of the agenda for a request that is done changes nothing', () => {
    const { m, vm } = vmMachine(16);
    submit(vm, READ, 0, 1, 2000);
    unplug(vm);
    runUntil(m, PAGE);
    submit(vm, READ, 0, 1, 2001);
    unplug(vm);
    diskDone(vm, 0);
    expect(vm.fields.flags[2001] & PG_locked).toBe(PG_locked);
    expect(DUE_DISK).toBe(1);
  });
});
