import type { ChallengePlan, MachineConfig, PolicyPlan, StepPlan, WorkloadPlan } from '../contract/plan.ts';
import { TUNABLES } from '../contract/tunables.ts';
import { ARCHES, HOOKS, type HookName } from '../engine/index.ts';
import type { Located } from './document.ts';
import { type Findings, quote } from './findings.ts';
import { COUNT, quantity, SIZE } from './quantity.ts';
import { field, textOf } from './values.ts';

export const DEFAULT_FUEL_PER_CALL = 10_000;
export const DEFAULT_FUEL_PER_RUN = 200_000_000;
export const DEFAULT_POLICY_MEMORY = 64 << 20;

const MAX_FUEL_PER_RUN = 100_000_000_000;
const MIN_POLICY_MEMORY = 1 << 20;
const MAX_POLICY_MEMORY = 1 << 30;

export interface PolicySpec {
  plan: PolicyPlan;
  form: ChallengePlan['form'];
  reference: string;
  naive: string;
}

export function readPolicy(
  findings: Findings,
  node: Located | undefined,
  isThere: (path: string) => boolean,
): PolicySpec {
  const hooks: HookName[] = [];
  for (const item of field(node, 'hooks')?.items ?? []) {
    const name = textOf(item);
    if (name === undefined || !(HOOKS as readonly string[]).includes(name)) continue;
    if (hooks.includes(name as HookName))
      findings.error(item, 'E-DUPLICATE', `${quote(name)} is in the list twice`, {
        expected: 'each hook once',
      });
    hooks.push(name as HookName);
  }
  const fuel = field(node, 'fuel');
  const callNode = field(fuel, 'per_call');
  const runNode = field(fuel, 'per_run');
  const fuelPerCall = amount(findings, callNode, DEFAULT_FUEL_PER_CALL);
  const fuelPerRun = amount(findings, runNode, DEFAULT_FUEL_PER_RUN);
  if (fuelPerCall > fuelPerRun) {
    const place = callNode ?? runNode ?? node;
    if (place !== undefined) {
      const message = `one call may use ${fuelPerCall} units, a whole run only ${fuelPerRun}`;
      findings.error(place, 'E-FUEL', message, { expected: '`per_call` at most `per_run`' });
    }
  }
  const memoryNode = field(node, 'memory');
  const memoryBytes = quantity(findings, memoryNode, SIZE) ?? DEFAULT_POLICY_MEMORY;
  if (memoryNode !== undefined && (memoryBytes < MIN_POLICY_MEMORY || memoryBytes > MAX_POLICY_MEMORY)) {
    findings.error(memoryNode, 'E-RANGE', `${quote(memoryNode.source)} for the policy`, {
      expected: '1MiB to 1GiB',
    });
  }
  return {
    plan: {
      hooks,
      onFault: field(node, 'on_fault')?.value === 'end' ? 'end' : 'linux',
      fuelPerCall,
      fuelPerRun,
      memoryBytes,
    },
    form: readForm(findings, node),
    reference: policyPath(findings, field(node, 'reference'), isThere),
    naive: policyPath(findings, field(node, 'naive'), isThere),
  };
}

/** A file of tunables decides only the hooks that have some. */
function readForm(findings: Findings, node: Located | undefined): ChallengePlan['form'] {
  if (field(node, 'form')?.value !== 'tunables') return 'code';
  const tunable = [...new Set(Object.values(TUNABLES).map(({ hook }) => hook))];
  for (const item of field(node, 'hooks')?.items ?? []) {
    const hook = textOf(item) as HookName;
    if (!HOOKS.includes(hook) || tunable.includes(hook)) continue;
    findings.error(item, 'E-FORM', `no tunable decides ${quote(hook)}`, {
      expected: `\`form: code\`, or hooks with tunables: ${tunable.join(', ')}`,
    });
  }
  return 'tunables';
}

/** A hook that nothing asks would leave a player waiting for it: said at its name. */
export function checkHooks(
  findings: Findings,
  node: Located | undefined,
  machine: MachineConfig,
  workload: WorkloadPlan,
): void {
  for (const item of field(node, 'hooks')?.items ?? []) {
    const lack = lackOf(textOf(item) as HookName, machine, workload);
    if (lack === null) continue;
    const [message, expected] = lack;
    findings.error(item, 'E-HOOK-UNUSED', `nothing asks ${quote(item.source)}: ${message}`, { expected });
  }
}

/** Every hook that this machine and workload ask: what a spec opens that says nothing of hooks. */
export function askedHooks(machine: MachineConfig, workload: WorkloadPlan): HookName[] {
  return HOOKS.filter(hook => lackOf(hook, machine, workload) === null);
}

