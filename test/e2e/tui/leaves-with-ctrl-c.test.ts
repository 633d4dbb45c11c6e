import { KEY } from '../terminal.ts';
import { playStarving, startGame } from './game.ts';

test('Ctrl-C in the middle of a run leaves the terminal clean', async () => {
  const game = startGame();
  await playStarving(game);
  game.type(KEY.ctrlC);
  expect((await game.end()).code).toBe(0);
  expect(game.isClean()).toBe(true);
});
