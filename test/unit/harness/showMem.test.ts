import { allocPages, boot, GFP_ATOMIC, GFP_DMA, NIL } from '../../../src/engine/index.ts';
import { allowedZones, captureFreeAreas, showFreeAreas } from '../../../src/harness/showMem.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { TapePlayer } from '../../../src/workload/player.ts';
import { alloc, at, plan, repeat, task } from '../workload/plans.ts';

test('Mem-info of a machine with three zones and two CPUs', () => {
  const machine = boot({ ...plan([]).machine, ramPages: 262144, cpus: 2, reserve: [[0, 256]] });
  expect(`\n${showFreeAreas(machine).join('\n')}\n`).toMatchInlineSnapshot(`
"
Mem-info:
DMA per-cpu:
cpu 0 hot: low 2, high 6, batch 1
cpu 0 cold: low 0, high 2, batch 1
cpu 1 hot: low 2, high 6, batch 1
cpu 1 cold: low 0, high 2, batch 1
Normal per-cpu:
cpu 0 hot: low 32, high 96, batch 16
cpu 0 cold: low 0, high 32, batch 16
cpu 1 hot: low 32, high 96, batch 16
cpu 1 cold: low 0, high 32, batch 16
HighMem per-cpu:
cpu 0 hot: low 16, high 48, batch 8
cpu 0 cold: low 0, high 16, batch 8
cpu 1 hot: low 16, high 48, batch 8
cpu 1 cold: low 0, high 16, batch 8

Free pages:     1046952kB (130880kB HighMem)
Active:0 inactive:0 dirty:0 writeback:0 unstable:0 free:261738
DMA free:15336kB min:16kB low:32kB high:48kB active:0kB inactive:0kB
Normal free:900736kB min:1004kB low:2008kB high:3012kB active:0kB inactive:0kB
HighMem free:130880kB min:128kB low:256kB high:384kB active:0kB inactive:0kB
DMA: 0*4kB 1*8kB 0*16kB 1*32kB 1*64kB 1*128kB 1*256kB 1*512kB 2*1024kB 2*2048kB 2*4096kB = 15336kB
Normal: 0*4kB 0*8kB 0*16kB 0*32kB 0*64kB 1*128kB 0*256kB 1*512kB 1*1024kB 1*2048kB 219*4096kB = 900736kB
HighMem: 0*4kB 0*8kB 0*16kB 0*32kB 1*64kB 0*128kB 1*256kB 1*512kB 1*1024kB 1*2048kB 31*4096kB = 130880kB
"
`);
});

test('absent zones are empty', () => {
  const lines = showFreeAreas(boot({ ...plan([]).machine, ramPages: 2048 }));
  expect(lines).toContain('Normal per-cpu: empty');
  expect(lines).toContain('HighMem: empty');
  expect(lines).toContain('Normal free:0kB min:0kB low:0kB high:0kB active:0kB inactive:0kB');
});

test('a captured report stays as it was while the machine goes on', () => {
  const p = plan([task('t', at(0), [repeat(100, alloc('x', 2))])]);
  const machine = boot(p.machine);
  const areas = captureFreeAreas(machine);
  const before = showFreeAreas(machine);
  new TapePlayer(p, machine, compileTape(p, 1)).playUntil(100);
  expect(showFreeAreas(machine)).not.toEqual(before);
  expect(showFreeAreas(machine, areas)).toEqual(before);
});

test('the zones of a mask, with what is free in them', () => {
  const machine = boot({ ...plan([]).machine, ramPages: 16384 });
  const zones = (gfp: number) => allowedZones(machine, gfp, captureFreeAreas(machine));
  const names = (gfp: number) => zones(gfp).map(zone => zone.name);
  expect(names(GFP_ATOMIC)).toEqual(['Normal', 'DMA']);
  expect(names(GFP_ATOMIC | GFP_DMA)).toEqual(['DMA']);
  expect(zones(GFP_DMA)[0].largestBlock).toBe(1024);
  // PF_MEMALLOC: below every mark.
  while (allocPages(machine, GFP_ATOMIC | GFP_DMA, 1, 0, 1) !== NIL);
  const [dma] = zones(GFP_DMA);
  expect(dma.largestBlock).toBeLessThan(2);
  expect(dma.freePages > 0).toBe(dma.largestBlock > 0);
});
