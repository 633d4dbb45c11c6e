import type { Cells } from '../../../src/tui/cells.ts';
import { Game, type GameOptions, type Terminal } from '../../../src/tui/game.ts';
import type { GameServices, Preparation } from '../../../src/tui/gameRun.ts';
import { NO_HISTORY } from '../../../src/tui/history.ts';
import { entry, prepared } from './fake.ts';

class FakeTerminal implements Terminal {
  width = 80;
  height = 24;
  screen = '';
  inside = true;
  private input: (bytes: string) => void = () => {};
  private resized: () => void = () => {};

  draw(cells: Cells): void {
    expect(this.inside).toBe(true);
    this.screen = cells.toString();
  }
  invalidate(): void {}
  setMouse(): void {}
  onInput(listener: (bytes: string) => void): void {
    this.input = listener;
  }
  onResize(listener: () => void): void {
    this.resized = listener;
  }
  leave(): void {
    this.inside = false;
  }
  enter(): void {
    this.inside = true;
  }
  type(bytes: string): void {
    this.input(bytes);
  }
  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.resized();
  }
  async sees(text: string): Promise<void> {
    for (let i = 0; i < 500; i++) {
      if (this.screen.includes(text)) return;
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    throw new Error(`never seen: ${text}\n${this.screen}`);
  }
}

function start(services: Partial<GameServices> = {}, options: Partial<GameOptions> = {}) {
  const terminal = new FakeTerminal();
  const all: GameServices = {
    history: NO_HISTORY,
    prepare: async () => ({ ok: true, run: prepared() }),
    startPolicy: () => '',
    edit: async () => '',
    policyExists: () => true,
    policyPath: one => one.policyPath,
    restore: () => ({ problem: '', same: false, aside: '' }),
    measure: async () => {},
    epic: async () => null,
    openReplay: () => ({ ok: false, problem: 'no code' }),
    show: async () => {},
    watch: () => ({ check: () => {}, stop: () => {} }),
    ...services,
  };
  const game = new Game({
    terminal,
    services: all,
    suspend: resumed => resumed(),
    entries: [entry('zones/the-sound-card')],
    open: -1,
    glyphs: 'unicode',
    colours: '256',
    ...options,
  });
  return { terminal, game, over: game.run() };
}

test('from the list to a run that plays, and out', async () => {
  const { terminal, over } = start();
  await terminal.sees('challenges');
  terminal.type('\r\r');
  await terminal.sees('playing');
  await terminal.sees('event 1/');
  terminal.type(' ');
  await terminal.sees('paused');
  terminal.type('\x03');
  await over;
});

test('a lone ESC goes back after a moment; an arrow in two pieces does not', async () => {
  const { terminal, over } = start();
  terminal.type('\r');
  await terminal.sees('Your policy');
  terminal.type('\x1b');
  terminal.type('OB');
  terminal.type('h');
  await terminal.sees('1 Who needs the low pages?');
  terminal.type('\x1b');
  await terminal.sees('challenges');
  terminal.type('q');
  await over;
});

test('an arrow in two pieces is one while the game is busy, too', async () => {
  const { terminal, over } = start();
  terminal.type('\r');
  await terminal.sees('Your policy');
  terminal.type('\x1b');
  // The rest is read once the loop goes round again, which takes longer than an ESC is waited for.
  setImmediate(() => terminal.type('OB'));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 80);
  await new Promise(resolve => setTimeout(resolve, 80));
  terminal.type('h');
  await terminal.sees('1 Who needs the low pages?');
  terminal.type('\x03');
  await over;
});

test('f goes to the first failure and from one to the next, F back', async () => {
  const { terminal, over } = start();
  terminal.type('\r\r');
  await terminal.sees('playing');
  terminal.type('f');
  await terminal.sees('event 49/599');
  terminal.type('f');
  await terminal.sees('event 99/599');
  terminal.type('F');
  await terminal.sees('event 49/599');
  terminal.type('F');
  await terminal.sees('no failure before this');
  terminal.type('Gf');
  await terminal.sees('no further failure in this run');
  await terminal.sees('event 599/599');
  terminal.type('\x03');
  await over;
});

test('the editor gets the terminal; what it saved runs when it ends', async () => {
  let saved: (() => void) | null = null;
  const seen: string[] = [];
  const game = start({
    startPolicy: () => {
      seen.push('start');
      return '';
    },
    watch: (_entry, changed) => ({ check: () => saved && changed(), stop: () => {} }),
    edit: async () => {
      seen.push(`edit, terminal ${game.terminal.inside ? 'kept' : 'left'}`);
      game.terminal.type('q');
      saved = () => {};
      return '';
    },
  });
  const { terminal, over } = game;
  terminal.type('\r');
  await terminal.sees('Your policy');
  terminal.type('e');
  await terminal.sees('buddyinfo');
  expect(seen).toEqual(['start', 'edit, terminal left']);
  terminal.type('\x03');
  await over;
});

test('a policy that cannot be started is told, and no editor is opened', async () => {
  const edit = jest.fn(async () => '');
  const { terminal, over } = start({ startPolicy: () => 'the disk is full', edit });
  terminal.type('\re');
  await terminal.sees('the disk is full');
  expect(edit).not.toHaveBeenCalled();
  terminal.type('\x03');
  await over;
});

test('a change from outside runs the policy again', async () => {
  let changed = (): void => {};
  const prepare = jest.fn(async (): Promise<Preparation> => ({ ok: true, run: prepared() }));
  const { terminal, over } = start({
    prepare,
    watch: (_entry, listener) => {
      changed = listener;
      return { check: () => {}, stop: () => {} };
    },
  });
  terminal.type('\r');
  await terminal.sees('Your policy');
  changed();
  await terminal.sees('buddyinfo');
  expect(prepare).toHaveBeenCalledTimes(1);
  terminal.type('\x03');
  await over;
});

test('while a policy runs the keys are heard, Escape cancels', async () => {
  let signal: AbortSignal | undefined;
  const { terminal, over } = start({
    prepare: (_entry, progress, abort) => {
      signal = abort;
      progress('seed 2 of 3');
      return new Promise(() => {});
    },
  });
  terminal.type('\r\r');
  await terminal.sees('seed 2 of 3');
  terminal.type('\x1b');
  await terminal.sees('enter run');
  expect(signal?.aborted).toBe(true);
  terminal.type('\x03');
  await over;
});

test('a fault of our own ends the game and reaches the caller', async () => {
  const { terminal, over } = start({
    prepare: async () => {
      throw new Error('our bug');
    },
  });
  terminal.type('\r\r');
  await expect(over).rejects.toThrow('our bug');
});

test('below 80x24 no key acts but those that leave', async () => {
  const { terminal, over } = start();
  await terminal.sees('challenges');
  terminal.resize(70, 20);
  await terminal.sees('needs 80x24, this is 70x20');
  terminal.type('\r');
  terminal.resize(80, 24);
  await terminal.sees('challenges');
  terminal.resize(70, 20);
  terminal.type('q');
  await over;
});

test('suspension leaves the terminal and takes it again', async () => {
  const seen: boolean[] = [];
  const made = start(
    {},
    {
      suspend: resumed => {
        seen.push(made.terminal.inside);
        setTimeout(resumed, 20);
      },
    },
  );
  await made.terminal.sees('challenges');
  made.terminal.type('\x1a');
  expect(made.game.isAway).toBe(true);
  await new Promise(resolve => setTimeout(resolve, 60));
  expect([seen, made.terminal.inside, made.game.isAway]).toEqual([[false], true, false]);
  made.terminal.type('q');
  await made.over;
});
