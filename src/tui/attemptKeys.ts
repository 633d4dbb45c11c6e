/** What keys do on the screen of the attempts. */
import type { Action } from './keys.ts';
import type { Model } from './model.ts';
import { attemptScroll } from './panes/attempts.ts';
import { linesOf, scrolled } from './scroll.ts';
import type { Effect, Step } from './update.ts';

/** Ask for the policy of the attempt under the cursor. */
function looking(model: Model, at: number): Step {
  const attempt = model.record?.attempts[at];
  const effects: Effect[] = attempt ? [{ kind: 'look-attempt', id: attempt.id }] : [];
  return { model: { ...model, history: { at, scroll: 0, files: null } }, effects };
}

/** From the screen that is open, which the back key leads to again. */
export function openAttempts(model: Model): Step {
  const step = looking({ ...model, screen: 'attempts', popup: null }, 0);
  return { ...step, effects: [{ kind: 'read-record', selected: model.selected }, ...step.effects] };
}

export function onAttemptsAction(model: Model, action: Action): Step {
  const only = (next: Model): Step => ({ model: next, effects: [] });
  const { history } = model;
  const last = (model.record?.attempts.length ?? 0) - 1;
  if (!history) return only({ ...model, screen: 'briefing' });
  const move = (by: number): Step => {
    const at = Math.max(0, Math.min(last, history.at + by));
    return at === history.at ? only(model) : looking(model, at);
  };
  const limit = attemptScroll(model);
  switch (action) {
    case 'up':
      return move(-1);
    case 'down':
      return move(1);
    case 'first':
      return move(-last);
    case 'last':
      return move(last);
    case 'page-up':
    case 'page-down': {
      const scroll = scrolled(history.scroll, linesOf(action)!, limit);
      return only({ ...model, history: { ...history, scroll } });
    }
    case 'restore': {
      const attempt = model.record?.attempts[history.at];
      if (!attempt) return only(model);
      if (attempt.policyHash === null) {
        return only({
          ...model,
          notice: { text: 'Linux played it: there is no policy to restore', kind: 'plain' },
        });
      }
      return { model, effects: [{ kind: 'restore', selected: model.selected, id: attempt.id }] };
    }
    case 'back':
      return only({ ...model, screen: model.play ? 'result' : 'briefing', scroll: 0, history: null });
    default:
      return only(model);
  }
}
