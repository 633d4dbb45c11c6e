/** A policy is asked about the caches of a workload in the sandbox as often as in the replay. */
import type { PolicySource } from '../../../../src/contract/policy.ts';
import { Play } from '../../../../src/harness/play.ts';
import { Sandbox } from '../../../../src/harness/sandbox/client.ts';
import { compileTape } from '../../../../src/workload/compile.ts';
import { wholeWorkload } from '../../../property/wholeMachine.ts';

test('what was decided when caches were created replays', async () => {
  const whole = wholeWorkload(3).plan;
  const plan = {
    ...whole,
    workload: { ...whole.workload, lengthUs: 300_000 },
    policy: {
      hooks: ['slabLimit' as const, 'slabOrder' as const, 'zonelist' as const],
      onFault: 'linux' as const,
      fuelPerCall: 10_000,
      fuelPerRun: 1e12,
      memoryBytes: 1 << 20,
    },
  };
  const text =
    'export default { slabLimit: () => 7, slabOrder: () => 9, zonelist: (request, mem) => mem.AS_LINUX };\n';
  const source: PolicySource = { entry: 'p.js', files: [{ path: 'p.js', text }] };
  const tape = compileTape(plan, 3);
  const sandbox = await Sandbox.start();
  try {
    const loaded = await sandbox.load(source, plan);
    if (!loaded.ok) throw new Error(loaded.diagnostics[0].message);
    const run = await sandbox.run(plan, tape);
    if ('reason' in run) throw new Error(run.message);
    // Both caches of the workload: one limit each, and an order that cannot be.
    expect(run.decisions.filter(answer => answer === 7)).toHaveLength(2);
    expect(run.faults.map(fault => [fault.hook, fault.event])).toEqual([
      ['slabOrder', 0],
      ['slabOrder', 0],
    ]);
    const play = new Play(plan, tape, { info: loaded.info, run });
    play.playUntil(tape.nrOps);
    expect(play.mismatch).toBe('');
    expect(play.run.policy.nrFaults).toBe(2);
  } finally {
    await sandbox.close();
  }
});
