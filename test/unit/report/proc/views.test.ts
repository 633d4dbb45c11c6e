import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ARCHES,
  type ArchName,
  allocPages,
  boot,
  cacheChain,
  cacheInfo,
  GFP_HIGHUSER,
  GFP_KERNEL,
  getVmArea,
  kfree,
  kmalloc,
  kmap,
  kmapAtomic,
  kmemCacheAlloc,
  kmemCacheCreate,
  kunmap,
  MAX_ORDER,
  type Machine,
  type MachineConfig,
  nrFree,
  PAGE_ALLOCATED,
  VM_IOREMAP,
  vfree,
  vmalloc,
} from '../../../../src/engine/index.ts';
import { VIEWS } from '../../../../src/report/proc/views.ts';
import { expectGolden } from './golden.ts';

function config(arch: ArchName, mib: number, more: Partial<MachineConfig> = {}): MachineConfig {
  const { pageBytes, usualReserve } = ARCHES[arch];
  return {
    arch,
    ramPages: (mib * 2 ** 20) / pageBytes,
    cpus: 1,
    boot: 'real',
    bootmapPfn: (8 * 2 ** 20) / pageBytes,
    reserve: usualReserve.map(([at, bytes]) => [at / pageBytes, bytes / pageBytes]),
    minFreeKbytes: -1,
    lowerZoneProtection: 0,
    slab: true,
    ...more,
  };
}

/** Something of everything that the machine has. */
function used(m: Machine): Machine {
  const slab = m.slab!;
  const held: number[] = [];
  for (let i = 0; i < 300; i++) held.push(kmalloc(slab, 1 + ((i * 7919) % 9000), GFP_KERNEL, i % m.cpus, 0));
  for (let i = 0; i < 300; i += 3) kfree(slab, held[i], i % m.cpus);
  const inodes = kmemCacheCreate(slab, 'ext3_inode_cache', 468, 0, 0x22000, 0);
  for (let i = 0; i < 20; i++) kmemCacheAlloc(slab, inodes, GFP_KERNEL, 0, 0);
  for (let order = 0; order < 5; order++) allocPages(m, GFP_HIGHUSER, order, 0, 0);
  if (m.vmalloc !== null) {
    const first = vmalloc(m.vmalloc, 20_000, 0, 0);
    getVmArea(m.vmalloc, 65_536, VM_IOREMAP, 0, 0);
    vmalloc(m.vmalloc, 5_000_000, 0, 0);
    vfree(m.vmalloc, first, 0);
    vmalloc(m.vmalloc, 4096, 0, 0);
  }
  if (m.highmem !== null && m.normalEnd < m.nrPages) {
    const high = m.normalEnd + 100;
    for (let i = 0; i < 3; i++) kmap(m.highmem, high + i);
    kmap(m.highmem, high + 1);
    kunmap(m.highmem, high + 2);
    kmapAtomic(m.highmem, high + 7, 3, m.cpus - 1);
  }
  return m;
}

const COUNTERS = { pgalloc: 12345, pgfree: 67890 };
const NAMES = { tasks: ['sb16', 'a-name-longer-than-comm'], functions: ['do_read', 'deep_one'] };

const MACHINES: [string, MachineConfig][] = [
  ['i386-1g-smp', config('i386', 1024, { cpus: 2 })],
  ['i386-pae-2g', config('i386-pae', 2048)],
  ['x86_64-256m', config('x86_64', 256)],
  ['arm-64m', config('arm', 64)],
  ['ppc32-1g', config('ppc32', 1024)],
  ['alpha-128m', config('alpha', 128)],
  ['sparc64-256m', config('sparc64', 256)],
];

