/** What one policy won in all challenges. */
import { Cells } from '../cells.ts';
import { Document, drawDocument, scrollEnd } from '../document.ts';
import { metric } from '../format.ts';
import { lookOf } from '../look.ts';
import type { Model } from '../model.ts';
import { textWidth } from '../width.ts';
import { starsText } from './header.ts';

const columnsOf = (width: number): number => Math.min(110, width - 4);

function epicDocument(model: Model, width: number): Document {
  const look = lookOf(model);
  const { glyphs, theme } = look;
  const text = new Document(width, look);
  const { epic } = model;
  if (!epic) return text;
  const { policy, challenges, notServed, won, stars, possible } = epic;
  text.line(
    { text: 'EPIC ', style: theme.title },
    { text: ` ${glyphs.star} ${stars} of ${possible} `, style: theme.star },
    { text: ` ${won} of ${challenges.length} won`, style: theme.text },
  );
  text.flow(`${policy.name}, ${policy.tokens} tokens, decides ${policy.hooks.join(', ')}`, theme.dim);
  text.blank();
  const columns = Math.max(0, ...challenges.map(({ id }) => textWidth(id)));
  for (const { id, outcome, stars: own, score, seeds, seedsWon } of challenges) {
    const isWon = outcome === 'won';
    const notes = score.map(axis => `${axis.metric} ${metric(axis.worst, axis.unit)}`);
    if (!isWon) notes.unshift(`${seedsWon} of ${seeds} seeds won`);
    text.line(
      { text: `  ${isWon ? glyphs.held : glyphs.lost} `, style: isWon ? theme.good : theme.bad },
      { text: id.padEnd(columns + 2), style: theme.text },
      { text: starsText(own, glyphs), style: theme.star },
      { text: `  ${notes.join(', ')}`, style: theme.dim },
    );
  }
  if (notServed.length > 0) {
    text.heading('Not played', 'they open nothing that it decides');
    text.flow(notServed.join(', '), theme.dim, { text: '  ', style: 0 });
  }
  text.heading('The same outside the game');
  text.command(`oomph epic --policy ${policy.name}`, theme.dim);
  return text;
}

export const epicScroll = (model: Model, width: number, height: number): number =>
  scrollEnd(epicDocument(model, columnsOf(width)), height - 2);

export function epic(model: Model, width: number, height: number): Cells {
  const cells = new Cells(width, height);
  const columns = columnsOf(width);
  const document = epicDocument(model, columns);
  drawDocument(cells, { x: 2, y: 1, width: columns, height: height - 2 }, document, model.scroll);
  return cells;
}
