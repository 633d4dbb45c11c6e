/**
 * What a policy costs: one tape of pages played with none, with one of a single line, and with Linux's own rules written as
 * a policy, all in the realm that the sandbox runs; how fast a whole sandboxed process plays them; how soon it is there.
 */
import {
  type ChallengePlan,
  type IntDist,
  type StepPlan,
  type TaskPlan,
  USUAL_STARS,
} from '../../contract/plan.ts';
import type { PolicySource } from '../../contract/policy.ts';
import type { Tape } from '../../contract/tape.ts';
import {
  boot,
  GFP_HIGHUSER,
  GFP_KERNEL,
  HOOKS,
  type HookName,
  setHooks,
  stateHash,
} from '../../engine/index.ts';
import { recordingHooks } from '../../harness/decisions.ts';
import type { PolicySandbox } from '../../harness/policyHost.ts';
import { BUILTIN_POLICIES } from '../../policy/builtin.ts';
import { type CompiledPolicy, compilePolicy } from '../../policy/compile/index.ts';
import { PolicyRealm } from '../../policy/realm/realm.ts';
import { POLICY_FIRST_LINE } from '../../policy/realm/script.ts';
import { compileTape } from '../../workload/compile.ts';
import { OWNER_CODE, TapePlayer } from '../../workload/player.ts';
import { builtinSource } from '../builtinPolicies.ts';
import { startSandbox } from '../sandbox.ts';

const PAGE_HOOK_NAMES: readonly HookName[] = ['zonelist', 'watermark', 'block', 'placement', 'pcp'];

const ONE_LINE =
  'export default { zonelist: (request, mem) => (request.gfp & mem.GFP_DMA ? mem.DMA_ONLY : mem.AS_LINUX) };\n';

const constant = (value: number): IntDist => ({ kind: 'constant', value });

function task(name: string, meanGapUs: number, gfp: number, order: IntDist, heldUs: number): TaskPlan {
  const run: StepPlan[] = [
    { kind: 'alloc', call: 'alloc_pages', as: 'p', order, gfp, onFail: { kind: 'skip' } },
    { kind: 'hold', us: { kind: 'exponential', mean: heldUs } },
    { kind: 'free', call: '__free_pages', name: 'p', cold: false },
  ];
  return {
    name,
    context: 'process',
    realtime: false,
    memalloc: false,
    owner: 'kernel',
    cpu: -1,
    count: 1,
    fromUs: 0,
    untilUs: Number.MAX_SAFE_INTEGER,
    arrive: { kind: 'poisson', meanGapUs },
    run,
  };
}

/** 256 MiB, nine requests in ten for a single page, the rest for blocks of order 1 to 3. */
function pagePlan(lengthUs: number): ChallengePlan {
  return {
    id: 'bench/hooks',
    title: '',
    story: '',
    machine: {
      arch: 'i386',
      ramPages: 65_536,
      cpus: 1,
      boot: 'flat',
      bootmapPfn: 0,
      reserve: [],
      minFreeKbytes: -1,
      lowerZoneProtection: 0,
    },
    workload: {
      lengthUs,
      tasks: [
        task('kernel', 40, GFP_KERNEL, constant(0), 20_000),
        task('user', 20, GFP_HIGHUSER, constant(0), 200_000),
        task('blocks', 130, GFP_KERNEL, { kind: 'uniform', low: 1, high: 3 }, 50_000),
      ],
    },
    goals: [],
    score: [],
    stars: USUAL_STARS,
    form: 'code',
    policy: {
      hooks: [...PAGE_HOOK_NAMES],
      onFault: 'linux',
      fuelPerCall: 100_000,
      fuelPerRun: 1e15,
      memoryBytes: 1 << 26,
    },
    seeds: [1],
    hints: [],
    explanation: '',
    reference: '',
    naive: '',
  };
}

const now = () => Number(process.hrtime.bigint()) / 1e6;

export interface Play {
  /** Rows of the tape a second. */
  rate: number;
  nrDecisions: number;
  /** Of the machine at the end. */
  hash: string;
}

