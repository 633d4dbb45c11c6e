/** The game on a real terminal: signals, job control, and giving the terminal back whatever happens. */
import { BlessedTerminal } from '../../tui/blessed/terminal.ts';
import { Game, type GameOptions } from '../../tui/game.ts';
import { EXIT_PASSED } from '../exit.ts';

/** How long a process that asked to be stopped may still run before that is taken for a refusal. */
const STOP_MS = 250;
const SIGNAL_CODES = { SIGTERM: 143, SIGHUP: 129, SIGQUIT: 131, SIGINT: 130 } as const;

export async function playOnTerminal(options: Omit<GameOptions, 'terminal' | 'suspend'>): Promise<number> {
  const terminal = new BlessedTerminal(process.stdin, process.stdout);
  let stopped = false;
  const suspend = (resumed: () => void): void => {
    if (process.platform === 'win32') {
      resumed();
      return;
    }
    stopped = true;
    const back = (): void => {
      if (!stopped) return;
      stopped = false;
      process.off('SIGCONT', back);
      clearTimeout(timer);
      resumed();
    };
    // Without job control nothing stops and no SIGCONT comes.
    const timer = setTimeout(back, STOP_MS);
    process.on('SIGCONT', back);
    // The whole group, as the terminal driver does it: npm waits for us and must stop too.
    process.kill(0, 'SIGTSTP');
  };
  const game = new Game({ ...options, terminal, suspend });

  return new Promise((resolve, reject) => {
    const finish = (): void => {
      for (const [signal, listener] of listeners) process.off(signal, listener);
      process.off('uncaughtException', failed);
      process.off('unhandledRejection', failed);
      game.stop();
      terminal.close();
    };
    const failed = (error: unknown): void => {
      finish();
      reject(error);
    };
    const listeners: [NodeJS.Signals, () => void][] = Object.entries(SIGNAL_CODES).map(([signal, code]) => [
      signal as NodeJS.Signals,
      () => {
        // An editor that shares the terminal has its own use for the interrupt key.
        if (signal === 'SIGINT' && game.isAway) return;
        finish();
        process.exit(code);
      },
    ]);
    if (process.platform !== 'win32') {
      listeners.push(['SIGCONT', () => !stopped && !game.isAway && game.retake()]);
    }
    for (const [signal, listener] of listeners) process.on(signal, listener);
    process.on('uncaughtException', failed);
    process.on('unhandledRejection', failed);
    // The terminal itself is gone.
    process.stdin.once('end', () => game.stop());
    game.run().then(() => {
      finish();
      resolve(EXIT_PASSED);
    }, failed);
  });
}
