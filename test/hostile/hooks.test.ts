/**
 * Every hook of the whole machine, answered with what is no answer: each is a named fault, Linux's own answer is used, and
 * the run goes on to the end as if nobody had been asked. Positive controls answer with something that is legal.
 */

import { hookMask } from '../../src/contract/hooks.ts';
import type { ChallengePlan } from '../../src/contract/plan.ts';
import type { PolicyRun, PolicySource } from '../../src/contract/policy.ts';
import { TUNABLES } from '../../src/contract/tunables.ts';
import { AS_LINUX, boot, type HookName, setHooks, stateHash } from '../../src/engine/index.ts';
import { replayHooks } from '../../src/harness/decisions.ts';
import { Sandbox } from '../../src/harness/sandbox/client.ts';
import { tunablesSource } from '../../src/policy/tunables.ts';
import { parseChallenge } from '../../src/spec/challenge.ts';
import { compileTape } from '../../src/workload/compile.ts';
import { TapePlayer } from '../../src/workload/player.ts';
import { WHOLE_CHALLENGE } from '../fixtures/wholeChallenge.ts';
import { isFailure, sourceOf } from './sandboxed.ts';

const LIMIT_MS = 30_000;

/** What is answered in turn, and the fault that it is. */
const WRONG: readonly (readonly [answer: string, code: string, value: string])[] = [
  ['NaN', 'not-an-integer', 'NaN'],
  ['undefined', 'not-an-integer', 'undefined'],
  ['{ toString: () => 1 }', 'not-an-integer', ''],
  ["'1'", 'not-an-integer', ''],
  ['1.5', 'not-an-integer', '1.5'],
  ['1 / 0', 'not-an-integer', 'Infinity'],
  ['4294967296', 'not-an-integer', '4294967296'],
  ['[0]', 'not-an-integer', ''],
  ['mem', 'not-an-integer', ''],
  ['-2147483648', 'illegal-answer', '-2147483648'],
  ['-2', 'illegal-answer', '-2'],
  ['2147483647', 'illegal-answer', '2147483647'],
];

/** Answers that each hook takes, other than Linux's. */
const RIGHT: Record<string, string> = {
  coalesce: 'request.order',
  reclaim: 'request.event % 3 === 0 ? mem.RECLAIM_KEEP : mem.RECLAIM_TAKE',
  kswapd: 'request.linux + 7',
  slabOrder: 'request.linux + 1',
  slabPick: 'lastOf(mem, request.cache)',
  slabLimit: '3',
  slabReap: 'request.free',
  slabMerge: 'bestOf(mem, request)',
  route: 'request.bytes <= 131072 ? mem.ROUTE_PAGES : mem.ROUTE_VMALLOC',
  map: 'mem.MAP_ATOMIC + mem.KM_USER1',
  frame: 'mem.FRAME_KMALLOC',
  interrupt: 'request.nested > 0 ? mem.INTERRUPT_DEFER : mem.INTERRUPT_SOFTIRQ',
  gfp: 'request.kind === mem.OP_CACHE_ALLOC ? request.gfp | mem.__GFP_NO_GROW : mem.AS_LINUX',
};

const BEFORE = `
/* The last of the partly used slabs. */
const lastOf = (mem, cache) => {
  let last = mem.AS_LINUX;
  for (let pfn = mem.firstPartial(cache); pfn >= 0; pfn = mem.nextSlab(cache, pfn)) last = pfn;
  return last;
};
/* The cache of the smallest objects that are large enough. */
const bestOf = (mem, request) => {
  let best = mem.AS_LINUX;
  for (let n = mem.nrCaches() - 1; n > 0; n--) {
    const size = mem.cacheSize(n);
    if (size >= request.bytes && mem.cacheFlags(n) === request.flags && (best < 0 || size < mem.cacheSize(best))) best = n;
  }
  return best;
};
`;

const { plan: loaded, diagnostics } = parseChallenge(new TextEncoder().encode(WHOLE_CHALLENGE), 'whole.yaml');
const errors = diagnostics.filter(d => d.severity === 'error').map(d => `${d.line}: ${d.message}`);
if (loaded === null) throw new Error(errors.join('\n'));
const plan: ChallengePlan = {
  ...loaded,
  policy: { ...loaded.policy, fuelPerRun: 1_000_000_000, fuelPerCall: 100_000 },
};
const tape = compileTape(plan, 1);

