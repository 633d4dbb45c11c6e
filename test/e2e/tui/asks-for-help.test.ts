import { KEY } from '../terminal.ts';
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
  game.type('?');
  await game.sees('next failure, bug or kill');
  await game.sees('page cache');
  // It is longer than 80x24, and says how to see the rest.
  await game.sees('up, down scroll; another key closes');
  game.type(KEY.end);
  await game.sees('this help');
  await game.sees('▼  goal lost');
  game.type('q');
  await game.sees(text => text.includes('paused') && !text.includes('this help'));
});
