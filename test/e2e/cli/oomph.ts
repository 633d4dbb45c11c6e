import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(__dirname, '../../..');
export const BIN = join(ROOT, 'bin/oomph.js');

export interface Done {
  code: number | null;
  out: string;
  err: string;
}

/** The built command, in an environment without a terminal and without colours. */
export function oomph(args: string[], options: { cwd?: string; env?: Record<string, string> } = {}): Done {
  const { NO_COLOR, FORCE_COLOR, ...env } = process.env;
  void NO_COLOR;
  void FORCE_COLOR;
  const done = spawnSync(process.execPath, [BIN, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...env, ...options.env },
    encoding: 'utf8',
    // Only against a command that hangs: a busy machine may take minutes for a proof.
    timeout: 600_000,
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'oomph-e2e-'));
}

export const GOAL_WON = '{metric: page_alloc.failures, where: {task: asker}, at_most: 0}';
export const GOAL_LOST = '{metric: page_alloc.failures, at_most: 0}';

/** A challenge that Linux wins, unless it has another goal. */
export function challengeYaml(goal = GOAL_WON): string {
  return `challenge: 1
id: tests/a-small-one
title: A small one
story: |
  Somebody asks for pages, now and then.
machine: {arch: i386, ram: 32MiB}
workload:
  length: 5s
  tasks:
    - name: asker
      arrive: {poisson: 50/s}
      run:
        - alloc_pages: {as: pages, order: 2, gfp: [GFP_ATOMIC]}
        - hold: {exponential: 50ms}
        - free_pages: pages
    - name: greedy
      context: hardirq
      arrive: {at: [4s]}
      run:
        - repeat: {times: 8, run: [{alloc_pages: {as: all, order: 10, gfp: [GFP_ATOMIC]}}]}
goal:
  - ${goal}
score:
  - {metric: cycles, par: 1M, gold: 10k}
policy: {hooks: [zonelist, pcp]}
seeds: [1, 2]
hints: [one, three, eleven]
explanation: |
  That is all.
`;
}

export function writeChallenge(folder: string, text = challengeYaml()): string {
  const path = join(folder, 'challenge.yaml');
  writeFileSync(path, text);
  return path;
}
