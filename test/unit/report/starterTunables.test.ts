import { TUNABLES } from '../../../src/contract/tunables.ts';
import { HOOKS } from '../../../src/engine/index.ts';
import { starterTunables } from '../../../src/report/starterTunables.ts';
import { parseTunables } from '../../../src/spec/tunables.ts';
import { plan } from '../workload/plans.ts';

test('the tunables of the hooks, each left to Linux and explained', () => {
  const p = plan([], { id: 'slab/x', title: 'A title' });
  p.policy.hooks = ['coalesce', 'slabReap'];
  expect(starterTunables(p)).toMatchInlineSnapshot(`
"# A title (slab/x)
# \`default\` leaves a number to Linux; write another in its place. All of them:
# oomph docs policy
policy: 1
tunables:
  # coalesce: up to which order a freed block is merged with its buddies now

  # order up to which blocks are merged as they come back; beyond it, when they
  # are needed: an order 0 to 10. Linux: 10.
  coalesce.order: default
  # slabReap: how many free slabs of a cache are given back now

  # part of the free slabs of a cache that goes back each time its timer looks:
  # 0 to 100 percent. Linux: a fifth of what the cache may keep.
  slab.reap: default
"
`);
});

test('all of them, as a policy that sets nothing, in 80 columns', () => {
  const p = plan([], { id: 'zones/x' });
  p.policy.hooks = [...HOOKS];
  const text = starterTunables(p)!;
  for (const name of Object.keys(TUNABLES)) expect(text).toContain(`\n  ${name}: default\n`);
  expect(text.split('\n').filter(line => line.length > 80)).toEqual([]);
  const { values, diagnostics } = parseTunables(new TextEncoder().encode(text), 'x.yaml', HOOKS);
  expect([diagnostics, values?.size]).toEqual([[], 0]);
});

test('nothing where no hook has any', () => {
  const p = plan([], { id: 'zones/x' });
  p.policy.hooks = ['zonelist', 'block'];
  expect(starterTunables(p)).toBeNull();
});
