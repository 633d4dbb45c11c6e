import { AS_LINUX, HOOKS, type HookName, type Hooks } from '../../../src/engine/index.ts';

export interface Refused {
  hook: HookName;
  answer: number;
  rule: string;
}

export interface Deciding extends Hooks {
  readonly refused: Refused[];
}

/** A policy that decides what is given, and nothing else. */
export function deciding(answers: Partial<Record<HookName, () => number>>): Deciding {
  const refused: Refused[] = [];
  const linux = () => AS_LINUX;
  const of = (hook: HookName) => answers[hook] ?? linux;
  return {
    mask: HOOKS.reduce((bits, name, i) => (answers[name] === undefined ? bits : bits | (1 << i)), 0),
    zonelist: () => of('zonelist')(),
    watermark: () => of('watermark')(),
    block: () => of('block')(),
    placement: () => of('placement')(),
    pcp: () => of('pcp')(),
    decide: hook => of(HOOKS[hook])(),
    illegal: (hook, answer, rule) => refused.push({ hook, answer, rule }),
    refused,
  };
}
