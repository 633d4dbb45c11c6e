/** The screen that tells a cause: which of its events is chosen, and where the keys lead. */
import type { Action } from './keys.ts';
import { causeAt, nextTrouble } from './marks.ts';
import type { Model } from './model.ts';
import { causeLinks, causeScroll } from './panes/cause.ts';
import { linesOf, scrolled } from './scroll.ts';
import { goTo } from './timeTravel.ts';
import { editPolicy, type Step } from './update.ts';

const only = (model: Model): Step => ({ model, effects: [] });

/** Begin to find the cause of what stands at the place, or of the failure before it. */
export function askCause(model: Model, nowMs: number): Step {
  const { play, screen } = model;
  if (!play) return only(model);
  const { run } = play;
  const { marks } = run;
  let mark = -1;
  if (screen === 'result') mark = run.tellingMark;
  else {
    mark = causeAt(marks, run.op);
    if (mark < 0) mark = nextTrouble(marks, run.op, true);
    if (mark < 0) mark = run.tellingMark;
  }
  if (mark < 0) {
    return only({ ...model, notice: { text: 'nothing went wrong in this run', kind: 'plain' } });
  }
  const ticket = model.nextTicket;
  return {
    model: {
      ...model,
      busy: { ticket, text: 'looking for the cause', sinceMs: nowMs },
      nextTicket: ticket + 1,
      play: { ...play, playing: false },
    },
    effects: [{ kind: 'explain', ticket, mark }],
  };
}

export function onCauseAction(model: Model, action: Action): Step {
  const { causeView, play } = model;
  if (causeView === null || play === null) return only({ ...model, screen: 'briefing' });
  const limit = causeScroll(model);
  const from = Math.min(limit, model.scroll);
  switch (action) {
    case 'up':
    case 'down':
      return choose(model, action === 'up' ? -1 : 1, from, limit);
    case 'page-up':
    case 'page-down':
    case 'last':
      return only({ ...model, scroll: scrolled(from, linesOf(action)!, limit) });
    case 'first':
      return only({ ...model, scroll: 0, causeView: { ...causeView, selected: 0 } });
    case 'open': {
      const link = causeLinks(model)[causeView.selected];
      if (!link) return only(model);
      const step = goTo(model, Math.min(play.run.nrOps, link.event + 1));
      if (link.pfn < 0 || step.model.play === null) return step;
      const view = { ...step.model.play.view, inspecting: true, cursor: link.pfn };
      return { ...step, model: { ...step.model, play: { ...step.model.play, view } } };
    }
    case 'edit':
      return editPolicy(model);
    case 'back':
      return only({ ...model, screen: causeView.back, scroll: 0 });
    default:
      return only(model);
  }
}

/** The next event that can be gone to; where there is none, or it is out of sight, the text moves. */
function choose(model: Model, by: number, from: number, limit: number): Step {
  const { causeView } = model;
  const links = causeLinks(model);
  const height = model.height - 4;
  const selected = Math.max(0, Math.min(links.length - 1, causeView!.selected + by));
  const link = links[selected];
  const stays = link === undefined || selected === causeView!.selected;
  let scroll = from + (stays ? by : 0);
  if (!stays && link.line < from) scroll = link.line;
  else if (!stays && link.line + link.lines > from + height) scroll = link.line + link.lines - height;
  scroll = Math.max(0, Math.min(limit, scroll));
  return {
    model: { ...model, scroll, causeView: { ...causeView!, selected: Math.max(0, selected) } },
    effects: [],
  };
}
