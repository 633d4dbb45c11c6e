import type { PolicySandbox } from '../harness/policyHost.ts';

/** Its code is loaded with the first policy: a run without one starts sooner. */
export async function startSandbox(): Promise<PolicySandbox> {
  const { Sandbox } = await import('../harness/sandbox/client.ts');
  return Sandbox.start();
}

/** One of many at a time. */
export async function startCrowdedSandbox(): Promise<PolicySandbox> {
  const { Sandbox } = await import('../harness/sandbox/client.ts');
  return Sandbox.start({ crowded: true });
}
