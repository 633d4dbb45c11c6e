import type { Diagnostic } from '../contract/diagnostic.ts';
import { harmless, sourceWindow } from './sourceColumns.ts';
import { PLAIN, type Style } from './style.ts';
import { WIDTH, wrap } from './wrap.ts';

/**
 * Diagnostics for people: what, where, the lines with a caret, what was expected, a near name; and a count at the end.
 * Nothing of the file reaches the terminal that a terminal would obey. Programs take the Diagnostic list itself.
 */
export function diagnosticsText(list: readonly Diagnostic[], style: Style = PLAIN, width = WIDTH): string {
  if (list.length === 0) return '';
  const blocks = list.map(d => one(d, style, width));
  return `${blocks.join('\n\n')}\n\n${count(list, style)}\n`;
}

/** The same where a terminal's colours and width are known. */
export function formatDiagnostics(
  list: readonly Diagnostic[],
  options: { colour: boolean; width: number },
): string {
  return diagnosticsText(list, options.colour ? SGR : PLAIN, options.width);
}

const sgr = (open: number, close: number) => (text: string) => `\u001b[${open}m${text}\u001b[${close}m`;
const SGR: Style = { good: sgr(32, 39), bad: sgr(31, 39), dim: sgr(2, 22), strong: sgr(1, 22) };

function one(d: Diagnostic, style: Style, width: number): string {
  const mark = d.severity === 'error' ? style.bad : style.strong;
  const head = wrap(`${d.severity}[${d.code}]: ${harmless(d.message)}`, '', Math.max(40, width));
  const label = `${d.severity}[${d.code}]:`;
  head[0] = mark(style.strong(label)) + style.strong(head[0].slice(label.length));
  const numbers = String((d.frame?.firstLine ?? 0) + (d.frame?.lines.length ?? 1) - 1).length;
  const gutter = ' '.repeat(numbers);
  const lines = [...head, `${gutter}${style.dim('-->')} ${harmless(d.file)}:${d.line}:${d.column}`];
  lines.push(...frame(d, gutter, style, mark, width));
  const notes: [string, string][] = [];
  if (d.expected !== undefined) notes.push(['expected', harmless(d.expected)]);
  if (d.suggestions !== undefined && d.suggestions.length > 0) {
    notes.push(['did you mean', `${d.suggestions.map(harmless).join(' or ')}?`]);
  }
  for (const [name, text] of notes) {
    const indent = ' '.repeat(numbers + 3 + name.length + 1);
    const wrapped = wrap(text, indent, Math.max(40, width));
    wrapped[0] = `${gutter} ${style.dim('=')} ${style.strong(name)} ${wrapped[0].trimStart()}`;
    lines.push(...wrapped);
  }
  return lines.join('\n');
}

function frame(d: Diagnostic, gutter: string, style: Style, mark: Style['bad'], width: number): string[] {
  if (d.frame === undefined || d.frame.lines.length === 0) return [];
  const { firstLine, lines, firstColumn = 1 } = d.frame;
  const room = Math.max(20, width - gutter.length - 3);
  const bar = style.dim('|');
  const out = [`${gutter} ${bar}`];
  // Lines around it are cut where the line itself is cut, so that columns stand under each other.
  const column = Math.max(0, d.column - firstColumn);
  for (let i = 0; i < lines.length; i++) {
    const number = String(firstLine + i).padStart(gutter.length);
    const here = firstLine + i === d.line;
    if (!here) {
      const { text } = sourceWindow(lines[i], 0, 1, room);
      out.push(`${style.dim(number)} ${bar} ${style.dim(text)}`.trimEnd());
      continue;
    }
    const { text, before, under } = sourceWindow(lines[i], column, d.length, room);
    out.push(`${style.dim(number)} ${bar} ${text}`.trimEnd());
    out.push(`${gutter} ${bar} ${' '.repeat(before)}${mark('^'.repeat(under))}`);
  }
  return out;
}

function count(list: readonly Diagnostic[], style: Style): string {
  const errors = list.filter(d => d.severity === 'error').length;
  const warnings = list.length - errors;
  const parts: string[] = [];
  if (errors > 0) parts.push(style.bad(`${errors} error${errors === 1 ? '' : 's'}`));
  if (warnings > 0) parts.push(style.strong(`${warnings} warning${warnings === 1 ? '' : 's'}`));
  const files = new Set(list.map(d => d.file));
  const where = files.size === 1 ? harmless(list[0].file) : `${files.size} files`;
  return `${parts.join(' and ')} in ${where}`;
}
