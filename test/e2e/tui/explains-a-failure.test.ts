import { KEY } from '../terminal.ts';
import { runStarving, startGame } from './game.ts';

test('tells why an allocation failed, and goes to the event that took the pages', async () => {
  const game = startGame({ rows: 50, columns: 120 });
  await runStarving(game);
  game.type('f');
  await game.sees('= none');
  game.type('c');
  await game.sees('Want of pages');
  await game.sees('grabber: page allocation failure. order:9, mode:0x21');
  await game.sees(
    /grabber asks for order 9, gfp 0x21: none, at event [\d,]+, 15\.\d+s, line \d+ of challenge\.yaml/,
  );
  // The editor was given the low pages when the others ran out, and keeps them.
  await game.sees('What stands in the blocks of order 9 that came nearest');
  await game.sees(/pfn 0x[0-9a-f]{5}, 8 pages of a user process, held for .*: editor asks for order 3/);
  await game.sees("Linux's own choice");
  await game.sees(/editor +a user process +[\d,]+ +\d+/);
  game.type(KEY.down);
  game.type(KEY.enter);
  await game.sees(/editor: alloc_pages\(GFP_KERNEL, 3\) = pfn 0x[0-9a-f]{5} in DMA/);
  game.type('q');
});

test('from the result it is the failure of the goal that was lost', async () => {
  const game = startGame();
  await runStarving(game);
  game.type(KEY.end);
  await game.sees('at end');
  game.type(KEY.enter);
  await game.sees('LOST');
  game.type('c');
  await game.sees('Want of pages');
  await game.sees('grabber: page allocation failure. order:9, mode:0x21');
  game.type('q');
  await game.sees('LOST');
});
