import { ARCHES, type ArchName, bootOptionNames, readBootOptions } from '../../../../src/engine/index.ts';

const pages = (name: ArchName, mib: number): number => (mib * 2 ** 20) / ARCHES[name].pageBytes;

/** MiB used and MiB of low memory (0: as always), or why not. */
function read(name: ArchName, mib: number, text: string): [number, number] | string {
  const done = readBootOptions(ARCHES[name], pages(name, mib), text);
  if (!done.ok) return done.fault;
  const of = (n: number): number => (n * ARCHES[name].pageBytes) / (1 << 20);
  return [of(done.memory.ramPages), of(done.memory.lowPages)];
}

describe('mem=', () => {
  test.each<[ArchName, string, [number, number]]>([
    ['i386', '', [64, 0]],
    ['i386', 'mem=48M', [48, 0]],
    ['i386', '  mem=49152k ', [48, 0]],
    ['i386', 'mem=0x3000000', [48, 0]],
    ['i386', 'mem=0300000000', [48, 0]],
    ['i386', 'mem=50331648', [48, 0]],
    ['i386', 'mem=64M', [64, 0]],
    // "limits kernel memory to XXX+1MB"
    ['x86_64', 'mem=48M', [49, 0]],
    ['arm', 'mem=48M', [48, 0]],
    ['ppc32', 'mem=48M', [48, 0]],
    ['alpha', 'mem=48M', [48, 0]],
    ['sparc64', 'mem=48m', [48, 0]],
  ])('%s %s', (name, text, expected) => {
    expect(read(name, 64, text)).toEqual(expected);
  });

  test('a part of a page is no page', () => {
    const done = readBootOptions(ARCHES.alpha, 8192, 'mem=1032K');
    expect(done).toEqual({ ok: true, memory: { ramPages: 129, lowPages: 0 } });
    expect(readBootOptions(ARCHES.alpha, 8192, 'mem=1028K')).toEqual({
      ok: true,
      memory: { ramPages: 128, lowPages: 0 },
    });
  });

  test.each<[ArchName, string, string]>([
    ['i386', 'mem=65M', 'more than the 64 MiB of RAM'],
    ['x86_64', 'mem=64M', 'more than the 64 MiB of RAM'],
    ['i386', 'mem=0', 'leaves no memory'],
    ['i386', 'mem=', 'reads a number'],
    ['i386', 'mem=48MB', 'reads a number'],
    ['i386', 'mem=48T', 'nothing, K, M, G'],
    // Only K and M are known there: 1G would be one byte.
    ['ppc32', 'mem=1G', 'nothing, K, M behind'],
    ['sparc64', 'mem=1g', 'nothing, K, M behind'],
    ['i386', 'mem=48M mem=32M', 'given twice'],
    ['i386', 'mem=99999999999999G', 'more than there can be'],
    ['i386', 'nosmp', "no boot option 'nosmp'"],
    ['x86_64', 'highmem=16M', "no boot option 'highmem'"],
    ['ppc32', 'vmalloc=16M', "no boot option 'vmalloc'"],
  ])('%s %s is refused', (name, text, fault) => {
    expect(read(name, 64, text)).toContain(fault);
  });
});

describe('highmem=', () => {
  test.each<[number, string, [number, number]]>([
    [512, 'highmem=128M', [512, 384]],
    [512, 'highmem=0', [512, 512]],
    [512, 'mem=256M highmem=128M', [256, 128]],
    [128, 'highmem=64M', [128, 64]],
    // Above 896 MiB the rest of the RAM is left alone.
    [2048, 'highmem=512M', [1408, 896]],
    [2048, 'highmem=1152M', [2048, 896]],
    [2048, 'highmem=0', [896, 896]],
  ])('%d MiB, %s', (mib, text, expected) => {
    expect(read('i386', mib, text)).toEqual(expected);
    expect(read('i386-pae', mib, text)).toEqual(expected);
  });

  test.each<[number, string, string]>([
    [128, 'highmem=65M', 'smaller than 64 MiB lowmem'],
    [128, 'highmem=128M', 'bigger than the 128 MiB available'],
    [2048, 'highmem=1153M', 'only 1152 MiB highmem pages available'],
  ])('%d MiB, %s is refused', (mib, text, fault) => {
    expect(read('i386', mib, text)).toContain(fault);
  });
});

describe('vmalloc=', () => {
  test.each<[number, string, [number, number]]>([
    [2048, 'vmalloc=128M', [2048, 896]],
    [2048, 'vmalloc=256M', [2048, 768]],
    [2048, 'vmalloc=64M', [2048, 960]],
    [512, 'vmalloc=64M', [512, 512]],
    [2048, 'vmalloc=256M highmem=512M', [1280, 768]],
    [2048, 'vmalloc=960M', [2048, 64]],
  ])('%d MiB, %s', (mib, text, expected) => {
    expect(read('i386', mib, text)).toEqual(expected);
  });

  test.each<[string, string]>([
    ['vmalloc=961M', 'less than 64 MiB for the direct mapping'],
    ['vmalloc=8M', 'leaves no addresses for vmalloc()'],
  ])('%s is refused', (text, fault) => {
    expect(read('i386', 2048, text)).toContain(fault);
  });

  test('from how much on there are addresses left', () => {
    expect(read('i386', 2048, 'vmalloc=23M')).toContain('no addresses');
    expect(read('i386', 2048, 'vmalloc=24M')).toEqual([2048, 1000]);
  });
});

test('the names', () => {
  expect(bootOptionNames(ARCHES['i386-pae'])).toEqual(['mem', 'highmem', 'vmalloc']);
  expect(bootOptionNames(ARCHES.sparc64)).toEqual(['mem']);
});
