/**
 * Which expressions are numbers whatever happens: arithmetic on them needs no check. Sound by induction over the run:
 * a variable counts if every value ever assigned to it counts, its own earlier values taken for granted.
 */
import type { AnyNode } from 'acorn';
import { MEM_CONSTANTS, MEM_NUMBER_FUNCTIONS, MEM_SIZES, REQUEST_FIELDS } from '../fields.ts';
import type { Binding, Resolution } from './bindings.ts';
import { MATH_CONSTANTS, MATH_FUNCTIONS } from './language.ts';

/** Longest chain of variables that is followed; what is beyond counts as unknown. */
const MAX_CHAIN = 100;
const ARITHMETIC = new Set(['-', '*', '/', '%', '|', '&', '^', '<<', '>>', '>>>']);

export class Numbers {
  private readonly refs: Resolution['refs'];
  private readonly known = new Map<Binding, boolean>();
  private chain = 0;

  constructor(refs: Resolution['refs']) {
    this.refs = refs;
  }

  is(node: AnyNode): boolean {
    switch (node.type) {
      case 'Literal':
        return typeof node.value === 'number';
      case 'UnaryExpression':
        return node.operator === '-' || node.operator === '+' || node.operator === '~';
      case 'UpdateExpression':
        return true;
      case 'BinaryExpression':
        if (ARITHMETIC.has(node.operator)) return true;
        return node.operator === '+' && this.is(node.left) && this.is(node.right);
      case 'AssignmentExpression':
        if (node.operator === '=') return this.is(node.right);
        if (node.operator === '+=') return this.is(node.left) && this.is(node.right);
        return ARITHMETIC.has(node.operator.slice(0, -1));
      case 'ConditionalExpression':
        return this.is(node.consequent) && this.is(node.alternate);
      case 'LogicalExpression':
        return this.is(node.left) && this.is(node.right);
      case 'SequenceExpression':
        return this.is(node.expressions[node.expressions.length - 1]);
      case 'Identifier':
        return this.isVariable(node);
      case 'MemberExpression':
        return this.isField(node);
      case 'CallExpression':
        return this.isCall(node.callee);
      default:
        return false;
    }
  }

  private isVariable(node: AnyNode): boolean {
    const binding = this.refs.get(node);
    if (binding === undefined) return false;
    if (binding.role === 'field') return true;
    if (binding.values === null || binding.values.length === 0) return false;
    const known = this.known.get(binding);
    if (known !== undefined) return known;
    if (this.chain === MAX_CHAIN) return false;
    this.known.set(binding, true);
    this.chain++;
    const is = binding.values.every(value => this.is(value));
    this.chain--;
    this.known.set(binding, is);
    // What was concluded from the guess falls with it.
    if (!is)
      for (const [other, guess] of this.known) if (guess && other !== binding) this.known.delete(other);
    return is;
  }

  private isField(node: AnyNode & { type: 'MemberExpression' }): boolean {
    const { object, property } = node;
    if (object.type !== 'Identifier' || node.computed || property.type !== 'Identifier') return false;
    const found = this.refs.get(node);
    if (found !== undefined) return false;
    const binding = this.refs.get(object);
    if (binding === undefined) return object.name === 'Math' && MATH_CONSTANTS.includes(property.name);
    if (binding.role === 'request') return Object.hasOwn(REQUEST_FIELDS[binding.hook!], property.name);
    if (binding.role !== 'mem') return false;
    return (
      Object.hasOwn(MEM_CONSTANTS, property.name) || (MEM_SIZES as readonly string[]).includes(property.name)
    );
  }

  private isCall(callee: AnyNode): boolean {
    if (callee.type !== 'MemberExpression' || callee.computed) return false;
    const { object, property } = callee;
    if (object.type !== 'Identifier' || property.type !== 'Identifier') return false;
    const binding = this.refs.get(object);
    if (binding === undefined) return object.name === 'Math' && MATH_FUNCTIONS.includes(property.name);
    return binding.role === 'mem' && MEM_NUMBER_FUNCTIONS.includes(property.name);
  }
}
