import { boot } from '../../../src/engine/index.ts';
import { NOT_PLAYED } from '../../../src/tui/history.ts';
import type { Model } from '../../../src/tui/model.ts';
import { FIRST_VIEW } from '../../../src/tui/runView.ts';
import { view } from '../../../src/tui/view.ts';
import { controls, entry, LOST, MACHINE, model, play, prepared, verdict } from './fake.ts';
import { expectGolden } from './golden.ts';

const SIZES = [
  [80, 24],
  [200, 50],
] as const;

const diagnostic = {
  code: 'E-POLICY-SYNTAX',
  severity: 'error' as const,
  file: 'the-sound-card.ts',
  line: 4,
  column: 31,
  length: 2,
  message: 'an expression was expected here',
  expected: 'a number or a constant of mem',
  suggestions: ['mem.DMA_ONLY'],
  frame: {
    firstLine: 3,
    lines: ['export default definePolicy({', '  zonelist: (request, mem) =>  ),', '});'],
  },
};

/** A few seconds into a run, standing still. */
function running(start: Model): Model {
  const begun = play(start, 'enter', 'enter', '+', '+');
  const ticks = Array.from({ length: 20 }, () => ({ kind: 'tick' as const, elapsedMs: 100 }));
  return play(begun, ...ticks, 'space', '.');
}

const SCREENS: Record<string, (start: Model) => Model> = {
  list: start => play(start, 'down'),
  'list-help': start => play(start, '?'),
  briefing: start => play(start, 'enter', 'h', 'h', 'home'),
  run: running,
  'run-inspect': start => play(running(start), 'i', 'up', 'right', 'right'),
  'run-zoom': start => play(running(start), 'o', 'z', 'z', 'down'),
  'run-log': start => play(running(start), 'tab'),
  'run-hint': start => play(running(start), 'h'),
  'run-help': start => play(running(start), '?'),
  won: start => play(running(start), 'enter'),
  lost: start => {
    const at = play(running(start), 'enter');
    return { ...at, play: { ...at.play!, prepared: prepared({ verdict: verdict(LOST) }) } };
  },
  cause: start => play(running(start), 'c', 'down'),
  compare: start => {
    const at = running(start);
    const mine = prepared({ policy: { path: 'mine.ts', files: [] } });
    return play({ ...at, play: { ...at.play!, prepared: mine } }, 'd');
  },
  problem: start => ({
    ...start,
    screen: 'problem',
    problem: { title: 'Your policy does not compile', diagnostics: [diagnostic], message: '' },
  }),
  busy: start => {
    const open = play(start, 'enter');
    return { ...open, busy: { ticket: 1, text: 'running your policy, seed 2 of 3', sinceMs: 0 } };
  },
};

describe.each(SIZES)('at %ix%i', (width, height) => {
  test.each(Object.keys(SCREENS))('%s', name => {
    const cells = view(SCREENS[name](model({ width, height })));
    expect([cells.width, cells.height]).toEqual([width, height]);
    expectGolden(`${name}-${width}x${height}`, cells.toString());
  });
});

test('only what there is is offered: failures to go to, hints to uncover', () => {
  const lost = SCREENS['lost'](model({ width: 120 }));
  expect(view(lost).toString()).toMatch(/ f {2}see the machine[\s\S]* f failure .* h hint /);
  const noFailure = prepared({ verdict: verdict({ ...LOST, failures: [] }) });
  const stalled = view({ ...lost, play: { ...lost.play!, prepared: noFailure } }).toString();
  expect(stalled).toContain('LOST');
  expect(stalled).not.toMatch(/ f {2}see| f failure /);
  const entries = lost.entries.map(one => ({ ...one, plan: { ...one.plan!, hints: [] } }));
  expect(view({ ...lost, entries }).toString()).not.toContain('h hint');
});

test.each(Object.keys(SCREENS))('%s is drawn with ASCII signs alone', name => {
  const text = view(SCREENS[name](model({ glyphs: 'ascii' }))).toString();
  expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  if (name === 'run') expectGolden('run-ascii-80x24', text);
});

test.each([
  [79, 24],
  [80, 23],
  [20, 5],
  [1, 1],
])('at %ix%i it asks for room', (width, height) => {
  const text = view(model({ width, height })).toString();
  expect(text).not.toContain('challenges');
  if (width >= 20) expect(text.replace(/\s+/g, ' ')).toContain(`needs 80x24, this is ${width}x${height}`);
});

test('every size from 80x24 up is filled to its edges and nothing is written outside', () => {
  for (let width = 80; width <= 230; width += 13) {
    for (let height = 24; height <= 70; height += 7) {
      const at = running(model({ width, height }));
      const text = view(at).toString();
      expect(text.split('\n')).toHaveLength(height);
      expect(text).toContain('buddyinfo');
      expect(text).toContain('kernel log');
      expect(text).toMatch(/q back$/);
    }
  }
});

test('a challenge file that is at fault says so in the list and shows its faults when opened', () => {
  const entries = [entry('zones/broken', { plan: null, diagnostics: [{ ...diagnostic, line: 7 }] })];
  const at = model({ entries, progress: [{ ...NOT_PLAYED, seed: 0 }] });
  expect(view(at).toString()).toContain('line 7: an expression was expected');
  const opened = play(at, 'enter');
  expect(view(opened).toString()).toContain('zones/broken cannot be played');
  for (const broken of [at, opened]) expect(view(broken).toString()).not.toMatch(/edit policy|run again/);
  expect(play(opened, 'e')).toEqual(opened);
  expect(play(opened, 'q').screen).toBe('list');
});

test('sizes are those of the machine, whose pages need not have 4 KiB', () => {
  const at = running(model({ width: 120, height: 40 }));
  const machine = boot({ ...MACHINE, arch: 'alpha', ramPages: 8192, reserve: [] });
  Object.assign(at.play!.run, { machine });
  const text = view(
    play({ ...at, play: { ...at.play!, moves: -1, view: { ...FIRST_VIEW, cursor: 0 } } }, 'i'),
  ).toString();
  expect(text).toMatch(/DMA 16 MiB[\s\S]*Normal 48 MiB[\s\S]*page of 8 KiB/);
});

test('an escape sequence in a story cannot get out', () => {
  const [first] = model().entries;
  const plan = { ...first.plan!, story: 'red \x1b[31m bell \x07 \u009b1m end', title: 'a\x1b]0;b\x07' };
  const at = play(model({ entries: [{ ...first, plan }] }), 'enter');
  const text = view(at).toString();
  expect(text).toContain('end');
  expect(controls(text)).toEqual([]);
});
