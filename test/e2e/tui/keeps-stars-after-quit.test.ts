import { mkdirSync, writeFileSync } from 'node:fs';
import { KEY } from '../terminal.ts';
import { openStarving, startGame, WINNING } from './game.ts';

test('stars, runs and hints are there in the next game', async () => {
  const game = startGame();
  mkdirSync(game.path('oomph-policies', 'zones'), { recursive: true });
  writeFileSync(game.path('oomph-policies', 'zones', 'starving.ts'), WINNING);
  await openStarving(game);
  game.type('h');
  await game.sees('1 of 3');
  game.type(KEY.enter);
  await game.sees('buddyinfo');
  game.type(KEY.enter);
  await game.sees('WON');
  game.type('qqq');
  expect((await game.end()).code).toBe(0);

  const again = startGame({ folder: game.folder });
  await again.sees(/★.* The card that starved/);
  again.type('G');
  await again.sees(/won with \d of 3 stars, 1 run/);
  again.type(`${KEY.enter}G`);
  await again.sees('(1 of 3)');
});

test('a folder that cannot be written is said once, and the game goes on', async () => {
  const game = startGame({}, '--data', '/dev/null/nowhere');
  await game.sees(
    /not kept: \/dev\/null\/nowhere\/history.db cannot be +│\n.* written \(EEXIST, a file is in the way\)/,
  );
  game.type(' ');
  await openStarving(game);
  game.type(KEY.enter);
  await game.sees('buddyinfo');
  expect(game.text()).not.toContain('not kept');
});
