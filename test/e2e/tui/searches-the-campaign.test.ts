import { KEY } from '../terminal.ts';
import { startGame } from './game.ts';

test('typing filters the campaign, Enter keeps what is found, Escape clears', async () => {
  const game = startGame();
  await game.sees('A calm afternoon');
  game.type('/');
  await game.sees('2 of 2');
  game.type('STARV');
  await game.sees('/STARV_  1 of 2');
  expect(game.text()).not.toContain('A calm afternoon');
  expect(game.text()).toContain('▸ ☆☆☆ The card that starved');
  game.type(KEY.enter);
  await game.sees('enter open');
  expect(game.text()).not.toContain('A calm afternoon');
  game.type(KEY.escape);
  await game.sees('A calm afternoon');
  game.type('/zzz');
  await game.sees('nothing is called so');
  game.type(KEY.escape);
  await game.sees('A calm afternoon');
  game.type('q');
  expect((await game.end()).code).toBe(0);
});
