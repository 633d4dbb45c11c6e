import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findSpecs } from '../../../../src/cli/testing/find.ts';

const folder = mkdtempSync(join(tmpdir(), 'oomph-find-'));
const FILES = [
  'a.spec.yaml',
  'b.yaml',
  'slab/c.spec.yml',
  'slab/deep/d.spec.yaml',
  'with space/(e) [1].spec.yaml',
  'node_modules/x/f.spec.yaml',
  '.git/g.spec.yaml',
  'slab/__snapshots__/c.spec.yml/h.spec.yaml',
  'Z.spec.yaml',
  '(x|y)/i.spec.yaml',
];
let before: string;
beforeAll(() => {
  for (const file of FILES) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  before = process.cwd();
  process.chdir(folder);
});
afterAll(() => process.chdir(before));

const ALL = [
  '(x|y)/i.spec.yaml',
  'Z.spec.yaml',
  'a.spec.yaml',
  'slab/c.spec.yml',
  'slab/deep/d.spec.yaml',
  'with space/(e) [1].spec.yaml',
];

test.each<[string, string[], string[]]>([
  ['nothing named: every spec below, by code unit', [], ALL],
  ['the folder itself', ['.'], ALL],
  ['a folder', ['slab'], ['slab/c.spec.yml', 'slab/deep/d.spec.yaml']],
  ['a folder with a slash', ['./slab/'], ['slab/c.spec.yml', 'slab/deep/d.spec.yaml']],
  ['a folder with a space and a file with brackets', ['with space'], ['with space/(e) [1].spec.yaml']],
  ['a folder whose name is a pattern', ['(x|y)'], ['(x|y)/i.spec.yaml']],
  ['a file whose name is a pattern', ['with space/(e) [1].spec.yaml'], ['with space/(e) [1].spec.yaml']],
  ['a file that is not called so', ['b.yaml'], ['b.yaml']],
  ['a pattern', ['**/*.spec.yml'], ['slab/c.spec.yml']],
  ['a pattern with braces', ['{a,Z}.spec.yaml'], ['Z.spec.yaml', 'a.spec.yaml']],
  [
    'a pattern that would reach node_modules',
    ['**/*.yaml'],
    [
      '(x|y)/i.spec.yaml',
      'Z.spec.yaml',
      'a.spec.yaml',
      'b.yaml',
      'slab/deep/d.spec.yaml',
      'with space/(e) [1].spec.yaml',
    ],
  ],
  ['the same twice', ['a.spec.yaml', './a.spec.yaml', 'a*'], ['a.spec.yaml']],
  ['an absolute path', [join(folder, 'a.spec.yaml')], ['a.spec.yaml']],
])('%s', (_, names, files) => {
  expect(findSpecs(names)).toEqual(files);
});

test.each([
  ['no such file', ['none.spec.yaml'], /there is no spec file or folder none\.spec\.yaml/],
  ['a pattern that matches nothing', ['*.nothing'], /"\*\.nothing" matches no spec: nothing was run/],
  ['one of two that matches nothing', ['a.spec.yaml', 'x/**'], /"x\/\*\*" matches no spec/],
  ['a folder without one', ['node_modules'], /"node_modules" matches no spec/],
])('%s is told', (_, names, message) => {
  expect(() => findSpecs(names)).toThrow(message);
});

test('a folder without any is told what to do', () => {
  const empty = mkdtempSync(join(tmpdir(), 'oomph-find-none-'));
  process.chdir(empty);
  try {
    expect(() => findSpecs([])).toThrow(/oomph new spec/);
  } finally {
    process.chdir(folder);
  }
});
