import { runStarving, startGame } from './game.ts';

test('grows to 200x50, asks for room below 80x24, and goes on when there is', async () => {
  const game = startGame();
  await runStarving(game);
  game.resize(200, 50);
  await game.sees(text => text.split('\n')[0].trimEnd().length > 190);
  // Large enough for boxes, page frame numbers and the high mark.
  await game.sees('╭ memory');
  await game.sees('high');
  game.resize(60, 15);
  await game.sees('oomph needs 80x24, this is 60x15.');
  expect(game.text()).not.toContain('buddyinfo');
  game.type('.e ');
  // Nothing tells that the keys were read, but that a size was seen that came after them.
  game.resize(61, 15);
  await game.sees('oomph needs 80x24, this is 61x15.');
  game.resize(80, 24);
  await game.sees('buddyinfo');
  expect(game.text()).toMatch(/paused .* event start\//);
});

test('q leaves from a window that is too small', async () => {
  const game = startGame({ columns: 40, rows: 10 });
  await game.sees('oomph needs 80x24');
  game.type('q');
  expect((await game.end()).code).toBe(0);
  expect(game.isClean()).toBe(true);
});
