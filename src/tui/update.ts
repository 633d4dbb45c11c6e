/** The game's rules of interaction: a message makes the next model and asks for effects. No clock, no terminal, no file. */
import type { SourceFile } from '../contract/policy.ts';
import type { Cause } from '../harness/cause.ts';
import { onAttemptsAction, openAttempts } from './attemptKeys.ts';
import { askCause, onCauseAction } from './causeView.ts';
import { onCodeOpened, onPasteKey, onShare } from './codes.ts';
import { askCompare, onCompareAction, onCompared, toParting } from './compareView.ts';
import { onEpicDone, startEpic } from './epic.ts';
import { short } from './format.ts';
import type {
  EpicOutcome,
  GameRun,
  OpenedReplay,
  Opponent,
  Preparation,
  PreparedRun,
  RunComparison,
} from './gameRun.ts';
import { hint } from './hints.ts';
import { onViewAction } from './inspect.ts';
import { type Action, actionOf, contextOf } from './keys.ts';
import { lookOf } from './look.ts';
import {
  type ChallengeRecord,
  entryOf,
  following,
  type Model,
  type Play,
  type Progress,
  progressOf,
  restfulSpeed,
  SPEEDS,
} from './model.ts';
import { type MouseWhat, onMouse, switchMouse } from './mouse.ts';
import { firstPanel } from './panels.ts';
import { changeText, partingEvent } from './panes/compare.ts';
import { helpScroll } from './panes/help.ts';
import { FIRST_VIEW } from './runView.ts';
import { FAR, linesOf, PAGE_LINES, scrolled } from './scroll.ts';
import { moveInList, startSearch, typeSearch } from './search.ts';
import { THEME_NAMES } from './theme.ts';
import { goTo, onPromptKey, onTravel } from './timeTravel.ts';
import { scrollLimit } from './view.ts';
import { textWidth } from './width.ts';

export type Message =
  | { kind: 'key'; key: string; nowMs: number }
  | { kind: 'mouse'; what: MouseWhat; x: number; y: number; nowMs: number }
  | { kind: 'tick'; elapsedMs: number }
  | { kind: 'resize'; width: number; height: number }
  | { kind: 'prepared'; ticket: number; preparation: Preparation; run: GameRun | null }
  | { kind: 'progress'; ticket: number; text: string }
  /** The run on the screen was moved; `behind`: it could not get as far as asked in the time of one frame. */
  | { kind: 'moved'; behind: boolean }
  | { kind: 'opened'; run: GameRun }
  | { kind: 'explained'; ticket: number; cause: Cause }
  | { kind: 'compared'; ticket: number; quiet: boolean; result: RunComparison }
  /** What was asked for in the background cannot be had. */
  | { kind: 'gave-up'; ticket: number; text: string }
  | { kind: 'policy-changed'; selected: number; exists: boolean; path?: string; nowMs: number }
  | { kind: 'edited'; selected: number; exists: boolean; problem: string; changed: boolean }
  | { kind: 'notice'; text: string; good: boolean }
  | { kind: 'record'; record: ChallengeRecord }
  | { kind: 'attempt-source'; id: number; files: SourceFile[] }
  | { kind: 'epic-done'; ticket: number; outcome: EpicOutcome }
  | { kind: 'code-opened'; opened: OpenedReplay; run: GameRun | null }
  | { kind: 'said'; title: string; text: string };

export type Effect =
  | { kind: 'prepare'; ticket: number; selected: number; seed: number }
  | { kind: 'abort' }
  | { kind: 'advance'; toUs: number }
  | { kind: 'step'; nrOps: number }
  | { kind: 'seek'; op: number }
  | { kind: 'open-seed'; seed: number }
  | { kind: 'explain'; ticket: number; mark: number }
  | { kind: 'compare'; ticket: number; opponent: Opponent; quiet: boolean }
  | { kind: 'edit'; selected: number }
  | { kind: 'read-record'; selected: number }
  | { kind: 'look-attempt'; id: number }
  | { kind: 'restore'; selected: number; id: number }
  | { kind: 'epic'; ticket: number; selected: number }
  | { kind: 'share'; seed: number }
  | { kind: 'open-code'; text: string }
  | { kind: 'keep-hints'; selected: number; hints: number }
  | { kind: 'suspend' }
  | { kind: 'redraw' }
  | { kind: 'mouse'; on: boolean }
  | { kind: 'quit' };

