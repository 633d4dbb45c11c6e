import {
  AS_LINUX,
  FAULT,
  HOOKS,
  type HookName,
  type Hooks,
  REQ_FIELDS,
  REQ_LINUX,
  setHooks,
} from '../engine/index.ts';
import type { Play } from './play.ts';

/** One hook call: what was asked, what was answered, what was done. */
export interface Answer {
  hook: HookName;
  /** REQ_ fields of lib/hooks.ts. */
  request: Int32Array;
  /** As in the record: AS_LINUX and FAULT are answers too. */
  given: number;
  /** What the engine went by: Linux's answer where the policy left it to Linux or broke the rule. */
  done: number;
  linux: number;
  /** The rule that the answer broke, or ''. */
  rule: string;
}

/** Keeps the hook calls of a play since they were last cleared. */
export class HookLog {
  readonly answers: Answer[] = [];
  readonly mask: number;
  private readonly play: Play;

  constructor(play: Play) {
    this.play = play;
    this.mask = play.hooks?.mask ?? 0;
    if (play.hooks !== null) setHooks(play.machine, this.listening(play.hooks));
  }

  clear(): void {
    this.answers.length = 0;
  }

  /** Listen no more: the play goes on faster. */
  stop(): void {
    setHooks(this.play.machine, this.play.hooks);
  }

  private listening(inner: Hooks): Hooks {
    const { request } = this.play.machine;
    const listen = (hook: HookName, ask: () => number) => (): number => {
      const linux = request[REQ_LINUX];
      const given = ask();
      const done = given === AS_LINUX || given === FAULT ? linux : given;
      this.answers.push({ hook, request: request.slice(0, REQ_FIELDS), given, done, linux, rule: '' });
      return given;
    };
    return {
      mask: inner.mask,
      zonelist: listen('zonelist', () => inner.zonelist()),
      watermark: listen('watermark', () => inner.watermark()),
      block: listen('block', () => inner.block()),
      placement: listen('placement', () => inner.placement()),
      pcp: listen('pcp', () => inner.pcp()),
      decide: hook => listen(HOOKS[hook], () => inner.decide(hook))(),
      illegal: (hook, answer, rule) => {
        const last = this.answers[this.answers.length - 1];
        if (last !== undefined) {
          last.done = last.linux;
          last.rule = rule;
        }
        inner.illegal(hook, answer, rule);
      },
    };
  }
}

/** A pair of answers to one question; null: that policy does not decide it, so it is as Linux does. */
export interface AnswerPair {
  a: Answer | null;
  b: Answer | null;
}

/**
 * The first question of an operation that two plays answer differently, while their memories were the same before it:
 * then both are asked the same, as far as both decide it.
 */
export function firstDifferentAnswer(a: HookLog, b: HookLog): AnswerPair | null {
  let i = 0;
  let j = 0;
  for (;;) {
    const left = a.answers[i] as Answer | undefined;
    const right = b.answers[j] as Answer | undefined;
    if (left === undefined && right === undefined) return null;
    if (left !== undefined && !decides(b, left.hook)) {
      if (left.done !== left.linux) return { a: left, b: null };
      i++;
    } else if (right !== undefined && !decides(a, right.hook)) {
      if (right.done !== right.linux) return { a: null, b: right };
      j++;
    } else {
      if (left === undefined || right === undefined) return { a: left ?? null, b: right ?? null };
      if (left.hook !== right.hook || left.done !== right.done) return { a: left, b: right };
      i++;
      j++;
    }
  }
}

function decides(log: HookLog, hook: HookName): boolean {
  return (log.mask & (1 << HOOKS.indexOf(hook))) !== 0;
}