type Lack = readonly [message: string, expected: string] | null;

const NO_SLAB: Lack = [
  'the machine has no slabs',
  '`slab: true` in `machine`, or a hook of the page allocator',
];

/** What the machine or the workload would have to have for a hook to be asked; null where it is. */
function lackOf(hook: HookName, machine: MachineConfig, workload: WorkloadPlan): Lack {
  const hasStacks = machine.stacks !== undefined;
  const hasSlab = machine.slab === true || hasStacks || machine.vm !== undefined;
  const has = (match: (step: StepPlan) => boolean): boolean =>
    workload.tasks.some(task => anyStep(task.run, match));
  switch (hook) {
    case 'reclaim':
    case 'kswapd':
      if (machine.vm !== undefined) return null;
      return ['a machine without a disk reclaims nothing', 'a `disk` in `machine`'];
    case 'slabPick':
      return hasSlab ? null : NO_SLAB;
    case 'slabReap':
      if (hasStacks || machine.vm !== undefined) return null;
      return [
        'the timers of cache_reap() run on machines with a disk or stacks',
        'a `disk` or a `stack` in `machine`',
      ];
    case 'slabOrder':
    case 'slabLimit':
    case 'slabMerge':
      if (!hasSlab) return NO_SLAB;
      if ((workload.named?.caches.length ?? 0) > 0) return null;
      return ['the workload creates no cache', '`caches` in `workload`'];
    case 'route':
      return has(step => step.kind === 'buffer') ? null : ['no step is a `buffer`', 'a `buffer` step'];
    case 'map':
      if (ARCHES[machine.arch].kmap === null)
        return [`${machine.arch} has no high memory`, 'an architecture with high memory, such as i386'];
      return has(step => step.kind === 'map_page') ? null : ['no step is a `map_page`', 'a `map_page` step'];
    case 'frame':
      if (!hasStacks) return ['the machine has no kernel stacks', 'a `stack` in `machine`'];
      if (has(step => step.kind === 'call' && step.bufferBytes !== undefined)) return null;
      return ['no `call` has a local `buffer`', 'a `call` with a `buffer`'];
    case 'interrupt':
      if (!hasStacks) return ['the machine has no kernel stacks', 'a `stack` in `machine`'];
      if (workload.tasks.some(task => task.context === 'hardirq')) return null;
      return ['no task is an interrupt', 'a task with `context: hardirq`'];
    case 'gfp':
      if (has(step => 'gfp' in step)) return null;
      return ['no step asks with a mask', 'a step with `gfp`'];
    default:
      return null;
  }
}

function anyStep(steps: readonly StepPlan[], match: (step: StepPlan) => boolean): boolean {
  return steps.some(step => match(step) || ('run' in step && anyStep(step.run, match)));
}

function amount(findings: Findings, node: Located | undefined, otherwise: number): number {
  const units = quantity(findings, node, COUNT) ?? otherwise;
  if (node !== undefined && (units < 1 || units > MAX_FUEL_PER_RUN)) {
    findings.error(node, 'E-RANGE', `${quote(node.source)} units of fuel`, { expected: '1 to 100G' });
    return otherwise;
  }
  return units;
}

/** A path that stays in the challenge's folder, whatever system reads it. */
function policyPath(
  findings: Findings,
  node: Located | undefined,
  isThere: (path: string) => boolean,
): string {
  const path = textOf(node);
  if (path === undefined || node === undefined) return '';
  const parts = path.split(/[/\\]/);
  if (path.includes('\\')) {
    const suggestions = [path.replace(/\\/g, '/')];
    findings.error(node, 'E-PATH', `${quote(path)} has a backslash`, {
      expected: 'forward slashes',
      suggestions,
    });
  } else if (/^([/~]|[A-Za-z]:)/.test(path) || parts.includes('..')) {
    const message = `${quote(path)} leads out of the folder of the challenge`;
    findings.error(node, 'E-PATH', message, { expected: 'a path inside it, such as reference.ts' });
  } else if (!/\.(ts|js|ya?ml)$/.test(path)) {
    findings.error(node, 'E-PATH', `${quote(path)} is no policy: those end in .ts, .js or .yaml`, {
      expected: 'a path such as reference.ts',
    });
  } else if (!isThere(path)) {
    findings.warning(
      node,
      'W-POLICY-MISSING',
      `there is no file ${quote(path)} in the folder of the challenge`,
      {
        expected: 'a policy: write it, or leave the key out',
      },
    );
  }
  return path;
}
