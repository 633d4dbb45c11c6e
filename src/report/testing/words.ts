import type { PolicySource } from '../../contract/policy.ts';
import { ARCHES, EVENT_NAMES } from '../../engine/index.ts';
import type { TestedPlan } from '../../harness/testing/runCase.ts';
import type { TestWords } from '../../harness/testing/words.ts';
import { causeText } from '../causeText.ts';
import { eventLine, eventWith } from '../proc/events.ts';
import { VIEWS } from '../proc/views.ts';
import { duration, quantity } from '../quantity.ts';

/** How what a spec looks at is put into words: as `oomph proc`, `oomph run` and the game do. */
export function testWords(policy: PolicySource | null, plan: TestedPlan): TestWords {
  const { pageBytes } = ARCHES[plan.machine.arch];
  return {
    view: (name, m, counters, names) => VIEWS[name].text(m, counters, names),
    event: (m, tasks, event, symbols) => {
      const line = eventLine(m, tasks, event, symbols);
      if (line !== '') return line;
      // One without a tracepoint, in the same columns.
      const { name, args } = EVENT_NAMES[event.code];
      const values = [event.a, event.b, event.c];
      const fields = args.flatMap((arg, i) => (arg === '' ? [] : [`${arg}=${values[i]}`]));
      return eventWith(m, tasks, event, `${name}: ${fields.join(' ')}`);
    },
    quantity,
    time: duration,
    cause: cause => causeText(cause, { file: '', sources: policy?.files ?? [], pageBytes }),
  };
}
