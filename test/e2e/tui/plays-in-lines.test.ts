import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHALLENGES, ROOT } from '../terminal.ts';
import { editorThatWrites, startGame, WINNING } from './game.ts';

test('without a terminal and without commands the next challenge that is not won is played in plain lines', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'oomph-lines-'));
  const args = [join(ROOT, 'bin', 'oomph.js'), 'play', '--challenges', CHALLENGES];
  const env = { ...process.env, OOMPH_DATA: join(cwd, 'data') };
  const text = execFileSync(process.execPath, args, { cwd, encoding: 'utf8', input: '', env });
  for (const part of ['A calm afternoon', 'Goals', 'The run, seed 1', 'WON', 'What to do next']) {
    expect(text).toContain(part);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no escape sequence, nothing that rings or erases
  expect(text).toMatch(/^[^\x00-\x09\x0b-\x1f]*$/);
  const again = execFileSync(process.execPath, args, { cwd, encoding: 'utf8', input: '', env });
  expect(again).toContain('The run, seed 1');
  expect(again).not.toContain('A calm afternoon');
  rmSync(cwd, { recursive: true });
});

test('--linear asks for commands in a terminal, without taking its screen; the editor gets it meanwhile', async () => {
  const editor = editorThatWrites(WINNING);
  const game = startGame({ rows: 200, env: editor.env }, 'zones/starving', '--linear');
  await game.sees('Say hint, policy, edit, run, list or help.');
  game.type('run\r');
  await game.sees('You lost, on 2 of 2 seeds.');
  await game.sees('grabber: page allocation failure. order:9, mode:0x21');
  game.type('cause\r');
  await game.sees('Want of pages');
  game.type('edit\r');
  await game.sees('starving.ts is edited. run plays it.');
  game.type('run\r');
  await game.sees('You won with 2 of 3 stars');
  await game.sees('What your change did');
  game.type('quit\r');
  expect((await game.end()).code).toBe(0);
  expect(game.output).not.toContain('\x1b');
  rmSync(editor.folder, { recursive: true });
});
