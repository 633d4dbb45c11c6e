import { runStarving, standAt, startGame } from './game.ts';

test('NO_COLOR: no cell has a colour, and the map is told by its signs', async () => {
  const game = startGame({ env: { NO_COLOR: '1' } });
  await runStarving(game);
  await standAt(game, 300);
  for (const cell of game.cells().flat()) {
    expect([cell.foreground, cell.background]).toEqual([-1, -1]);
  }
  expect(game.text()).toMatch(/■{4}/);
  expect(game.text()).toMatch(/A·{7}/);
});

test('a terminal of 16 colours gets no others', async () => {
  const game = startGame({ env: { TERM: 'xterm' } });
  await runStarving(game);
  await standAt(game, 300);
  const colours = game.cells().flatMap(row => row.flatMap(cell => [cell.foreground, cell.background]));
  expect(Math.max(...colours)).toBeLessThan(16);
  expect(Math.max(...colours)).toBeGreaterThan(0);
});
