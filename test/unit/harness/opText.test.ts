import type { StepPlan } from '../../../src/contract/plan.ts';
import { boot, GFP_ATOMIC, GFP_HIGHUSER, GFP_KERNEL, SLAB_HWCACHE_ALIGN } from '../../../src/engine/index.ts';
import { opText } from '../../../src/harness/opText.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { TapePlayer } from '../../../src/workload/player.ts';
import { alloc, at, constant, free, hold, plan, task } from '../workload/plans.ts';

test('every operation of the whole machine is told in words, and why a run is late', () => {
  const skip = { kind: 'skip' } as const;
  const run: StepPlan[] = [
    { kind: 'kmalloc', as: 'k', bytes: constant(300), gfp: GFP_KERNEL, onFail: skip },
    { kind: 'touch_object', name: 'k', offset: constant(0), bytes: constant(16), write: true },
    { kind: 'kfree', name: 'k' },
    { kind: 'cache_alloc', as: 'c', cache: 0, gfp: GFP_KERNEL, onFail: skip },
    { kind: 'cache_free', name: 'c', cache: 0 },
    { kind: 'cache_shrink', cache: 0 },
    { kind: 'vmalloc', as: 'v', pages: constant(3), onFail: skip },
    { kind: 'vfree', name: 'v' },
    alloc('p', 1, { gfp: GFP_HIGHUSER }),
    { kind: 'kmap', name: 'p', page: 1 },
    { kind: 'kunmap', name: 'p', page: 1 },
    { kind: 'kmap_atomic', name: 'p', page: 0, type: 3 },
    { kind: 'kunmap_atomic', name: 'p', page: 0, type: 3 },
    free('p'),
    { kind: 'call', function: 0, frameBytes: constant(100), run: [{ kind: 'spin_lock', lock: 0, run: [] }] },
    { kind: 'local_irq_disable', run: [] },
    { kind: 'write', file: 0, pages: constant(2), at: { kind: 'sequential' } },
    { kind: 'fsync', file: 0 },
    { kind: 'mmap', as: 'm', pages: constant(9) },
    { kind: 'touch_area', name: 'm', pages: constant(4), at: { kind: 'sequential' }, write: false },
    { kind: 'munmap', name: 'm' },
    { kind: 'lookup', cache: 1, entry: constant(7) },
    { kind: 'work', us: constant(20) },
    hold(50),
    { kind: 'read', file: 0, pages: constant(3), at: { kind: 'drawn', page: constant(40) } },
  ];
  const p = plan([
    task('app', at(100), run),
    task(
      'nic',
      at(500_000),
      [{ kind: 'kmalloc', as: 's', bytes: constant(64), gfp: GFP_ATOMIC, onFail: skip }],
      {
        context: 'hardirq',
        interrupt: { irq: 11, noNesting: false },
      },
    ),
    task('rx', at(600_000), [], { context: 'softirq' }),
    task('cgi', at(700_000), [], { process: { fork: 'run', nice: 0, root: false } }),
  ]);
  Object.assign(p.machine, {
    ramPages: 8192,
    lowPages: 6144,
    slab: true,
    stacks: { threadBytes: 8192, irqStacks: false },
    vm: {
      diskBytesPerSecond: 30e6,
      diskSeekUs: 8000,
      diskRequests: 128,
      swapPages: 100,
      swappiness: 60,
      dirtyRatio: 40,
      dirtyBackgroundRatio: 10,
      dirtyWritebackCentisecs: 500,
      dirtyExpireCentisecs: 3000,
      pageCluster: 3,
      filePages: [64],
    },
  });
  p.workload.named = {
    caches: [
      {
        name: 'conn',
        size: 100,
        offset: 0,
        flags: SLAB_HWCACHE_ALIGN,
        constructor: false,
        entries: 0,
        seeks: 2,
      },
      { name: 'dentry', size: 160, offset: 0, flags: 0, constructor: false, entries: 10, seeks: 2 },
    ],
    files: [{ name: 'db', pages: 64 }],
    locks: ['queue'],
    functions: ['sys_write'],
  };
  const player = new TapePlayer(p, boot(p.machine), compileTape(p, 1));
  const lines: string[] = [];
  for (let row = 0; row < player.tape.nrOps; row++) {
    player.playUntil(row + 1);
    lines.push(opText(p, player, row));
  }
  expect(lines).toMatchInlineSnapshot(`
[
  "app is forked",
  "app asks kmalloc for 300 bytes, gfp 0xd0: served",
  "app writes 16 bytes of an object from byte 0",
  "app frees an object of kmalloc",
  "app asks cache conn for an object, gfp 0xd0: served",
  "app frees an object of cache conn",
  "app shrinks cache conn",
  "app asks vmalloc for 3 pages: 0xc2000000",
  "app frees an area of vmalloc",
  "app asks for order 1, gfp 0xd2: pfn 8184",
  "app maps page 1 of a block with kmap",
  "app unmaps page 1 of a block",
  "app maps page 0 of a block with kmap_atomic",
  "app unmaps page 0 of a block",
  "app frees a block of order 1",
  "app calls sys_write, a frame of 100 bytes",
  "app takes lock queue",
  "app releases lock queue",
  "app returns from sys_write",
  "app disables interrupts",
  "app enables interrupts",
  "app writes 2 pages of db from page 0",
  "app waits for the disk to have all of db (asleep, for the disk)",
  "app (asleep, for the disk), later: maps 9 pages of memory",
  "app (asleep, for the disk), later: reads 4 pages of its memory from page 0",
  "app (asleep, for the disk), later: unmaps its memory",
  "app (asleep, for the disk), later: looks up entry 7 of dentry",
  "app (asleep, for the disk), later: is busy for 20 us",
  "app (asleep, for the disk), later: gives its CPU away for 50 us",
  "app (asleep, for the disk), later: reads 3 pages of db from page 40",
  "app (asleep, for the disk), later: has done one run",
  "nic begins, interrupt 11",
  "nic asks kmalloc for 64 bytes, gfp 0x20: served",
  "nic returns from interrupt",
  "rx begins, a softirq",
  "rx returns from interrupt",
  "cgi is forked",
  "cgi exits",
]
`);
});
