import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Turn } from '../../../../src/cli/store/turn.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomph-turn-'));
  path = join(folder, 'file');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** No process has it. */
const GONE = 0x7ffffffe;
const owner = (pid: number, change = {}): string =>
  JSON.stringify({ pid, host: hostname(), started: '', ...change });

test('one at a time, and one file is left', () => {
  const [a, b] = [new Turn(path), new Turn(path)];
  expect(a.take(0)).toBe(true);
  expect(b.take(30)).toBe(false);
  a.release();
  expect(b.take(0)).toBe(true);
  b.release();
  expect(a.take(0)).toBe(true);
  expect(readdirSync(folder)).toEqual(['file.turn-3']);
});

test.each([
  ['of a process that is gone', owner(GONE), 0, true],
  ['of a process that runs', owner(process.pid), 0, false],
  [
    'of an earlier process with a number that is in use again',
    owner(process.pid, { started: '1' }),
    0,
    process.platform === 'linux',
  ],
  ['that has no name in it yet', '', 0, false],
  ['that never got a name', '', 10, true],
  ['of another machine', owner(GONE, { host: 'elsewhere' }), 10, false],
  ['of another machine, long ago', owner(GONE, { host: 'elsewhere' }), 100, true],
])('a turn %s', (_, text, ageSeconds, taken) => {
  writeFileSync(`${path}.turn-7`, text);
  const then = Date.now() / 1000 - ageSeconds;
  utimesSync(`${path}.turn-7`, then, then);
  expect(new Turn(path).take(0)).toBe(taken);
  expect(readdirSync(folder)).toEqual([taken ? 'file.turn-8' : 'file.turn-7']);
});
