import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Diagnostic } from '../../../src/contract/diagnostic.ts';
import { diagnosticsText, formatDiagnostics } from '../../../src/report/diagnostics.ts';
import { sourceWindow } from '../../../src/report/sourceColumns.ts';
import { parseChallenge } from '../../../src/spec/challenge.ts';

const plain = { colour: false, width: 80 };

function diagnostic(
  line: string,
  column: number,
  length: number,
  more: Partial<Diagnostic> = {},
): Diagnostic {
  return {
    code: 'E-TEST',
    severity: 'error',
    file: 'a.yaml',
    line: 7,
    column,
    length,
    message: 'something',
    frame: { firstLine: 7, lines: [line] },
    ...more,
  };
}

/** The shown line and the text that stands above the carets, by terminal columns. */
function framed(line: string, column: number, length: number, width = 80): { shown: string; caret: string } {
  const lines = formatDiagnostics([diagnostic(line, column, length)], { colour: false, width }).split('\n');
  return { shown: lines[3].slice(4), caret: lines[4].slice(4) };
}

describe('golden', () => {
  const folder = join(__dirname, '../../golden/diagnostics');
  const malformed = join(__dirname, '../../fixtures/malformed');
  const names = [
    'many-faults',
    'faults-before-a-syntax-error',
    'tabs-twice',
    'missing-keys',
    'unknown-gfp',
    'unclosed-bracket',
    'two-keys-in-a-step',
    'decimal-megabytes',
    'cannot-fail',
    'reserve-overlap',
    'sleep-in-interrupt',
    'binary',
    'control-character',
    'right-to-left-override',
    'again-of-what-is-held',
    'area-beyond',
    'atomic-mapping-left',
    'buffer-beyond-the-window',
    'hold-while-mapped',
    'unmap-page-of-a-kmap',
    'cache-object-too-large',
    'cache-of-the-kernel',
    'cache-unknown',
    'cache-without-dma',
    'cache-without-entries',
    'cost-unknown',
    'data-cache-too-many-ways',
    'data-file-beyond',
    'data-file-twice',
    'data-file-unknown',
    'frame-too-large',
    'freed-while-mapped',
    'hold-in-a-handler-inside-a-call',
    'hooks-nobody-asks',
    'kfree-of-a-block',
    'km-type-in-interrupt',
    'km-type-unknown',
    'kmalloc-too-large',
    'kmalloc-without-slab',
    'kmap-on-arm',
    'kunmap-of-nothing',
    'kunmap-outside-a-repeat',
    'lock-in-itself',
    'metric-without-its-machine',
    'read-in-a-handler',
    'sleep-in-a-handler',
    'sleep-under-a-lock',
    'stack-size',
    'step-unknown',
    'too-many-processes',
    'touch-after-free',
    'touch-beyond-the-object',
    'touch-without-effect',
    'vmalloc-beyond-the-window',
    'wrong-order-is-right',
  ];

  // OOMPH_ACCEPT=1 npx jest test/unit/report/diagnostics.test.ts writes them anew, to be read in the diff.
  test.each(names)('%s', name => {
    const file = `${name}.yaml`;
    const bytes = readFileSync(join(malformed, file));
    const text = formatDiagnostics(parseChallenge(bytes, file).diagnostics, plain);
    const golden = join(folder, `${name}.txt`);
    if (process.env['OOMPH_ACCEPT'] === '1') {
      mkdirSync(folder, { recursive: true });
      writeFileSync(golden, text);
    }
    expect(existsSync(golden)).toBe(true);
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });

  test('nothing else lies there', () => {
    expect(readdirSync(folder).sort()).toEqual(names.map(n => `${n}.txt`).sort());
  });
});

test('the caret stands under its text', () => {
  expect(framed('arch: i368, ram: 1', 7, 4)).toEqual({ shown: 'arch: i368, ram: 1', caret: '      ^^^^' });
});

test('a tab takes four columns, in the line and before the caret', () => {
  expect(framed('\ta:\tb', 5, 1)).toEqual({ shown: '    a:  b', caret: '        ^' });
  expect(framed('ab\tc', 3, 1)).toEqual({ shown: 'ab  c', caret: '  ^^' });
});

test('wide and joined characters keep the caret right', () => {
  expect(framed('漢字: x', 5, 1)).toEqual({ shown: '漢字: x', caret: '      ^' });
  expect(framed('漢字: x', 1, 2).caret).toBe('^^^^');
  expect(framed('e\u0301\u0301: x', 6, 1).caret).toBe('   ^');
  expect(framed('😀: x', 5, 1).caret).toBe('    ^');
  expect(framed('한글 x', 4, 1).caret).toBe('     ^');
  expect(framed('a\u200bb', 3, 1).caret).toBe(' ^');
});

