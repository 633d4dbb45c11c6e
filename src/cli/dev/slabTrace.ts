/** Slab operations of a trace: caches, objects, kmalloc, reaping, and dumps of caches. */
import {
  arrayHash,
  arrayInfo,
  cacheChain,
  cacheInfo,
  cacheName,
  cacheOf,
  cacheReap,
  FNV_START,
  findCache,
  fnvHex,
  indexInSlab,
  kfree,
  kmalloc,
  kmemCacheAlloc,
  kmemCacheCreate,
  kmemCacheDestroy,
  kmemCacheFree,
  kmemCacheShrink,
  NIL,
  objectAt,
  objectPaddr,
  type SlabAllocator,
  type SlabListName,
  slabListHash,
  slabPfn,
  slabsOn,
} from '../../engine/index.ts';
import { answer, contextOf, jsonField, type LineHandler, request, type TraceRun } from './trace.ts';

/** Lines after `S` or `g` that show one cache each. */
export const CACHE_DUMP_TAGS: readonly string[] = ['Y', 'G'];

export const SLAB_LINES: Readonly<Record<string, LineHandler>> = {
  C: create,
  k: (run, fields) => {
    const s = slabOf(run);
    const [, name, gfp, cpu, ctx] = fields;
    const obj = kmemCacheAlloc(s, cacheNamed(s, name), Number(gfp), Number(cpu ?? 0), contextOf(ctx));
    run.same(request(fields, 5), answer(fields, 5, 3), place(s, obj));
    run.op++;
  },
  u: (run, fields) => {
    const s = slabOf(run);
    const [, name, paddr, cpu] = fields;
    if (Number(paddr) >= 0) kmemCacheFree(s, cacheNamed(s, name), objectNamed(s, paddr), Number(cpu ?? 0));
    run.op++;
  },
  m: malloc,
  q: (run, fields) => {
    const s = slabOf(run);
    if (Number(fields[1]) >= 0) kfree(s, objectNamed(s, fields[1]), Number(fields[2] ?? 0));
    run.op++;
  },
  s: (run, fields) => {
    const s = slabOf(run);
    const left = kmemCacheShrink(s, cacheNamed(s, fields[1]), 0);
    run.same(request(fields, 2), answer(fields, 2, 1), String(left));
    run.op++;
  },
  x: (run, fields) => {
    const s = slabOf(run);
    const left = kmemCacheDestroy(s, cacheNamed(s, fields[1]), 0);
    run.same(request(fields, 2), answer(fields, 2, 1), String(left));
    run.op++;
  },
  R: (run, fields) => {
    const s = slabOf(run);
    s.jiffies = Number(fields[2]);
    cacheReap(s, Number(fields[1]));
    run.op++;
  },
  S: () => {},
  g: () => {},
  Y: (run, fields) => {
    const s = slabOf(run);
    const expected = jsonField(fields, 1);
    const cache = nextInDump(run, String(expected['cache']));
    if (cache !== 0)
      run.compareFields(`dump of cache ${expected['cache']}`, expected, cacheDump(run, s, cache));
  },
  G: (run, fields) => {
    const expected = jsonField(fields, 1);
    const cache = nextInDump(run, String(expected['name']));
    if (cache !== 0)
      run.compareFields(`geometry of cache ${expected['name']}`, expected, geometry(slabOf(run), cache));
  },
};

export function slabOf(run: TraceRun): SlabAllocator {
  const { slab } = run.machine;
  if (slab === null) throw new RangeError('a slab operation on a machine whose header says slab 0');
  return slab;
}

function cacheNamed(s: SlabAllocator, name: string): number {
  const cache = findCache(s, name);
  if (cache === 0) throw new RangeError(`there is no cache '${name}'`);
  return cache;
}

function objectNamed(s: SlabAllocator, paddr: string): number {
  const obj = objectAt(s, Number(paddr));
  if (obj === NIL) throw new RangeError(`no object begins at ${paddr}`);
  return obj;
}

