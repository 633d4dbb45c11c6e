export const WIDTH = 80;

/** Paragraphs broken at spaces to `width` columns; blank lines and indented lines stay as they are. */
export function wrap(text: string, indent = '', width = WIDTH): string[] {
  const lines: string[] = [];
  for (const paragraph of text.trimEnd().split('\n')) {
    if (paragraph.trim() === '') {
      lines.push('');
      continue;
    }
    let line = indent;
    for (const word of paragraph.split(' ')) {
      if (line.length > indent.length && line.length + 1 + word.length > width) {
        lines.push(line);
        line = indent;
      }
      line += line.length === indent.length ? word : ` ${word}`;
    }
    lines.push(line);
  }
  return lines;
}

/** Columns padded to their widest cell, two spaces apart. `right` lists the columns aligned to the right. */
export function columns(
  rows: readonly (readonly string[])[],
  right: readonly number[],
  indent = '',
): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  return rows.map(row =>
    (
      indent +
      row.map((cell, i) => (right.includes(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  ')
    ).trimEnd(),
  );
}