export interface Step {
  model: Model;
  effects: Effect[];
}

/** Longest time one tick may stand for: after a suspension the run does not jump. */
const MAX_TICK_MS = 100;

const only = (model: Model): Step => ({ model, effects: [] });

export function update(model: Model, message: Message): Step {
  switch (message.kind) {
    case 'key':
      return onKey(model, message.key, message.nowMs);
    case 'mouse':
      return onMouse(model, message);
    case 'tick':
      return onTick(model, message.elapsedMs);
    case 'resize':
      return only({ ...model, width: message.width, height: message.height });
    case 'prepared':
      return onPrepared(model, message.ticket, message.preparation, message.run);
    case 'progress':
      if (model.busy?.ticket !== message.ticket) return only(model);
      return only({ ...model, busy: { ...model.busy, text: message.text } });
    case 'moved':
      return onMoved(model, message.behind);
    case 'opened':
      if (!model.play) return only(model);
      return only({
        ...model,
        play: {
          ...startOfPlay(model.play.prepared, message.run),
          speed: model.play.speed,
          view: model.play.view,
          previous: model.play.previous,
        },
      });
    case 'explained':
      if (model.busy?.ticket !== message.ticket || !model.play) return only(model);
      return only({
        ...model,
        busy: null,
        screen: 'cause',
        scroll: 0,
        causeView: { cause: message.cause, selected: 0, back: model.screen === 'result' ? 'result' : 'run' },
        play: { ...model.play, moves: model.play.moves + 1, clockUs: model.play.run.timeUs },
      });
    case 'compared':
      if (!message.quiet) return onCompared(model, message.ticket, message.result);
      return model.play ? only(withChange(model, model.play, message.result)) : only(model);
    case 'gave-up':
      if (model.busy?.ticket !== message.ticket) return only(model);
      return only({ ...model, busy: null, notice: { text: message.text, kind: 'bad' } });
    case 'policy-changed': {
      const next = withPolicy(model, message.selected, message.exists, message.path);
      if (message.selected !== model.selected || model.screen === 'list' || !entryOf(model).plan) {
        return only(next);
      }
      return prepare(next, message.nowMs, 'policy saved: running it');
    }
    case 'edited': {
      const next = withPolicy(model, message.selected, message.exists);
      if (message.problem !== '') return only(withComplaint(next, message.problem));
      if (message.changed) return only(next);
      const text =
        message.exists && !entryOf(model).policyExists
          ? `new: ${entryOf(model).policyPath}, as Linux decides`
          : 'the policy was not changed';
      return only({ ...next, notice: { text, kind: 'plain' } });
    }
    case 'record':
      return only({ ...model, record: message.record });
    case 'attempt-source': {
      const { history, record } = model;
      if (!history || record?.attempts[history.at]?.id !== message.id) return only(model);
      return only({ ...model, history: { ...history, files: message.files } });
    }
    case 'epic-done':
      return onEpicDone(model, message.ticket, message.outcome);
    case 'code-opened':
      return onCodeOpened(model, message.opened, message.run);
    case 'said':
      return only({ ...model, popup: { title: message.title, text: message.text } });
    case 'notice':
      return only({ ...model, notice: { text: message.text, kind: message.good ? 'good' : 'bad' } });
  }
}

/** In the status line, or over the screen where what to do would be cut off there. */
function withComplaint(model: Model, text: string): Model {
  if (textWidth(text) > model.width - 2) return { ...model, popup: { title: 'your policy', text } };
  return { ...model, notice: { text, kind: 'bad' } };
}

function withPolicy(model: Model, selected: number, policyExists: boolean, path?: string): Model {
  const entries = model.entries.map((entry, i) =>
    i === selected ? { ...entry, policyExists, policyPath: path ?? entry.policyPath } : entry,
  );
  return { ...model, entries };
}

