/** What a machine comes to once it is booted: for `oomph machine`. */
import {
  ARCHES,
  type Arch,
  addressText,
  GFP_NAMES,
  GFP_ZONEMASK,
  MAX_NR_ZONES,
  type Machine,
  PAGE_RESERVED,
  PCP_BATCH,
  PCP_HIGH,
  PCP_LOW,
  pcpOf,
  vmallocStart,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_LOW,
  ZONE_MIN,
  ZONE_NAMES,
  ZONE_PRESENT,
  ZONE_START,
  ZONE_STRIDE,
} from '../engine/index.ts';
import { markdownTable } from './markdownTable.ts';
import { grouped } from './quantity.ts';

export interface PcpFacts {
  low: number;
  high: number;
  batch: number;
}

export interface ZoneFacts {
  name: string;
  start_pfn: number;
  pages: number;
  free: number;
  watermarks: { min: number; low: number; high: number };
  pcp: { hot: PcpFacts; cold: PcpFacts };
}

export interface RangeFacts {
  name: string;
  /** Virtual addresses; `end` is exclusive. */
  start: string;
  end: string;
  bytes: number;
  pages: number;
}

/** What schemas/machine.schema.json describes. */
export interface MachineFacts {
  oomph: 1;
  arch: string;
  title: string;
  page_bytes: number;
  ram_bytes: number;
  cpus: number;
  smp: boolean;
  boot: string;
  slab: boolean;
  sysctl: { 'vm.min_free_kbytes': number; 'vm.lower_zone_protection': number };
  reserved_pages: number;
  zones: ZoneFacts[];
  zonelists: { gfp: string[]; zones: string[] }[];
  layout: RangeFacts[];
  thread_size: number;
  thread_info_bytes: number;
  struct_page_bytes: number;
  l1_cache_bytes: number;
  sources: Record<string, string>;
}

const ASKED = ['GFP_DMA', 'GFP_KERNEL', 'GFP_ATOMIC', 'GFP_HIGHUSER'] as const;

export function machineFacts(m: Machine): MachineFacts {
  const { arch, config } = m;
  const zone = (z: number, field: number): number => m.zone[z * ZONE_STRIDE + field];
  const pcp = (z: number, cold: number): PcpFacts => {
    const list = pcpOf(z, 0, cold);
    return { low: m.pcp[list + PCP_LOW], high: m.pcp[list + PCP_HIGH], batch: m.pcp[list + PCP_BATCH] };
  };
  const zones: ZoneFacts[] = [];
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    if (zone(z, ZONE_PRESENT) === 0) continue;
    zones.push({
      name: ZONE_NAMES[z],
      start_pfn: zone(z, ZONE_START),
      pages: zone(z, ZONE_PRESENT),
      free: zone(z, ZONE_FREE),
      watermarks: { min: zone(z, ZONE_MIN), low: zone(z, ZONE_LOW), high: zone(z, ZONE_HIGH) },
      pcp: { hot: pcp(z, 0), cold: pcp(z, 1) },
    });
  }
  let reserved = 0;
  for (let pfn = 0; pfn < m.nrPages; pfn++) if (m.state[pfn] === PAGE_RESERVED) reserved++;
  return {
    oomph: 1,
    arch: arch.name,
    title: arch.title,
    page_bytes: arch.pageBytes,
    ram_bytes: m.nrPages * arch.pageBytes,
    cpus: m.cpus,
    smp: arch.nrCpus > 1,
    boot: config.boot,
    slab: m.slab !== null,
    sysctl: { 'vm.min_free_kbytes': m.minFreeKbytes, 'vm.lower_zone_protection': m.lowerZoneProtection },
    reserved_pages: reserved,
    zones,
    zonelists: zonelists(m),
    layout: layout(m),
    thread_size: arch.threadSize,
    thread_info_bytes: arch.threadInfoBytes,
    struct_page_bytes: arch.structPageBytes,
    l1_cache_bytes: arch.l1CacheBytes,
    sources: { ...arch.sources },
  };
}

/** Requests that go the same way share a line. */
function zonelists(m: Machine): MachineFacts['zonelists'] {
  const lists: MachineFacts['zonelists'] = [];
  for (const name of ASKED) {
    const zones: string[] = [];
    for (let rest = m.zonelists[GFP_NAMES[name] & GFP_ZONEMASK]; rest !== 0; rest >>>= 4)
      zones.push(ZONE_NAMES[(rest & 15) - 1]);
    const same = lists.find(list => list.zones.join() === zones.join());
    if (same === undefined) lists.push({ gfp: [name], zones });
    else same.gfp.push(name);
  }
  return lists;
}

