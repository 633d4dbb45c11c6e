import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkWritable, writeWhole, writeWithFolder } from '../../../src/cli/newFile.ts';

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
    [join(folder, 'new/'), /new\/ is a folder: name a file in it/],
    ['', /^--record names no file/],
    [join(folder, 'x'.repeat(256)), /cannot be written \(ENAMETOOLONG, the name is too long\): name another/],
  ] as const) {
    expect(() => checkWritable(path, false, '--record')).toThrow(message);
    expect(() => writeWhole(path, bytes('x'), true, '--record')).toThrow(message);
  }
});

test('a link goes on leading where it led', () => {
  writeFileSync(join(folder, 'real'), 'old');
  symlinkSync('real', join(folder, 'link'));
  writeWhole(join(folder, 'link'), bytes('new'), true, '--record');
  expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(folder, 'real'), 'utf8')).toBe('new');
});

const onUnix = process.platform === 'win32' ? test.skip : test;
const onLinux = process.platform === 'linux' ? test : test.skip;

onUnix('what is no file is written into, and stays what it is', () => {
  writeWhole('/dev/null', bytes('x'), true, '--record');
  writeWhole('/dev/null', bytes('x'), false, '--record');
  expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
});

onUnix('a pipe is written to, and its reader has all of it', () => {
  const pipe = join(folder, 'pipe');
  const got = join(folder, 'got');
  execFileSync('mkfifo', [pipe]);
  execFileSync('sh', ['-c', 'cat "$0" > "$1" 2>/dev/null &', pipe, got], { stdio: 'ignore' });
  writeWhole(pipe, bytes('x'.repeat(200_000)), false, '--record');
  expect(lstatSync(pipe).isFIFO()).toBe(true);
});

onLinux('a full disk, and a folder that takes nothing', () => {
  expect(() => writeWhole('/dev/full', bytes('x'), false, '--record')).toThrow(
    '/dev/full cannot be written (ENOSPC, the disk is full): name another place with --record',
  );
  expect(() => checkWritable('/proc/oomph.html', false, '--html')).toThrow(
    /^\/proc\/oomph.html cannot be written \(\w+, .*\): name another place with --html/,
  );
  expect(existsSync('/proc/oomph.html')).toBe(false);
});

test('a text comes with its folder, and one that is in the way stays', () => {
  const path = join(folder, 'deep/er/mine.ts');
  writeWithFolder(path, 'mine', false, '--out');
  expect(() => writeWithFolder(path, 'other', false, '--out')).toThrow('is there already');
  expect(() => writeWithFolder(join(path, 'x'), 'x', true, '--out')).toThrow('a file is in the way');
  expect(readFileSync(path, 'utf8')).toBe('mine');
  writeWithFolder(path, 'other', true, '--out');
  expect(readFileSync(path, 'utf8')).toBe('other');
});
