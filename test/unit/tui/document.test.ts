import { Cells } from '../../../src/tui/cells.ts';
import { Document, drawDocument, scrollEnd } from '../../../src/tui/document.ts';
import { lookOf } from '../../../src/tui/look.ts';
import { model } from './fake.ts';

const look = lookOf(model());

function numbered(nr: number): Document {
  const text = new Document(20, look);
  for (let i = 0; i < nr; i++) text.line({ text: `line ${i}`, style: 0 });
  return text;
}

test('a short text has no scroll bar, a long one shows where it stands', () => {
  const cells = new Cells(12, 4);
  drawDocument(cells, { x: 0, y: 0, width: 11, height: 4 }, numbered(4), 0);
  expect(cells.toString()).toBe('line 0\nline 1\nline 2\nline 3');
  const text = numbered(40);
  expect(scrollEnd(text, 4)).toBe(36);
  drawDocument(cells, { x: 0, y: 0, width: 11, height: 4 }, text, 999);
  expect(cells.toString()).toBe('line 36    │\nline 37    │\nline 38    │\nline 39    ┃');
});

test('a command is broken before its options, so that it can be copied', () => {
  const text = new Document(40, look);
  text.command('oomph run zones/starving --policy my-policy.ts --seed 1');
  expect(text.toText()).toBe('  oomph run zones/starving \\\n    --policy my-policy.ts --seed 1\n');
  const whole = new Document(40, look, Infinity);
  whole.command('oomph run zones/starving --policy my-policy.ts --seed 1');
  expect(whole.toText()).toBe('  oomph run zones/starving --policy my-policy.ts --seed 1\n');
});

test('blank lines do not pile up and never come first', () => {
  const text = new Document(40, look);
  text.blank();
  text.heading('one');
  text.blank();
  text.blank();
  text.flow('two');
  expect(text.toText()).toBe('one\n\ntwo\n');
});
