import { COSTS } from '../engine/index.ts';

/** The table of docs/costs.md. */
export function costsMarkdown(): string {
  const rows = COSTS.map(({ cycles, what }) => `| ${what} | ${cycles} |`);
  return ['| what | cycles |', '|---|---:|', ...rows, ''].join('\n');
}
