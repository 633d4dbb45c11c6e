import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ResultStore } from '../../../../src/cli/grade/resultStore.ts';
import type { ChallengeResult, RunPicture } from '../../../../src/contract/grading.ts';

let folder: string;
const stores: ResultStore[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomph-results-'));
});
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
  rmSync(folder, { recursive: true });
});

function open(name = 'marks', secret: Uint8Array | null = null): ResultStore {
  const store = new ResultStore(join(folder, name), secret);
  stores.push(store);
  return store;
}

const picture: RunPicture = {
  seed: 1,
  lengthUs: 5,
  timesUs: [0, 5],
  order: 3,
  zones: [],
  at: { what: 'end', event: 3, timeUs: 5 },
  cause: 'because',
};
const played = (tokens: number, drawn = false): ChallengeResult => ({
  kind: 'played',
  policyHash: 'abc',
  tokens,
  seeds: [],
  ...(drawn ? { picture } : {}),
});
const refused: ChallengeResult = { kind: 'refused', message: 'no', diagnostics: [] };
const broken: ChallengeResult = { kind: 'infrastructure', message: 'the machine', diagnostics: [] };

/** What another process finds after this one was killed. */
function afterKill(): ResultStore {
  const to = open('later');
  to.close();
  for (const name of ['results.db', 'results.journal']) {
    const from = join(folder, 'marks', name);
    if (existsSync(from)) copyFileSync(from, join(folder, 'later', name));
  }
  return open('later');
}

test('what is kept is there for whoever comes after a kill, at once', () => {
  const store = open();
  store.keep('a', played(1, true));
  store.keep('b', refused);
  const later = afterKill();
  expect([later.has('a'), later.has('b'), later.has('c')]).toEqual([true, true, false]);
  expect(later.notes).toEqual([]);
  expect(later.look(resultOf => [resultOf('a'), resultOf('b')])).toEqual([played(1, true), refused]);
});

test('at the end all is in one database file', () => {
  const store = open();
  store.keep('a', played(1));
  store.keep('a', played(2));
  expect(store.look(resultOf => resultOf('a'))).toEqual(played(2));
  store.close();
  expect(readdirSync(join(folder, 'marks')).filter(name => !name.includes('.turn-'))).toEqual(['results.db']);
  expect(open().look(resultOf => resultOf('a'))).toEqual(played(2));
});

test('killed while the journal became part of the database: it does so again', () => {
  const store = open();
  store.keep('a', played(1));
  const journal = join(folder, 'marks', 'results.journal');
  copyFileSync(journal, join(folder, 'saved'));
  store.look(() => {});
  copyFileSync(join(folder, 'saved'), journal);
  const later = afterKill();
  expect(later.notes).toEqual([]);
  expect(later.look(resultOf => resultOf('a'))).toEqual(played(1));
});

test('what the machine failed at is known while it runs and never kept', () => {
  const store = open();
  store.keep('a', broken);
  expect(store.has('a')).toBe(true);
  expect(store.look(resultOf => resultOf('a'))).toEqual(broken);
  store.close();
  expect(open().has('a')).toBe(false);
});

test('a torn journal loses its last record silently, damage is told', () => {
  const store = open();
  store.keep('a', played(1));
  store.keep('b', played(2));
  const journal = join(folder, 'marks', 'results.journal');
  truncateSync(journal, statSync(journal).size - 5);
  const later = afterKill();
  expect([later.has('a'), later.has('b'), later.notes]).toEqual([true, false, []]);
  later.close();
  writeFileSync(join(folder, 'later', 'results.journal'), 'scribble');
  expect(open('later').notes).toEqual([
    'results.journal: 1 of the records in it is damaged; what it held is run again',
  ]);
});

test('a result that was changed in the database is run again, whatever its length, and told', () => {
  const secret = new TextEncoder().encode('a secret of a teacher');
  const store = open('marks', secret);
  store.keep('a', played(41));
  store.keep('b', played(42));
  store.look(() => {});
  store.close();
  const path = join(folder, 'marks', 'results.db');
  const bytes = readFileSync(path);
  bytes[bytes.indexOf('"tokens":42') + 10] = 0x39;
  writeFileSync(path, bytes);
  const later = open('marks', secret);
  expect([later.has('a'), later.has('b'), later.notes]).toEqual([
    true,
    false,
    ['1 result in results.db is not as kept: run again where asked for'],
  ]);
  later.keep('b', played(42));
  later.look(() => {});
  later.close();
  expect(open('marks', secret).notes).toEqual([]);
});

test('what was kept under another secret is neither taken nor called damaged', () => {
  const store = open('marks', new Uint8Array([1]));
  store.keep('a', played(1));
  store.look(() => {});
  store.close();
  const other = open('marks', new Uint8Array([2]));
  expect([other.has('a'), other.notes]).toEqual([false, []]);
});

test('a database that is none is put aside, and told', () => {
  open().close();
  writeFileSync(join(folder, 'marks', 'results.db'), 'x'.repeat(5000));
  const store = open();
  expect(store.notes).toEqual([expect.stringContaining('results.db.damaged-1')]);
  store.keep('a', played(1));
  expect(store.look(resultOf => resultOf('a'))).toEqual(played(1));
});

test('two at a time are told apart', () => {
  const store = open();
  expect(() => open()).toThrow('another oomph grade is at work in');
  store.close();
  open();
});
