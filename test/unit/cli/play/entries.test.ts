import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadInput } from '../../../../src/cli/exit.ts';
import { entryOf, listChallenges, policyPathOf } from '../../../../src/cli/play/entries.ts';

const FIXTURES = join(__dirname, '..', '..', '..', 'fixtures', 'play');

test('a policy has the place of its challenge, and never leaves its folder', () => {
  expect(policyPathOf('p', 'zones/the-sound-card')).toBe(join('p', 'zones', 'the-sound-card.ts'));
  expect(policyPathOf('p', 'alone')).toBe(join('p', 'alone.ts'));
  expect(policyPathOf('p', '../../etc/passwd')).toBe(join('p', 'challenge', 'challenge', 'etc', 'passwd.ts'));
  expect(policyPathOf('p', 'a\0b/c d')).toBe(join('p', 'a-b', 'c-d.ts'));
});

test('a policy of tunables ends in .yaml, unless the player has written code already', () => {
  expect(policyPathOf('p', 'zones/x', 'tunables')).toBe(join('p', 'zones', 'x.yaml'));
  const policies = mkdtempSync(join(tmpdir(), 'oomph-entries-'));
  const [calm] = listChallenges(FIXTURES, policies);
  const loaded = {
    name: 'x',
    file: 'x',
    diagnostics: [],
    plan: { ...calm.plan!, form: 'tunables' as const },
  };
  mkdirSync(join(policies, 'buddy'));
  expect(entryOf(loaded, policies).policyPath).toBe(join(policies, 'buddy', 'calm.yaml'));
  writeFileSync(join(policies, 'buddy', 'calm.ts'), '');
  expect(entryOf(loaded, policies).policyPath).toBe(join(policies, 'buddy', 'calm.ts'));
  writeFileSync(join(policies, 'buddy', 'calm.yaml'), '');
  expect(entryOf(loaded, policies).policyPath).toBe(join(policies, 'buddy', 'calm.yaml'));
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
