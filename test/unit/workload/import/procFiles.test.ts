import { fixture, freeAt, importTexts, planOf } from './imported.ts';

const BUDDY = { buddyinfo: fixture('3.10-buddyinfo.txt') };
const ZONES = { zoneinfo: fixture('3.10-zoneinfo.txt') };
const MIB = 256;

test('sizes, marks and what is kept for lower zones come from zoneinfo, in any order', () => {
  const { machine } = planOf(importTexts({ ...BUDDY, ...ZONES }));
  // Zone DMA, then present pages of DMA32 and Normal, in whole MiB.
  expect(machine).toMatchObject({
    arch: 'x86_64',
    cpus: 2,
    ramPages: 4096 + Math.ceil((782_288 + 1_276_416) / MIB) * MIB,
    minFreeKbytes: (32 + 6361 + 10_501) * 4,
  });
  // 7825 pages of zone DMA, by the quarter of Normal's pages_min that a GFP_ATOMIC request has.
  expect(machine.lowerZoneProtection).toBe(2);
  expect(planOf(importTexts({ ...ZONES, ...BUDDY })).machine).toEqual(machine);
  const one = { both: BUDDY.buddyinfo + ZONES.zoneinfo };
  expect(planOf(importTexts(one)).machine).toEqual(machine);
});

test('without zoneinfo MemTotal tells the RAM, and without both it is inferred', () => {
  const meminfo = 'MemTotal:        8010000 kB\nMemFree:          171948 kB\n';
  expect(planOf(importTexts({ ...BUDDY, meminfo })).machine.ramPages).toBe(
    Math.ceil(8_010_000 / 4 / MIB) * MIB,
  );
  const { challenge } = importTexts(BUDDY);
  expect(challenge.machine.find(({ text }) => text.includes('ram:'))?.inferred).toMatch(/does not tell it/);
});

test('the smallest order that is nowhere is asked for', () => {
  const imported = importTexts({ b: fixture('2.6.5-buddyinfo.txt') });
  expect(planOf(imported).workload.tasks[1].run[0]).toMatchObject({ kind: 'alloc', order: { value: 10 } });
  const free = freeAt(planOf(imported), 900_000);
  expect(free[0]).toEqual([215, 38, 0, 2, 1, 1, 0, 0, 0, 1, 0]);
});

test('a line of buddyinfo that is cut is told, the other zones are used', () => {
  const cut = fixture('2.6.5-buddyinfo.txt').replace(/HighMem .*/, 'HighMem      1     10');
  const imported = importTexts({ b: cut });
  expect(imported.broken.first).toEqual([
    { file: 'b', line: 3, why: 'a zone whose free blocks cannot be read' },
  ]);
  expect(planOf(imported).machine.arch).toBe('i386');
});
