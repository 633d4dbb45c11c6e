import { actionOf, BINDINGS, decodeKeys, EVERYWHERE, flushKeys } from '../../../src/tui/keys.ts';
import type { ScreenName } from '../../../src/tui/model.ts';

const keysOf = (bytes: string): string[] => decodeKeys(bytes).keys;

test('letters, control keys and names', () => {
  expect(keysOf('aQ?é漢')).toEqual(['a', 'Q', '?', 'é', '漢']);
  expect(keysOf('\r\n\t \x7f\x03\x1a')).toEqual([
    'enter',
    'enter',
    'tab',
    'space',
    'backspace',
    'C-c',
    'C-z',
  ]);
});

test('arrows and their relatives in every form terminals send', () => {
  expect(keysOf('\x1b[A\x1bOB\x1b[C\x1bOD')).toEqual(['up', 'down', 'right', 'left']);
  expect(keysOf('\x1b[H\x1bOF\x1b[1~\x1b[4~\x1b[7~\x1b[8~')).toEqual([
    'home',
    'end',
    'home',
    'end',
    'home',
    'end',
  ]);
  expect(keysOf('\x1b[5~\x1b[6~\x1b[1;5C\x1b[Z')).toEqual(['pageup', 'pagedown', 'right', 'backtab']);
});

test('sequences that mean nothing here are swallowed whole', () => {
  expect(
    keysOf('\x1b[15~\x1b[[A\x1b[<0;10;10M\x1b[<35;2;2M\x1b[<0;10;10m\x1b[M !!\x1b[?1;2c\x1b[IjxQ'),
  ).toEqual(['mouse:click:9:9', 'j', 'x', 'Q']);
  expect(keysOf('\x1bx')).toEqual(['M-x']);
});

test('a sequence in pieces is one key', () => {
  const first = decodeKeys('j\x1b');
  expect(first).toEqual({ keys: ['j'], rest: '\x1b' });
  const second = decodeKeys(`${first.rest}[`);
  expect(second).toEqual({ keys: [], rest: '\x1b[' });
  expect(decodeKeys(`${second.rest}Bk`)).toEqual({ keys: ['down', 'k'], rest: '' });
});

test('a lone ESC is the key once nothing follows', () => {
  expect(flushKeys('\x1b')).toEqual(['escape']);
  expect(flushKeys('\x1b[')).toEqual([]);
  expect(keysOf('\x1b\x1b')).toEqual(['escape']);
});

test.each(Object.keys(BINDINGS) as ScreenName[])('on %s no key has two meanings', screen => {
  const seen = new Set<string>();
  for (const binding of [...EVERYWHERE, ...BINDINGS[screen]]) {
    for (const key of binding.keys) {
      expect(`${key} ${seen.has(key)}`).toBe(`${key} false`);
      seen.add(key);
      expect(actionOf(screen, key)).toBe(binding.action);
    }
  }
  expect(actionOf(screen, 'M-x')).toBeNull();
});
