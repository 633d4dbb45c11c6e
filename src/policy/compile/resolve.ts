// biome-ignore-all lint/correctness/noVoidTypeReturn: a case of the switch ends with what it calls
/**
 * What every name means, and whether it may be written: a walk over the trees that ties each identifier to its
 * declaration and collects every use of something that policies do not have.
 */
import type { AnyNode, Class, MemberExpression, ObjectExpression, Pattern, Property } from 'acorn';
import type { HookName } from '../../engine/index.ts';
import { MEM_FUNCTIONS } from '../fields.ts';
import {
  type FunctionFacts,
  type FunctionNode,
  isArrayFrom,
  isLengthOnly,
  namesOf,
  type Resolution,
  varsOf,
} from './bindings.ts';
import type { Faults } from './faults.ts';
import { GivenValues } from './givenValues.ts';
import { CONSTRUCTORS, FUNCTION_NAMES, LEAF_MEMBERS, MAX_ARGUMENTS, REFUSED_NODES } from './language.ts';
import { collectExports, declareImports, type Exports, hooksOf, type Module } from './modules.ts';
import { children, type ParsedFile } from './parse.ts';
import { Refusals } from './refusals.ts';
import { TargetResolver } from './resolveTargets.ts';
import { Scopes } from './scopes.ts';

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

/**
 * @param order   files, what is imported first, the entry last
 * @param allowed hooks that the challenge lets a policy decide
 * @param partial leave others out instead of refusing them
 */
export function resolve(
  order: ParsedFile[],
  files: Map<string, ParsedFile>,
  allowed: readonly HookName[],
  faults: Faults,
  partial = false,
): Resolution {
  const out: Resolution = {
    files: order,
    refs: new Map(),
    functions: new Map(),
    hooks: [],
    requests: new Map(),
    defaults: new Map(),
  };
  const exported: Exports = new Map();
  order.forEach((file, index) => {
    const refusals = new Refusals(file, faults);
    const module: Module = { file, files, exported, refusals, scopes: new Scopes(index, refusals) };
    new FileResolver(module, index === order.length - 1 ? allowed : null, out, partial).run();
  });
  return out;
}

class FileResolver extends TargetResolver {
  private fn: FunctionFacts = { leaf: true, calls: [], finalizer: false };
  /** Hooks that the entry may have; null for any other file. */
  private readonly allowed: readonly HookName[] | null;
  private readonly partial: boolean;
  private readonly given: GivenValues;
  /** Inside a hook and its arrow functions. */
  private noThis = true;

  constructor(module: Module, allowed: readonly HookName[] | null, out: Resolution, partial: boolean) {
    super(module, out);
    this.allowed = allowed;
    this.partial = partial;
    this.given = new GivenValues(module.scopes, module.refusals);
  }

  run(): void {
    const { module, scopes, refusals, out } = this;
    const { program } = module.file;
    module.exported.set(module.file, new Map());
    declareImports(module);
    scopes.declare(program.body);
    scopes.declareVars(program);
    const hooks = this.allowed === null ? [] : hooksOf(module, this.allowed, this.partial);
    out.hooks.push(...(hooks ?? []));
    for (const node of program.body) this.visit(node);
    collectExports(module, out.defaults.get(module.file));
    if (hooks === null && !refusals.any) refusals.noPolicy(program);
  }

  private visitAll(nodes: readonly (AnyNode | null | undefined)[]): void {
    for (const node of nodes) if (node) this.visit(node);
  }

