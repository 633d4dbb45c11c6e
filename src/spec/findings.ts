import type { Diagnostic } from '../contract/diagnostic.ts';

/** A place in the text: offsets in UTF-16 units, end exclusive. */
export interface Span {
  start: number;
  end: number;
}

export interface Detail {
  expected?: string;
  suggestions?: string[];
}

/** More would not be read; the rest is counted in one last diagnostic. */
export const MAX_DIAGNOSTICS = 100;

/**
 * Faults that a place shows by itself. Before a syntax error these still mean what they say; what is missing, empty or
 * unmatched there may only be a consequence.
 */
const LOCAL =
  /^E-(YAML|UNIT|QUANTITY|RAM|NUMBER|TEXT|RATE|ORDER|FORMAT|RANGE|VERSION|KEY-(UNKNOWN|DUPLICATE)|[A-Z]+-UNKNOWN)/;
const NEVER_LOCAL = /^E-(TASK|BLOCK)-UNKNOWN/;

/** Longer lines are shown as a window of this many columns around the caret. */
const FRAME_COLUMNS = 240;

/**
 * Collects what is wrong with one file. One fault gives one diagnostic: the first error at a place stands, later
 * ones at the same place are its consequences and are dropped.
 */
export class Findings {
  readonly file: string;
  private readonly parts: Part[] = [];
  private readonly list: (Diagnostic & { offset: number })[] = [];
  private readonly faultyAt = new Set<number>();
  private readonly meant = new Set<string>();
  private trustedTo = Number.POSITIVE_INFINITY;

  constructor(file: string, text: string) {
    this.file = file;
    this.addPart(file, text);
  }

