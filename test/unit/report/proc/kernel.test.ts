import type { ChallengePlan } from '../../../../src/contract/plan.ts';
import { EventLog } from '../../../../src/harness/eventLog.ts';
import { kernelLog } from '../../../../src/harness/kernelLog.ts';
import { KernelSymbols } from '../../../../src/harness/kernelSymbols.ts';
import { Play } from '../../../../src/harness/play.ts';
import { eventLine } from '../../../../src/report/proc/events.ts';
import { VIEWS } from '../../../../src/report/proc/views.ts';
import { verdictText } from '../../../../src/report/verdictText.ts';
import { compileTape } from '../../../../src/workload/compile.ts';
import { kernelPlan } from '../../harness/kernelMachine.ts';
import { goal } from '../../workload/plans.ts';
import { expectGolden } from './golden.ts';

const COUNTERS = { pgalloc: 0, pgfree: 0 };

function played(plan: ChallengePlan): { play: Play; events: string; view: (name: string) => string } {
  const play = new Play(plan, compileTape(plan, 1), null);
  const { functions } = plan.workload.named!;
  const tasks = plan.workload.tasks.map(({ name }) => name);
  const symbols = new KernelSymbols(play.machine.arch, functions);
  let events = '';
  new EventLog(play, event => {
    events += eventLine(play.machine, tasks, event, symbols);
  });
  play.playUntil(play.nrOps);
  const view = (name: string): string => VIEWS[name].text(play.machine, COUNTERS, { tasks, functions });
  return { play, events, view };
}

const log = (play: Play): string =>
  kernelLog(play.plan, play.player)
    .map(line => `${line.timeUs} ${line.text}\n`)
    .join('');

test('a stack that holds: its table, the events of its kmalloc, and an interrupt that sleeps', () => {
  const { play, events, view } = played(kernelPlan(3));
  expectGolden('kernel/stack_trace', view('stack_trace'));
  expectGolden('kernel/stacks', view('stacks'));
  expectGolden('kernel/events', events);
  expectGolden('kernel/log', log(play));
  expect(play.verdict(1, '').stackTrace).toBeUndefined();
});

test('a stack that overflows: the Oops, and in the verdict the calls that filled it', () => {
  const plan = kernelPlan(10);
  plan.goals = [goal('stack.headroom', 'at_least', 0, { always: true })];
  const { play, view } = played(plan);
  expectGolden('overflow/stack_trace', view('stack_trace'));
  expectGolden('overflow/stacks', view('stacks'));
  expectGolden('overflow/log', log(play));
  const verdict = play.verdict(1, 'oomph run x');
  expect(verdict.outcome).toBe('lost');
  expect(verdict.metrics['stack.headroom']).toBe(-916);
  expect(verdict.stackTrace![0]).toEqual({ depth: 9060, size: 900, function: 'do_read' });
  const text = verdictText({
    oomph: 1,
    challenge: 'test/plan',
    title: 'A plan',
    policy: { name: 'none', info: null },
    outcome: 'lost',
    stars: 0,
    seeds: [verdict],
    summary: [],
  });
  expectGolden('overflow/verdict', text);
});

test('what was kept of a line does not change when the run is played again from a seek', () => {
  const plan = kernelPlan(10);
  const { play } = played(plan);
  const { printk } = play.machine;
  const kept = printk.contexts.slice();
  expect(kept.length).toBe(printk.length);
  const again = new Play(plan, compileTape(plan, 1), null);
  again.playUntil(again.nrOps);
  expect(again.machine.printk.contexts).toEqual(kept);
  expect(log(again)).toBe(log(play));
});
