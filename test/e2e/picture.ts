/** The cells of a terminal as an SVG picture: text stays text, every glyph at its own place whatever the font. */
import type { Cell } from './terminal.ts';

export const CELL_WIDTH = 8.4;
export const CELL_HEIGHT = 17;
export const FONT_SIZE = 14;
export const MARGIN = 14;
export const BACKGROUND = '#11151c';
const FOREGROUND = '#c5cdd9';

/** The 16 colours that every terminal defines for itself. */
const NAMED = [
  '#1b2029',
  '#d16969',
  '#7fb069',
  '#d6a44c',
  '#5b9bd5',
  '#b07cc6',
  '#56b6c2',
  '#c5cdd9',
  '#5c6673',
  '#e88388',
  '#a8cc8c',
  '#e6c07b',
  '#7fb8f0',
  '#d2a8ff',
  '#7fdbe4',
  '#f2f5f9',
];
const STEPS = [0, 95, 135, 175, 215, 255];

function hex(red: number, green: number, blue: number): string {
  return `#${[red, green, blue].map(part => part.toString(16).padStart(2, '0')).join('')}`;
}

/** xterm's palette: 16 named, a cube of 216, 24 greys. */
function colour(index: number): string {
  if (index < 16) return NAMED[index];
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return hex(grey, grey, grey);
  }
  const cube = index - 16;
  return hex(STEPS[Math.floor(cube / 36)], STEPS[Math.floor(cube / 6) % 6], STEPS[cube % 6]);
}

export function colours(cell: Cell): { front: string; back: string } {
  const front = cell.foreground < 0 ? FOREGROUND : colour(cell.foreground);
  const back = cell.background < 0 ? BACKGROUND : colour(cell.background);
  return cell.inverse ? { front: back, back: front } : { front, back };
}

export const escaped = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
export const short = (value: number): string => String(Math.round(value * 10) / 10);

/** Neighbours in a row for which `keyOf` answers the same; '' leaves a cell out. */
export function runs(
  row: readonly Cell[],
  keyOf: (cell: Cell) => string,
): { from: number; to: number; key: string }[] {
  const found: { from: number; to: number; key: string }[] = [];
  for (let x = 0; x < row.length; x++) {
    const key = keyOf(row[x]);
    const last = found[found.length - 1];
    if (last && last.key === key && last.to === x) last.to = x + 1;
    else if (key !== '') found.push({ from: x, to: x + 1, key });
  }
  return found;
}

/** @param title what a screen reader says */
export function svgOf(cells: readonly (readonly Cell[])[], title: string): string {
  const width = short(cells[0].length * CELL_WIDTH + 2 * MARGIN);
  const height = short(cells.length * CELL_HEIGHT + 2 * MARGIN);
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>`,
    `<g font-family="ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="${FONT_SIZE}" xml:space="preserve">`,
  ];
  cells.forEach((row, y) => {
    const top = MARGIN + y * CELL_HEIGHT;
    const back = runs(row, cell => (colours(cell).back === BACKGROUND ? '' : colours(cell).back));
    for (const { from, to, key } of back) {
      const x = short(MARGIN + from * CELL_WIDTH);
      const span = short((to - from) * CELL_WIDTH + 0.2);
      out.push(`<rect x="${x}" y="${short(top)}" width="${span}" height="${CELL_HEIGHT}" fill="${key}"/>`);
    }
    const text = runs(row, cell =>
      cell.text === ' ' ? '' : `${colours(cell).front}${cell.bold ? ' b' : ''}`,
    );
    for (const { from, to, key } of text) {
      const glyphs = row.slice(from, to).filter(cell => cell.width > 0);
      let x = from;
      const places = glyphs.map(glyph => {
        const place = short(MARGIN + x * CELL_WIDTH);
        x += glyph.width;
        return place;
      });
      const [fill, bold] = key.split(' ');
      const weight = bold ? ' font-weight="bold"' : '';
      const line = escaped(glyphs.map(glyph => glyph.text).join(''));
      out.push(`<text x="${places.join(' ')}" y="${short(top + 13)}" fill="${fill}"${weight}>${line}</text>`);
    }
  });
  out.push('</g>', '</svg>', '');
  return out.join('\n');
}
