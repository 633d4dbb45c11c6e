import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHALLENGES, ROOT } from '../terminal.ts';
import { startGame } from './game.ts';

test('without a terminal the first challenge is played in plain lines', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'oomph-lines-'));
  const args = [join(ROOT, 'bin', 'oomph.js'), 'play', '--challenges', CHALLENGES];
  const text = execFileSync(process.execPath, args, { cwd, encoding: 'utf8', input: '' });
  for (const part of ['A calm afternoon', 'Goals', 'The run, seed 1', 'WON', 'What to do next']) {
    expect(text).toContain(part);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no escape sequence, nothing that rings or erases
  expect(text).toMatch(/^[^\x00-\x09\x0b-\x1f]*$/);
  rmSync(cwd, { recursive: true });
});

test('--linear does the same in a terminal, without taking its screen', async () => {
  const game = startGame({ rows: 200 }, 'zones/starving', '--linear');
  expect((await game.end()).code).toBe(0);
  expect(game.output).not.toContain('\x1b');
  expect(game.text()).toContain('grabber: page allocation failure. order:9, mode:0x21');
  expect(game.text()).toContain('LOST');
  expect(game.text()).toContain('Want of pages');
  expect(game.text()).toContain('oomph new policy');
});
