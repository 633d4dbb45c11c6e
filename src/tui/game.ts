/** The loop of the game: keys and ticks become messages, effects are carried out, frames are drawn when something changed. */
import type { Cells } from './cells.ts';
import type { GameRun, GameServices, Opponent, PolicyWatch } from './gameRun.ts';
import { decodeKeys, flushKeys } from './keys.ts';
import { Measuring } from './measuring.ts';
import { createModel, type Model, type ModelOptions } from './model.ts';
import { mouseOf } from './mouse.ts';
import { type Effect, type Message, update } from './update.ts';
import { fits, view } from './view.ts';

/** What the game needs of a terminal; blessed/terminal.ts is the real one. */
export interface Terminal {
  readonly width: number;
  readonly height: number;
  draw(cells: Cells): void;
  /** Forget what is on the screen, so that the next frame is drawn whole. */
  invalidate(): void;
  onInput(listener: (bytes: string) => void): void;
  onResize(listener: () => void): void;
  /** Give the terminal back as it was, without ending. */
  leave(): void;
  /** Take it again. */
  enter(): void;
  /** Ask for clicks and the wheel, or leave them to the terminal. */
  setMouse(on: boolean): void;
}

const FRAME_MS = 33;
/** While nothing moves, how often the loop wakes up to see whether something does. */
const IDLE_MS = 100;
/** How long the engine may work in one go before keys are looked at again. */
const SLICE_MS = 12;
/** Operations between two looks at the clock. */
const CHUNK_OPS = 512;
/** An ESC that nothing follows for so long was the key, not the start of a sequence. */
const ESCAPE_MS = 40;

export interface GameOptions extends Omit<ModelOptions, 'width' | 'height' | 'kept' | 'said'> {
  terminal: Terminal;
  services: GameServices;
  /** Stop this process for the shell's job control; calls back when it goes on. The terminal has been left before. */
  suspend: (resumed: () => void) => void;
}

export class Game {
  private model: Model;
  private readonly terminal: Terminal;
  private readonly services: GameServices;
  private readonly suspendProcess: (resumed: () => void) => void;
  private timer: NodeJS.Timeout | undefined;
  private escapeTimer: NodeJS.Timeout | undefined;
  private escapeCheck: NodeJS.Immediate | undefined;
  private pending = '';
  private lastTickMs = 0;
  private dirty = true;
  /** An editor or the shell has the terminal. */
  private away = false;
  private abort: AbortController | null = null;
  private comparing: AbortController | null = null;
  private watched = -1;
  /** The editor has the policy: what it saves is told once, when it is closed. */
  private editing = false;
  private watch: PolicyWatch | null = null;
  private readonly measuring: Measuring;
  /** What the history had to say and was shown. */
  private said: string;
  private end: ((error: unknown) => void) | null = null;

  constructor(options: GameOptions) {
    const { terminal, services, suspend, ...rest } = options;
    this.terminal = terminal;
    this.services = services;
    this.suspendProcess = suspend;
    const { history } = services;
    const kept = history.progress(rest.entries);
    const { width, height } = terminal;
    this.said = history.notice;
    this.measuring = new Measuring(services, {
      measured: () =>
        this.guard(() => {
          this.readRecord();
          this.draw();
        }),
      failed: error => this.end?.(error),
    });
    this.model = createModel({ ...rest, width, height, kept, said: this.said });
  }

