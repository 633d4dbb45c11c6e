import type { LiveGoal } from '../../../src/tui/gameRun.ts';
import { goals, marginText } from '../../../src/tui/panes/goals.ts';
import { FakeRun, model, play } from './fake.ts';

const goal = (change: Partial<LiveGoal>): LiveGoal => ({
  text: 'page_alloc.failures of task sb16, at most 0',
  unit: 'count',
  compare: 'at_most',
  wanted: 0,
  value: 0,
  always: false,
  held: true,
  lost: false,
  lostAtUs: -1,
  ...change,
});

class RunWithGoals extends FakeRun {
  readonly wanted: LiveGoal[];
  constructor(wanted: LiveGoal[]) {
    super(1);
    this.wanted = wanted;
  }
  override get goals(): LiveGoal[] {
    return this.wanted;
  }
}

function drawn(wanted: LiveGoal[], height: number): string {
  const at = play(model(), 'enter', 'enter');
  return goals({ ...at, play: { ...at.play!, run: new RunWithGoals(wanted) } }, 27, height).toString();
}

test('the margin is told in words', () => {
  expect(marginText(goal({ wanted: 5, value: 2 }))).toBe('3 to spare');
  expect(marginText(goal({ value: 4, held: false }))).toBe('4 too many');
  expect(marginText(goal({ compare: 'at_least', wanted: 8, value: 8, unit: 'order' }))).toBe('none to spare');
  expect(marginText(goal({ compare: 'at_least', wanted: 8, value: 5, held: false }))).toBe('3 missing');
  expect(marginText(goal({ compare: 'equals', wanted: 1, value: 2, held: false }))).toBe('wanted 1');
  expect(marginText(goal({ held: false, lost: true, lostAtUs: 2e6 }))).toBe('lost at 2.00 s');
});

test('the less room, the fewer words: the text of a goal goes last', () => {
  const three = [goal({}), goal({ value: 3, held: false }), goal({ value: 4, held: false, lost: true })];
  const full = drawn(three, 13);
  expect(full).toContain('0  none to spare');
  expect(full).toContain('par 1.9M  gold 1.5M');
  const close = drawn(three, 10);
  expect(close).toContain('3  3 too many');
  expect(close).not.toContain('gold');
  const terse = drawn(three, 7);
  expect(terse).toContain('task sb16, at most 0    3');
  const line = drawn(three, 4);
  expect(line.split('\n')).toHaveLength(4);
  expect(line).toMatch(/^✔ page_alloc.failures of… 0\n○ .* 3\n✘ .* 4\ncycles/);
});

test('what is to spare is never cut off where there is room: without the unit, or on a line of its own', () => {
  const held = goal({ text: 'pcp.held, always at most 20 pages', unit: 'pages', wanted: 20, value: 6 });
  expect(drawn([held], 12)).toContain('6 pages  14 to spare');
  const wide = goal({ text: 'cycles, at most 3.45M', unit: 'cycles', wanted: 3_450_000, value: 494_123 });
  expect(drawn([wide], 12)).toContain('494k  2.96M to spare');
  const past = goal({ unit: 'cycles', wanted: 16e6, value: 16_003_512, lostAtUs: 15.97e6, held: false });
  expect(drawn([past], 12)).toMatch(/16,003,512\n +lost at 15\.97 s/);
  expect(drawn([past], 7)).not.toContain('enlarge');
});

test('what does not fit at all is said', () => {
  expect(drawn(Array(9).fill(goal({})), 5)).toContain('enlarge to see the rest');
});
