import {
  ARCHES,
  type ArchName,
  addressText,
  allocPages,
  boot,
  checkMachine,
  freePages,
  GFP_KERNEL,
  getFreePages,
  kmalloc,
  kmap,
  kmapAtomic,
  MAX_NR_ZONES,
  type Machine,
  type MachineConfig,
  machineFault,
  NIL,
  PAGE_RESERVED,
  PCP_BATCH,
  PCP_HIGH,
  pageAddress,
  pcpOf,
  stateHash,
  vfree,
  virtToPfn,
  vmalloc,
  vmallocStart,
  ZONE_MIN,
  ZONE_PRESENT,
  ZONE_STRIDE,
  zoneOf,
} from '../../../../src/engine/index.ts';

const MIB = 1 << 20;
const names = Object.keys(ARCHES) as ArchName[];

function config(arch: ArchName, mib: number, more: Partial<MachineConfig> = {}): MachineConfig {
  return {
    arch,
    ramPages: (mib * MIB) / ARCHES[arch].pageBytes,
    cpus: 1,
    boot: 'flat',
    bootmapPfn: 0,
    reserve: [],
    minFreeKbytes: -1,
    lowerZoneProtection: 0,
    ...more,
  };
}

const zones = (m: Machine, field: number): number[] =>
  Array.from({ length: MAX_NR_ZONES }, (_, z) => m.zone[z * ZONE_STRIDE + field]);

describe.each(names)('%s', name => {
  const arch = ARCHES[name];

  test('its facts fit each other', () => {
    expect(arch.name).toBe(name);
    expect(arch.pageBytes).toBe(1 << arch.pageShift);
    expect(arch.dmaEndPfn).toBeLessThanOrEqual(arch.normalEndPfn);
    expect(arch.normalEndPfn).toBeLessThanOrEqual(arch.maxPfn);
    // A zone begins where its largest blocks are aligned.
    if (arch.dmaEndPfn < arch.maxPfn) expect(arch.dmaEndPfn % 1024).toBe(0);
    if (arch.normalEndPfn < arch.maxPfn) expect(arch.normalEndPfn % 1024).toBe(0);
    expect(arch.kmap !== null).toBe(arch.normalEndPfn < arch.maxPfn);
    expect(arch.kmap?.kmTypes.length ?? 0).toBe(arch.kmap?.kmTypeNr ?? 0);
    expect(vmallocStart(arch, Math.min(arch.maxPfn, arch.normalEndPfn))).toBeLessThan(arch.vmalloc.end);
    expect(arch.threadInfoBytes).toBeLessThan(arch.threadSize);
    for (const [at, bytes] of arch.usualReserve)
      expect([at % arch.pageBytes, bytes % arch.pageBytes]).toEqual([0, 0]);
    for (const source of Object.values(arch.sources)) expect(source).not.toBe('');
  });

  test('its largest machine is one page below the smallest that is refused', () => {
    expect(machineFault(config(name, 64, { ramPages: arch.maxPfn }))).toBe('');
    expect(machineFault(config(name, 64, { ramPages: arch.maxPfn + 1 }))).toContain(arch.maxReason);
  });

  test('has as many CPUs as it can have', () => {
    const fault = machineFault(config(name, 64, { cpus: 2 }));
    if (typeof arch.smp === 'string') {
      expect(fault).toBe(arch.smp);
      expect(machineFault(config(name, 64, { smp: true }))).toBe(arch.smp);
    } else {
      expect(fault).toBe('');
      expect(machineFault(config(name, 64, { cpus: 9 }))).toContain('1 to 8');
    }
    expect(() => boot(config(name, 64, { cpus: 9 }))).toThrow(RangeError);
  });

  test.each(['flat', 'real'] as const)('a machine of 64 MiB keeps every invariant, %s', kind => {
    const reserve = arch.usualReserve.map(([at, bytes]): [number, number] => [
      at / arch.pageBytes,
      bytes / arch.pageBytes,
    ]);
    const bootmapPfn = (8 * MIB) / arch.pageBytes;
    const m = boot(
      config(name, 64, kind === 'flat' ? { slab: true } : { boot: 'real', bootmapPfn, reserve }),
    );
    checkMachine(m);
    const before = stateHash(m);
    const held: [number, number][] = [];
    for (let order = 0; order <= 10; order++) {
      const pfn = allocPages(m, GFP_KERNEL, order, 0, 0);
      expect(pfn).not.toBe(NIL);
      expect(virtToPfn(m, pageAddress(m, pfn))).toBe(pfn);
      held.push([pfn, order]);
    }
    checkMachine(m);
    for (const [pfn, order] of held.reverse()) freePages(m, pfn, order, 0, 0);
    checkMachine(m);
    expect(stateHash(boot(m.config))).toBe(before);
  });
});

