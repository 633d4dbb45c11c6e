import { type Command, Option } from 'commander';
import { nearest } from '../contract/nearest.ts';
import type { ChallengePlan } from '../contract/plan.ts';
import type { Tape } from '../contract/tape.ts';
import { EventLog } from '../harness/eventLog.ts';
import { KernelSymbols } from '../harness/kernelSymbols.ts';
import { opsUntil } from '../harness/opsUntil.ts';
import { Play, type PlayedPolicy } from '../harness/play.ts';
import { RunBug } from '../harness/runBug.ts';
import { runChallenge } from '../harness/runChallenge.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { eventLine, eventsHead } from '../report/proc/events.ts';
import { VIEWS, type ViewNames } from '../report/proc/views.ts';
import { plural } from '../report/quantity.ts';
import { parseTime } from '../spec/quantity.ts';
import { compileTape } from '../workload/compile.ts';
import { findChallenge } from './challenges.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_PASSED, HostFailure } from './exit.ts';
import { interruptible } from './interrupt.ts';
import { policyNamed } from './policies.ts';
import { startSandbox } from './sandbox.ts';
import { parseSeeds } from './seeds.ts';
import { Progress, styleFor } from './terminal.ts';

interface ProcOptions {
  policy: string;
  seed?: string;
  at?: string;
  atTime?: string;
  last?: string;
}

const EVENTS = 'events';
/** Characters of event lines written at a time. */
const CHUNK = 1 << 16;

export function registerProc(program: Command): void {
  const width = Math.max(...Object.keys(VIEWS).map(name => name.length));
  const views = [...Object.entries(VIEWS).map(([name, { meaning }]) => [name, meaning])];
  views.push([EVENTS, 'events of the memory manager so far, as ftrace prints them']);
  views.sort(([a], [b]) => (a < b ? -1 : 1));
  program
    .command('proc')
    .summary("show the memory of a run in the kernel's own formats")
    .description("Show the memory of a challenge's run, at its end or at any event, as the kernel does.")
    .argument('<view>', `one of: ${views.map(([name]) => name).join(', ')}`)
    .argument('<challenge>', 'challenge file, its folder, or an id such as zones/the-sound-card')
    .option(
      '-p, --policy <file>',
      'policy file; reference, naive: those of the challenge; none: Linux decides',
      'none',
    )
    .option('--seed <n>', "one seed (default: the challenge's first)")
    .addOption(
      new Option('--at <event>', 'right after that event, as verdicts number them; boot: before the first'),
    )
    .addOption(new Option('--at-time <time>', 'when so much time has passed, such as 12s').conflicts('at'))
    .option('--last <n>', `with ${EVENTS}: only the newest lines, without the head`)
    .addHelpText(
      'after',
      `
Views:
${views.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`).join('\n')}

Examples:
  oomph proc buddyinfo zones/the-sound-card
  oomph proc meminfo zones/the-sound-card --at-time 12s
  oomph proc sysrq-m my-challenge.yaml -p my-policy.ts --seed 7 --at 4711
  oomph proc events zones/the-sound-card | grep -c mm_page_alloc:`,
    )
    .action(async (view: string, challenge: string, options: ProcOptions) => {
      process.exitCode = await proc(view, challenge, options);
    });
}

async function proc(name: string, challenge: string, options: ProcOptions): Promise<number> {
  const view = Object.hasOwn(VIEWS, name) ? VIEWS[name] : null;
  if (view === null && name !== EVENTS) {
    const names = [...Object.keys(VIEWS), EVENTS];
    const near = nearest(name, names);
    const guess = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `there is ${names.join(', ')}`;
    throw new BadInput(`no view is called ${name}: ${guess}`);
  }
  const last = options.last === undefined ? null : wholeNumber(options.last, '--last');
  if (last !== null && view !== null) throw new BadInput(`--last is for ${EVENTS}: leave it out`);
  const { plan, diagnostics, file } = findChallenge(challenge);
  const style = styleFor(process.stderr);
  if (diagnostics.length > 0) process.stderr.write(diagnosticsText(diagnostics, style));
  if (plan === null) return EXIT_BAD_INPUT;
  const seed = oneSeed(options.seed, plan);
  const source = policyNamed(options.policy, plan, file);
  let policy: PlayedPolicy | null = null;
  if (source !== null) {
    const progress = new Progress(true);
    progress.show(`${plan.id}: seed ${seed}`);
    const outcome = await interruptible(signal =>
      runChallenge(plan, {
        policy: source,
        challengeName: challenge,
        policyName: options.policy,
        seeds: [seed],
        startSandbox,
        signal,
      }),
    ).finally(() => progress.clear());
    if (outcome.kind === 'aborted') return EXIT_INTERRUPTED;
    if (outcome.kind === 'refused') {
      process.stderr.write(diagnosticsText(outcome.diagnostics, style));
      return EXIT_BAD_INPUT;
    }
    if (outcome.kind === 'failed')
      throw new HostFailure(
        `the policy's process failed twice (${outcome.failure.reason}: ${outcome.failure.message}): try again, and with more free memory`,
      );
    policy = outcome.runs.get(seed) ?? null;
  }
  const tape = compileTape(plan, seed);
  const play = new Play(plan, tape, policy);
  const why = view === null ? '' : view.absent(play.machine);
  if (why !== '') throw new BadInput(`${plan.id} cannot show ${name}: ${why}`);
  const nrOps = opsWanted(play, tape, options);
  if (view === null) {
    showEvents(play, seed, nrOps, last);
    return EXIT_PASSED;
  }
  const counters = new EventLog(play, null);
  playTo(play, seed, nrOps);
  process.stdout.write(view.text(play.machine, counters, namesOf(plan)));
  return EXIT_PASSED;
}

