import type { ChallengePlan } from '../../../../src/contract/plan.ts';
import {
  GFP_ATOMIC,
  GFP_DMA,
  GFP_HIGHUSER,
  GFP_KERNEL,
  MAX_NR_ZONES,
  pcpCount,
  pcpOf,
  stateHash,
  ZONE_FREE,
  ZONE_STRIDE,
} from '../../../../src/engine/index.ts';
import { EventLog, type MachineEvent } from '../../../../src/harness/eventLog.ts';
import { KernelSymbols } from '../../../../src/harness/kernelSymbols.ts';
import { Play } from '../../../../src/harness/play.ts';
import { eventLine, eventsHead, gfpFlags } from '../../../../src/report/proc/events.ts';
import { compileTape } from '../../../../src/workload/compile.ts';
import { alloc, at, free, hold, plan, repeat, task } from '../../workload/plans.ts';
import { expectGolden } from './golden.ts';

/** A card in an interrupt, a server that empties memory, a process that waits for it. */
const challenge: ChallengePlan = {
  ...plan([
    task(
      'sb16',
      at(1000, 2000, 3_000_000),
      [alloc('ring', 2, { gfp: GFP_ATOMIC | GFP_DMA }), hold(500), free('ring')],
      {
        context: 'hardirq',
      },
    ),
    task(
      'a-name-longer-than-comm',
      at(2500),
      [alloc('one', 0, { gfp: GFP_HIGHUSER }), hold(100), free('one', true)],
      {
        context: 'process',
        cpu: 1,
      },
    ),
    task(
      'hog',
      at(10_000),
      [
        repeat(400, alloc('all', 3, { gfp: GFP_ATOMIC, call: '__get_free_pages' })),
        hold(1_000_000),
        { kind: 'free', call: 'free_pages', name: 'all', cold: false },
      ],
      {
        context: 'softirq',
      },
    ),
    task('waits', at(20_000), [alloc('page', 0, { gfp: GFP_KERNEL }), hold(2_000_000), free('page')]),
  ]),
};
challenge.machine = { ...challenge.machine, ramPages: 2048, cpus: 2 };
challenge.workload.lengthUs = 4_000_000;

function lines(): { text: string; play: Play; log: EventLog } {
  const play = new Play(challenge, compileTape(challenge, 1), null);
  const names = challenge.workload.tasks.map(({ name }) => name);
  let text = eventsHead();
  const log = new EventLog(play, event => {
    text += eventLine(play.machine, names, event, new KernelSymbols(play.machine.arch, []));
  });
  play.playUntil(play.nrOps);
  return { text, play, log };
}

test('event lines, byte for byte', () => {
  expectGolden('events', lines().text);
});

test('a script that reads ftrace reads them', () => {
  // As Documentation/trace/postprocess has it, with the flags that 3.2 put behind the CPU.
  const shape =
    /^\s*([a-zA-Z0-9-]+)-(\d+)\s+\[(\d{3})\]\s+([d.][N.][hs.][0-9.])\s+(\d+\.\d{6}):\s+([a-z_]+):\s+(.*)$/;
  let before = 0;
  const seen = new Set<string>();
  for (const line of lines().text.trimEnd().split('\n')) {
    if (line.startsWith('#')) continue;
    const parts = shape.exec(line);
    expect([line, parts === null]).toEqual([line, false]);
    const [, comm, , , flags, time, name, rest] = parts!;
    expect(Number(time)).toBeGreaterThanOrEqual(before);
    before = Number(time);
    expect(comm.length).toBeLessThanOrEqual(15);
    seen.add(name);
    if (name === 'mm_page_alloc')
      expect(rest).toMatch(
        /^page=(\(null\)|[0-9a-f]{8}) pfn=\d+ order=\d+ migratetype=0 gfp_flags=[A-Z_|]+$/,
      );
    if (comm === 'sb16') expect(flags).toBe('d.h.');
  }
  expect([...seen].sort()).toEqual(['mm_page_alloc', 'mm_page_free', 'mm_vmscan_wakeup_kswapd']);
});

test('a task that waited gets its page in its own name, when it was served', () => {
  const { text } = lines();
  const line = text
    .split('\n')
    .filter(line => line.includes('waits-4') && line.includes('mm_page_alloc: page=0'));
  expect(line.length).toBe(1);
  expect(text).not.toMatch(/waits-4.*\(null\)/);
  // It asked at 0.02 s, every 20 ms, until the hog gave up at 1.01 s.
  expect(line[0]).toContain(' 1.020000: ');
});

test('counters and events fit the machine, and listening changes nothing', () => {
  const { play, log } = lines();
  let free = 0;
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    free += play.machine.zone[z * ZONE_STRIDE + ZONE_FREE];
    for (let cpu = 0; cpu < 2; cpu++)
      for (let cold = 0; cold < 2; cold++) free += pcpCount(play.machine, pcpOf(z, cpu, cold));
  }
  expect(log.pgfree - log.pgalloc).toBe(free);
  const alone = new Play(challenge, compileTape(challenge, 1), null);
  alone.playUntil(alone.nrOps);
  expect(stateHash(play.machine)).toBe(stateHash(alone.machine));
  expect(play.score()).toEqual(alone.score());
});

test('the listener gets every event of the operation it belongs to', () => {
  const play = new Play(challenge, compileTape(challenge, 1), null);
  const ops: number[] = [];
  const cpus = new Set<number>();
  new EventLog(play, (event: MachineEvent) => {
    ops.push(event.op);
    if (challenge.workload.tasks[event.task].name === 'a-name-longer-than-comm') cpus.add(event.cpu);
  });
  play.playUntil(play.nrOps);
  expect(ops).toEqual([...ops].sort((a, b) => a - b));
  expect([...cpus]).toEqual([1]);
});

test.each([
  [0, 'GFP_NOWAIT'],
  [0xd0, 'GFP_KERNEL'],
  [0xd2, 'GFP_HIGHUSER'],
  [0x21, 'GFP_ATOMIC|GFP_DMA'],
  [0x10d2, 'GFP_HIGHUSER|GFP_NORETRY'],
  [0x50, 'GFP_NOFS'],
  [0x10, 'GFP_NOIO'],
  [0x40, 'GFP_IO'],
  [0x80, 'GFP_FS'],
  [0x2, 'GFP_HIGHMEM'],
  [0x8000, '0x8000'],
])('gfp 0x%s', (gfp, text) => {
  expect(gfpFlags(gfp)).toBe(text);
});
