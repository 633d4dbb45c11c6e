import type { HookName } from '../../contract/hooks.ts';
import type { PolicyInfo, SourceFile } from '../../contract/policy.ts';
import type { Outcome } from '../../contract/verdict.ts';
import type { Explanation } from '../../harness/explanation.ts';

/** All that `oomph explain` tells, in whatever form. */
export interface ExplainReport {
  /** Version of oomph. */
  version: string;
  challenge: string;
  title: string;
  /** The challenge file, as the user would name it. */
  file: string;
  /** Null: Linux decided. */
  policy: { name: string; info: PolicyInfo } | null;
  /** Of the policy, as far as they are known. */
  sources: readonly SourceFile[];
  machine: { arch: string; ramBytes: number; cpus: number; pageBytes: number };
  tasks: readonly string[];
  /** What the challenge lets a policy decide. */
  hooks: readonly HookName[];
  /** Seeds that were asked for, and those that were won before the one that is explained. */
  seeds: readonly number[];
  seedsWon: readonly number[];
  explanation: Explanation;
  /** The same seed without the policy; null where Linux decided, or nobody played it. */
  linux: { outcome: Outcome; goalsHeld: boolean[] } | null;
  /** Hints of the challenge: how many, for they are told in the game alone. */
  nrHints: number;
  /** Without what is asked for: `oomph explain zones/card -p card.ts --seed 3` */
  command: string;
  /** `oomph run zones/card --policy card.ts --seed 3` */
  reproduce: string;
}

/** Which seed is explained, and why that one, as a sentence. */
export function seedText({ seeds, seedsWon, explanation: { seed, outcome } }: ExplainReport): string {
  if (seeds.length === 1) return `Seed ${seed} is explained: ${outcome}.`;
  const asked = `the ${seeds.length} seeds that were asked for`;
  if (outcome === 'won') return `Seed ${seed} is explained; all of ${asked} are won.`;
  const before = seedsWon.length === 0 ? '' : `; won before it: ${seedsWon.join(', ')}`;
  return `Seed ${seed} is explained, the first of ${asked} that is lost${before}.`;
}