/** Virtual addresses of the kernel, lowest first. */
function layout(m: Machine): RangeFacts[] {
  const { arch } = m;
  const range = (name: string, start: number, bytes: number): RangeFacts & { at: number } => ({
    name,
    start: addressText(arch, start),
    end: addressText(arch, start + bytes),
    bytes,
    pages: bytes / arch.pageBytes,
    at: start < 0 ? start + 2 ** 64 : start,
  });
  const vmalloc = vmallocStart(arch, m.normalEnd);
  const ranges = [
    range('direct mapping', arch.pageOffset, m.normalEnd * arch.pageBytes),
    range('vmalloc', vmalloc, arch.vmalloc.end - vmalloc),
  ];
  if (arch.kmap !== null) {
    const { pkmapBase, lastPkmap, fixaddrTop, fixmapStep, fixKmapBegin, kmTypeNr } = arch.kmap;
    ranges.push(range('kmap pool', pkmapBase, lastPkmap * arch.pageBytes));
    const slots = kmTypeNr * arch.nrCpus;
    const first = fixaddrTop + fixmapStep * fixKmapBegin;
    const lowest = fixmapStep < 0 ? first + fixmapStep * (slots - 1) : first;
    ranges.push(range('kmap_atomic', lowest, slots * arch.pageBytes));
  }
  return ranges.sort((a, b) => a.at - b.at).map(({ at: _, ...facts }) => facts);
}

export function machineJson(facts: MachineFacts): string {
  return `${JSON.stringify(facts, null, 2)}\n`;
}

/** The largest unit that gives a whole number: `64 MiB`. */
export function bytesText(bytes: number): string {
  for (const [unit, scale] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes >= scale && bytes % scale === 0) return `${grouped(bytes / scale)} ${unit}`;
  }
  return `${grouped(bytes)} B`;
}

/** In at most 80 columns. */
export function machineText(facts: MachineFacts): string {
  const cpus = `${facts.cpus} CPU${facts.cpus === 1 ? '' : 's'}${facts.smp ? ', CONFIG_SMP' : ''}`;
  const protection = facts.sysctl['vm.lower_zone_protection'];
  const lines = [
    `${facts.arch}: ${facts.title}`,
    `${bytesText(facts.ram_bytes)} of RAM in pages of ${bytesText(facts.page_bytes)}, ${cpus}`,
    `boot ${facts.boot}: ${grouped(facts.reserved_pages)} pages reserved${facts.slab ? ', slab allocator started' : ''}`,
    `vm.min_free_kbytes ${facts.sysctl['vm.min_free_kbytes']}, vm.lower_zone_protection ${protection}`,
    '',
    'zone        start pfn      pages       free      min     low    high',
  ];
  for (const { name, start_pfn, pages, free, watermarks: marks } of facts.zones) {
    lines.push(
      name.padEnd(10) +
        [start_pfn, pages, free].map(n => grouped(n).padStart(11)).join('') +
        [marks.min, marks.low, marks.high].map((n, i) => grouped(n).padStart(i === 0 ? 9 : 8)).join(''),
    );
  }
  lines.push('', 'per-CPU lists   hot: low    high   batch   cold: low    high   batch');
  for (const { name, pcp } of facts.zones) {
    const { hot, cold } = pcp;
    lines.push(
      name.padEnd(10) +
        [hot.low, hot.high, hot.batch, cold.low, cold.high, cold.batch]
          .map((n, i) => String(n).padStart([14, 8, 8, 12, 8, 8][i]))
          .join(''),
    );
  }
  lines.push('', 'zonelists');
  const width = Math.max(...facts.zonelists.map(list => list.gfp.join(', ').length));
  for (const { gfp, zones } of facts.zonelists)
    lines.push(`  ${gfp.join(', ').padEnd(width)}  ${zones.join(', ')}`);
  lines.push('', 'addresses');
  for (const { name, start, end, bytes } of facts.layout)
    lines.push(`  ${name.padEnd(14)}  ${start} - ${end}  ${bytesText(bytes).padStart(11)}`);
  lines.push(
    '',
    `kernel stack ${bytesText(facts.thread_size)}, thread_info ${facts.thread_info_bytes} B at its lowest address`,
    `struct page ${facts.struct_page_bytes} B, L1 line ${facts.l1_cache_bytes} B`,
  );
  return `${lines.map(line => line.trimEnd()).join('\n')}\n`;
}

/** What `oomph machine` says without a machine. */
export function archesText(): string {
  const rows = Object.values(ARCHES).map((arch: Arch) => [
    arch.name,
    bytesText(arch.pageBytes),
    typeof arch.smp === 'string' ? '1' : '1-8',
    zonesOf(arch),
    bytesText(arch.maxPfn * arch.pageBytes),
  ]);
  const head = ['arch', 'page', 'CPUs', 'zones', 'most RAM'];
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map(row => row[i].length)));
  return [head, ...rows]
    .map(
      row =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i]))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function zonesOf(arch: Arch): string {
  const zones: string[] = [];
  const end = (pfn: number): string => (pfn < arch.maxPfn ? ` to ${bytesText(pfn * arch.pageBytes)}` : '');
  zones.push(`DMA${end(arch.dmaEndPfn)}`);
  if (arch.normalEndPfn > arch.dmaEndPfn) zones.push(`Normal${end(arch.normalEndPfn)}`);
  if (arch.maxPfn > arch.normalEndPfn) zones.push('HighMem');
  return zones.join(', ');
}

