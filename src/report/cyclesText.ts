/** Where the cycles of a run went. */
import type { CyclesSpent, SeedVerdict } from '../contract/verdict.ts';
import { cell, grouped } from './quantity.ts';
import { columns, WIDTH, wrap } from './wrap.ts';

/** `call   100,300   6,018,000  46 %` for each price, and beneath it what it is for, `width` columns at most. */
export function cyclesTable(spent: readonly CyclesSpent[], total: number, width = WIDTH): string[] {
  const largest = Math.max(...spent.map(({ cycles }) => cycles));
  const rows = spent.map(({ name, times, cycles }) => [
    name,
    `${grouped(times)} x`,
    cell(cycles, 'cycles', largest),
    `${Math.floor((cycles * 100) / total)} %`,
  ]);
  const [head, ...lines] = columns([['', 'times', 'cycles', 'share'], ...rows], [1, 2, 3]);
  return [head, ...lines.flatMap((line, i) => [line, ...wrap(spent[i].what, '  ', width)])];
}

/** The table of a seed that was lost, or is not at par, by its cycles; nothing for any other. */
export function cyclesLines(seed: SeedVerdict, width = WIDTH): string[] {
  return seed.cyclesSpent === undefined ? [] : cyclesTable(seed.cyclesSpent, seed.metrics.cycles, width);
}
