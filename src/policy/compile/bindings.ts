/** What the names of a program stand for, and what is known of its functions. */
import type {
  AnonymousFunctionDeclaration,
  AnyNode,
  ArrowFunctionExpression,
  FunctionDeclaration,
  FunctionExpression,
  Identifier,
  Pattern,
} from 'acorn';
import type { HookName } from '../../engine/index.ts';
import { children, type ParsedFile } from './parse.ts';

export type FunctionNode =
  | FunctionDeclaration
  | AnonymousFunctionDeclaration
  | FunctionExpression
  | ArrowFunctionExpression;

export interface Binding {
  name: string;
  /** As the printer writes it. */
  printed: string;
  kind: 'var' | 'let' | 'const' | 'function' | 'class' | 'param' | 'catch' | 'define';
  /** Every expression ever assigned; null when some value is not in sight. */
  values: AnyNode[] | null;
  /** Assigned to somewhere after it was declared, or in the very pattern that declares it. */
  written: boolean;
  /** The parameter of a hook that only the engine calls. */
  role: 'request' | 'mem' | 'field' | null;
  hook: HookName | null;
  /** What its members stand for, for `import * as name`. */
  namespace: Map<string, Binding> | null;
}

export interface FunctionFacts {
  /** Calls nothing that could lead back to the policy's own code: it needs no depth. */
  leaf: boolean;
  /** Where it calls what could; null for what is no plain call. */
  calls: (AnyNode | null)[];
  /** Has try ... finally. */
  finalizer: boolean;
}

export interface HookEntry {
  name: HookName;
  key: AnyNode;
  value: AnyNode;
}

export interface Resolution {
  files: ParsedFile[];
  refs: Map<AnyNode, Binding>;
  functions: Map<AnyNode, FunctionFacts>;
  /** The entry's default export; hooks in the order of the text. */
  hooks: HookEntry[];
  /** Patterns that take a request apart, with the hook that it is of. */
  requests: Map<AnyNode, HookName>;
  /** Printed name of each file's default export expression. */
  defaults: Map<ParsedFile, Binding>;
}

export function isArrayFrom(callee: AnyNode): boolean {
  return (
    callee.type === 'MemberExpression' &&
    !callee.computed &&
    callee.object.type === 'Identifier' &&
    callee.object.name === 'Array' &&
    callee.property.type === 'Identifier' &&
    callee.property.name === 'from'
  );
}

/** `{ length: n }`, the idiom for "n times" in Array.from. */
export function isLengthOnly(node: AnyNode | undefined): boolean {
  if (node?.type !== 'ObjectExpression' || node.properties.length !== 1) return false;
  const [p] = node.properties;
  return (
    p.type === 'Property' &&
    p.kind === 'init' &&
    !p.computed &&
    !p.method &&
    p.key.type === 'Identifier' &&
    p.key.name === 'length'
  );
}

export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  );
}

/** A name as it stands in an import or export. */
export function nameOf(node: AnyNode): string {
  return node.type === 'Identifier' ? node.name : String((node as { value?: unknown }).value);
}

/** Identifiers that a pattern declares or assigns. */
export function namesOf(pattern: Pattern | null): Identifier[] {
  if (pattern === null) return [];
  switch (pattern.type) {
    case 'Identifier':
      return [pattern];
    case 'AssignmentPattern':
      return namesOf(pattern.left);
    case 'RestElement':
      return namesOf(pattern.argument);
    case 'ArrayPattern':
      return pattern.elements.flatMap(e => namesOf(e));
    case 'ObjectPattern':
      return pattern.properties.flatMap(p => namesOf(p.type === 'RestElement' ? p : p.value));
    default:
      return [];
  }
}

/** Names that the `var`s of a function or file declare, its inner functions left out. */
export function varsOf(node: AnyNode): Identifier[] {
  const found: Identifier[] = [];
  for (const child of children(node)) {
    if (isFunction(child) || child.type === 'ClassBody') continue;
    if (child.type === 'VariableDeclaration' && child.kind === 'var')
      for (const d of child.declarations) found.push(...namesOf(d.id));
    found.push(...varsOf(child));
  }
  return found;
}
