import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asCalled, callName } from '../../../src/cli/called.ts';

const home = mkdtempSync(join(tmpdir(), 'oomph-called-'));
afterAll(() => rmSync(home, { recursive: true }));

test('npx where npm started it or it is run from a clone, else its own name', () => {
  const script = join(home, 'bin', 'oomph.js');
  expect(callName({}, script)).toBe('oomph');
  expect(callName({ npm_command: 'exec' }, script)).toBe('npx oomph');
  expect(callName({ npm_execpath: 'npm-cli.js' }, script)).toBe('npx oomph');
  mkdirSync(join(home, '.git'));
  expect(callName({}, script)).toBe('npx oomph');
});

test('commands on lines of their own are renamed, and nothing else', () => {
  const text = 'Usage: oomph run\n  oomph run x\noomph run is\n  -h  as oomph does\n  1. oomph new policy\n';
  expect(asCalled(text, 'oomph')).toBe(text);
  expect(asCalled(text, 'npx oomph')).toBe(
    'Usage: oomph run\n  npx oomph run x\noomph run is\n  -h  as oomph does\n  1. npx oomph new policy\n',
  );
});
