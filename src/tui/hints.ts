/** Uncovering what a challenge tells one by one. */
import { entryOf, type Model, progressOf } from './model.ts';
import { FAR } from './scroll.ts';
import { type Effect, type Step, withProgress } from './update.ts';

const EXPLANATION = 'What the real kernel does';
const only = (model: Model): Step => ({ model, effects: [] });

/** The next hint; behind the last one what the real kernel does. */
export function hint(model: Model): Step {
  const { hints = [], explanation = '' } = entryOf(model).plan ?? {};
  const uncovered = progressOf(model).hints;
  const all = hints.length + (hints.length > 0 && explanation.trim() !== '' ? 1 : 0);
  const seen = Math.min(all, uncovered + 1);
  if (seen === 0) return only({ ...model, notice: { text: 'this challenge has no hints', kind: 'plain' } });
  const next = withProgress(model, { hints: seen });
  const effects: Effect[] = [{ kind: 'keep-hints', selected: model.selected, hints: seen }];
  if (model.screen === 'briefing') {
    if (seen === uncovered) {
      return only({ ...next, notice: { text: 'there are no more hints', kind: 'plain' } });
    }
    return { model: { ...next, scroll: FAR }, effects };
  }
  const explains = seen > hints.length;
  const more =
    seen < hints.length
      ? '\n\nh uncovers the next one.'
      : seen < all
        ? '\n\nh once more tells what the real kernel does.'
        : '';
  const popup = explains
    ? { title: EXPLANATION, text: explanation.trim() }
    : { title: `hint ${seen} of ${hints.length}`, text: hints[seen - 1].trim() + more };
  return { model: { ...next, popup }, effects };
}
