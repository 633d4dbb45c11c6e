/** From the bytes of a terminal to names of keys, and from keys to what they mean on each screen. */
import type { Model, ScreenName } from './model.ts';

const FINAL: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  Z: 'backtab',
};
const TILDE: Readonly<Record<string, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
};

function control(code: number): string {
  if (code === 0x0d || code === 0x0a) return 'enter';
  if (code === 0x09) return 'tab';
  if (code === 0x7f || code === 0x08) return 'backspace';
  return `C-${String.fromCharCode(code + 0x60)}`;
}

/** `mouse:down:12:5` or `mouse:up:12:5` for the wheel, `mouse:click:12:5`; column and row from 0. '' for what means nothing. */
function mouseKey(report: string): string {
  const [, code, x, y, end] = /^<(\d+);(\d+);(\d+)([Mm])$/.exec(report) ?? [];
  if (code === undefined || end === 'm') return '';
  // Shift, Alt and Control add 4, 8 and 16.
  const what = MOUSE[Number(code) & ~0x1c];
  return what === undefined ? '' : `mouse:${what}:${Number(x) - 1}:${Number(y) - 1}`;
}
const MOUSE: Readonly<Record<number, string>> = { 0: 'click', 64: 'up', 65: 'down' };

/**
 * Names of the keys in `bytes`. `rest` is the start of a sequence whose end has not come yet: put it before the next
 * bytes. A lone ESC is such a start; when nothing follows it within a moment it was the key, see `flushKeys`.
 */
export function decodeKeys(bytes: string): { keys: string[]; rest: string } {
  const keys: string[] = [];
  let i = 0;
  while (i < bytes.length) {
    const char = bytes[i];
    const code = char.charCodeAt(0);
    if (char !== '\x1b') {
      if (code < 0x20 || code === 0x7f) keys.push(control(code));
      else {
        const whole = String.fromCodePoint(bytes.codePointAt(i)!);
        keys.push(whole === ' ' ? 'space' : whole);
        i += whole.length - 1;
      }
      i++;
      continue;
    }
    const next = bytes[i + 1];
    if (next === undefined) return { keys, rest: bytes.slice(i) };
    if (next === '[' || next === 'O') {
      // CSI: parameters 0x30-0x3f, intermediates 0x20-0x2f, one final byte. SS3: one final byte.
      let end = i + 2;
      if (next === '[') {
        if (bytes[end] === '[') end++; // the Linux console's function keys: ESC [ [ A
        while (end < bytes.length && bytes.charCodeAt(end) >= 0x20 && bytes.charCodeAt(end) < 0x40) end++;
      }
      if (end >= bytes.length) return { keys, rest: bytes.slice(i) };
      const final = bytes[end];
      const first = bytes.slice(i + 2, end).split(';')[0];
      const mouse = final === 'M' || final === 'm' ? mouseKey(bytes.slice(i + 2, end + 1)) : '';
      if (mouse !== '') keys.push(mouse);
      const name = final === '~' ? TILDE[first] : bytes[i + 2] === '[' ? undefined : FINAL[final];
      if (name) keys.push(name);
      if (next === '[' && final === 'M' && end === i + 2) end += 3; // an X10 mouse report: three bytes follow
      i = end + 1;
      continue;
    }
    if (next === '\x1b') {
      keys.push('escape');
      i++;
      continue;
    }
    keys.push(`M-${next}`);
    i += 2;
  }
  return { keys, rest: '' };
}

/** What an unfinished sequence was when nothing followed it. */
export function flushKeys(rest: string): string[] {
  return rest === '\x1b' ? ['escape'] : [];
}

