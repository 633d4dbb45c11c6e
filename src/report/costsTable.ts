import { COSTS } from '../engine/index.ts';
import { markdownTable } from './markdownTable.ts';

/** The table of docs/costs.md. */
export function costsMarkdown(): string {
  const rows = COSTS.map(({ cycles, what }) => [what, String(cycles)]);
  return markdownTable(['what', 'cycles'], rows, [1]);
}
