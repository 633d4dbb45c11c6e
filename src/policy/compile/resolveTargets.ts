// biome-ignore-all lint/correctness/noVoidTypeReturn: a case of the switch ends with what it calls
/** What is named, taken apart, assigned to and reached through a dot. */
import type { AnyNode, Identifier, MemberExpression, Pattern } from 'acorn';
import { namesOf, type Resolution } from './bindings.ts';
import { FUNCTION_NAMES, MEMBERS, VALUE_NAMES } from './language.ts';
import type { Module } from './modules.ts';
import type { Refusals } from './refusals.ts';
import type { Scopes } from './scopes.ts';

export abstract class TargetResolver {
  protected readonly module: Module;
  protected readonly scopes: Scopes;
  protected readonly refusals: Refusals;
  protected readonly out: Resolution;

  constructor(module: Module, out: Resolution) {
    this.module = module;
    this.scopes = module.scopes;
    this.refusals = module.refusals;
    this.out = out;
  }

  protected abstract visit(node: AnyNode): void;

  /** A name used as a value. */
  protected reference(node: Identifier): void {
    const binding = this.scopes.lookUp(node.name);
    if (binding === undefined) {
      if (Object.hasOwn(VALUE_NAMES, node.name) || Object.hasOwn(FUNCTION_NAMES, node.name)) return;
      this.scopes.unknown(node);
      return;
    }
    if (binding.kind === 'define') {
      this.refusals.fault(
        node,
        'E-POLICY-EXPORT',
        'definePolicy is for the default export of the first file only',
        'export default definePolicy({ ... })',
      );
    }
    if (binding.namespace !== null) {
      this.refusals.fault(
        node,
        'E-POLICY-NAMESPACE',
        `'${node.name}' stands for a whole file`,
        `${node.name}.something`,
      );
    }
    this.out.refs.set(node, binding);
  }

  /** Declared names and the defaults among them. `rest`: `...rest` may stand at this level. */
  protected pattern(pattern: Pattern, rest: boolean): void {
    switch (pattern.type) {
      case 'Identifier': {
        const binding = this.scopes.lookUp(pattern.name);
        if (binding !== undefined) this.out.refs.set(pattern, binding);
        return;
      }
      case 'AssignmentPattern':
        this.pattern(pattern.left, false);
        return this.visit(pattern.right);
      case 'RestElement':
        if (!rest) this.refusals.refuse(pattern, 'rest elements in inner patterns', 'slice');
        return this.pattern(pattern.argument, false);
      case 'ArrayPattern':
        for (const element of pattern.elements) {
          if (element) this.pattern(element, rest && element.type === 'RestElement');
        }
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
  protected assignmentTarget(target: AnyNode, value: AnyNode | null, rest: boolean): void {
    if (target.type === 'MemberExpression') return this.member(target, true);
    if (target.type === 'Identifier') {
      const binding = this.scopes.lookUp(target.name);
      if (binding === undefined) return this.scopes.unknown(target);
      this.scopes.writable(target, binding);
      binding.role = null;
      this.scopes.assigned(target.name, value);
      this.out.refs.set(target, binding);
      return;
    }
    this.scopes.forget(target);
    for (const id of namesOf(target as Pattern)) {
      const binding = this.scopes.lookUp(id.name);
      if (binding === undefined) this.scopes.unknown(id);
      else this.scopes.writable(id, binding);
    }
    this.pattern(target as Pattern, rest);
  }

  private key(key: AnyNode, computed: boolean): void {
    if (computed) this.visit(key);
    if (!computed || key.type === 'Literal') this.refusals.propertyName(key);
  }

  protected property(
    key: AnyNode,
    value: AnyNode,
    kind: string,
    computed: boolean,
    shorthand: boolean,
    node: AnyNode,
  ): void {
    if (kind !== 'init') this.refusals.refuse(node, 'getters and setters', 'a method');
    this.key(key, computed);
    if (shorthand && value.type === 'Identifier') return this.reference(value);
    this.visit(value);
  }

  protected member(node: MemberExpression, written: boolean): void {
    const { object, property } = node;
    if (object.type === 'Super') {
      if (node.computed || written) this.refusals.refuse(node, 'super[...] and assignments to super', 'this');
    } else if (object.type === 'Identifier' && !node.computed && this.memberOfName(node, object, written))
      return;
    else this.visit(object);
    if (node.computed) {
      this.visit(property);
      if (property.type === 'Literal' && property.value !== 'length') this.refusals.memberName(property);
    } else if (property.type === 'Identifier') this.refusals.safeName(property, property.name);
  }

  /** `Math.max`, `ns.name`, `request.gfp`. @returns whether nothing is left to check */
  private memberOfName(node: MemberExpression, object: Identifier, written: boolean): boolean {
    const property = node.property as Identifier;
    const binding = this.scopes.lookUp(object.name);
    if (binding === undefined) {
      if (!Object.hasOwn(MEMBERS, object.name)) return false;
      if (MEMBERS[object.name].includes(property.name) && !written) return true;
      this.refusals.member(object, property);
      return true;
    }
    if (binding.namespace !== null) {
      const found = binding.namespace.get(property.name);
      if (found === undefined) {
        this.refusals.fault(
          property,
          'E-POLICY-IMPORT-NAME',
          `'${object.name}' exports no '${property.name}'`,
          undefined,
          this.refusals.near(property.name, binding.namespace.keys()),
        );
      } else {
        if (written) this.scopes.writable(property, found);
        this.out.refs.set(node, found);
      }
      return true;
    }
    if (binding.role === 'request' || binding.role === 'mem') {
      this.refusals.fieldName(property, binding.role, binding.hook!);
      if (written)
        this.refusals.fault(
          node,
          'E-POLICY-CONST',
          `'${object.name}.${property.name}' is read only`,
          'the answer of the hook to change something (return ...), or a variable of your own',
        );
    }
    return false;
  }
}
