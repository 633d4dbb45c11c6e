import { nearest } from '../contract/nearest.ts';
import type { CachePlan, FilePlan, NamedPlan } from '../contract/plan.ts';
import {
  findCache,
  kmemCacheCreate,
  type Machine,
  SLAB_CACHE_DMA,
  SLAB_HWCACHE_ALIGN,
  SLAB_MUST_HWCACHE_ALIGN,
  SLAB_NO_REAP,
  SLAB_RECLAIM_ACCOUNT,
} from '../engine/index.ts';
import type { Located } from './document.ts';
import { type Findings, oneOf, quote } from './findings.ts';
import type { MachineParts } from './kernelOptions.ts';
import { quantity, SIZE } from './quantity.ts';
import { booleanOf, entryCount, field, integerOf, sizeText, textOf } from './values.ts';

/** Flags that kmem_cache_create() of a kernel without CONFIG_DEBUG_SLAB takes. Source: mm/slab.c, CREATE_MASK */
export const SLAB_FLAGS: Readonly<Record<string, number>> = {
  SLAB_HWCACHE_ALIGN,
  SLAB_MUST_HWCACHE_ALIGN,
  SLAB_NO_REAP,
  SLAB_CACHE_DMA,
  SLAB_RECLAIM_ACCOUNT,
};

/** DEFAULT_SEEKS of include/linux/mm.h: what set_shrinker() of the dentry and inode caches is told. */
const DEFAULT_SEEKS = 2;

/** Objects of up to 2^MAX_OBJ_ORDER pages. Source: mm/slab.c */
const MAX_OBJECT_PAGES = 32;

/** 16 TiB of a page cache of 4 KiB pages, as 32-bit page indices have it; here far less, for the sake of the host. */
const MAX_FILE_PAGES = 1 << 24;

/**
 * What steps name: caches and files that the workload declares, locks and functions that are there once they are
 * mentioned. Numbers are places in the lists of the plan.
 */
export class Names {
  readonly caches: CachePlan[] = [];
  readonly files: FilePlan[] = [];
  readonly locks: string[] = [];
  readonly functions: string[] = [];
  /** Places of the caches, for what only a booted machine can say of them. */
  readonly cacheNodes: Located[] = [];
  /** Number of every name that could be read; NIL for those with another fault. */
  private readonly cacheNumbers = new Map<string, number>();
  private readonly fileNumbers = new Map<string, number>();
  /** Names that were told to be unknown: once is enough. */
  private readonly told = new Set<string>();
  private cachesKnown = true;
  private filesKnown = true;
  private readonly findings: Findings;

  constructor(findings: Findings, workload: Located | undefined, machine: MachineParts, pageBytes: number) {
    this.findings = findings;
    const caches = field(workload, 'caches');
    const files = field(workload, 'files');
    if (caches !== undefined && !caches.items?.length) this.cachesKnown = false;
    if (files !== undefined && !files.items?.length) this.filesKnown = false;
    if (caches !== undefined && !machine.slab) lacks(findings, machine, caches, 'slab');
    if (files !== undefined && !machine.disk) lacks(findings, machine, files, 'disk');
    for (const item of caches?.items ?? []) this.addCache(item, machine, pageBytes);
    for (const item of files?.items ?? []) this.addFile(item, pageBytes);
  }

  /** Absent where nothing is named. */
  plan(): NamedPlan | undefined {
    const { caches, files, locks, functions } = this;
    return [caches, files, locks, functions].some(list => list.length > 0)
      ? { caches, files, locks, functions }
      : undefined;
  }

  /** The cache that a step names; undefined after a finding, or where it may be one with another fault. */
  cache(node: Located | undefined): { number: number; plan: CachePlan } | undefined {
    const number = this.look(node, this.cacheNumbers, this.cachesKnown, 'E-CACHE-UNKNOWN', 'cache', 'caches');
    return number === undefined ? undefined : { number, plan: this.caches[number] };
  }

  file(node: Located | undefined): { number: number; plan: FilePlan } | undefined {
    const number = this.look(node, this.fileNumbers, this.filesKnown, 'E-DATA-FILE-UNKNOWN', 'file', 'files');
    return number === undefined ? undefined : { number, plan: this.files[number] };
  }

  lock(name: string): number {
    return numberOf(this.locks, name);
  }

  function(name: string): number {
    return numberOf(this.functions, name);
  }

  private look(
    node: Located | undefined,
    numbers: ReadonlyMap<string, number>,
    allKnown: boolean,
    code: string,
    noun: string,
    key: string,
  ): number | undefined {
    const name = textOf(node);
    if (node === undefined || name === undefined || this.findings.isFaulty(node)) return undefined;
    const number = numbers.get(name);
    if (number !== undefined) return number < 0 ? undefined : number;
    const names = [...numbers.keys()];
    const suggestions = nearest(name, names);
    if (this.told.has(`${noun} ${name}`) || (!allKnown && suggestions.length === 0)) return undefined;
    this.told.add(`${noun} ${name}`);
    this.findings.error(node, code, `the workload has no ${noun} ${quote(name)}`, {
      expected: names.length > 0 ? oneOf(names) : `a name of the list \`${key}\` of the workload`,
      suggestions,
    });
    return undefined;
  }

  /** Enters a name; false when it is taken or cannot be read. */
  private enter(item: Located, numbers: Map<string, number>, code: string, noun: string): string | undefined {
    const node = field(item, 'name');
    const name = textOf(node);
    if (node === undefined || name === undefined || this.findings.isFaulty(node)) {
      if (numbers === this.cacheNumbers) this.cachesKnown = false;
      else this.filesKnown = false;
      return undefined;
    }
    if (numbers.has(name)) {
      this.findings.error(node, code, `a ${noun} ${quote(name)} is in the list already`, {
        expected: 'a name of its own',
      });
      return undefined;
    }
    numbers.set(name, -1);
    return name;
  }

