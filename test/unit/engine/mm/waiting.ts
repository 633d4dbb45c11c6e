import {
  doneResuming,
  type Machine,
  PATH_WAIT,
  runDue,
  SLEEP_QUEUE,
  SLEEP_UNTIL_US,
} from '../../../../src/engine/index.ts';

/** Do everything of the machine's own that is due until a time, which is the present then. */
export function runUntil(m: Machine, us: number): void {
  while (m.agenda.next[0] <= us) {
    m.agenda.takeFirst();
    runDue(m, m.agenda.kind, m.agenda.arg);
  }
  m.agenda.now[0] = Math.max(us, m.agenda.now[0]);
}

/** Call an operation until it is over, sleeping as it says. Returns its last answer and how often it slept. */
export function drive<T>(m: Machine, operation: () => T): { answer: T; sleeps: number } {
  for (let sleeps = 0; ; sleeps++) {
    if (sleeps > 10000) throw new Error('an operation sleeps for ever');
    const answer = operation();
    if (m.path !== PATH_WAIT) {
      doneResuming(m);
      return { answer, sleeps };
    }
    const control = m.control.slice();
    const until = m.sleep[SLEEP_UNTIL_US];
    const queue = m.sleep[SLEEP_QUEUE];
    m.woken = 0;
    m.control.fill(0);
    while (m.agenda.next[0] <= until && (queue === 0 || (m.woken & (1 << queue)) === 0)) {
      m.agenda.takeFirst();
      runDue(m, m.agenda.kind, m.agenda.arg);
    }
    if ((m.woken & (1 << queue)) === 0 || queue === 0) m.agenda.now[0] = until;
    m.control.set(control);
  }
}
