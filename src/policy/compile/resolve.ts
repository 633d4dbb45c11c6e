// biome-ignore-all lint/correctness/noVoidTypeReturn: a case of the switch ends with what it calls
/**
 * What every name means, and whether it may be written: a walk over the trees that ties each identifier to its
 * declaration and collects every use of something that policies do not have.
 */
import type {
  AnonymousFunctionDeclaration,
  AnyNode,
  ArrowFunctionExpression,
  Class,
  FunctionDeclaration,
  FunctionExpression,
  Identifier,
  MemberExpression,
  ObjectExpression,
  Pattern,
  Property,
} from 'acorn';
import { HOOK_MEANING } from '../../contract/hooks.ts';
import { HOOKS, type HookName } from '../../engine/index.ts';
import { MEM_FUNCTIONS, MEM_NAMES, REQUEST_FIELDS } from '../fields.ts';
import type { Faults } from './faults.ts';
import {
  CONSTRUCTORS,
  FUNCTION_NAMES,
  KNOWN_NAMES,
  LEAF_MEMBERS,
  MATH_REFUSED,
  MAX_ARGUMENTS,
  MAX_OBJECT_INDEX,
  MAX_STRING,
  MEMBERS,
  MISSING_METHODS,
  REFUSED_NAMES,
  REFUSED_NODES,
  REFUSED_PROPERTIES,
  VALUE_NAMES,
} from './language.ts';
import { targetOf } from './link.ts';
import { near } from './near.ts';
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
  /** The parameter of a hook that only the engine calls. */
  role: 'request' | 'mem' | 'field' | null;
  hook: HookName | null;
  /** What its members stand for, for `import * as name`. */
  namespace: Map<string, Binding> | null;
}

export interface FunctionFacts {
  /** Calls nothing that could lead back to the policy's own code: it needs no depth. */
  leaf: boolean;
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
  /** Printed name of each file's default export expression. */
  defaults: Map<ParsedFile, Binding>;
}

interface Scope {
  names: Map<string, Binding>;
  parent: Scope | null;
}

/** Node kinds with nothing to check but their children. */
const PLAIN = new Set([
  'Program',
  'ExpressionStatement',
  'EmptyStatement',
  'IfStatement',
  'WhileStatement',
  'DoWhileStatement',
  'ReturnStatement',
  'ThrowStatement',
  'ThisExpression',
  'TemplateElement',
  'ConditionalExpression',
  'LogicalExpression',
  'SequenceExpression',
  'SpreadElement',
  'ChainExpression',
  'ClassBody',
]);

export function resolve(
  order: ParsedFile[],
  files: Map<string, ParsedFile>,
  allowed: readonly HookName[],
  faults: Faults,
): Resolution {
  const result: Resolution = {
    files: order,
    refs: new Map(),
    functions: new Map(),
    hooks: [],
    defaults: new Map(),
  };
  const exported = new Map<ParsedFile, Map<string, Binding>>();
  order.forEach((file, index) => {
    const last = index === order.length - 1;
    new FileResolver(file, index, files, exported, allowed, last, faults, result).run();
  });
  return result;
}

class FileResolver {
  private scope: Scope = { names: new Map(), parent: null };
  private fn: FunctionFacts = { leaf: true, finalizer: false };
  /** Property names that the file gives to its own objects. */
  private readonly ownNames = new Set<string>();
  private readonly file: ParsedFile;
  private readonly index: number;
  private readonly files: Map<string, ParsedFile>;
  private readonly exported: Map<ParsedFile, Map<string, Binding>>;
  private readonly allowed: readonly HookName[];
  private readonly isEntry: boolean;
  private readonly faults: Faults;
  private readonly out: Resolution;

  constructor(
    file: ParsedFile,
    index: number,
    files: Map<string, ParsedFile>,
    exported: Map<ParsedFile, Map<string, Binding>>,
    allowed: readonly HookName[],
    isEntry: boolean,
    faults: Faults,
    out: Resolution,
  ) {
    this.file = file;
    this.index = index;
    this.files = files;
    this.exported = exported;
    this.allowed = allowed;
    this.isEntry = isEntry;
    this.faults = faults;
    this.out = out;
  }

  run(): void {
    const { program } = this.file;
    this.collectOwnNames(program);
    const exports = new Map<string, Binding>();
    this.exported.set(this.file, exports);
    this.imports();
    this.declare(program.body);
    this.declareVars(program);
    if (this.isEntry) this.hooksOf();
    for (const node of program.body) this.visit(node);
    this.exports(exports);
    if (this.isEntry && this.out.hooks.length === 0 && this.faults.list.length === 0) this.noPolicy(program);
  }

