import { join } from 'node:path';
import { BadInput } from '../../../../src/cli/exit.ts';
import { listChallenges, policyPathOf } from '../../../../src/cli/play/entries.ts';

const FIXTURES = join(__dirname, '..', '..', '..', 'fixtures', 'play');

test('a policy has the place of its challenge, and never leaves its folder', () => {
  expect(policyPathOf('p', 'zones/the-sound-card')).toBe(join('p', 'zones', 'the-sound-card.ts'));
  expect(policyPathOf('p', 'alone')).toBe(join('p', 'alone.ts'));
  expect(policyPathOf('p', '../../etc/passwd')).toBe(join('p', 'challenge', 'challenge', 'etc', 'passwd.ts'));
  expect(policyPathOf('p', 'a\0b/c d')).toBe(join('p', 'a-b', 'c-d.ts'));
});

test('lists the challenges of a folder by the order of their names', () => {
  const entries = listChallenges(FIXTURES, '/nowhere');
  expect(entries.map(entry => [entry.id, entry.policyExists])).toEqual([
    ['buddy/calm', false],
    ['zones/starving', false],
  ]);
  expect(entries[0].policyPath).toBe(join('/nowhere', 'buddy', 'calm.ts'));
});

test('a folder that is not there is bad input', () => {
  expect(() => listChallenges(join(FIXTURES, 'no-such-folder'), 'p')).toThrow(BadInput);
});