  /** Play until the player quits. Rejects with whatever went wrong inside; the terminal is the caller's to restore. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.end = error => {
        this.end = null;
        clearTimeout(this.timer);
        this.forgetEscape();
        this.comparing?.abort();
        this.abort?.abort();
        this.measuring.stop();
        this.watch?.stop();
        this.services.history.flush();
        if (error === null) resolve();
        else reject(error);
      };
      this.terminal.onInput(bytes => this.guard(() => this.input(bytes)));
      this.terminal.onResize(() =>
        this.guard(() => {
          this.dispatch({ kind: 'resize', width: this.terminal.width, height: this.terminal.height });
          this.terminal.invalidate();
          this.draw();
        }),
      );
      this.lastTickMs = performance.now();
      this.guard(() => {
        if (this.model.mouse) this.terminal.setMouse(true);
        this.followPolicy();
        this.draw();
        this.schedule();
      });
    });
  }

  private guard(work: () => void): void {
    if (!this.end) return;
    try {
      work();
    } catch (error) {
      this.end(error);
    }
  }

  private moving(): boolean {
    return this.model.busy !== null || (this.model.screen === 'run' && this.model.play?.playing === true);
  }

  private schedule(): void {
    this.timer = setTimeout(() => this.guard(() => this.tick()), this.moving() ? FRAME_MS : IDLE_MS);
  }

  private tick(): void {
    const now = performance.now();
    const elapsedMs = now - this.lastTickMs;
    this.lastTickMs = now;
    if (!this.away) {
      if (this.moving() && fits(this.model.width, this.model.height))
        this.dispatch({ kind: 'tick', elapsedMs });
      this.draw();
    }
    if (this.end) this.schedule();
  }

  private input(bytes: string): void {
    this.forgetEscape();
    const { keys, rest } = decodeKeys(this.pending + bytes);
    this.pending = rest;
    if (rest !== '') {
      this.escapeTimer = setTimeout(() => {
        // When the machine was busy the rest may have come in time and not been read: what is there is read first.
        this.escapeCheck = setImmediate(() => {
          const held = this.pending;
          this.pending = '';
          this.guard(() => this.keys(flushKeys(held)));
        });
      }, ESCAPE_MS);
    }
    this.keys(keys);
  }

  /** More came, or nothing matters any more: it was not the key. */
  private forgetEscape(): void {
    clearTimeout(this.escapeTimer);
    clearImmediate(this.escapeCheck);
  }

  private keys(keys: readonly string[]): void {
    for (const key of keys) {
      if (!this.end || this.away) return;
      // Below the least size only leaving means anything: no key may act on a screen that is not seen.
      const small = !fits(this.model.width, this.model.height);
      const mouse = mouseOf(key);
      if (mouse) {
        if (!small) this.dispatch({ kind: 'mouse', ...mouse, nowMs: performance.now() });
        continue;
      }
      if (small && !['q', 'Q', 'escape', 'C-c', 'C-z'].includes(key)) continue;
      this.dispatch({ kind: 'key', key: small && key !== 'C-z' ? 'C-c' : key, nowMs: performance.now() });
    }
    this.draw();
  }

  private dispatch(message: Message): void {
    const step = update(this.model, message);
    if (step.model !== this.model) this.dirty = true;
    this.model = step.model;
    for (const effect of step.effects) if (this.end) this.perform(effect);
    this.followPolicy();
    this.measure();
  }

  private draw(): void {
    if (!this.dirty || this.away || !this.end) return;
    this.dirty = false;
    this.terminal.draw(view(this.model));
  }

  /** Watch the policy file of the challenge that is open. */
  private followPolicy(): void {
    const { screen, selected, entries } = this.model;
    const wanted = screen === 'list' ? -1 : selected;
    if (wanted === this.watched || !this.end || this.editing) return;
    this.watch?.stop();
    this.watch = null;
    this.watched = wanted;
    if (wanted < 0) return;
    const entry = entries[wanted];
    this.watch = this.services.watch(entry, () =>
      this.guard(() => {
        const exists = this.services.policyExists(entry);
        const path = this.services.policyPath(entry);
        this.dispatch({
          kind: 'policy-changed',
          selected: wanted,
          exists,
          path,
          nowMs: performance.now(),
        });
        this.draw();
      }),
    );
  }

  private perform(effect: Effect): void {
    switch (effect.kind) {
      case 'quit':
        this.end?.(null);
        return;
      case 'redraw':
        this.terminal.invalidate();
        this.dirty = true;
        return;
      case 'mouse':
        this.terminal.setMouse(effect.on);
        return;
      case 'suspend':
        this.away = true;
        this.terminal.leave();
        this.suspendProcess(() => this.guard(() => this.takeBack()));
        return;
      case 'abort':
        this.abort?.abort();
        this.comparing?.abort();
        return;
      case 'prepare':
        void this.prepare(effect.ticket, effect.selected, effect.seed);
        return;
      case 'edit':
        void this.edit(effect.selected);
        return;
      case 'read-record':
        this.readRecord();
        return;
      case 'look-attempt':
        this.dispatch({
          kind: 'attempt-source',
          id: effect.id,
          files: this.services.history.source(effect.id),
        });
        return;
      case 'restore':
        this.restore(effect.selected, effect.id);
        return;
      case 'epic':
        void this.playEpic(effect.ticket, effect.selected);
        return;
      case 'share':
        void this.share(effect.seed);
        return;
      case 'open-code': {
        const opened = this.services.openReplay(effect.text, this.model.entries);
        const run = opened.ok ? opened.run.open(opened.seed) : null;
        this.dispatch({ kind: 'code-opened', opened, run });
        return;
      }
      case 'keep-hints':
        this.services.history.addHints(this.model.entries[effect.selected], effect.hints);
        return;
      case 'explain':
        void this.explain(effect.ticket, effect.mark);
        return;
      case 'compare':
        void this.compare(effect.ticket, effect.opponent, effect.quiet);
        return;
      case 'open-seed': {
        void this.openSeed(effect.seed);
        return;
      }
      default:
        this.move(effect);
    }
  }