export type Action =
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'first'
  | 'last'
  | 'open'
  | 'back'
  | 'quit'
  | 'quit-now'
  | 'suspend'
  | 'redraw'
  | 'help'
  | 'run'
  | 'edit'
  | 'hint'
  | 'seed'
  | 'pause'
  | 'step'
  | 'step-back'
  | 'faster'
  | 'slower'
  | 'restart'
  | 'next-failure'
  | 'previous-failure'
  | 'next-mark'
  | 'previous-mark'
  | 'lost-goal'
  | 'seek-prompt'
  | 'cause'
  | 'compare'
  | 'opponent'
  | 'parting'
  | 'log'
  | 'map'
  | 'result'
  | 'search'
  | 'daily'
  | 'epic'
  | 'paste'
  | 'share'
  | 'attempts'
  | 'restore'
  | 'next-challenge'
  | 'inspect'
  | 'cursor-up'
  | 'cursor-down'
  | 'cursor-left'
  | 'cursor-right'
  | 'zoom-in'
  | 'zoom-out'
  | 'touched'
  | 'next-pane'
  | 'previous-pane'
  | 'theme'
  | 'mouse';

export interface Binding {
  keys: readonly string[];
  action: Action;
  /** As the status line shows it: `key label`; '' keeps it out of the status line. */
  shown: string;
  label: string;
  /** For the help overlay. */
  help: string;
}

const bind = (keys: string, action: Action, shown: string, label: string, help: string): Binding => ({
  keys: keys.split(' '),
  action,
  shown,
  label,
  help,
});

const HELP = bind('?', 'help', '?', 'help', 'this help');
const QUIT = bind('q Q', 'quit', 'q', 'quit', 'quit');
const BACK = bind('escape q Q backspace', 'back', 'q', 'back', 'back (also q)');
const RUN_AGAIN = bind('R', 'run', '', '', 'run your policy as it is now');
const EDIT = bind('e', 'edit', 'e', 'edit policy', 'edit your policy in $VISUAL or $EDITOR; saving runs it');
const SCROLL = [
  bind('up k', 'up', '', '', 'up / down (also k, j)'),
  bind('down j', 'down', '', '', ''),
  bind('pageup C-b', 'page-up', '', '', 'a page up / down'),
  bind('pagedown C-f', 'page-down', '', '', ''),
  bind('home g', 'first', '', '', 'to the start / end'),
  bind('end G', 'last', '', '', ''),
];

/** Keys that mean the same on every screen. */
export const EVERYWHERE: readonly Binding[] = [
  bind('C-c', 'quit-now', '', '', 'leave at once, from anywhere'),
  bind('C-z', 'suspend', '', '', 'suspend; fg comes back'),
  bind('C-l', 'redraw', '', '', 'draw the screen again'),
  bind('T', 'theme', '', '', 'theme: dark, light, colour-blind, mono'),
  bind('M', 'mouse', '', '', 'the mouse on, off'),
  HELP,
];

