/** Replay codes in the game: showing that of a run, and pasting one. */
import type { GameRun, OpenedReplay } from './gameRun.ts';
import { type Model, seedOf } from './model.ts';
import { type Step, startOfPlay } from './update.ts';

const only = (model: Model): Step => ({ model, effects: [] });

/** Leave the screen and show the code of the run that is looked at. */
export function onShare(model: Model): Step {
  const { play } = model;
  if (!play?.prepared.share) return only(model);
  return { model, effects: [{ kind: 'share', seed: play.run.seed ?? seedOf(model) }] };
}

/** No more is taken: the longest code that is made has 20,000 signs. */
const MAX_TYPED = 40_000;

/** A key while the box for a code is open. A code that was pasted comes as keys; Enter may be a line break in it. */
export function onPasteKey(model: Model, key: string): Step {
  const paste = model.paste!;
  const write = (text: string): Step =>
    only({ ...model, paste: { text: text.slice(0, MAX_TYPED), problem: '' } });
  if (key === 'escape') return only({ ...model, paste: null });
  if (key === 'enter') {
    if (paste.text === '') return only({ ...model, paste: null });
    return { model, effects: [{ kind: 'open-code', text: paste.text }] };
  }
  if (key === 'backspace') return write(paste.text.slice(0, -1));
  if (key === 'C-u') return write('');
  return [...key].length === 1 ? write(paste.text + key) : only(model);
}

export function onCodeOpened(model: Model, opened: OpenedReplay, run: GameRun | null): Step {
  if (!model.paste) return only(model);
  if (!opened.ok || run === null) {
    const problem = opened.ok ? '' : opened.problem;
    return only({ ...model, paste: { ...model.paste, problem } });
  }
  const play = startOfPlay(opened.run, run);
  return only({
    ...model,
    paste: null,
    selected: opened.selected,
    screen: 'run',
    scroll: 0,
    problem: null,
    play,
  });
}
