import type { MetricFilter } from '../contract/plan.ts';
import { type CostTable, MAX_NR_ZONES, type Machine } from '../engine/index.ts';
import type { TapePlayer } from '../workload/player.ts';

/** What metrics are taken from. */
export interface Measured {
  readonly machine: Machine;
  readonly player: TapePlayer;
  readonly policy: { readonly nrFaults: number; readonly tokens: number };
  /** What each mechanism costs; without it what docs/costs.md says. */
  readonly costs?: CostTable;
}

export type Meter = (run: Measured, where: MetricFilter) => number;

/** An entry of a column, or with index -1 the sum of all. */
export function sumOver(column: Float64Array, index: number): number {
  if (index >= 0) return column[index];
  let sum = 0;
  for (let i = 0; i < column.length; i++) sum += column[i];
  return sum;
}

export const firstZone = (where: MetricFilter): number => Math.max(where.zone, 0);
export const endZone = (where: MetricFilter): number => (where.zone < 0 ? MAX_NR_ZONES : where.zone + 1);
