/** The sandbox as its users use it, with the built child. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PolicyRun } from '../../../../src/contract/policy.ts';
import { Sandbox, SandboxError } from '../../../../src/harness/sandbox/client.ts';
import { CHUNK_ROWS } from '../../../../src/harness/sandbox/frames.ts';
import { isFailure, planOf, replay, sourceOf, tapeOf } from '../../../hostile/sandboxed.ts';

const sandboxes: Sandbox[] = [];

async function start(options = {}): Promise<Sandbox> {
  const sandbox = await Sandbox.start(options);
  sandboxes.push(sandbox);
  return sandbox;
}

afterEach(async () => {
  await Promise.all(sandboxes.splice(0).map(s => s.close()));
});

async function ran(text: string, policy = {}, pairs = 8, seeds = 1): Promise<PolicyRun[]> {
  const sandbox = await start();
  const plan = planOf({ onFault: 'linux', ...policy });
  const loaded = await sandbox.load(sourceOf(text, 'policy.ts'), plan);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  const runs: PolicyRun[] = [];
  for (let i = 0; i < seeds; i++) {
    const run = await sandbox.run(plan, tapeOf(pairs));
    if (isFailure(run)) throw new Error(run.message);
    replay(plan, tapeOf(pairs), loaded.info.hooks, run);
    runs.push(run);
  }
  return runs;
}

test('a policy is compiled, its tape played, and its decisions lead to the same run without it', async () => {
  const [run] = await ran(`import { definePolicy } from 'oomph';
let n = 0;
export default definePolicy({
  zonelist: (request, mem) => (++n % 2 === 0 ? mem.NORMAL_ONLY : mem.AS_LINUX),
  placement: (request, mem) => { if (request.event === 3) console.log('order', request.order, 'at', request.timeMs); return mem.TAIL; },
});`);
  expect(run).toMatchObject({ end: 'done', nrOps: 16, faults: [], nrFaults: 0, consoleDropped: 0 });
  expect(run.decisions.length).toBeGreaterThan(8);
  expect(run.console).toEqual([
    { file: 'policy.ts', line: 5, event: 3, text: expect.stringMatching(/^order \d+ at 0$/) },
  ]);
  expect(run.fuelUsed).toBeGreaterThan(0);
});

test('a tape longer than one chunk arrives whole, seed after seed, each from a clean start', async () => {
  const [a, b] = await ran(
    'let n = 0; export default { zonelist(request, mem) { n++; return n > 3000 ? mem.AS_LINUX : mem.NORMAL_ONLY; } };',
    {},
    CHUNK_ROWS + 100,
    2,
  );
  expect(a.nrOps).toBe(2 * CHUNK_ROWS + 200);
  expect([...a.decisions]).toEqual([...b.decisions]);
  expect(a.decisions.filter(d => d === -1).length).toBe(CHUNK_ROWS + 100 - 3000);
});

test('the policies of one author after each other: each as in a process of its own, crowded or not', async () => {
  const plan = planOf({ onFault: 'linux' });
  const policies = [
    'const all = []; export default { zonelist(request, mem) { for (;;) all.push([all.length]); } };',
    "let n = 0; export default { zonelist(request, mem) { console.log('call', ++n); return mem.random(2) === 0 ? mem.AS_LINUX : mem.NORMAL_ONLY; } };",
    'const seen = new Map(); export default { zonelist(request, mem) { seen.set(request.event, 1); return seen.size > 3 ? mem.AS_LINUX : 7; } };',
  ].map(text => sourceOf(text, 'policy.ts'));
  const play = async (sandbox: Sandbox, source: (typeof policies)[number]): Promise<PolicyRun> => {
    const loaded = await sandbox.load(source, plan);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
    const run = await sandbox.run(plan, tapeOf(200));
    if (isFailure(run)) throw new Error(run.message);
    return run;
  };
  const shared = await start({ crowded: true });
  const { pid } = shared;
  for (const source of [...policies, ...policies]) {
    expect(await play(shared, source)).toEqual(await play(await start(), source));
  }
  expect(shared.pid).toBe(pid);
});

test('a policy that is refused takes the place of the one before', async () => {
  const sandbox = await start();
  const plan = planOf({ onFault: 'linux' });
  const good = await sandbox.load(sourceOf('export default { zonelist: () => 0 };', 'policy.ts'), plan);
  expect(good.ok).toBe(true);
  expect((await sandbox.load(sourceOf('export default {', 'policy.ts'), plan)).ok).toBe(false);
  expect(isFailure(await sandbox.run(plan, tapeOf(2)))).toBe(true);
});

test('with on_fault: linux a faulty policy goes on, and every fault is counted', async () => {
  const [run] = await ran(
    `let n = 0; export default { zonelist() { n++; if (n > 2) throw new Error('call ' + n); return n === 2 ? 0x999 : 2; } };`,
  );
  expect(run).toMatchObject({ end: 'done', nrFaults: 7, nrOps: 16 });
  expect(run.faults.map(f => f.code)).toEqual(['illegal-answer', ...Array(6).fill('threw')]);
  expect(run.faults[0]).toMatchObject({
    hook: 'zonelist',
    event: 2,
    value: String(0x999),
    file: 'policy.ts',
    line: 1,
    column: 29,
  });
  expect(run.faults[0].message).not.toBe('');
  expect(run.faults[1]).toMatchObject({ event: 4, timeUs: 40, message: 'Error: call 3', line: 1 });
});

test('with on_fault: end the first fault ends the run after its operation', async () => {
  const [run] = await ran(
    'let n = 0; export default { zonelist() { if (++n === 3) for (;;) {} return 2; } };',
    { onFault: 'end' },
  );
  expect(run).toMatchObject({ end: 'ended', nrFaults: 1, nrOps: 5 });
  expect(run.faults[0]).toMatchObject({ code: 'out-of-fuel', event: 4 });
});

test('only a hundred faults are told', async () => {
  const [run] = await ran('export default { zonelist() { return "x"; } };', {}, 300);
  expect([run.faults.length, run.nrFaults]).toEqual([100, 300]);
});

test("the code outside the hooks is run while loading, and its faults are the player's", async () => {
  const sandbox = await start();
  const text = 'const t = [];\nt[0].x = 1;\nexport default { zonelist: () => 1 };';
  const loaded = await sandbox.load(sourceOf(text, 'policy.ts'), planOf());
  expect(loaded).toMatchObject({
    ok: false,
    diagnostics: [{ code: 'E-POLICY-TOP-LEVEL', line: 2, frame: { firstLine: 1, lines: text.split('\n') } }],
  });
  // Refused, it can be mended and loaded again.
  expect((await sandbox.load(sourceOf('export default { zonelist: () => 1 };'), planOf())).ok).toBe(true);
});

test('a challenge that opens other hooks refuses the policy', async () => {
  const sandbox = await start();
  const loaded = await sandbox.load(
    sourceOf('export default { pcp: () => 1 };'),
    planOf({ hooks: ['zonelist'] }),
  );
  expect(loaded).toMatchObject({ ok: false, diagnostics: [{ code: 'E-POLICY-HOOK-CLOSED' }] });
});

test('running before loading is a failure, not a verdict', async () => {
  const sandbox = await start();
  expect(await sandbox.run(planOf(), tapeOf(2))).toMatchObject({ reason: 'crashed' });
});

test('a run that takes too long is ended from outside, as a failure to be tried again', async () => {
  const sandbox = await start({ runMs: 200 });
  const plan = planOf({ fuelPerCall: 1_000_000_000, fuelPerRun: 100_000_000_000 });
  await sandbox.load(sourceOf('export default { zonelist() { for (;;) {} } };'), plan);
  const run = await sandbox.run(plan, tapeOf(100));
  expect(run).toMatchObject({ reason: 'timeout' });
  expect(await sandbox.run(plan, tapeOf(2))).toMatchObject({ reason: 'timeout' });
});

test('a program that is no Node cannot be started, and says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'oomph-client-'));
  const file = join(folder, 'child.mjs');
  writeFileSync(file, 'throw new Error("broken child");');
  await expect(Sandbox.start({ childFile: file })).rejects.toThrow(SandboxError);
  await expect(Sandbox.start({ childFile: file })).rejects.toThrow(/ended with code 1: Error: broken child/);
  rmSync(folder, { recursive: true });
});

test('a challenge that allows more memory gets a process with more', async () => {
  const sandbox = await start();
  const before = sandbox.pid;
  await sandbox.load(sourceOf('export default { zonelist: () => 1 };'), planOf({ memoryBytes: 256 << 20 }));
  expect(sandbox.pid).not.toBe(before);
});