  /** Find a cause, and answer keys meanwhile. */
  private async explain(ticket: number, mark: number): Promise<void> {
    const run = this.model.play?.run;
    if (!run) return;
    try {
      const explaining = run.explain(mark);
      for (let until = performance.now() + SLICE_MS; !explaining.step(CHUNK_OPS); ) {
        if (performance.now() < until) continue;
        await new Promise(resolve => setImmediate(resolve));
        if (this.model.busy?.ticket !== ticket || !this.end) {
          // The run was moved to the place all the same.
          this.guard(() => this.dispatch({ kind: 'moved', behind: false }));
          return;
        }
        const text = `looking for the cause, ${explaining.percent} %`;
        this.guard(() => this.dispatch({ kind: 'progress', ticket, text }));
        until = performance.now() + SLICE_MS;
      }
      this.guard(() => {
        this.dispatch({ kind: 'explained', ticket, cause: explaining.cause! });
        this.draw();
      });
    } catch (error) {
      this.end?.(error);
    }
  }

  private async compare(ticket: number, opponent: Opponent, quiet: boolean): Promise<void> {
    const { play } = this.model;
    const compare = play?.prepared.compare;
    if (!play || !compare) return;
    const { prepared, previous, run } = play;
    this.comparing?.abort();
    const abort = new AbortController();
    this.comparing = abort;
    try {
      const result = await compare(run.seed, opponent, previous, abort.signal);
      this.guard(() => {
        if (abort.signal.aborted || this.model.play?.prepared !== prepared) return;
        this.dispatch({ kind: 'compared', ticket, quiet, result });
        this.draw();
      });
    } catch (error) {
      if (abort.signal.aborted) return;
      const text = error instanceof Error ? error.message : String(error);
      this.guard(() => {
        this.dispatch({ kind: 'gave-up', ticket, text });
        this.draw();
      });
    }
  }

  private async openSeed(seed: number): Promise<void> {
    const prepared = this.model.play?.prepared;
    if (!prepared) return;
    const abort = new AbortController();
    this.abort?.abort();
    this.abort = abort;
    try {
      await prepared.ready?.(seed, abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) this.end?.(error);
      return;
    }
    this.guard(() => {
      if (abort.signal.aborted || this.model.play?.prepared !== prepared) return;
      const run = prepared.open(seed);
      if (this.model.screen === 'result') run.seek(run.nrOps);
      this.dispatch({ kind: 'opened', run });
      this.draw();
    });
  }

  private async playEpic(ticket: number, selected: number): Promise<void> {
    const abort = new AbortController();
    this.abort?.abort();
    this.abort = abort;
    const { entries } = this.model;
    const progress = (text: string): void =>
      this.guard(() => this.dispatch({ kind: 'progress', ticket, text }));
    try {
      const outcome = await this.services.epic(entries[selected], entries, progress, abort.signal);
      if (abort.signal.aborted || outcome === null) return;
      this.guard(() => {
        this.dispatch({ kind: 'epic-done', ticket, outcome });
        this.draw();
      });
    } catch (error) {
      if (!abort.signal.aborted) this.end?.(error);
    }
  }

  /** Outside the screen: there a code is one line that can be copied whole. */
  private async share(seed: number): Promise<void> {
    const { code, problem } = this.model.play!.prepared.share!(seed);
    if (problem !== '') {
      this.dispatch({ kind: 'said', title: 'replay code', text: problem });
      return;
    }
    try {
      this.away = true;
      this.terminal.leave();
      await this.services.show(code);
      if (this.end) this.takeBack();
    } catch (error) {
      this.away = false;
      this.end?.(error);
    }
  }

  /** Stop without another frame; `run` resolves. */
  stop(): void {
    this.end?.(null);
  }

  get isAway(): boolean {
    return this.away;
  }

  /** Somebody else may have written on the terminal and changed its modes: take it anew. */
  retake(): void {
    this.guard(() => {
      this.terminal.leave();
      this.takeBack();
    });
  }

