import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { chapterMissing, parseChapter } from '../../../src/spec/chapter.ts';
import { loadChapter } from '../../../src/spec/load.ts';

const parse = (text: string) => parseChapter(new TextEncoder().encode(text), 'chapter.yaml');
const faults = (text: string): string[] => {
  const { chapter, diagnostics } = parse(text);
  expect(chapter === null).toBe(diagnostics.some(d => d.severity === 'error'));
  return diagnostics.map(d => `${d.code} ${d.line}:${d.column}`);
};

test('a title and a text', () => {
  expect(parse('chapter: 1\ntitle: Zones\ntext: |\n  Two lines\n  of text.\n')).toEqual({
    chapter: { title: 'Zones', text: 'Two lines\nof text.' },
    diagnostics: [],
  });
});

test('everything that is wrong at once, with its place', () => {
  expect(faults('chapter: 2\ntitel: Zones\ntext: [a]\n')).toEqual([
    'E-VERSION 1:10',
    'E-KEY-UNKNOWN 2:1',
    'E-TYPE 3:7',
  ]);
  expect(parse('chapter: 2\ntitle: A\ntext: x\n').diagnostics[0].expected).toBe(
    '`chapter: 1`, the version this oomph reads',
  );
  expect(faults('chapter: 1\ntitle: Zones\n')).toEqual(['E-KEY-MISSING 1:1']);
  expect(parse('chapter: 1\ntitle: Zones\n').diagnostics[0].message).toBe('the chapter has no `text`');
  expect(faults(`chapter: 1\ntitle: ${'Z'.repeat(41)}\ntext: ' '\n`)).toEqual([
    'E-LENGTH 2:8',
    'E-EMPTY 3:7',
  ]);
});

test('files that are none', () => {
  expect(faults('')).toEqual(['E-FILE-EMPTY 1:1']);
  expect(parse('').diagnostics[0].expected).toContain('`title`');
  expect(faults('[1]')).toEqual(['E-TOP-LEVEL 1:1']);
  expect(faults('chapter: [1\n')[0]).toMatch(/^E-YAML/);
  expect(parseChapter(Uint8Array.of(0x61, 0xff), 'x').diagnostics[0].code).toBe('E-FILE-UTF8');
  expect(loadChapter('/nowhere/chapter.yaml').diagnostics[0].code).toBe('E-FILE-NOT-FOUND');
});

test('one that is not there is a warning, W-CHAPTER-MISSING', () => {
  expect(chapterMissing('a/chapter.yaml')).toMatchObject({
    code: 'W-CHAPTER-MISSING',
    severity: 'warning',
    file: 'a/chapter.yaml',
  });
});

test('the schema is one, and its examples satisfy it', () => {
  const schema = JSON.parse(readFileSync(join(__dirname, '../../../schemas/chapter.schema.json'), 'utf8'));
  const ajv = new Ajv2020();
  ajv.addVocabulary(['x-expected']);
  const validate = ajv.compile(schema);
  const [title] = schema.properties.title.examples;
  expect(validate({ chapter: 1, title, text: 'x' })).toBe(true);
  expect(validate({ chapter: 1, title, text: 'x', number: 2 })).toBe(false);
});
