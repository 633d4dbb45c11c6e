/** The run screen of a machine that has everything: processes on stacks, slabs, vmalloc, high memory, a disk and swap. */

import { SessionRun } from '../../../src/cli/play/sessionRun.ts';
import { CPU_CURRENT, CPU_HARDIRQS, CPU_STRIDE, NIL } from '../../../src/engine/index.ts';
import type { Model, Play } from '../../../src/tui/model.ts';
import { firstPanel, panelsOf } from '../../../src/tui/panels.ts';
import { FIRST_VIEW } from '../../../src/tui/runView.ts';
import { view } from '../../../src/tui/view.ts';
import { busySession } from '../../fixtures/machine/load.ts';
import { entry, model, play, prepared } from './fake.ts';
import { expectGolden } from './golden.ts';

const { plan, session } = busySession();
const run = new SessionRun(plan, session.tape, null, session);
run.seek(Math.floor(run.nrOps * 0.8));
// On to an interrupt of a process that is in the middle of something.
const { cpus } = run.machine.tasks!;
const interrupted = (): boolean =>
  Array.from({ length: run.machine.cpus }, (_, cpu) => cpu * CPU_STRIDE).some(
    at => cpus[at + CPU_HARDIRQS] > 0 && cpus[at + CPU_CURRENT] !== NIL,
  );
while (!interrupted() && !run.done) run.step(1);

/** Standing still in the middle of the run. */
function at(width: number, height: number, glyphs: Model['glyphs'] = 'unicode'): Model {
  const entries = [entry(plan.id, { plan, file: 'challenges/machine/01-busy/challenge.yaml' })];
  const standing: Play = {
    ...play(model({ entries }), 'enter', 'enter').play!,
    prepared: prepared({ open: () => run }),
    run,
    moves: 1,
    playing: false,
    clockUs: run.timeUs,
    view: FIRST_VIEW,
  };
  return { ...model({ width, height, entries, glyphs }), screen: 'run', play: standing };
}

const PANES = ['buddyinfo', 'slabs', 'addresses', 'stacks', 'reclaim'];

test.each(PANES)('at 80x24 v goes to %s', name => {
  const keys = Array.from({ length: PANES.indexOf(name) }, () => 'v');
  const text = view(play(at(80, 24), ...keys)).toString();
  expect(text).toContain(`─ ${name} ──`);
  expectGolden(`machine-${name}-80x24`, text);
  const ascii = view(play(at(80, 24, 'ascii'), ...keys)).toString();
  expect(ascii).toMatch(/^[\x20-\x7e\n]*$/);
  expectGolden(`machine-${name}-ascii-80x24`, ascii);
});

test('v comes round to the first pane, V goes the other way', () => {
  const round = play(at(80, 24), ...PANES.map(() => 'v'));
  expect(view(round).toString()).toBe(view(at(80, 24)).toString());
  expect(view(play(at(80, 24), 'V')).toString()).toContain('─ reclaim ──');
});

test('at 200x50 all of them fit at once, and a page beside them', () => {
  const text = view(at(200, 50)).toString();
  for (const name of PANES) expect(text).toContain(` ${name} `);
  expectGolden('machine-200x50', text);
  expectGolden('machine-ascii-200x50', view(at(200, 50, 'ascii')).toString());
});

/** With the cursor on the first page that holds that. */
function on(holds: RegExp, width: number, height: number): Model {
  const start = at(width, height);
  let cursor = 0;
  while (!holds.test(run.page(cursor)!.holds)) cursor++;
  return { ...start, play: { ...start.play!, view: { ...FIRST_VIEW, inspecting: true, cursor } } };
}

test.each([
  ['slab', /^slab of cache conn.*httpd/],
  ['file', /^page \d+ of file/],
  ['stack', /^kernel stack/],
  ['vmalloc', /vmalloc area/],
  ['kmap', /kmap slot/],
])('a page that holds a %s', (name, holds) => {
  expectGolden(`machine-page-${name}-80x24`, view(on(holds, 80, 24)).toString());
  if (name === 'slab') expectGolden('machine-inspect-200x50', view(on(holds, 200, 50)).toString());
});

test('a pane of few columns has less in it, and nothing is cut in the middle', () => {
  const first = view(at(110, 32)).toString();
  expectGolden('machine-110x32', first);
  expect(first).toMatch(/zone +free +low +0 +1 +2 +3 +4 +5 +6 +7 +8 +9 +10 /);
  // Beside the map a zone is a column of the table.
  const beside = view(play(at(120, 64), 'V')).toString();
  expectGolden('machine-120x64', beside);
  expect(beside).toMatch(/order +DMA +Normal +HighMem/);
});

test('every size shows the pane that was chosen and writes nothing outside', () => {
  for (const [width, height] of [
    [80, 24],
    [109, 31],
    [110, 32],
    [132, 43],
    [160, 60],
    [230, 70],
  ]) {
    PANES.forEach((name, i) => {
      const shown = view(play(at(width, height), ...Array.from({ length: i }, () => 'v'), 'i')).toString();
      expect(shown.split('\n')).toHaveLength(height);
      expect(shown).toContain(` ${name} `);
      expect(shown).toContain('page 0x');
      expect(shown).toContain('kernel log');
    });
  }
});

test('a run begins with the pane that its first goal is about', () => {
  const goal = run.goals[0];
  const first = (text: string): string => {
    const one = Object.create(run, { goals: { value: [{ ...goal, text }] } });
    return panelsOf(run.machine)[firstPanel(one)].name;
  };
  expect(first('page_alloc.failures of task eth0, at most 0')).toBe('buddyinfo');
  expect(first('slab.failures, at most 0')).toBe('slabs');
  expect(first('kmap.waits, at most 0')).toBe('addresses');
  expect(first('stack.headroom, always at least 0')).toBe('stacks');
  expect(first('oom.kills, at most 0')).toBe('reclaim');
});

test('a machine of pages only has one pane, and says so', () => {
  const pages = play(model(), 'enter', 'enter', 'v');
  expect(pages.play!.view.panel).toBe(0);
  expect(view(pages).toString()).toContain('this machine has pages and zones only');
  expect(view(play(pages, 'k')).toString()).not.toContain('v panes');
});
