/**
 * The slab allocator once more, as plainly as it can be said: lists are arrays, an object is its physical address, and
 * nothing is done for speed. Pages come from the page allocator of a machine of its own.
 */
import {
  allocPages,
  boot,
  freePages,
  kmallocSizes,
  type Machine,
  type MachineConfig,
  NIL,
  type SlabLayout,
} from '../../src/engine/index.ts';

interface Slab {
  pfn: number;
  first: number;
  inuse: number;
  /** Free indexes, next one first. */
  freeIndexes: number[];
  mgmt: number;
}

interface Head {
  entries: number[];
  limit: number;
  batch: number;
  touched: boolean;
  /** Its kmalloc memory, NIL for a static one. */
  paddr: number;
}

export interface ModelCache {
  name: string;
  layout: SlabLayout;
  dma: boolean;
  noReap: boolean;
  slabpCache: ModelCache | null;
  desc: number;
  limit: number;
  batch: number;
  freeLimit: number;
  freeObjects: number;
  freeTouched: boolean;
  colourNext: number;
  nextReap: number;
  heads: (Head | null)[];
  shared: Head | null;
  partial: Slab[];
  full: Slab[];
  free: Slab[];
}

const KERNEL = 0xd0;

/** What kmem_cache_create works out from size, offset and flags. */
export type Layouter = (size: number, offset: number, flags: number) => SlabLayout;

export class SlabModel {
  readonly pages: Machine;
  readonly slabOfPage = new Map<number, { cache: ModelCache; slab: Slab }>();
  readonly general: { size: number; cache: ModelCache; dma: ModelCache }[] = [];
  private readonly layouter: Layouter;
  chain: ModelCache[] = [];
  cacheCache: ModelCache;
  online = 1;
  jiffies = 0;
  private up: 'none' | 'partial' | 'full' = 'none';
  private readonly nrCpus: number;

  constructor(config: MachineConfig, layouter: Layouter, cacheCacheLayout: SlabLayout) {
    this.pages = boot({ ...config, slab: false });
    this.layouter = layouter;
    this.nrCpus = this.pages.arch.nrCpus;
    this.cacheCache = this.blank('kmem_cache', cacheCacheLayout, 0x1000);
    this.cacheCache.heads[0] = { entries: [], limit: 1, batch: 1, touched: false, paddr: NIL };
    this.cacheCache.batch = 1;
    this.cacheCache.limit = 1;
    this.chain = [this.cacheCache];
    for (const size of kmallocSizes(4096, this.pages.arch.l1CacheBytes)) {
      const cache = this.create(`size-${size}`, size, 0, 0x2000)!;
      this.general.push({ size, cache, dma: cache });
      this.general[this.general.length - 1].dma = this.create(`size-${size}(DMA)`, size, 0, 0x6000)!;
    }
    this.cacheCache.heads[0]!.paddr = this.kmalloc(20, KERNEL, 0);
    this.general[0].cache.heads[0]!.paddr = this.kmalloc(20, KERNEL, 0);
    for (const cache of this.chain) this.enable(cache);
    this.up = 'full';
    for (let cpu = 1; cpu < config.cpus; cpu++) {
      for (const cache of this.chain) {
        cache.heads[cpu] = this.newHead(cache.limit, cache.batch);
        cache.freeLimit = (1 + this.online) * cache.batch + cache.layout.num;
      }
      this.online = cpu + 1;
    }
  }

  private blank(name: string, layout: SlabLayout, flags: number): ModelCache {
    return {
      name,
      layout,
      dma: (flags & 0x4000) !== 0,
      noReap: (flags & 0x1000) !== 0,
      slabpCache: layout.offSlab ? this.general.find(g => layout.mgmt <= g.size)!.cache : null,
      desc: 0,
      limit: 0,
      batch: 0,
      freeLimit: 0,
      freeObjects: 0,
      freeTouched: false,
      colourNext: 0,
      nextReap: 0,
      heads: new Array(this.nrCpus).fill(null),
      shared: null,
      partial: [],
      full: [],
      free: [],
    };
  }

  private newHead(limit: number, batch: number): Head | null {
    const paddr = this.kmalloc(4 * limit + 16, KERNEL, 0);
    return paddr === NIL ? null : { entries: [], limit, batch, touched: false, paddr };
  }

