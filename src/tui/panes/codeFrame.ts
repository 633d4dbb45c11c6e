/** A few lines of source with a caret under the place. */
import type { Diagnostic } from '../../contract/diagnostic.ts';
import type { Span } from '../document.ts';
import type { Look } from '../look.ts';

/** Tabs become one blank, so that a column stays a column. */
const untabbed = (line: string): string => line.replace(/\t/g, ' ');

/**
 * @param firstLine 1-based number of `lines[0]`
 * @param place        1-based column; the lines are moved left when it lies beyond `width`
 * @param firstColumn  column of the first character of `lines`, where they are parts of long ones
 */
export function codeFrame(
  lines: readonly string[],
  firstLine: number,
  line: number,
  place: number,
  length: number,
  width: number,
  look: Look,
  firstColumn = 1,
): Span[][] {
  const { glyphs, theme } = look;
  const column = Math.max(1, place - firstColumn + 1);
  const digits = String(firstLine + lines.length - 1).length;
  const room = Math.max(10, width - digits - 6);
  const shift = column + length > room ? Math.max(0, column - Math.floor(room / 2)) : 0;
  const out: Span[][] = [];
  lines.forEach((text, i) => {
    const number = firstLine + i;
    const here = number === line;
    out.push([
      { text: here ? `${glyphs.pointer} ` : '  ', style: theme.bad },
      { text: `${String(number).padStart(digits)} ${glyphs.box.vertical} `, style: theme.dim },
      { text: untabbed(text).slice(shift, shift + room), style: here ? theme.strong : theme.text },
    ]);
    if (!here) return;
    const under = Math.max(1, Math.min(length, text.length - column + 1, room));
    out.push([
      { text: `  ${' '.repeat(digits)} ${glyphs.box.vertical} `, style: theme.dim },
      { text: ' '.repeat(Math.max(0, column - 1 - shift)), style: theme.text },
      { text: glyphs.caret.repeat(under), style: theme.bad },
    ]);
  });
  return out;
}

export function diagnosticFrame(diagnostic: Diagnostic, width: number, look: Look): Span[][] {
  if (!diagnostic.frame) return [];
  const { firstLine, lines, firstColumn } = diagnostic.frame;
  const { line, column, length } = diagnostic;
  return codeFrame(lines, firstLine, line, column, length, width, look, firstColumn);
}

/** The line of a source and the one before and after it. */
export function sourceFrame(
  source: string,
  line: number,
  column: number,
  length: number,
  width: number,
  look: Look,
): Span[][] {
  const all = source.split(/\r?\n/);
  if (line < 1 || line > all.length) return [];
  const first = Math.max(1, line - 1);
  return codeFrame(all.slice(first - 1, line + 1), first, line, column, length, width, look);
}
