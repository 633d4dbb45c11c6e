import { MARK_KINDS, Marks } from '../../../src/harness/marks.ts';
import { causeAt, markAt, nextLostGoal, nextMark, nextTrouble } from '../../../src/tui/marks.ts';
import { seekTarget } from '../../../src/tui/seekText.ts';
import { view } from '../../../src/tui/view.ts';
import { FakeRun, model, play } from './fake.ts';

const kindOf = (kind: (typeof MARK_KINDS)[number]): number => MARK_KINDS.indexOf(kind);

function someMarks(): Marks {
  const marks = new Marks();
  marks.push(5, 500, kindOf('reclaim'), 0);
  marks.push(9, 900, kindOf('reclaim'), 0);
  marks.push(9, 900, kindOf('failure'), 0);
  marks.push(9, 900, kindOf('goal'), 0);
  marks.push(12, 1200, kindOf('flush'), 0);
  marks.push(20, 2000, kindOf('bug'), 0);
  return marks;
}

test('from mark to mark, forth and back', () => {
  const marks = someMarks();
  const ops = (mark: number): number => (mark < 0 ? -1 : marks.op[mark]);
  expect([0, 5, 9, 12, 20].map(op => ops(nextMark(marks, op, false)))).toEqual([5, 9, 12, 20, -1]);
  expect([20, 12, 9, 5, 0].map(op => ops(nextMark(marks, op, true)))).toEqual([12, 9, 5, -1, -1]);
  expect([0, 9, 20].map(op => ops(nextTrouble(marks, op, false)))).toEqual([9, 20, -1]);
  expect([30, 20, 9].map(op => ops(nextTrouble(marks, op, true)))).toEqual([20, 9, -1]);
  expect([0, 9].map(op => ops(nextLostGoal(marks, op)))).toEqual([9, 9]);
  expect(marks.kind[markAt(marks, 9)]).toBe(kindOf('goal'));
  expect(markAt(marks, 10)).toBe(-1);
  expect(marks.kind[causeAt(marks, 9)]).toBe(kindOf('failure'));
  expect(causeAt(marks, 10)).toBe(-1);
});

test.each([
  ['12.5s', 125],
  ['0.5m', 300],
  ['300ms', 3],
  ['50%', 300],
  ['e49', 50],
  ['49', 50],
  ['start', 0],
  ['end', 600],
  [' END ', 600],
])('%s is a place', (text, op) => expect(seekTarget(new FakeRun(1), text)).toBe(op));

test.each([
  ['12', 13],
  ['61s', 'the run ends at 60.00 s'],
  ['101%', 'the run ends at 100%'],
  ['e600', 'the last event is 599'],
  ['5parsecs', 'parsecs is no unit of time: write 12.5s, 300ms, 50%, e8213, start or end'],
  ['soon', ':soon is no place in the run: write 12.5s, 300ms, 50%, e8213, start or end'],
  ['-3s', ':-3s is no place in the run: write 12.5s, 300ms, 50%, e8213, start or end'],
])('%s is answered', (text, answer) => expect(seekTarget(new FakeRun(1), text)).toBe(answer));

const running = () => play(model(), 'enter', 'enter', 'space');
const typed = (text: string): string[] => [...text];

test('a place typed behind a colon is gone to, and what is none is said in the last line', () => {
  const open = play(running(), ':', ...typed('e9x'));
  expect(view(open).toString()).toMatch(/\n :e9x▏ +12\.5s {2}50% {2}e8213/);
  const there = play(open, 'backspace', 'enter');
  expect([there.play!.run.op, there.seekText]).toEqual([10, null]);
  const lost = play(there, ':', ...typed('q'), 'enter');
  expect(view(lost).toString()).toMatch(/\n :q is no place in the run/);
  expect(lost.play!.run.op).toBe(10);
  expect(play(there, ':', ...typed('7'), 'escape').seekText).toBeNull();
  expect(play(there, ':', 'backspace').seekText).toBeNull();
});

test('keys go from failure to failure, and say at an end that there is none', () => {
  const first = play(running(), 'f');
  expect(first.play!.run.op).toBe(50);
  expect(first.notice!.text).toBe('goal lost');
  const second = play(first, ']');
  expect([second.play!.run.op, second.notice!.text]).toEqual([100, 'failed allocation']);
  expect(play(second, 'F').play!.run.op).toBe(50);
  expect(play(second, 'L').play!.run.op).toBe(50);
  const none = play(first, '[');
  expect([none.play!.run.op, none.notice!.text]).toEqual([50, 'no mark before this']);
});

test('the timeline shows what is still to come', () => {
  const rows = view(play(running(), 'g')).toString().split('\n');
  expect(rows[1].replace(/[^▼╳]/g, '')).toMatch(/^▼╳{11}$/);
});

test('a help that does not fit is scrolled, any other key closes it', () => {
  const open = play(running(), '?');
  const down = play(open, 'pagedown');
  expect(down.help).toBe(true);
  expect(view(down).toString()).toContain('goal lost');
  expect(play(down, 'x').help).toBe(false);
  expect(play(model({ width: 200, height: 50 }), 'enter', 'enter', '?', 'down').help).toBe(false);
});