  create(name: string, size: number, offset: number, flags: number): ModelCache | null {
    const desc = this.alloc(this.cacheCache, KERNEL, 0, 0);
    if (desc === NIL) return null;
    const cache = this.blank(name, this.layouter(size, offset, flags), flags);
    cache.desc = desc;
    if (this.up === 'full') {
      this.enable(cache);
    } else {
      cache.heads[0] =
        this.up === 'none'
          ? { entries: [], limit: 1, batch: 1, touched: false, paddr: NIL }
          : this.newHead(1, 1);
      this.up = 'partial';
      cache.limit = 1;
      cache.batch = 1;
      cache.freeLimit = (1 + this.online) * cache.batch + cache.layout.num;
    }
    cache.nextReap = this.jiffies + 4000 + ((desc + 0xc0000000) % 4000);
    this.chain.unshift(cache);
    return cache;
  }

  private enable(cache: ModelCache): void {
    const { objsize } = cache.layout;
    const limit = objsize > 131072 ? 1 : objsize > 4096 ? 8 : objsize > 1024 ? 24 : objsize > 256 ? 54 : 120;
    const batch = Math.floor((limit + 1) / 2);
    const heads: (Head | null)[] = [];
    for (let i = 0; i < this.nrCpus; i++) {
      const head = this.newHead(limit, batch);
      if (head === null) {
        for (const given of heads.reverse()) this.kfree(given!.paddr, 0);
        return;
      }
      heads.push(head);
    }
    for (let cpu = 0; cpu < this.online; cpu++)
      [cache.heads[cpu], heads[cpu]] = [heads[cpu], cache.heads[cpu]];
    cache.limit = limit;
    cache.batch = batch;
    cache.freeLimit = (1 + this.online) * batch + cache.layout.num;
    for (const old of heads) {
      if (old === null) continue;
      this.freeBlock(cache, old.entries, 0);
      if (old.paddr !== NIL) this.kfree(old.paddr, 0);
    }
    const shared = this.nrCpus > 1 && objsize <= 4096 ? 8 : 0;
    const newShared = this.newHead(batch * shared, 0);
    if (newShared === null) return;
    cache.shared = newShared;
  }

  alloc(cache: ModelCache, gfp: number, cpu: number, ctx: number): number {
    const head = cache.heads[cpu]!;
    for (;;) {
      if (head.entries.length > 0) {
        head.touched = true;
        return head.entries.pop()!;
      }
      let batch = head.touched ? head.batch : Math.min(head.batch, 16);
      const { shared } = cache;
      if (shared !== null && shared.entries.length > 0) {
        batch = Math.min(batch, shared.entries.length);
        head.entries = shared.entries.splice(shared.entries.length - batch, batch);
        shared.touched = true;
        continue;
      }
      for (; batch > 0; batch--) {
        if (cache.partial.length === 0) {
          cache.freeTouched = true;
          if (cache.free.length === 0) break;
        }
        const slab = (cache.partial.length > 0 ? cache.partial : cache.free).shift()!;
        head.entries.push(slab.first + slab.freeIndexes.shift()! * cache.layout.objsize);
        slab.inuse++;
        cache.freeObjects--;
        (slab.freeIndexes.length === 0 ? cache.full : cache.partial).unshift(slab);
      }
      if (head.entries.length === 0 && !this.grow(cache, gfp, cpu, ctx) && head.entries.length === 0)
        return NIL;
    }
  }

  private grow(cache: ModelCache, gfp: number, cpu: number, ctx: number): boolean {
    const { order, colour, colourOff, mgmt, num } = cache.layout;
    let offset = cache.colourNext * colourOff;
    cache.colourNext = cache.colourNext + 1 >= colour ? 0 : cache.colourNext + 1;
    const pfn = allocPages(this.pages, gfp, order, cpu, ctx);
    if (pfn === NIL) return false;
    let management = NIL;
    if (cache.slabpCache !== null) {
      management = this.alloc(cache.slabpCache, gfp & 0x1ff0, cpu, ctx);
      if (management === NIL) {
        freePages(this.pages, pfn, order, cpu, 0);
        return false;
      }
    } else {
      offset += mgmt;
    }
    const freeIndexes = Array.from({ length: num }, (_, i) => i);
    const slab = { pfn, first: pfn * 4096 + offset, inuse: 0, freeIndexes, mgmt: management };
    for (let i = 0; i < 1 << order; i++) this.slabOfPage.set(pfn + i, { cache, slab });
    cache.free.push(slab);
    cache.freeObjects += num;
    return true;
  }

