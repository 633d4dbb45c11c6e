/** Where a policy can be made smaller: ranges of its source as the player wrote it, so that types and comments of what stays stay. */
import type { AnyNode } from 'acorn';
import type { SourceFile } from '../../contract/policy.ts';
import { Faults } from '../compile/faults.ts';
import { type ParsedFile, parseFile } from '../compile/parse.ts';

/** Text in place of [from, to), both offsets in the source. */
export interface PolicyEdit {
  from: number;
  to: number;
  text: string;
}

export interface PolicyParts {
  /** How much there is to understand. */
  size: PolicySize;
  /** Things of which any may be left out: statements of a block, hooks of the policy. The outermost first. */
  lists: PolicyEdit[][];
  /** Each for itself: a branch in place of an `if`, what Linux would do in place of an answer, a smaller number. */
  simpler: PolicyEdit[];
  /** What is said once and used once, where it is used; types that nothing names. Edits that belong together. */
  joined: PolicyEdit[][];
}

export interface PolicySize {
  /** JavaScript tokens, as verdicts count them. */
  tokens: number;
  /** Bits of its numbers, answers that are not Linux's, types that nothing names. */
  detail: number;
}

export const isLess = (a: PolicySize, b: PolicySize): boolean =>
  a.tokens < b.tokens || (a.tokens === b.tokens && a.detail < b.detail);

/** @returns null where it is no policy that could be compiled */
export function partsOf(file: SourceFile): PolicyParts | null {
  const parsed = parseFile(file, new Faults());
  if (parsed === null) return null;
  const walk = new Walk(parsed);
  walk.visit(parsed.program as AnyNode, '');
  const { lists, simpler, detail } = walk;
  const types = unnamedTypes(file.text);
  return {
    size: { tokens: parsed.tokens, detail: detail + types.length },
    lists,
    simpler,
    joined: [...walk.inlined(), ...types.map(type => [type])],
  };
}

/** The parser does not see them. A type that is named in a comment alone stays, which harms nobody. */
function unnamedTypes(text: string): PolicyEdit[] {
  const found: PolicyEdit[] = [];
  const declaration =
    /^(?:type (\w+)[^;{}]*(?:\{[^{}]*\})?[^;{}]*;|interface (\w+)[^{}]*\{[^{}]*\})[ \t]*(?:\r\n|\n|\r)/gm;
  for (const { index, 0: whole, 1: type, 2: named } of text.matchAll(declaration)) {
    const name = new RegExp(`\\b${type ?? named}\\b`, 'g');
    if (text.match(name)?.length === 1) found.push({ from: index, to: index + whole.length, text: '' });
  }
  return found;
}

