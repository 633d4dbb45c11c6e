import { mkdirSync, mkdtempSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Done, oomph } from './oomph.ts';

/** A spec over in no time, whose first failure comes at 400 ms. */
export function specYaml(expectations: string, more = '', policy = 'linux'): string {
  return `challenge: 1
id: tests/small
title: A small one
machine: {arch: i386, ram: 4MiB, sysctl: {vm.min_free_kbytes: 64}}
workload:
  length: 800ms
  tasks:
    - name: asker
      context: softirq
      arrive: {every: 1ms}
      run:
        - alloc_pages: {as: page, order: 1, gfp: [GFP_ATOMIC]}
        - hold: {exponential: 6s}
        - free_pages: page
policy: {hooks: [watermark]}
${more}test:
  policy: ${policy}
  expect:
${expectations
  .trim()
  .split('\n')
  .map(line => `    - ${line.trim()}\n`)
  .join('')}`;
}

/** Each file is there as a whole or not at all, for those that are watched. */
export function write(folder: string, files: Record<string, string>): void {
  const aside = mkdtempSync(join(tmpdir(), 'oomph-written-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(aside, 'file'), text);
    renameSync(join(aside, 'file'), join(folder, name));
  }
  rmdirSync(aside);
}

/** `oomph test` there, where nobody calls it CI unless told so. */
export const oomphTest = (cwd: string, args: string[] = [], env: Record<string, string> = {}): Done =>
  oomph(['test', ...args], { cwd, env: { CI: '', GITHUB_ACTIONS: '', ...env } });
