import { COSTS, MAX_COST } from '../engine/index.ts';
import type { Located } from './document.ts';
import { type Findings, quote } from './findings.ts';
import { COUNT, quantity } from './quantity.ts';

/** Prices that differ from the table; undefined where the file leaves it as it is. */
export function readCosts(findings: Findings, node: Located | undefined): Record<string, number> | undefined {
  if (node?.entries == null) return undefined;
  const costs: Record<string, number> = {};
  const known = COSTS.map(cost => cost.key);
  for (const [key, child] of node.entries) {
    // Told as an unknown key.
    if (!known.includes(key)) continue;
    const cycles = quantity(findings, child, COUNT);
    if (cycles === undefined) continue;
    if (cycles > MAX_COST) {
      findings.error(child, 'E-RANGE', `${quote(child.source)} cycles`, { expected: `0 to ${MAX_COST}` });
      continue;
    }
    costs[key] = cycles;
  }
  return costs;
}
