import { KEY } from '../terminal.ts';
import { editorThatWrites, runStarving, standAtStart, startGame, WINNING } from './game.ts';

test('sees what a change did, compares with Linux and goes to where the two part', async () => {
  const { env } = editorThatWrites(WINNING);
  const game = startGame({ env, rows: 60, columns: 120 });
  await runStarving(game);
  game.type('e');
  // The run before was Linux's own: where the policy first does otherwise is told at once.
  await game.sees(/now held: page_alloc\.failures of task grabber/);
  await standAtStart(game);
  game.type('d');
  await game.sees('Yours against before, seed 1');
  game.type('o');
  await game.sees('Yours against Linux, seed 1');
  await game.sees(/Linux +lost/);
  await game.sees(/Their answers part at event [\d,]+/);
  await game.sees(/zonelist: which zones for order 3, GFP_KERNEL/);
  await game.sees(/Linux: Normal, DMA, as Linux: it does not decide this/);
  await game.sees(/page_alloc\.failures .* worse|page_alloc\.failures .* better/);
  await game.sees('Memory there');
  game.type(KEY.enter);
  await game.sees('here the two runs part');
  game.type(`${KEY.end}${KEY.enter}`);
  await game.sees('What your change did');
  await game.sees(/page_alloc\.failures of task grabber, at most 0: 43, lost → 0, held/);
});
