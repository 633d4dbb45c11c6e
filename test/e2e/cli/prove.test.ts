import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { oomph, ROOT } from './oomph.ts';

jest.setTimeout(600_000);

const folder = join(ROOT, 'challenges');
const challenges = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('challenge.yaml'))
  .sort();

test('there are challenges', () => {
  expect(challenges.length).toBeGreaterThanOrEqual(4);
});

test.each(challenges)(
  '%s: the reference policy wins at par, the naive policy and Linux alone do not',
  path => {
    const { code, out, err } = oomph(['lint', join(folder, path), '--prove', '--seeds', '1-2']);
    expect({ out, err }).toEqual({
      out: expect.stringMatching(/^proven {2}\S+: reference wins on 2 seeds with [123] stars/),
      err: '',
    });
    expect(code).toBe(0);
  },
);