export function withProgress(model: Model, change: Partial<Progress>): Model {
  const progress = model.progress.map((old, i) => (i === model.selected ? { ...old, ...change } : old));
  return { ...model, progress };
}

export function startOfPlay(prepared: Play['prepared'], run: GameRun): Play {
  return {
    prepared,
    run,
    moves: 0,
    playing: true,
    speed: restfulSpeed(run.lengthUs),
    clockUs: 0,
    logBack: 0,
    logWide: false,
    view: { ...FIRST_VIEW, panel: firstPanel(run) },
    previous: null,
    change: null,
    parting: null,
    resultShown: false,
  };
}

function onKey(before: Model, key: string, nowMs: number): Step {
  const model = before.notice ? { ...before, notice: null } : before;
  if (model.paste && !['C-c', 'C-z', 'C-l'].includes(key)) return onPasteKey(model, key);
  const searched = model.help || model.popup || model.busy ? null : typeSearch(model, key);
  if (searched) return only(searched);
  if (model.seekText !== null && !['C-c', 'C-z', 'C-l'].includes(key)) return onPromptKey(model, key);
  const action = actionOf(contextOf(model), key);
  if (action === 'quit-now') return { model, effects: [{ kind: 'quit' }] };
  if (action === 'suspend') return { model, effects: [{ kind: 'suspend' }] };
  if (action === 'theme') return only(nextTheme(model));
  if (action === 'mouse') return switchMouse(model);
  if (action === 'redraw') return { model, effects: [{ kind: 'redraw' }] };
  if (model.help) return onHelpKey(model, key);
  if (model.popup && action !== 'hint') {
    const closed = { ...model, popup: null };
    // Who has read a hint wants to write: that key is not lost on closing it.
    return action === 'edit' ? editPolicy(closed) : only(closed);
  }
  if (action === null) return only(model);
  if (action === 'help') return only({ ...model, help: true, helpScroll: 0 });
  if (model.busy && (action === 'back' || action === 'quit')) {
    const stopped: Model['notice'] = {
      text: 'stopped; what you see is from before: R runs your policy',
      kind: 'plain',
    };
    const notice = model.screen === 'run' || model.screen === 'result' ? stopped : null;
    return { model: { ...model, busy: null, notice }, effects: [{ kind: 'abort' }] };
  }
  switch (model.screen) {
    case 'list':
      return onListAction(model, action, nowMs);
    case 'attempts':
      return onAttemptsAction(model, action);
    case 'run':
      return onRunAction(model, action, nowMs);
    case 'cause':
      return onCauseAction(model, action);
    case 'compare':
      return onCompareAction(model, action, nowMs);
    default:
      return onTextAction(model, action, nowMs);
  }
}

function nextTheme(model: Model): Model {
  if (model.colours === 'none') {
    return {
      ...model,
      notice: { text: 'there are no colours here: NO_COLOR, or the terminal', kind: 'plain' },
    };
  }
  const theme = THEME_NAMES[(THEME_NAMES.indexOf(model.theme) + 1) % THEME_NAMES.length];
  return { ...model, theme, notice: { text: `theme ${theme}; --theme ${theme} keeps it`, kind: 'plain' } };
}

/** A help that does not fit is scrolled; every other key closes it. */
function onHelpKey(model: Model, key: string): Step {
  const by = HELP_SCROLL[key] ?? 0;
  const limit = by === 0 ? 0 : helpScroll(model);
  if (limit === 0) return only({ ...model, help: false });
  return only({ ...model, helpScroll: scrolled(model.helpScroll, by, limit) });
}
const HELP_SCROLL: Readonly<Record<string, number>> = {
  up: -1,
  k: -1,
  down: 1,
  j: 1,
  pageup: -PAGE_LINES,
  pagedown: PAGE_LINES,
  home: -FAR,
  end: FAR,
};