/** The tables of docs/machines.md: facts across, and where each comes from. */
export function archesMarkdown(): string {
  const arches: Arch[] = Object.values(ARCHES);
  const code = (text: string): string => `\`${text}\``;
  const address = (arch: Arch, at: number): string => code(addressText(arch, at));
  const range = (arch: Arch, start: number, end: number): string =>
    `${address(arch, start)} to ${address(arch, end)}`;
  const smpOf = (arch: Arch): Arch => (typeof arch.smp === 'string' ? arch : { ...arch, ...arch.smp });
  const both = (arch: Arch, value: (build: Arch) => number): string => {
    const [up, smp] = [value(arch), value(smpOf(arch))];
    return up === smp ? String(up) : `${up}; SMP ${smp}`;
  };
  const facts: [string, (arch: Arch) => string][] = [
    ['the machine', arch => arch.title],
    ['page', arch => bytesText(arch.pageBytes)],
    ['zones', zonesOf],
    ['most RAM', arch => `${bytesText(arch.maxPfn * arch.pageBytes)}: ${arch.maxReason}`],
    ['CPUs', arch => (typeof arch.smp === 'string' ? `1: ${arch.smp}` : '1 to 8')],
    ['PAGE_OFFSET', arch => address(arch, arch.pageOffset)],
    [
      'vmalloc window',
      arch =>
        arch.vmalloc.start === null
          ? `a multiple of ${bytesText(arch.vmalloc.offset)}, ${arch.vmalloc.gap + 1 === 2 * arch.vmalloc.offset ? 'one to two of them' : 'up to one of them'} behind the direct mapping, to ${address(arch, arch.vmalloc.end)}`
          : range(arch, arch.vmalloc.start, arch.vmalloc.end),
    ],
    [
      'vmalloc() works here',
      arch => (arch.pgdirBytes > 0 ? `yes, ${bytesText(arch.pgdirBytes)} a page table` : 'no'),
    ],
    [
      'kmap pool',
      arch =>
        arch.kmap === null ? 'none' : `${arch.kmap.lastPkmap} pages at ${address(arch, arch.kmap.pkmapBase)}`,
    ],
    [
      'kmap_atomic slots',
      arch => {
        if (arch.kmap === null) return 'none';
        const first = (build: Arch): string =>
          address(build, build.kmap!.fixaddrTop + build.kmap!.fixmapStep * build.kmap!.fixKmapBegin);
        const smp = first(smpOf(arch)) === first(arch) ? '' : `; SMP ${first(smpOf(arch))}`;
        return `${arch.kmap.kmTypeNr} a CPU, ${arch.kmap.fixmapStep < 0 ? 'down' : 'up'} from ${first(arch)}${smp}`;
      },
    ],
    ['THREAD_SIZE', arch => bytesText(arch.threadSize)],
    ['struct thread_info', arch => String(arch.threadInfoBytes)],
    ['L1 line', arch => String(arch.l1CacheBytes)],
    ['struct page', arch => String(arch.structPageBytes)],
    ['wait_queue_head_t', arch => both(arch, build => build.waitQueueHeadBytes)],
    ['struct slab', arch => String(arch.slabBytes)],
    ['kmem_cache_t', arch => both(arch, build => build.kmemCacheBytes)],
    ['struct vm_struct', arch => String(arch.vmStructBytes)],
    ['HZ', arch => String(arch.hz)],
    [
      'reserved by `boot: real`',
      arch =>
        arch.usualReserve
          .map(([at, bytes]) =>
            at === 0 ? `to ${bytesText(bytes)}` : `${bytesText(at)} to ${bytesText(at + bytes)}`,
          )
          .join(', '),
    ],
    [
      'boot options',
      arch =>
        arch.hasHighmemOption
          ? '`mem=`, `highmem=`, `vmalloc=`'
          : `\`mem=\` (${[...arch.memOption.suffixes].join(', ')})`,
    ],
  ];
  let text = '';
  for (const arch of arches) {
    const rows = facts.map(([name, of]) => [name, of(arch)]);
    const sources = Object.entries(arch.sources).map(([name, source]) => `- ${name}: ${source}\n`);
    text += `### ${arch.name}\n\n${markdownTable(['fact', arch.name], rows)}\nSources in 2.6.0:\n\n${sources.join('')}\n`;
  }
  return `${text.trimEnd()}\n`;
}