/** @param edits  none of which overlap */
export function edited(text: string, edits: readonly PolicyEdit[]): string {
  let changed = text;
  for (const { from, to, text: put } of [...edits].sort((a, b) => b.from - a.from))
    changed = changed.slice(0, from) + put + changed.slice(to);
  // What was left out leaves no holes.
  return changed
    .replace(/\n{3,}/g, '\n\n')
    .replace(/\{\n\n+/g, '{\n')
    .replace(/\{[ \t]*\r?\n[ \t]*\}/g, '{}');
}

/** Whether a child is the name of a property, which is no variable. */
function isKey(node: AnyNode, child: string): boolean {
  if (node.type === 'MemberExpression') return child === 'property' && !node.computed;
  return node.type === 'Property' && child === 'key' && !node.computed && !node.shorthand;
}

/** As far as it is looked at. */
type Node = AnyNode & { [key: string]: unknown };

const AS_LINUX = 'AS_LINUX';
/** Behind what an expression begins with, so that they are no call's and no statement's. */
const PARENTHESES = /(?:=>|[=,:?&|+*(!-]|\breturn)\s*\($/;

class Walk {
  readonly lists: PolicyEdit[][] = [];
  readonly simpler: PolicyEdit[] = [];
  detail = 0;
  /** Where a name stands, keys of objects left out. */
  private readonly names = new Map<string, AnyNode[]>();
  private readonly said: { name: string; init: AnyNode; declaration: AnyNode }[] = [];
  private readonly parsed: ParsedFile;
  private readonly text: string;
  private readonly lineStarts: number[];

  constructor(parsed: ParsedFile) {
    this.parsed = parsed;
    this.text = parsed.text;
    this.lineStarts = [0];
    for (const { index, 0: end } of parsed.text.matchAll(/\r\n|\n|\r/g))
      this.lineStarts.push(index + end.length);
  }

  /** @param mem  what the hook around calls its second parameter; '' outside of hooks */
  visit(node: AnyNode, mem: string): void {
    const inner = this.look(node as Node, mem);
    for (const [key, child] of Object.entries(node)) {
      if (key === 'loc' || isKey(node, key)) continue;
      for (const one of Array.isArray(child) ? child : [child]) {
        if (typeof one === 'object' && one !== null && typeof one.type === 'string') this.visit(one, inner);
      }
    }
  }

  /** @returns what the second parameter is called inside */
  private look(node: Node, mem: string): string {
    switch (node.type) {
      case 'Program':
      case 'BlockStatement':
        this.list(node.body as AnyNode[]);
        return mem;
      case 'ObjectExpression':
        this.list(node.properties as AnyNode[]);
        return mem;
      case 'IfStatement':
        this.branches(node);
        return mem;
      case 'ForStatement':
      case 'ForOfStatement':
      case 'WhileStatement':
        this.put(node, this.insideOf(node.body as AnyNode));
        return mem;
      case 'ConditionalExpression':
        this.put(node, this.sourceOf(node.consequent as AnyNode));
        this.put(node, this.sourceOf(node.alternate as AnyNode));
        return mem;
      case 'LogicalExpression':
      case 'BinaryExpression':
        this.put(node, this.sourceOf(node.left as AnyNode));
        this.put(node, this.sourceOf(node.right as AnyNode));
        return mem;
      case 'UnaryExpression':
        this.put(node, this.sourceOf(node.argument as AnyNode));
        return mem;
      case 'ReturnStatement':
        if (node.argument != null) this.answer(node.argument as AnyNode, mem);
        return mem;
      case 'Identifier':
        this.names.set(String(node['name']), [...(this.names.get(String(node['name'])) ?? []), node]);
        return mem;
      case 'VariableDeclaration': {
        const [only, ...more] = node.declarations as Node[];
        const { id, init } = only as unknown as { id: Node; init: AnyNode | null };
        if (more.length === 0 && init !== null && id.type === 'Identifier')
          this.said.push({ name: String(id['name']), init, declaration: node });
        return mem;
      }
      case 'Literal':
        if (typeof node.value === 'number') this.number(node, node.value);
        return mem;
      case 'ArrowFunctionExpression':
      case 'FunctionExpression': {
        const [, second] = node.params as Node[];
        const name = second?.type === 'Identifier' ? String(second['name']) : mem;
        const body = node.body as AnyNode;
        if (body.type !== 'BlockStatement') this.answer(body, name);
        else if (node.type === 'ArrowFunctionExpression') this.onlyAnswer(body, body.body);
        return name;
      }
      default:
        return mem;
    }
  }

  /** Once everything was visited. */
  inlined(): PolicyEdit[][] {
    return this.said.flatMap(({ name, init, declaration }) => {
      const [, use, ...more] = this.names.get(name) ?? [];
      if (use === undefined || more.length > 0) return [];
      const source = this.sourceOf(init);
      const text = /^[\w.]+$/.test(source) ? source : `(${source})`;
      return [[this.without(declaration), { from: this.startOf(use), to: this.endOf(use), text }]];
    });
  }

  private list(items: readonly AnyNode[]): void {
    const cuts = items.map(item => this.without(item));
    if (cuts.length > 0) this.lists.push(cuts);
  }

  private branches(node: Node): void {
    const alternate = node.alternate as AnyNode | null;
    this.put(node, this.insideOf(node.consequent as AnyNode));
    if (alternate === null) return;
    this.put(node, this.insideOf(alternate));
    this.simpler.push({ from: this.endOf(node.consequent as AnyNode), to: this.endOf(node), text: '' });
  }

  private answer(node: AnyNode, mem: string): void {
    const source = this.sourceOf(node);
    if (mem === '' || source === `${mem}.${AS_LINUX}`) return;
    this.detail++;
    this.put(node, `${mem}.${AS_LINUX}`);
  }

  /** What it returns in place of a block that does nothing else. */
  private onlyAnswer(body: AnyNode, statements: readonly AnyNode[]): void {
    const [only] = statements;
    if (statements.length === 1 && only.type === 'ReturnStatement' && only.argument != null)
      this.put(body, this.sourceOf(only.argument));
  }

  private number(node: AnyNode, value: number): void {
    let bits = 0;
    for (let left = value; left >= 1; left = Math.floor(left / 2)) bits++;
    this.detail += bits;
    const less = [0, 1, Math.floor(value / 16), Math.floor(value / 2)];
    for (const smaller of new Set(less)) if (smaller < value) this.put(node, String(smaller));
  }

  private put(node: AnyNode, text: string): void {
    let [from, to] = [this.startOf(node), this.endOf(node)];
    // Parentheses that held together what is one name now.
    while (/^[\w.]+$/.test(text) && PARENTHESES.test(this.text.slice(0, from)) && this.text[to] === ')') {
      from--;
      to++;
    }
    this.simpler.push({ from, to, text });
  }

  private startOf(node: AnyNode): number {
    const { line, column } = this.parsed.place(node);
    return this.lineStarts[line - 1] + column - 1;
  }

  /** Behind its last character. */
  private endOf({ loc }: AnyNode): number {
    const { line, column } = loc!.end;
    const last = { loc: { start: { line, column: column - 1 } } } as AnyNode;
    return this.lineStarts[line - 1] + this.parsed.place(last).column;
  }

  private sourceOf(node: AnyNode): string {
    return this.text.slice(this.startOf(node), this.endOf(node));
  }

  /** The statements of a block, or the statement itself. */
  private insideOf(node: AnyNode): string {
    const source = this.sourceOf(node);
    return node.type === 'BlockStatement' ? source.slice(1, -1).trim() : source;
  }

  /** A statement or a hook with what ends it, and the comments that tell of it. */
  private without(node: AnyNode): PolicyEdit {
    const { text } = this;
    let from = this.startOf(node);
    let to = this.endOf(node);
    const comma = /^\s*[,;]/.exec(text.slice(to));
    if (comma !== null) to += comma[0].length;
    const lineStart = this.lineStarts.findLast(start => start <= from)!;
    const behind = /^[ \t]*(?:\/\/.*)?(?:\r\n|\n|\r|$)/.exec(text.slice(to));
    if (text.slice(lineStart, from).trim() !== '' || behind === null) return { from, to, text: '' };
    to += behind[0].length;
    from = lineStart;
    const above =
      /(?:^|(?<=[\n\r]))(?:[ \t]*(?:\/\/.*|\/\*(?:(?!\*\/)[\s\S])*\*\/[ \t]*)(?:\r\n|\n|\r))+$/.exec(
        text.slice(0, from),
      );
    return { from: above === null ? from : above.index, to, text: '' };
  }
}
