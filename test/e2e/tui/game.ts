/** The game over the fixture challenges, and the things that several scenarios do with it. */
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

/** From there to its run. */
export async function runStarving(game: PlayedTerminal): Promise<void> {
  await openStarving(game);
  game.type(KEY.enter);
  await game.sees('buddyinfo');
}

/**
 * Stop the run after that event, wherever it is now. What is seen there is the same on every machine; what is seen of a
 * run that plays, or was paused while it played, is not.
 */
export async function standAt(game: PlayedTerminal, event: number): Promise<void> {
  game.type(`:e${event}${KEY.enter}`);
  const shown = `event ${event.toLocaleString('en')}/`;
  await game.sees(text => text.includes(shown) && text.includes('paused'));
}
