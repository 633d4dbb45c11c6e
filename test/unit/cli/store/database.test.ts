import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseFile, NewerDatabase, type Schema } from '../../../../src/cli/store/database.ts';

const ONE: Schema = { id: 77, migrations: ['CREATE TABLE things (name TEXT)'] };
const TWO: Schema = {
  id: 77,
  migrations: [
    ...ONE.migrations,
    "ALTER TABLE things ADD COLUMN size INTEGER DEFAULT 5; INSERT INTO things (name) VALUES ('made')",
  ],
};

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomph-database-'));
  path = join(folder, 'deep', 'down', 'things.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

const add = (file: DatabaseFile, name: string): void =>
  file.write(db => void db.run('INSERT INTO things (name) VALUES (?)', [name]));
const names = (file: DatabaseFile): unknown[] | null =>
  file.read(db => db.all('SELECT name FROM things').map(row => row['name']));

test('what is written is there for the next one, and no copy is left', () => {
  const file = new DatabaseFile(path, ONE);
  expect(names(file)).toBeNull();
  add(file, 'a');
  add(file, 'b');
  expect(names(new DatabaseFile(path, ONE))).toEqual(['a', 'b']);
  expect(readdirSync(join(folder, 'deep', 'down')).filter(name => !name.includes('.turn-'))).toEqual([
    'things.db',
  ]);
});

test('a change that fails changes nothing, and the next one can be made', () => {
  const file = new DatabaseFile(path, ONE);
  add(file, 'a');
  const failing = (): void =>
    file.write(db => {
      db.run("INSERT INTO things (name) VALUES ('lost')");
      throw new Error('on the way');
    });
  expect(failing).toThrow('on the way');
  add(file, 'b');
  expect(names(file)).toEqual(['a', 'b']);
});

test('an older file gets the changes that it misses', () => {
  add(new DatabaseFile(path, ONE), 'a');
  const file = new DatabaseFile(path, TWO);
  expect(names(file)).toEqual(['a', 'made']);
  add(file, 'b');
  expect(file.read(db => db.all('SELECT name, size FROM things'))).toEqual([
    { name: 'a', size: 5 },
    { name: 'made', size: 5 },
    { name: 'b', size: 5 },
  ]);
});

test('a newer file is left alone', () => {
  add(new DatabaseFile(path, TWO), 'a');
  const before = readFileSync(path);
  const file = new DatabaseFile(path, ONE);
  expect(() => names(file)).toThrow(NewerDatabase);
  expect(() => add(file, 'b')).toThrow(NewerDatabase);
  expect(readFileSync(path).equals(before)).toBe(true);
});

describe('a damaged file is set aside, not written over', () => {
  const bytes = (n: number) => Buffer.alloc(n, 'no database at all ');
  test.each<[string, (file: DatabaseFile) => void]>([
    ['other bytes', () => writeFileSync(path, bytes(9000))],
    ['a file that was cut', () => truncateSync(path, 5000)],
    [
      'a page written over',
      () => writeFileSync(path, Buffer.concat([readFileSync(path).subarray(0, 4096), bytes(4096)])),
    ],
    [
      "somebody else's",
      () => {
        rmSync(path);
        add(new DatabaseFile(path, { ...ONE, id: 78 }), 'theirs');
      },
    ],
  ])('%s', (_, damage) => {
    const file = new DatabaseFile(path, ONE);
    for (let i = 0; i < 300; i++) if (i % 100 === 0) add(file, `${i}`.repeat(2000));
    damage(file);
    const before = readFileSync(path);
    add(file, 'new');
    expect(names(file)).toEqual(['new']);
    expect(file.setAside).toBe(`${path}.damaged-1`);
    expect(readFileSync(file.setAside).equals(before)).toBe(true);
    damage(file);
    expect(names(file)).toEqual([]);
    expect(file.setAside).toBe(`${path}.damaged-2`);
  });
});

test("what a process left that was killed at work is in nobody's way", () => {
  const file = new DatabaseFile(path, ONE);
  add(file, 'a');
  copyFileSync(path, `${path}.next`);
  truncateSync(`${path}.next`, 5000);
  mkdirSync(`${path}.next.lock`);
  writeFileSync(`${path}.next-journal`, 'anything');
  add(file, 'b');
  expect(names(file)).toEqual(['a', 'b']);
});
