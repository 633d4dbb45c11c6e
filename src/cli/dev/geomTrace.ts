/** Lines of a geometry file: sizes and limits, and caches that are created and destroyed at once. */
import { kmemCacheCreate, kmemCacheDestroy } from '../../engine/index.ts';
import { geometry, slabOf } from './slabTrace.ts';
import { jsonField, type LineHandler, type TraceRun } from './trace.ts';

export const GEOM_LINES: Readonly<Record<string, LineHandler>> = {
  K: (run, fields) => {
    const { arch } = run.machine;
    const s = slabOf(run);
    run.compareFields('sizes and limits', jsonField(fields, 1), {
      sizeof_kmem_cache_t: arch.kmemCacheBytes,
      sizeof_slab: arch.slabBytes,
      sizeof_array_cache: arch.arrayCacheBytes,
      sizeof_bufctl: 4,
      sizeof_arraycache_init: arch.arrayCacheBytes + arch.longBytes,
      offslab_limit: s.offslabLimit,
      slab_break_gfp_order: s.breakOrder,
    });
  },
  T: create,
};

function create(run: TraceRun, fields: readonly string[]): void {
  const s = slabOf(run);
  const { size, offset, flagsIn, geom } = jsonField(fields, 1) as {
    size: number;
    offset: number;
    flagsIn: string;
    geom: Record<string, unknown> | null;
  };
  const what = `cache of size ${size}, offset ${offset}, flags ${flagsIn}`;
  const name = String(geom?.['name'] ?? `t${run.op}`);
  const cache = kmemCacheCreate(s, name, size, offset, Number(flagsIn), 0);
  if (cache === 0 || geom === null)
    run.same(what, geom === null ? 'no cache' : 'a cache', cache === 0 ? 'no cache' : 'a cache');
  else run.compareFields(what, geom, geometry(s, cache));
  if (cache !== 0) run.same(`${what}, destroyed`, '0', String(kmemCacheDestroy(s, cache, 0)));
  run.op++;
}
