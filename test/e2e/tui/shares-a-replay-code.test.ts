import { mkdirSync, writeFileSync } from 'node:fs';
import { KEY } from '../terminal.ts';
import { openStarving, startGame, WINNING } from './game.ts';

test('y shows the code of a run on the normal screen; pasted with p it is watched by somebody else', async () => {
  const game = startGame({ rows: 60 });
  mkdirSync(game.path('oomph-policies', 'zones'), { recursive: true });
  writeFileSync(game.path('oomph-policies', 'zones', 'starving.ts'), WINNING);
  await openStarving(game);
  game.type(KEY.enter);
  await game.sees('buddyinfo');
  game.type(KEY.enter);
  await game.sees('WON');
  game.type('y');
  await game.sees('Enter goes back to the game');
  expect(game.isClean()).toBe(true);
  const code = /oomph1_[\w-]+/.exec(game.text().replace(/\n/g, ''))![0].replace(/Copy$/, '');
  game.type('\r');
  await game.sees('WON');
  expect(game.isClean()).toBe(false);

  const other = startGame();
  await other.sees('A calm afternoon');
  other.type('p');
  await other.sees('Paste the code of a run');
  // As a mail breaks lines, and the end is missing at first.
  const broken = code.replace(/(.{70})/g, '$1\r');
  other.type(broken.slice(0, 200));
  other.type(KEY.enter);
  await other.sees('damaged or not all there');
  other.type(broken.slice(200));
  await other.sees(code.slice(-8));
  other.type(KEY.enter);
  await other.sees('a replay, seed 1');
  other.type(KEY.enter);
  await other.sees("somebody's");
  expect(other.text()).toContain('WON');
  other.type('qq');
  await other.sees('0 of 2 won');
});

test('what is no code says so in its box', async () => {
  const game = startGame();
  await game.sees('A calm afternoon');
  game.type('p');
  await game.sees('Paste the code of a run');
  game.type(`hello${KEY.enter}`);
  await game.sees('it is no replay code: those begin with');
  game.type(KEY.escape);
  await game.sees('enter open');
});