describe.each(MACHINES)('%s', (name, machine) => {
  const m = used(boot(machine));

  test.each(Object.keys(VIEWS))('%s', view => {
    const { absent, text } = VIEWS[view];
    if (absent(m) === '') expectGolden(`${name}/${view}`, text(m, COUNTERS, NAMES));
    else expect(absent(m)).toContain(view.startsWith('stack') ? 'add `stack`' : machine.arch);
  });

  test('the totals are those of the lists', () => {
    const info = fieldsOf(VIEWS['meminfo'].text(m, COUNTERS, NAMES));
    const kB = m.arch.pageBytes / 1024;
    let free = 0;
    for (let z = 0; z < 3; z++)
      for (let order = 0; order < MAX_ORDER; order++) free += nrFree(m, z, order) << order;
    expect(info['MemFree']).toBe(free * kB);
    expect(info['LowTotal'] + info['HighTotal']).toBe(info['MemTotal']);
    expect(info['LowFree'] + info['HighFree']).toBe(info['MemFree']);
    let slab = 0;
    for (const line of VIEWS['slabinfo'].text(m, COUNTERS, NAMES).split('\n').slice(2, -1)) {
      const [, , , , , pages, , , , , , , , , slabs] = line.split(/ +/);
      slab += Number(pages) * Number(slabs);
    }
    expect(info['Slab']).toBe(slab * kB);
    expect(slab).toBeGreaterThan(100);
    const names = cacheChain(m.slab!).map(cache => cacheInfo(m.slab!, cache).name);
    const printed = VIEWS['slabinfo'].text(m, COUNTERS, NAMES).split('\n').slice(2, -1);
    expect(printed.map(line => line.split(' ')[0])).toEqual(names);
  });

  test('SysRq-m: every page is free, reserved, in a slab or held', () => {
    const text = VIEWS['sysrq-m'].text(m, COUNTERS, NAMES);
    expect(text.startsWith('SysRq : Show Memory\n')).toBe(true);
    const says = (what: string): number =>
      Number(new RegExp(`^(\\d+) ${what}$`, 'm').exec(text)?.[1] ?? Number.NaN);
    expect(says('pages of RAM')).toBe(m.nrPages);
    if (machine.arch === 'ppc32' || machine.arch === 'alpha') {
      let heads = 0;
      for (const state of m.state) if ((state & PAGE_ALLOCATED) !== 0) heads++;
      expect(says('free pages') + says('reserved pages') + heads).toBe(m.nrPages);
    }
    // All CPUs of the build have limits, as the kernel prints them.
    const zones = text.match(/per-cpu:$/gm)?.length ?? 0;
    expect(text.match(/^cpu \d hot: /gm)?.length).toBe(zones * m.arch.nrCpus);
  });
});

/** `Name:   123 kB` of each line. */
function fieldsOf(text: string): Record<string, number> {
  return Object.fromEntries(
    text
      .trimEnd()
      .split('\n')
      .map(line => [line.slice(0, line.indexOf(':')), Number(/(\d+) kB$/.exec(line)?.[1])]),
  );
}

test('what a machine cannot answer it says', () => {
  const bare = boot(config('i386', 64, { slab: false }));
  expect(VIEWS['slabinfo'].absent(bare)).toContain('slab: true');
  expect(VIEWS['vmallocinfo'].absent(bare)).toContain('slab: true');
  expect(VIEWS['meminfo'].text(bare, COUNTERS, NAMES)).toContain('Slab:                0 kB\n');
  expect(VIEWS['kmap'].absent(boot(config('arm', 64)))).toContain('arm has no high memory');
  expect(VIEWS['vmallocinfo'].absent(boot(config('x86_64', 64)))).toContain('not modelled on x86_64');
});

test('vmstat has the 25 names of 2.6.0', () => {
  const lines = VIEWS['vmstat']
    .text(boot(config('i386', 64)), COUNTERS, NAMES)
    .trimEnd()
    .split('\n');
  expect(lines).toHaveLength(25);
  expect(lines).toContain('pgalloc 12345');
  expect(lines).toContain('pgfree 67890');
});

test('docs/proc.md names every view, and the option that each needs', () => {
  const docs = readFileSync(join(__dirname, '../../../../docs/proc.md'), 'utf8');
  for (const view of [...Object.keys(VIEWS), 'events']) expect(docs).toContain(`| \`${view}\``);
});
