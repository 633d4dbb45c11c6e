/** One policy through the whole campaign: asking for it, and what came of it. */
import type { EpicOutcome } from './gameRun.ts';
import { entryOf, type Model } from './model.ts';
import type { Step } from './update.ts';

const only = (model: Model): Step => ({ model, effects: [] });

/** With the policy of the challenge under the cursor. */
export function startEpic(model: Model, nowMs: number): Step {
  const entry = entryOf(model);
  if (!entry?.plan) return only(model);
  if (!entry.policyExists) {
    const text = `${entry.plan.id} has no policy of yours to play them all with: e starts one`;
    return only({ ...model, notice: { text, kind: 'plain' } });
  }
  const ticket = model.nextTicket;
  const busy = { ticket, text: `playing all with ${entry.policyPath}`, sinceMs: nowMs };
  return {
    model: { ...model, busy, nextTicket: ticket + 1, popup: null },
    effects: [{ kind: 'epic', ticket, selected: model.selected }],
  };
}

export function onEpicDone(model: Model, ticket: number, outcome: EpicOutcome): Step {
  if (model.busy?.ticket !== ticket) return only(model);
  const next: Model = { ...model, busy: null, scroll: 0 };
  if (outcome.ok) return only({ ...next, screen: 'epic', epic: outcome.report });
  return only({ ...next, screen: 'problem', problem: outcome.problem, play: null });
}
