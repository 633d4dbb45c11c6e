/** Plays shipped challenges in this process: the same tape, engine and judge as `oomph run`, without its second process. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ChallengePlan } from '../../src/contract/plan.ts';
import type { SeedVerdict } from '../../src/contract/verdict.ts';
import { setHooks } from '../../src/engine/index.ts';
import { recordingHooks } from '../../src/harness/decisions.ts';
import { Play } from '../../src/harness/play.ts';
import { compilePolicy } from '../../src/policy/compile/index.ts';
import { randomState } from '../../src/policy/hash.ts';
import { PolicyRealm } from '../../src/policy/realm/realm.ts';
import { POLICY_FIRST_LINE } from '../../src/policy/realm/script.ts';
import { loadChallenge } from '../../src/spec/load.ts';
import { compileTape } from '../../src/workload/compile.ts';
import { OWNER_CODE } from '../../src/workload/player.ts';

export const CHALLENGES = join(__dirname, '..', '..', 'challenges');

export interface Shipped {
  /** `02-zones/01-the-sound-card` */
  folder: string;
  plan: ChallengePlan;
}

export const shipped: Shipped[] = readdirSync(CHALLENGES, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('challenge.yaml'))
  .sort()
  .map(path => {
    const file = join(CHALLENGES, path);
    const { plan, diagnostics } = loadChallenge(file);
    if (plan === null || diagnostics.length > 0) throw new Error(`${file}: ${JSON.stringify(diagnostics)}`);
    return { folder: dirname(path), plan };
  });

export function shippedAs(id: string): Shipped {
  return shipped.find(({ plan }) => plan.id === id)!;
}

/** @param policy  source text; null: Linux alone */
export function playSeed(plan: ChallengePlan, seed: number, policy: string | null): SeedVerdict {
  const tape = compileTape(plan, seed);
  if (policy === null) {
    const play = new Play(plan, tape, null);
    play.playUntil(tape.nrOps);
    return play.verdict(seed, '');
  }
  const source = { entry: 'policy.ts', files: [{ path: 'policy.ts', text: policy }] };
  const compiled = compilePolicy(source, plan.policy.hooks, POLICY_FIRST_LINE);
  if (!compiled.ok)
    throw new Error(compiled.diagnostics.map(d => `${d.line}:${d.column} ${d.message}`).join('\n'));
  const { info } = compiled.policy;
  const run = {
    decisions: new Int32Array(0),
    faults: [],
    nrFaults: 0,
    console: [],
    consoleDropped: 0,
    fuelUsed: 0,
    end: 'done' as const,
    nrOps: tape.nrOps,
  };
  const play = new Play(plan, tape, { info, run });
  const slotTask = new Uint16Array(tape.nrSlots);
  for (let i = 0; i < tape.nrOps; i++) slotTask[tape.slot[i]] = tape.task[i];
  const taskOwner = Uint8Array.from(plan.workload.tasks, task => OWNER_CODE[task.owner]);
  const state = randomState(plan.id, info.hash);
  const realm = new PolicyRealm(compiled.policy, play.machine, { slotTask, taskOwner }, plan.policy, state);
  if (realm.hooks === null) throw new Error(realm.fault('').message);
  const hooks = recordingHooks(
    realm.hooks,
    (hook, answer, rule) => {
      throw new Error(`seed ${seed}: ${hook} answered ${answer}: ${rule || realm.fault(hook).message}`);
    },
    () => hooks.take(),
  );
  setHooks(play.machine, hooks);
  play.playUntil(tape.nrOps);
  return play.verdict(seed, '');
}

export function seedsTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}
