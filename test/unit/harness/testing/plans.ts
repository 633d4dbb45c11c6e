import type { TestedPlan } from '../../../../src/harness/testing/runCase.ts';
import { parseChallenge } from '../../../../src/spec/challenge.ts';

const HEAD = `challenge: 1
id: tests/small
title: Small
machine: {arch: i386, ram: 8MiB, sysctl: {vm.min_free_kbytes: 128}}
workload:
  length: 8s
  tasks:
    - name: asker
      context: softirq
      arrive: {every: 2ms}
      run:
        - alloc_page: {as: page, gfp: [GFP_ATOMIC]}
        - hold: {exponential: 6s}
        - free_pages: page
goal: [{metric: page_alloc.failures, at_most: 0}]
seeds: [1, 2]
policy: {hooks: [watermark]}
`;

/** Its memory is full after 4 s, and then allocations fail. */
export function specOf(expectations: string, policy = 'linux'): TestedPlan {
  const text = `${HEAD}test:\n  policy: ${policy}\n  expect:\n${expectations}`;
  const { plan, diagnostics } = parseChallenge(new TextEncoder().encode(text), 'small.spec.yaml');
  if (plan === null) throw new Error(diagnostics.map(d => `${d.line}: ${d.message}`).join('\n'));
  return plan as TestedPlan;
}
