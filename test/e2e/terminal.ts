/** A command in a real pseudo-terminal, seen as a person sees it: keys in, visible cells out. */
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IPty, spawn } from '@lydell/node-pty';
import { Terminal } from '@xterm/headless';

export const ROOT = join(__dirname, '..', '..');
const BIN = join(ROOT, 'bin', 'oomph.js');
/** Challenges made for the scenarios. */
export const CHALLENGES = join(ROOT, 'test', 'fixtures', 'play');
/** Long, because the machines that run tests are slow and shared; a passing test never waits for it. */
const TIMEOUT_MS = 60_000;
const POLL_MS = 20;
jest.setTimeout(5 * TIMEOUT_MS);

/**
 * OOMPH_TYPE_DELAY=1500 makes the test slow instead of the command: whatever was seen is acted on up to so many
 * milliseconds later, at random. A scenario that then fails depends on how fast the machine is.
 */
const TYPE_DELAY_MS = Number(process.env['OOMPH_TYPE_DELAY'] ?? 0);

/** What a terminal sends for keys that are not letters. */
export const KEY = {
  enter: '\r',
  escape: '\x1b',
  tab: '\t',
  up: '\x1bOA',
  down: '\x1bOB',
  right: '\x1bOC',
  left: '\x1bOD',
  end: '\x1bOF',
  ctrlC: '\x03',
  ctrlZ: '\x1a',
} as const;

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
  /** Start there instead of in a new folder. */
  folder?: string;
  /** Run this instead of `node bin/oomph.js`. */
  command?: [string, ...string[]];
}

/** One visible cell. Colours are palette numbers, -1 the terminal's own. */
export interface Cell {
  text: string;
  /** 0: the right half of a wide character. */
  width: number;
  foreground: number;
  background: number;
  bold: boolean;
  underline: boolean;
  inverse: boolean;
}

export interface Ending {
  code: number;
  signal: number;
}

const delay = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

export class PlayedTerminal {
  /** An empty folder of its own, where the command was started. */
  readonly folder: string;
  readonly ended: Promise<Ending>;
  /** Everything the command wrote. */
  output = '';
  private readonly pty: IPty;
  /**
   * The command's own end of the pseudo-terminal. Once nobody has it open, libuv takes the first 4 KiB that are read for the
   * last, and what the command wrote before it ended is lost on a busy machine.
   */
  private held: number | undefined;
  private readonly terminal: Terminal;
  private cursorShown = true;
  private mouseInDecimal = false;
  private alive = true;
  private drawn: Promise<void> = Promise.resolve();