describe('zones', () => {
  // MiB of DMA, Normal, HighMem.
  test.each<[ArchName, number, number[]]>([
    ['i386', 15, [15, 0, 0]],
    ['i386', 1024, [16, 880, 128]],
    ['i386-pae', 8192, [16, 880, 7296]],
    ['x86_64', 2048, [16, 2032, 0]],
    ['arm', 256, [256, 0, 0]],
    ['ppc32', 768, [768, 0, 0]],
    ['ppc32', 1024, [768, 0, 256]],
    ['alpha', 16, [16, 0, 0]],
    ['alpha', 256, [16, 240, 0]],
    ['sparc64', 512, [512, 0, 0]],
  ])('%s with %d MiB', (name, mib, expected) => {
    const m = boot(config(name, mib));
    const pages = zones(m, ZONE_PRESENT);
    expect(pages.map(n => (n * m.arch.pageBytes) / MIB)).toEqual(expected);
    expect(zoneOf(m, m.nrPages - 1)).toBe(expected.findLastIndex(n => n > 0));
  });

  test('a request for memory goes down to what there is', () => {
    const m = boot(config('ppc32', 1024));
    expect(zoneOf(m, allocPages(m, 0xd2, 0, 0, 0))).toBe(2);
    expect(zoneOf(m, allocPages(m, GFP_KERNEL, 0, 0, 0))).toBe(0);
  });
});

describe('pages of 8 KiB', () => {
  // min_free_kbytes 1024 are 128 pages; a list holds what fits 256 KiB: batch 8 where 4 KiB have 16.
  test('watermarks and per-CPU lists', () => {
    const m = boot(config('sparc64', 1024));
    expect(zones(m, ZONE_MIN)).toEqual([128, 0, 32]);
    expect(m.pcp[pcpOf(0, 0, 0) + PCP_BATCH]).toBe(8);
    expect(m.pcp[pcpOf(0, 0, 0) + PCP_HIGH]).toBe(48);
    const small = boot(config('i386', 1024));
    expect(small.pcp[pcpOf(1, 0, 0) + PCP_BATCH]).toBe(16);
  });

  test('mem_map: 1 GiB of sparc64 takes 131073 times 88 bytes in 1409 pages', () => {
    const real = boot(config('sparc64', 1024, { boot: 'real', bootmapPfn: 512 }));
    const kept = real.state.filter(state => state === PAGE_RESERVED).length;
    expect(Math.ceil((131073 * 88) / 8192)).toBe(1409);
    expect(kept).toBeGreaterThan(1409);
    expect(kept).toBeLessThan(1409 + 10);
  });

  test('slabs', () => {
    const m = boot(config('alpha', 64, { slab: true }));
    // No size-32: its management would take too much of a page that is no longer 4 KiB.
    expect([...m.slab!.mallocSizes]).toEqual([
      64, 128, 192, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072,
    ]);
    expect(kmalloc(m.slab!, 100, GFP_KERNEL, 0, 0)).not.toBe(NIL);
    checkMachine(m);
  });
});

