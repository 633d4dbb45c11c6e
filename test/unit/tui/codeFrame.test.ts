import { lookOf } from '../../../src/tui/look.ts';
import { codeFrame, diagnosticFrame } from '../../../src/tui/panes/codeFrame.ts';
import { model } from './fake.ts';

const look = lookOf(model());
const text = (spans: ReturnType<typeof codeFrame>): string[] =>
  spans.map(line =>
    line
      .map(span => span.text)
      .join('')
      .trimEnd(),
  );

test('the caret stands under the place', () => {
  expect(text(codeFrame(['ab', 'cdef'], 9, 10, 2, 2, 40, look))).toEqual([
    '   9 │ ab',
    '▸ 10 │ cdef',
    '     │  ^^',
  ]);
});

test('of a line that is given in part the caret stands under the same sign', () => {
  const diagnostic = {
    code: 'E',
    severity: 'error' as const,
    file: 'f',
    line: 1,
    column: 203,
    length: 3,
    message: 'm',
    frame: { firstLine: 1, lines: ['xxbad'], firstColumn: 201 },
  };
  expect(text(diagnosticFrame(diagnostic, 40, look))).toEqual(['▸ 1 │ xxbad', '    │   ^^^']);
});

test('a long line is moved until the place is seen', () => {
  const [line, caret] = text(codeFrame([`${'.'.repeat(100)}bad`], 1, 1, 101, 3, 30, look));
  expect(line.indexOf('bad')).toBe(caret.indexOf('^^^'));
  expect(line.length).toBeLessThanOrEqual(30);
});
