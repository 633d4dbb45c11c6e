/** What somebody does who plays for the first time: presses keys too early, and looks for the reason at the top. */
import type { Verdict } from '../../../src/contract/verdict.ts';
import { MARK_KINDS } from '../../../src/harness/marks.ts';
import type { Model } from '../../../src/tui/model.ts';
import { type Message, update } from '../../../src/tui/update.ts';
import { view } from '../../../src/tui/view.ts';
import { LOST, model, play, prepared, verdict } from './fake.ts';

const key = (name: string): Message => ({ kind: 'key', key: name, nowMs: 0 });
const kindsOf = (at: Model, name: string): string[] =>
  update(at, key(name)).effects.map(effect => effect.kind);
const screen = (at: Model): string => view(at).toString();

/** Seeds 1 and 2 are won, 3 is lost. */
function lostOnThree(): Verdict {
  const [one, two] = verdict().seeds;
  return { ...verdict(LOST), seeds: [one, two, verdict(LOST).seeds[2]] };
}

function resultOf(what: Verdict): Model {
  const at = play(model(), 'enter', 'enter', 'enter');
  return { ...at, play: { ...at.play!, prepared: prepared({ verdict: what }) } };
}

test('Enter pressed again while the policy runs does not begin anew', () => {
  const busy = update(play(model(), 'enter'), key('enter')).model;
  const again = update(busy, key('enter'));
  expect(again.effects).toEqual([]);
  expect(again.model.busy).toEqual(busy.busy);
  // The file changed, or another seed is asked for: that is another run.
  const changed = update(busy, { kind: 'policy-changed', selected: 0, exists: true, nowMs: 0 });
  expect(changed.effects).toMatchObject([{ kind: 'prepare', seed: 1 }]);
  const other = update(busy, key('s')).model;
  expect(update(other, key('enter')).effects).toMatchObject([{ kind: 'prepare', seed: 2 }]);
});

test('e opens the editor where one reads what went wrong, and says so', () => {
  const run = play(model(), 'enter', 'enter', 'space');
  const cause = play(run, 'f', 'c');
  const compare = play(run, 'd');
  expect([cause.screen, compare.screen]).toEqual(['cause', 'compare']);
  for (const at of [cause, compare]) {
    expect(kindsOf(at, 'e')).toEqual(['edit']);
    expect(screen(at)).toContain('e edit policy');
  }
});

test('e on a hint closes it and opens the editor; any other key closes it only', () => {
  const hint = play(model(), 'enter', 'enter', 'space', 'h');
  expect(hint.popup).not.toBeNull();
  expect(screen(hint)).toMatch(/e edit policy {2}any other key closes *$/);
  const edited = update(hint, key('e'));
  expect(edited.model.popup).toBeNull();
  expect(edited.effects).toEqual([{ kind: 'edit', selected: 0 }]);
  expect(update(hint, key('space'))).toMatchObject({ model: { popup: null }, effects: [] });
});

test('a seed that is won says at its goals which seeds are lost, s goes there, and nothing is to be explained', () => {
  const at = resultOf(lostOnThree());
  const text = screen(at);
  expect(text).toContain('Goals  on seed 1, which is won; lost on seed 3: s goes there');
  expect(text).not.toContain('why it failed');
  const next = update(at, key('s'));
  expect(next.effects).toEqual([{ kind: 'open-seed', seed: 3 }]);
  // From a lost one in order: the won ones can be looked at, too.
  expect(update({ ...next.model }, key('s')).effects).toEqual([{ kind: 'open-seed', seed: 1 }]);
  expect(update(resultOf(verdict()), key('s')).effects).toEqual([{ kind: 'open-seed', seed: 2 }]);
  expect(screen(resultOf(verdict()))).not.toContain('which is won');
});

test('better on this seed than its stars tell: the score says whose stars they are', () => {
  const [one, two, three] = verdict().seeds;
  const gold = { ...one, stars: 3, score: [{ ...one.score[0], reached: 'gold' as const }] };
  expect(screen(resultOf({ ...verdict(), seeds: [gold, two, three] }))).toContain(
    'Score  on seed 1; the stars are those of the worst seed',
  );
  expect(screen(resultOf(verdict()))).toMatch(/Score {2}on seed 1 *[┃│ ]*$/m);
});

const FAULT = {
  code: 'not-an-integer' as const,
  hook: 'zonelist' as const,
  event: 4,
  timeUs: 42_876,
  file: 'mine.ts',
  line: 3,
  column: 3,
  value: 'NaN',
  message: 'must be a number: something in the sum was none',
};

