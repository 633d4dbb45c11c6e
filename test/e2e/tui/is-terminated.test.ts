import { playStarving, startGame } from './game.ts';

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])('%s restores the terminal', async (signal, code) => {
  const game = startGame();
  await playStarving(game);
  game.kill(signal);
  expect((await game.end()).code).toBe(code);
  expect(game.isClean()).toBe(true);
});
