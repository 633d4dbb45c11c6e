import { runStarving, startGame } from './game.ts';

test('? shows every key of the screen and the signs of the map, any key closes it', async () => {
  const game = startGame();
  await game.sees('A calm afternoon');
  game.type('?');
  await game.sees('read the briefing');
  await game.sees('suspend; fg comes back');
  game.type('x');
  await game.sees(text => !text.includes('suspend; fg comes back'));
  await runStarving(game);
  game.type(' ');
  await game.sees('paused');
  game.type('?');
  await game.sees('next failed allocation');
  await game.sees('page cache');
  await game.sees('leave at once, from anywhere');
  // Nothing of it is cut at 80x24.
  await game.sees('this help');
  game.type('q');
  await game.sees('paused');
});
