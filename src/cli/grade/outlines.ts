import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PolicySource } from '../../contract/policy.ts';
import type { OutlineResult } from '../../policy/compile/outline.ts';
import { packageRoot } from '../root.ts';

const THREAD = join(packageRoot, 'dist', 'cli', 'grade', 'outlineThread.js');
/** A policy is parsed in some milliseconds. */
const LIMIT_MS = 10_000;
const LIMIT_MB = 512;

/** Outlines of policies that nobody trusts, one after the other in a thread that is thrown away when one is too much for it. */
export class Outlines {
  private thread: Worker | null = null;
  private answer: (result: OutlineResult) => void = () => {};
  private readonly words = new Map<string, string>();
  private readonly known = new Map<string, OutlineResult>();

  async of(source: PolicySource): Promise<OutlineResult> {
    const key = JSON.stringify(source.files);
    const known = this.known.get(key) ?? (await this.ask(source));
    this.known.set(key, known);
    return known;
  }

  /** What the next challenge will hardly ask for again. */
  forget(): void {
    this.known.clear();
  }

  close(): void {
    void this.thread?.terminate();
    this.thread = null;
  }

  private ask(source: PolicySource): Promise<OutlineResult> {
    return new Promise(resolve => {
      this.thread ??= this.start();
      const tooLong = (): void => this.lost(`it takes longer than ${LIMIT_MS / 1000} s to parse`);
      const timer = setTimeout(tooLong, LIMIT_MS);
      this.answer = result => {
        clearTimeout(timer);
        resolve(result);
      };
      this.thread.postMessage(source);
    });
  }

  private start(): Worker {
    const thread = new Worker(THREAD, { resourceLimits: { maxOldGenerationSizeMb: LIMIT_MB } });
    const mine = (act: () => void): void => {
      if (this.thread === thread) act();
    };
    thread.on('message', (result: OutlineResult) => mine(() => this.answer(this.interned(result))));
    thread.on('error', error => mine(() => this.lost(`it cannot be parsed: ${error.message}`)));
    thread.on('exit', () => mine(() => this.lost('it cannot be parsed: its thread ended')));
    return thread;
  }

  /** With each token once: they come as copies, and there are some dozens. */
  private interned(result: OutlineResult): OutlineResult {
    if ('problem' in result) return result;
    const { tokens, regions } = result.outline;
    const shared = tokens.map(token => {
      const known = this.words.get(token);
      if (known === undefined) this.words.set(token, token);
      return known ?? token;
    });
    return { outline: { tokens: shared, regions } };
  }

  private lost(problem: string): void {
    this.close();
    this.answer({ problem });
  }
}