function place(s: SlabAllocator, obj: number): string {
  return obj === NIL ? '-1 -1 -1' : `${objectPaddr(s, obj)} ${slabPfn(s, obj)} ${indexInSlab(obj)}`;
}

function create(run: TraceRun, fields: readonly string[]): void {
  const s = slabOf(run);
  const [, name, size, offset, flags] = fields;
  const cache = kmemCacheCreate(s, name, Number(size), Number(offset), Number(flags), 0);
  const what = request(fields, 5);
  if (fields.length > 5) {
    const expected = JSON.parse(fields[5]) as Record<string, unknown> | null;
    if (cache === 0 || expected === null)
      run.same(what, expected === null ? 'no cache' : 'a cache', cache === 0 ? 'no cache' : 'a cache');
    else run.compareFields(what, expected, geometry(s, cache));
  }
  run.op++;
}

function malloc(run: TraceRun, fields: readonly string[]): void {
  const s = slabOf(run);
  const [, size, gfp, cpu, ctx] = fields;
  const obj = kmalloc(s, Number(size), Number(gfp), Number(cpu ?? 0), contextOf(ctx));
  // Which cache a failed kmalloc names is not part of the format.
  if (obj !== NIL) run.same(request(fields, 5), answer(fields, 5, 1), cacheName(s, cacheOf(s, obj)));
  run.same(request(fields, 5), answer(fields, 6, 3), place(s, obj));
  run.op++;
}

/** A dump shows every cache, newest first; one out of turn or unknown is a divergence. @returns 0 for an unknown one */
function nextInDump(run: TraceRun, name: string): number {
  const s = slabOf(run);
  run.dumpLeft ??= cacheChain(s).map(cache => cacheName(s, cache));
  const next = run.dumpLeft.shift();
  if (next !== name) run.differ('next cache of the dump', name, next ?? 'none left');
  return findCache(s, name);
}

/** A line that is not of a dump: caches that the dump before it did not show are a divergence. */
export function endDump(run: TraceRun): void {
  if (run.dumpLeft !== null && run.dumpLeft.length > 0)
    run.differ('caches of the dump', 'none left', run.dumpLeft.join(' '));
  run.dumpLeft = null;
}

/** Geometry of a cache as `C`, `G` and `T` lines show it. */
export function geometry(s: SlabAllocator, cache: number): Record<string, unknown> {
  const info = cacheInfo(s, cache);
  const { name, objsize, num, order, colour, colourOff, slabpCache, mgmt, limit, batchcount, shared } = info;
  const flags = `0x${info.flags.toString(16)}`;
  return {
    name,
    objsize,
    num,
    order,
    colour,
    colourOff,
    offSlab: info.offSlab ? 1 : 0,
    slabpCache,
    mgmt,
    limit,
    batchcount,
    shared,
    freeLimit: info.freeLimit,
    flags,
  };
}

/** The `Y` line of one cache. */
function cacheDump(run: TraceRun, s: SlabAllocator, cache: number): Record<string, unknown> {
  const { name, desc, colourNext, freeObjects, freeTouched } = cacheInfo(s, cache);
  const list = (which: SlabListName) => {
    const slabs = slabsOn(s, cache, which);
    const inuse = slabs.reduce((sum, slab) => sum + slab.inuse, 0);
    return [slabs.length, inuse, fnvHex(slabListHash(s, cache, which))];
  };
  const array = (cpu: number) => {
    const info = arrayInfo(s, cache, cpu);
    if (info === null) return [0, 0, fnvHex(FNV_START)];
    return [info.entries.length, info.touched, fnvHex(arrayHash(s, info.entries))];
  };
  const cpu = [];
  for (let i = 0; i < run.machine.cpus; i++) cpu.push(array(i));
  return {
    op: run.op,
    cache: name,
    desc,
    colourNext,
    freeObjects,
    freeTouched,
    partial: list('partial'),
    full: list('full'),
    free: list('free'),
    cpu,
    shared: array(NIL),
  };
}
