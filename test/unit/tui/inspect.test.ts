import type { Model } from '../../../src/tui/model.ts';
import { view } from '../../../src/tui/view.ts';
import { FakeRun, model, play } from './fake.ts';

/** Standing still after 200 events. */
function standing(): Model {
  const at = play(model(), 'enter', 'enter', 'space');
  at.play!.run.seek(200);
  return { ...at, play: { ...at.play!, moves: at.play!.moves + 1 } };
}

const looks = (at: Model) => at.play!.view;

test('i puts the cursor on the block of the last operation, and i or Esc puts it away', () => {
  const at = play(standing(), 'i');
  expect(looks(at)).toMatchObject({ inspecting: true, cursor: at.play!.run.lastOp!.pfn });
  expect(view(at).toString()).toContain('─ page 0x');
  for (const key of ['i', 'escape']) {
    const away = play(at, key);
    expect([looks(away).inspecting, away.screen]).toEqual([false, 'run']);
    expect(view(away).toString()).toContain('─ goals');
  }
  // It comes back where it was.
  const moved = play(at, 'k', 'k', 'i', 'i');
  expect(looks(moved).cursor).toBe(looks(play(at, 'k', 'k')).cursor);
});

test('with the cursor arrows and vi keys move it, and what steps, scrolls and goes back stays', () => {
  const at = play(standing(), 'i', 'k');
  const { cursor } = looks(at);
  expect(looks(play(at, 'l')).cursor).toBeGreaterThan(cursor);
  expect(looks(play(at, 'right')).cursor).toBe(looks(play(at, 'l')).cursor);
  expect(looks(play(at, 'l', 'h')).cursor).toBe(cursor);
  expect(looks(play(at, 'j', 'up')).cursor).toBe(cursor);
  expect(play(at, 'l').play!.run.op).toBe(200);
  expect(play(at, '.').play!.run.op).toBe(201);
  expect(play(at, ',').play!.run.op).toBe(200);
  expect(play(at, 'pageup').play!.logBack).toBe(10);
  expect(play(at, 'q').screen).toBe('briefing');
});

test('the log in the place of the map takes the keys back, and i brings the map', () => {
  const log = play(standing(), 'i', 'tab');
  expect(log.play!.logWide).toBe(true);
  expect(play(log, 'up').play!.logBack).toBe(1);
  const map = play(log, 'i');
  expect([map.play!.logWide, looks(map).inspecting]).toEqual([false, true]);
});

test('a zoom says when there is nothing closer or further, o when there is no block', () => {
  const close = play(standing(), ...Array.from({ length: 12 }, () => 'z'));
  expect(looks(close).perCell).toBe(1);
  expect(close.notice!.text).toBe('a cell is one page already');
  const far = play(close, ...Array.from({ length: 13 }, () => 'Z'));
  expect(looks(far).perCell).toBe(0);
  expect(far.notice!.text).toBe('all zones are shown already');
  const none = standing();
  Object.defineProperty(none.play!.run, 'lastOp', { value: null });
  expect(play(none, 'o').notice!.text).toContain('no block');
  expect(looks(play(none, 'i')).cursor).toBe(0);
});

test('how the player looks at a run stays when it is run again', () => {
  const at = play(standing(), 'i', 'z', 'z');
  const again = play(at, 'q', 'enter');
  expect(again.play!.run).not.toBe(at.play!.run);
  expect(looks(again)).toEqual(looks(at));
  const other = play(at, { kind: 'opened', run: new FakeRun(2) });
  expect(looks(other)).toEqual(looks(at));
});
