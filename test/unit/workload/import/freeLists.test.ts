import { boot, MAX_ORDER, nrFree } from '../../../../src/engine/index.ts';
import {
  batchOf,
  bootHeld,
  bootLists,
  fillPlan,
  reachableSingles,
} from '../../../../src/workload/import/freeLists.ts';
import { freePages } from '../../../../src/workload/import/machineState.ts';
import { Stream } from '../../../../src/workload/stream.ts';
import { freeAt, importTexts, planOf } from './imported.ts';

test.each([4, 23, 24, 60, 64, 127, 128, 300])('what the boot leaves of a zone of %d MiB is foreseen', mib => {
  const pages = mib * 256;
  const machine = boot({
    arch: 'i386',
    ramPages: 4096 + pages,
    cpus: 1,
    boot: 'flat',
    bootmapPfn: 0,
    reserve: [],
    minFreeKbytes: -1,
    lowerZoneProtection: 0,
  });
  const batch = batchOf(pages, 4096);
  const lists = Array.from({ length: MAX_ORDER }, (_, order) => nrFree(machine, 1, order));
  expect(bootLists(pages, batch)).toEqual(lists);
  expect(freePages(lists) + bootHeld(pages, batch)).toBe(pages);
});

/** Lists as a machine that has run for a while may have them. */
function lists(stream: Stream, pages: number): number[] {
  const counts: number[] = [];
  let left = Math.floor((pages * (1 + stream.below(80))) / 100);
  for (let order = 10; order >= 0; order--) {
    const most = Math.floor(left / 2 ** order);
    const count = order === 10 && stream.below(2) === 0 ? 0 : stream.below(Math.min(most, 400) + 1);
    counts[order] = count;
    left -= count * 2 ** order;
  }
  return counts;
}

test('any lists that fit are reached exactly, in all zones at once', () => {
  const stream = new Stream('free lists');
  for (let i = 0; i < 12; i++) {
    const [normal, high] = [64 + stream.below(200), stream.below(2) * (16 + stream.below(80))];
    const zones: [string, number, number[]][] = [
      ['DMA', 4096, lists(stream, 4096)],
      ['Normal', normal * 256, lists(stream, normal * 256)],
    ];
    if (high > 0) zones.push(['HighMem', high * 256, lists(stream, high * 256)]);
    const text = zones.flatMap(([zone, pages, counts]) => [
      `${zone} free:${freePages(counts) * 4}kB min:0kB present:${pages * 4}kB`,
      `${zone}: ${counts.map((count, order) => `${count}*${4 * 2 ** order}kB`).join(' ')} = ${freePages(counts) * 4}kB`,
    ]);
    const plan = planOf(importTexts({ log: ['Mem-info:', ...text].join('\n') }));
    const free = freeAt(plan, 900_000);
    zones.forEach(([zone, , counts], z) => {
      const pages =
        z === 0 ? 4096 : z === 2 ? plan.machine.ramPages - (plan.machine.lowPages ?? 0) : zoneNormal(plan);
      const { reached } = fillPlan(counts, 'x', pages, 4096);
      expect([i, zone, free[z]]).toEqual([i, zone, reached]);
      // Zones grow where the lists need it; only the 16 MiB of zone DMA may be too few.
      if (z > 0)
        expect([i, zone, reached]).toEqual([
          i,
          zone,
          counts.map((count, order) => (order === 0 ? reachableSingles(count, batchOf(pages, 4096)) : count)),
        ]);
    });
  }
});

function zoneNormal({ machine }: ReturnType<typeof planOf>): number {
  return (machine.lowPages ?? Math.min(machine.ramPages, 229_376)) - 4096;
}
