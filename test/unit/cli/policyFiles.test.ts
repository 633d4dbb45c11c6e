import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadInput } from '../../../src/cli/exit.ts';
import { readPolicy } from '../../../src/cli/policyFiles.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomph-policy-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(path: string, text: string | Uint8Array): string {
  const full = join(folder, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, text);
  return full;
}

test('the entry and what it imports, whoever imports it', () => {
  write('a/best.ts', "import { x } from './lib/near';\nimport './other.js';\nexport default x;\n");
  write('a/lib/near.ts', "import { y } from '../third.ts';\nexport const x = y;\n");
  write('a/third.ts', 'export const y = 1;\n');
  write('a/other.ts', "import './best.ts';\n");
  write('a/unused.ts', 'nothing');
  const source = readPolicy(join(folder, 'a/best.ts'));
  expect(source.entry).toBe('best.ts');
  expect(source.files.map(file => file.path).sort()).toEqual([
    'best.ts',
    'lib/near.ts',
    'other.ts',
    'third.ts',
  ]);
  expect(source.files[0].text).toContain('export default x');
});

test('what lies outside the folder is not read, by path or by link', () => {
  write('secret.ts', 'export const secret = 1;\n');
  const entry = write('a/best.ts', "import '../secret.ts';\nimport './link.ts';\nimport './gone.ts';\n");
  symlinkSync(join(folder, 'secret.ts'), join(folder, 'a/link.ts'));
  expect(readPolicy(entry).files.map(file => file.path)).toEqual(['best.ts']);
});

test('a file that cannot be parsed is handed on: the compiler says what is wrong with it', () => {
  expect(readPolicy(write('broken.ts', 'export default {{{')).files).toHaveLength(1);
});

test.each([
  ['nosuch.ts', /there is no policy file .*nosuch\.ts/],
  ['folder.ts', /is a folder: name the policy file in it/],
  ['policy.py', /a policy is a \.ts or \.js file, a \.yaml file of tunables, or none, reference or naive/],
  ['big.ts', /is larger than 262144 bytes/],
  ['latin1.ts', /is not UTF-8 text/],
  ['a\0b.ts', /cannot be the name of a policy file/],
])('%s', (name, message) => {
  mkdirSync(join(folder, 'folder.ts'));
  write('policy.py', 'x');
  write('big.ts', 'x'.repeat(300_000));
  write('latin1.ts', Uint8Array.from([0xe9, 0x0a]));
  expect(() => readPolicy(join(folder, name))).toThrow(BadInput);
  expect(() => readPolicy(join(folder, name))).toThrow(message);
});

test('no end of imports is followed for ever', () => {
  for (let i = 0; i < 100; i++) write(`p${i}.ts`, `import './p${i + 1}.ts';\n`);
  const read = () => readPolicy(join(folder, 'p0.ts'));
  expect(read).toThrow(/imports more than 32 files/);
});