describe('addresses', () => {
  test.each<[ArchName, string, string, string]>([
    ['i386', '0xc0000000', '0xc4800000', '0xff7fe000'],
    ['i386-pae', '0xc0000000', '0xc4800000', '0xff7fe000'],
    ['x86_64', '0x0000010000000000', '0xffffff0000000000', '0xffffff8000000000'],
    ['arm', '0xc0000000', '0xc4800000', '0xf0000000'],
    ['ppc32', '0xc0000000', '0xc5000000', '0xfe000000'],
    ['alpha', '0xfffffc0000000000', '0xfffffffc00000000', '0xfffffffe00000000'],
    ['sparc64', '0xfffff80000000000', '0x0000000140000000', '0x0000000200000000'],
  ])('%s with 64 MiB', (name, first, start, end) => {
    const m = boot(config(name, 64));
    expect(addressText(m.arch, pageAddress(m, 0))).toBe(first);
    expect(addressText(m.arch, vmallocStart(m.arch, m.normalEnd))).toBe(start);
    expect(addressText(m.arch, m.arch.vmalloc.end)).toBe(end);
    const vaddr = getFreePages(m, GFP_KERNEL, 1, 0, 0);
    expect(vaddr).not.toBe(0);
    expect(() => virtToPfn(m, m.arch.vmalloc.end)).toThrow('not in the direct mapping');
  });

  test('the pool of i386-pae has 512 slots, and page tables of 2 MiB', () => {
    const m = boot(config('i386-pae', 1024, { slab: true }));
    const h = m.highmem!;
    expect(h.pkmapCount.length).toBe(512);
    const high = m.normalEnd;
    expect(kmap(h, high)).toBe(0xff801000);
    for (let i = 1; i < 512; i++) kmap(h, high + i);
    expect(kmap(h, high + 512)).toBe(0);
    const free = (): number => m.zone[ZONE_STRIDE * 2];
    expect(free()).toBeGreaterThan(0);
    const v = m.vmalloc!;
    const address = vmalloc(v, 3 * MIB, 0, 0);
    expect(v.pgd.filter(pfn => pfn >= 0).length).toBe(2);
    expect(vfree(v, address, 0)).toBe(true);
    checkMachine(m);
  });

  test('the atomic slots of ppc32 go upwards, those of i386 downwards', () => {
    const ppc = boot(config('ppc32', 1024));
    expect(kmapAtomic(ppc.highmem!, ppc.normalEnd, 3, 0)).toBe(0xfe403000);
    expect(ppc.arch.kmap!.kmTypes).not.toContain('KM_PTE2');
    const pc = boot(config('i386', 1024));
    expect(kmapAtomic(pc.highmem!, pc.normalEnd, 3, 0)).toBe(0xffffa000);
  });

  test.each<[ArchName, number]>([
    ['arm', 64],
    ['ppc32', 1024],
  ])('vmalloc on %s', (name, mib) => {
    const m = boot(config(name, mib, { slab: true }));
    const v = m.vmalloc!;
    const address = vmalloc(v, 100_000, 0, 0);
    expect(address).toBe(v.start);
    checkMachine(m);
    expect(vfree(v, address, 0)).toBe(true);
    checkMachine(m);
  });
});

describe('low memory that a boot option moved', () => {
  test('zones, and addresses for vmalloc behind it', () => {
    const m = boot(config('i386', 512, { lowPages: 65536, slab: true }));
    expect(zones(m, ZONE_PRESENT)).toEqual([4096, 61440, 65536]);
    expect(vmallocStart(m.arch, m.normalEnd)).toBe(0xd0800000);
    checkMachine(m);
  });

  test.each<[string, Partial<MachineConfig>]>([
    ['no boot option of x86_64', { arch: 'x86_64', lowPages: 8192 }],
    ['cannot end at page 16385', { lowPages: 16385 }],
    ['cannot end at page 4095', { lowPages: 4095 }],
    ['no room for vmalloc', { ramPages: 1 << 20, lowPages: 256_001 }],
  ])('%s', (fault, more) => {
    expect(machineFault(config('i386', 64, more))).toContain(fault);
  });

  test('the last page that leaves room for vmalloc', () => {
    expect(machineFault(config('i386', 4096, { lowPages: 256_000 }))).toBe('');
  });
});
