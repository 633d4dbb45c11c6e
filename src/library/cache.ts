import {
  C_NUM,
  C_OBJSIZE,
  C_ORDER,
  cacheOf,
  findCache,
  isFree,
  KernelBug,
  kmemCacheAlloc,
  kmemCacheDestroy,
  kmemCacheFree,
  kmemCacheShrink,
  NIL,
  objectAt,
  objectVaddr,
  type SlabAllocator,
} from '../engine/index.ts';
import { bad, contextOf, cpuOf, gfpMask } from './asking.ts';
import type { Cache, Caller, Gfp } from './machineTypes.ts';

/** How a cache reaches the machine that it is on. */
export interface CacheHome {
  readonly slab: SlabAllocator;
  /** Do something that may sleep; undefined where it would for ever. @throws OomphError */
  ask<T>(operation: () => T): T | undefined;
}

export class SlabCache implements Cache {
  readonly name: string;
  readonly #home: CacheHome;
  #cache: number;

  constructor(home: CacheHome, cache: number, name: string) {
    this.#home = home;
    this.#cache = cache;
    this.name = name;
  }

  get objectBytes(): number {
    return this.#column(C_OBJSIZE);
  }

  get objectsPerSlab(): number {
    return this.#column(C_NUM);
  }

  get order(): number {
    return this.#column(C_ORDER);
  }

  alloc(gfp: Gfp = 'GFP_KERNEL', caller: Caller = {}): number | null {
    const { slab } = this.#home;
    const cache = this.#live();
    const mask = gfpMask(gfp);
    const cpu = cpuOf(slab.pgdat, caller);
    const ctx = contextOf(caller);
    const object = this.#home.ask(() => kmemCacheAlloc(slab, cache, mask, cpu, ctx));
    return object === undefined || object === NIL ? null : objectVaddr(slab, object);
  }

  free(address: number, caller: Caller = {}): void {
    const { slab } = this.#home;
    const cache = this.#live();
    const cpu = cpuOf(slab.pgdat, caller);
    const object = objectAt(slab, address - slab.pgdat.arch.pageOffset);
    if (object === NIL || cacheOf(slab, object) !== cache)
      throw bad(`no object of ${this.name} begins at ${address}: free what alloc() of this cache gave`);
    mustBeInUse(slab, cache, object);
    this.#home.ask(() => kmemCacheFree(slab, cache, object, cpu));
  }

  shrink(caller: Caller = {}): boolean {
    const { slab } = this.#home;
    const cache = this.#live();
    const cpu = cpuOf(slab.pgdat, caller);
    return this.#home.ask(() => kmemCacheShrink(slab, cache, cpu)) !== 0;
  }

  destroy(caller: Caller = {}): boolean {
    const { slab } = this.#home;
    const cache = this.#live();
    const cpu = cpuOf(slab.pgdat, caller);
    if (this.#home.ask(() => kmemCacheDestroy(slab, cache, cpu)) !== 0) return false;
    this.#cache = 0;
    return true;
  }

  #column(field: number): number {
    return this.#home.slab.ctl[this.#live() + field];
  }

  #live(): number {
    const { slab } = this.#home;
    if (this.#cache === 0 || findCache(slab, this.name) !== this.#cache)
      throw bad(`the cache ${this.name} is not there: it was destroyed, or restore() went back before it`);
    return this.#cache;
  }
}

/** In a head array a second free would go by unseen, as in the kernel, until something else breaks. @throws KernelBug */
export function mustBeInUse(slab: SlabAllocator, cache: number, object: number): void {
  if (isFree(slab, cache, object))
    throw new KernelBug('double-free', `the object at ${objectVaddr(slab, object)} is free already`);
}