/** In the order of the status line; what does not fit is left out from the end, help and back excepted. */
export const BINDINGS: Readonly<Record<ScreenName, readonly Binding[]>> = {
  list: [
    bind('enter space right l', 'open', 'enter', 'open', 'read the briefing'),
    bind('up k', 'up', '↑↓', 'choose', 'choose a challenge (also k, j)'),
    bind('down j', 'down', '', '', ''),
    bind('pageup C-b', 'page-up', '', '', 'a page up / down'),
    bind('pagedown C-f', 'page-down', '', '', ''),
    bind('home g', 'first', '', '', 'to the first / last'),
    bind('end G', 'last', '', '', ''),
    bind('d', 'daily', 'd', 'daily run', 'the challenge of the day: the same for everybody'),
    bind('E', 'epic', '', '', 'play all with the policy of this challenge, and count the stars'),
    bind('p', 'paste', '', '', 'paste the replay code of a run and watch it'),
    bind('/', 'search', '/', 'search', 'search titles, ids and chapters; Enter keeps, Esc clears'),
    bind('e', 'edit', 'e', 'edit policy', 'edit your policy in $VISUAL or $EDITOR'),
    bind('q Q escape', 'quit', 'q', 'quit', 'quit'),
  ],
  briefing: [
    bind('enter space r', 'run', 'enter', 'run', 'run your policy (without one: as Linux does)'),
    EDIT,
    bind('h', 'hint', 'h', 'hint', 'uncover the next hint'),
    bind('s', 'seed', 's', 'seed', 'choose the seed to watch'),
    ...SCROLL.map((binding, i) => (i === 0 ? { ...binding, shown: '↑↓', label: 'scroll' } : binding)),
    bind('a', 'attempts', '', '', 'your attempts so far, with their policies'),
    bind('n', 'next-challenge', '', '', 'next challenge'),
    { ...BACK, keys: [...BACK.keys, 'left'] },
  ],
  run: [
    bind('space p', 'pause', 'space', 'pause', 'pause, go on'),
    bind('. right l', 'step', ',.', 'step', 'an event forward (right, l)'),
    bind(', left', 'step-back', '', '', 'an event back (left)'),
    bind('+ =', 'faster', '+-', 'speed', 'faster, slower'),
    bind('- _', 'slower', '', '', ''),
    bind('f', 'next-failure', 'f', 'failure', 'next failure, bug or kill (F before)'),
    bind('F', 'previous-failure', '', '', ''),
    bind(']', 'next-mark', '', '', 'next mark of the timeline ([ before)'),
    bind('[', 'previous-mark', '', '', ''),
    bind('c', 'cause', 'c', 'cause', 'why it failed, here or before'),
    bind('d', 'compare', 'd', 'compare', 'compare with another run'),
    bind('D', 'parting', '', '', 'to where the two runs part'),
    bind('L', 'lost-goal', '', '', 'to where a goal is lost'),
    bind(':', 'seek-prompt', '', '', 'to a place: 12.5s, 50%, e8213'),
    bind('e', 'edit', 'e', 'edit', 'edit your policy; saving runs it'),
    bind('i', 'inspect', 'i', 'inspect', 'a cursor, to look at a page'),
    bind('z', 'zoom-in', '', '', 'the map closer, further: Z'),
    bind('Z', 'zoom-out', '', '', ''),
    bind('o', 'touched', '', '', 'cursor to the last block'),
    bind('v', 'next-pane', 'v', 'panes', 'next pane under the map, V back'),
    bind('V', 'previous-pane', '', '', ''),
    bind('h', 'hint', 'h', 'hint', 'the next hint'),
    bind('enter', 'result', 'enter', 'result', 'to the result'),
    bind('r', 'restart', 'r', 'restart', 'from the start again'),
    RUN_AGAIN,
    bind('tab', 'log', 'tab', 'log', 'large kernel log, map again'),
    bind('s', 'seed', 's', 'seed', 'watch the next seed'),
    bind('home g 0', 'first', '', '', 'to the start (g), end: G'),
    bind('end G', 'last', '', '', ''),
    bind('up k', 'up', '', '', 'scroll the log (k, j, PgUp)'),
    bind('down j', 'down', '', '', ''),
    bind('pageup C-b', 'page-up', '', '', ''),
    bind('pagedown C-f', 'page-down', '', '', ''),
    BACK,
  ],
  result: [
    EDIT,
    bind('enter r', 'restart', 'enter', 'watch again', 'watch the run again from the start'),
    RUN_AGAIN,
    bind('c', 'cause', 'c', 'cause', 'why it failed'),
    bind('f', 'next-failure', 'f', 'failure', 'look at the failure that tells most'),
    bind('d', 'compare', 'd', 'compare', 'compare with another run'),
    bind('tab m', 'map', 'tab', 'look back', 'back to the run, to step and rewind'),
    bind('s', 'seed', 's', 'next seed', 'the result of the next seed'),
    bind('h', 'hint', 'h', 'hint', 'uncover the next hint'),
    bind('a', 'attempts', 'a', 'attempts', 'your attempts so far, with their policies'),
    bind('y', 'share', 'y', 'code', 'the run as a replay code, to be sent to others'),
    bind('n', 'next-challenge', 'n', 'next', 'next challenge'),
    ...SCROLL.map((binding, i) => (i === 0 ? { ...binding, shown: '↑↓', label: 'scroll' } : binding)),
    { ...BACK, keys: [...BACK.keys, 'left'] },
  ],
  attempts: [
    bind('up k', 'up', '↑↓', 'choose', 'choose an attempt (also k, j)'),
    bind('down j', 'down', '', '', ''),
    bind('pagedown C-f space', 'page-down', 'space', 'scroll', 'scroll the policy (PgDn, PgUp)'),
    bind('pageup C-b', 'page-up', '', '', ''),
    bind('r enter', 'restore', 'r', 'restore', 'make that policy your policy again, and run it'),
    bind('home g', 'first', '', '', 'to the newest / oldest'),
    bind('end G', 'last', '', '', ''),
    { ...BACK, keys: [...BACK.keys, 'left'] },
  ],
  compare: [
    bind('enter D', 'open', 'enter', 'go there', 'to where the two runs part'),
    bind('o tab', 'opponent', 'o', 'another', 'compare with another run'),
    ...SCROLL.map((binding, i) => (i === 0 ? { ...binding, shown: '↑↓', label: 'scroll' } : binding)),
    EDIT,
    { ...BACK, keys: [...BACK.keys, 'left', 'd'] },
  ],
  cause: [
    bind('up k', 'up', '↑↓', 'choose', 'the event before, the next'),
    bind('down j', 'down', '', '', ''),
    bind('enter', 'open', 'enter', 'go there', 'to that event'),
    EDIT,
    bind('pageup C-b', 'page-up', '', '', 'a page up / down'),
    bind('pagedown C-f space', 'page-down', '', '', ''),
    bind('home g', 'first', '', '', 'to the start / end'),
    bind('end G', 'last', '', '', ''),
    { ...BACK, keys: [...BACK.keys, 'left', 'c'] },
  ],
  epic: [
    ...SCROLL.map((binding, i) => (i === 0 ? { ...binding, shown: '↑↓', label: 'scroll' } : binding)),
    { ...BACK, keys: [...BACK.keys, 'left'] },
  ],
  problem: [
    EDIT,
    bind('enter r', 'run', 'r', 'run again', 'run again'),
    ...SCROLL.map((binding, i) => (i === 0 ? { ...binding, shown: '↑↓', label: 'scroll' } : binding)),
    { ...BACK, keys: [...BACK.keys, 'left'] },
  ],
};

