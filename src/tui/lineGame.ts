/**
 * The game as a conversation: a command in plain words, an answer in short lines. The same model, rules and services as on
 * the screen; no escape sequence, nothing that only a colour or a place tells.
 */
import { nearest } from '../contract/nearest.ts';
import { causeText } from '../report/causeText.ts';
import { askCompare } from './compareView.ts';
import type { GameServices, Opponent } from './gameRun.ts';
import { clean, problemText, runText } from './linear.ts';
import { COMMANDS, commandNamed, helpText, type LineCommand } from './lineCommands.ts';
import { createModel, entryOf, type Model, type ModelOptions, type Play, type ScreenName } from './model.ts';
import { causeWords } from './panes/cause.ts';
import { type Effect, type Message, update, withProgress } from './update.ts';
import { textWidth, wrap } from './width.ts';

/** No line is longer, but for a replay code. */
const WIDTH = 79;
/** Columns of texts that the screen has too. */
export const TEXT_WIDTH = 76;

export interface LineOptions
  extends Pick<ModelOptions, 'entries' | 'open' | 'chapters' | 'utcOffsetMinutes'> {
  services: GameServices;
  write: (text: string) => void;
  /** An editor has a terminal to show itself on. */
  canEdit: boolean;
  /** Do something while the input belongs to somebody else. */
  away: <T>(work: () => Promise<T>) => Promise<T>;
}

/** A line of text in lines that fit; what is indented stays so. */
function folded(line: string): string[] {
  if (textWidth(line) <= WIDTH) return [line];
  const indent = ' '.repeat(Math.min(20, line.length - line.trimStart().length + 2));
  const [first, ...rest] = wrap(line.trimStart(), WIDTH - indent.length);
  return [indent.slice(2) + first, ...rest.map(part => indent + part)];
}

export class LineGame {
  model: Model;
  readonly services: GameServices;
  readonly canEdit: boolean;
  private readonly write: (text: string) => void;
  private readonly away: LineOptions['away'];
  private said = '';

  constructor(options: LineOptions) {
    const { services, write, canEdit, away, ...rest } = options;
    this.services = services;
    this.write = write;
    this.canEdit = canEdit;
    this.away = away;
    const kept = services.history.progress(rest.entries);
    const made = createModel({
      ...rest,
      width: TEXT_WIDTH,
      height: 24,
      glyphs: 'ascii',
      colours: 'none',
      kept,
    });
    this.model = { ...made, keys: false };
  }

  /** @returns whether there may be another one */
  async command(line: string): Promise<boolean> {
    const [word = '', ...rest] = line.trim().split(/\s+/);
    if (word === '' || word.startsWith('#')) return true;
    const command = commandNamed(word);
    if (command === undefined) {
      const near = nearest(
        word,
        COMMANDS.map(({ name }) => name),
      );
      const meant = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
      this.say(`There is no command ${word}.${meant} The commands are:\n${helpText(true)}`);
      return true;
    }
    if (command.name === 'quit') return false;
    if (!this.canDo(command)) return true;
    await command.run(this, rest.join(' '));
    this.tell();
    return true;
  }

  private canDo({ name, needs }: LineCommand): boolean {
    if (needs !== 'list' && entryOf(this.model)?.plan == null) {
      this.say('That challenge cannot be played: open another one.\n');
      return false;
    }
    if (needs === 'run' && this.model.play === null) {
      this.say(`Nothing has been run yet, so there is nothing to ${name}: run does that first.\n`);
      return false;
    }
    return true;
  }

  get play(): Play {
    return this.model.play!;
  }

  say(text: string): void {
    const lines = clean(text).replace(/\n$/, '').split('\n');
    this.write(`${lines.flatMap(folded).join('\n')}\n`);
  }

  /** To be copied: as it is. */
  sayWhole(text: string): void {
    this.write(`${clean(text)}\n`);
  }

  /** What the history has to say, once. */
  tell(): void {
    const { notice } = this.services.history;
    if (notice === this.said) return;
    this.said = notice;
    this.say(`${notice}\n`);
  }

  /** As if that key was pressed on that screen. */
  async key(screen: ScreenName, key: string): Promise<void> {
    const { model } = this;
    const play = model.play && { ...model.play, view: { ...model.play.view, inspecting: false } };
    this.model = { ...model, screen, play, notice: null, popup: null };
    await this.dispatch({ kind: 'key', key, nowMs: 0 });
    const { popup, notice } = this.model;
    if (popup) this.say(`${popup.title}\n${popup.text.replace(/\n\nh .*$/, '')}\n`);
    else if (notice) this.say(`${notice.text}\n`);
    this.model = { ...this.model, popup: null, notice: null };
  }

  async dispatch(message: Message): Promise<void> {
    const step = update(this.model, message);
    this.model = step.model;
    for (const effect of step.effects) await this.perform(effect);
  }

  /** The file may have come or gone since. */
  lookForPolicy(): void {
    const { model, services } = this;
    const entries = model.entries.map((entry, i) => {
      if (i !== model.selected || entry.plan === null) return entry;
      return { ...entry, policyExists: services.policyExists(entry), policyPath: services.policyPath(entry) };
    });
    this.model = { ...model, entries };
  }

