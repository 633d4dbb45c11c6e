/** `oomph play` as a conversation in lines, on a terminal or from a pipe. */
import { createInterface } from 'node:readline';
import { greeting } from '../../tui/lineCommands.ts';
import { LineGame, type LineOptions } from '../../tui/lineGame.ts';

const PROMPT = '> ';

export interface ConversationOptions extends Omit<LineOptions, 'write' | 'canEdit' | 'away'> {
  input: NodeJS.ReadStream;
  output: NodeJS.WriteStream;
  /** Somebody types: ask, and let an editor have the terminal. */
  asking: boolean;
  /** A challenge was named: its briefing comes first. */
  named: boolean;
}

/**
 * Read commands until the end of the input or `quit`.
 *
 * @returns how many commands there were
 */
export async function playInLines(options: ConversationOptions): Promise<number> {
  const { input, output, asking, named, ...rest } = options;
  // A terminal edits its lines by itself; what readline would write for it are escape sequences.
  const lines = createInterface({ input, terminal: false });
  const waiting: string[] = [];
  let ended = false;
  let wake: () => void = () => {};
  lines.on('line', line => {
    waiting.push(line);
    wake();
  });
  lines.on('close', () => {
    ended = true;
    wake();
  });
  const next = async (): Promise<string | null> => {
    while (waiting.length === 0) {
      if (ended) return null;
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    }
    return waiting.shift()!;
  };
  const away = async <T>(work: () => Promise<T>): Promise<T> => {
    lines.pause();
    try {
      return await work();
    } finally {
      lines.resume();
    }
  };
  const game = new LineGame({ ...rest, write: text => output.write(text), canEdit: asking, away });
  let nr = 0;
  const begin = async (): Promise<void> => {
    output.write(greeting(game.model));
    game.tell();
    if (named) await game.command('briefing');
  };
  if (asking) await begin();
  for (;;) {
    if (asking) output.write(PROMPT);
    const line = await next();
    if (line === null) break;
    if (line.trim() === '') continue;
    if (nr++ === 0 && !asking) await begin();
    // What was piped in is shown with its answers, as a terminal shows what is typed.
    if (!asking) output.write(`${PROMPT}${line.trim()}\n`);
    if (!(await game.command(line))) break;
  }
  if (asking && ended) output.write('\n');
  lines.close();
  return nr;
}
