import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type PlayedTerminal, ROOT } from '../terminal.ts';
import { startGame } from './game.ts';

/** Background of the bar at the top. */
const bar = (game: PlayedTerminal): number => game.cell(20, 0).background;
const DARK = 236;
const LIGHT = 253;

test('T goes from theme to theme, the help names them', async () => {
  const game = startGame();
  await game.sees('A calm afternoon');
  expect(bar(game)).toBe(DARK);
  game.type('T');
  await game.sees('theme light');
  expect(bar(game)).toBe(LIGHT);
  game.type('T');
  await game.sees('theme colour-blind');
  expect(bar(game)).toBe(DARK);
  game.type('T');
  await game.sees('theme mono');
  for (const cell of game.cells().flat()) expect([cell.foreground, cell.background]).toEqual([-1, -1]);
  game.type('T');
  await game.sees('theme dark');
  game.type('?');
  await game.sees('theme: dark, light, colour-blind, mono');
});

test('--theme goes before OOMPH_THEME, that before what the terminal tells; NO_COLOR has no themes', async () => {
  const env = { OOMPH_THEME: 'light' };
  const named = startGame({ env }, '--theme', 'dark');
  await named.sees('A calm afternoon');
  expect(bar(named)).toBe(DARK);
  const set = startGame({ env });
  await set.sees('A calm afternoon');
  expect(bar(set)).toBe(LIGHT);
  const told = startGame({ env: { COLORFGBG: '0;15' } });
  await told.sees('A calm afternoon');
  expect(bar(told)).toBe(LIGHT);
  const none = startGame({ env: { ...env, NO_COLOR: '1' } });
  await none.sees('A calm afternoon');
  none.type('T');
  await none.sees('there are no colours here');
  expect(bar(none)).toBe(-1);
});

test('a theme that is not there is refused with those that are', () => {
  const args = [join(ROOT, 'bin', 'oomph.js'), 'play', '--theme', 'solarized'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', input: '' });
  expect(status).toBe(2);
  expect(stderr).toContain('--theme: there is no theme solarized, there are dark, light, colour-blind, mono');
});