  private destroySlab(cache: ModelCache, slab: Slab, cpu: number): void {
    for (let i = 0; i < 1 << cache.layout.order; i++) this.slabOfPage.delete(slab.pfn + i);
    freePages(this.pages, slab.pfn, cache.layout.order, cpu, 0);
    if (slab.mgmt !== NIL) this.free(cache.slabpCache!, slab.mgmt, cpu);
  }

  private freeBlock(cache: ModelCache, objects: readonly number[], cpu: number): void {
    cache.freeObjects += objects.length;
    for (const paddr of objects) {
      const { slab } = this.slabOfPage.get(Math.floor(paddr / 4096))!;
      for (const list of [cache.partial, cache.full]) {
        const at = list.indexOf(slab);
        if (at >= 0) list.splice(at, 1);
      }
      slab.freeIndexes.unshift((paddr - slab.first) / cache.layout.objsize);
      slab.inuse--;
      if (slab.inuse > 0) {
        cache.partial.push(slab);
      } else if (cache.freeObjects > cache.freeLimit) {
        cache.freeObjects -= cache.layout.num;
        this.destroySlab(cache, slab, cpu);
      } else {
        cache.free.unshift(slab);
      }
    }
  }

  free(cache: ModelCache, paddr: number, cpu: number): void {
    const head = cache.heads[cpu]!;
    if (head.entries.length >= head.limit) {
      const room = cache.shared === null ? 0 : cache.shared.limit - cache.shared.entries.length;
      const batch = room > 0 ? Math.min(room, head.batch) : head.batch;
      const oldest = head.entries.slice(0, batch);
      if (room > 0) cache.shared!.entries.push(...oldest);
      else this.freeBlock(cache, oldest, cpu);
      head.entries.splice(0, batch);
    }
    head.entries.push(paddr);
  }

  kmalloc(bytes: number, gfp: number, cpu: number, ctx = 0): number {
    const found = this.general.find(g => bytes <= g.size);
    return found === undefined ? NIL : this.alloc((gfp & 1) !== 0 ? found.dma : found.cache, gfp, cpu, ctx);
  }

  kfree(paddr: number, cpu: number): void {
    this.free(this.slabOfPage.get(Math.floor(paddr / 4096))!.cache, paddr, cpu);
  }

  shrink(cache: ModelCache): number {
    for (let cpu = 0; cpu < this.online; cpu++) {
      const head = cache.heads[cpu];
      if (head === null) continue;
      this.freeBlock(cache, head.entries, cpu);
      head.entries = [];
    }
    if (cache.shared !== null) {
      this.freeBlock(cache, cache.shared.entries, 0);
      cache.shared.entries = [];
    }
    while (cache.free.length > 0) {
      const slab = cache.free.pop()!;
      cache.freeObjects -= cache.layout.num;
      this.destroySlab(cache, slab, 0);
    }
    return cache.full.length + cache.partial.length > 0 ? 1 : 0;
  }

  destroy(cache: ModelCache): number {
    this.chain.splice(this.chain.indexOf(cache), 1);
    if (this.shrink(cache) !== 0) {
      this.chain.unshift(cache);
      return 1;
    }
    for (const head of cache.heads) if (head !== null) this.kfree(head.paddr, 0);
    if (cache.shared !== null) this.kfree(cache.shared.paddr, 0);
    this.free(this.cacheCache, cache.desc, 0);
    return 0;
  }

  reap(cpu: number): void {
    for (const cache of this.chain) {
      if (cache.noReap) continue;
      const drain = (head: Head | null) => {
        if (head === null) return;
        if (head.touched) {
          head.touched = false;
          return;
        }
        const fifth = Math.floor((head.limit + 4) / 5);
        const { length } = head.entries;
        const count = fifth > length ? Math.floor((length + 1) / 2) : fifth;
        this.freeBlock(cache, head.entries.slice(0, count), cpu);
        head.entries.splice(0, count);
      };
      drain(cache.heads[cpu]);
      if (cache.nextReap > this.jiffies) continue;
      cache.nextReap = this.jiffies + 4000;
      drain(cache.shared);
      if (cache.freeTouched) {
        cache.freeTouched = false;
        continue;
      }
      const { num } = cache.layout;
      for (let left = Math.floor((cache.freeLimit + 5 * num - 1) / (5 * num)); left > 0; left--) {
        const slab = cache.free.shift();
        if (slab === undefined) break;
        cache.freeObjects -= num;
        this.destroySlab(cache, slab, cpu);
      }
    }
  }
}
