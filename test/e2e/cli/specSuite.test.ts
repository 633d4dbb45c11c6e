/** The specs of our own, by the built command, as CI of anybody would run them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './oomph.ts';
import { oomphTest } from './specs.ts';

jest.setTimeout(300_000);

test('the engine comes to what the specs say', () => {
  const { code, out, err } = oomphTest(ROOT, ['test/specs', '--ci']);
  expect(`${err}${code === 0 ? '' : out}`).toBe('');
  const specs = readdirSync(join(ROOT, 'test/specs'), { recursive: true, encoding: 'utf8' }).filter(
    name => /\.spec\.yaml$/.test(name) && !name.includes('__snapshots__'),
  );
  expect(specs.length).toBeGreaterThanOrEqual(20);
  expect(out).toContain(`${specs.length} specs passed\n`);
  expect(out).not.toContain('stale');
});
