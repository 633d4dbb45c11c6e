import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkWritable, writeWhole } from '../../../src/cli/newFile.ts';

const folder = mkdtempSync(join(tmpdir(), 'oomph-new-file-'));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('a file is written whole, and nothing is left beside it', () => {
  const path = join(folder, 'a.oomph');
  writeWhole(path, bytes('first'), false, '--record');
  expect(readFileSync(path, 'utf8')).toBe('first');
  expect(readdirSync(folder)).toEqual(['a.oomph']);
});

test('what is there stays, unless it is forced', () => {
  const path = join(folder, 'b.oomph');
  writeFileSync(path, 'old');
  for (const write of [
    () => checkWritable(path, false, '--record'),
    () => writeWhole(path, bytes('new'), false, '--record'),
  ]) {
    expect(write).toThrow(
      `${path} is there already: give another name with --record, or --force to write over it`,
    );
  }
  expect(readFileSync(path, 'utf8')).toBe('old');
  writeWhole(path, bytes('new'), true, '--record');
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(readdirSync(folder).filter(name => name.startsWith('.'))).toEqual([]);
});

test('a place where no file can be', () => {
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'file'), '');
  for (const [path, message] of [
    [join(folder, 'none/x'), /there is no folder .*none: make it, or name another place with --record/],
    [join(folder, 'file/x'), /file is no folder/],
    [join(folder, 'file/x/y'), /there is no folder .*file.x/],
    [join(folder, 'sub'), /sub is a folder: name a file in it/],
  ] as const) {
    expect(() => checkWritable(path, false, '--record')).toThrow(message);
    expect(() => writeWhole(path, bytes('x'), true, '--record')).toThrow(message);
  }
});