  private addCache(item: Located, machine: MachineParts, pageBytes: number): void {
    const { findings } = this;
    const name = this.enter(item, this.cacheNumbers, 'E-CACHE-DUPLICATE', 'cache');
    const sizeNode = field(item, 'size');
    const offsetNode = field(item, 'offset');
    const size = quantity(findings, sizeNode, SIZE);
    const offset = offsetNode === undefined ? 0 : quantity(findings, offsetNode, SIZE);
    const flags = this.flags(field(item, 'flags'));
    const entriesNode = field(item, 'entries');
    const entries = entriesNode === undefined ? 0 : entryCount(findings, entriesNode);
    if (entriesNode !== undefined && !machine.disk && machine.slab && !machine.told.has('disk')) {
      machine.told.add('disk');
      const message = '`entries` are what reclaim shrinks, and a machine without a disk has none';
      findings.error(entriesNode.key ?? entriesNode, 'E-MACHINE-LACKS', message, {
        expected: 'a `disk` in `machine`, or no `entries`',
      });
    }
    const longBytes = machine.arch?.longBytes ?? 4;
    if (
      sizeNode !== undefined &&
      size !== undefined &&
      !(size >= longBytes && size <= MAX_OBJECT_PAGES * pageBytes)
    ) {
      const message = `${quote(sizeNode.source)} is no size of an object: kmem_cache_create() has BUG() for it`;
      findings.error(sizeNode, 'E-CACHE', message, {
        expected: `${longBytes}B to ${sizeText(MAX_OBJECT_PAGES * pageBytes)}`,
      });
      return;
    }
    if (name === undefined || size === undefined || offset === undefined || flags === undefined) return;
    if (entries === undefined) return;
    if (offsetNode !== undefined && offset > size) {
      const message = `the colour offset ${quote(offsetNode.source)} is larger than the object: kmem_cache_create() has BUG() for it`;
      findings.error(offsetNode, 'E-CACHE', message, { expected: `0B to ${sizeText(size)}` });
      return;
    }
    const seeks = integerOf(field(item, 'seeks')) ?? (entries > 0 ? DEFAULT_SEEKS : 0);
    const hasConstructor = booleanOf(field(item, 'constructor'), false);
    this.cacheNumbers.set(name, this.caches.length);
    this.caches.push({ name, size, offset, flags, constructor: hasConstructor, entries, seeks });
    this.cacheNodes.push(item);
  }

  private flags(node: Located | undefined): number | undefined {
    let flags = 0;
    for (const item of node?.items ?? []) {
      const name = textOf(item);
      if (name === undefined || !Object.hasOwn(SLAB_FLAGS, name)) return undefined;
      if ((flags & SLAB_FLAGS[name]) !== 0)
        this.findings.error(item, 'E-DUPLICATE', `${quote(name)} is in the list twice`, {
          expected: 'each once',
        });
      flags |= SLAB_FLAGS[name];
    }
    return flags;
  }

  private addFile(item: Located, pageBytes: number): void {
    const { findings } = this;
    const name = this.enter(item, this.fileNumbers, 'E-DATA-FILE-DUPLICATE', 'file');
    const sizeNode = field(item, 'size');
    const size = quantity(findings, sizeNode, SIZE);
    if (sizeNode === undefined || size === undefined) return;
    const pages = Math.ceil(size / pageBytes);
    if (pages < 1 || pages > MAX_FILE_PAGES) {
      findings.error(sizeNode, 'E-RANGE', `a file of ${quote(sizeNode.source)}`, {
        expected: `1B to ${sizeText(MAX_FILE_PAGES * pageBytes)}`,
      });
      return;
    }
    if (name === undefined) return;
    this.fileNumbers.set(name, this.files.length);
    this.files.push({ name, pages });
  }
}

/** Creates the caches on a machine that boots: some faults only show there. */
export function checkCaches(findings: Findings, names: Names, machine: Machine): void {
  const { slab } = machine;
  for (let i = 0; slab !== null && i < names.caches.length; i++) {
    const { name, size, offset, flags } = names.caches[i];
    const node = names.cacheNodes[i];
    const place = field(node, 'name') ?? node;
    if (findCache(slab, name) !== 0) {
      findings.error(place, 'E-CACHE-DUPLICATE', `the kernel has a cache ${quote(name)} of its own`, {
        expected: 'another name',
      });
      continue;
    }
    let fault = '';
    try {
      if (kmemCacheCreate(slab, name, size, offset, flags, 0) === 0) fault = 'no slab holds such an object';
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      fault = error.message;
    }
    if (fault === '') continue;
    findings.error(place, 'E-CACHE', `the cache ${quote(name)} cannot be created: ${fault}`, {
      expected: 'objects of another size, or more RAM',
    });
  }
}

function lacks(findings: Findings, machine: MachineParts, node: Located, part: 'slab' | 'disk'): void {
  machine.told.add(part);
  const place = node.key ?? node;
  const [what, expected] = part === 'slab' ? ['the slab allocator', '`slab: true`'] : ['a disk', 'a `disk`'];
  const message = `${quote(findings.textOf(place))} need ${what}, and this machine has none`;
  findings.error(place, 'E-MACHINE-LACKS', message, { expected: `${expected} in \`machine\`` });
}

function numberOf(list: string[], name: string): number {
  const number = list.indexOf(name);
  return number < 0 ? list.push(name) - 1 : number;
}
