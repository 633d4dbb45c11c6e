/** The screen that compares two runs: with whom, and where the keys lead. */
import type { RunComparison } from './gameRun.ts';
import type { Action } from './keys.ts';
import { entryOf, type Model, progressOf } from './model.ts';
import { compareScroll, partingEvent } from './panes/compare.ts';
import { linesOf, scrolled } from './scroll.ts';
import { goTo } from './timeTravel.ts';
import { editPolicy, type Step } from './update.ts';

const only = (model: Model): Step => ({ model, effects: [] });
const notice = (model: Model, text: string): Step => only({ ...model, notice: { text, kind: 'plain' } });

/** Compare with the first of those that there are: the run before the last change, or as Linux does. */
export function askCompare(model: Model, nowMs: number): Step {
  const { play } = model;
  if (!play || entryOf(model).plan === null) return only(model);
  const { prepared, previous } = play;
  const opponents = prepared.opponents?.(progressOf(model).stars > 0) ?? [];
  // Linux against Linux tells nothing.
  const others = prepared.policy === null ? opponents.filter(({ kind }) => kind !== 'linux') : [...opponents];
  if (previous !== null) others.unshift({ kind: 'previous', name: 'before' });
  if (others.length === 0)
    return notice(model, 'there is nothing to compare with: write a policy first, with e');
  const back = model.screen === 'result' ? 'result' : 'run';
  const view = { opponents: others, chosen: 0, result: null, back } as const;
  return request({ ...model, compareView: view }, nowMs);
}

function request(model: Model, nowMs: number): Step {
  const { compareView, play } = model;
  const opponent = compareView!.opponents[compareView!.chosen];
  const ticket = model.nextTicket;
  const name = opponent.kind === 'previous' ? 'the run before' : opponent.name;
  return {
    model: {
      ...model,
      busy: { ticket, text: `comparing with ${name}`, sinceMs: nowMs },
      nextTicket: ticket + 1,
      play: { ...play!, playing: false },
    },
    effects: [{ kind: 'compare', ticket, opponent, quiet: false }],
  };
}

/** The comparison that was asked for is there. */
export function onCompared(model: Model, ticket: number, result: RunComparison): Step {
  const { compareView, play } = model;
  if (model.busy?.ticket !== ticket || compareView === null || play === null) return only(model);
  const event = partingEvent(result);
  return only({
    ...model,
    busy: null,
    screen: 'compare',
    scroll: 0,
    compareView: { ...compareView, result },
    play: { ...play, parting: event < 0 ? null : event + 1 },
  });
}

export function onCompareAction(model: Model, action: Action, nowMs: number): Step {
  const { compareView, play } = model;
  if (compareView?.result == null || play === null) return only({ ...model, screen: 'briefing' });
  const by = linesOf(action);
  if (by !== undefined) {
    const limit = compareScroll(model, model.width, model.height - 2);
    return only({ ...model, scroll: scrolled(model.scroll, by, limit) });
  }
  switch (action) {
    case 'opponent': {
      const { opponents, chosen } = compareView;
      if (opponents.length < 2) return notice(model, 'there is nobody else to compare with here');
      return request(
        { ...model, compareView: { ...compareView, chosen: (chosen + 1) % opponents.length } },
        nowMs,
      );
    }
    case 'open':
      return toParting(model);
    case 'edit':
      return editPolicy(model);
    case 'back':
      return only({ ...model, screen: compareView.back, scroll: 0 });
    default:
      return only(model);
  }
}

/** To where the two runs part that were compared last. */
export function toParting(model: Model): Step {
  const { play } = model;
  if (play === null || play.parting === null) {
    return notice(model, 'no run is known that parts from this one: d compares');
  }
  const step = goTo(model, Math.min(play.run.nrOps, play.parting));
  return { ...step, model: { ...step.model, notice: { text: 'here the two runs part', kind: 'plain' } } };
}