  constructor(args: readonly string[], options: TerminalOptions = {}) {
    const { columns = 80, rows = 24, env = {} } = options;
    this.folder = options.folder ?? mkdtempSync(join(tmpdir(), 'oomph-play-'));
    this.terminal = new Terminal({ cols: columns, rows, scrollback: 200, allowProposedApi: true });
    const watchCursor = (shown: boolean) => (params: (number | number[])[]) => {
      if (params.includes(25)) this.cursorShown = shown;
      if (params.includes(1006)) this.mouseInDecimal = shown;
      return false;
    };
    this.terminal.parser.registerCsiHandler({ prefix: '?', final: 'h' }, watchCursor(true));
    this.terminal.parser.registerCsiHandler({ prefix: '?', final: 'l' }, watchCursor(false));
    const [file, ...before] = options.command ?? [process.execPath, BIN];
    this.pty = spawn(file, [...before, ...args], {
      name: env['TERM'] ?? 'xterm-256color',
      cols: columns,
      rows,
      cwd: this.folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: this.folder,
        OOMPH_DATA: this.path('data'),
        LANG: 'C.UTF-8',
        TERM: 'xterm-256color',
        ...env,
      },
    });
    const { ptsName } = this.pty as IPty & { ptsName?: string };
    if (ptsName) this.held = openSync(ptsName, constants.O_RDWR | constants.O_NOCTTY);
    this.pty.onData(data => {
      this.output += data;
      this.drawn = new Promise(resolve => this.terminal.write(data, resolve));
    });
    this.terminal.onData(answer => {
      if (this.alive) this.pty.write(answer);
    });
    this.ended = new Promise(resolve => {
      this.pty.onExit(({ exitCode, signal }) => {
        this.alive = false;
        this.letGo();
        resolve({ code: exitCode, signal: signal ?? 0 });
      });
    });
  }

  private letGo(): void {
    if (this.held !== undefined) closeSync(this.held);
    this.held = undefined;
  }

  get pid(): number {
    return this.pty.pid;
  }

  /** Type keys, given as the bytes a terminal sends. */
  type(bytes: string): void {
    this.pty.write(bytes);
  }

  resize(columns: number, rows: number): void {
    this.terminal.resize(columns, rows);
    this.pty.resize(columns, rows);
  }

  /** A file in the command's folder. */
  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  kill(signal: string): void {
    this.pty.kill(signal);
  }

  /** The visible rows, right blanks left out. */
  rows(): string[] {
    const { active } = this.terminal.buffer;
    return Array.from(
      { length: this.terminal.rows },
      (_, y) =>
        active
          .getLine(active.viewportY + y)
          ?.translateToString()
          .trimEnd() ?? '',
    );
  }

  text(): string {
    return this.rows().join('\n');
  }

  cell(x: number, y: number): Cell {
    const { active } = this.terminal.buffer;
    const cell = active.getLine(active.viewportY + y)?.getCell(x);
    if (!cell) throw new RangeError(`no cell at ${x}, ${y}`);
    return {
      text: cell.getChars() || ' ',
      width: cell.getWidth(),
      foreground: cell.isFgDefault() ? -1 : cell.getFgColor(),
      background: cell.isBgDefault() ? -1 : cell.getBgColor(),
      bold: cell.isBold() !== 0,
      underline: cell.isUnderline() !== 0,
      inverse: cell.isInverse() !== 0,
    };
  }

  /** Visible cells, row by row. */
  cells(): Cell[][] {
    return Array.from({ length: this.terminal.rows }, (_, y) =>
      Array.from({ length: this.terminal.cols }, (__, x) => this.cell(x, y)),
    );
  }

  get columns(): number {
    return this.terminal.cols;
  }

  /** Whether the command is told of clicks, in a way that every column can be told. */
  get mouseIsOn(): boolean {
    return this.terminal.modes.mouseTrackingMode === 'vt200' && this.mouseInDecimal;
  }

  /** A click on a cell, as a terminal tells of it; nothing where nobody asked. */
  click(x: number, y: number): void {
    if (this.mouseIsOn) this.type(`\x1b[<0;${x + 1};${y + 1}M\x1b[<0;${x + 1};${y + 1}m`);
  }

  /** The wheel over a cell. */
  wheel(x: number, y: number, up: boolean): void {
    if (this.mouseIsOn) this.type(`\x1b[<${up ? 64 : 65};${x + 1};${y + 1}M`);
  }

  /** Whether the terminal is as a program must leave it: normal screen, cursor shown, the mouse its own. */
  isClean(): boolean {
    const { buffer, modes } = this.terminal;
    return (
      buffer.active.type === 'normal' &&
      this.cursorShown &&
      modes.mouseTrackingMode === 'none' &&
      !this.mouseInDecimal
    );
  }

  /** Whether a part of a frame is still under way. */
  private get halfDrawn(): boolean {
    return this.terminal.modes.synchronizedOutputMode;
  }

  /** Wait until the screen shows that, with the frame complete. Fails with the screen as it is. */
  async sees(wanted: string | RegExp | ((text: string) => boolean)): Promise<void> {
    await this.waitFor(wanted);
    if (TYPE_DELAY_MS === 0) return;
    await delay(Math.random() * TYPE_DELAY_MS);
    await this.waitFor(() => true);
  }

  private async waitFor(wanted: string | RegExp | ((text: string) => boolean)): Promise<void> {
    const holds = (text: string): boolean =>
      typeof wanted === 'string'
        ? text.includes(wanted)
        : wanted instanceof RegExp
          ? wanted.test(text)
          : wanted(text);
    const until = Date.now() + TIMEOUT_MS;
    for (;;) {
      await this.drawn;
      if (!this.halfDrawn && holds(this.text())) return;
      if (Date.now() > until || !this.alive) {
        await delay(POLL_MS);
        await this.drawn;
        if (holds(this.text())) return;
        const state = this.alive ? 'running' : 'ended';
        throw new Error(`never seen: ${String(wanted)}\n(${state})\n${this.text()}`);
      }
      await delay(POLL_MS);
    }
  }

  /** Wait for the command's end; the screen is then complete. */
  async end(): Promise<Ending> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`still running:\n${this.text()}`)), TIMEOUT_MS);
    });
    const ending = await Promise.race([this.ended, late]);
    clearTimeout(timer);
    await delay(POLL_MS);
    await this.drawn;
    return ending;
  }

  /** Take everything down; for afterEach. */
  async dispose(): Promise<void> {
    if (this.alive) {
      this.letGo();
      this.pty.kill('SIGKILL');
      await this.ended;
    }
    this.terminal.dispose();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
