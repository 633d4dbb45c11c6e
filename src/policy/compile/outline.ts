/**
 * A policy as what stays of it when it is disguised: its syntax tree in one line of tokens, without names, numbers, types,
 * comments and the way it is set. For finding policies that one person wrote and two handed in.
 */
import type { AnyNode } from 'acorn';
import type { PolicySource } from '../../contract/policy.ts';
import { HOOKS } from '../../engine/index.ts';
import { MEM_NAMES, REQUEST_FIELDS } from '../fields.ts';
import { Faults } from './faults.ts';
import { MATH_FUNCTIONS, MAX_FILES, MAX_SOURCE_CHARS } from './language.ts';
import { children, type ParsedFile, parseFile } from './parse.ts';

export interface Outline {
  tokens: string[];
  /**
   * Where each token stands: first line and column, last line and column, from 0, over all files as if each followed the one
   * before it. Four numbers a token: a class has millions of them.
   */
  regions: Int32Array;
}

export type OutlineResult = { outline: Outline } | { problem: string };

/** What the language gives and nobody can give another name. Everything else may have been renamed. */
const GIVEN: ReadonlySet<string> = new Set([
  ...MEM_NAMES,
  ...HOOKS,
  ...HOOKS.flatMap(hook => Object.keys(REQUEST_FIELDS[hook])),
  ...MATH_FUNCTIONS,
]);

const CLOSE = ')';

/**
 * The outline of all files of a policy, in the order in which they are named; or why there is none. What a policy must
 * have beyond syntax is not asked for: one that decides what it may not has an outline too.
 */
export function outlineOf(source: PolicySource): OutlineResult {
  const faults = new Faults();
  const size = source.files.reduce((sum, { text }) => sum + text.length, 0);
  if (size > MAX_SOURCE_CHARS || source.files.length > MAX_FILES)
    return { problem: `more than a policy may have: ${source.files.length} files, ${size} characters` };
  const writer = new Writer();
  for (const file of source.files) {
    const parsed = parseFile(file, faults);
    if (parsed === null) {
      const [{ file: path, line, column, message }] = faults.list;
      return { problem: `${path}:${line}:${column}: ${message}` };
    }
    writer.file(parsed);
  }
  return { outline: { tokens: writer.tokens, regions: Int32Array.from(writer.regions) } };
}

class Writer {
  readonly tokens: string[] = [];
  readonly regions: number[] = [];
  private firstLine = 0;
  private place: ParsedFile['place'] = () => ({ file: '', line: 1, column: 1 });
  private line = 0;
  private column = 0;

  file(parsed: ParsedFile): void {
    this.place = parsed.place;
    this.visit(parsed.program);
    this.firstLine += parsed.text.split('\n').length;
    this.line = this.firstLine;
    this.column = 0;
  }

  /** A token from the start of a node to the start of what stands in it: that is told by tokens of its own. */
  private token(text: string, node: AnyNode, inner?: AnyNode): void {
    this.at(node.loc!.start);
    const startLine = this.line;
    const startColumn = this.column;
    this.at(inner === undefined ? node.loc!.end : inner.loc!.start);
    this.tokens.push(text);
    this.regions.push(startLine, startColumn, this.line, this.column);
  }

  private close(node: AnyNode): void {
    this.at(node.loc!.end);
    const { line, column } = this;
    this.tokens.push(CLOSE);
    this.regions.push(line, column, line, column);
  }

  /** Go to a place, never back: where types were taken away, places can lie a little off. */
  private at(loc: { line: number; column: number }): void {
    const { line, column } = this.place({ loc: { start: loc } as AnyNode['loc'] });
    const row = this.firstLine + line - 1;
    if (row < this.line || (row === this.line && column - 1 < this.column)) return;
    this.line = row;
    this.column = column - 1;
  }

  private inside(kind: string, node: AnyNode, inner: readonly AnyNode[]): void {
    this.token(kind, node, inner[0]);
    for (const child of inner) this.visit(child);
    this.close(node);
  }

  private visit(node: AnyNode): void {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'EmptyStatement':
      case 'TemplateElement':
      case 'ExportSpecifier':
        return;
      case 'ExpressionStatement':
        // Said while looking for a fault: no part of a solution.
        if (!isSaid(node.expression)) this.visit(node.expression);
        return;
      // What something else could stand for, or nothing.
      case 'Program':
      case 'BlockStatement':
      case 'ExportNamedDeclaration':
      case 'ExportDefaultDeclaration':
      case 'ChainExpression':
      case 'VariableDeclaration':
        for (const child of inOrder(node)) this.visit(child);
        return;
      case 'CallExpression':
        // definePolicy({ ... }) is the object.
        if (node.callee.type === 'Identifier' && node.callee.name === 'definePolicy')
          for (const argument of node.arguments) this.visit(argument);
        else this.inside('Call', node, [node.callee, ...node.arguments]);
        return;
      case 'VariableDeclarator':
        // const f = () => ... is function f() { ... }
        if (node.init && isFunction(node.init)) this.function(node.init);
        else this.inside('Variable', node, inOrder(node));
        return;
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        this.function(node);
        return;
      case 'Property':
        if (node.shorthand) this.visit(node.value);
        else if (isFunction(node.value)) {
          this.name(node.key, node.computed);
          this.visit(node.value);
        } else this.inside('Property', node, [node.key, node.value]);
        return;
      case 'MemberExpression':
        this.token('Member', node, node.object);
        this.visit(node.object);
        this.name(node.property, node.computed);
        this.close(node);
        return;
      case 'UpdateExpression':
        // i++ is i += 1.
        this.token('Assignment', node, node.argument);
        this.visit(node.argument);
        this.tokens.push('Literal');
        this.regions.push(...this.regions.slice(-4));
        this.close(node);
        return;
      case 'UnaryExpression':
        if (node.argument.type === 'Literal') this.token('Literal', node);
        else this.inside('Unary', node, [node.argument]);
        return;
      case 'TemplateLiteral':
        if (node.expressions.length === 0) this.token('Literal', node);
        else this.inside('Template', node, node.expressions);
        return;
      case 'Literal':
        this.token('Literal', node);
        return;
      case 'Identifier':
      case 'PrivateIdentifier':
        this.token('Name', node);
        return;
      default:
        this.inside(node.type.replace(/(Expression|Statement)$/, ''), node, inOrder(node));
    }
  }

  private name(node: AnyNode, computed: boolean): void {
    if (!computed && node.type === 'Identifier' && GIVEN.has(node.name)) this.token(`.${node.name}`, node);
    else this.visit(node);
  }

  private function(node: AnyNode & { params: AnyNode[]; body: AnyNode }): void {
    this.token('Function', node, node.params[0] ?? node.body);
    for (const parameter of node.params) this.visit(parameter);
    if (node.body.type === 'BlockStatement') this.visit(node.body);
    else this.inside('Return', node.body, [node.body]);
    this.close(node);
  }
}

const isFunction = (node: AnyNode): node is AnyNode & { params: AnyNode[]; body: AnyNode } =>
  node.type === 'FunctionDeclaration' ||
  node.type === 'FunctionExpression' ||
  node.type === 'ArrowFunctionExpression';

/** console.log(...) and the like. */
const isSaid = (node: AnyNode): boolean =>
  node.type === 'CallExpression' &&
  node.callee.type === 'MemberExpression' &&
  node.callee.object.type === 'Identifier' &&
  node.callee.object.name === 'console';

/** The children as they stand in the text. */
const inOrder = (node: AnyNode): AnyNode[] => children(node).sort((a, b) => a.start - b.start);
