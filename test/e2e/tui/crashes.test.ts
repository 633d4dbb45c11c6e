import { startGame } from './game.ts';

test('a crash restores the terminal first and prints the error after it', async () => {
  const bomb = 'process.on("SIGUSR2", () => { throw new Error("a bug of ours"); })';
  const game = startGame({
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bomb)}` },
  });
  await game.sees('A calm afternoon');
  game.kill('SIGUSR2');
  expect((await game.end()).code).toBe(3);
  expect(game.isClean()).toBe(true);
  expect(game.text()).toContain('this is a bug in oomph');
  expect(game.text()).toContain('a bug of ours');
});
