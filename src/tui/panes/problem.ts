/** A policy or a challenge file that cannot be run: each fault with its place in the source. */
import { Cells } from '../cells.ts';
import { Document, drawDocument, scrollEnd } from '../document.ts';
import { lookOf } from '../look.ts';
import { entryOf, type Model } from '../model.ts';
import { diagnosticFrame } from './codeFrame.ts';

/** Every fault, one after the other. */
export function problemDocument(model: Model, width: number): Document {
  const look = lookOf(model);
  const { theme } = look;
  const text = new Document(width, look);
  const { problem } = model;
  if (!problem) return text;
  text.flow(problem.title, theme.bad);
  if (problem.message !== '') {
    text.blank();
    text.flow(problem.message);
  }
  for (const diagnostic of problem.diagnostics) {
    text.blank();
    const { file, line, column, code } = diagnostic;
    text.line(
      { text: `${file}:${line}:${column}`, style: theme.strong },
      { text: `  ${code}`, style: theme.dim },
    );
    text.flow(diagnostic.message, diagnostic.severity === 'error' ? theme.bad : theme.warn);
    text.code(diagnosticFrame(diagnostic, width, look));
    if (diagnostic.expected) text.flow(`expected: ${diagnostic.expected}`);
    if (diagnostic.suggestions?.length) {
      text.flow(`did you mean ${diagnostic.suggestions.join(', ')}?`, theme.good);
    }
  }
  if (entryOf(model)?.plan && model.keys) {
    text.blank();
    text.flow(`e opens ${entryOf(model).policyPath}; saving it runs it again.`, theme.dim);
  }
  return text;
}

const columnsOf = (width: number): number => Math.min(110, width - 4);

export function problemScroll(model: Model, width: number, height: number): number {
  return scrollEnd(problemDocument(model, columnsOf(width)), height - 2);
}

export function problem(model: Model, width: number, height: number): Cells {
  const cells = new Cells(width, height);
  const columns = columnsOf(width);
  drawDocument(
    cells,
    { x: 2, y: 1, width: columns, height: height - 2 },
    problemDocument(model, columns),
    model.scroll,
  );
  return cells;
}
