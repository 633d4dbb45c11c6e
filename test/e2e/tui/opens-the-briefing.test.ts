import { KEY } from '../terminal.ts';
import { openStarving, startGame } from './game.ts';

test('chooses a challenge with the arrows and reads its briefing', async () => {
  const game = startGame();
  await game.sees('▸ ☆☆☆ A calm afternoon');
  game.type(KEY.down);
  await game.sees('▸ ☆☆☆ The card that starved');
  expect(game.text()).toContain('A frame grabber can only do DMA below');
  game.type(KEY.up);
  await game.sees('▸ ☆☆☆ A calm afternoon');
  game.type('j');
  await game.sees('▸ ☆☆☆ The card that starved');
  game.type(KEY.enter);
  await game.sees('page_alloc.failures of task grabber, at most 0');
  await game.sees('none yet, so Linux decides');
});

test('uncovers one hint after the other', async () => {
  const game = startGame();
  await openStarving(game);
  expect(game.text()).not.toContain('Who can use nothing but the low pages?');
  game.type('h');
  await game.sees('Who can use nothing but the low pages?');
  expect(game.text()).not.toContain('gfp mask');
  game.type('h');
  await game.sees('Look at the gfp mask of each request.');
  game.type('h');
  await game.sees('Answer mem.NORMAL_ONLY');
  expect(game.text()).not.toContain('Linux 2.6.0 falls back');
  game.type('h');
  await game.sees('Linux 2.6.0 falls back');
  game.type('h');
  await game.sees('there are no more hints');
});

test('opens at once the challenge that was named', async () => {
  const game = startGame({}, 'zones/starving');
  await game.sees('Your policy');
  expect(game.rows()[0]).toContain('zones/starving');
});
