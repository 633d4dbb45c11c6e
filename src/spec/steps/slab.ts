import type { CachePlan } from '../../contract/plan.ts';
import { __GFP_DMA, SLAB_CACHE_DMA } from '../../engine/index.ts';
import type { Located } from '../document.ts';
import { quote } from '../findings.ts';
import { readGfp } from '../gfp.ts';
import { SIZE } from '../quantity.ts';
import { COUNT_DIST, type DistKind, distribution, field, leastOf, textOf } from '../values.ts';
import { isAgain, type RunReader, type StepReader } from './run.ts';

/** Size of the largest general cache. Source: include/linux/kmalloc_sizes.h */
export const MAX_KMALLOC = 128 << 10;

const KMALLOC_DIST: DistKind = {
  quantity: SIZE,
  noun: 'a size',
  kinds: ['uniform', 'choice', 'in_turn'],
  expected: 'a size such as 200B, or {uniform: [32B, 2KiB]}, {choice: {96B: 5, 4KiB: 1}}',
  check(findings, node, text, bytes) {
    if (bytes >= 1 && bytes <= MAX_KMALLOC) return bytes;
    const message =
      bytes === 0
        ? 'kmalloc of nothing'
        : `${quote(text)} is more than the largest general cache has: NULL each time`;
    findings.error(node, 'E-KMALLOC-SIZE', message, {
      expected: '1B to 128KiB; more with alloc_pages or vmalloc',
    });
    return undefined;
  },
};

const kmalloc: StepReader = (run, name, node, scope) => {
  const able = run.needs(node, name, 'slab');
  const bytes = distribution(run.findings, field(node, 'size'), KMALLOC_DIST);
  const gfp = readGfp(run.findings, field(node, 'gfp'), run.caller(true));
  const onFail = run.onFail(field(node, 'on_fail'));
  run.indirect = true;
  const as = run.take(node, scope, 'kmalloc', bytes === undefined ? {} : { bytes: leastOf(bytes) });
  if (!able || as === undefined || bytes === undefined || gfp === undefined || onFail === undefined)
    return undefined;
  return { kind: 'kmalloc', as, bytes, gfp, onFail, ...run.position(node) };
};

const kfree: StepReader = (run, name, node, scope) => {
  const nameNode = node.entries === null ? node : field(node, 'object');
  const again = isAgain(node);
  const held = run.give(nameNode, scope, name, 'kmalloc', again);
  const object = textOf(nameNode);
  if (held === undefined || object === undefined) return undefined;
  return { kind: 'kfree', name: object, ...(again ? { again } : {}) };
};

const cacheAlloc: StepReader = (run, name, node, scope) => {
  const able = run.needs(node, name, 'slab');
  const cache = able ? run.frame.names.cache(field(node, 'cache')) : undefined;
  const gfp = readGfp(run.findings, field(node, 'gfp'), run.caller(true));
  const onFail = run.onFail(field(node, 'on_fail'));
  if (cache !== undefined && gfp !== undefined) checkDma(run, field(node, 'cache') ?? node, cache.plan, gfp);
  run.indirect = true;
  const facts = cache === undefined ? {} : { cache: cache.number, bytes: cache.plan.size };
  const as = run.take(node, scope, 'object', facts);
  if (as === undefined || cache === undefined || gfp === undefined || onFail === undefined) return undefined;
  return { kind: 'cache_alloc', as, cache: cache.number, gfp, onFail, ...run.position(node) };
};

/** Masks and caches agree on DMA memory, or there is a BUG() when the cache grows. Source: mm/slab.c, kmem_flagcheck() */
function checkDma(run: RunReader, node: Located, cache: CachePlan, gfp: number): void {
  const wants = (gfp & __GFP_DMA) !== 0;
  const has = (cache.flags & SLAB_CACHE_DMA) !== 0;
  if (wants === has) return;
  const message = wants
    ? `the mask asks for DMA memory, and ${quote(cache.name)} has none: a BUG() when it grows`
    : `the slabs of ${quote(cache.name)} are DMA memory, and the mask does not ask for it: a BUG() when it grows`;
  run.findings.warning(node, 'W-GFP-CACHE', message, {
    expected: wants
      ? 'a cache with SLAB_CACHE_DMA, or no GFP_DMA'
      : 'GFP_DMA in the mask, or no SLAB_CACHE_DMA',
  });
}

const cacheFree: StepReader = (run, name, node, scope) => {
  const nameNode = node.entries === null ? node : field(node, 'object');
  const again = isAgain(node);
  const held = run.give(nameNode, scope, name, 'object', again);
  const object = textOf(nameNode);
  if (held === undefined || object === undefined || held.cache < 0) return undefined;
  return { kind: 'cache_free', name: object, cache: held.cache, ...(again ? { again } : {}) };
};

const cacheShrink: StepReader = (run, name, node) => {
  run.acts = true;
  if (!run.needs(node, name, 'slab')) return undefined;
  run.maySleep(node, name);
  const cache = run.frame.names.cache(node);
  return cache === undefined ? undefined : { kind: 'cache_shrink', cache: cache.number };
};

const lookup: StepReader = (run, name, node) => {
  const { findings, frame } = run;
  run.acts = true;
  run.indirect = true;
  if (!run.needs(node, name, 'disk') || !run.needsProcess(node, name)) return undefined;
  run.maySleep(node, name);
  const cacheNode = field(node, 'cache');
  const cache = frame.names.cache(cacheNode);
  if (cache !== undefined && cacheNode !== undefined && cache.plan.entries === 0) {
    findings.error(
      cacheNode,
      'E-CACHE-ENTRIES',
      `the cache ${quote(cache.plan.name)} has no \`entries\` to look up`,
      {
        expected: 'a cache with `entries`, such as `entries: 50000`',
      },
    );
    return undefined;
  }
  const entries = cache?.plan.entries ?? Number.POSITIVE_INFINITY;
  const entry = distribution(findings, field(node, 'entry'), {
    ...COUNT_DIST,
    noun: 'an entry',
    // What an exponential draws beyond the last begins again at the first.
    kinds: ['uniform', 'exponential', 'choice', 'in_turn'],
    expected: 'a number from 0, or {uniform: [0, 999]}, {exponential: 200}, {choice: {0: 5, 1: 1}}',
    check(_, place, text, value) {
      if (value < entries) return value;
      findings.error(place, 'E-CACHE-ENTRIES', `there is no entry ${quote(text)}`, {
        expected: `0 to ${entries - 1}`,
      });
      return undefined;
    },
  });
  return cache === undefined || entry === undefined
    ? undefined
    : { kind: 'lookup', cache: cache.number, entry };
};

export const SLAB_STEPS: Readonly<Record<string, StepReader>> = {
  kmalloc,
  kfree,
  kmem_cache_alloc: cacheAlloc,
  kmem_cache_free: cacheFree,
  kmem_cache_shrink: cacheShrink,
  lookup,
};
