import { KEY } from '../terminal.ts';
import { runStarving, standAt, standAtStart, startGame } from './game.ts';

test('finds out whose page lies under the cursor, and steps on with it', async () => {
  const game = startGame();
  await runStarving(game);
  await standAt(game, 370);
  game.type('o');
  await game.sees(/─ page 0x03560/);
  await game.sees(/owner +editor/);
  await game.sees(/asked +alloc_pages as/);
  await game.sees('challenge.yaml:');
  await game.sees(/since +event 370/);
  const title = () => /page 0x[0-9a-f]+/.exec(game.text())?.[0] ?? '';
  const first = title();
  game.type(KEY.left);
  await game.sees(() => title() !== first);
  const second = title();
  game.type('k');
  await game.sees(() => title() !== second);
  // The cursor has the arrows, the run keeps its own keys.
  const op = () => Number(/event (\d+)\//.exec(game.rows()[1])?.[1] ?? -1);
  const before = op();
  game.type('.');
  await game.sees(() => op() === before + 1);
  game.type('i');
  await game.sees('goals');
  game.type(KEY.right);
  await game.sees(() => op() === before + 2);
});

test('at 200x50 the goals stay beside it, in ASCII too', async () => {
  const game = startGame({ columns: 200, rows: 50 }, '--ascii');
  await game.sees('The card that starved');
  game.type(`G${KEY.enter}`);
  await game.sees('Your policy');
  game.type(KEY.enter);
  await game.sees('buddyinfo');
  await standAtStart(game);
  game.type('i');
  await game.sees(/page 0x00000/);
  await game.sees('goals');
  await game.sees(/list +free list of order/);
  await game.sees(/flags +none/);
});
