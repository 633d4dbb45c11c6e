import { SPEEDS } from '../../../src/tui/model.ts';
import { type Effect, type Message, update } from '../../../src/tui/update.ts';
import { scrollLimit, view } from '../../../src/tui/view.ts';
import { FakeRun, LOST, model, play, prepared, verdict } from './fake.ts';

const key = (name: string): Message => ({ kind: 'key', key: name, nowMs: 0 });
const effectsOf = (start: ReturnType<typeof model>, name: string): Effect[] =>
  update(start, key(name)).effects;

test('the list moves and stops at its ends', () => {
  expect(play(model(), 'down', 'j').selected).toBe(2);
  expect(play(model(), 'down', 'down', 'down', 'down').selected).toBe(2);
  expect(play(model(), 'G', 'k', 'up', 'up').selected).toBe(0);
});

test('every screen goes back where it came from', () => {
  expect(play(model(), 'enter').screen).toBe('briefing');
  expect(play(model(), 'enter', 'escape').screen).toBe('list');
  const run = play(model(), 'enter', 'enter');
  expect(run.screen).toBe('run');
  const back = play(run, 'q');
  expect([back.screen, back.play?.playing]).toEqual(['briefing', false]);
  expect(effectsOf(model(), 'q')).toEqual([{ kind: 'quit' }]);
  for (const at of [model(), run, play(run, 'enter')])
    expect(effectsOf(at, 'C-c')).toEqual([{ kind: 'quit' }]);
});

test('running asks for the policy to be run on the seed that is shown', () => {
  const briefing = play(model(), 'enter', 's');
  expect(effectsOf(briefing, 'enter')).toEqual([{ kind: 'prepare', ticket: 1, selected: 0, seed: 2 }]);
});

test('a late answer is not taken for the one awaited', () => {
  const busy = update(play(model(), 'enter'), key('enter')).model;
  const preparation = { ok: true as const, run: prepared() };
  const late = update(busy, { kind: 'prepared', ticket: 77, preparation, run: new FakeRun(1) });
  expect(late.model).toBe(busy);
  const cancelled = update(busy, key('escape'));
  expect(cancelled.effects).toEqual([{ kind: 'abort' }]);
  expect(cancelled.model.busy).toBeNull();
  expect(
    update(cancelled.model, { kind: 'prepared', ticket: 1, preparation, run: new FakeRun(1) }).model.screen,
  ).toBe('briefing');
});

test('R runs the policy again from the run and the result; stopping such a run says so', () => {
  const run = play(model(), 'enter', 'enter');
  for (const at of [run, play(run, 'enter')]) {
    const again = update(at, key('R'));
    expect(again.effects).toMatchObject([{ kind: 'prepare', selected: 0 }]);
    const stopped = update(again.model, key('escape'));
    expect(stopped.effects).toEqual([{ kind: 'abort' }]);
    expect([stopped.model.screen, stopped.model.notice?.text]).toEqual([
      at.screen,
      'stopped; what you see is from before: R runs your policy',
    ]);
  }
});

test('a policy that cannot run is a problem, and Escape leads back to the briefing', () => {
  const busy = update(play(model(), 'enter'), key('enter')).model;
  const problem = { title: 'no', diagnostics: [], message: '' };
  const at = update(busy, {
    kind: 'prepared',
    ticket: 1,
    preparation: { ok: false, problem },
    run: null,
  }).model;
  expect([at.screen, at.problem, at.busy]).toEqual(['problem', problem, null]);
  expect(play(at, 'escape').screen).toBe('briefing');
});

test('time passes only while a run plays, and at its speed', () => {
  let at = play(model(), 'enter', 'enter');
  const tick: Message = { kind: 'tick', elapsedMs: 50 };
  at = play(at, tick);
  expect(at.play!.clockUs).toBe(50_000 * SPEEDS[at.play!.speed]);
  at = play(at, '+', tick);
  expect(at.play!.clockUs).toBe(50_000 * 2 + 50_000 * 4);
  const paused = play(at, 'space', tick);
  expect(paused.play!.clockUs).toBe(at.play!.clockUs);
  expect(play(play(model(), 'enter'), tick).play).toBeNull();
});

test('a long silence (a suspended process) is one short tick', () => {
  const at = play(model(), 'enter', 'enter', { kind: 'tick', elapsedMs: 3_600_000 });
  expect(at.play!.clockUs).toBeLessThan(1e6);
});

test('steps, jumps and seeks stop the clock', () => {
  const at = play(model(), 'enter', 'enter');
  expect(play(at, '.', '.').play).toMatchObject({ playing: false, run: { op: 2 } });
  expect(play(at, ',').play!.run.op).toBe(1);
  expect(play(at, ',', ',').play!.run.op).toBe(0);
  expect(play(at, 'G').play!.run.done).toBe(true);
  expect(play(at, 'g').play!.run.op).toBe(0);
  expect(effectsOf(at, 'f')).toEqual([{ kind: 'seek', op: 50 }]);
});

test('speed has ends', () => {
  let at = play(model(), 'enter', 'enter');
  for (let i = 0; i < 30; i++) at = play(at, '+');
  expect(at.play!.speed).toBe(SPEEDS.length - 1);
  for (let i = 0; i < 30; i++) at = play(at, '-');
  expect(at.play!.speed).toBe(0);
});

test('at its end a run shows its result once, and the stars count from then on', () => {
  let at = play(model(), 'enter', 'enter');
  expect(at.progress[0]).toMatchObject({ stars: -1, attempts: 1 });
  for (let i = 0; i < 400 && at.screen === 'run'; i++) at = play(at, { kind: 'tick', elapsedMs: 100 });
  expect(at.screen).toBe('result');
  expect(at.progress[0].stars).toBe(2);
  const again = play(at, 'tab', 'space');
  expect(again.screen).toBe('run');
  expect(again.play).toMatchObject({ playing: true, clockUs: 0 });
});