  private takeBack(): void {
    this.terminal.enter();
    this.away = false;
    this.lastTickMs = performance.now();
    this.dispatch({ kind: 'resize', width: this.terminal.width, height: this.terminal.height });
    this.terminal.invalidate();
    this.dirty = true;
    this.draw();
  }

  private move(effect: Effect): void {
    const run = this.model.play?.run;
    if (!run) return;
    let behind = false;
    if (effect.kind === 'step') run.step(effect.nrOps);
    else if (effect.kind === 'seek') run.seek(effect.op);
    else if (effect.kind === 'advance') behind = !this.advance(run, run.opsUntil(effect.toUs));
    this.dispatch({ kind: 'moved', behind });
  }

  /** Step to that operation, but no longer than a slice. @returns whether it got there */
  private advance(run: GameRun, to: number): boolean {
    const until = performance.now() + SLICE_MS;
    while (run.op < to) {
      run.step(Math.min(CHUNK_OPS, to - run.op));
      if (performance.now() > until) break;
    }
    return run.op >= to;
  }

  private async prepare(ticket: number, selected: number, seed: number): Promise<void> {
    const abort = new AbortController();
    this.abort?.abort();
    this.abort = abort;
    const progress = (text: string): void =>
      this.guard(() => this.dispatch({ kind: 'progress', ticket, text }));
    try {
      const preparation = await this.services.prepare(
        this.model.entries[selected],
        progress,
        abort.signal,
        seed,
      );
      if (abort.signal.aborted) return;
      const run = preparation.ok ? preparation.run.open(seed) : null;
      this.guard(() => {
        this.dispatch({ kind: 'prepared', ticket, preparation, run });
        if (preparation.ok) this.readRecord();
        this.tell();
        this.draw();
      });
    } catch (error) {
      if (!abort.signal.aborted) this.end?.(error);
    }
  }

  private readRecord(): void {
    const { selected, entries } = this.model;
    const { history } = this.services;
    const entry = entries[selected];
    const record = {
      selected,
      attempts: history.attempts(entry),
      sticks: history.yardsticks(entry),
      measuring: this.measuring.isAt(selected),
    };
    this.dispatch({ kind: 'record', record });
  }

  /** While a result is looked at, what it is held against is played. */
  private measure(): void {
    const { screen, selected, entries, busy, play } = this.model;
    const wanted = screen === 'result' && busy === null && !play?.prepared.replay && this.end ? selected : -1;
    this.measuring.follow(wanted, entries[wanted]);
  }

  private restore(selected: number, id: number): void {
    const entry = this.model.entries[selected];
    const { problem, same, aside } = this.services.restore(entry, id);
    const path = this.services.policyPath(entry);
    const text =
      problem !== ''
        ? problem
        : same
          ? `${path} is that policy already`
          : `${path} is that policy again${aside === '' ? '' : `; what was there is now ${aside}`}`;
    this.dispatch({ kind: 'notice', text, good: problem === '' });
    if (problem === '' && !same) this.watch?.check();
  }

  /** Nothing is kept any more: the player should know. */
  private tell(): void {
    const { notice } = this.services.history;
    if (notice === this.said) return;
    this.said = notice;
    this.dispatch({ kind: 'said', title: 'your progress', text: notice });
  }

  private async edit(selected: number): Promise<void> {
    const entry = this.model.entries[selected];
    try {
      // The starter is no change of the player's: whoever watches begins after it is there.
      this.watch?.stop();
      this.watched = -1;
      this.editing = true;
      const refused = this.services.startPolicy(entry);
      if (refused !== '') {
        this.editing = false;
        this.dispatch({ kind: 'edited', selected, exists: false, problem: refused, changed: false });
        this.draw();
        return;
      }
      let changed = false;
      const watch = this.services.watch(entry, () => {
        changed = true;
      });
      this.away = true;
      this.terminal.leave();
      const problem = await this.services.edit(entry);
      watch.stop();
      if (!this.end) return;
      watch.check();
      this.editing = false;
      this.takeBack();
      const exists = this.services.policyExists(entry);
      this.dispatch({ kind: 'edited', selected, exists, problem, changed });
      if (changed) {
        const path = this.services.policyPath(entry);
        this.dispatch({ kind: 'policy-changed', selected, exists, path, nowMs: performance.now() });
      }
      this.draw();
    } catch (error) {
      this.editing = false;
      this.away = false;
      this.end?.(error);
    }
  }
}