  // --- faults

  private fault(
    node: AnyNode,
    code: string,
    message: string,
    expected?: string,
    suggestions?: string[],
  ): void {
    const oneLine = node.loc!.start.line === node.loc!.end.line;
    this.faults.add(this.file.place(node), oneLine ? node.end - node.start : 1, code, message, {
      ...(expected === undefined ? {} : { expected }),
      ...(suggestions === undefined || suggestions.length === 0 ? {} : { suggestions }),
    });
  }

  private refuse(node: AnyNode, what: string, instead: string): void {
    this.fault(node, 'E-POLICY-SYNTAX-KIND', `policies have no ${what}`, `use ${instead}`);
  }

  private noPolicy(program: AnyNode): void {
    this.fault(
      program,
      'E-POLICY-EXPORT',
      `${this.file.path} exports no policy`,
      'export default definePolicy({ zonelist(request, mem) { return mem.AS_LINUX; } })',
    );
  }

  // --- declarations

  private binding(name: string, kind: Binding['kind'], node: AnyNode): Binding {
    const top = this.scope.parent === null;
    const safe = name.replaceAll('$', '$$$$');
    const binding: Binding = {
      name,
      printed: top ? `${safe}$_${this.index}` : safe,
      kind,
      values: kind === 'const' || kind === 'let' ? [] : null,
      role: null,
      hook: null,
      namespace: null,
    };
    if (name === 'arguments' || name === 'eval')
      this.fault(node, 'E-POLICY-NAME', `'${name}' cannot be a name`);
    this.scope.names.set(name, binding);
    return binding;
  }

