import type { ChallengePlan, StepPlan } from '../contract/plan.ts';

/** Where in the challenge file somebody asked for memory. */
export interface CallSite {
  /** The step, as its file has it: `alloc_pages as ring`. */
  text: string;
  /** 1-based line of the challenge file, 0 where the plan tells none. */
  line: number;
}

/** @param site of the tape: number of the step within its task, depth first */
export function callSite(plan: ChallengePlan, task: number, site: number): CallSite {
  const left = { sites: site };
  const step = stepAt(plan.workload.tasks[task]?.run ?? [], left);
  if (step === null) return { text: '', line: 0 };
  const line = 'line' in step ? (step.line ?? 0) : 0;
  if (step.kind === 'call') {
    const name = plan.workload.named?.functions[step.function];
    return { text: name === undefined ? step.kind : `${name}()`, line };
  }
  const call = step.kind === 'alloc' ? step.call : (CALLS[step.kind] ?? step.kind);
  return { text: 'as' in step ? `${call} as ${step.as}` : call, line };
}

/** Calls that a step has another word for. */
const CALLS: Readonly<Record<string, string>> = {
  cache_alloc: 'kmem_cache_alloc',
  cache_free: 'kmem_cache_free',
};

function stepAt(steps: readonly StepPlan[], left: { sites: number }): StepPlan | null {
  for (const step of steps) {
    if (left.sites-- === 0) return step;
    if (!('run' in step)) continue;
    const found = stepAt(step.run, left);
    if (found !== null) return found;
  }
  return null;
}