function namesOf({ workload: { tasks, named } }: ChallengePlan): ViewNames {
  return { tasks: tasks.map(task => task.name), functions: named?.functions ?? [] };
}

function oneSeed(text: string | undefined, plan: ChallengePlan): number {
  if (text === undefined) return plan.seeds[0];
  const seeds = parseSeeds(text);
  if (seeds.length !== 1) throw new BadInput(`--seed takes one seed, not ${text}`);
  return seeds[0];
}

function wholeNumber(text: string, option: string): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (number < 0) throw new BadInput(`${option} takes a whole number, not ${JSON.stringify(text)}`);
  return number;
}

/** Operations to play. */
function opsWanted(play: Play, tape: Tape, { at, atTime }: ProcOptions): number {
  const { nrOps } = play;
  if (at === 'boot') return 0;
  if (at !== undefined) {
    const event = wholeNumber(at, '--at');
    if (event < nrOps) return event + 1;
    throw new BadInput(
      nrOps === 0
        ? 'this run has no events: leave out --at'
        : `this run has ${plural(nrOps, 'event')}, the last of them ${nrOps - 1}: --at ${at} is behind it`,
    );
  }
  if (atTime === undefined) return nrOps;
  const us = parseTime(atTime);
  if (us === undefined)
    throw new BadInput(`${JSON.stringify(atTime)} is no time: write --at-time 12s or 350ms`);
  if (us > play.plan.workload.lengthUs)
    throw new BadInput(
      `--at-time ${atTime} is behind the end of the run: it lasts ${play.plan.workload.lengthUs / 1e6}s`,
    );
  if (us === play.plan.workload.lengthUs) return nrOps;
  return opsUntil(tape, nrOps, us);
}

function playTo(play: Play, seed: number, nrOps: number): void {
  try {
    play.playUntil(nrOps);
  } catch (error) {
    throw new RunBug(seed, play.player.op, error);
  }
}

function showEvents(play: Play, seed: number, nrOps: number, last: number | null): void {
  const { tasks, functions } = namesOf(play.plan);
  const symbols = new KernelSymbols(play.machine.arch, functions);
  const newest: string[] = [];
  let from = 0;
  let text = last === null ? eventsHead() : '';
  new EventLog(play, event => {
    const line = eventLine(play.machine, tasks, event, symbols);
    if (line === '') return;
    if (last !== null) {
      if (last === 0) return;
      if (newest.length < last) newest.push(line);
      else newest[from++ % last] = line;
      return;
    }
    text += line;
    if (text.length < CHUNK) return;
    process.stdout.write(text);
    text = '';
  });
  playTo(play, seed, nrOps);
  if (last !== null && newest.length > 0) {
    const cut = from % newest.length;
    text = newest.slice(cut).join('') + newest.slice(0, cut).join('');
  }
  process.stdout.write(text);
}