function onListAction(model: Model, action: Action, nowMs: number): Step {
  const by = linesOf(action);
  if (by !== undefined) return only(moveInList(model, by));
  switch (action) {
    case 'quit':
      return { model, effects: [{ kind: 'quit' }] };
    case 'epic':
      return startEpic(model, nowMs);
    case 'paste':
      return only({ ...model, paste: { text: '', problem: '' } });
    case 'daily': {
      const daily = model.entries.findIndex(entry => entry.daily !== undefined);
      if (daily < 0) return only({ ...model, notice: { text: 'there is no daily run here', kind: 'plain' } });
      return openSelected(model, daily);
    }
    case 'search':
      return only(startSearch(model));
    case 'open':
      return openSelected(model, model.selected);
    case 'edit':
      return editPolicy(model);
    default:
      return only(model);
  }
}

export function editPolicy(model: Model): Step {
  if (!entryOf(model)?.plan) return only(model);
  return { model, effects: [{ kind: 'edit', selected: model.selected }] };
}

function openSelected(model: Model, selected: number): Step {
  const entry = model.entries[selected];
  if (!entry) return only(model);
  const play = selected === model.selected ? model.play : null;
  const next: Model = { ...model, selected, play, scroll: 0, popup: null };
  if (entry.plan) return only({ ...next, screen: 'briefing', problem: null });
  const problem = {
    title: `${entry.id} cannot be played`,
    diagnostics: entry.diagnostics,
    message: `The challenge file ${entry.file} is at fault.`,
  };
  return only({ ...next, screen: 'problem', problem });
}

/** Scroll keys, and what briefing, result and problem have in common. */
function onTextAction(model: Model, action: Action, nowMs: number): Step {
  const by = linesOf(action);
  if (by !== undefined) {
    const limit = scrollLimit(model);
    const scroll = scrolled(model.scroll, by, limit);
    // The result grows while others are played: its end stays in sight.
    return only({ ...model, scroll: limit > 0 && scroll === limit ? FAR : scroll });
  }
  const entry = entryOf(model);
  switch (action) {
    case 'back':
      if (model.screen === 'briefing' || model.screen === 'epic' || !entry.plan) {
        return only({ ...model, screen: 'list', scroll: 0, problem: null });
      }
      return only({ ...model, screen: 'briefing', scroll: 0 });
    case 'run':
      return entry.plan && !isRunning(model) ? prepare(model, nowMs, startText(model)) : only(model);
    case 'edit':
      return editPolicy(model);
    case 'hint':
      return hint(model);
    case 'seed':
      return nextSeed(model);
    case 'map':
      return only({ ...model, screen: 'run', scroll: 0 });
    case 'restart':
      return restart(model);
    case 'next-failure':
      if (!model.play) return only(model);
      return goTo(model, tellingOp(model.play.run));
    case 'cause':
      return askCause(model, nowMs);
    case 'compare':
      return askCompare(model, nowMs);
    case 'parting':
      return toParting(model);
    case 'attempts':
      return openAttempts(model);
    case 'share':
      return onShare(model);
    case 'next-challenge':
      return openSelected(model, following(model));
    default:
      return only(model);
  }
}

