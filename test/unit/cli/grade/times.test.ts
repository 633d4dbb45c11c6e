import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkExtensions, checkTimes, readExtensions, readTimes } from '../../../../src/cli/grade/times.ts';

const DEADLINE = Date.UTC(2026, 10, 30, 23, 59);
const HOUR = 3_600_000;

function table(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'oomph-times-')), 'table.csv');
  writeFileSync(path, text);
  return path;
}

test('when each came', () => {
  const times = readTimes(
    table('\ufeffsubmission,time\r\nada,2026-11-30T23:59:00Z\r\n"Meier, A",2026-12-01T01:00:00+01:00\r\n'),
  );
  expect([...times]).toEqual([
    ['ada', DEADLINE],
    ['Meier, A', DEADLINE + 60_000],
  ]);
});

test('names as grades.csv has them, quoted for spreadsheets', () => {
  const times = readTimes(table(`submission,time\n'=1+1,2026-11-30T23:59:00Z\n'tis,2026-11-30T23:59:00Z\n`));
  expect([...times.keys()]).toEqual(['=1+1', "'tis"]);
});

test('a row that is nearly of somebody is named', () => {
  const tell = (): void => {};
  expect(() => checkTimes(new Map([['Ada', 1]]), 'at.csv', ['ada', 'ben'], ['ada', 'ben'], tell)).toThrow(
    'at.csv has no time for ada, ben: add rows, or write ada where it has Ada',
  );
});

test('who has longer: a time, or so much more', () => {
  const file = table('submission,deadline\nada,2026-12-02T23:59:00Z\nben,+36h\ncy,+3d\ndan,+90m\n');
  expect([...readExtensions(file, DEADLINE)].map(([id, at]) => [id, (at - DEADLINE) / HOUR])).toEqual([
    ['ada', 48],
    ['ben', 36],
    ['cy', 72],
    ['dan', 1.5],
  ]);
});

test('tables that cannot be meant', () => {
  const refused = (text: string, message: string): void =>
    expect(() => readExtensions(table(text), DEADLINE)).toThrow(message);
  refused(
    'submission,time\nada,+3d\n',
    'must name the columns submission and deadline, not submission, time',
  );
  refused(
    'submission,deadline\nada,three days\n',
    'row 1 (ada): "three days" is not a time such as 2026-12-03T23:59:00+01:00 or +3d',
  );
  refused('submission,deadline\nada,-3d\n', '"-3d" is not a time');
  refused('submission,deadline\nada,+3d\nada,+4d\n', 'row 2: ada is there twice, with two times');
  refused('submission,deadline\n', 'has no rows');
  expect(() => readExtensions(table('submission,deadline\nada,+3d\n'), null)).toThrow(
    'extends the deadline, and the assignment has none',
  );
});

test('an extension for nobody is told, one for a name nearly there is refused', () => {
  const lines: string[] = [];
  const check = (names: string[], ids: string[], at = DEADLINE + HOUR): void =>
    checkExtensions(new Map(names.map(name => [name, at])), 'x.csv', ids, DEADLINE, line => lines.push(line));
  check(['ada'], ['ada', 'ben']);
  expect(lines).toEqual([]);
  check(['somebody else'], ['ada', 'ben']);
  expect(lines.splice(0)).toEqual(['x.csv has extensions for submissions that are not there: somebody else']);
  expect(() => check(['Meier Ada'], ['meier_ada', 'ben'])).toThrow(
    'x.csv has an extension for Meier Ada, and there is no such submission: did you mean meier_ada?',
  );
  // Who has one of his own cannot be meant.
  check(['meyer', 'meier'], ['meier', 'ben']);
  expect(lines.splice(0)).toEqual(['x.csv has extensions for submissions that are not there: meyer']);
  check(['ada'], ['ada'], DEADLINE - HOUR);
  expect(lines).toEqual(['x.csv has deadlines before that of the assignment, and they count: ada']);
});

test('a time for everybody, and for nobody else', () => {
  const lines: string[] = [];
  const check = (names: string[], wanted: string[], all: string[]): void =>
    checkTimes(new Map(names.map(name => [name, 1])), 'x.csv', wanted, all, line => lines.push(line));
  check(['ada', 'ben'], ['ada'], ['ada', 'ben']);
  expect(lines).toEqual([]);
  expect(() => check(['ada'], ['ada', 'ben', 'cy'], ['ada', 'ben', 'cy'])).toThrow(
    'has no time for ben, cy: add rows',
  );
  check(['ada', 'zoe'], ['ada'], ['ada']);
  expect(lines).toEqual(['x.csv has times of submissions that are not there: zoe']);
});
