/** A policy of numbers only, written out as the policy that it stands for. */
import type { PolicySource } from '../contract/policy.ts';
import { TUNABLES } from '../contract/tunables.ts';

const DEFINE = "import { definePolicy } from 'oomph';";

/** Zones kept: of a request whose own zone is another, and is there, more pages must stay free. */
const RESERVE = `  watermark(request, mem) {
    const wanted = request.gfp & mem.__GFP_HIGHMEM ? mem.HIGHMEM : request.gfp & mem.__GFP_DMA ? mem.DMA : mem.NORMAL;
    const own = mem.present(wanted) > 0 ? wanted : mem.present(mem.NORMAL) > 0 && wanted > mem.DMA ? mem.NORMAL : mem.DMA;
    if (request.zone === own) return request.linux;
    return request.linux + (request.zone === mem.DMA ? DMA_PAGES : NORMAL_PAGES);
  },`;

/** One hook from the tunables that belong to it; `value` answers what was set, or the expression that Linux goes by. */
const WRITERS: Readonly<Record<string, (value: (name: string, linux: string) => string) => string>> = {
  watermark: value =>
    RESERVE.replace('DMA_PAGES', value('reserve.DMA', '0')).replace(
      'NORMAL_PAGES',
      value('reserve.Normal', '0'),
    ),
  pcp: value => {
    const batch = value('pcp.batch', 'request.batch');
    return `  pcp: request =>
    request.refill === 1
      ? request.count <= ${value('pcp.low', 'request.low')} ? ${batch} : 0
      : request.count >= ${value('pcp.high', 'request.high')} ? Math.min(${batch}, request.count) : 0,`;
  },
  coalesce: value => `  coalesce: request => Math.max(request.order, ${value('coalesce.order', '10')}),`,
  kswapd: value => `  kswapd: (request, mem) =>
    Math.min(
      mem.present(request.zone),
      Math.floor((request.linux * (request.pass === 1 ? ${value('kswapd.low', '100')} : ${value('kswapd.high', '100')})) / 100),
    ),`,
  slabLimit: value => `  slabLimit: request => Math.min(request.linux, ${value('slab.limit', '120')}),`,
  slabReap: value => `  slabReap: request => Math.floor((request.free * ${value('slab.reap', '0')}) / 100),`,
  route: value => `  route: (request, mem) =>
    request.bytes > ${value('route.vmalloc_above', '131072')} && request.context === 0 && mem.vmallocLargest() > 0
      ? mem.ROUTE_VMALLOC
      : mem.AS_LINUX,`,
  frame: value =>
    `  frame: (request, mem) => (request.bytes > ${value('frame.kmalloc_above', '65536')} ? mem.FRAME_KMALLOC : mem.FRAME_STACK),`,
  interrupt: value =>
    `  interrupt: (request, mem) => (request.room < ${value('interrupt.room', '0')} ? mem.INTERRUPT_DEFER : mem.INTERRUPT_NEST),`,
};

/**
 * @param file    name of the file they were read from
 * @param values  by name in TUNABLES, each within its range
 * @returns       the source of a policy that counts as many tokens as there are values
 */
export function tunablesSource(file: string, values: ReadonlyMap<string, number>): PolicySource {
  const hooks = new Set([...values.keys()].map(name => TUNABLES[name].hook));
  const members = [...hooks].map(hook =>
    WRITERS[hook]((name, linux) => {
      const value = values.get(name);
      return value === undefined ? linux : String(value);
    }),
  );
  const entry = `${file}.js`;
  return {
    entry,
    files: [
      { path: entry, text: [DEFINE, 'export default definePolicy({', ...members, '});', ''].join('\n') },
    ],
    tunables: values.size,
  };
}
