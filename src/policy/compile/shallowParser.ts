import { Parser } from 'acorn';

/**
 * How deep the parser may go into itself: about three calls for each level of parentheses. Far from the end of the stack,
 * whose place differs between computers, and where the engine may take the whole process down.
 */
const MAX_DESCENTS = 1000;

/** Every way round in acorn's parser leads through one of these. */
const DESCENTS = [
  'parseStatement',
  'parseMaybeAssign',
  'parseMaybeUnary',
  'parseExprAtom',
  'parseExprOp',
  'parseBindingAtom',
];

/** The text is nested too deeply to be parsed. */
export class TooDeep extends Error {
  readonly loc: { line: number; column: number };

  constructor(loc: { line: number; column: number }) {
    super('nested too deeply');
    this.loc = loc;
  }
}

/** The parser looks each name up among all of its block: a square of them. */
export const MAX_NAMES = 8000;

/** A block declares more than MAX_NAMES names. */
export class TooMany extends Error {
  readonly loc: { line: number; column: number };

  constructor(loc: { line: number; column: number }) {
    super('too many names');
    this.loc = loc;
  }
}

interface Descending {
  descents?: number;
  curPosition(): { line: number; column: number };
  currentScope(): Record<'var' | 'lexical' | 'functions', string[]>;
}
type Descent = (this: Descending, ...args: unknown[]) => unknown;

/** acorn that gives up early, and always at the same place. */
export const ShallowParser: typeof Parser = Parser.extend(Base => {
  class Shallow extends (Base as unknown as new (...args: unknown[]) => object) {}
  const own = Shallow.prototype as unknown as Record<string, Descent>;
  const base = Base.prototype as unknown as Record<string, Descent>;
  for (const name of DESCENTS) {
    const descend = base[name];
    own[name] = function (...args) {
      const descents = (this.descents ?? 0) + 1;
      if (descents > MAX_DESCENTS) throw new TooDeep(this.curPosition());
      this.descents = descents;
      const node = descend.apply(this, args);
      this.descents = descents - 1;
      return node;
    };
  }
  const { declareName } = base;
  own['declareName'] = function (...args) {
    const { var: vars, lexical, functions } = this.currentScope();
    if (vars.length + lexical.length + functions.length > MAX_NAMES) throw new TooMany(this.curPosition());
    return declareName.apply(this, args);
  };
  return Shallow as unknown as typeof Parser;
});
