import { join } from 'node:path';
import { oomph, temporaryFolder, writeChallenge } from './oomph.ts';

const folder = temporaryFolder();

/** The code of a run of that challenge as Linux plays it. */
function codeOf(challenge: string): string {
  const record = join(folder, 'run.oomph');
  expect(oomph(['run', challenge, '--seed', '1', '--record', record, '-f', '-q']).err).toBe('');
  const { code, out } = oomph(['replay', record, '--code']);
  expect(code).toBe(0);
  return out;
}

test('a run is sent as a code and played from it', () => {
  const code = codeOf('zones/the-sound-card');
  expect(code).toMatch(/^oomph1_[\w-]+\n$/);
  const played = oomph(['replay', code.trim()]);
  expect(played.out).toContain('the record holds');
  expect(played.out).toContain('zones/the-sound-card, seed 1');
  expect(played.code).toBe(0);
});

test('a challenge that does not come with oomph goes along in the code', () => {
  const played = oomph(['replay', codeOf(writeChallenge(folder)).trim(), '--json']);
  expect(JSON.parse(played.out)).toMatchObject({ challenge: 'tests/a-small-one', holds: true });
});

test('a damaged code says so', () => {
  const code = codeOf('zones/the-sound-card').trim();
  const { code: exit, err } = oomph(['replay', code.slice(0, -3)]);
  expect(err).toBe(
    'oomph: the replay code cannot be used: it is damaged or not all there: copy it again, from oomph1_ to the end\n',
  );
  expect(exit).toBe(2);
});