function onRunAction(model: Model, action: Action, nowMs: number): Step {
  const play = model.play;
  if (!play) return onTextAction({ ...model, screen: 'briefing' }, action, nowMs);
  const { run } = play;
  const having = (change: Partial<Play>): Model => ({ ...model, play: { ...play, ...change } });
  const move = (effect: Effect): Step => ({
    model: having({ playing: false, logBack: 0 }),
    effects: [effect],
  });
  switch (action) {
    case 'pause':
      if (run.done && !play.playing) return restart(model);
      if (!play.playing) return only(having({ playing: true }));
      // Arriving at the same place again, the run can tell what its last operation did.
      return move({ kind: 'seek', op: run.op });
    case 'step':
      return move({ kind: 'step', nrOps: 1 });
    case 'step-back':
      return move({ kind: 'seek', op: Math.max(0, run.op - 1) });
    case 'first':
      return move({ kind: 'seek', op: 0 });
    case 'last':
      return move({ kind: 'seek', op: run.nrOps });
    case 'faster':
      return only(having({ speed: Math.min(SPEEDS.length - 1, play.speed + 1) }));
    case 'slower':
      return only(having({ speed: Math.max(0, play.speed - 1) }));
    case 'restart':
      return restart(model);
    case 'log':
      return only(having({ logWide: !play.logWide, logBack: 0 }));
    case 'up':
      return only(having({ logBack: play.logBack + 1 }));
    case 'down':
      return only(having({ logBack: Math.max(0, play.logBack - 1) }));
    case 'page-up':
      return only(having({ logBack: play.logBack + PAGE_LINES }));
    case 'page-down':
      return only(having({ logBack: Math.max(0, play.logBack - PAGE_LINES) }));
    case 'result':
      return {
        model: showResult(having({ playing: false, resultShown: true })),
        effects: [{ kind: 'seek', op: run.nrOps }],
      };
    case 'back':
      return only({ ...having({ playing: false }), screen: 'briefing', scroll: 0 });
    default:
      return (
        onTravel(model, action) ?? onViewAction(model, play, action) ?? onTextAction(model, action, nowMs)
      );
  }
}

/** Where to look first; the start where nothing went wrong. */
function tellingOp({ tellingMark, marks }: GameRun): number {
  return tellingMark < 0 ? 0 : marks.op[tellingMark];
}

function nextSeed(model: Model): Step {
  const seeds = entryOf(model).plan?.seeds ?? [];
  if (model.play?.prepared.replay) {
    return only({ ...model, notice: { text: 'a replay is of one seed', kind: 'plain' } });
  }
  if (seeds.length < 2) {
    return only({ ...model, notice: { text: 'this challenge has one seed only', kind: 'plain' } });
  }
  const seed = seedAfter(model, seeds);
  const next = withProgress({ ...model, scroll: 0 }, { seed });
  return { model: next, effects: model.play ? [{ kind: 'open-seed', seed: seeds[seed] }] : [] };
}

/** The next in order; from the result of a seed that is won, where others are lost, the next of those. */
function seedAfter(model: Model, seeds: readonly number[]): number {
  const { seed: at } = progressOf(model);
  const ahead = seeds.map((_, i) => (at + 1 + i) % seeds.length);
  const verdicts = model.screen === 'result' ? (model.play?.prepared.verdict.seeds ?? []) : [];
  const isLost = (i: number): boolean =>
    verdicts.some(({ seed, outcome }) => seed === seeds[i] && outcome === 'lost');
  return (isLost(at) ? undefined : ahead.find(isLost)) ?? ahead[0];
}

function restart(model: Model): Step {
  const { play } = model;
  if (!play) return only(model);
  const again: Play = {
    ...play,
    playing: true,
    clockUs: 0,
    logBack: 0,
    resultShown: false,
  };
  return {
    model: { ...model, screen: 'run', scroll: 0, play: again },
    effects: [{ kind: 'seek', op: 0 }],
  };
}

/** The policy is under way already: who asks again is waiting for it. A change of its file begins anew by itself. */
function isRunning(model: Model): boolean {
  const running = model.busy?.running;
  return running?.selected === model.selected && running.seed === progressOf(model).seed;
}

function startText(model: Model): string {
  return entryOf(model).policyExists ? 'running your policy' : "running Linux's own way";
}

function prepare(model: Model, nowMs: number, text: string): Step {
  const seeds = entryOf(model).plan!.seeds;
  const ticket = model.nextTicket;
  const { selected } = model;
  return {
    model: {
      ...model,
      busy: { ticket, text, sinceMs: nowMs, running: { selected, seed: progressOf(model).seed } },
      nextTicket: ticket + 1,
      popup: null,
      notice: null,
    },
    effects: [
      {
        kind: 'prepare',
        ticket,
        selected,
        seed: seeds[progressOf(model).seed % seeds.length],
      },
    ],
  };
}

