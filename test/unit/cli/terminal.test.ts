import type { WriteStream } from 'node:tty';
import { Progress, styleFor } from '../../../src/cli/terminal.ts';
import { PLAIN } from '../../../src/report/style.ts';

const tty = { isTTY: true };
const pipe = { isTTY: false };

test.each([
  [tty, {}, true],
  [pipe, {}, false],
  [tty, { NO_COLOR: '1' }, false],
  [tty, { NO_COLOR: '' }, true],
  [pipe, { FORCE_COLOR: '1' }, true],
  [tty, { FORCE_COLOR: '0' }, false],
  [pipe, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  [tty, { TERM: 'dumb' }, false],
  [pipe, { CI: 'true' }, false],
])('colours on %j with %j: %s', (stream, env, coloured) => {
  const style = styleFor(stream, env);
  expect(style === PLAIN).toBe(!coloured);
  expect(style.bad('x')).toBe(coloured ? '\u001b[31mx\u001b[39m' : 'x');
});

function fakeTerminal(isTTY: boolean): { stream: WriteStream; written: () => string } {
  let written = '';
  const stream = {
    isTTY,
    columns: 30,
    write(text: string) {
      written += text;
      return true;
    },
  };
  return { stream: stream as unknown as WriteStream, written: () => written };
}

test('progress stands on one line and leaves nothing behind', () => {
  const { stream, written } = fakeTerminal(true);
  const progress = new Progress(true, stream);
  progress.show('1 of 2 seeds');
  progress.show('2');
  progress.show('x'.repeat(50));
  progress.clear();
  progress.clear();
  expect(written()).toBe(`\r1 of 2 seeds\r2           \r${'x'.repeat(29)}\r${' '.repeat(29)}\r`);
});

test('no progress where nobody looks', () => {
  const { stream, written } = fakeTerminal(false);
  const progress = new Progress(true, stream);
  progress.show('1 of 2 seeds');
  progress.clear();
  expect(written()).toBe('');
});
