/** Why something went wrong, in lines; those that name an event can be chosen and gone to. */
import { type CauseWords, causeLines } from '../../report/causeText.ts';
import { Cells } from '../cells.ts';
import { Document, drawDocument, scrollEnd } from '../document.ts';
import type { ChallengeEntry, GameRun, PreparedRun } from '../gameRun.ts';
import { lookOf } from '../look.ts';
import { entryOf, type Model } from '../model.ts';
import { wrap } from '../width.ts';

export interface CauseLink {
  event: number;
  /** -1: it is about no page. */
  pfn: number;
  /** Its first line, and how many it has. */
  line: number;
  lines: number;
}

/** The most columns that a line of prose has. */
const PROSE = 110;

/** What a cause is told with. */
export const causeWords = (entry: ChallengeEntry, prepared: PreparedRun, run: GameRun): CauseWords => ({
  file: entry.file.split(/[\\/]/).at(-1) ?? '',
  sources: prepared.policy?.files ?? [],
  pageBytes: run.machine.arch.pageBytes,
});

function documentOf(model: Model, width: number): { text: Document; links: CauseLink[] } {
  const look = lookOf(model);
  const { theme, glyphs } = look;
  const text = new Document(Math.min(width, PROSE), look, width);
  const links: CauseLink[] = [];
  const { causeView, play } = model;
  if (causeView === null || play === null) return { text, links };
  const lines = causeLines(causeView.cause, causeWords(entryOf(model), play.prepared, play.run));
  for (const line of lines) {
    if (line.tone === 'heading') {
      text.heading(line.text);
      continue;
    }
    const styles = { ...theme, table: theme.text, heading: theme.heading };
    const chosen = line.link !== undefined && links.length === causeView.selected;
    const as = chosen ? theme.selected : styles[line.tone];
    const first = text.lines.length;
    const lead = ' '.repeat(line.indent);
    if (line.tone === 'table') text.code([[{ text: lead + line.text, style: as }]]);
    else {
      const mark =
        line.link === undefined ? lead : lead.slice(0, -2) + (chosen ? `${glyphs.pointer} ` : '  ');
      wrap(line.text, text.width - line.indent).forEach((part, i) => {
        text.line({ text: i === 0 ? mark : lead, style: theme.accent }, { text: part, style: as });
      });
    }
    if (line.link !== undefined) links.push({ ...line.link, line: first, lines: text.lines.length - first });
  }
  return { text, links };
}

const inner = (model: Model): { width: number; height: number } => ({
  width: model.width - 4,
  height: model.height - 4,
});

export const causeLinks = (model: Model): CauseLink[] => documentOf(model, inner(model).width).links;

export const causeScroll = (model: Model): number =>
  scrollEnd(documentOf(model, inner(model).width).text, inner(model).height);

export function causePane(model: Model, width: number, height: number): Cells {
  const cells = new Cells(width, height);
  const { text } = documentOf(model, width - 4);
  drawDocument(cells, { x: 2, y: 1, width: width - 4, height: height - 2 }, text, model.scroll);
  return cells;
}
