import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './cli/oomph.ts';

/**
 * A project of its own in which oomph is installed from what `npm publish` would send: its files only, with the packages that it
 * depends on, and nothing else.
 *
 * @returns the folder, with a package.json of `type: module`
 */
export function packedProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'oomph-packed-'));
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  const packed = spawnSync(
    process.execPath,
    [npmCli(), 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder],
    { cwd: ROOT, encoding: 'utf8' },
  );
  if (packed.status !== 0) throw new Error(`npm pack: ${packed.stderr}`);
  const tarball = packed.stdout.trim().split('\n').at(-1)!;
  mkdirSync(join(modules, 'oomph'));
  const unpacked = spawnSync(
    'tar',
    ['-xzf', join(folder, tarball), '--strip-components=1', '-C', join(modules, 'oomph')],
    {
      encoding: 'utf8',
    },
  );
  if (unpacked.status !== 0) throw new Error(`tar: ${unpacked.stderr}`);
  const { dependencies } = JSON.parse(readFileSync(join(modules, 'oomph/package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction');
  }
  writeFileSync(join(folder, 'package.json'), '{"name": "a-project", "private": true, "type": "module"}\n');
  return folder;
}

/** npm as JavaScript, which needs no shell on any system. */
function npmCli(): string {
  const { npm_execpath } = process.env;
  if (npm_execpath?.endsWith('npm-cli.js')) return npm_execpath;
  return join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
}
