import { KEY } from '../terminal.ts';
import { startGame } from './game.ts';

test('two games at once keep what both played', async () => {
  const one = startGame();
  const two = startGame({ folder: one.folder });
  await Promise.all([one.sees('A calm afternoon'), two.sees('The card that starved')]);
  two.type('G');
  await two.sees('▸ ☆☆☆ The card that starved');
  one.type(KEY.enter + KEY.enter);
  two.type(KEY.enter + KEY.enter);
  await Promise.all([one.sees('buddyinfo'), two.sees('buddyinfo')]);
  one.type('qqq');
  two.type('qqq');
  await Promise.all([one.end(), two.end()]);
  const later = startGame({ folder: one.folder });
  await later.sees('1 run, not won yet');
  later.type('k');
  await later.sees(/won with \d of 3 stars, 1 run/);
});
