import type { LogLine } from '../../../src/tui/gameRun.ts';
import { foldRepeats } from '../../../src/tui/logFold.ts';
import { view } from '../../../src/tui/view.ts';
import { FakeRun, model, play } from './fake.ts';

const lines = (...texts: string[]): LogLine[] => texts.map((text, i) => ({ timeUs: i * 10, text }));
const texts = (log: readonly LogLine[]): string[] => log.map(({ text }) => text);

test('a line that repeats stands once, with how often it came again and when last', () => {
  const log = lines('a', ...Array<string>(813).fill('fault'), 'b');
  const folded = foldRepeats(log);
  expect(texts(folded)).toEqual(['a', 'fault', '... 812 times more', 'b']);
  expect(folded[2].timeUs).toBe(8130);
});

test('lines that repeat together are folded together', () => {
  const log = lines('x', 'f', 'g', 'f', 'g', 'f', 'g', 'f', 'g', 'f', 'y');
  expect(texts(foldRepeats(log))).toEqual(['x', 'f', 'g', '... these 2 lines 3 times more', 'f', 'y']);
});

test('what comes three times stays, and nothing is nothing', () => {
  expect(texts(foldRepeats(lines('a', 'a', 'a', 'b', 'b', 'a')))).toEqual(['a', 'a', 'a', 'b', 'b', 'a']);
  expect(foldRepeats([])).toEqual([]);
});

test('the log of the run shows it folded', () => {
  const run = new FakeRun(1);
  run.log = lines('first', ...Array<string>(90).fill('policy fault: out of fuel (mine.ts:3, block)'));
  const at = play(model(), 'enter', 'enter', 'space');
  const text = view({ ...at, play: { ...at.play!, run, playing: true } }).toString();
  expect(text).toContain('first');
  expect(text).toContain('... 89 times more');
});
