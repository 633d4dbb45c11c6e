import type { ChallengePlan, StepPlan } from '../../../src/contract/plan.ts';
import { GFP_KERNEL, type MachineConfig } from '../../../src/engine/index.ts';
import { at, constant, hold, plan, task } from '../workload/plans.ts';

/** A kernel with all its checks, on 64 MiB. */
export const CHECKED: MachineConfig = {
  ...plan([]).machine,
  ramPages: 16_384,
  slab: true,
  stacks: { threadBytes: 8192, irqStacks: false },
  debug: { slab: true, spinlockSleep: true, stackOverflow: true },
};

const FUNCTIONS = ['ext3_get_block', 'do_read', 'e100_intr'];

const kmalloc = (as: string, bytes: number): StepPlan => ({
  kind: 'kmalloc',
  as,
  bytes: constant(bytes),
  gfp: GFP_KERNEL,
  onFail: { kind: 'skip' },
});

function calls(deep: number, run: StepPlan[]): StepPlan[] {
  if (deep === 0) return run;
  return [{ kind: 'call', function: deep % 2, frameBytes: constant(900), run: calls(deep - 1, run) }];
}

/** A daemon that calls `deep` functions of 900 bytes each and allocates there, and an interrupt that may not sleep and does. */
export function kernelPlan(deep: number, more: Partial<MachineConfig> = {}): ChallengePlan {
  const p = plan(
    [
      task(
        'httpd',
        at(5),
        calls(deep, [kmalloc('buffer', 100), hold(100), { kind: 'kfree', name: 'buffer' }]),
        {
          process: { fork: 'copy', nice: 0, root: false },
        },
      ),
      task(
        'eth0',
        at(50, 2_000_000),
        [
          {
            kind: 'call',
            function: 2,
            frameBytes: constant(64),
            run: [kmalloc('skb', 1500), { kind: 'kfree', name: 'skb' }],
          },
        ],
        { context: 'hardirq', interrupt: { irq: 11, noNesting: false } },
      ),
    ],
    { machine: { ...CHECKED, ...more } },
  );
  p.workload.named = { caches: [], files: [], locks: [], functions: FUNCTIONS };
  return p;
}