  /** let, const, function and class of one list of statements. */
  private declare(body: AnyNode[]): void {
    for (const statement of body) {
      const node =
        statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration'
          ? statement.declaration
          : statement;
      if (!node) continue;
      if (node.type === 'VariableDeclaration') {
        if (node.kind === 'using' || node.kind === 'await using') this.refuse(node, node.kind, 'const');
        const kind = node.kind === 'let' ? 'let' : 'const';
        if (node.kind !== 'var') for (const d of node.declarations) this.declarePattern(d.id, kind);
      } else if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') {
        const kind = node.type === 'ClassDeclaration' ? 'class' : 'function';
        if (node.id) this.binding(node.id.name, kind, node.id);
      }
    }
  }

  /** `var`s anywhere in a function or file, its inner functions left out. */
  private declareVars(node: AnyNode): void {
    for (const child of children(node)) {
      if (isFunction(child) || child.type === 'ClassBody') continue;
      if (child.type === 'VariableDeclaration' && child.kind === 'var') {
        for (const d of child.declarations) this.declarePattern(d.id, 'var');
      }
      this.declareVars(child);
    }
  }

  private declarePattern(pattern: Pattern, kind: Binding['kind']): void {
    for (const id of namesOf(pattern)) {
      if (kind === 'var' && this.scope.names.has(id.name)) continue;
      this.binding(id.name, kind, id);
    }
  }

  private within(body: () => void): void {
    this.scope = { names: new Map(), parent: this.scope };
    body();
    this.scope = this.scope.parent!;
  }

  private lookUp(name: string): Binding | undefined {
    for (let s: Scope | null = this.scope; s !== null; s = s.parent) {
      const found = s.names.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private collectOwnNames(node: AnyNode): void {
    if (node.type === 'MethodDefinition' || node.type === 'PropertyDefinition' || node.type === 'Property') {
      if (node.key.type === 'Identifier' && !node.computed) this.ownNames.add(node.key.name);
    } else if (node.type === 'AssignmentExpression' && node.left.type === 'MemberExpression') {
      if (node.left.property.type === 'Identifier' && !node.left.computed) {
        this.ownNames.add(node.left.property.name);
      }
    }
    for (const child of children(node)) this.collectOwnNames(child);
  }

  // --- modules

  private imports(): void {
    for (const node of this.file.program.body) {
      if (node.type !== 'ImportDeclaration') continue;
      const from = String(node.source.value);
      const target = targetOf(this.files, this.file, from);
      for (const specifier of node.specifiers) {
        const { local } = specifier;
        if (from === 'oomph') {
          if (specifier.type === 'ImportSpecifier' && nameOf(specifier.imported) === 'definePolicy') {
            this.binding(local.name, 'define', local);
          } else {
            this.fault(
              specifier,
              'E-POLICY-IMPORT',
              "'oomph' gives policies definePolicy and types only",
              "import { definePolicy } from 'oomph'",
            );
            this.binding(local.name, 'const', local).values = null;
          }
          continue;
        }
        const theirs = target === undefined ? undefined : this.exported.get(target);
        if (specifier.type === 'ImportNamespaceSpecifier') {
          this.binding(local.name, 'const', local).namespace = theirs ?? new Map();
          continue;
        }
        const wanted = specifier.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(specifier.imported);
        const found = theirs?.get(wanted);
        if (found !== undefined) this.scope.names.set(local.name, found);
        else {
          this.binding(local.name, 'const', local).values = null;
          if (theirs !== undefined) {
            this.fault(
              specifier,
              'E-POLICY-IMPORT-NAME',
              `${target!.path} exports no '${wanted}'`,
              undefined,
              near(wanted, [...theirs.keys()]),
            );
          }
        }
      }
    }
  }

  private exports(exports: Map<string, Binding>): void {
    for (const node of this.file.program.body) {
      if (node.type === 'ExportDefaultDeclaration') {
        const { declaration } = node;
        const named =
          (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') &&
          declaration.id
            ? this.lookUp(declaration.id.name)
            : undefined;
        const binding = named ?? this.out.defaults.get(this.file);
        if (binding !== undefined) exports.set('default', binding);
      } else if (node.type === 'ExportNamedDeclaration') {
        if (node.declaration?.type === 'VariableDeclaration') {
          for (const d of node.declaration.declarations) {
            for (const id of namesOf(d.id)) exports.set(id.name, this.lookUp(id.name)!);
          }
        } else if (node.declaration) {
          exports.set(node.declaration.id.name, this.lookUp(node.declaration.id.name)!);
        }
        const from = node.source ? targetOf(this.files, this.file, String(node.source.value)) : undefined;
        for (const specifier of node.specifiers) {
          const name = nameOf(specifier.local);
          const found = node.source ? from && this.exported.get(from)?.get(name) : this.scope.names.get(name);
          if (found !== undefined) exports.set(nameOf(specifier.exported), found);
          else if (!node.source || from !== undefined) {
            this.fault(specifier, 'E-POLICY-IMPORT-NAME', `there is no '${name}' to export`);
          }
        }
      }
    }
  }

  /** The entry's `export default definePolicy({ ... })`: which hooks, and whose parameters come from the engine. */
  private hooksOf(): void {
    for (const node of this.file.program.body) {
      if (node.type !== 'ExportDefaultDeclaration') continue;
      let object: AnyNode = node.declaration;
      if (object.type === 'CallExpression' && object.callee.type === 'Identifier') {
        if (this.lookUp(object.callee.name)?.kind === 'define' && object.arguments.length === 1) {
          object = object.arguments[0];
        }
      }
      if (object.type === 'ObjectExpression') this.hookEntries(object);
      else {
        this.fault(
          object,
          'E-POLICY-EXPORT',
          'the default export must be the policy written out',
          'export default definePolicy({ zonelist(request, mem) { ... } })',
        );
      }
    }
  }

  private hookEntries(object: ObjectExpression): void {
    for (const property of object.properties) {
      if (property.type === 'SpreadElement' || property.computed) {
        this.fault(
          property,
          'E-POLICY-EXPORT',
          'the hooks of a policy must be written out by name',
          'zonelist(request, mem) { ... }',
        );
        continue;
      }
      const name =
        property.key.type === 'Identifier'
          ? property.key.name
          : String((property.key as { value?: unknown }).value);
      if (!(HOOKS as readonly string[]).includes(name)) {
        this.fault(
          property.key,
          'E-POLICY-HOOK',
          `there is no hook '${name.slice(0, 40)}'`,
          `one of ${HOOKS.join(', ')}`,
          near(name, HOOKS),
        );
        continue;
      }
      const hook = name as HookName;
      if (!this.allowed.includes(hook)) {
        const open = this.allowed.map(h => `${h} (${HOOK_MEANING[h]})`).join(', ');
        this.fault(
          property.key,
          'E-POLICY-HOOK-CLOSED',
          `this challenge does not let a policy decide '${hook}'`,
          open === '' ? 'no policy: this challenge is played without one' : `one of ${open}`,
        );
        continue;
      }
      if (this.out.hooks.some(h => h.name === hook)) {
        this.fault(property.key, 'E-POLICY-HOOK-TWICE', `the hook '${hook}' is there twice`);
        continue;
      }
      this.out.hooks.push({ name: hook, key: property.key, value: property.value });
    }
  }

  // --- the walk

  private visitAll(nodes: readonly (AnyNode | null | undefined)[]): void {
    for (const node of nodes) if (node) this.visit(node);
  }

  private visit(node: AnyNode): void {
    switch (node.type) {
      case 'Identifier':
        return this.reference(node);
      case 'Literal':
        return this.literal(node);
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return this.functionNode(node, null);
      case 'ClassDeclaration':
      case 'ClassExpression':
        return this.classNode(node);
      case 'BlockStatement':
        return this.within(() => {
          this.declare(node.body);
          this.visitAll(node.body);
        });
      case 'ForStatement':
        return this.within(() => {
          if (node.init) {
            this.declare([node.init]);
            this.visit(node.init);
          }
          this.visitAll([node.test, node.update, node.body]);
        });
      case 'ForOfStatement':
        return this.within(() => {
          if (node.await) this.refuse(node, 'await', 'plain calls: a hook answers at once');
          this.declare([node.left]);
          this.forget(node.left.type === 'VariableDeclaration' ? node.left.declarations[0].id : node.left);
          if (node.left.type === 'VariableDeclaration') this.pattern(node.left.declarations[0].id, false);
          else this.assignmentTarget(node.left, null, false);
          this.visitAll([node.right, node.body]);
        });
      case 'SwitchStatement':
        this.visit(node.discriminant);
        return this.within(() => {
          this.declare(node.cases.flatMap(c => c.consequent));
          for (const c of node.cases) this.visitAll([c.test, ...c.consequent]);
        });
      case 'TryStatement':
        this.visit(node.block);
        if (node.handler) {
          const { param, body } = node.handler;
          this.within(() => {
            if (param) {
              this.declarePattern(param, 'catch');
              this.pattern(param, false);
            }
            this.visit(body);
          });
        }
        if (node.finalizer) {
          this.fn.finalizer = true;
          this.visit(node.finalizer);
        }
        return;
      case 'LabeledStatement':
        return this.visit(node.body);
      case 'BreakStatement':
      case 'ContinueStatement':
        return;
      case 'VariableDeclaration':
        for (const d of node.declarations) {
          this.pattern(d.id, true);
          if (d.id.type === 'Identifier') this.assigned(d.id.name, d.init ?? null);
          else this.forget(d.id);
          if (d.init) this.visit(d.init);
        }
        return;
      case 'ExportNamedDeclaration':
        if (node.declaration) this.visit(node.declaration);
        return;
      case 'ExportDefaultDeclaration':
        return this.exportDefault(node.declaration);
      case 'ImportDeclaration':
        return;
      case 'ObjectExpression':
        for (const p of node.properties) {
          if (p.type === 'SpreadElement') this.visit(p);
          else this.property(p.key, p.value, p.kind, p.computed, p.shorthand, p);
        }
        return;
      case 'ArrayExpression':
        if (node.elements.includes(null)) this.refuse(node, 'arrays with holes', 'undefined');
        return this.visitAll(node.elements);
      case 'TemplateLiteral':
        for (const quasi of node.quasis) this.text(quasi, quasi.value.cooked ?? '');
        return this.visitAll(node.expressions);
      case 'UnaryExpression':
        return this.visit(node.argument);
      case 'UpdateExpression':
        return this.assignmentTarget(node.argument, node, false);
      case 'BinaryExpression':
        return this.binary(node);
      case 'AssignmentExpression':
        if (node.operator === '**=') this.refuse(node, '**', '1 << order for powers of two, or a loop');
        this.visit(node.right);
        return this.assignmentTarget(node.left, node.operator === '=' ? node.right : node, true);
      case 'MemberExpression':
        return this.member(node, false);
      case 'CallExpression':
        return this.call(node.callee, node.arguments);
      case 'NewExpression':
        return this.construct(node.callee, node.arguments);
      case 'Super':
        return;
      case 'PrivateIdentifier':
        return;
      default:
        if (PLAIN.has(node.type)) return this.visitAll(children(node));
        return this.refuse(node, ...(REFUSED_NODES[node.type] ?? [node.type, 'something simpler']));
    }
  }

  private text(node: AnyNode, value: string): void {
    if (value.length > MAX_STRING) {
      this.fault(node, 'E-POLICY-STRING', `a string of ${value.length} characters`, `at most ${MAX_STRING}`);
    }
  }

  private literal(node: AnyNode & { type: 'Literal' }): void {
    if (node.regex) this.refuse(node, 'regular expressions', 'includes, startsWith, indexOf, split');
    else if (node.bigint) this.refuse(node, 'BigInt', 'plain numbers: every value here is below 2^53');
    else if (typeof node.value === 'string') this.text(node, node.value);
  }

  /** A name used as a value. */
  private reference(node: Identifier): void {
    const binding = this.lookUp(node.name);
    if (binding === undefined) {
      if (Object.hasOwn(VALUE_NAMES, node.name) || Object.hasOwn(FUNCTION_NAMES, node.name)) return;
      this.unknownName(node);
      return;
    }
    if (binding.kind === 'define') {
      this.fault(
        node,
        'E-POLICY-EXPORT',
        'definePolicy is for the default export of the first file only',
        'export default definePolicy({ ... })',
      );
    }
    if (binding.namespace !== null) {
      this.fault(
        node,
        'E-POLICY-NAMESPACE',
        `'${node.name}' stands for a whole file`,
        `${node.name}.something`,
      );
    }
    this.out.refs.set(node, binding);
  }

  private unknownName(node: Identifier): void {
    const { name } = node;
    if (Object.hasOwn(MEMBERS, name)) {
      this.fault(
        node,
        'E-POLICY-NAME',
        `'${name}' cannot be used as a value`,
        `${name}.${MEMBERS[name][0]}(...)`,
      );
    } else if (CONSTRUCTORS.includes(name)) {
      this.fault(node, 'E-POLICY-NAME', `'${name}' cannot be used as a value`, `new ${name}(...)`);
    } else if (Object.hasOwn(REFUSED_NAMES, name)) {
      this.fault(node, 'E-POLICY-NAME', `policies have no '${name}'`, `use ${REFUSED_NAMES[name]}`);
    } else {
      const scope: string[] = [];
      for (let s: Scope | null = this.scope; s !== null; s = s.parent) scope.push(...s.names.keys());
      this.fault(
        node,
        'E-POLICY-NAME',
        `'${name.slice(0, 60)}' is not defined`,
        undefined,
        near(name, [...scope, ...KNOWN_NAMES]),
      );
    }
  }

  // --- values of variables, for arithmetic that needs no check

  private assigned(name: string, value: AnyNode | null): void {
    const binding = this.lookUp(name);
    if (binding === undefined) return;
    if (value === null) binding.values = null;
    else binding.values?.push(value);
  }

  private forget(pattern: AnyNode): void {
    for (const id of namesOf(pattern as Pattern)) {
      const binding = this.lookUp(id.name);
      if (binding !== undefined) {
        binding.values = null;
        binding.role = null;
      }
    }
  }

  // --- patterns and targets

  /** Declared names and the defaults among them. `rest`: `...rest` may stand at this level. */
  private pattern(pattern: Pattern, rest: boolean): void {
    switch (pattern.type) {
      case 'Identifier': {
        const binding = this.lookUp(pattern.name);
        if (binding !== undefined) this.out.refs.set(pattern, binding);
        return;
      }
      case 'AssignmentPattern':
        this.pattern(pattern.left, false);
        return this.visit(pattern.right);
      case 'RestElement':
        if (!rest) this.refuse(pattern, 'rest elements in inner patterns', 'slice');
        return this.pattern(pattern.argument, false);
      case 'ArrayPattern':
        for (const element of pattern.elements) if (element) this.pattern(element, rest);
        return;
      case 'ObjectPattern':
        for (const p of pattern.properties) {
          if (p.type === 'RestElement') this.pattern(p, rest);
          else {
            this.key(p.key, p.computed);
            this.pattern(p.value, false);
          }
        }
        return;
      case 'MemberExpression':
        return this.member(pattern, true);
    }
  }

  /** What is assigned to: `value` is the whole value if it is in sight. */
  private assignmentTarget(target: AnyNode, value: AnyNode | null, rest: boolean): void {
    if (target.type === 'MemberExpression') return this.member(target, true);
    if (target.type === 'Identifier') {
      const binding = this.lookUp(target.name);
      if (binding === undefined) return this.unknownName(target);
      this.writable(target, binding);
      binding.role = null;
      this.assigned(target.name, value);
      this.out.refs.set(target, binding);
      return;
    }
    this.forget(target);
    for (const id of namesOf(target as Pattern)) {
      const binding = this.lookUp(id.name);
      if (binding === undefined) this.unknownName(id);
      else this.writable(id, binding);
    }
    this.pattern(target as Pattern, rest);
  }

  private writable(node: Identifier, binding: Binding): void {
    const own = binding.printed.endsWith(`$_${this.index}`) || !binding.printed.includes('$_');
    if (binding.role === 'request' || binding.role === 'mem') {
      this.fault(node, 'E-POLICY-CONST', `'${node.name}' is given by the engine and cannot be assigned to`);
    } else if (binding.kind === 'const' || binding.kind === 'define' || binding.namespace !== null || !own) {
      this.fault(
        node,
        'E-POLICY-CONST',
        `'${node.name}' cannot be assigned to`,
        own ? `declare it with let` : 'only the file that declares it can change it',
      );
    } else if (binding.kind === 'function' || binding.kind === 'class') binding.values = null;
  }

  // --- functions and classes

  private functionNode(node: FunctionNode, hook: HookName | null): void {
    if (node.async) this.refuse(node, 'async functions', 'plain functions: a hook answers at once');
    if (node.generator) this.refuse(node, 'generators', 'an array, or a function called again');
    if (node.params.length > MAX_ARGUMENTS) {
      this.fault(
        node.params[MAX_ARGUMENTS],
        'E-POLICY-ARGUMENTS',
        `a function of ${node.params.length} parameters`,
        `at most ${MAX_ARGUMENTS}`,
      );
    }
    const outer = this.fn;
    this.fn = { leaf: true, finalizer: false };
    this.out.functions.set(node, this.fn);
    if (node.type === 'FunctionDeclaration' && node.id) {
      const binding = this.lookUp(node.id.name);
      if (binding !== undefined) this.out.refs.set(node.id, binding);
    }
    this.within(() => {
      if (node.type === 'FunctionExpression' && node.id) {
        this.out.refs.set(node.id, this.binding(node.id.name, 'function', node.id));
      }
      for (const param of node.params) this.declarePattern(param, 'param');
      node.params.forEach((param, i) => {
        const inner = param.type === 'RestElement' ? param.argument : param;
        this.pattern(inner, false);
        if (hook !== null && i < 2) this.giveRole(inner, i === 0 ? 'request' : 'mem', hook);
      });
      this.within(() => {
        if (node.body.type !== 'BlockStatement') return this.visit(node.body);
        this.declareVars(node.body);
        this.declare(node.body.body);
        this.visitAll(node.body.body);
      });
    });
    this.fn = outer;
  }

  /** A hook's parameter holds the engine's own object, so its fields are known. */
  private giveRole(param: Pattern, role: 'request' | 'mem', hook: HookName): void {
    if (param.type === 'Identifier') {
      const binding = this.lookUp(param.name)!;
      binding.role = role;
      binding.hook = hook;
    } else if (param.type === 'ObjectPattern') {
      for (const p of param.properties) {
        if (p.type === 'RestElement' || p.computed || p.key.type !== 'Identifier') continue;
        this.fieldName(p.key, role, hook);
        if (p.value.type !== 'Identifier') continue;
        const binding = this.lookUp(p.value.name)!;
        if (role === 'request' || !MEM_FUNCTIONS.includes(p.key.name)) binding.role = 'field';
      }
    }
  }

  private fieldName(key: Identifier, role: 'request' | 'mem', hook: HookName): void {
    const names = role === 'mem' ? MEM_NAMES : Object.keys(REQUEST_FIELDS[hook]);
    if (names.includes(key.name)) return;
    const where = role === 'mem' ? 'mem' : `the request of ${hook}`;
    this.fault(
      key,
      'E-POLICY-FIELD',
      `${where} has no '${key.name}'`,
      role === 'mem' ? 'a name of docs/policy.md' : `one of ${names.join(', ')}`,
      near(key.name, names),
    );
  }

  private classNode(node: Class): void {
    const body = () => {
      if (node.superClass) {
        const parent = node.superClass;
        if (parent.type === 'Identifier' && this.lookUp(parent.name) !== undefined) this.reference(parent);
        else
          this.fault(
            parent,
            'E-POLICY-CLASS',
            'a class can only extend a class of the policy',
            'a class declared in its files',
          );
      }
      for (const member of node.body.body) {
        if (member.type === 'StaticBlock') {
          this.refuse(member, ...REFUSED_NODES['StaticBlock']);
          continue;
        }
        if (member.computed) this.refuse(member.key, 'computed member names', 'a plain name');
        else
          this.propertyName(member.key, member.type === 'MethodDefinition' && member.kind === 'constructor');
        if (member.type === 'MethodDefinition') {
          if (member.kind === 'get' || member.kind === 'set')
            this.refuse(member, 'getters and setters', 'a method');
          this.visit(member.value);
        } else if (member.value) this.field(member.value);
      }
    };
    const outer = this.fn;
    if (node.type === 'ClassDeclaration') {
      const binding = node.id ? this.lookUp(node.id.name) : undefined;
      if (node.id && binding) this.out.refs.set(node.id, binding);
      body();
    } else {
      this.within(() => {
        if (node.id) this.out.refs.set(node.id, this.binding(node.id.name, 'class', node.id));
        body();
      });
    }
    this.fn = outer;
  }

  /** A field's value runs inside `new`, where no counter stands: it may not call the policy's own code. */
  private field(value: AnyNode): void {
    const outer = this.fn;
    this.fn = { leaf: true, finalizer: false };
    this.visit(value);
    if (!this.fn.leaf) {
      this.fault(
        value,
        'E-POLICY-FIELD-CALL',
        'the value of a class field cannot call functions',
        'set it in the constructor',
      );
    }
    this.fn = outer;
  }

  // --- properties

  private propertyName(key: AnyNode, isConstructor = false): void {
    const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : null;
    if (key.type === 'Literal') {
      this.literal(key);
      if (typeof key.value === 'number' && !(key.value < MAX_OBJECT_INDEX)) {
        this.fault(
          key,
          'E-POLICY-INDEX',
          'numbered entries belong in an array or a Map',
          `keys below ${MAX_OBJECT_INDEX}`,
        );
      }
    }
    if (name === 'length') {
      this.fault(
        key,
        'E-POLICY-PROPERTY',
        "only arrays and strings have a 'length'",
        'another name, such as count or size',
      );
    }
    if (name !== null && !isConstructor) this.safeName(key, name);
  }

  private memberName(key: AnyNode & { type: 'Literal' }): void {
    if (typeof key.value === 'string') this.safeName(key, key.value);
  }

  private safeName(node: AnyNode, name: string): void {
    if (!Object.hasOwn(REFUSED_PROPERTIES, name)) return;
    this.fault(
      node,
      'E-POLICY-PROPERTY',
      `policies cannot use '.${name}'`,
      `use ${REFUSED_PROPERTIES[name]}`,
    );
  }

  private key(key: AnyNode, computed: boolean): void {
    if (computed) this.visit(key);
    if (!computed || key.type === 'Literal') this.propertyName(key);
  }

  private property(
    key: AnyNode,
    value: AnyNode,
    kind: string,
    computed: boolean,
    shorthand: boolean,
    node: AnyNode,
  ): void {
    if (kind !== 'init') this.refuse(node, 'getters and setters', 'a method');
    this.key(key, computed);
    if (shorthand && value.type === 'Identifier') return this.reference(value);
    this.visit(value);
  }

  private member(node: MemberExpression, written: boolean): void {
    const { object, property } = node;
    if (object.type === 'Super') {
      if (node.computed || written) this.refuse(node, 'super[...] and assignments to super', 'this');
    } else if (object.type === 'Identifier' && !node.computed && this.memberOfName(node, object, written))
      return;
    else this.visit(object);
    if (node.computed) {
      this.visit(property);
      if (property.type === 'Literal' && property.value !== 'length') this.memberName(property);
    } else if (property.type === 'Identifier') this.safeName(property, property.name);
  }

  /** `Math.max`, `ns.name`, `request.gfp`. @returns whether nothing is left to check */
  private memberOfName(node: MemberExpression, object: Identifier, written: boolean): boolean {
    const property = node.property as Identifier;
    const binding = this.lookUp(object.name);
    if (binding === undefined) {
      if (!Object.hasOwn(MEMBERS, object.name)) return false;
      if (MEMBERS[object.name].includes(property.name) && !written) return true;
      const refused = object.name === 'Math' ? MATH_REFUSED[property.name] : undefined;
      this.fault(
        property,
        'E-POLICY-NAME',
        refused === undefined && object.name !== 'Math'
          ? `policies have no '${object.name}.${property.name}'`
          : `policies have no 'Math.${property.name}': its last bits differ between computers`,
        refused === undefined ? `one of ${MEMBERS[object.name].join(', ')}` : `use ${refused}`,
        near(property.name, MEMBERS[object.name]),
      );
      return true;
    }
    if (binding.namespace !== null) {
      const found = binding.namespace.get(property.name);
      if (found === undefined) {
        this.fault(
          property,
          'E-POLICY-IMPORT-NAME',
          `'${object.name}' exports no '${property.name}'`,
          undefined,
          near(property.name, [...binding.namespace.keys()]),
        );
      } else {
        if (written) this.writable(property, found);
        this.out.refs.set(node, found);
      }
      return true;
    }
    if (binding.role === 'request' || binding.role === 'mem') {
      this.fieldName(property, binding.role, binding.hook!);
      if (written) this.fault(node, 'E-POLICY-CONST', `'${object.name}.${property.name}' is read only`);
    }
    return false;
  }

  // --- expressions

  private binary(node: AnyNode & { type: 'BinaryExpression' }): void {
    const { operator, left, right } = node;
    if (operator === '**') this.refuse(node, '**', '1 << order for powers of two, or a loop');
    if ((operator === '==' || operator === '!=') && !isNull(left) && !isNull(right)) {
      this.refuse(node, `${operator} (it converts its operands)`, `${operator}=`);
    }
    if (left.type === 'PrivateIdentifier') this.refuse(left, 'private names with in', 'a field that is set');
    else this.visit(left);
    this.visit(right);
  }

  private args(args: AnyNode[]): void {
    if (args.length > MAX_ARGUMENTS) {
      this.fault(
        args[MAX_ARGUMENTS],
        'E-POLICY-ARGUMENTS',
        `a call with ${args.length} values`,
        `at most ${MAX_ARGUMENTS}`,
      );
    }
    const spreads = args.filter(a => a.type === 'SpreadElement');
    if (spreads.length > 1) this.refuse(spreads[1], 'second ... in one call', 'f(...[...first, ...second])');
    this.visitAll(args);
  }

  private call(callee: AnyNode, args: AnyNode[]): void {
    const [first] = args;
    if (isArrayFrom(callee) && this.lookUp('Array') === undefined && isLengthOnly(first)) {
      this.fn.leaf = false;
      return this.args([((first as ObjectExpression).properties[0] as Property).value, ...args.slice(1)]);
    }
    this.args(args);
    if (callee.type === 'Identifier' && this.lookUp(callee.name) === undefined) {
      const { name } = callee;
      if (Object.hasOwn(FUNCTION_NAMES, name)) return;
      if (name === 'Array' || name.endsWith('Error')) return this.construct(callee, []);
      this.unknownName(callee);
      return;
    }
    const binding =
      callee.type === 'MemberExpression' && callee.object.type === 'Identifier'
        ? this.lookUp(callee.object.name)
        : undefined;
    const member =
      callee.type === 'MemberExpression' && !callee.computed && callee.property.type === 'Identifier'
        ? callee.property.name
        : null;
    const leaf =
      member !== null &&
      callee.type === 'MemberExpression' &&
      callee.object.type === 'Identifier' &&
      (binding === undefined
        ? LEAF_MEMBERS.has(callee.object.name) || ['keys', 'isArray', 'hasOwn'].includes(member)
        : binding.role === 'mem');
    if (!leaf) this.fn.leaf = false;
    this.visit(callee);
    if (
      member !== null &&
      binding?.role !== 'mem' &&
      Object.hasOwn(MISSING_METHODS, member) &&
      !this.ownNames.has(member)
    ) {
      this.fault(
        (callee as MemberExpression).property,
        'E-POLICY-METHOD',
        `policies have no .${member}()`,
        `use ${MISSING_METHODS[member]}`,
      );
    }
  }

  private construct(callee: AnyNode, args: AnyNode[]): void {
    this.args(args);
    if (callee.type === 'Identifier' && this.lookUp(callee.name) === undefined) {
      if (!CONSTRUCTORS.includes(callee.name)) this.unknownName(callee);
      return;
    }
    this.fn.leaf = false;
    this.visit(callee);
  }

  private exportDefault(declaration: AnyNode): void {
    const entries = this.isEntry ? this.out.hooks : [];
    if (entries.length > 0) {
      for (const { value, name } of entries) {
        const inline =
          value.type === 'ArrowFunctionExpression' || (value.type === 'FunctionExpression' && !value.id);
        if (inline) this.functionNode(value as FunctionNode, name);
        else this.visit(value);
      }
      return;
    }
    if (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') {
      if (!declaration.id) this.out.defaults.set(this.file, this.binding('default', 'const', declaration));
    } else if (!this.isEntry) this.out.defaults.set(this.file, this.binding('default', 'const', declaration));
    if (!this.isEntry) this.visit(declaration);
  }
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

function isNull(node: AnyNode): boolean {
  return node.type === 'Literal' && node.value === null && !node.regex && !node.bigint;
}

export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  );
}

function nameOf(node: AnyNode): string {
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
