/** The keys that move a run in time by what happens in it. */
import type { Action } from './keys.ts';
import { markAt, markName, nextLostGoal, nextMark, nextTrouble } from './marks.ts';
import type { Model } from './model.ts';
import { seekTarget } from './seekText.ts';
import type { Step } from './update.ts';

const notice = (model: Model, text: string): Step => ({
  model: { ...model, notice: { text, kind: 'plain' } },
  effects: [],
});

/** Stand still after so many operations. */
export function goTo(model: Model, op: number): Step {
  const { play } = model;
  if (!play) return { model, effects: [] };
  return {
    model: { ...model, screen: 'run', play: { ...play, playing: false, logBack: 0 } },
    effects: [{ kind: 'seek', op }],
  };
}

function toMark(model: Model, mark: number, none: string): Step {
  const marks = model.play!.run.marks;
  if (mark < 0) return notice(model, none);
  const { model: moved, effects } = goTo(model, marks.op[mark]);
  return { ...notice(moved, markName(marks, markAt(marks, marks.op[mark]))), effects };
}

/** @returns null for an action that does not move the run by its marks */
export function onTravel(model: Model, action: Action): Step | null {
  const { run } = model.play!;
  const { marks, op } = run;
  switch (action) {
    case 'next-failure':
      return toMark(model, nextTrouble(marks, op, false), 'no further failure in this run');
    case 'previous-failure':
      return toMark(model, nextTrouble(marks, op, true), 'no failure before this');
    case 'next-mark':
      return toMark(model, nextMark(marks, op, false), 'no further mark in this run');
    case 'previous-mark':
      return toMark(model, nextMark(marks, op, true), 'no mark before this');
    case 'lost-goal':
      return toMark(model, nextLostGoal(marks, op), 'no goal is lost in this run');
    case 'seek-prompt':
      return { model: { ...model, seekText: '' }, effects: [] };
    default:
      return null;
  }
}

/** The longest text that the prompt takes. */
const PROMPT_ROOM = 24;

/** A key while the prompt for a place is open. */
export function onPromptKey(model: Model, key: string): Step {
  const typed = model.seekText ?? '';
  const having = (seekText: string | null): Step => ({ model: { ...model, seekText }, effects: [] });
  switch (key) {
    case 'escape':
      return having(null);
    case 'backspace':
      return having(typed === '' ? null : typed.slice(0, -1));
    case 'C-u':
      return having('');
    case 'enter': {
      const closed: Model = { ...model, seekText: null };
      if (typed.trim() === '' || !model.play) return { model: closed, effects: [] };
      const target = seekTarget(model.play.run, typed);
      if (typeof target === 'number') return goTo(closed, target);
      return { model: { ...closed, notice: { text: target, kind: 'bad' } }, effects: [] };
    }
    default: {
      const char = key === 'space' ? ' ' : key;
      return char.length === 1 && typed.length < PROMPT_ROOM ? having(typed + char) : having(typed);
    }
  }
}
