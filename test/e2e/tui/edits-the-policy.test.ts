import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callName } from '../../../src/cli/called.ts';
import { KEY, ROOT } from '../terminal.ts';
import { editorThatWrites, openStarving, runStarving, startGame, WINNING } from './game.ts';

test('e opens the editor on a starter policy; saving runs it and wins', async () => {
  const { folder, env } = editorThatWrites(WINNING);
  const game = startGame({ env });
  await openStarving(game);
  game.type('e');
  await game.sees('buddyinfo');
  game.type(KEY.end);
  await game.sees('at end');
  game.type(KEY.enter);
  await game.sees('WON');
  expect(game.text()).toContain('oomph-policies/zones/starving.ts');
  expect(readFileSync(game.path('oomph-policies', 'zones', 'starving.ts'), 'utf8')).toBe(WINNING);
  expect(existsSync(game.path('oomph-policies', 'tsconfig.json'))).toBe(true);
  rmSync(folder, { recursive: true });
});

test('an editor that changes nothing runs nothing', async () => {
  const game = startGame({ env: { EDITOR: 'true' } });
  await openStarving(game);
  game.type('e');
  await game.sees('new: oomph-policies/zones/starving.ts, as Linux decides');
  await game.sees('in oomph-policies/zones/starving.ts');
  game.type('e');
  await game.sees('the policy was not changed');
  const starter = readFileSync(game.path('oomph-policies', 'zones', 'starving.ts'), 'utf8');
  expect(starter).toContain('zonelist:');
  // As it can be typed where the game was started: a clone is on no PATH.
  expect(starter).toContain(` ${callName({}, join(ROOT, 'bin', 'oomph.js'))} docs policy\n`);
});

test('an editor that does not exist is named, and the game goes on', async () => {
  const game = startGame({ env: { VISUAL: 'no-such-editor' } });
  await openStarving(game);
  game.type('e');
  await game.sees('there is no editor `no-such-editor`: set $EDITOR.');
  await game.sees('oomph-policies/zones/starving.ts');
  game.type('qq');
  await game.sees('challenges');
});

test('a policy saved from outside runs again by itself', async () => {
  const game = startGame();
  await runStarving(game);
  game.type(KEY.enter);
  await game.sees('LOST');
  mkdirSync(game.path('oomph-policies', 'zones'), { recursive: true });
  writeFileSync(game.path('oomph-policies', 'zones', 'starving.ts'), WINNING);
  await game.sees('buddyinfo');
  game.type(KEY.enter);
  await game.sees('WON');
});
