import type { EpicReport } from '../../../src/report/epicText.ts';
import type { Model } from '../../../src/tui/model.ts';
import { update } from '../../../src/tui/update.ts';
import { view } from '../../../src/tui/view.ts';
import { model, play } from './fake.ts';
import { expectGolden } from './golden.ts';

const key = (name: string) => ({ kind: 'key' as const, key: name, nowMs: 0 });
const axis = { metric: 'cycles', unit: 'cycles', worst: 1_620_000 };
const played = { title: 't', stars: 2, seeds: 5, seedsWon: 5, faults: 0, score: [axis] };
const REPORT: EpicReport = {
  epic: 1,
  oomph: '1.0.0',
  policy: { name: 'oomph-policies/zones/p.ts', hash: '0123456789abcdef', tokens: 34, hooks: ['zonelist'] },
  challenges: [
    { ...played, id: 'zones/the-sound-card', outcome: 'won' },
    { ...played, id: 'zones/high', outcome: 'lost', stars: 0, seedsWon: 3, score: [] },
  ],
  notServed: ['buddy/the-wall'],
  won: 1,
  stars: 2,
  possible: 6,
};

const withPolicy = (): Model => {
  const at = model();
  return { ...at, entries: at.entries.map((one, i) => (i === 0 ? { ...one, policyExists: true } : one)) };
};

test('E plays all with the policy under the cursor, and shows what came of it', () => {
  const asked = update(withPolicy(), key('E'));
  expect(asked.effects).toEqual([{ kind: 'epic', ticket: 1, selected: 0 }]);
  expect(asked.model.busy?.text).toContain('playing all with oomph-policies/zones/the-sound-card.ts');
  const outcome = { ok: true as const, report: REPORT };
  const at = update(asked.model, { kind: 'epic-done', ticket: 1, outcome }).model;
  expectGolden('epic-80x24', view(at).toString());
  expect(play(at, 'q').screen).toBe('list');
  const late = update(play(asked.model, 'escape'), { kind: 'epic-done', ticket: 1, outcome }).model;
  expect(late.screen).toBe('list');
});

test('without a policy it says which, and a faulty one is a problem', () => {
  expect(play(model(), 'E').notice?.text).toContain('zones/the-sound-card has no policy of yours');
  const problem = { title: 'Your policy does not compile', diagnostics: [], message: '' };
  const asked = update(withPolicy(), key('E')).model;
  const at = update(asked, { kind: 'epic-done', ticket: 1, outcome: { ok: false, problem } }).model;
  expect([at.screen, at.busy]).toEqual(['problem', null]);
});
