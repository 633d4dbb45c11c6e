/** Invariants of mm/data_cache, walked from scratch. Public: call it at any event. */
import { KernelBug } from '../lib/kernelBug.ts';
import type { DataCache } from '../mm/data_cache.ts';
import { NIL } from '../mm/page.ts';

/**
 * Throws KernelBug with the first invariant that does not hold:
 * - every line stands in the set that its address belongs to, once a CPU, before the empty ways
 * - a line that a CPU has alone is in no other CPU's cache
 */
export function checkDataCache(d: DataCache): void {
  const holders = new Map<number, number>();
  const owners = new Set<number>();
  for (let cpu = 0; cpu < d.cpus; cpu++) {
    for (let set = 0; set < d.sets; set++) checkSet(d, cpu, set, holders, owners);
  }
  for (const line of owners) {
    if (holders.get(line) !== 1)
      throw new KernelBug('data-cache', `line ${line} is one CPU's alone, and another has it too`);
  }
}

function checkSet(
  d: DataCache,
  cpu: number,
  set: number,
  holders: Map<number, number>,
  owners: Set<number>,
): void {
  const first = (cpu * d.sets + set) * d.ways;
  const seen = new Set<number>();
  let empty = false;
  for (let at = first; at < first + d.ways; at++) {
    const line = d.lines[at];
    if (line === NIL) {
      if (d.alone[at] !== 0)
        throw new KernelBug('data-cache', `set ${set} of CPU ${cpu}: an empty way is marked as owned`);
      empty = true;
      continue;
    }
    if (empty)
      throw new KernelBug('data-cache', `set ${set} of CPU ${cpu}: line ${line} stands behind an empty way`);
    if ((line & (d.sets - 1)) !== set)
      throw new KernelBug(
        'data-cache',
        `line ${line} stands in set ${set} of CPU ${cpu}, which is not its own`,
      );
    if (seen.has(line))
      throw new KernelBug('data-cache', `line ${line} is twice in set ${set} of CPU ${cpu}`);
    seen.add(line);
    holders.set(line, (holders.get(line) ?? 0) + 1);
    if (d.alone[at] !== 0) owners.add(line);
  }
}
