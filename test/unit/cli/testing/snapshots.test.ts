import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  keepSnapshots,
  orphansOf,
  removeOrphans,
  removeStale,
  staleOf,
} from '../../../../src/cli/testing/snapshots.ts';
import { type LoadedSpec, readSnapshots } from '../../../../src/cli/testing/specs.ts';
import { specOf } from '../../harness/testing/plans.ts';

let folder: string;
let spec: LoadedSpec;
const EXPECTED = '    - state_hash\n    - {proc: meminfo}\n';
const path = (...names: string[]): string => join(folder, '__snapshots__', ...names);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomph-snapshots-'));
  const file = `${folder}/s.spec.yaml`.replaceAll('\\', '/');
  writeFileSync(file, '');
  spec = { file, diagnostics: [], plan: specOf(EXPECTED), policy: null, policyFolder: '', watched: [] };
});

test('are kept beside the spec, with what was there before, in the order of the expectations', () => {
  keepSnapshots(spec, 1, { 'proc meminfo': 'a\n' });
  keepSnapshots(spec, 1, { state_hash: 'b\n' });
  keepSnapshots(spec, 2, {});
  expect(readdirSync(path('s.spec.yaml'))).toEqual(['seed-1.yaml']);
  expect(Object.entries(readSnapshots(spec.file, 1))).toEqual([
    ['state_hash', 'b\n'],
    ['proc meminfo', 'a\n'],
  ]);
});

test('that nothing asks for are told, and taken away with the folder that they leave empty', () => {
  keepSnapshots(spec, 1, { state_hash: 'b\n', dump: 'c\n' });
  keepSnapshots(spec, 2, { dump: 'c\n' });
  keepSnapshots(spec, 7, { state_hash: 'b\n' });
  const stale = staleOf(spec).map(name => name.slice(folder.length + 1));
  expect(stale).toEqual([
    '__snapshots__/s.spec.yaml/seed-1.yaml (dump)',
    '__snapshots__/s.spec.yaml/seed-2.yaml (dump)',
    '__snapshots__/s.spec.yaml/seed-7.yaml',
  ]);
  expect(removeStale(spec).length).toBe(3);
  expect(readdirSync(path('s.spec.yaml'))).toEqual(['seed-1.yaml']);
  expect(readSnapshots(spec.file, 1)).toEqual({ state_hash: 'b\n' });
  const none = { ...spec, plan: specOf('    - outcome: won\n') };
  removeStale(none);
  expect(existsSync(path('s.spec.yaml'))).toBe(false);
});

test('of specs that are gone are told and taken away, and what is of others is left alone', () => {
  keepSnapshots(spec, 1, { state_hash: 'b\n' });
  mkdirSync(path('gone.spec.yaml'), { recursive: true });
  writeFileSync(path('gone.spec.yaml', 'seed-1.yaml'), '');
  mkdirSync(path('mine'), { recursive: true });
  writeFileSync(path('mine', 'notes.txt'), '');
  expect(orphansOf([spec]).map(name => name.slice(folder.length + 1))).toEqual([
    '__snapshots__/gone.spec.yaml',
  ]);
  expect(removeOrphans([spec]).length).toBe(1);
  expect(readdirSync(path())).toEqual(['mine', 's.spec.yaml']);
});

test('a file that is none of ours is refused', () => {
  mkdirSync(path('s.spec.yaml'), { recursive: true });
  writeFileSync(path('s.spec.yaml', 'seed-1.yaml'), '<<<<<<< HEAD\n');
  expect(() => readSnapshots(spec.file, 1)).toThrow(/seed-1\.yaml is no snapshot of oomph .*remove it/);
});
