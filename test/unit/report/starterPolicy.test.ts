import { HOOKS } from '../../../src/engine/index.ts';
import { starterPolicy } from '../../../src/report/starterPolicy.ts';
import { compiled, sourceOf } from '../policy/inRealm.ts';
import { at, plan, task } from '../workload/plans.ts';

test('exactly the hooks of the challenge, each left to Linux', () => {
  const p = plan([], { id: 'zones/x', title: 'A title */ with an end of comment' });
  p.policy.hooks = ['zonelist', 'pcp'];
  expect(starterPolicy(p)).toMatchInlineSnapshot(`
"import { definePolicy } from 'oomph';

// A title */ with an end of comment (zones/x)
// Every field of request and all that mem can tell: oomph docs policy
export default definePolicy<'zonelist' | 'pcp'>({
  /**
   * Asked: which zones one request may take pages from, and in which order.
   * Answer: mem.zonelist(first, second?, third?) or a constant such as mem.NORMAL_ONLY; mem.AS_LINUX leaves it to Linux.
   * request tells: gfp, order, cpu, context, task, site, owner, timeMs, event, linux.
   */
  zonelist: (request, mem) => mem.AS_LINUX,
  /**
   * Asked: how many pages move between a per-CPU list and the buddy lists now.
   * Answer: pages to move now; mem.AS_LINUX leaves it to Linux.
   * request tells: gfp, order, cpu, context, task, site, owner, timeMs, event, linux, zone, refill, cold, count, low, high, batch.
   */
  pcp: (request, mem) => mem.AS_LINUX,
});
"
`);
});

test('it names the tasks by the numbers that a request has', () => {
  const p = plan(['sb16', 'editor'].map(name => task(name, at(0), [])));
  p.policy.hooks = ['zonelist'];
  expect(starterPolicy(p)).toContain(
    '// request.task: 0 sb16, 1 editor. The briefing has them too, and request.site.\n',
  );
  p.policy.hooks = ['slabReap'];
  expect(starterPolicy(p)).not.toContain('request.task');
});

test('in JavaScript the comment before what it takes says which hooks there are', () => {
  const p = plan([], { id: 'zones/x' });
  p.policy.hooks = ['gfp', 'slabPick'];
  const text = starterPolicy(p, 'js');
  expect(text.split('\n')[0]).toBe('// @ts-check');
  expect(text).toContain(
    "export default definePolicy(/** @satisfies {Pick<import('oomph').Policy, 'gfp' | 'slabPick'>} */ ({\n",
  );
  expect(text.endsWith('\n}));\n')).toBe(true);
});

test.each(['ts', 'js'] as const)('with every hook there is it compiles, %s', language => {
  const p = plan([], { id: 'zones/x' });
  p.policy.hooks = [...HOOKS];
  expect(compiled(sourceOf(starterPolicy(p, language), `mine.${language}`)).info.hooks).toEqual([...HOOKS]);
});
