import { KEY } from '../terminal.ts';
import { startGame } from './game.ts';

test('starts, shows the list of challenges, quits with q and leaves the terminal clean', async () => {
  const game = startGame();
  await game.sees('challenges');
  await game.sees('A calm afternoon');
  expect(game.isClean()).toBe(false);
  game.type('q');
  expect((await game.end()).code).toBe(0);
  expect(game.isClean()).toBe(true);
  expect(game.text().trim()).toBe('');
});

test('Escape quits from the list, and steps back everywhere else', async () => {
  const game = startGame();
  await game.sees('A calm afternoon');
  game.type(KEY.enter);
  await game.sees('Your policy');
  game.type(KEY.escape);
  await game.sees('challenges');
  game.type(KEY.escape);
  expect((await game.end()).code).toBe(0);
  expect(game.isClean()).toBe(true);
});
