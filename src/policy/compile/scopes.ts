import type { AnyNode, Identifier, Pattern } from 'acorn';
import { type Binding, namesOf, varsOf } from './bindings.ts';
import type { Refusals } from './refusals.ts';

interface Scope {
  names: Map<string, Binding>;
  parent: Scope | null;
}

/** Names that may have been meant by one that nothing declares. */
const MAX_KNOWN = 1000;

/** The names of one file, scope by scope. */
export class Scopes {
  private scope: Scope = { names: new Map(), parent: null };
  private readonly index: number;
  private readonly refusals: Refusals;

  /** @param index number of the file: tells its top-level names from those of other files once all are printed */
  constructor(index: number, refusals: Refusals) {
    this.index = index;
    this.refusals = refusals;
  }

  add(name: string, kind: Binding['kind'], node: AnyNode): Binding {
    const top = this.scope.parent === null;
    const safe = name.replaceAll('$', '$$$$');
    const binding: Binding = {
      name,
      printed: top ? `${safe}$_${this.index}` : safe,
      kind,
      values: kind === 'const' || kind === 'let' ? [] : null,
      written: false,
      role: null,
      hook: null,
      namespace: null,
    };
    if (name === 'arguments' || name === 'eval')
      this.refusals.fault(node, 'E-POLICY-NAME', `'${name}' cannot be a name`);
    this.scope.names.set(name, binding);
    return binding;
  }

  /** let, const, function and class of one list of statements. */
  declare(body: AnyNode[]): void {
    for (const statement of body) {
      const node =
        statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration'
          ? statement.declaration
          : statement;
      if (!node) continue;
      if (node.type === 'VariableDeclaration') {
        if (node.kind === 'using' || node.kind === 'await using')
          this.refusals.refuse(node, node.kind, 'const');
        const kind = node.kind === 'let' ? 'let' : 'const';
        if (node.kind !== 'var') for (const d of node.declarations) this.declarePattern(d.id, kind);
      } else if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') {
        const kind = node.type === 'ClassDeclaration' ? 'class' : 'function';
        if (node.id) this.add(node.id.name, kind, node.id);
      }
    }
  }

  /** `var`s anywhere in a function or file, its inner functions left out. */
  declareVars(node: AnyNode): void {
    for (const id of varsOf(node)) if (!this.scope.names.has(id.name)) this.add(id.name, 'var', id);
  }

  /** Every name that a pattern declares. */
  declarePattern(pattern: Pattern, kind: Binding['kind']): void {
    for (const id of namesOf(pattern)) this.add(id.name, kind, id);
  }

  /** A scope inside this one, while `body` runs. */
  within(body: () => void): void {
    this.scope = { names: new Map(), parent: this.scope };
    body();
    this.scope = this.scope.parent!;
  }

  lookUp(name: string): Binding | undefined {
    for (let s: Scope | null = this.scope; s !== null; s = s.parent) {
      const found = s.names.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Declared outside all functions and blocks. */
  atTop(name: string): boolean {
    for (let s: Scope | null = this.scope; s !== null; s = s.parent)
      if (s.names.has(name)) return s.parent === null;
    return false;
  }

  /** Declared in this very scope. */
  own(name: string): Binding | undefined {
    return this.scope.names.get(name);
  }

  /** Another file's name, under a name of this one. */
  bring(name: string, binding: Binding): void {
    this.scope.names.set(name, binding);
  }

  /** A use of a name that nothing declares. */
  unknown(node: Identifier): void {
    const known: string[] = [];
    for (let s: Scope | null = this.scope; s !== null && known.length < MAX_KNOWN; s = s.parent) {
      for (const name of s.names.keys()) if (known.push(name) === MAX_KNOWN) break;
    }
    this.refusals.unknownName(node, known);
  }

  /** Note what is assigned to a variable; null: some value that is not in sight. */
  assigned(name: string, value: AnyNode | null): void {
    const binding = this.lookUp(name);
    if (binding === undefined) return;
    if (value === null) binding.values = null;
    else binding.values?.push(value);
  }

  /** The names of a pattern may hold anything from now on. */
  forget(pattern: AnyNode): void {
    for (const id of namesOf(pattern as Pattern)) {
      const binding = this.lookUp(id.name);
      if (binding !== undefined) {
        binding.values = null;
        binding.role = null;
      }
    }
  }

  /** Says so if a name cannot be assigned to. */
  writable(node: Identifier, binding: Binding): void {
    binding.written = true;
    const own = binding.printed.endsWith(`$_${this.index}`) || !binding.printed.includes('$_');
    if (binding.role === 'request' || binding.role === 'mem') {
      this.refusals.fault(
        node,
        'E-POLICY-CONST',
        `'${node.name}' is given by the engine and cannot be assigned to`,
      );
    } else if (binding.kind === 'const' || binding.kind === 'define' || binding.namespace !== null || !own) {
      this.refusals.fault(
        node,
        'E-POLICY-CONST',
        `'${node.name}' cannot be assigned to`,
        own ? `declare it with let` : 'only the file that declares it can change it',
      );
    } else if (binding.kind === 'function' || binding.kind === 'class') binding.values = null;
  }
}
