/** Every key of the screen below, and what the signs of map and timeline mean. */
import { Cells } from '../cells.ts';
import { Document, drawDocument, scrollEnd } from '../document.ts';
import { BINDINGS, type Binding, EVERYWHERE } from '../keys.ts';
import { framed, lookOf } from '../look.ts';
import { KIND_NAMES, KIND_PCP, KIND_USER } from '../map.ts';
import { MARK_LOOKS, markSign } from '../marks.ts';
import type { Model } from '../model.ts';
import { panelsOf } from '../panels.ts';

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

/** The signs of the timeline. */
function marksDocument(text: Document): void {
  const { glyphs, theme } = text.look;
  text.line({ text: 'The timeline', style: theme.heading });
  for (const mark of [...MARK_LOOKS].reverse()) {
    text.line(
      { text: ` ${markSign(mark, glyphs)} `, style: theme.marks[mark.kind] },
      { text: ` ${mark.name}`, style: theme.text },
    );
  }
}

interface HelpParts {
  outer: number;
  rows: number;
  left: number;
  keys: Document;
  signs: Document | null;
}

function partsOf(model: Model, width: number, height: number): HelpParts {
  const outer = Math.min(width - 2, 100);
  const split = model.screen === 'run';
  const inner = outer - 4;
  const left = split ? Math.floor(inner * 0.56) : inner;
  const keys = keysDocument(model, left - 1);
  const signs = split ? mapDocument(model, inner - left - 1) : null;
  if (signs) {
    signs.blank();
    marksDocument(signs);
  }
  const play = model.play;
  if (signs && play) {
    signs.blank();
    signs.line({ text: 'The panes', style: signs.look.theme.heading });
    for (const { about } of panelsOf(play.run.machine)) {
      const mark = { text: `${signs.look.glyphs.bullet} `, style: signs.look.theme.dim };
      signs.flow(about, signs.look.theme.text, mark);
    }
  }
  const rows = Math.min(height, Math.max(keys.lines.length, signs?.lines.length ?? 0) + 2);
  return { outer, rows, left, keys, signs };
}

/** Lines that the help can be scrolled by. */
export function helpScroll(model: Model): number {
  const { keys, signs, rows } = partsOf(model, model.width, model.height - 2);
  return Math.max(scrollEnd(keys, rows - 2), signs ? scrollEnd(signs, rows - 2) : 0);
}

export function help(model: Model, width: number, height: number): Cells {
  const { outer, rows, left, keys, signs } = partsOf(model, width, height);
  const cells = new Cells(outer, rows);
  const at = { y: 1, height: rows - 2 };
  const long = [keys, signs].some(text => text !== null && scrollEnd(text, at.height) > 0);
  const note = long ? 'up, down scroll; another key closes' : 'any key closes';
  framed(cells, { x: 0, y: 0, width: outer, height: rows }, 'help', lookOf(model), true, note);
  drawDocument(cells, { x: 2, width: left - 1, ...at }, keys, model.helpScroll);
  if (signs) drawDocument(cells, { x: 2 + left, width: outer - 5 - left, ...at }, signs, model.helpScroll);
  return cells;
}
