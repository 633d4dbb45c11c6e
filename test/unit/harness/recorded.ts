import type { HookName } from '../../../src/contract/hooks.ts';
import { hookMask } from '../../../src/contract/hooks.ts';
import type { ChallengePlan } from '../../../src/contract/plan.ts';
import type { PolicyRun } from '../../../src/contract/policy.ts';
import type { Tape } from '../../../src/contract/tape.ts';
import { boot, HOOKS, type Hooks, type Machine, setHooks } from '../../../src/engine/index.ts';
import type { PlayedPolicy } from '../../../src/harness/play.ts';
import { TapePlayer } from '../../../src/workload/player.ts';

export type Decide = Partial<Record<HookName, (request: Int32Array, m: Machine) => number>>;

/** Plays the tape with these decisions, as the sandbox does, and records them. */
export function record(plan: ChallengePlan, tape: Tape, decide: Decide, stopAtOp = Infinity): PlayedPolicy {
  const machine = boot(plan.machine);
  const player = new TapePlayer(plan, machine, tape);
  const decisions: number[] = [];
  const hooks = Object.keys(decide) as HookName[];
  let nrFaults = 0;
  const ask = (hook: HookName) => () => {
    const answer = decide[hook]!(machine.request, machine);
    decisions.push(answer);
    if (player.op >= stopAtOp) player.stop = true;
    return answer;
  };
  const facade: Hooks = {
    mask: hookMask(hooks),
    zonelist: ask('zonelist'),
    watermark: ask('watermark'),
    block: ask('block'),
    placement: ask('placement'),
    pcp: ask('pcp'),
    decide: hook => ask(HOOKS[hook])(),
    illegal: () => void nrFaults++,
  };
  setHooks(machine, facade);
  player.playUntil(tape.nrOps);
  if (!player.stop) player.finish();
  const run: PolicyRun = {
    decisions: Int32Array.from(decisions),
    faults: [],
    nrFaults,
    console: [],
    consoleDropped: 0,
    fuelUsed: 0,
    end: player.stop ? 'ended' : 'done',
    nrOps: player.op,
  };
  return { info: { hooks, tokens: 42, hash: '0123456789abcdef' }, run };
}
