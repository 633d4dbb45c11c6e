import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { boot, type Machine, type MachineOptions, OomphError } from '../../../src/index.ts';

const small = (more: Partial<MachineOptions> = {}): Machine => boot({ arch: 'i386', ram: '32MiB', ...more });
const full = (): Machine => small({ slab: true, disk: { speed: '30MB/s' }, swap: '8MiB' });

function faultOf(work: () => unknown): OomphError {
  try {
    work();
  } catch (error) {
    if (error instanceof OomphError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Everything that a machine could be given; a key that the type lacks does not compile, one that the schema has is missed here. */
const EVERYTHING: Required<MachineOptions> = {
  arch: 'i386',
  ram: '1GiB',
  cpus: 2,
  smp: true,
  boot: { kind: 'real', reserve: [{ at: '1MiB', size: 4 << 20 }], bitmap: '5MiB' },
  boot_options: 'mem=960M',
  slab: true,
  stack: '4KiB',
  irq_stacks: true,
  disk: { speed: '30MB/s', seek: '8ms', requests: 128 },
  swap: '64MiB',
  data_cache: { size: '16KiB', line: 32, ways: 4 },
  debug: ['slab', 'spinlock_sleep', 'stackoverflow', 'highmem'],
  sysctl: {
    'vm.min_free_kbytes': 1024,
    'vm.lower_zone_protection': 0,
    'vm.swappiness': 60,
    'vm.dirty_ratio': 40,
    'vm.dirty_background_ratio': 10,
    'vm.dirty_writeback_centisecs': 500,
    'vm.dirty_expire_centisecs': 3000,
    'vm.page-cluster': 3,
  },
};

test('takes every key that the machine of a challenge has', () => {
  const schema = JSON.parse(readFileSync(join(__dirname, '../../../schemas/challenge.schema.json'), 'utf8'));
  const { properties } = schema.$defs.machine;
  expect(Object.keys(EVERYTHING).sort()).toEqual(Object.keys(properties).sort());
  expect(Object.keys(EVERYTHING.sysctl).sort()).toEqual(Object.keys(properties.sysctl.properties).sort());
  expect(Object.keys(EVERYTHING.disk).sort()).toEqual(Object.keys(properties.disk.properties).sort());
  expect([...EVERYTHING.debug].sort()).toEqual([...schema.$defs.debugName.enum].sort());
  const machine = boot(EVERYTHING);
  expect([machine.arch, machine.cpus, machine.nrPages]).toEqual(['i386', 2, (960 << 20) / 4096]);
  machine.check();
});

test('pages come and go as the kernel hands them out', () => {
  const machine = small();
  const before = machine.proc('buddyinfo');
  const pfn = machine.allocPages(3, 'GFP_ATOMIC')!;
  expect(machine.page(pfn)).toEqual({ zone: 'Normal', state: 'allocated', order: 3 });
  expect(machine.page(pfn + 1)).toEqual({ zone: 'Normal', state: 'inside', order: -1 });
  expect(machine.pageAddress(pfn)).toBe(0xc0000000 + pfn * 4096);
  expect(machine.proc('buddyinfo')).not.toBe(before);
  machine.freePages(pfn, 3);
  expect(machine.proc('buddyinfo')).toBe(before);
  const single = machine.allocPages(0, ['GFP_DMA', '__GFP_WAIT'])!;
  machine.freePages(single, 0);
  expect(machine.page(single)).toEqual({ zone: 'DMA', state: 'pcp', order: 0 });
  machine.check();
  const [dma, normal] = machine.zones();
  expect([dma.name, dma.start, dma.spanned, normal.name, normal.start]).toEqual([
    'DMA',
    0,
    4096,
    'Normal',
    4096,
  ]);
  expect(dma.present + normal.present).toBe(machine.nrPages);
});

test('when nothing is left it answers null, and the log has the kernel line', () => {
  const machine = small();
  while (machine.allocPages(10, ['GFP_ATOMIC', '__GFP_NOWARN']) !== null);
  expect(machine.log()).toEqual([]);
  expect(machine.allocPages(10, 'GFP_ATOMIC')).toBeNull();
  // With nothing to reclaim the kernel would wait for ever.
  while (machine.allocPages(3, ['GFP_KERNEL', '__GFP_NOWARN']) !== null);
  expect(machine.allocPages(3, 'GFP_KERNEL')).toBeNull();
  expect(machine.log()).toEqual([
    'swapper: page allocation failure. order:10, mode:0x20',
    'swapper: page allocation failure. order:3, mode:0xd0',
  ]);
});

test('kmalloc, caches and vmalloc give addresses of their own and take them back', () => {
  const machine = full();
  const hash = machine.hash();
  const address = machine.kmalloc(1000)!;
  expect(machine.ksize(address)).toBe(1024);
  const cache = machine.createCache('skb', 200, { flags: ['SLAB_NO_REAP'] })!;
  expect([cache.name, cache.objectBytes, cache.objectsPerSlab, cache.order]).toEqual(['skb', 200, 19, 0]);
  const object = cache.alloc('GFP_ATOMIC', { context: 'hardirq' })!;
  expect(machine.proc('slabinfo')).toMatch(/^skb +16 +19 +200 /m);
  const area = machine.vmalloc(100_000)!;
  expect(machine.proc('vmallocinfo')).toMatch(new RegExp(`^0x${area.toString(16)}-`));
  expect(area % machine.pageBytes).toBe(0);
  expect(cache.destroy()).toBe(false);
  cache.free(object);
  expect(cache.shrink()).toBe(false);
  expect(cache.destroy()).toBe(true);
  expect(faultOf(() => cache.alloc()).message).toMatch(/skb is not there/);
  machine.kfree(address);
  expect([machine.vfree(area), machine.vfree(area)]).toEqual([true, false]);
  machine.check();
  expect(machine.hash()).not.toBe(hash);
  expect(machine.kmalloc(1 << 20)).toBeNull();
});

test('high memory is mapped and unmapped; a full pool answers null', () => {
  const machine = boot({ arch: 'i386', ram: '1GiB' });
  const pages = Array.from({ length: 1025 }, () => machine.allocPages(0, 'GFP_HIGHUSER')!);
  expect(machine.page(pages[0]).zone).toBe('HighMem');
  expect(machine.pageAddress(pages[0])).toBeNull();
  const mapped = pages.map(pfn => machine.kmap(pfn));
  expect(mapped.filter(address => address === null)).toHaveLength(1);
  expect(machine.pageAddress(pages[0])).toBe(mapped[0]);
  machine.kunmap(pages[0]);
  expect(machine.kmap(pages[1024])).not.toBeNull();
  expect(machine.kmap(5)).toBe(0xc0005000);
  machine.check();
});

test('time passes where it is told to, and where a request has to sleep', () => {
  const machine = full();
  machine.advance('10s');
  expect(machine.timeUs).toBe(10_000_000);
  machine.advance(500);
  expect(machine.timeUs).toBe(10_000_500);
  const held: number[] = [];
  for (let pfn = machine.allocPages(0); pfn !== null; pfn = machine.allocPages(0)) held.push(pfn);
  expect(held.length).toBeGreaterThan(7000);
  expect(machine.timeUs).toBeGreaterThan(10_000_500);
  for (const pfn of held) machine.freePages(pfn, 0);
  machine.check();
});

test('a snapshot is a whole machine, its log and counters too, and the same calls give the same machine', () => {
  const machine = full();
  machine.kmalloc(100);
  const there = machine.snapshot();
  const [hash, vmstat] = [machine.hash(), machine.proc('vmstat')];
  const play = (): string => {
    machine.allocPages(10, 'GFP_ATOMIC');
    while (machine.allocPages(9, 'GFP_ATOMIC') !== null);
    machine.createCache('later', 64);
    machine.advance('3s');
    return machine.hash();
  };
  const first = play();
  const end = machine.snapshot();
  const log = machine.log();
  machine.restore(there);
  expect([machine.hash(), machine.proc('vmstat'), machine.log(), machine.timeUs]).toEqual([
    hash,
    vmstat,
    [],
    there.timeUs,
  ]);
  // Another way, and back to where the first one ended: its log is there again.
  machine.allocPages(0, 'GFP_ATOMIC');
  machine.restore(end);
  expect([machine.hash(), machine.log()]).toEqual([first, log]);
  machine.restore(there);
  expect(play()).toBe(first);
  expect(faultOf(() => small().restore(there)).message).toMatch(/other options/);
  expect(faultOf(() => machine.restore({ timeUs: 0 })).code).toBe('bad-argument');
});

test('the log of a snapshot is its own, whatever was printed since on another way', () => {
  const machine = small({ ram: '8MiB', slab: true, disk: { speed: '30MB/s' } });
  const start = machine.snapshot();
  machine.vfree(0xf8001000);
  // Nothing can be reclaimed and nobody killed: the kernel panics, and the request has no end.
  while (machine.allocPages(0, ['GFP_KERNEL', '__GFP_NOWARN']) !== null);
  const first = machine.log();
  expect(first).toEqual([
    'Trying to vfree() nonexistent vm area (f8001000)',
    'Kernel panic: Out of memory and no killable processes...',
    '',
  ]);
  const one = machine.snapshot();
  machine.restore(start);
  expect(machine.log()).toEqual([]);
  machine.vfree(0xf8001004);
  expect(machine.log()).toEqual(['Trying to vfree() bad address (f8001004)']);
  machine.restore(one);
  expect(machine.log()).toEqual(first);
});

test('pgalloc and pgfree count pages, those of slabs too', () => {
  const machine = full();
  const counted = (): number[] =>
    ['pgalloc', 'pgfree'].map(name =>
      Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(machine.proc('vmstat'))![1]),
    );
  const [alloc, free] = counted();
  const pfn = machine.allocPages(3)!;
  expect(counted()).toEqual([alloc + 8, free]);
  machine.freePages(pfn, 3);
  machine.kmalloc(100_000);
  expect(counted()).toEqual([alloc + 8 + 32, free + 8]);
});

test('what is given back twice is a bug of the kernel', () => {
  const machine = small();
  const pfn = machine.allocPages(2)!;
  machine.freePages(pfn, 2);
  const fault = faultOf(() => machine.freePages(pfn, 2));
  expect([fault.code, fault.detail, fault.name]).toEqual(['kernel-bug', 'bad-free', 'OomphError']);
  const other = full();
  const address = other.kmalloc(64)!;
  other.kfree(address);
  expect(faultOf(() => other.kfree(address))).toMatchObject({ code: 'kernel-bug', detail: 'double-free' });
});

test.each<[string, () => unknown, string, RegExp]>([
  ['no options', () => boot(undefined as never), 'bad-machine', /boot\(\) takes the options/],
  ['a list', () => boot([] as never), 'bad-machine', /boot\(\) takes the options/],
  [
    'an architecture',
    () => boot({ arch: 'i387' as never, ram: '32MiB' }),
    'bad-machine',
    /did you mean i386\?/,
  ],
  ['no RAM', () => boot({ arch: 'i386' } as never), 'bad-machine', /ram/],
  ['half a page', () => boot({ arch: 'i386', ram: 33_000_001 }), 'bad-machine', /whole number of pages/],
  ['not a number', () => boot({ arch: 'i386', ram: Number.NaN }), 'bad-machine', /NaNB/],
  [
    'a key',
    () => boot({ arch: 'i386', ram: '32MiB', cpu: 2 } as never),
    'bad-machine',
    /did you mean cpus\?/,
  ],
  ['CPUs on arm', () => boot({ arch: 'arm', ram: '32MiB', cpus: 2 }), 'bad-machine', /arm has one CPU/],
  [
    'an order',
    () => small().allocPages(11),
    'bad-argument',
    /11 is not an order: a whole number from 0 to 10/,
  ],
  ['a half order', () => small().allocPages(1.5), 'bad-argument', /1.5 is not an order/],
  ['a mask', () => small().allocPages(0, 'GFP_KERNAL' as never), 'bad-argument', /did you mean GFP_KERNEL\?/],
  ['both zones', () => small().allocPages(0, 3), 'bad-argument', /name no zonelist together/],
  [
    'a CPU',
    () => small().allocPages(0, 'GFP_KERNEL', { cpu: 1 }),
    'bad-argument',
    /not a CPU of this machine/,
  ],
  [
    'a context',
    () => small().allocPages(0, 'GFP_KERNEL', { context: 'irq' as never }),
    'bad-argument',
    /hardirq/,
  ],
  ['a page', () => small().freePages(1 << 20, 0), 'bad-argument', /not a page frame number of this machine/],
  ['no slab', () => small().kmalloc(10), 'bad-argument', /boot with `slab: true`/],
  ['a view', () => small().proc('buddyinf' as never), 'bad-argument', /did you mean/],
  [
    'a view of nothing',
    () => small().proc('slabinfo'),
    'bad-argument',
    /cannot show slabinfo: .*slab allocator$/,
  ],
  [
    'a pointer',
    () => full().kfree(0xc0000004),
    'bad-argument',
    /nothing of kmalloc\(\) begins at 3221225476/,
  ],
  ['a time', () => full().advance('soon'), 'bad-argument', /"soon" is no time/],
  ['a cache name', () => full().createCache('two words', 8), 'bad-argument', /cannot be the name of a cache/],
  [
    'a name taken',
    () => full().createCache('size-32', 8),
    'bad-argument',
    /there is a cache size-32 already/,
  ],
  ['an object', () => full().createCache('tiny', 1), 'bad-argument', /not the size of an object/],
  [
    'a slab flag',
    () => full().createCache('x', 8, { flags: ['SLAB_POISON' as never] }),
    'bad-argument',
    /no slab flag/,
  ],
])('what cannot be is said in words: %s', (_, work, code, message) => {
  const fault = faultOf(work);
  expect(fault.code).toBe(code);
  expect(fault.message).toMatch(message);
  if (code === 'bad-machine' && !/takes the options/.test(fault.message)) {
    expect(fault.diagnostics[0]).toMatchObject({
      code: expect.stringMatching(/^E-/),
      severity: 'error',
      line: 1,
    });
  }
});
