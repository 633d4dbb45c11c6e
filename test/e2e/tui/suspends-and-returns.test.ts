import { join } from 'node:path';
import { CHALLENGES, KEY, PlayedTerminal, ROOT } from '../terminal.ts';

test('Ctrl-Z gives the shell its terminal back, fg brings the game back', async () => {
  const shell = new PlayedTerminal([], { command: ['bash', '--norc', '-i'], env: { PS1: 'prompt> ' } });
  try {
    await shell.sees('prompt>');
    shell.type(
      `'${process.execPath}' '${join(ROOT, 'bin', 'oomph.js')}' play --challenges '${CHALLENGES}'\r`,
    );
    await shell.sees('A calm afternoon');
    shell.type(KEY.enter);
    await shell.sees('Your policy');
    shell.type(KEY.ctrlZ);
    await shell.sees('Stopped');
    expect(shell.isClean()).toBe(true);
    shell.type('echo still "here"\r');
    await shell.sees('still here');
    shell.type('fg\r');
    await shell.sees('Your policy');
    expect(shell.isClean()).toBe(false);
    shell.type(KEY.ctrlC);
    await shell.sees(() => shell.isClean() && shell.text().trimEnd().endsWith('\nprompt>'));
    shell.type('exit\r');
    await shell.end();
  } finally {
    await shell.dispose();
  }
});
