import type { Model } from '../../../src/tui/model.ts';
import { update } from '../../../src/tui/update.ts';
import { view } from '../../../src/tui/view.ts';
import { FakeRun, model, play, prepared } from './fake.ts';
import { expectGolden } from './golden.ts';

const CODE = `oomph1_${'abcdefgh'.repeat(40)}_12345678`;
const typed = (): Model => play(model(), 'p', ...CODE);
const key = (name: string) => ({ kind: 'key' as const, key: name, nowMs: 0 });
const replay = () => prepared({ replay: true, policy: { path: "p.ts, somebody's", files: [] } });

test('a code is pasted as keys; Enter asks for it, and a line break in it does no harm', () => {
  const at = typed();
  expect(at.paste).toEqual({ text: CODE, problem: '' });
  expect(update(at, key('enter')).effects).toEqual([{ kind: 'open-code', text: CODE }]);
  const opened = { ok: false as const, problem: 'it is damaged or not all there' };
  const half = update(at, { kind: 'code-opened', opened, run: null }).model;
  expect(view(half).toString()).toContain('it is damaged or not all there');
  expect(play(half, 'x').paste).toEqual({ text: `${CODE}x`, problem: '' });
  expect(play(half, 'escape').paste).toBeNull();
  expect(play(model(), 'p', 'q', 'backspace', 'enter').paste).toBeNull();
});

test('the box', () => {
  expectGolden('paste-80x24', view(typed()).toString());
});

test('the run of a code is watched, and counts for nothing', () => {
  const opened = { ok: true as const, run: replay(), seed: 77, selected: 1 };
  const at = update(typed(), { kind: 'code-opened', opened, run: new FakeRun(77) }).model;
  expect([at.screen, at.selected, at.paste]).toEqual(['run', 1, null]);
  expect(view(at).toString()).toContain('a replay, seed 77');
  const over = play(at, 'enter');
  expect(view(over).toString()).toContain("somebody's");
  expect([over.screen, over.progress[1].stars]).toEqual(['result', -1]);
  expect(play(over, 's').notice?.text).toBe('a replay is of one seed');
});

test('y shows the code of the run that is looked at, where there is one', () => {
  const at = play(model(), 'enter', 'enter', 'enter');
  expect(update(at, key('y')).effects).toEqual([]);
  const share = () => ({ code: CODE, problem: '' });
  const shared = { ...at, play: { ...at.play!, prepared: prepared({ share }) } };
  expect(update(shared, key('y')).effects).toEqual([{ kind: 'share', seed: 1 }]);
});
