import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restorePolicy } from '../../../../src/cli/play/restorePolicy.ts';
import type { SourceFile } from '../../../../src/contract/policy.ts';
import { NO_HISTORY } from '../../../../src/tui/history.ts';
import { entry } from '../../tui/fake.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomph-restore-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, 'zones', name);
const slug = () => entry('zones/slug', { policyPath: at('slug.ts') });
const OLD: SourceFile[] = [{ path: 'slug.ts', text: 'old' }];
const restore = (files: SourceFile[], kept: boolean) =>
  restorePolicy({ ...NO_HISTORY, isKept: () => kept }, slug(), files);
function write(name: string, text: string): void {
  mkdirSync(join(folder, 'zones'), { recursive: true });
  writeFileSync(at(name), text);
}

test('where nothing is, it is written', () => {
  expect(restore(OLD, false)).toEqual({ problem: '', same: false, aside: '' });
  expect(readFileSync(at('slug.ts'), 'utf8')).toBe('old');
  expect(restore(OLD, false).same).toBe(true);
});

test('what was played before is replaced; what was never played is kept beside it', () => {
  write('slug.ts', 'played');
  expect(restore(OLD, true).aside).toBe('');
  write('slug.ts', 'new and unplayed');
  expect(restore(OLD, false).aside).toBe(at('slug.ts.unplayed-1'));
  expect(readFileSync(at('slug.ts.unplayed-1'), 'utf8')).toBe('new and unplayed');
  expect(readdirSync(join(folder, 'zones')).sort()).toEqual(['slug.ts', 'slug.ts.unplayed-1']);
});

test('a policy of another kind makes room', () => {
  write('slug.ts', 'code');
  restore([{ path: 'slug.yaml', text: 'policy: 1' }], true);
  expect(readdirSync(join(folder, 'zones'))).toEqual(['slug.yaml']);
});

test('files that it imports come back too, and others in their place are kept', () => {
  write('lib.ts', 'other');
  restore([...OLD, { path: 'lib.ts', text: 'lib' }, { path: 'deep/more.ts', text: 'more' }], false);
  expect(readFileSync(at('lib.ts'), 'utf8')).toBe('lib');
  expect(readFileSync(at('lib.ts.unplayed-1'), 'utf8')).toBe('other');
  expect(existsSync(at('deep/more.ts'))).toBe(true);
});