function withFaults(): Model {
  const run = prepared({ verdict: verdict({ ...LOST, faults: [FAULT, FAULT], nrFaults: 24_200 }) });
  const busy = update(play(model(), 'enter'), key('enter')).model;
  const preparation = { ok: true as const, run };
  return update(busy, { kind: 'prepared', ticket: busy.busy!.ticket, preparation, run: run.open(1) }).model;
}

test('who watches a policy that is at fault is told, and not that the change changed nothing', () => {
  const at = withFaults();
  expect(screen(at)).toMatch(
    /enter tells of 24\.2k faults of your policy: mine\.ts:3 answered NaN, must be a…$/,
  );
  const step = update(at, { kind: 'policy-changed', selected: 0, exists: true, nowMs: 0 });
  const again = step.model.busy!.ticket;
  const preparation = { ok: true as const, run: at.play!.prepared };
  const second = update(step.model, {
    kind: 'prepared',
    ticket: again,
    preparation,
    run: at.play!.prepared.open(1),
  });
  expect(second.effects).toMatchObject([{ kind: 'compare', quiet: true }]);
  expect(second.model.notice?.text).toContain('24.2k faults of your policy');
});

test('the faults of the policy stand right below the goals, on the first page', () => {
  const lines = screen(play(withFaults(), 'enter')).split('\n');
  const line = (text: string): number => lines.findIndex(row => row.includes(text));
  expect(line('Faults of the policy  24.2k in all')).toBeGreaterThan(line('Goals  on seed 1'));
  expect(line('Faults of the policy')).toBeLessThan(line('Next'));
  expect(line('mine.ts:3:3, zonelist, event 4: answered NaN')).toBeGreaterThan(0);
});

test('a goal missed by a little does not read as if it were met', () => {
  const [goal] = LOST.goals!;
  const missed = { ...goal, text: 'cycles, at most 16M', unit: 'cycles', wanted: 16e6, value: 16_003_512 };
  const text = screen(resultOf(verdict({ ...LOST, goals: [missed] })));
  expect(text).toContain('cycles, at most 16M: 16,003,512');
  const [score] = verdict().seeds[0].score;
  const axis = { ...score, value: 1_901_204, reached: 'none' as const };
  expect(screen(resultOf(verdict({ stars: 1, score: [axis] })))).toMatch(
    /cycles {2}1,901,204 {2}not at par {3}par 1\.9M/,
  );
});

test('the command that shows the same is one that can be typed here', () => {
  const at = resultOf(verdict());
  const called = { ...at, height: 60, play: { ...at.play!, prepared: prepared({ called: 'npx oomph' }) } };
  expect(screen(called)).toContain(' npx oomph run zones/the-sound-card --seed 1');
  expect(screen({ ...at, height: 60 })).toMatch(/ {2}oomph run zones\/the-sound-card --seed 1/);
});

test('where the run stands is seen on a timeline full of faults of the policy', () => {
  const at = play(model(), 'enter', 'enter', 'space');
  const { marks } = at.play!.run;
  for (let op = 1; op <= 600; op++) marks.push(op, op * 100_000, MARK_KINDS.indexOf('fault'), 0);
  const half = play(at, ':', '5', '3', '%', 'enter');
  expect(screen(half).split('\n')[1]).toMatch(/paused .* [?▼╳]+╸[?▼╳]+ 1 min/);
});

test('what is next of the hints, and where those are that were read', () => {
  const at = resultOf(verdict(LOST));
  expect(screen(at)).toMatch(/ h {2}a hint /);
  const after = (keys: number): string => screen(play(at, ...Array(keys).fill('h'), 'space'));
  expect(after(1)).toContain('h  the next hint; those before stand on the briefing: q');
  expect(after(3)).toContain('h  what the real kernel does; the hints stand on the briefing: q');
});

test('a seed chosen while the policy runs is not named above the run of another', () => {
  const busy = update(play(model(), 'enter'), key('enter')).model;
  const other = update(busy, key('s')).model;
  const run = prepared();
  const preparation = { ok: true as const, run };
  const { ticket } = other.busy!;
  const at = update(other, { kind: 'prepared', ticket, preparation, run: run.open(1) }).model;
  expect(screen(at)).toContain('seed 1 (1 of 3)');
  expect(update(at, key('s')).effects).toEqual([{ kind: 'open-seed', seed: 2 }]);
});