  async perform(effect: Effect): Promise<void> {
    const { model, services } = this;
    const run = model.play?.run;
    switch (effect.kind) {
      case 'prepare': {
        const { signal } = new AbortController();
        const { seed, ticket } = effect;
        const preparation = await services.prepare(entryOf(model), () => {}, signal, seed);
        const opened = preparation.ok ? preparation.run.open(seed) : null;
        await this.dispatch({ kind: 'prepared', ticket, preparation, run: opened });
        return;
      }
      case 'keep-hints':
        services.history.addHints(entryOf(model), effect.hints);
        return;
      case 'step':
      case 'seek':
        if (effect.kind === 'step') run?.step(effect.nrOps);
        else run?.seek(effect.op);
        this.model = { ...model, play: model.play && { ...model.play, playing: false } };
        await this.dispatch({ kind: 'moved', behind: false });
        return;
      case 'open-seed': {
        const prepared = model.play!.prepared;
        await prepared.ready?.(effect.seed, new AbortController().signal);
        await this.dispatch({ kind: 'opened', run: prepared.open(effect.seed) });
        return;
      }
      case 'explain': {
        const explaining = run!.explain(effect.mark);
        while (!explaining.step(Number.MAX_SAFE_INTEGER));
        await this.dispatch({ kind: 'explained', ticket: effect.ticket, cause: explaining.cause! });
        return;
      }
      case 'compare':
        await this.compare(effect.ticket, effect.opponent, effect.quiet);
        return;
      case 'epic': {
        const progress = (text: string): void => this.say(`${text}\n`);
        const { signal } = new AbortController();
        const outcome = await services.epic(entryOf(model), model.entries, progress, signal);
        if (outcome) await this.dispatch({ kind: 'epic-done', ticket: effect.ticket, outcome });
        return;
      }
      default:
      // The rest is of the screen.
    }
  }

  private async compare(ticket: number, opponent: Opponent, quiet: boolean): Promise<void> {
    const { prepared, previous, run } = this.play;
    if (!prepared.compare) return;
    try {
      const { signal } = new AbortController();
      const result = await prepared.compare(run.seed, opponent, previous, signal);
      await this.dispatch({ kind: 'compared', ticket, quiet, result });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      await this.dispatch({ kind: 'gave-up', ticket, text });
    }
  }

  /** Ask for a comparison with the first opponent, or with the one of that name. @returns the names that there are */
  async compareWith(name: string): Promise<string[]> {
    const { model } = this;
    const step = askCompare({ ...model, screen: 'run', compareView: null, notice: null }, 0);
    const opponents = step.model.compareView?.opponents ?? [];
    const names = opponents.map(one => one.name);
    const wanted = name.toLowerCase();
    const chosen = wanted === '' ? 0 : names.findIndex(one => one.toLowerCase().endsWith(wanted));
    const [effect] = step.effects;
    if (chosen < 0 || effect?.kind !== 'compare') return names;
    this.model = { ...step.model, compareView: { ...step.model.compareView!, chosen } };
    await this.perform({ ...effect, opponent: opponents[chosen] });
    return names;
  }

  /** Play the policy that is there, and tell the run and what came of it. */
  async playAgain(): Promise<void> {
    this.lookForPolicy();
    const entry = entryOf(this.model);
    const nr = entry.plan!.seeds.length;
    const seeds = nr === 1 ? 'one seed' : `${nr} seeds`;
    const by = entry.policyExists ? `your policy, ${entry.policyPath},` : 'Linux without a policy';
    this.say(`Running ${by} on ${seeds}.\n`);
    await this.key('briefing', 'r');
    const { problem } = this.model;
    if (this.model.screen === 'problem' && problem) {
      this.say(problemText(entry, problem));
      this.model = { ...this.model, busy: null };
      return;
    }
    await this.tellRun();
  }

  /** Of the run that was just opened: memory now and then, then the result. */
  async tellRun(): Promise<void> {
    const { run } = this.play;
    this.say(`The run of seed ${run.seed}.\n`);
    for (const text of runText(run)) this.say(text);
    // A second look at the run keeps what the player won.
    await this.key('run', 'enter');
  }

  /** Open the editor where there is a terminal for it; else make the file, so that it can be changed elsewhere. */
  async edit(): Promise<void> {
    const entry = entryOf(this.model);
    const refused = this.services.startPolicy(entry);
    if (refused !== '') {
      this.say(`${refused}\n`);
      return;
    }
    this.lookForPolicy();
    const path = this.services.policyPath(entry);
    if (!this.canEdit) {
      this.say(`Your policy is ${path}. Change it with any editor, then say run.\n`);
      return;
    }
    const problem = await this.away(() => this.services.edit(entry));
    this.say(problem === '' ? `${path} is edited. run plays it.\n` : `${problem}\n`);
  }

  /** Watch that seed from now on. */
  async seed(index: number): Promise<void> {
    this.model = withProgress(this.model, { seed: index });
    const { seeds } = entryOf(this.model).plan!;
    if (this.model.play && !this.model.play.prepared.replay) {
      await this.perform({ kind: 'open-seed', seed: seeds[index] });
      this.model = { ...this.model, play: { ...this.play, playing: false } };
    }
  }

  causeText(): string {
    const { causeView } = this.model;
    const { prepared, run } = this.play;
    if (causeView === null) return '';
    return causeText(causeView.cause, causeWords(entryOf(this.model), prepared, run), TEXT_WIDTH);
  }
}