function onPrepared(model: Model, ticket: number, preparation: Preparation, run: GameRun | null): Step {
  if (model.busy?.ticket !== ticket) return only(model);
  const counted = withProgress(model, { attempts: progressOf(model).attempts + 1 });
  const next: Model = { ...counted, busy: null, scroll: 0, help: false };
  if (!preparation.ok) {
    return only({ ...next, screen: 'problem', problem: preparation.problem, play: null });
  }
  if (!run) return only(next);
  const fresh = startOfPlay(preparation.run, run);
  // Another seed may have been chosen meanwhile: the one that is named is the one that is seen.
  const seed = Math.max(0, (entryOf(model).plan?.seeds ?? []).indexOf(run.seed));
  const { lastPrepared, selected } = model;
  const previous = lastPrepared?.selected === selected ? lastPrepared.prepared : null;
  const kept = model.play ? { speed: model.play.speed, view: model.play.view } : {};
  const shown: Model = {
    ...withProgress(next, { seed }),
    screen: 'run',
    problem: null,
    play: { ...fresh, ...kept, previous },
    notice: faultsNotice(preparation.run, run.seed),
    lastPrepared: { selected, prepared: preparation.run },
  };
  if (previous === null) return only(shown);
  return {
    model: { ...shown, nextTicket: shown.nextTicket + 1 },
    effects: [
      {
        kind: 'compare',
        ticket: shown.nextTicket,
        opponent: { kind: 'previous', name: 'before' },
        quiet: true,
      },
    ],
  };
}

/** A policy that is at fault decides nothing there: who watches its run should not look for its work. */
function faultsNotice({ verdict }: PreparedRun, watched: number): Model['notice'] {
  const seed = verdict.seeds.find(({ seed }) => seed === watched);
  const fault = seed?.faults[0];
  if (!seed || !fault) return null;
  const times = seed.nrFaults === 1 ? 'a fault' : `${short(seed.nrFaults)} faults`;
  const value = fault.value === '' ? '' : `answered ${fault.value}, `;
  const text = `enter tells of ${times} of your policy: ${fault.file}:${fault.line} ${value}${fault.message}`;
  return { text, kind: 'bad' };
}

/** What the last change of the policy did is known. */
function withChange(model: Model, play: Play, change: RunComparison): Model {
  const event = partingEvent(change);
  const next = { ...model, play: { ...play, change, parting: event < 0 ? null : event + 1 } };
  if (model.screen !== 'run' || model.notice !== null) return next;
  const text = changeText(change, model.width - 2, lookOf(model).glyphs.ellipsis);
  return { ...next, notice: { text, kind: 'plain' } };
}

function onTick(model: Model, elapsedMs: number): Step {
  const { play } = model;
  if (model.busy) return only({ ...model, frame: model.frame + 1 });
  if (!play?.playing || model.screen !== 'run') return only(model);
  const elapsedUs = Math.min(elapsedMs, MAX_TICK_MS) * 1000 * SPEEDS[play.speed];
  const clockUs = Math.min(play.run.lengthUs, play.clockUs + elapsedUs);
  return { model: { ...model, play: { ...play, clockUs } }, effects: [{ kind: 'advance', toUs: clockUs }] };
}

function onMoved(model: Model, behind: boolean): Step {
  const { play } = model;
  if (!play) return only(model);
  const { run } = play;
  const clockUs = play.playing && !behind ? play.clockUs : run.timeUs;
  const over = play.playing && run.done && clockUs >= run.lengthUs;
  const moved: Play = {
    ...play,
    moves: play.moves + 1,
    clockUs,
    playing: play.playing && !over,
  };
  const next = { ...model, play: moved };
  if (!over || play.resultShown || model.screen !== 'run') return only(next);
  return only(showResult({ ...next, play: { ...moved, resultShown: true } }));
}

function showResult(model: Model): Model {
  const { verdict, replay } = model.play!.prepared;
  // What somebody else won is not won here.
  if (replay) return { ...model, screen: 'result', scroll: 0, popup: null };
  const stars = Math.max(progressOf(model).stars, verdict.outcome === 'won' ? verdict.stars : 0);
  return { ...withProgress(model, { stars }), screen: 'result', scroll: 0, popup: null };
}