  /**
   * Values of another file are looked at together with those of this one.
   *
   * @returns what is to be added to the offsets of its places
   */
  addPart(file: string, text: string): number {
    const last = this.parts.at(-1);
    const start = last === undefined ? 0 : last.start + last.text.length + 1;
    const lineStarts = [start];
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) lineStarts.push(start + i + 1);
    this.parts.push({ file, text, start, lineStarts });
    return start;
  }

  /** The same with all files of others. */
  addParts(others: Findings): number {
    const starts = others.parts.map(({ file, text }) => this.addPart(file, text));
    return starts[0];
  }

  /** After a syntax error at an offset: only what stands in the lines before it, and by itself, is reported. */
  trustOnlyTo(offset: number): void {
    if (offset === Number.POSITIVE_INFINITY) return;
    this.trustedTo = this.partOf(offset).lineStarts[this.position(offset).line - 1];
  }

  /** A syntax error hides part of the file. */
  get partial(): boolean {
    return this.trustedTo !== Number.POSITIVE_INFINITY;
  }

  error(span: Span, code: string, message: string, detail: Detail = {}): void {
    if (this.faultyAt.has(span.start)) return;
    this.faultyAt.add(span.start);
    this.push('error', span, code, message, detail);
  }

  /** As `error`, for faults that may share a place with others: two keys missing in one map. */
  alsoError(span: Span, code: string, message: string, detail: Detail = {}): void {
    this.push('error', span, code, message, detail);
  }

  warning(span: Span, code: string, message: string, detail: Detail = {}): void {
    if (this.meant.has(code) || this.faultyAt.has(span.start)) return;
    this.push('warning', span, code, message, detail);
  }

  /** What warnings of this code are about is meant to be so. */
  mean(code: string): void {
    this.meant.add(code);
  }

  get hasErrors(): boolean {
    return this.list.some(d => d.severity === 'error');
  }

  get count(): number {
    return this.list.length;
  }

  isFaulty(span: Span): boolean {
    return this.faultyAt.has(span.start);
  }

  textOf(span: Span): string {
    const { text, start } = this.partOf(span.start);
    return text.slice(span.start - start, span.end - start);
  }

  /** Name of the file that an offset lies in. */
  fileOf(offset: number): string {
    return this.partOf(offset).file;
  }

  /** 1-based line and column of an offset. */
  position(offset: number): { line: number; column: number } {
    const { lineStarts } = this.partOf(offset);
    let low = 0;
    let high = lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (lineStarts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - lineStarts[low] + 1 };
  }

  /** In the order of their places; at most MAX_DIAGNOSTICS and one that counts the rest. */
  sorted(): Diagnostic[] {
    const all = [...this.list].sort(
      (a, b) => a.offset - b.offset || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
    );
    const shown = all
      .slice(0, MAX_DIAGNOSTICS)
      .map(({ offset, ...d }) => ({ ...d, frame: this.frame(d, offset) }));
    if (all.length > shown.length) {
      const { line, column, file } = all[shown.length];
      const rest = all.slice(shown.length);
      shown.push({
        code: 'E-TOO-MANY',
        severity: rest.some(d => d.severity === 'error') ? 'error' : 'warning',
        file,
        line,
        column,
        length: 1,
        message: `${rest.length} more from here on are not shown; mend the first ones and run again`,
        frame: { firstLine: line, lines: [] },
      });
    }
    return shown;
  }

  private push(
    severity: 'error' | 'warning',
    span: Span,
    code: string,
    message: string,
    detail: Detail,
  ): void {
    if (this.partial && (span.end > this.trustedTo || !LOCAL.test(code) || NEVER_LOCAL.test(code))) return;
    const { line, column } = this.position(span.start);
    const part = this.partOf(span.start);
    const lineEnd = part.lineStarts[line] ?? part.start + part.text.length + 1;
    const length = Math.max(1, Math.min(span.end, lineEnd - 1) - span.start);
    const diagnostic: Diagnostic = { code, severity, file: part.file, line, column, length, message };
    if (detail.expected !== undefined) diagnostic.expected = detail.expected;
    if (detail.suggestions !== undefined && detail.suggestions.length > 0)
      diagnostic.suggestions = detail.suggestions;
    this.list.push({ ...diagnostic, offset: span.start });
  }

  private partOf(offset: number): Part {
    const { parts } = this;
    let i = parts.length - 1;
    while (i > 0 && parts[i].start > offset) i--;
    return parts[i];
  }

  private frame(d: Diagnostic, offset: number): NonNullable<Diagnostic['frame']> {
    const part = this.partOf(offset);
    const firstLine = Math.max(1, d.line - 1);
    const lastLine = Math.min(part.lineStarts.length, d.line + 1);
    let lines: string[] = [];
    for (let line = firstLine; line <= lastLine; line++) lines.push(lineOf(part, line));
    if (lines.every(l => l.length <= FRAME_COLUMNS)) return { firstLine, lines };
    const firstColumn = Math.max(1, d.column - FRAME_COLUMNS / 3);
    lines = lines.map(l => l.slice(firstColumn - 1, firstColumn - 1 + FRAME_COLUMNS));
    return { firstLine, lines, firstColumn };
  }
}

interface Part {
  file: string;
  text: string;
  /** Offset of its first character among all of them. */
  start: number;
  lineStarts: number[];
}

function lineOf({ text, start, lineStarts }: Part, line: number): string {
  const from = lineStarts[line - 1] - start;
  const to = line < lineStarts.length ? lineStarts[line] - 1 - start : text.length;
  // No further than the frame could show, so that a line of a megabyte is not copied for every finding.
  return text.slice(from, to).replace(/\r$/, '');
}

/** Text of the user's inside a message: short, on one line. */
export function quote(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 37)}...` : text;
  return `\`${short.replace(/\s+/g, ' ')}\``;
}

/** `a`, `a or b`, `a, b or c`. */
export function oneOf(names: readonly string[]): string {
  if (names.length <= 1) return names.join('');
  return `${names.slice(0, -1).join(', ')} or ${names[names.length - 1]}`;
}
