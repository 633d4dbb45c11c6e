import { Terminal } from '@xterm/headless';
import { PlayedTerminal } from '../terminal.ts';
import { temporaryFolder, writeChallenge } from './oomph.ts';

const challenge = writeChallenge(temporaryFolder());

async function onTerminal(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; said: string }> {
  const terminal = new PlayedTerminal(args, { env });
  try {
    const { code } = await terminal.end();
    return { code, said: terminal.output };
  } finally {
    await terminal.dispose();
  }
}

/** The rows that a person sees once all is written. */
async function visible(said: string): Promise<string[]> {
  const terminal = new Terminal({ cols: 80, rows: 60, allowProposedApi: true });
  await new Promise<void>(resolve => terminal.write(said, resolve));
  const { active } = terminal.buffer;
  return Array.from({ length: active.length }, (_, y) => active.getLine(y)!.translateToString(true));
}

test('on a terminal it shows how far it is, wipes that away, and colours the verdict', async () => {
  const { code, said } = await onTerminal(['run', challenge, '--seeds', '1-5']);
  expect(code).toBe(0);
  expect(said).toContain('\rtests/a-small-one: 3 of 5 seeds done');
  const screen = await visible(said);
  expect(screen[0].trimEnd()).toBe('tests/a-small-one  A small one');
  expect(screen.join('\n')).not.toContain('seeds done');
  expect(said).toContain('\u001b[32mheld\u001b[39m');
  expect(said).toContain('\u001b[32mwon, ');
});

test('NO_COLOR holds on a terminal', async () => {
  const { said } = await onTerminal(['run', challenge, '--seed', '1'], { NO_COLOR: '1' });
  expect(said).not.toContain('\u001b[');
  expect(said).toContain('held');
});