/** On the run while its map has a cursor: these come first, the screen's own behind them. */
export const INSPECT_BINDINGS: readonly Binding[] = [
  bind('up k', 'cursor-up', '↑↓←→', 'move', 'with the cursor: move it (h, j, k, l)'),
  bind('down j', 'cursor-down', '', '', ''),
  bind('left h', 'cursor-left', '', '', ''),
  bind('right l', 'cursor-right', '', '', ''),
  bind('z', 'zoom-in', 'zZ', 'zoom', ''),
  bind('o', 'touched', 'o', 'last block', ''),
  bind('i escape', 'inspect', 'i', 'done', ''),
];

/** Which keys mean something: those of the screen, on the run with a cursor its own first. */
export type KeyContext = ScreenName | 'inspect';

export function contextOf({ screen, play }: Model): KeyContext {
  return screen === 'run' && play?.view.inspecting === true && !play.logWide ? 'inspect' : screen;
}

const TAKEN = new Set(INSPECT_BINDINGS.flatMap(binding => binding.keys));
/** What has no key left is out of reach until the cursor is put away. */
const WITH_CURSOR = [
  ...INSPECT_BINDINGS,
  ...BINDINGS.run.filter(({ keys, action }) => action !== 'inspect' && !keys.every(key => TAKEN.has(key))),
];

export const bindingsOf = (context: KeyContext): readonly Binding[] =>
  context === 'inspect' ? WITH_CURSOR : BINDINGS[context];

export const HELP_BINDINGS: readonly Binding[] = [
  bind('escape q Q ? enter space', 'back', 'any key', 'close', 'close the help'),
];

/** What `key` means there, or null. */
export function actionOf(context: KeyContext, key: string): Action | null {
  for (const binding of EVERYWHERE) if (binding.keys.includes(key)) return binding.action;
  for (const binding of bindingsOf(context)) if (binding.keys.includes(key)) return binding.action;
  return null;
}

export { HELP as HELP_BINDING, QUIT as QUIT_BINDING };
