import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseChallenge } from '../../../src/spec/challenge.ts';
import { parseChapter } from '../../../src/spec/chapter.ts';

const valid = readFileSync(join(__dirname, '../../fixtures/malformed/valid.yaml'), 'utf8').replace(
  'Look at who allocates from zone DMA.',
  'Look at zone DMA.',
);
const bytes = (text: string) => new TextEncoder().encode(text);
const found = (text: string, texts = true): string[] =>
  parseChallenge(bytes(text), 'x.yaml', { texts }).diagnostics.map(
    d => `${d.code} ${d.line}:${d.column}+${d.length}`,
  );
const wide = 'x'.repeat(81);

test('lines of 80 columns fit, those of 81 are told where they stand: W-TEXT-WIDE', () => {
  expect(found(valid)).toEqual([]);
  const story = (line: string) => valid.replace('story: |\n', `story: |\n  First.\n  ${line}\n`);
  expect(found(story(wide))).toEqual(['W-TEXT-WIDE 6:3+81']);
  expect(found(story(wide), false)).toEqual([]);
  expect(found(story('x'.repeat(80)))).toEqual([]);
  // Characters, not units of UTF-16.
  expect(found(story('\u{1f9e0}'.repeat(80)))).toEqual([]);
  expect(found(`${valid}explanation: |\n  ${wide}\n`)).toEqual(['W-TEXT-WIDE 37:3+81']);
  expect(found(valid.replace('The editor does not need it.', wide))).toContain('W-TEXT-WIDE 34:5+81');
  // What YAML folds into one line is wide though it is not in the file.
  const folded = `${valid}explanation: >\n  ${'word '.repeat(10)}\n  ${'word '.repeat(10)}\n`;
  expect(found(folded)[0]).toMatch(/^W-TEXT-WIDE 36:14/);
});

test('each hint is longer than the one before: W-HINT-ORDER', () => {
  const hints = (...texts: string[]) =>
    valid.replace(/hints:\n[\s\S]*$/, `hints:\n${texts.map(text => `  - ${text}\n`).join('')}`);
  expect(found(hints('a', 'bb', 'ccc'))).toEqual([]);
  expect(found(hints('a', 'bb', 'cc'))).toEqual(['W-HINT-ORDER 35:5+2']);
  expect(found(hints('aaa', 'bb', 'c'))).toEqual(['W-HINT-ORDER 34:5+2', 'W-HINT-ORDER 35:5+1']);
});

test('the text of a chapter fits too', () => {
  const { diagnostics } = parseChapter(bytes(`chapter: 1\ntitle: A\ntext: |\n  ${wide}\n`), 'chapter.yaml');
  expect(diagnostics.map(d => `${d.code} ${d.line}:${d.column}`)).toEqual(['W-TEXT-WIDE 4:3']);
});
