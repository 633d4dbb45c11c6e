/** Typing into the search line of the campaign. */
import { listed } from './campaign.ts';
import type { Model } from './model.ts';

/** The longest search. */
const MAX_LENGTH = 40;

/** The first that is found, unless the one under the cursor is. */
function onFound(model: Model): Model {
  const found = listed(model);
  if (found.length === 0 || found.includes(model.selected)) return model;
  return { ...model, selected: found[0], play: null };
}

export const startSearch = (model: Model): Model => ({
  ...model,
  search: { text: model.search?.text ?? '', typing: true },
});

/** A key while somebody types; null: it is none of the search's. */
export function typeSearch(model: Model, key: string): Model | null {
  if (model.screen !== 'list' || !model.search) return null;
  const { text, typing } = model.search;
  if (!typing) return key === 'escape' ? { ...model, search: null } : null;
  if (key === 'escape') return { ...model, search: null };
  if (key === 'enter') return { ...model, search: text === '' ? null : { text, typing: false } };
  const write = (changed: string): Model =>
    onFound({ ...model, search: { text: changed.slice(0, MAX_LENGTH), typing: true } });
  if (key === 'backspace') return text === '' ? { ...model, search: null } : write(text.slice(0, -1));
  if (key === 'C-u') return write('');
  if (key === 'space') return write(`${text} `);
  return [...key].length === 1 ? write(text + key) : null;
}

/** The challenge `by` places further in the list as it is shown. */
export function moveInList(model: Model, by: number): Model {
  const found = listed(model);
  const at = Math.max(0, found.indexOf(model.selected));
  const selected = found[Math.max(0, Math.min(found.length - 1, at + by))];
  return selected === undefined ? model : { ...model, selected, play: null };
}
