/** Runs a policy in a realm of this process, without the sandbox: for tests of the compiler and the realm. */

import type { PolicyPlan } from '../../../src/contract/plan.ts';
import type { PolicySource } from '../../../src/contract/policy.ts';
import { boot, HOOKS, type HookName, type Machine } from '../../../src/engine/index.ts';
import { type CompiledPolicy, compilePolicy } from '../../../src/policy/compile/index.ts';
import { PolicyRealm, type RealmFault } from '../../../src/policy/realm/realm.ts';
import { POLICY_FIRST_LINE } from '../../../src/policy/realm/script.ts';

export function machine(): Machine {
  return boot({
    arch: 'i386',
    ramPages: 8192,
    cpus: 1,
    boot: 'flat',
    bootmapPfn: 0,
    reserve: [],
    minFreeKbytes: -1,
    lowerZoneProtection: 0,
  });
}

export const LIMITS: PolicyPlan = {
  hooks: [...HOOKS],
  onFault: 'linux',
  fuelPerCall: 1_000_000,
  fuelPerRun: 1_000_000_000,
  memoryBytes: 64 << 20,
};

export function sourceOf(text: string, entry = 'policy.ts'): PolicySource {
  return { entry, files: [{ path: entry, text }] };
}

/** @throws Error with the diagnostics when it does not compile */
export function compiled(source: PolicySource): CompiledPolicy {
  const result = compilePolicy(source, HOOKS, POLICY_FIRST_LINE);
  if (!result.ok) {
    throw new Error(
      result.diagnostics.map(d => `${d.file}:${d.line}:${d.column} ${d.code} ${d.message}`).join('\n'),
    );
  }
  return result.policy;
}

/** Codes and places of everything wrong with a text. */
export function refusals(text: string, entry = 'policy.ts'): string[] {
  const result = compilePolicy(sourceOf(text, entry), HOOKS, POLICY_FIRST_LINE);
  return result.ok ? [] : result.diagnostics.map(d => `${d.code} ${d.line}:${d.column}`);
}

export interface Outcome {
  answer: number;
  fault: RealmFault | null;
  lines: string[];
  fuel: number;
  realm: PolicyRealm;
}

/** Call one hook once in a fresh realm. */
export function call(
  source: PolicySource | string,
  hook: HookName = 'zonelist',
  limits: Partial<PolicyPlan> = {},
  on: Machine = machine(),
): Outcome {
  const policy = compiled(typeof source === 'string' ? sourceOf(source) : source);
  const slotTask = new Uint16Array(16);
  const realm = new PolicyRealm(
    policy,
    on,
    { slotTask, taskOwner: Uint8Array.of(0, 1) },
    { ...LIMITS, ...limits },
    99,
  );
  if (realm.hooks === null) return { answer: NaN, fault: realm.fault(''), lines: [], fuel: 0, realm };
  const answer = realm.hooks[hook]!();
  const fault = answer === -0x80000000 ? realm.fault(hook) : null;
  return { answer, fault, lines: realm.consoleLines().lines.map(l => l.text), fuel: realm.fuelUsed, realm };
}

/** A policy whose zonelist hook runs these statements; `return` answers. */
export function inHook(body: string, before = ''): string {
  return `${before}\nexport default { zonelist(request, mem) { ${body}\nreturn 1; } };`;
}
