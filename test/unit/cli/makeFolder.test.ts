import { mkdirSync, mkdtempSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder, makePlace } from '../../../src/cli/makeFolder.ts';

const folder = mkdtempSync(join(tmpdir(), 'oomph-make-folder-'));
const isFolder = (path: string): boolean => statSync(path).isDirectory();

test('folders above it are made too, and one that is there stays', () => {
  makeFolder(join(folder, 'a/b/c'));
  makeFolder(join(folder, 'a/b/c/'));
  makeFolder(join(folder, 'a/b/d/../e'));
  expect([isFolder(join(folder, 'a/b/c')), isFolder(join(folder, 'a/b/e'))]).toEqual([true, true]);
  mkdirSync(join(folder, 'real'));
  symlinkSync('real', join(folder, 'link'));
  makeFolder(join(folder, 'link/below'));
  expect(isFolder(join(folder, 'real/below'))).toBe(true);
});

test('a file in the way is told', () => {
  writeFileSync(join(folder, 'file'), '');
  symlinkSync('nowhere', join(folder, 'dangling'));
  for (const path of [join(folder, 'file'), join(folder, 'file/x/y'), join(folder, 'dangling/x')]) {
    expect(() => makeFolder(path)).toThrow(/EEXIST/);
    expect(() => makePlace(path, 'marks', '--out')).toThrow(
      'marks cannot be written (EEXIST, a file is in the way): name another place with --out',
    );
  }
});

// mkdir of node:fs with `recursive` never comes back from here (Node 20).
(process.platform === 'linux' ? test : test.skip)('a place that takes no folder is told', () => {
  for (const path of ['/proc/oomph', '/proc/oomph/marks/', '/proc/self/oomph/x']) {
    expect(() => makePlace(path, path, '--out')).toThrow(
      new RegExp(`^${path} cannot be written \\(\\w+, .*\\): name another place with --out`),
    );
  }
});
