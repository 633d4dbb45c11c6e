/**
 * The real terminal, through blessed: it knows how to enter and leave the screen and writes only the cells that
 * changed. Nothing else in the program imports it.
 *
 * Two weaknesses of blessed are handled here: it counts a character of two columns as one cell, and a sign in the
 * bottom right cell scrolls some terminals, so that cell is never written.
 */
import { StringDecoder } from 'node:string_decoder';
import blessed from 'blessed';
import { type Cells, CONTINUED, PLAIN, type Style } from '../cells.ts';
import type { Terminal } from '../game.ts';

/** The parts of blessed's screen that its published types leave out. */
interface Lines {
  lines: ([number, string][] & { dirty: boolean })[];
  olines: [number, string][][];
  tput: { unicode: boolean; brokenACS: boolean; colors: number; strings: { exit_ca_mode?: string } };
  program: {
    input: NodeJS.ReadStream;
    output: NodeJS.WriteStream & { _resizeHandler?: () => void };
    cols: number;
    rows: number;
    isAlt: boolean;
    _write(text: string): void;
    flush(): void;
    clear(): void;
    on(event: 'resize', listener: () => void): void;
  };
  alloc(): void;
  enter(): void;
  leave(): void;
  draw(start: number, end: number): void;
  destroy(): void;
}

/** Synchronized output: a terminal that knows it shows a frame whole, others ignore it. */
const FRAME_BEGINS = '\x1b[?2026h';
const FRAME_ENDS = '\x1b[?2026l';

/** What a cell to the right of a wide character is remembered as, so that it is never taken for unchanged. */
const STALE = '\0';

const chars: string[] = [];
function charOf(code: number): string {
  if (code >= 0x3000) return String.fromCodePoint(code);
  return (chars[code] ??= String.fromCodePoint(code));
}

/** Terminfo entries newer than blessed make it complain on stderr and then do without them; nobody needs to read that. */
function quietly<T>(work: () => T): T {
  const { error } = console;
  console.error = () => {};
  try {
    return work();
  } finally {
    console.error = error;
  }
}

export class BlessedTerminal implements Terminal {
  private readonly screen: Lines;
  private readonly input: NodeJS.ReadStream;
  private closed = false;
  private inside = true;
  private mouse = false;
  private listener: ((bytes: string) => void) | null = null;

  /** Takes the terminal at once. */
  constructor(input: NodeJS.ReadStream, output: NodeJS.WriteStream) {
    this.input = input;
    this.screen = quietly(
      () => blessed.screen({ input, output, fullUnicode: false, forceUnicode: true }) as unknown as Lines,
    );
    // The cells hold only what the terminal can show: the theme and the glyph set were chosen before.
    this.screen.tput.unicode = true;
    this.screen.tput.brokenACS = true;
    this.screen.tput.colors = 256;
    input.setRawMode?.(true);
    input.resume();
    // Ours takes the bytes as they are: blessed's own key decoder takes a split sequence apart.
    const decoder = new StringDecoder('utf8');
    input.on('data', (bytes: Buffer) => {
      const text = decoder.write(bytes);
      if (this.inside && text !== '') this.listener?.(text);
    });
    this.screen.program.flush();
  }

  get width(): number {
    return this.screen.program.cols;
  }

  get height(): number {
    return this.screen.program.rows;
  }

  onInput(listener: (bytes: string) => void): void {
    this.listener = listener;
  }

  onResize(listener: () => void): void {
    this.screen.program.on('resize', () => {
      if (this.inside) listener();
    });
  }

  draw(cells: Cells): void {
    if (this.closed || !this.inside) return;
    const { screen } = this;
    const { lines, olines } = screen;
    const height = Math.min(cells.height, lines.length);
    for (let y = 0; y < height; y++) {
      const line = lines[y];
      const width = Math.min(cells.width, line.length);
      let changed = false;
      for (let x = 0; x < width; x++) {
        const at = y * cells.width + x;
        const code = cells.codes[at];
        const char = code === CONTINUED ? '' : charOf(code);
        const as: Style = cells.styles[at];
        const cell = line[x];
        if (cell[0] === as && cell[1] === char) continue;
        cell[0] = as;
        cell[1] = char;
        changed = true;
        if (code === CONTINUED) olines[y][x][1] = STALE;
      }
      if (y === lines.length - 1 && width === line.length) {
        line[width - 1][0] = PLAIN;
        line[width - 1][1] = ' ';
      }
      if (changed) line.dirty = true;
    }
    if (!lines.some(line => line.dirty)) return;
    screen.program._write(FRAME_BEGINS);
    screen.draw(0, height - 1);
    screen.program._write(FRAME_ENDS);
    screen.program.flush();
  }

  invalidate(): void {
    if (this.closed || !this.inside) return;
    this.screen.alloc();
    this.screen.program.clear();
  }

  setMouse(on: boolean): void {
    this.mouse = on;
    if (!this.closed && this.inside) this.writeMouse(on);
  }

  /** Clicks and the wheel (1000), not what moves (1002); in decimal (1006), so that every column can be told. */
  private writeMouse(on: boolean): void {
    const { program } = this.screen;
    program.flush();
    program.output.write(on ? '\x1b[?1000h\x1b[?1006h' : '\x1b[?1006l\x1b[?1002l\x1b[?1000l');
  }

  leave(): void {
    if (this.closed || !this.inside) return;
    this.inside = false;
    if (this.mouse) this.writeMouse(false);
    // The Linux console and its elders have one screen only: leave nothing of ours on it.
    if (!this.screen.tput.strings.exit_ca_mode) this.screen.program.clear();
    this.screen.leave();
    this.screen.program.flush();
    // blessed clears the screen at each new size, whosever it is: an editor's, or the shell's with all that is on it.
    const { output } = this.screen.program;
    if (output._resizeHandler) output.off('resize', output._resizeHandler);
    this.input.setRawMode?.(false);
    this.input.pause();
  }

  enter(): void {
    if (this.closed || this.inside) return;
    const { program } = this.screen;
    // The window may have changed its size while somebody else had it. The kernel signals that to the group in the
    // foreground only (tiocswinsz() in drivers/char/tty_io.c): a process that was stopped never heard, and Node asks
    // for the size on that signal alone.
    process.emit('SIGWINCH', 'SIGWINCH');
    if (program.output._resizeHandler) program.output.on('resize', program.output._resizeHandler);
    program.cols = program.output.columns || program.cols;
    program.rows = program.output.rows || program.rows;
    this.input.setRawMode?.(true);
    this.input.resume();
    this.screen.enter();
    this.inside = true;
    if (this.mouse) this.writeMouse(true);
    this.invalidate();
  }

  /** Restore the terminal for good. Safe to call more than once and from an exit handler. */
  close(): void {
    if (this.closed) return;
    this.leave();
    this.closed = true;
    this.screen.destroy();
  }
}
