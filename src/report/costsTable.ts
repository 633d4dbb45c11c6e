import { COSTS, type Cost } from '../engine/index.ts';
import { markdownTable } from './markdownTable.ts';

function remark({ cyclesWithVm, cyclesWithCache, perPage }: Cost): string {
  const remarks: string[] = [];
  if (perPage) remarks.push('by page size');
  if (cyclesWithVm !== undefined) remarks.push(`${cyclesWithVm} with reclaim`);
  if (cyclesWithCache !== undefined) remarks.push(`${cyclesWithCache} with a data cache`);
  return remarks.join(', ');
}

/** The table of docs/costs.md. */
export function costsMarkdown(): string {
  const rows = COSTS.map(cost => [`\`${cost.key}\``, cost.what, String(cost.cycles), remark(cost)]);
  return markdownTable(['name', 'what', 'cycles', 'otherwise'], rows, [2]);
}
