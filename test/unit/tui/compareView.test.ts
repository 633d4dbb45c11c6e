import { changeText, partingEvent } from '../../../src/tui/panes/compare.ts';
import { view } from '../../../src/tui/view.ts';
import { comparisonWith } from './comparisons.ts';
import { entry, model, play, prepared } from './fake.ts';

const withPolicy = () => {
  const at = play(model(), 'enter', 'enter', 'space');
  const mine = prepared({ policy: { path: 'mine.ts', files: [] } });
  return { ...at, play: { ...at.play!, prepared: mine } };
};
const compared = comparisonWith({ kind: 'linux', name: 'Linux' });

test('d compares with Linux, o with the next, and the place is gone to', () => {
  const at = play(withPolicy(), 'd');
  expect(at.screen).toBe('compare');
  const text = view(at).toString();
  expect(text).toMatch(/Yours against Linux, seed 1 +o: another, 1 of 2/);
  expect(text).toContain('Their answers part at event 0, ');
  expect(text).toMatch(/yours: +Normal +[┃│]?\n/);
  expect(text).toMatch(/Linux: +Normal, DMA, as Linux: it does not decide this/);
  const next = play(at, 'o');
  expect(view(next).toString()).toContain('They never part');
  expect(view(next).toString()).toContain('Yours against dma-reserve');
  const there = play(at, 'enter');
  expect([there.screen, there.play!.run.op, there.notice!.text]).toEqual([
    'run',
    1,
    'here the two runs part',
  ]);
  expect(play(there, 'g', 'D').play!.run.op).toBe(1);
  expect(play(at, 'q').screen).toBe('run');
});

test('the reference is offered once the challenge is won', () => {
  const at = withPolicy();
  const kinds = (start: typeof at): string[] =>
    play(start, 'd').compareView!.opponents.map(({ name }) => name);
  expect(kinds(at)).not.toContain('reference');
  const won = { ...at, progress: at.progress.map(one => ({ ...one, stars: 1 })) };
  expect(kinds(won)).toContain('reference');
});

test('Linux is not compared with itself, and where there is nobody it says so', () => {
  const at = play(model(), 'enter', 'enter', 'space');
  expect(play(at, 'd').compareView!.opponents.map(({ name }) => name)).toEqual(['builtin:dma-reserve']);
  const alone = { ...at, play: { ...at.play!, prepared: prepared({ opponents: () => [] }) } };
  expect(play(alone, 'd').notice!.text).toContain('there is nothing to compare with');
  expect(play(at, 'D').notice!.text).toContain('no run is known that parts from this one');
});

test('a changed policy is compared with the run before, and the result says what it did', () => {
  const first = play(model({ entries: [entry('zones/the-sound-card')] }), 'enter', 'enter', 'space');
  const second = play(first, { kind: 'policy-changed', selected: 0, exists: true, nowMs: 0 });
  expect(second.play!.change).not.toBeNull();
  expect(second.play!.parting).toBe(1);
  expect(second.notice!.text).toMatch(/^now held: page_alloc.failures, at most 0; d compares, D goes there$/);
  const result = view(play(second, 'space', 'enter')).toString();
  expect(result).toContain('What your change did');
  expect(result).toMatch(/page_alloc\.failures, at most 0: \d+, lost → 0, held/);
  expect(result).toContain('First other decision: event 0');
  expect(play(second, 'd').compareView!.opponents[0].kind).toBe('previous');
});

test('what the change did to a goal of many words is told to its end', () => {
  const first = play(model({ entries: [entry('zones/the-sound-card')] }), 'enter', 'enter', 'space');
  const second = play(first, { kind: 'policy-changed', selected: 0, exists: true, nowMs: 0 });
  const { change } = second.play!;
  const { a, b } = change!.comparison;
  const long = { ...a.goals[0], text: 'page_alloc.stall_time of task java, at most 14s', unit: 'us' };
  const comparison = {
    ...change!.comparison,
    a: { ...a, goals: [{ ...long, value: 8_060_000, held: true }] },
    b: { ...b, goals: [{ ...long, value: 16_960_000, held: false }] },
  };
  const at = { ...second, play: { ...second.play!, change: { ...change!, comparison } } };
  expect(view(play(at, 'space', 'enter')).toString()).toMatch(
    /stall_time of task java, at most 14s: *[┃│]\n +16\.96 s, lost → 8\.06 s, held/,
  );
});

test('what a goal has told of a number the score does not tell again', () => {
  const first = play(model({ entries: [entry('zones/the-sound-card')] }), 'enter', 'enter', 'space');
  const second = play(first, { kind: 'policy-changed', selected: 0, exists: true, nowMs: 0 });
  const { change } = second.play!;
  const { a, b } = change!.comparison;
  const cycles = (value: number) => ({
    ...a.goals[0],
    metric: 'cycles',
    unit: 'cycles',
    text: 'CYCLES',
    value,
  });
  const shown = (more: number): string => {
    const comparison = {
      ...change!.comparison,
      a: { ...a, goals: [cycles(a.score[0].value)] },
      b: { ...b, goals: [cycles(b.score[0].value + more)] },
    };
    const at = { ...second, play: { ...second.play!, change: { ...change!, comparison } } };
    return view(play(at, 'space', 'enter')).toString();
  };
  expect(shown(0)).toMatch(/CYCLES: .* → /);
  expect(shown(0)).not.toMatch(/^ +cycles: .* → /m);
  expect(shown(20_000)).toMatch(/^ +cycles: .* → /m);
});

test('a change that changed nothing is told as such', () => {
  const same = comparisonWith({ kind: 'policy', name: 'x' });
  expect(partingEvent(same)).toBe(-1);
  expect(changeText(same, 78, '…')).toBe('your change changed nothing in this run');
});

test('what the change did is said in the room there is, and which key tells more always', () => {
  const first = play(model({ entries: [entry('zones/the-sound-card')] }), 'enter', 'enter', 'space');
  const change = play(first, { kind: 'policy-changed', selected: 0, exists: true, nowMs: 0 }).play!.change!;
  expect(changeText(change, 200, '…')).toMatch(
    /^other decisions from event 0 on; now held: .*, at most 0; d compares, D goes there$/,
  );
  const narrow = [78, 60, 50, 40].map(width => changeText(change, width, '…'));
  for (const [i, text] of narrow.entries()) {
    expect(text.length).toBeLessThanOrEqual([78, 60, 50, 40][i]);
    expect(text).toMatch(/^now held: page_alloc.*; d compares/);
  }
});

test('maps of both are drawn, and stand side by side where there is room', () => {
  const at = play(withPolicy(), 'd');
  const maps = (width: number): string => {
    const wide = { ...at, width, height: 120 };
    return view(wide).toString();
  };
  expect(compared.comparison.maps[0].kinds).not.toBeNull();
  expect(maps(80)).toMatch(/\n +DMA .*pages differ; a cell is 16 pages\n +yours +\S{60}/);
  expect(maps(160)).toMatch(/\n +yours +Linux *\n +\S{64} +\S{64}/);
});
