import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { oomph, ROOT } from './oomph.ts';

test('the pages that come with it are listed, printed and found by any name that messages give them', () => {
  const list = oomph(['docs']);
  expect(list.code).toBe(0);
  expect(list.out).toMatch(/^kernel\/slab +Slab$/m);
  expect(list.out).toMatch(/^policy +Writing a policy$/m);
  const text = readFileSync(join(ROOT, 'docs/policy.md'), 'utf8');
  for (const name of ['policy', 'docs/policy.md', 'policy.md#the-hooks'])
    expect(oomph(['docs', name])).toEqual({ code: 0, out: text, err: '' });
  expect(oomph(['docs', 'kernel', '--path']).out).toBe(`${join(ROOT, 'docs/kernel/README.md')}\n`);
  expect(oomph(['docs', '--path']).out).toBe(`${join(ROOT, 'docs')}\n`);
});

test('a page that there is not is refused with the nearest, and nothing outside can be read', () => {
  const near = oomph(['docs', 'polcy']);
  expect(near.code).toBe(2);
  expect(near.err).toBe('oomph: no page of the documentation is called "polcy": did you mean policy?\n');
  expect(oomph(['docs', '../README']).code).toBe(2);
});
