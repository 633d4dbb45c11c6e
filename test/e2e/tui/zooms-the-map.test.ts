import { KEY } from '../terminal.ts';
import { runStarving, startGame } from './game.ts';

test('goes closer until a cell is a page, along the memory, and back to all zones', async () => {
  const game = startGame();
  await runStarving(game);
  await game.sees('DMA 16 MiB');
  game.type('z');
  await game.sees(text => !text.includes('Normal 48 MiB'));
  await game.sees('a cell is 16 pages');
  game.type('zzzz');
  await game.sees('a cell is a page');
  await game.sees(/pages 00000 to 00[0-9a-f]+/);
  game.type('z');
  await game.sees('a cell is one page already');
  game.type(KEY.down.repeat(12));
  await game.sees(/page 0x00240/);
  await game.sees(text => !text.includes('pages 00000 to'));
  game.type('ZZZZZ');
  await game.sees('Normal 48 MiB');
  game.type('Z');
  await game.sees('all zones are shown already');
});