function play(plan: ChallengePlan, tape: Tape, policy: CompiledPolicy | null): Play {
  const machine = boot(plan.machine);
  let nrDecisions = 0;
  if (policy !== null) {
    const taskOwner = Uint8Array.from(plan.workload.tasks, ({ owner }) => OWNER_CODE[owner]);
    const workload = { slotTask: new Uint16Array(tape.nrSlots), taskOwner };
    const realm = new PolicyRealm(policy, machine, workload, plan.policy, 1);
    const broken = (hook: HookName) => {
      throw new Error(`${hook}: ${realm.fault(hook).message}`);
    };
    const hooks = recordingHooks(
      realm.hooks!,
      broken,
      () => {
        nrDecisions += hooks.take().length;
      },
      !policy.asksWho,
    );
    setHooks(machine, hooks);
    const player = new TapePlayer(plan, machine, tape);
    const start = now();
    player.playUntil(tape.nrOps);
    const rate = (tape.nrOps / (now() - start)) * 1000;
    nrDecisions += hooks.take().length;
    return { rate, nrDecisions, hash: stateHash(machine) };
  }
  const player = new TapePlayer(plan, machine, tape);
  const start = now();
  player.playUntil(tape.nrOps);
  return { rate: (tape.nrOps / (now() - start)) * 1000, nrDecisions, hash: stateHash(machine) };
}

/** Who decides: nobody, one line, Linux's rules written out. */
export const HOOK_PLAYERS = ['none', 'one line', 'linux-2.6.0'] as const;
export type HookPlayer = (typeof HOOK_PLAYERS)[number];

export interface SandboxFigures {
  /** Rows a second of a sandboxed process, booting included, and the tape and the decisions through its pipes. */
  oneLine: number;
  linux: number;
  /** Milliseconds until a sandbox is there, and until it has loaded the policy: median of ten. */
  startMs: number;
  loadMs: number;
}

const file = (text: string): PolicySource => ({ entry: 'policy.js', files: [{ path: 'policy.js', text }] });

function linuxWrittenOut(): PolicySource {
  const linux = BUILTIN_POLICIES.find(({ name }) => name === 'linux-2.6.0')!;
  return builtinSource(
    linux,
    HOOKS.filter(hook => PAGE_HOOK_NAMES.includes(hook)),
  );
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];

async function inSandbox(
  plan: ChallengePlan,
  tape: Tape,
  source: PolicySource,
  rounds: number,
): Promise<number> {
  const sandbox: PolicySandbox = await startSandbox();
  try {
    const loaded = await sandbox.load(source, plan);
    if (!('ok' in loaded) || !loaded.ok) throw new Error('the sandbox does not take the policy');
    let best = 0;
    for (let round = 0; round < rounds; round++) {
      const start = now();
      const run = await sandbox.run(plan, tape);
      if ('reason' in run) throw new Error(run.message);
      best = Math.max(best, (tape.nrOps / (now() - start)) * 1000);
    }
    return best;
  } finally {
    await sandbox.close();
  }
}

/** Compiled once, as a sandbox does for all seeds of a run. */
function policyOf(who: HookPlayer, plan: ChallengePlan): CompiledPolicy | null {
  if (who === 'none') return null;
  const source = who === 'one line' ? file(ONE_LINE) : linuxWrittenOut();
  const compiled = compilePolicy(source, plan.policy.hooks, POLICY_FIRST_LINE);
  if (!compiled.ok) throw new Error(compiled.diagnostics[0].message);
  return compiled.policy;
}

/**
 * The best of five plays, each in a realm of its own, so that the optimiser begins anew with the policy. The first is slow:
 * it has seen nothing of the engine either.
 */
export function playHooks(who: HookPlayer, lengthUs: number): Play & { rows: number } {
  const plan = pagePlan(lengthUs);
  const tape = compileTape(plan, 1);
  const policy = policyOf(who, plan);
  const plays = Array.from({ length: 5 }, () => play(plan, tape, policy));
  const rate = Math.max(...plays.map(each => each.rate));
  return { ...plays[0], rate, rows: tape.nrOps };
}

export async function benchSandbox(lengthUs: number, rounds: number): Promise<SandboxFigures> {
  const plan = pagePlan(lengthUs);
  const tape = compileTape(plan, 1);
  const linux = linuxWrittenOut();
  const startMs: number[] = [];
  const loadMs: number[] = [];
  for (let i = 0; i < 10; i++) {
    const start = now();
    const sandbox = await startSandbox();
    startMs.push(now() - start);
    await sandbox.load(linux, plan);
    loadMs.push(now() - start);
    await sandbox.close();
  }
  return {
    oneLine: await inSandbox(plan, tape, file(ONE_LINE), rounds),
    linux: await inSandbox(plan, tape, linux, rounds),
    startMs: median(startMs),
    loadMs: median(loadMs),
  };
}
