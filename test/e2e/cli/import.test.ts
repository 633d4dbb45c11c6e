import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BIN, oomph, ROOT, temporaryFolder } from './oomph.ts';

const FIXTURES = join(ROOT, 'test/fixtures/import');
const LOG = join(FIXTURES, '2.4.4-atomic.log');

test('a log becomes a file that lints and is lost by Linux, byte for byte the same', () => {
  const folder = temporaryFolder();
  const out = join(folder, 'failure.yaml');
  const done = oomph(['import', LOG, '-o', out]);
  expect([done.code, done.out]).toEqual([0, '']);
  expect(done.err).toContain(`wrote ${out}`);
  expect(oomph(['import', LOG]).out).toBe(readFileSync(out, 'utf8'));
  expect(oomph(['lint', out]).out).toContain('nothing to complain about');
  expect(oomph(['run', out]).code).toBe(1);
  const again = oomph(['import', LOG, '-o', out]);
  expect([again.code, /is there already/.test(again.err)]).toEqual([2, true]);
  expect(oomph(['import', LOG, '-o', out, '--force']).code).toBe(0);
});

test('standard input, packed or not', () => {
  const bytes = readFileSync(LOG);
  const piped = (input: Buffer) =>
    spawnSync(process.execPath, [BIN, 'import', '-', '--id', 'a/b'], { input, encoding: 'utf8' }).stdout;
  expect(piped(bytes)).toContain('id: a/b');
  expect(piped(gzipSync(bytes))).toBe(piped(bytes));
});

test.each(['short1-bal.rep', '2.6.29-x86_32.log'])('a spec of %s holds what Linux comes to', name => {
  const folder = temporaryFolder();
  const out = join(folder, 'regress.spec.yaml');
  expect(oomph(['import', join(FIXTURES, name), '--as', 'spec', '-o', out]).code).toBe(0);
  expect(oomph(['test', out], { cwd: folder }).code).toBe(0);
  writeFileSync(out, readFileSync(out, 'utf8').replace(/(cycles, equals: )\d+/, '$11'));
  expect(oomph(['test', out], { cwd: folder }).code).toBe(1);
});

test.each([
  [['import', 'no-such.log'], /there is no file no-such.log/],
  [['import', 'reprt', LOG], /there is no file reprt; the kind is written report/],
  [['import', ROOT], /is a folder/],
  [['import', join(ROOT, 'LICENSE')], /none of what can be imported/],
  [['import', 'rep', LOG], /no allocation in it that could be read; the first line .*2.4.4-atomic.log:1/],
  [['import', 'report'], /name a file to import report from/],
  [['import', LOG, '--report', '2'], /the log has one report/],
  [['import', LOG, '--report', 'x'], /--report takes the number/],
  [['import', LOG, '--request', '11'], /--request takes an order 0 to 10/],
  [['import', LOG, '--request', '3:nope'], /nope in --request is no mask/],
  [['import', LOG, '--exact', '--fit'], /exclude each other/],
  [['import', LOG, '--as', 'poem'], /--as is challenge or spec/],
  [['import', LOG, '--id', 'Not An Id'], /--id is chapter\/slug/],
  [['import', LOG, '--only', 'both'], /--only is pages, slab or all/],
])('%j is refused', (args, message) => {
  const { code, out, err } = oomph(args);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(message);
});

test('a damaged gzip file says what to do', () => {
  const file = join(temporaryFolder(), 'log.gz');
  writeFileSync(file, gzipSync(readFileSync(LOG)).subarray(0, 300));
  const { code, err } = oomph(['import', file]);
  expect([code, /zcat/.test(err)]).toEqual([2, true]);
});
