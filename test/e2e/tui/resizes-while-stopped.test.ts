import { join } from 'node:path';
import { CHALLENGES, KEY, PlayedTerminal, ROOT } from '../terminal.ts';

test('a window that changed its size while the game was stopped is filled when fg brings it back', async () => {
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
    shell.resize(100, 30);
    shell.type('stty size\r');
    await shell.sees('30 100');
    shell.type('fg\r');
    await shell.sees(() => /^ enter run .* q back *$/.test(shell.rows()[29] ?? ''));
    shell.type(KEY.ctrlC);
    await shell.sees(() => shell.isClean() && shell.text().trimEnd().endsWith('\nprompt>'));
    shell.type('exit\r');
    await shell.end();
  } finally {
    await shell.dispose();
  }
});
