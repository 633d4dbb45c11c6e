import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHALLENGES, KEY } from '../terminal.ts';
import { startGame } from './game.ts';

/** The fixtures, and one whose title and story take two columns a character. */
function challengesWithWide(): string {
  const folder = mkdtempSync(join(tmpdir(), 'oomph-wide-'));
  cpSync(CHALLENGES, folder, { recursive: true });
  const text = readFileSync(join(CHALLENGES, 'buddy', '01-calm', 'challenge.yaml'), 'utf8')
    .replace('buddy/calm', 'buddy/wide')
    .replace('A calm afternoon', '静かな午後')
    .replace('Nothing much happens', '何も起こりません 👍 happens');
  mkdirSync(join(folder, 'buddy', '02-wide'));
  writeFileSync(join(folder, 'buddy', '02-wide', 'challenge.yaml'), text);
  return folder;
}

test('characters of two columns push nothing out of its place, coming and going', async () => {
  const folder = challengesWithWide();
  const game = startGame({}, '--challenges', folder);
  await game.sees('▸ ☆☆☆ A calm afternoon');
  const columns = (): number[] => game.cells().map(row => row.findIndex(cell => cell.text === '│'));
  await game.sees('静かな午後');
  const before = columns();
  // One divider from top to bottom, whatever stands left of it.
  expect(new Set(before.filter(x => x >= 0))).toEqual(new Set([39]));
  game.type(KEY.down);
  await game.sees('▸ ☆☆☆ 静かな午後');
  await game.sees('何も起こりません 👍');
  expect(columns()).toEqual(before);
  game.type(KEY.down);
  await game.sees('▸ ☆☆☆ The card that starved');
  await game.sees(text => !text.includes('何も'));
  expect(columns()).toEqual(before);
  game.type(KEY.up);
  game.type(KEY.enter);
  await game.sees('Your policy');
  expect(game.text()).toContain('静かな午後');
  expect(game.text()).toContain('何も起こりません');
  game.type(KEY.ctrlC);
  await game.end();
  rmSync(folder, { recursive: true });
});