test('control characters and marks of direction are shown, not sent', () => {
  expect(framed('a\u001b[2Jb', 6, 1)).toEqual({ shown: 'a␛[2Jb', caret: '     ^' });
  expect(framed('a\u202eb', 3, 1)).toEqual({ shown: 'a<U+202E>b', caret: '         ^' });
  const text = formatDiagnostics(
    [
      diagnostic('\u0007', 1, 1, {
        message: 'bad \u001b]0;title\u0007 text',
        file: 'x\u009b31m.yaml',
        expected: 'a\rb',
        suggestions: ['\u0000'],
      }),
    ],
    plain,
  );
  expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
  expect(text).toContain('bad ␛]0;title␇ text');
});

test('a lone surrogate is shown by its number', () => {
  expect(framed('a\ud800b', 3, 1)).toEqual({ shown: 'a<U+D800>b', caret: '         ^' });
});

test('a long line is a window around the place', () => {
  const line = `${'x'.repeat(500)}HERE${'y'.repeat(500)}`;
  const { shown, caret } = framed(line, 501, 4, 60);
  expect(shown.length).toBeLessThanOrEqual(56);
  expect(shown.startsWith('…') && shown.endsWith('…')).toBe(true);
  expect(shown.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('HERE');
});

test('windows of every width keep the place in sight', () => {
  const line = `${'ab漢\t'.repeat(40)}X${'字z'.repeat(60)}`;
  for (let width = 12; width < 200; width++) {
    const { text, before, under } = sourceWindow(line, line.indexOf('X'), 1, width);
    expect(under).toBe(1);
    // Two columns a wide character: what stands before the caret, counted by hand.
    let columns = 0;
    let i = 0;
    for (; columns < before; i++) columns += /[漢字]/.test(text[i]) ? 2 : 1;
    expect([width, columns, text[i]]).toEqual([width, before, 'X']);
    expect(before + 1).toBeLessThan(width);
  }
});

test('a place longer than the window is underlined as far as it is shown', () => {
  const { shown, caret } = framed('x'.repeat(300), 1, 300, 60);
  expect(caret.length).toBeLessThanOrEqual(shown.length);
  expect(caret).toMatch(/^\^+$/);
});

test('the first column of a cut frame is taken into account', () => {
  const d = diagnostic('abcHERE', 1003, 4, {
    frame: { firstLine: 7, lines: ['abcHERE'], firstColumn: 1000 },
  });
  const lines = formatDiagnostics([d], plain).split('\n');
  expect(lines[4].indexOf('^')).toBe(lines[3].indexOf('HERE'));
  expect(lines[1]).toContain('a.yaml:7:1003');
});

test('a place behind the end of the line is still pointed at', () => {
  expect(framed('abc', 4, 1)).toEqual({ shown: 'abc', caret: '   ^' });
  expect(framed('', 1, 1)).toEqual({ shown: '', caret: '^' });
});

test('line numbers are aligned', () => {
  const d = diagnostic('', 1, 1, { line: 10, frame: { firstLine: 9, lines: ['nine', 'ten', 'eleven'] } });
  expect(formatDiagnostics([d], plain).split('\n').slice(1, 7)).toEqual([
    '  --> a.yaml:10:1',
    '   |',
    ' 9 | nine',
    '10 | ten',
    '   | ^',
    '11 | eleven',
  ]);
});

test('the count at the end', () => {
  const error = diagnostic('x', 1, 1);
  const warning = { ...error, severity: 'warning' as const };
  const last = (list: Diagnostic[]): string | undefined =>
    formatDiagnostics(list, plain).trimEnd().split('\n').pop();
  expect(last([error])).toBe('1 error in a.yaml');
  expect(last([error, error, warning])).toBe('2 errors and 1 warning in a.yaml');
  expect(last([warning, { ...warning, file: 'b.yaml' }])).toBe('2 warnings in 2 files');
  expect(formatDiagnostics([], plain)).toBe('');
});

test('colours change nothing but the colour', () => {
  const list = [diagnostic('arch: i368', 7, 4, { expected: 'i386', suggestions: ['i386', 'x86_64'] })];
  const coloured = formatDiagnostics(list, { colour: true, width: 80 });
  expect(coloured).toContain('\u001b[31m');
  expect(stripVTControlCharacters(coloured)).toBe(formatDiagnostics(list, plain));
  expect(diagnosticsText(list)).toBe(formatDiagnostics(list, plain));
});

test('long notes are wrapped under themselves', () => {
  const text = formatDiagnostics([diagnostic('x', 1, 1, { expected: 'word '.repeat(40).trim() })], {
    colour: false,
    width: 50,
  });
  const notes = text.split('\n').filter(l => l.includes('word'));
  expect(notes.length).toBeGreaterThan(4);
  for (const line of notes) expect(line.length).toBeLessThanOrEqual(50);
  expect(notes[1].indexOf('word')).toBe(notes[0].indexOf('word'));
});
