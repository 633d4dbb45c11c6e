import type { ChallengePlan } from '../contract/plan.ts';
import type { Tape } from '../contract/tape.ts';
import { compileTape } from '../workload/compile.ts';

/** Tapes are the same for every policy; so much memory may hold some. */
const BUDGET_BYTES = 192 << 20;

/** Tapes that one policy after the other is played on. */
export class Tapes {
  private readonly kept = new Map<string, Tape>();
  private bytes = 0;
  private readonly budget: number;

  constructor(budget = BUDGET_BYTES) {
    this.budget = budget;
  }

  /** @param challenge  names the plan among those that tapes are asked of */
  of(plan: ChallengePlan, challenge: string, seed: number): Tape {
    const key = `${seed} ${challenge}`;
    const known = this.kept.get(key);
    if (known !== undefined) return known;
    const tape = compileTape(plan, seed);
    const bytes = bytesOf(tape);
    // Everybody asks in the same order: giving up the oldest for the newest would keep what is asked for last of all.
    if (this.bytes + bytes <= this.budget) {
      this.bytes += bytes;
      this.kept.set(key, tape);
    }
    return tape;
  }
}

function bytesOf(tape: Tape): number {
  let bytes = 0;
  for (const column of Object.values(tape)) if (ArrayBuffer.isView(column)) bytes += column.byteLength;
  return bytes;
}
