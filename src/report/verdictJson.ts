import type { Verdict } from '../contract/verdict.ts';

/** The verdict for programs: what `schemas/verdict.schema.json` describes. */
export function verdictJson(verdict: Verdict): string {
  return `${JSON.stringify(verdict, null, 2)}\n`;
}
