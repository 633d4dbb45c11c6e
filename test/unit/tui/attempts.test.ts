import type { Attempt, AxisValue, Yardstick } from '../../../src/tui/history.ts';
import type { ChallengeRecord, Model } from '../../../src/tui/model.ts';
import { timeText } from '../../../src/tui/panes/attempts.ts';
import { type Effect, update } from '../../../src/tui/update.ts';
import { view } from '../../../src/tui/view.ts';
import { LOST, model, play, prepared, verdict } from './fake.ts';
import { expectGolden } from './golden.ts';

const NOON = Date.UTC(2026, 10, 22, 12, 0);

const cycles = (worst: number): AxisValue[] => [
  { metric: 'cycles', unit: 'cycles', better: 'lower', worst, median: worst, best: worst },
];
const attempt = (id: number, change: Partial<Attempt> = {}): Attempt => ({
  id,
  atMs: NOON - (20 - id) * 3_600_000,
  times: 1,
  outcome: 'won',
  stars: 1,
  scores: cycles(1_950_000),
  seeds: [1, 2, 3],
  policyHash: '0123456789abcdef',
  tokens: 34,
  current: true,
  daily: '',
  ...change,
});
const stick = (name: string, outcome: 'won' | 'lost', worst: number): Yardstick => ({
  name,
  outcome,
  stars: outcome === 'won' ? 1 : 0,
  scores: cycles(worst),
});

const RECORD: ChallengeRecord = {
  selected: 0,
  attempts: [
    attempt(9, { stars: 2, scores: cycles(1_620_000), times: 3 }),
    attempt(8),
    attempt(7),
    attempt(6, { scores: cycles(2_400_000) }),
    attempt(5, { outcome: 'lost', stars: 0, scores: cycles(900_000) }),
    attempt(4, { scores: cycles(90_000_000), tokens: 812 }),
    attempt(3, { current: false, stars: 3 }),
    attempt(2, { daily: '2026-11-21' }),
    attempt(1, { outcome: 'lost', stars: 0, policyHash: null, tokens: null }),
  ],
  sticks: [
    stick('Linux', 'lost', 1),
    stick('dma-reserve', 'won', 1_850_000),
    stick('best-fit', 'won', 2_000_000),
  ],
  measuring: true,
};

/** The result of a run that was won by the newest attempt of the record. */
function result(width: number, height: number, record: ChallengeRecord | null = RECORD): Model {
  const at = play(model({ width, height }), 'enter', 'enter', 'enter');
  const [axis] = verdict().summary;
  const won = verdict();
  won.summary = [{ ...axis, worst: 1_620_000, median: 1_620_000, best: 1_620_000 }];
  return { ...at, record, play: { ...at.play!, prepared: prepared({ verdict: won }) } };
}

test.each([
  [80, 24],
  [200, 50],
] as const)('a result among others at %ix%i', (width, height) => {
  expectGolden(`standing-${width}x${height}`, view(result(width, height)).toString());
});

test('the line of numbers: own attempts by column, far ones at the edge, better ones left of par', () => {
  const lines = view(result(80, 60)).toString().split('\n');
  const at = lines.findIndex(line => line.includes('lower is better'));
  const [counts, axis, others] = lines.slice(at + 1, at + 4);
  expect(axis.indexOf('G')).toBeLessThan(axis.indexOf('P'));
  expect(counts[others.indexOf('↑')]).toBe('1');
  expect(counts.replace(/\s+/g, '')).toBe('1311');
  expect(counts.trimEnd().length).toBeLessThanOrEqual(axis.trimEnd().length);
  expect(others.indexOf('a')).toBeLessThan(others.indexOf('b'));
  expect(lines.join('\n')).toMatch(/lost by Linux/);
});

test('the best before is told, and a new best', () => {
  const [, ...before] = RECORD.attempts;
  expect(view(result(80, 24)).toString()).toContain('a new best');
  const better = { ...RECORD, attempts: [RECORD.attempts[0], attempt(8, { stars: 3 }), ...before] };
  expect(view(result(80, 24, better)).toString()).toContain('best so far ★★★');
  expect(view(result(80, 24, null)).toString()).not.toMatch(/best/);
});

test('a run that is lost is not said to miss par, and says who won', () => {
  const at = result(80, 60);
  const lost = { ...at, play: { ...at.play!, prepared: prepared({ verdict: verdict(LOST) }) } };
  const text = view(lost).toString();
  expect(text).toContain('won by dma-reserve ★☆☆, best-fit ★☆☆');
  expect(text).toContain('counts once the goals are met');
  expect(text).not.toMatch(/not at par|lower is better/);
});

test('what is missing for the next star is said, and where n leads', () => {
  const text = view(result(120, 50)).toString();
  expect(text).toContain('for the third star: cycles at most 1.5M on every seed, it is 1.62M');
  const at = result(80, 24);
  const progress = at.progress.map((one, i) => ({ ...one, stars: i < 2 ? 3 : -1 }));
  expect(play({ ...at, progress }, 'n').selected).toBe(2);
});

/** The list of the attempts, with the policy of the one under the cursor. */
function list(width: number, height: number): Model {
  const at = play(result(width, height), 'a', 'down');
  const text =
    "import { definePolicy } from 'oomph';\n\nexport default definePolicy({\n\tzonelist: () => 1,\n});\n";
  return update(at, { kind: 'attempt-source', id: 8, files: [{ path: 'p.ts', text }] }).model;
}

test.each([
  [80, 24],
  [200, 50],
] as const)('the attempts at %ix%i', (width, height) => {
  expectGolden(`attempts-${width}x${height}`, view(list(width, height)).toString());
});

test('the cursor asks for the policy under it; a late answer is not shown', () => {
  const effects = (at: Model, key: string): Effect[] => update(at, { kind: 'key', key, nowMs: 0 }).effects;
  const at = list(80, 24);
  expect(effects(at, 'down')).toEqual([{ kind: 'look-attempt', id: 7 }]);
  expect(play(at, 'down').history).toEqual({ at: 2, scroll: 0, files: null });
  expect(
    update(play(at, 'down'), { kind: 'attempt-source', id: 8, files: [] }).model.history?.files,
  ).toBeNull();
  expect(effects(at, 'r')).toEqual([{ kind: 'restore', selected: 0, id: 8 }]);
  const linux = play(at, 'G');
  expect(linux.history?.at).toBe(8);
  expect(effects(linux, 'r')).toEqual([]);
  expect(play(linux, 'r').notice?.text).toContain('no policy to restore');
  expect(play(at, 'q').screen).toBe('result');
});

test('the time is that of the player', () => {
  expect(timeText(NOON, 0)).toBe('2026-11-22 12:00');
  expect(timeText(NOON, -750)).toBe('2026-11-21 23:30');
});

test('behind the third hint h tells what the real kernel does', () => {
  const at = play(model(), 'enter', 'h', 'h', 'h');
  expect(view({ ...at, height: 60 }).toString()).toContain('h tells what the real kernel does');
  expect(view({ ...at, height: 60 }).toString()).not.toContain('lowmem_reserve[]');
  expect(view({ ...play(at, 'h'), height: 60 }).toString()).toContain('lowmem_reserve[]');
  const run = play(model(), 'enter', 'enter', 'h', 'h', 'h', 'h');
  expect(run.popup?.title).toBe('What the real kernel does');
  expect(run.popup?.text).toContain('lowmem_reserve[]');
});
