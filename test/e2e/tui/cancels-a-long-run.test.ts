import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KEY } from '../terminal.ts';
import { startGame } from './game.ts';

/** Most of a million rows on each of fifty seeds: no machine is done with that before the keys come. */
const SEEDS = Array.from({ length: 50 }, (_, i) => i + 1);
const LONG = `challenge: 1
id: buddy/long
title: A long day
story: Much happens.
machine: {arch: i386, ram: 64MiB}
workload:
  length: 60s
  tasks:
    - name: editor
      arrive: {every: 150us}
      run:
        - alloc_pages: {as: text, order: 0, gfp: [GFP_KERNEL]}
        - hold: 20ms
        - free_pages: text
goal:
  - {metric: page_alloc.stalls, at_most: 0}
policy: {hooks: [zonelist]}
seeds: [${SEEDS}]
hints: [One., One and two., One and two and three.]
explanation: Nothing.
`;

test('keys are answered while a long run is prepared: esc cancels it, Ctrl-C leaves', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'oomph-long-')), 'challenge.yaml');
  writeFileSync(file, LONG);
  const game = startGame({}, file);
  await game.sees('A long day');
  game.type(KEY.enter);
  await game.sees('esc cancel');
  game.type('q');
  await game.sees(/enter run/);
  expect(game.text()).not.toContain('event ');
  game.type(KEY.enter);
  await game.sees('esc cancel');
  game.type(KEY.ctrlC);
  expect((await game.end()).code).toBe(0);
});
