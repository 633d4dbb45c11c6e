import type { ChallengePlan } from '../../contract/plan.ts';
import type { PolicyFault, PolicyLoad, PolicySource } from '../../contract/policy.ts';
import { boot, FAULT, type HookName, type Machine, setHooks } from '../../engine/index.ts';
import { Faults } from '../../policy/compile/faults.ts';
import { type CompiledPolicy, compilePolicy } from '../../policy/compile/index.ts';
import { randomState } from '../../policy/hash.ts';
import { PolicyRealm } from '../../policy/realm/realm.ts';
import { POLICY_FIRST_LINE } from '../../policy/realm/script.ts';
import { OWNER_CODE, TapePlayer } from '../../workload/player.ts';
import { recordingHooks } from '../decisions.ts';
import { FRAME_DECISIONS, FRAME_DONE, FRAME_NEED, FRAME_ROWS } from './frames.ts';
import type { Pipes } from './pipes.ts';
import { ArrivingTape, TapeMemory, type TapeShape } from './rows.ts';

export const MAX_FAULTS = 100;

/** What a run needs to know of its challenge: never a seed, never a goal. */
export type RunPlan = Pick<ChallengePlan, 'id' | 'machine' | 'workload' | 'policy'>;

export interface LoadRequest {
  source: PolicySource;
  plan: RunPlan;
}

export interface RunRequest {
  plan: RunPlan;
  shape: TapeShape;
}

/** What FRAME_DONE tells; the decisions went before it. */
export interface RunReport {
  faults: PolicyFault[];
  nrFaults: number;
  console: { file: string; line: number; event: number; text: string }[];
  consoleDropped: number;
  fuelUsed: number;
  end: 'done' | 'ended';
  nrOps: number;
  nrDecisions: number;
}

/** The policy of this process, and the runs it plays. */
export class PolicyProcess {
  private readonly pipes: Pipes;
  private policy: CompiledPolicy | null = null;
  private readonly tapes = new TapeMemory();

  constructor(pipes: Pipes) {
    this.pipes = pipes;
  }

  /** Compile, and run the code outside the hooks once, so that its faults are found before any run. */
  load({ source, plan }: LoadRequest): PolicyLoad {
    this.policy = null;
    const compiled = compilePolicy(source, plan.policy.hooks, POLICY_FIRST_LINE);
    if (!compiled.ok) return compiled;
    const { policy } = compiled;
    let realm: PolicyRealm;
    try {
      realm = this.realm(policy, boot(plan.machine), new Uint16Array(0), plan);
    } catch (error) {
      if ((error as Error).name !== 'SyntaxError') throw error;
      return refused(
        source,
        { file: source.entry, line: 1, column: 1 },
        'E-POLICY-ENGINE',
        `the engine does not take this policy: ${(error as Error).message}`,
      );
    }
    if (realm.hooks === null) {
      const { message, code, value, ...place } = realm.fault('');
      return refused(
        source,
        place,
        'E-POLICY-TOP-LEVEL',
        `the code outside the hooks fails (${code}): ${message}`,
      );
    }
    const notFunctions = policy.info.hooks.filter(hook => !realm.isFunction(hook));
    if (notFunctions.length > 0) {
      const [hook] = notFunctions;
      return refused(
        source,
        policy.hookPlaces[hook],
        'E-POLICY-HOOK-VALUE',
        `the hook '${hook}' is not a function`,
      );
    }
    this.policy = policy;
    return { ok: true, info: policy.info };
  }

  run({ plan, shape }: RunRequest): void {
    const { policy, pipes } = this;
    if (policy === null) throw new Error('no policy is loaded');
    const arriving = new ArrivingTape(shape, this.tapes);
    const machine = boot(plan.machine);
    const realm = this.realm(policy, machine, arriving.slotTask, plan);
    const faults: PolicyFault[] = [];
    const ends = plan.policy.onFault === 'end';
    let nrFaults = 0;
    let nrDecisions = 0;
    // Caches of the workload are created with the player, and the policy is asked about them.
    let player: TapePlayer | null = null;
    let stops = false;
    const onFault = (hook: HookName, answer: number, rule: string): void => {
      nrFaults++;
      if (ends) {
        stops = true;
        if (player !== null) player.stop = true;
      }
      if (faults.length === MAX_FAULTS) return;
      const place = policy.hookPlaces[hook];
      const what =
        answer === FAULT && rule === ''
          ? realm.fault(realm.hooks === null ? '' : hook)
          : { code: 'illegal-answer' as const, ...place, value: String(answer), message: rule };
      faults.push({
        hook,
        event: player?.event ?? 0,
        timeUs: player?.timeUs ?? 0,
        ...what,
      });
    };
    const send = (taken: Int32Array): void => {
      if (taken.length === 0) return;
      nrDecisions += taken.length;
      pipes.bytes(FRAME_DECISIONS, new Uint8Array(taken.buffer, taken.byteOffset, taken.byteLength));
    };
    // Decisions taken after the last operation count only if none of them ends the run.
    const held: Int32Array[] = [];
    const flush = (): void => {
      if (player?.finished === true) held.push(hooks.take());
      else send(hooks.take());
    };
    const hooks = recordingHooks(realm.hooks ?? failing(policy), onFault, flush, !policy.asksWho);
    setHooks(machine, hooks);
    player = new TapePlayer(plan as ChallengePlan, machine, arriving.tape);
    player.stop = stops;
    while (player.op < shape.nrOps && !player.stop) {
      this.arrive(arriving);
      player.playUntil(arriving.rows);
    }
    flush();
    if (!player.stop) player.finish();
    flush();
    const end = player.stop ? 'ended' : 'done';
    if (end === 'done') for (const taken of held) send(taken);
    const { lines, dropped } = realm.consoleLines();
    const report: RunReport = {
      faults,
      nrFaults,
      console: lines,
      consoleDropped: dropped,
      fuelUsed: realm.fuelUsed,
      end,
      nrOps: player.op,
      nrDecisions,
    };
    pipes.json(FRAME_DONE, report);
  }

  private arrive(arriving: ArrivingTape): void {
    const { pipes } = this;
    pipes.json(FRAME_NEED, { rows: arriving.rows });
    const frame = pipes.next();
    if (frame?.type !== FRAME_ROWS) throw new Error('no rows came');
    arriving.add(frame.payload);
  }

  private realm(policy: CompiledPolicy, machine: Machine, slotTask: Uint16Array, plan: RunPlan): PolicyRealm {
    const taskOwner = Uint8Array.from(plan.workload.tasks, task => OWNER_CODE[task.owner]);
    const state = randomState(plan.id, policy.info.hash);
    return new PolicyRealm(policy, machine, { slotTask, taskOwner }, plan.policy, state);
  }
}

/** Hooks of a policy whose code outside the hooks failed: no call gets an answer. */
function failing(policy: CompiledPolicy): Partial<Record<HookName, () => number>> {
  return Object.fromEntries(policy.info.hooks.map(hook => [hook, () => FAULT]));
}

function refused(
  source: PolicySource,
  place: { file: string; line: number; column: number },
  code: string,
  message: string,
): PolicyLoad {
  const faults = new Faults();
  for (const file of source.files) faults.addSource(file.path, file.text);
  faults.add(place, 1, code, message);
  return { ok: false, diagnostics: faults.list };
}
