/** Every key of the screen below, and what the map's signs mean. */
import { Cells } from '../cells.ts';
import { Document, drawDocument } from '../document.ts';
import { BINDINGS, type Binding, EVERYWHERE } from '../keys.ts';
import { framed, lookOf } from '../look.ts';
import { KIND_NAMES, KIND_PCP, KIND_USER } from '../map.ts';
import type { Model } from '../model.ts';

const NAMES: Readonly<Record<string, string>> = {
  enter: 'Enter',
  space: 'Space',
  tab: 'Tab',
  home: 'Home',
  up: 'Up',
  escape: 'Esc',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  'C-c': 'Ctrl-C',
  'C-z': 'Ctrl-Z',
  'C-l': 'Ctrl-L',
};

function keyName(binding: Binding): string {
  const [first] = binding.keys;
  return NAMES[first] ?? first;
}

function keysDocument(model: Model, width: number): Document {
  const look = lookOf(model);
  const { theme } = look;
  const text = new Document(width, look);
  const list = (bindings: readonly Binding[]): void => {
    for (const binding of bindings) {
      if (binding.help === '') continue;
      text.flow(binding.help, theme.text, { text: keyName(binding).padEnd(7), style: theme.strong });
    }
  };
  list(BINDINGS[model.screen]);
  list(EVERYWHERE);
  return text;
}

function mapDocument(model: Model, width: number): Document {
  const look = lookOf(model);
  const { glyphs, theme } = look;
  const text = new Document(width, look);
  text.line({ text: 'The map', style: theme.heading });
  for (let kind = KIND_USER; kind <= KIND_PCP; kind++) {
    const same = glyphs.page[kind] === glyphs.block[kind];
    text.line(
      { text: ` ${glyphs.page[kind]} `, style: theme.kind[kind] },
      { text: ` ${KIND_NAMES[kind]}`, style: theme.text },
      ...(same
        ? []
        : [
            { text: '  ', style: theme.text },
            { text: ` ${glyphs.block[kind]} `, style: theme.kind[kind] },
            { text: ' a block', style: theme.dim },
          ]),
    );
  }
  text.line(
    { text: ' 0', style: theme.free[0] },
    { text: '5', style: theme.free[5] },
    { text: 'A', style: theme.free[10] },
    { text: ' free block of order 0, 5, 10', style: theme.text },
  );
  text.flow(
    'A cell shows the kind that has most of its pages, in a dull colour when others share it. Free memory: a digit where a block starts, the largest of the cell.',
    theme.dim,
  );
  return text;
}

export function help(model: Model, width: number, height: number): Cells {
  const look = lookOf(model);
  const outer = Math.min(width - 2, 100);
  const split = model.screen === 'run';
  const inner = outer - 4;
  const left = split ? Math.floor(inner * 0.56) : inner;
  const keys = keysDocument(model, left - 1);
  const map = split ? mapDocument(model, inner - left) : null;
  const rows = Math.min(height, Math.max(keys.lines.length, map?.lines.length ?? 0) + 2);
  const cells = new Cells(outer, rows);
  framed(cells, { x: 0, y: 0, width: outer, height: rows }, 'help', look, true, 'any key closes');
  const at = { y: 1, height: rows - 2 };
  drawDocument(cells, { x: 2, width: left - 1, ...at }, keys, 0);
  if (map) drawDocument(cells, { x: 2 + left, width: inner - left, ...at }, map, 0);
  return cells;
}