/** State hash after the decisions were played in this process; without a hook as Linux plays. */
function played(hook: HookName | null, decisions: Int32Array): { hash: string; nrFaults: number } {
  const machine = boot(plan.machine);
  const hooks = replayHooks(hook === null ? 0 : hookMask([hook]), decisions);
  if (hook !== null) setHooks(machine, hooks);
  const player = new TapePlayer(plan, machine, tape);
  player.playUntil(tape.nrOps);
  player.finish();
  expect([hooks.exhausted, hooks.left]).toEqual([false, 0]);
  // What was done and undone again is in the counters.
  return { hash: `${stateHash(machine)} ${machine.stat.join()}`, nrFaults: hooks.nrFaults };
}

const linux = played(null, new Int32Array(0)).hash;

const runOf = (hook: HookName, body: string): Promise<PolicyRun> =>
  runSource(sourceOf(`${BEFORE}let turn = 0;\nexport default { ${hook}(request, mem) { ${body} } };`), plan);

async function runSource(source: PolicySource, plan: ChallengePlan): Promise<PolicyRun> {
  const sandbox = await Sandbox.start();
  try {
    const answer = await sandbox.load(source, plan);
    if (!answer.ok) throw new Error(answer.diagnostics.map(d => d.message).join('\n'));
    const run = await sandbox.run(plan, tape);
    if (isFailure(run)) throw new Error(`${run.reason}: ${run.message}`);
    expect([run.end, run.nrOps]).toEqual(['done', tape.nrOps]);
    return run;
  } finally {
    await sandbox.close();
  }
}

const HOOKS = Object.keys(RIGHT) as HookName[];

test('the challenge opens every hook that is answered here', () => {
  expect([...plan.policy.hooks].sort()).toEqual([...HOOKS].sort());
});

describe.each(HOOKS)('%s', hook => {
  test(
    'what is no answer is a fault with its name, and the run ends as Linux ends it',
    async () => {
      const answers = WRONG.map(([answer], i) => `if (k === ${i}) return ${answer};`).join(' ');
      const run = await runOf(hook, `const k = turn++ % ${WRONG.length}; ${answers}`);
      expect(run.nrFaults).toBe(run.decisions.length);
      expect(run.nrFaults).toBeGreaterThanOrEqual(WRONG.length);
      for (const [i, [answer, code, value]] of WRONG.entries()) {
        const fault = run.faults[i];
        expect([answer, fault.hook, fault.code]).toEqual([answer, hook, code]);
        if (value !== '') expect(fault.value).toBe(value);
        expect(fault.message).toMatch(/^must /);
        expect(fault.line).toBeGreaterThan(0);
      }
      expect(played(hook, run.decisions)).toEqual({ hash: linux, nrFaults: run.nrFaults });
    },
    LIMIT_MS,
  );

  test(
    'control: what is legal is no fault, and is done',
    async () => {
      const run = await runOf(hook, `return ${RIGHT[hook]};`);
      expect(run.faults).toEqual([]);
      expect(run.decisions.some(answer => answer !== AS_LINUX)).toBe(true);
      const { hash, nrFaults } = played(hook, run.decisions);
      expect(nrFaults).toBe(0);
      expect(hash).not.toBe(linux);
    },
    LIMIT_MS,
  );
});

test.each<HookName>(['slabPick', 'route'])(
  'minus zero is zero: %s',
  async hook => {
    const zero = await runOf(hook, 'return 0;');
    const minus = await runOf(hook, 'return -0;');
    expect(minus.decisions).toEqual(zero.decisions);
    expect(minus.nrFaults).toBe(zero.nrFaults);
  },
  LIMIT_MS,
);

test.each(['low', 'high'] as const)(
  'numbers without code are never a fault, each at its %sest',
  async end => {
    const values = new Map(Object.entries(TUNABLES).map(([name, tunable]) => [name, tunable[end]]));
    const hooks = [...new Set(Object.values(TUNABLES).map(({ hook }) => hook))];
    const open = { ...plan, policy: { ...plan.policy, hooks } };
    const run = await runSource(tunablesSource('tuned.yaml', values), open);
    expect(run.faults).toEqual([]);
    expect(run.decisions.length).toBeGreaterThan(10_000);
  },
  LIMIT_MS,
);
