import { mkdirSync, writeFileSync } from 'node:fs';
import { startGame, WINNING } from './game.ts';

test('E plays one policy through the campaign and counts the stars', async () => {
  const game = startGame();
  await game.sees('A calm afternoon');
  game.type('E');
  await game.sees('buddy/calm has no policy of yours');
  game.type('q');
  await game.end();

  mkdirSync(game.path('oomph-policies', 'zones'), { recursive: true });
  writeFileSync(game.path('oomph-policies', 'zones', 'starving.ts'), WINNING);
  const again = startGame({ folder: game.folder });
  await again.sees('A calm afternoon');
  again.type('G');
  await again.sees('▸ ☆☆☆ The card that starved');
  again.type('E');
  await again.sees(/★ \d of 6 +2 of 2 won/);
  expect(again.text()).toMatch(/✔ zones\/starving +★★☆/);
  again.type('q');
  await again.sees('enter open');
});
