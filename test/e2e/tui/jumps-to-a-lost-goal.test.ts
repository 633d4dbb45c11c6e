import { runStarving, startGame } from './game.ts';

test('sees from the start where a goal will be lost, and goes there', async () => {
  const game = startGame();
  await runStarving(game);
  expect(game.rows()[1]).toContain('▼');
  game.type('L');
  await game.sees('goal lost');
  await game.sees('grabber: page allocation failure. order:9, mode:0x21');
  await game.sees(/✘ page_alloc\.failures/);
  game.type(',');
  await game.sees(/✔ page_alloc\.failures/);
  game.type('[');
  await game.sees('no mark before this');
});
