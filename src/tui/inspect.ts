/** What the keys of the map and of the panes beside it do. */
import type { Action } from './keys.ts';
import { cellStart, mapLayout, moveCursor, partOfCursor, zoomed } from './mapLayout.ts';
import type { Model, Play } from './model.ts';
import { panelsOf } from './panels.ts';
import { mapSize } from './runScreen.ts';
import type { RunView } from './runView.ts';
import type { Step } from './update.ts';

const MOVES: Partial<Record<Action, readonly [right: number, down: number]>> = {
  'cursor-up': [0, -1],
  'cursor-down': [0, 1],
  'cursor-left': [-1, 0],
  'cursor-right': [1, 0],
};

/** The next model, or null for an action that is none of these. */
export function onViewAction(model: Model, play: Play, action: Action): Step | null {
  const { run, view } = play;
  const { machine } = run;
  const showing = (change: Partial<RunView>, more: Partial<Play> = {}): Step => ({
    model: { ...model, play: { ...play, ...more, view: { ...view, ...change } } },
    effects: [],
  });
  const saying = (text: string): Step => ({
    model: { ...model, notice: { text, kind: 'plain' } },
    effects: [],
  });
  /** Where a cursor that was nowhere yet begins: at what the last operation was about. */
  const cursor = view.cursor >= 0 ? view.cursor : Math.max(0, run.lastOp?.pfn ?? 0);
  switch (action) {
    case 'inspect':
      return view.inspecting && !play.logWide
        ? showing({ inspecting: false })
        : showing({ inspecting: true, cursor }, { logWide: false });
    case 'touched':
      if (!run.lastOp || run.lastOp.pfn < 0) return saying('the last operation was about no block of pages');
      return showing({ inspecting: true, cursor: run.lastOp.pfn }, { logWide: false });
    case 'zoom-in':
    case 'zoom-out': {
      const at = { ...view, cursor };
      const { width, height } = mapSize(model);
      const perCell = zoomed(machine, width, height, at, action === 'zoom-in');
      if (perCell === view.perCell) {
        return saying(action === 'zoom-in' ? 'a cell is one page already' : 'all zones are shown already');
      }
      return showing({ inspecting: true, cursor, perCell }, { logWide: false });
    }
    case 'cursor-up':
    case 'cursor-down':
    case 'cursor-left':
    case 'cursor-right': {
      const { width, height } = mapSize(model);
      const layout = mapLayout(machine, width, height, view);
      const [right, down] = MOVES[action]!;
      const moved = moveCursor(machine, layout, cursor, right, down);
      const part = partOfCursor(machine, layout, moved);
      return showing({ cursor: layout.parts.includes(part) ? cellStart(machine, part, moved) : moved });
    }
    case 'next-pane':
    case 'previous-pane': {
      const nr = panelsOf(machine).length;
      if (nr < 2) return saying('this machine has pages and zones only: there is no other pane');
      return showing({ panel: (view.panel + (action === 'next-pane' ? 1 : nr - 1)) % nr });
    }
    default:
      return null;
  }
}
