/** Mistakes with what the engine gives a hook: numbers taken for texts or functions, a request that is kept. */
import type { AnyNode } from 'acorn';
import { MEM_FUNCTIONS, MEM_NAMES } from '../fields.ts';
import { ASKED } from '../realm/notes.ts';
import type { Binding } from './bindings.ts';
import type { Refusals } from './refusals.ts';
import type { Scopes } from './scopes.ts';

/** Methods that keep what they are given. */
const KEEPERS = new Set(['push', 'unshift', 'set', 'add', 'fill']);

export class GivenValues {
  private readonly scopes: Scopes;
  private readonly refusals: Refusals;

  constructor(scopes: Scopes, refusals: Refusals) {
    this.scopes = scopes;
    this.refusals = refusals;
  }

  /** `request.gfp === 'GFP_DMA'` */
  compared(operator: string, left: AnyNode, right: AnyNode): void {
    if (operator !== '===' && operator !== '!==') return;
    for (const [given, other] of [
      [left, right],
      [right, left],
    ]) {
      const name = this.numberName(given);
      if (name === null || other.type !== 'Literal' || typeof other.value !== 'string') continue;
      const [near] = this.refusals.near(other.value, MEM_NAMES);
      const value = other.value.slice(0, 40);
      this.refusals.fault(
        other,
        'E-POLICY-COMPARE',
        `'${name}' is a number, which is never the text '${value}'`,
        near === undefined ? 'a number, or a name of mem' : `a number, such as mem.${near}`,
      );
    }
  }

  /** `mem.DMA_ONLY()`, `mem.free()`, `mem.free('Normal')` */
  called(callee: AnyNode, args: readonly AnyNode[]): void {
    const name = this.numberName(callee);
    if (name !== null) {
      this.refusals.fault(
        callee,
        'E-POLICY-CALL',
        `'${name}' is a number and not a function`,
        `${name} without ()`,
      );
      return;
    }
    const method = this.memName(callee);
    if (method === null || !MEM_FUNCTIONS.includes(method)) return;
    for (const arg of args) {
      if (arg.type !== 'Literal' || typeof arg.value !== 'string') continue;
      const [near] = this.refusals.near(arg.value, MEM_NAMES);
      this.refusals.fault(
        arg,
        'E-POLICY-CALL',
        `mem.${method} takes numbers, and '${arg.value.slice(0, 40)}' is a text`,
        near === undefined ? 'a number, or a name of mem' : `a number, such as mem.${near}`,
      );
    }
    const [first] = ASKED[method] ?? [''];
    if (args.length > 0 || first === '') return;
    const such = first === 'zone' ? 'mem.NORMAL' : first;
    this.refusals.fault(
      callee,
      'E-POLICY-CALL',
      `mem.${method} needs a ${first}`,
      `mem.${method}(${such}${ASKED[method].length > 1 ? ', ...' : ''})`,
    );
  }

  /** `last = request`, where `last` outlives the call. */
  assigned(target: AnyNode, value: AnyNode): void {
    if (!this.isRequest(value)) return;
    const root = target.type === 'MemberExpression' ? rootOf(target) : target;
    if (this.outlives(root)) this.kept(value);
  }

  /** `all.push(request)`, where `all` outlives the call. */
  handedOn(callee: AnyNode, args: readonly AnyNode[]): void {
    if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier')
      return;
    if (!KEEPERS.has(callee.property.name) || !this.outlives(rootOf(callee))) return;
    for (const arg of args) if (this.isRequest(arg)) this.kept(arg);
  }

  private kept(node: AnyNode): void {
    this.refusals.fault(
      node,
      'E-POLICY-KEPT',
      'the request is the same object in every call: what is kept of it changes with the next',
      'a copy: { ...request }',
    );
  }

  private isRequest(node: AnyNode): boolean {
    return this.bindingOf(node)?.role === 'request';
  }

  /** Declared outside all functions. */
  private outlives(node: AnyNode): boolean {
    return node.type === 'Identifier' && this.scopes.atTop(node.name);
  }

  /** How a number that the engine gives is written, or null. */
  private numberName(node: AnyNode): string | null {
    if (this.bindingOf(node)?.role === 'field') return (node as { name: string }).name;
    if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier') return null;
    const { name } = node.property;
    const object = this.bindingOf(node.object);
    if (object?.role === 'request') return `request.${name}`;
    const isNumber = MEM_NAMES.includes(name) && !MEM_FUNCTIONS.includes(name);
    return object?.role === 'mem' && isNumber ? `mem.${name}` : null;
  }

  private memName(node: AnyNode): string | null {
    if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier') return null;
    return this.bindingOf(node.object)?.role === 'mem' ? node.property.name : null;
  }

  private bindingOf(node: AnyNode): Binding | undefined {
    return node.type === 'Identifier' ? this.scopes.lookUp(node.name) : undefined;
  }
}

function rootOf(node: AnyNode): AnyNode {
  return node.type === 'MemberExpression' ? rootOf(node.object) : node;
}
