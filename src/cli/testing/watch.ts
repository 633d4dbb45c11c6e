/** `oomph test --watch`: what a saved file changes is run again. */
import { relative, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { watch } from 'chokidar';
import { BadInput, EXIT_PASSED } from '../exit.ts';
import { writeReports } from '../testReporters.ts';
import { findSpecs } from './find.ts';
import { exitCodeOf } from './runSpecs.ts';
import { type LoadedSpec, loadSpec } from './specs.ts';
import { runSelection, selectionOf, type TestWish } from './work.ts';

/** Editors write a file in several steps. */
const SETTLE_MS = 120;
const KEYS = 'a: run all  f: run what failed  u: update snapshots  Enter: run again  q: quit';
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

type Rerun = 'all' | 'failed' | 'last';

/** @returns the exit code of the last run */
export function watchSpecs(wish: TestWish): Promise<number> {
  return new Watching(wish).run();
}

class Watching {
  private readonly wish: TestWish;
  private specs: LoadedSpec[] = [];
  private readonly failed = new Set<string>();
  private last: string[] = [];
  private code = EXIT_PASSED;
  /** Of what is run now. */
  private controller: AbortController | null = null;
  private readonly changed = new Set<string>();
  private timer: NodeJS.Timeout | null = null;
  private asked: { files: string[]; update: boolean } | null = null;
  private end: (code: number) => void = () => {};
  private broke: (error: unknown) => void = () => {};
  private readonly watcher = watch([], {
    ignoreInitial: true,
    ignored: path => /(^|[/\\])(node_modules|\.git|__snapshots__)([/\\]|$)/.test(path),
  });

  constructor(wish: TestWish) {
    this.wish = wish;
  }

  async run(): Promise<number> {
    this.load();
    const stdin: Readable & Partial<NodeJS.ReadStream> = process.stdin;
    const keys = stdin.isTTY === true;
    const onKey = (text: Buffer): void => {
      // Those typed while it was busy come together.
      for (const key of text.toString()) this.key(key);
    };
    const onSignal = (): void => this.end(this.code);
    const done = new Promise<number>((end, broke) => {
      this.end = end;
      this.broke = broke;
    });
    try {
      this.watcher.on('all', (event, path) => this.change(event, path));
      this.watcher.add(this.roots());
      await new Promise<void>(ready => this.watcher.once('ready', () => ready()));
      if (keys) {
        stdin.setRawMode!(true);
        stdin.resume();
        stdin.on('data', onKey);
      }
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
      this.ask(this.specs.map(({ file }) => file));
      return await done;
    } finally {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
      if (keys) {
        stdin.off('data', onKey);
        stdin.setRawMode!(false);
        stdin.pause();
      }
      this.controller?.abort();
      // Whatever settles now would be watched by a watcher that add() opens again.
      this.watcher.removeAllListeners('all');
      if (this.timer !== null) clearTimeout(this.timer);
      await this.watcher.close();
    }
  }

  private load(): void {
    this.specs = findSpecs(this.wish.names).map(loadSpec);
    if (this.wish.filter !== null && !this.specs.some(this.wish.filter)) {
      throw new BadInput('--filter leaves none of the specs: nothing to watch');
    }
  }

  /** Where specs may come up, and every file that one is made from. */
  private roots(): string[] {
    const folders =
      this.wish.names.length === 0
        ? ['.']
        : this.wish.names.map(name => name.replace(/[^/\\]*[*?{[(!].*$/s, '') || '.');
    return [...folders, ...this.specs.flatMap(({ watched }) => watched)];
  }

  private change(event: string, path: string): void {
    if (event === 'addDir' || event === 'unlinkDir') return;
    this.changed.add(here(path));
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settled(), SETTLE_MS);
  }

  private settled(): void {
    const changed = [...this.changed];
    this.changed.clear();
    const before = this.specs;
    try {
      this.load();
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      this.specs = [];
      process.stdout.write(`${error.message}\n`);
      return;
    }
    this.watcher.add(this.specs.flatMap(({ watched }) => watched));
    const known = new Set(before.map(({ file }) => file));
    const files = this.specs
      .filter(({ file, watched, plan }) => {
        const isTouched = changed.some(path => watched.includes(path));
        // What was missing may have come, whatever it is called.
        return (
          isTouched ||
          !known.has(file) ||
          plan === null ||
          before.find(one => one.file === file)?.plan === null
        );
      })
      .map(({ file }) => file);
    if (files.length > 0) this.ask(files);
  }

  private key(key: string): void {
    if (key === 'q' || key === CTRL_C || key === CTRL_D) {
      if (this.controller !== null && key === CTRL_C) this.controller.abort();
      this.end(this.code);
    } else if (key === 'a') this.rerun('all');
    else if (key === 'f') this.rerun('failed');
    else if (key === '\r' || key === '\n') this.rerun('last');
    else if (key === 'u') this.rerun('last', true);
  }

  private rerun(what: Rerun, update = false): void {
    if (this.controller !== null) return;
    this.load();
    const all = this.specs.map(({ file }) => file);
    const wanted = { all, failed: all.filter(file => this.failed.has(file)), last: this.last }[what];
    if (wanted.length === 0) process.stdout.write('nothing failed\n');
    else this.ask(wanted, update);
  }

  /** At once, or when what is run now is done. */
  private ask(files: readonly string[], update = false): void {
    const { asked } = this;
    this.asked = {
      files: [...new Set([...(asked?.files ?? []), ...files])],
      update: update || (asked?.update ?? false),
    };
    if (this.controller === null) void this.work().catch(error => this.fail(error));
  }

  private async work(): Promise<void> {
    const controller = new AbortController();
    this.controller = controller;
    while (this.asked !== null && !controller.signal.aborted) {
      const { files, update } = this.asked;
      this.asked = null;
      const specs = this.specs.filter(({ file }) => files.includes(file));
      const { filter } = this.wish;
      const wanted = filter === null ? specs : specs.filter(filter);
      if (wanted.length === 0) continue;
      this.last = wanted.map(({ file }) => file);
      const wish = { ...this.wish, filter: null, update: this.wish.update || update };
      const run = await runSelection(selectionOf(wanted, wish), wish, controller.signal);
      for (const { file, status } of run.specs) {
        if (status === 'passed') this.failed.delete(file);
        else this.failed.add(file);
      }
      if (controller.signal.aborted) break;
      this.code = exitCodeOf(run);
      process.stdout.write('\n');
      writeReports(run, this.wish.reports);
      process.stdout.write(
        `\nwatching ${this.specs.length === 1 ? '1 spec' : `${this.specs.length} specs`}  ${process.stdin.isTTY ? KEYS : 'Ctrl-C: quit'}\n`,
      );
    }
    this.controller = null;
  }

  private fail(error: unknown): void {
    this.controller = null;
    if (error instanceof BadInput) process.stdout.write(`${error.message}\n`);
    else this.broke(error);
  }
}

/** As specs call their files: from where the command runs, with `/`. */
function here(path: string): string {
  return relative(process.cwd(), resolve(path)).split(sep).join('/');
}