  protected override visit(node: AnyNode): void {
    switch (node.type) {
      case 'Identifier':
        return this.reference(node);
      case 'Literal':
        return this.refusals.literal(node);
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return this.functionNode(node, null);
      case 'ClassDeclaration':
      case 'ClassExpression':
        return this.classNode(node);
      case 'BlockStatement':
        return this.scopes.within(() => {
          this.scopes.declare(node.body);
          this.visitAll(node.body);
        });
      case 'ForStatement':
        return this.scopes.within(() => {
          if (node.init) {
            this.scopes.declare([node.init]);
            this.visit(node.init);
          }
          this.visitAll([node.test, node.update, node.body]);
        });
      case 'ForOfStatement':
        return this.scopes.within(() => {
          if (node.await) this.refusals.refuse(node, 'await', 'plain calls: a hook answers at once');
          this.scopes.declare([node.left]);
          this.scopes.forget(
            node.left.type === 'VariableDeclaration' ? node.left.declarations[0].id : node.left,
          );
          if (node.left.type === 'VariableDeclaration') this.pattern(node.left.declarations[0].id, false);
          else this.assignmentTarget(node.left, null, false);
          this.visitAll([node.right, node.body]);
        });
      case 'SwitchStatement':
        this.visit(node.discriminant);
        return this.scopes.within(() => {
          this.scopes.declare(node.cases.flatMap(c => c.consequent));
          for (const c of node.cases) this.visitAll([c.test, ...c.consequent]);
        });
      case 'TryStatement':
        this.visit(node.block);
        if (node.handler) {
          const { param, body } = node.handler;
          this.scopes.within(() => {
            if (param) {
              this.noSecond([param], body, 'what was caught');
              this.scopes.declarePattern(param, 'catch');
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
          if (d.id.type === 'Identifier') this.scopes.assigned(d.id.name, d.init ?? null);
          else this.scopes.forget(d.id);
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
        if (node.elements.includes(null)) this.refusals.refuse(node, 'arrays with holes', 'undefined');
        return this.visitAll(node.elements);
      case 'TemplateLiteral':
        if (node.expressions.length > MAX_ARGUMENTS) {
          const [first] = node.expressions.slice(MAX_ARGUMENTS);
          const what = `a template of ${node.expressions.length} values`;
          this.refusals.fault(first, 'E-POLICY-ARGUMENTS', what, `at most ${MAX_ARGUMENTS}`);
        }
        for (const quasi of node.quasis) this.refusals.text(quasi, quasi.value.cooked ?? '');
        return this.visitAll(node.expressions);
      case 'UnaryExpression':
        if (node.operator === 'delete' && isOfSuper(node.argument))
          this.refusals.refuse(node, 'delete of what super has', 'this');
        return this.visit(node.argument);
      case 'UpdateExpression':
        return this.assignmentTarget(node.argument, node, false);
      case 'BinaryExpression':
        this.refusals.operator(node);
        if (node.left.type !== 'PrivateIdentifier') this.visit(node.left);
        this.given.compared(node.operator, node.left, node.right);
        return this.visit(node.right);
      case 'AssignmentExpression':
        if (node.operator === '**=')
          this.refusals.refuse(node, '**', '1 << order for powers of two, or a loop');
        this.visit(node.right);
        this.given.assigned(node.left, node.right);
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
        return this.refusals.node(node);
    }
  }

  private functionNode(node: FunctionNode, hook: HookName | null): void {
    if (node.async) this.refusals.refuse(node, 'async functions', 'plain functions: a hook answers at once');
    if (node.generator) this.refusals.refuse(node, 'generators', 'an array, or a function called again');
    if (node.params.length > MAX_ARGUMENTS) {
      this.refusals.fault(
        node.params[MAX_ARGUMENTS],
        'E-POLICY-ARGUMENTS',
        `a function of ${node.params.length} parameters`,
        `at most ${MAX_ARGUMENTS}`,
      );
    }
    // What is known of the engine's own objects would not hold for a variable of the same name; and where parameters are
    // more than names, functions among them would see it instead of the parameter.
    if (hook !== null) this.noSecond(node.params, node.body, 'a parameter of the hook');
    else if (node.params.some(param => param.type !== 'Identifier'))
      this.noSecond(node.params, node.body, 'a parameter');
    const outer = this.fn;
    const outerNoThis = this.noThis;
    if (node.type !== 'ArrowFunctionExpression') this.noThis = hook !== null;
    this.fn = { leaf: true, calls: [], finalizer: false };
    this.out.functions.set(node, this.fn);
    if (node.type === 'FunctionDeclaration' && node.id) {
      const binding = this.scopes.lookUp(node.id.name);
      if (binding !== undefined) this.out.refs.set(node.id, binding);
    }
    this.scopes.within(() => {
      if (node.type === 'FunctionExpression' && node.id) {
        this.out.refs.set(node.id, this.scopes.add(node.id.name, 'function', node.id));
      }
      for (const param of node.params) this.scopes.declarePattern(param, 'param');
      node.params.forEach((param, i) => {
        const inner = param.type === 'RestElement' ? param.argument : param;
        this.pattern(inner, false);
        if (hook !== null && i < 2) this.giveRole(inner, i === 0 ? 'request' : 'mem', hook);
      });
      this.scopes.within(() => {
        if (node.body.type !== 'BlockStatement') return this.visit(node.body);
        this.scopes.declareVars(node.body);
        this.scopes.declare(node.body.body);
        this.visitAll(node.body.body);
      });
    });
    this.fn = outer;
    this.noThis = outerNoThis;
  }

  /** `this.count` where there is no object that `this` could be. */
  protected override member(node: MemberExpression, written: boolean): void {
    if (node.object.type === 'ThisExpression' && this.noThis) {
      this.refusals.fault(
        node.object,
        'E-POLICY-THIS',
        "'this' is undefined in a hook",
        'a variable above the policy, such as let count = 0',
      );
    }
    super.member(node, written);
  }

  /** Says so if a `var` has the name of something that is declared around it. */
  private noSecond(patterns: Pattern[], body: AnyNode, what: string): void {
    const names = patterns.flatMap(p => namesOf(p)).map(id => id.name);
    const second = varsOf(body).find(id => names.includes(id.name));
    if (second !== undefined)
      this.refusals.fault(second, 'E-POLICY-NAME', `'${second.name}' is ${what} already`, 'another name');
  }

  /** A hook's parameter holds the engine's own object, so its fields are known. */
  private giveRole(param: Pattern, role: 'request' | 'mem', hook: HookName): void {
    if (param.type === 'Identifier') {
      const binding = this.scopes.lookUp(param.name)!;
      if (binding.written) return;
      binding.role = role;
      binding.hook = hook;
    } else if (param.type === 'ObjectPattern') {
      if (role === 'request') this.out.requests.set(param, hook);
      for (const p of param.properties) {
        if (p.type === 'RestElement' || p.computed || p.key.type !== 'Identifier') continue;
        this.refusals.fieldName(p.key, role, hook);
        if (p.value.type !== 'Identifier') continue;
        const binding = this.scopes.lookUp(p.value.name)!;
        // A default or a key beside it in the pattern may have stored something else by now.
        if (!binding.written && (role === 'request' || !MEM_FUNCTIONS.includes(p.key.name)))
          binding.role = 'field';
      }
    }
  }

  private classNode(node: Class): void {
    const outerNoThis = this.noThis;
    const body = () => {
      this.noThis = false;
      if (node.superClass) {
        const parent = node.superClass;
        if (parent.type === 'Identifier' && this.scopes.lookUp(parent.name) !== undefined)
          this.reference(parent);
        else
          this.refusals.fault(
            parent,
            'E-POLICY-CLASS',
            'a class can only extend a class of the policy',
            'a class declared in its files',
          );
      }
      for (const member of node.body.body) {
        if (member.type === 'StaticBlock') {
          this.refusals.refuse(member, ...REFUSED_NODES['StaticBlock']);
          continue;
        }
        if (member.computed) this.refusals.refuse(member.key, 'computed member names', 'a plain name');
        else
          this.refusals.propertyName(
            member.key,
            member.type === 'MethodDefinition' && member.kind === 'constructor',
          );
        if (member.type === 'MethodDefinition') {
          if (member.kind === 'get' || member.kind === 'set')
            this.refusals.refuse(member, 'getters and setters', 'a method');
          this.visit(member.value);
        } else if (member.value) this.field(member.value);
      }
    };
    const outer = this.fn;
    if (node.type === 'ClassDeclaration') {
      const binding = node.id ? this.scopes.lookUp(node.id.name) : undefined;
      if (node.id && binding) this.out.refs.set(node.id, binding);
      body();
    } else {
      this.scopes.within(() => {
        if (node.id) this.out.refs.set(node.id, this.scopes.add(node.id.name, 'class', node.id));
        body();
      });
    }
    this.fn = outer;
    this.noThis = outerNoThis;
  }

  /** A field's value runs inside `new`, where no counter stands: it may not call the policy's own code. */
  private field(value: AnyNode): void {
    const outer = this.fn;
    this.fn = { leaf: true, calls: [], finalizer: false };
    this.visit(value);
    if (!this.fn.leaf) {
      this.refusals.fault(
        value,
        'E-POLICY-FIELD-CALL',
        'the value of a class field cannot call functions',
        'set it in the constructor',
      );
    }
    this.fn = outer;
  }

  private args(args: AnyNode[]): void {
    this.refusals.args(args);
    this.visitAll(args);
  }

  private call(callee: AnyNode, args: AnyNode[]): void {
    const [first] = args;
    if (isArrayFrom(callee) && this.scopes.lookUp('Array') === undefined && isLengthOnly(first)) {
      this.opens(null);
      return this.args([((first as ObjectExpression).properties[0] as Property).value, ...args.slice(1)]);
    }
    this.args(args);
    this.given.called(callee, args);
    this.given.handedOn(callee, args);
    if (callee.type === 'Identifier' && this.scopes.lookUp(callee.name) === undefined) {
      const { name } = callee;
      if (Object.hasOwn(FUNCTION_NAMES, name)) return;
      if (name === 'Array' || name.endsWith('Error')) return this.construct(callee, []);
      this.scopes.unknown(callee);
      return;
    }
    const binding =
      callee.type === 'MemberExpression' && callee.object.type === 'Identifier'
        ? this.scopes.lookUp(callee.object.name)
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
    if (!leaf) this.opens(callee);
    this.visit(callee);
    if (member !== null && binding?.role !== 'mem') this.refusals.method(callee as MemberExpression, member);
  }

  private construct(callee: AnyNode, args: AnyNode[]): void {
    this.args(args);
    if (callee.type === 'Identifier' && this.scopes.lookUp(callee.name) === undefined) {
      if (!CONSTRUCTORS.includes(callee.name)) this.scopes.unknown(callee);
      return;
    }
    this.opens(null);
    this.visit(callee);
  }

  private opens(callee: AnyNode | null): void {
    this.fn.leaf = false;
    this.fn.calls.push(callee);
  }

  private exportDefault(declaration: AnyNode): void {
    const entries = this.allowed === null ? [] : this.out.hooks;
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
      if (!declaration.id)
        this.out.defaults.set(this.module.file, this.scopes.add('default', 'const', declaration));
    } else if (this.allowed === null)
      this.out.defaults.set(this.module.file, this.scopes.add('default', 'const', declaration));
    if (this.allowed === null) this.visit(declaration);
  }
}

function isOfSuper(node: AnyNode): boolean {
  return node.type === 'MemberExpression' && node.object.type === 'Super';
}
