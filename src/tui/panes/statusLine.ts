/** The bar at the bottom: which keys do something here, or what there is to say. Its last column stays empty: see blessed/terminal.ts. */
import { listed, totalStars } from '../campaign.ts';
import { Cells } from '../cells.ts';
import { type Binding, bindingsOf, contextOf, HELP_BINDING } from '../keys.ts';
import { lookOf } from '../look.ts';
import { entryOf, type Model } from '../model.ts';
import { panelsOf } from '../panels.ts';
import { textWidth } from '../width.ts';
import { shownSeed } from './result.ts';

/** Key names that need a glyph. */
function keyText(shown: string, up: string, down: string): string {
  if (up.length > 1) return shown.replace('↑↓←→', 'hjkl').replace('↑↓', 'j/k');
  return shown.replace('↑↓', up + down);
}

function labelOf(binding: Binding, model: Model): string {
  const { play } = model;
  if (binding.action === 'pause' && play) return play.playing ? 'pause' : play.run.done ? 'again' : 'play';
  if (binding.action === 'log' && play?.logWide) return 'map';
  if (binding.action === 'next-pane' && play && panelsOf(play.run.machine).length < 2) return '';
  if (binding.action === 'inspect' && play?.logWide) return '';
  if (binding.action === 'open' && model.entries.length === 0) return '';
  if ((binding.action === 'edit' || binding.action === 'run') && !entryOf(model)?.plan) return '';
  if (binding.action === 'hint' && entryOf(model)?.plan?.hints.length === 0) return '';
  if (binding.action === 'next-failure' && model.screen === 'result' && play) {
    if (shownSeed(model, play).failures.length === 0) return '';
  }
  if (binding.action === 'cause' && play && play.run.tellingMark < 0) return '';
  return binding.label;
}

/** What the player most likely wants next stands first. */
function urgency(binding: Binding, model: Model): number {
  const { play } = model;
  if (model.screen === 'run') return binding.action === 'result' && play?.run.done ? 1 : 0;
  if (model.screen !== 'result') return 0;
  return binding.action === 'next-challenge' && play?.prepared.verdict.outcome === 'won' ? 1 : 0;
}

export function statusLine(model: Model, width: number, height: number): Cells {
  const { glyphs, theme } = lookOf(model);
  const cells = new Cells(width, height, theme.bar);
  const room = width - 2;
  if (model.busy) {
    const turn = glyphs.spinner[model.frame % glyphs.spinner.length];
    const text = `${turn} ${model.busy.text}${glyphs.ellipsis}`;
    const end = cells.clipped(1, 0, text, theme.barStrong, room, glyphs.ellipsis);
    cells.text(end + 2, 0, 'esc', theme.barKey);
    cells.text(end + 6, 0, 'cancel', theme.bar);
    return cells;
  }
  if (model.seekText !== null) {
    const x = cells.text(1, 0, `:${model.seekText}`, theme.barStrong);
    cells.text(x, 0, glyphs.cursor, theme.barKey);
    cells.text(Math.max(x + 3, 30), 0, '12.5s  50%  e8213  start  end   esc cancel', theme.bar);
    return cells;
  }
  if (model.notice) {
    const as = model.notice.kind === 'bad' ? theme.barStrong : theme.bar;
    cells.clipped(1, 0, model.notice.text, as, room, glyphs.ellipsis);
    return cells;
  }
  const pairs = (x: number, list: readonly (readonly [string, string])[]): void => {
    for (const [name, label] of list) {
      x = cells.text(x, 0, name, theme.barKey) + 1;
      x = cells.text(x, 0, label, theme.bar) + 2;
    }
  };
  if (model.paste && !model.help) {
    pairs(1, [
      ['enter', 'watch it'],
      ['esc', 'close'],
    ]);
    return cells;
  }
  if (model.screen === 'list' && model.search?.typing && !model.popup && !model.help) {
    let x = cells.text(1, 0, '/', theme.barKey);
    x = cells.text(x, 0, model.search.text, theme.barStrong);
    x = cells.text(x, 0, '_', theme.barKey) + 2;
    x = cells.text(x, 0, `${listed(model).length} of ${totalStars(model).challenges}`, theme.bar) + 2;
    pairs(x, [
      ['enter', 'keep'],
      ['esc', 'clear'],
    ]);
    return cells;
  }
  const bindings = model.popup || model.help ? [] : bindingsOf(contextOf(model));
  const shown = bindings.filter(binding => binding.shown !== '' && labelOf(binding, model) !== '');
  shown.sort((a, b) => urgency(b, model) - urgency(a, model));
  const always = [HELP_BINDING, ...shown.filter(b => b.action === 'back' || b.action === 'quit')];
  const others = shown.filter(binding => !always.includes(binding));
  const sizeOf = (binding: Binding): number =>
    textWidth(`${keyText(binding.shown, glyphs.up, glyphs.down)} ${labelOf(binding, model)}`) + 2;
  const editing = model.help
    ? undefined
    : bindingsOf(contextOf(model)).find(({ action }) => action === 'edit');
  if (bindings.length === 0 && editing && labelOf(editing, model) !== '') {
    pairs(1, [
      ['e', 'edit policy'],
      ['any other key', 'closes'],
    ]);
    return cells;
  }
  if (bindings.length === 0) {
    cells.text(1, 0, 'any key', theme.barKey);
    cells.text(9, 0, 'closes', theme.bar);
    return cells;
  }
  let left = room + 2 - always.reduce((sum, binding) => sum + sizeOf(binding), 0);
  const fitting: Binding[] = [];
  for (const binding of others) {
    const size = sizeOf(binding);
    if (size > left) break;
    left -= size;
    fitting.push(binding);
  }
  let x = 1;
  for (const binding of [...fitting, ...always]) {
    x = cells.text(x, 0, keyText(binding.shown, glyphs.up, glyphs.down), theme.barKey) + 1;
    x = cells.text(x, 0, labelOf(binding, model), theme.bar) + 2;
  }
  return cells;
}
