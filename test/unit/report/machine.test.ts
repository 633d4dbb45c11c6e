import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ARCHES, type ArchName, boot, type MachineConfig } from '../../../src/engine/index.ts';
import {
  archesMarkdown,
  archesText,
  bytesText,
  machineFacts,
  machineJson,
  machineText,
} from '../../../src/report/machine.ts';
import { generatedBlock } from '../../generatedBlock.ts';

const schema = JSON.parse(readFileSync(join(__dirname, '../../../schemas/machine.schema.json'), 'utf8'));

function config(arch: ArchName, mib: number, more: Partial<MachineConfig> = {}): MachineConfig {
  return {
    arch,
    ramPages: (mib * 2 ** 20) / ARCHES[arch].pageBytes,
    cpus: 1,
    boot: 'flat',
    bootmapPfn: 0,
    reserve: [],
    minFreeKbytes: -1,
    lowerZoneProtection: 0,
    ...more,
  };
}

const names = Object.keys(ARCHES) as ArchName[];

test('docs/machines.md lists the facts as they are', () => {
  expect(generatedBlock('machines.md', 'architectures')).toBe(archesMarkdown());
});

test.each(names)('%s: JSON as the schema has it, text in 80 columns', name => {
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);
  for (const mib of [8, 64, 512]) {
    const facts = machineFacts(boot(config(name, mib)));
    expect([validate(JSON.parse(machineJson(facts))), validate.errors]).toEqual([true, null]);
    for (const line of machineText(facts).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  }
});

test('the schema refuses what is not there', () => {
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);
  const facts = machineFacts(boot(config('i386', 64)));
  expect(validate({ ...facts, more: 1 })).toBe(false);
  expect(validate({ ...facts, layout: [{ ...facts.layout[0], start: '0xc000' }] })).toBe(false);
});

test('a PC with 1 GiB and two CPUs', () => {
  expect(machineText(machineFacts(boot(config('i386', 1024, { cpus: 2 }))))).toBe(`\
i386: a PC with CONFIG_HIGHMEM4G
1 GiB of RAM in pages of 4 KiB, 2 CPUs, CONFIG_SMP
boot flat: 0 pages reserved
vm.min_free_kbytes 1024, vm.lower_zone_protection 0

zone        start pfn      pages       free      min     low    high
DMA                 0      4,096      4,090        4       8      12
Normal          4,096    225,280    225,184      251     502     753
HighMem       229,376     32,768     32,720       32      64      96

per-CPU lists   hot: low    high   batch   cold: low    high   batch
DMA                    2       6       1           0       2       1
Normal                32      96      16           0      32      16
HighMem               16      48       8           0      16       8

zonelists
  GFP_DMA                 DMA
  GFP_KERNEL, GFP_ATOMIC  Normal, DMA
  GFP_HIGHUSER            HighMem, Normal, DMA

addresses
  direct mapping  0xc0000000 - 0xf8000000      896 MiB
  vmalloc         0xf8800000 - 0xff7fe000  114,680 KiB
  kmap pool       0xff800000 - 0xffc00000        4 MiB
  kmap_atomic     0xfff85000 - 0xffff5000      448 KiB

kernel stack 8 KiB, thread_info 48 B at its lowest address
struct page 40 B, L1 line 32 B
`);
});

test('ranges of addresses do not overlap and go upwards', () => {
  for (const name of names) {
    const { layout } = machineFacts(boot(config(name, 64)));
    for (let i = 1; i < layout.length; i++)
      expect(BigInt(layout[i].start) >= BigInt(layout[i - 1].end)).toBe(true);
    for (const { start, end, bytes } of layout) expect(BigInt(end) - BigInt(start)).toBe(BigInt(bytes));
  }
});

test('the list of architectures has each of them in 80 columns', () => {
  const lines = archesText().trimEnd().split('\n');
  expect(lines.length).toBe(1 + names.length);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  for (const name of names) expect(lines.some(line => line.startsWith(`${name} `))).toBe(true);
});

test('sizes', () => {
  expect([0, 1, 1024, 1536, 2 ** 20, 778236 * 1024, 2 ** 36].map(bytesText)).toEqual([
    '0 B',
    '1 B',
    '1 KiB',
    '1,536 B',
    '1 MiB',
    '778,236 KiB',
    '64 GiB',
  ]);
});
