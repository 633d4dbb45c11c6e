/**
 * The options of the kernel's command line that change how much memory there is and where high memory begins.
 *
 * `vmalloc=` came with 2.6.9; in 2.6.0 its 128 MiB are compiled in. A value that the kernel would mention in its log
 * and then ignore is a fault here: whoever writes it means something.
 */
import { type Arch, vmallocStart } from './arch.ts';

export interface BootMemory {
  /** Page frames that the kernel uses, of those that are there. */
  ramPages: number;
  /** End of directly mapped memory, a PFN; 0: where the architecture has it always. */
  lowPages: number;
}

export type BootOptionsRead = { ok: true; memory: BootMemory } | { ok: false; option: string; fault: string };

class Fault extends Error {
  readonly option: string;

  constructor(option: string, message: string) {
    super(message);
    this.option = option;
  }
}

const SUFFIX_SHIFT: Readonly<Record<string, number>> = { '': 0, K: 10, M: 20, G: 30 };
/** Directly mapped memory that `highmem=` must leave. */
const LEAST_LOW_BYTES = 64 * 1024 * 1024;
/** Bytes that a 32-bit kernel's half of the address space leaves for memory without `vmalloc=`. */
const ADDRESS_SPACE = 2 ** 32;

/**
 * @param ramPages page frames that the machine has
 * @param text     options as on the kernel's command line, with spaces between them
 * Source: `sources.options` of each architecture
 */
export function readBootOptions(arch: Arch, ramPages: number, text: string): BootOptionsRead {
  try {
    return { ok: true, memory: apply(arch, ramPages, split(arch, text)) };
  } catch (error) {
    if (error instanceof Fault) return { ok: false, option: error.option, fault: error.message };
    throw error;
  }
}

/** Which of the options an architecture's kernel reads. */
export function bootOptionNames(arch: Arch): string[] {
  return arch.hasHighmemOption ? ['mem', 'highmem', 'vmalloc'] : ['mem'];
}

function split(arch: Arch, text: string): Map<string, { option: string; bytes: number }> {
  const options = new Map<string, { option: string; bytes: number }>();
  const names = bootOptionNames(arch);
  for (const option of text.split(/\s+/)) {
    if (option === '') continue;
    const [name, ...rest] = option.split('=');
    if (!names.includes(name)) {
      const known = `${names.map(known => `${known}=`).join(', ')}`;
      throw new Fault(option, `${arch.name} has no boot option '${name}' here: there is ${known}`);
    }
    if (options.has(name)) throw new Fault(option, `${name}= is given twice`);
    options.set(name, { option, bytes: bytesOf(arch, option, name, rest.join('=')) });
  }
  return options;
}

/** memparse(), or what the architecture has in its place: decimal, 0x or 0 as C has them, and one suffix. */
function bytesOf(arch: Arch, option: string, name: string, text: string): number {
  const { suffixes } = arch.memOption;
  const parts = /^(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)([a-zA-Z]?)$/.exec(text);
  const suffix = parts?.[2].toUpperCase() ?? '';
  if (parts === null || (suffix !== '' && !suffixes.includes(suffix))) {
    const units = [...suffixes].join(', ');
    throw new Fault(
      option,
      `${arch.name} reads a number and nothing, ${units} behind ${name}=, not '${text}'`,
    );
  }
  const octal = /^0[0-7]+$/.test(parts[1]);
  const number = octal ? Number.parseInt(parts[1], 8) : Number(parts[1]);
  const bytes = number * 2 ** SUFFIX_SHIFT[suffix];
  if (!Number.isSafeInteger(bytes)) throw new Fault(option, `${option} is more than there can be`);
  return bytes;
}

function apply(
  arch: Arch,
  installed: number,
  options: Map<string, { option: string; bytes: number }>,
): BootMemory {
  const { pageBytes, memOption } = arch;
  let ramPages = installed;
  const mem = options.get('mem');
  if (mem !== undefined) {
    ramPages = Math.floor((mem.bytes + memOption.extraBytes) / pageBytes);
    if (ramPages > installed)
      throw new Fault(mem.option, `${mem.option} is more than the ${mib(installed, arch)} of RAM`);
    if (ramPages < 1) throw new Fault(mem.option, `${mem.option} leaves no memory`);
  }
  const vmalloc = options.get('vmalloc');
  const highmem = options.get('highmem');
  if (vmalloc === undefined && highmem === undefined) return { ramPages, lowPages: 0 };
  const maxmem =
    vmalloc === undefined
      ? arch.normalEndPfn
      : Math.floor((ADDRESS_SPACE - arch.pageOffset - vmalloc.bytes) / pageBytes);
  if (vmalloc !== undefined && maxmem < LEAST_LOW_BYTES / pageBytes) {
    throw new Fault(vmalloc.option, `${vmalloc.option} leaves less than 64 MiB for the direct mapping`);
  }
  const memory = withHighmem(arch, ramPages, maxmem, highmem);
  if (vmalloc !== undefined && vmallocStart(arch, memory.lowPages) >= arch.vmalloc.end) {
    throw new Fault(
      vmalloc.option,
      `${vmalloc.option} leaves no addresses for vmalloc() behind ${mib(memory.lowPages, arch)} of direct mapping`,
    );
  }
  return memory;
}

/** Source: arch/i386/kernel/setup.c, find_max_low_pfn() */
function withHighmem(
  arch: Arch,
  ramPages: number,
  maxmem: number,
  highmem: { option: string; bytes: number } | undefined,
): BootMemory {
  const lowPages = Math.min(ramPages, maxmem);
  if (highmem === undefined) return { ramPages, lowPages };
  const wanted = Math.floor(highmem.bytes / arch.pageBytes);
  const { option } = highmem;
  if (ramPages > maxmem) {
    const there = ramPages - maxmem;
    if (wanted > there)
      throw new Fault(option, `only ${mib(there, arch)} highmem pages available, ignoring ${option}`);
    return { ramPages: maxmem + wanted, lowPages };
  }
  if (wanted >= ramPages)
    throw new Fault(option, `${option} is bigger than the ${mib(ramPages, arch)} available`);
  if (wanted > 0 && ramPages - wanted < LEAST_LOW_BYTES / arch.pageBytes)
    throw new Fault(option, `${option} results in smaller than 64 MiB lowmem`);
  return { ramPages, lowPages: ramPages - wanted };
}

function mib(pages: number, arch: Arch): string {
  const kib = (pages * arch.pageBytes) / 1024;
  return kib % 1024 === 0 ? `${kib / 1024} MiB` : `${kib} KiB`;
}