test('a lost run never takes stars away', () => {
  const at = play(model(), 'enter', 'enter', 'enter');
  expect(at.progress[0].stars).toBe(2);
  const worse = {
    ...at,
    screen: 'run' as const,
    play: { ...at.play!, prepared: prepared({ verdict: verdict(LOST) }) },
  };
  expect(play(worse, 'enter').progress[0].stars).toBe(2);
  const fresh = { ...worse, progress: worse.progress.map(one => ({ ...one, stars: -1 })) };
  expect(play(fresh, 'enter').progress[0].stars).toBe(0);
});

test('the last operation comes before the end of time: the clock runs on to it', () => {
  const at = play(model(), 'enter', 'enter', 'G', 'g', 'space');
  expect(at.play!.playing).toBe(true);
  const late = update(at, { kind: 'moved', behind: true }).model;
  expect(late.play!.clockUs).toBe(late.play!.run.timeUs);
});

test('hints are uncovered one by one, on the briefing in place, elsewhere over the screen', () => {
  expect(play(model(), 'enter', 'h').progress[0].hints).toBe(1);
  const at = play(model(), 'enter', 'enter', 'h');
  expect(at.popup?.title).toBe('hint 1 of 3');
  expect(play(at, 'h').popup?.title).toBe('hint 2 of 3');
  const closed = play(at, 'q');
  expect([closed.popup, closed.screen]).toEqual([null, 'run']);
});

test('help lies over everything and any key closes it', () => {
  const at = play(model(), 'enter', '?');
  expect(at.help).toBe(true);
  const closed = play(at, 'q');
  expect([closed.help, closed.screen]).toEqual([false, 'briefing']);
});

test('a saved policy runs again on every screen of its challenge, and only there', () => {
  const saved: Message = { kind: 'policy-changed', selected: 0, exists: true, nowMs: 0 };
  for (const at of [
    play(model(), 'enter'),
    play(model(), 'enter', 'enter'),
    play(model(), 'enter', 'enter', 'enter'),
  ]) {
    const step = update(at, saved);
    expect(step.effects.map(effect => effect.kind)).toEqual(['prepare']);
    expect(step.model.entries[0].policyExists).toBe(true);
  }
  const listed = update(model(), saved);
  expect(listed.effects).toEqual([]);
  expect(listed.model.entries[0].policyExists).toBe(true);
});

test('an editor that was left with the starter as it is says that there is a file now, and a run takes that away', () => {
  const done: Message = { kind: 'edited', selected: 0, exists: true, problem: '', changed: false };
  const at = update(play(model(), 'enter'), done).model;
  expect(at.notice?.text).toMatch(/^new: oomph-policies\/\S+, as Linux decides$/);
  const saved: Message = { kind: 'policy-changed', selected: 0, exists: true, path: 'x.ts', nowMs: 0 };
  expect(update(at, saved).model.notice).toBeNull();
});

test('an editor that failed or changed nothing leaves a notice until the next key', () => {
  const done: Message = { kind: 'edited', selected: 0, exists: true, problem: 'no editor', changed: false };
  const at = update(play(model(), 'enter'), done).model;
  expect(at.notice).toEqual({ text: 'no editor', kind: 'bad' });
  expect(play(at, 'j').notice).toBeNull();
  expect(update(at, { ...done, problem: '' }).model.notice?.text).toBe('the policy was not changed');
  const long = update(at, { ...done, problem: `${'it cannot be written, '.repeat(4)}do this` }).model;
  expect([long.notice?.text, long.popup?.text]).toEqual(['no editor', expect.stringMatching(/do this$/)]);
});

test('scrolling stops at the end of the text and comes back at once', () => {
  const at = play(model(), 'enter', 'G');
  const end = scrollLimit(at);
  expect(end).toBeGreaterThan(0);
  expect(view(at)).toEqual(view({ ...at, scroll: end }));
  expect(play(at, 'j', 'j', 'k').scroll).toBe(end - 1);
  expect(play(at, 'g').scroll).toBe(0);
});

test('at the end of a result one stays at its end, however much comes into it', () => {
  const at = play(model(), 'enter', 'enter', 'enter', 'G');
  const reproduce = 'oomph run zones/the-sound-card --seed 1';
  const last = (now: typeof at): string => view(now).toString().split('\n').slice(-5, -1).join(' ');
  expect(last(at)).toContain(reproduce);
  const record = { selected: 0, attempts: [], sticks: [], measuring: true };
  const grown = update(at, { kind: 'record', record }).model;
  expect(scrollLimit(grown)).toBeGreaterThan(scrollLimit(at));
  expect(last(grown)).toContain(reproduce);
});

test('the next seed is opened where a run is on the screen', () => {
  const at = play(model(), 'enter', 'enter');
  expect(effectsOf(at, 's')).toEqual([{ kind: 'open-seed', seed: 2 }]);
  const opened = update(play(at, 's'), { kind: 'opened', run: new FakeRun(2) }).model;
  expect([opened.play!.run.seed, opened.play!.clockUs]).toEqual([2, 0]);
});

test('choosing another challenge leaves the run behind', () => {
  const at = play(model(), 'enter', 'enter', 'q', 'q', 'down');
  expect(at.play).toBeNull();
  const next = play(play(model(), 'enter', 'enter', 'enter'), 'n');
  expect([next.selected, next.screen, next.play]).toEqual([1, 'briefing', null]);
});
