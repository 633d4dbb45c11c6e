/**
 * The game over the fixture challenges, and the things that several scenarios do with it.
 *
 * A scenario has the same outcome on every machine, however slow, fast or loaded it is:
 * - A key is typed after the screen that takes it was seen, and `sees` waits for what was not on the screen before.
 * - What stands on the screen of a run that plays, or that was paused while it played, is never expected: `runStarving`
 *   stops the run at its start, `standAt` after an event that the scenario names.
 * - A run that plays is over at some time, and then its result takes the screen: leave it at a speed that takes long.
 * - Nothing is expected that shows for a moment only: a slow terminal never sees it.
 * - The result grows while the policies that come with oomph are played: scroll to what is expected of it.
 * - A command and a file it watches are two: what the game does after a change of a file is waited for by what it shows.
 * - Modes of the terminal (`isClean`, `mouseIsOn`) may change after the text beside them: wait for them with `sees`.
 * - The window's size and keys have no order between them: see the new size before typing, and type before resizing.
 * - Neither the date nor the order of two processes is given.
 * `OOMPH_TYPE_DELAY=1500 npx jest test/e2e/tui` shows most of what depends on time: see terminal.ts.
 */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHALLENGES, KEY, PlayedTerminal, type TerminalOptions } from '../terminal.ts';

let open: PlayedTerminal[] = [];

afterEach(async () => {
  for (const game of open) await game.dispose();
  open = [];
});

export function startGame(options: TerminalOptions = {}, ...args: string[]): PlayedTerminal {
  const game = new PlayedTerminal(['play', '--challenges', CHALLENGES, ...args], options);
  open.push(game);
  return game;
}

/** Keeps the low pages for those who can use nothing else: wins zones/starving. */
export const WINNING = `import { definePolicy } from 'oomph';

export default definePolicy({
  zonelist: (request, mem) => (request.gfp & mem.GFP_DMA ? mem.DMA_ONLY : mem.NORMAL_ONLY),
});
`;

/** A folder with an editor in it that writes `text` into the file it is given. */
export function editorThatWrites(text: string): { folder: string; env: Record<string, string> } {
  const folder = mkdtempSync(join(tmpdir(), 'oomph-editor-'));
  const editor = join(folder, 'editor.sh');
  writeFileSync(join(folder, 'text'), text);
  writeFileSync(editor, `#!/bin/sh\ncp '${join(folder, 'text')}' "$1"\n`);
  chmodSync(editor, 0o755);
  return { folder, env: { EDITOR: editor } };
}

/** From the list to the briefing of zones/starving. */
export async function openStarving(game: PlayedTerminal): Promise<void> {
  await game.sees('The card that starved');
  game.type('G');
  await game.sees('▸ ☆☆☆ The card that starved');
  game.type(KEY.enter);
  await game.sees('Your policy');
}

/** From there to its run, which plays for 20 s. */
export async function playStarving(game: PlayedTerminal): Promise<void> {
  await openStarving(game);
  game.type(KEY.enter);
  await game.sees('buddyinfo');
}

/** The same, but the run stands still at its start. */
export async function runStarving(game: PlayedTerminal): Promise<void> {
  await playStarving(game);
  await standAtStart(game);
}

/** Stop the run at its start, wherever it is now. */
export async function standAtStart(game: PlayedTerminal): Promise<void> {
  game.type('g');
  await game.sees(/paused .* event start\//);
}

/** Stop the run after that event, wherever it is now. */
export async function standAt(game: PlayedTerminal, event: number): Promise<void> {
  game.type(`:e${event}${KEY.enter}`);
  await game.sees(new RegExp(`paused .* event ${event.toLocaleString('en')}/`));
}
