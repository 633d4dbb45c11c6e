/** A session as what was on the screen and for how long: an asciicast and an animated picture, both from the same cells. */
import {
  BACKGROUND,
  CELL_HEIGHT,
  CELL_WIDTH,
  colours,
  escaped,
  FONT_SIZE,
  MARGIN,
  runs,
  short,
} from './picture.ts';
import type { Cell, PlayedTerminal } from './terminal.ts';

interface Frame {
  cells: Cell[][];
  seconds: number;
}

const ESC = '\x1b[';

/** One row as a terminal is told of it. */
function ansiOf(row: readonly Cell[]): string {
  let out = '';
  let last = '';
  for (const { text, width, foreground, background, bold, underline, inverse } of row) {
    if (width === 0) continue;
    const codes = ['0'];
    if (bold) codes.push('1');
    if (underline) codes.push('4');
    if (inverse) codes.push('7');
    if (foreground >= 0) codes.push(`38;5;${foreground}`);
    if (background >= 0) codes.push(`48;5;${background}`);
    const as = codes.join(';');
    out += as === last ? text : `${ESC}${as}m${text}`;
    last = as;
  }
  return out;
}

/** One row of the picture at the height 0. */
function svgRow(row: readonly Cell[]): string {
  let out = '';
  for (const { from, to, key } of runs(row, cell =>
    colours(cell).back === BACKGROUND ? '' : colours(cell).back,
  )) {
    out += `<rect x="${short(from * CELL_WIDTH)}" width="${short((to - from) * CELL_WIDTH + 0.2)}" height="${CELL_HEIGHT}" fill="${key}"/>`;
  }
  const text = runs(row, cell => (cell.text === ' ' ? '' : `${colours(cell).front}${cell.bold ? ' b' : ''}`));
  for (const { from, to, key } of text) {
    const [fill, bold] = key.split(' ');
    const line = escaped(
      row
        .slice(from, to)
        .map(cell => (cell.width > 0 ? cell.text : ''))
        .join(''),
    );
    const weight = bold ? ' font-weight="bold"' : '';
    const length = short((to - from) * CELL_WIDTH);
    out += `<text x="${short(from * CELL_WIDTH)}" y="13" textLength="${length}" lengthAdjust="spacingAndGlyphs" fill="${fill}"${weight}>${line}</text>`;
  }
  return out;
}

export class Recording {
  private readonly frames: Frame[] = [];

  /** What is on the screen now stays for so long. */
  take(game: PlayedTerminal, seconds: number): void {
    this.frames.push({ cells: game.cells(), seconds });
  }

  /** https://docs.asciinema.org/manual/asciicast/v2/: of each frame only the rows that changed. */
  asciicast(title: string): string {
    const [{ cells }] = this.frames;
    const header = {
      version: 2,
      width: cells[0].length,
      height: cells.length,
      title,
      env: { TERM: 'xterm-256color' },
    };
    const lines = [JSON.stringify(header), JSON.stringify([0, 'o', `${ESC}?25l${ESC}2J`])];
    let at = 0;
    let before: string[] = [];
    for (const frame of this.frames) {
      const rows = frame.cells.map(ansiOf);
      const changed = rows.map((row, y) => (row === before[y] ? '' : `${ESC}${y + 1};1H${row}`)).join('');
      lines.push(JSON.stringify([at, 'o', changed]));
      before = rows;
      at += frame.seconds;
    }
    lines.push(JSON.stringify([at, 'o', `${ESC}0m${ESC}?25h`]));
    return `${lines.join('\n')}\n`;
  }

  /** @param title what a screen reader says */
  svg(title: string): string {
    const [{ cells }] = this.frames;
    const total = this.frames.reduce((sum, { seconds }) => sum + seconds, 0);
    const width = short(cells[0].length * CELL_WIDTH + 2 * MARGIN);
    const height = short(cells.length * CELL_HEIGHT + 2 * MARGIN);
    // A row that is on several frames is there once.
    const rows = new Map<string, number>();
    const shown = this.frames.map(frame =>
      frame.cells.map(row => {
        const drawn = svgRow(row);
        if (drawn !== '' && !rows.has(drawn)) rows.set(drawn, rows.size);
        return rows.get(drawn) ?? -1;
      }),
    );
    const out = [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
      `<title>${escaped(title)}</title>`,
      `<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>`,
      `<defs>${[...rows].map(([drawn, id]) => `<g id="r${id}">${drawn}</g>`).join('\n')}</defs>`,
      `<g font-family="ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="${FONT_SIZE}" xml:space="preserve">`,
    ];
    let at = 0;
    shown.forEach((frame, i) => {
      const from = (at / total).toFixed(4);
      at += this.frames[i].seconds;
      const to = Math.min(1, at / total).toFixed(4);
      const first = i === 0;
      const values = first ? 'inline;none' : 'none;inline;none';
      const times = first ? `0;${to}` : `0;${from};${to}`;
      out.push(
        `<g display="${first ? 'inline' : 'none'}"><animate attributeName="display" calcMode="discrete" values="${values}" keyTimes="${times}" dur="${total}s" repeatCount="indefinite"/>`,
      );
      frame.forEach((id, y) => {
        if (id >= 0) out.push(`<use href="#r${id}" x="${MARGIN}" y="${short(MARGIN + y * CELL_HEIGHT)}"/>`);
      });
      out.push('</g>');
    });
    out.push('</g>', '</svg>', '');
    return out.join('\n');
  }
}
