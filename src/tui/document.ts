/** A text with styles that is longer than its pane: lines of spans, drawn from any line on. */
import type { Cells, Rect, Style } from './cells.ts';
import type { Look } from './look.ts';
import { clip, fold, paragraphs, textWidth } from './width.ts';

export interface Span {
  text: string;
  style: Style;
}

export class Document {
  readonly lines: Span[][] = [];
  readonly width: number;
  readonly look: Look;
  private readonly verbatimWidth: number;

  /** @param verbatimWidth columns for what is quoted or to be copied; Infinity leaves such lines whole */
  constructor(width: number, look: Look, verbatimWidth: number = width) {
    this.width = Math.max(8, width);
    this.look = look;
    this.verbatimWidth = verbatimWidth;
  }

  blank(): void {
    if (this.lines.length > 0 && this.lines[this.lines.length - 1].length > 0) this.lines.push([]);
  }

  heading(text: string, note = ''): void {
    this.blank();
    const spans: Span[] = [{ text, style: this.look.theme.heading }];
    if (note !== '') spans.push({ text: `  ${note}`, style: this.look.theme.dim });
    this.lines.push(spans);
  }

  line(...spans: Span[]): void {
    this.lines.push(spans);
  }

  /** Flowing text; the first line has `mark` before it, the others blanks. */
  flow(text: string, style = this.look.theme.text, mark: Span = { text: '', style: 0 }): void {
    const indent = textWidth(mark.text);
    paragraphs(text, this.width - indent).forEach((part, i) => {
      const lead = i === 0 ? mark : { text: ' '.repeat(indent), style };
      this.lines.push(indent > 0 ? [lead, { text: part, style }] : [{ text: part, style }]);
    });
  }

  /** Lines as they are, the long ones folded. */
  verbatim(lines: readonly string[], style = this.look.theme.text, indent = 2): void {
    for (const line of lines) {
      for (const part of fold(line, this.verbatimWidth - indent)) {
        this.lines.push([{ text: ' '.repeat(indent) + part, style }]);
      }
    }
  }

  /** A command line to be copied: broken before an option, where a shell reads on. */
  command(text: string, style = this.look.theme.text): void {
    const room = this.verbatimWidth - 6;
    let line = '';
    let indent = '  ';
    for (const part of text.split(/ (?=--)/)) {
      if (line !== '' && textWidth(`${line} ${part}`) > room) {
        this.lines.push([{ text: `${indent}${line} \\`, style }]);
        indent = '    ';
        line = part;
      } else line = line === '' ? part : `${line} ${part}`;
    }
    this.lines.push([{ text: `${indent}${line}`, style }]);
  }

  /** Lines as they are, the long ones cut: where columns matter. */
  code(lines: readonly Span[][]): void {
    for (const spans of lines) this.lines.push(spans);
  }

  /** Without styles, for those who do not see a screen. */
  toText(): string {
    return this.lines
      .map(
        spans =>
          `${spans
            .map(span => span.text)
            .join('')
            .trimEnd()}\n`,
      )
      .join('');
  }

  append(other: Document): void {
    this.blank();
    this.lines.push(...other.lines);
  }
}

/** The largest first line worth scrolling to. */
export const scrollEnd = (document: Document, height: number): number =>
  Math.max(0, document.lines.length - height);

/** Draw from line `scroll` on, with a bar in the column right of it when not all of it is seen. */
export function drawDocument(cells: Cells, at: Rect, document: Document, scroll: number): void {
  const { glyphs, theme } = document.look;
  const end = scrollEnd(document, at.height);
  const first = Math.max(0, Math.min(scroll, end));
  for (let y = 0; y < at.height; y++) {
    const spans = document.lines[first + y];
    if (!spans) break;
    let x = at.x;
    for (const span of spans) {
      const room = at.x + at.width - x;
      if (room <= 0) break;
      x = cells.text(x, at.y + y, clip(span.text, room, glyphs.ellipsis), span.style, room);
    }
  }
  if (end === 0) return;
  const column = at.x + at.width;
  const thumb = Math.max(1, Math.floor((at.height * at.height) / document.lines.length));
  const top = Math.round(((at.height - thumb) * first) / end);
  for (let y = 0; y < at.height; y++) {
    const inside = y >= top && y < top + thumb;
    cells.text(column, at.y + y, inside ? glyphs.thumb : glyphs.track, inside ? theme.accent : theme.frame);
  }
}
