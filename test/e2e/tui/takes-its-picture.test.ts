import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { svgOf } from '../picture.ts';
import { KEY, ROOT } from '../terminal.ts';
import { startGame } from './game.ts';

const PICTURE = join(ROOT, 'docs', 'screenshot.svg');
const CHALLENGES = join(ROOT, 'test', 'fixtures', 'picture');

/** `OOMPH_ACCEPT=1 npx jest takes-its-picture` writes it anew, to be looked at and committed. */
test('the picture in the README is what the game shows', async () => {
  const game = startGame({ columns: 112, rows: 32 }, '--challenges', CHALLENGES);
  await game.sees('A busy afternoon');
  game.type(KEY.enter);
  await game.sees('Your policy');
  game.type(KEY.enter);
  await game.sees('buddyinfo');
  game.type('f');
  await game.sees(/55\.00 s/);
  game.type('f');
  await game.sees(/57\.50 s/);
  await game.sees('dvd: alloc_pages(GFP_ATOMIC|GFP_DMA, 10) = none');
  const picture = svgOf(game.cells(), 'oomph: the memory of a machine at the moment an allocation failed');
  if (process.env['OOMPH_ACCEPT']) {
    mkdirSync(join(ROOT, 'docs'), { recursive: true });
    writeFileSync(PICTURE, picture);
  }
  expect(existsSync(PICTURE)).toBe(true);
  expect(picture).toBe(readFileSync(PICTURE, 'utf8'));
});
