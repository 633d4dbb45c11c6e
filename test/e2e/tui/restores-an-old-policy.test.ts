import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { KEY } from '../terminal.ts';
import { openStarving, startGame, WINNING } from './game.ts';

const LOSING = `// loses\n${WINNING.replace('mem.NORMAL_ONLY', 'mem.AS_LINUX')}`;

test('the attempts are listed with their policies; an old one is restored and runs', async () => {
  const game = startGame({ columns: 120, rows: 70 });
  mkdirSync(game.path('oomph-policies', 'zones'), { recursive: true });
  const policy = game.path('oomph-policies', 'zones', 'starving.ts');
  writeFileSync(policy, WINNING);
  await openStarving(game);
  game.type(KEY.enter);
  await game.sees('buddyinfo');
  game.type(KEY.enter);
  await game.sees('WON');
  writeFileSync(policy, LOSING);
  await game.sees('buddyinfo');
  game.type(KEY.enter);
  await game.sees('LOST');
  await game.sees('won by dma-reserve');
  expect(game.text()).toContain('2 attempts of yours, 1 won');

  game.type('a');
  await game.sees('// loses');
  expect(game.text()).toMatch(/▸ 2\d\d\d-\d\d-\d\d \d\d:\d\d lost/);
  game.type('j');
  await game.sees(text => text.includes('import {') && !text.includes('// loses'));
  game.type('r');
  await game.sees('buddyinfo');
  expect(readFileSync(policy, 'utf8')).toBe(WINNING);
  game.type(KEY.enter);
  await game.sees('WON');
  await game.sees('3 attempts of yours, 2 won');
});
