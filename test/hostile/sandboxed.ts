/** Runs one policy in the built sandbox, on a small tape. */
import { hookMask } from '../../src/contract/hooks.ts';
import { type ChallengePlan, type PolicyPlan, USUAL_STARS } from '../../src/contract/plan.ts';
import type { PolicyRun, PolicySource, SandboxFailure } from '../../src/contract/policy.ts';
import type { Tape } from '../../src/contract/tape.ts';
import { boot, HOOKS, setHooks } from '../../src/engine/index.ts';
import { type ReplayHooks, replayHooks } from '../../src/harness/decisions.ts';
import { Sandbox, type SandboxOptions } from '../../src/harness/sandbox/client.ts';
import { TapePlayer } from '../../src/workload/player.ts';

export function planOf(policy: Partial<PolicyPlan> = {}): ChallengePlan {
  return {
    id: 'hostile/case',
    title: '',
    story: '',
    machine: {
      arch: 'i386',
      ramPages: 8192,
      cpus: 1,
      boot: 'flat',
      bootmapPfn: 0,
      reserve: [],
      minFreeKbytes: -1,
      lowerZoneProtection: 0,
    },
    workload: {
      lengthUs: 1_000_000,
      tasks: [
        {
          name: 'task',
          context: 'process',
          realtime: false,
          memalloc: false,
          owner: 'kernel',
          cpu: 0,
          count: 1,
          fromUs: 0,
          untilUs: 1_000_000,
          arrive: { kind: 'at', timesUs: [0] },
          run: [],
        },
      ],
    },
    goals: [],
    score: [],
    stars: USUAL_STARS,
    form: 'code',
    policy: {
      hooks: [...HOOKS],
      onFault: 'end',
      fuelPerCall: 8_000_000,
      fuelPerRun: 40_000_000,
      memoryBytes: 4 << 20,
      ...policy,
    },
    seeds: [1],
    hints: [],
    explanation: '',
    reference: '',
    naive: '',
  };
}

/** Blocks of orders 0..3, each allocated and given back: `pairs` of them. */
export function tapeOf(pairs: number): Tape {
  const n = 2 * pairs;
  const column = (value: (i: number) => number) => Array.from({ length: n }, (_, i) => value(i));
  return {
    nrOps: n,
    nrSlots: pairs,
    nrInstances: 1,
    timeUs: Float64Array.from(column(i => i * 10)),
    op: Uint8Array.from(column(i => i & 1)),
    task: new Uint16Array(n),
    instance: new Int32Array(n),
    slot: Int32Array.from(column(i => i >> 1)),
    gfp: new Uint16Array(n).fill(0xd0),
    order: Uint8Array.from(column(i => (i >> 1) & 3)),
    cpu: new Uint8Array(n),
    ctx: new Uint8Array(n),
    flags: new Uint8Array(n),
    site: new Uint16Array(n),
    object: new Uint16Array(n),
    a: new Int32Array(n),
    b: new Int32Array(n),
    daemon: new Int16Array(n),
    nrDaemons: 0,
  };
}

export const sourceOf = (text: string, entry = 'policy.js'): PolicySource => ({
  entry,
  files: [{ path: entry, text }],
});

export interface Ended {
  /** In the words of cases.ts. */
  verdict: string;
  /** What must be the same on every machine and version of Node: fuel, and the place of the fault. */
  record: string;
}

/** Load a policy and play the tape with it, in a sandbox that has no policy yet. */
export async function endIn(
  sandbox: Sandbox,
  text: string,
  policy: Partial<PolicyPlan> = {},
): Promise<Ended> {
  const plan = planOf(policy);
  const loaded = await sandbox.load(sourceOf(text), plan);
  if (!loaded.ok) {
    const { code, line, column } = loaded.diagnostics[0];
    return { verdict: `refused ${code}`, record: `refused at ${line}:${column}` };
  }
  const run = await sandbox.run(plan, tapeOf(8));
  if (isFailure(run)) return { verdict: `failed ${run.reason}: ${run.message}`, record: '' };
  replay(plan, tapeOf(8), loaded.info.hooks, run);
  const { faults, console, fuelUsed, decisions } = run;
  const place = faults.length > 0 ? ` at ${faults[0].line}:${faults[0].column}` : '';
  const record = `${fuelUsed} fuel, ${decisions.length} decisions, ${console.length} lines${place}`;
  if (faults.length > 0) return { verdict: `fault ${faults[0].code}`, record };
  return { verdict: `prints ${console[0]?.text ?? ''}`, record };
}

/** The same, from start to close of a sandbox of its own. */
export async function endOf(text: string, options: SandboxOptions = {}): Promise<Ended> {
  const sandbox = await Sandbox.start(options);
  try {
    return await endIn(sandbox, text);
  } finally {
    await sandbox.close();
  }
}

/** Play the decisions in this process. @throws Error when the record does not belong to the run */
export function replay(
  plan: ChallengePlan,
  tape: Tape,
  hooks: readonly (typeof HOOKS)[number][],
  run: PolicyRun,
): ReplayHooks {
  const machine = boot(plan.machine);
  const replayed = replayHooks(hookMask(hooks), run.decisions);
  setHooks(machine, replayed);
  const player = new TapePlayer(plan, machine, tape);
  player.playUntil(run.nrOps);
  if (run.end === 'done') player.finish();
  if (replayed.exhausted || replayed.left !== 0) throw new Error(`decisions left: ${replayed.left}`);
  if (replayed.nrFaults !== run.nrFaults)
    throw new Error(`${replayed.nrFaults} faults, told were ${run.nrFaults}`);
  return replayed;
}

export function isFailure(result: PolicyRun | SandboxFailure): result is SandboxFailure {
  return 'reason' in result;
}
