// biome-ignore-all lint/correctness/noVoidTypeReturn: a case of the switch ends with what it calls
// biome-ignore-all lint/suspicious/useIterableCallbackReturn: the same, in a callback
/** Expressions: literals, objects, members and calls. */
import type { AnyNode, Class, Identifier, MemberExpression, ObjectExpression, Property } from 'acorn';
import { MEM_CONSTANTS, REQUEST_FIELDS } from '../fields.ts';
import { type FunctionNode, isArrayFrom, isFunction, isLengthOnly } from './bindings.ts';
import { CONSTRUCTORS, MATH_FUNCTIONS, MEMBERS } from './language.ts';
import { AssignmentPrinter } from './printAssignments.ts';
import { literal } from './printBase.ts';

export abstract class ExpressionPrinter extends AssignmentPrinter {
  protected abstract functionValue(node: FunctionNode): void;
  protected abstract functionBody(node: FunctionNode): void;
  protected abstract classValue(node: Class): void;

  expression(node: AnyNode): void {
    const { out } = this;
    switch (node.type) {
      case 'Identifier':
        this.mark(node);
        return out.write(this.identifier(node));
      case 'Literal':
        return out.write(literal(node.value));
      case 'ThisExpression':
        return out.write('this');
      case 'TemplateLiteral':
        return this.template(node);
      case 'ArrayExpression':
        out.write(`($a(${16 + 8 * node.elements.length}), [`);
        this.list(node.elements as AnyNode[], '$spread');
        return out.write('])');
      case 'ObjectExpression':
        return this.object(node);
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return this.functionValue(node);
      case 'ClassExpression':
        return this.classValue(node);
      case 'UnaryExpression':
        return this.unary(node);
      case 'UpdateExpression':
        return this.update(node);
      case 'BinaryExpression':
        return this.binary(node.operator, this.operand(node.left), this.operand(node.right));
      case 'LogicalExpression':
        out.write('(');
        this.expression(node.left);
        out.write(` ${node.operator} `);
        this.expression(node.right);
        return out.write(')');
      case 'ConditionalExpression':
        out.write('(');
        this.expression(node.test);
        out.write(' ? ');
        this.expression(node.consequent);
        out.write(' : ');
        this.expression(node.alternate);
        return out.write(')');
      case 'SequenceExpression':
        out.write('(');
        node.expressions.forEach((e, i) => {
          if (i > 0) out.write(', ');
          this.expression(e);
        });
        return out.write(')');
      case 'AssignmentExpression':
        return this.assignment(node);
      case 'ChainExpression':
        out.write('(');
        this.expression(node.expression);
        return out.write(')');
      case 'MemberExpression':
        return this.member(node);
      case 'CallExpression':
        return this.call(node);
      case 'NewExpression':
        return this.construct(node.callee, node.arguments, node);
      case 'Super':
        return out.write('super');
      default:
        throw new Error(`the printer has no ${node.type}`);
    }
  }

  private template(node: AnyNode & { type: 'TemplateLiteral' }): void {
    this.out.write('$tpl(');
    node.quasis.forEach((quasi, i) => {
      if (i > 0) {
        this.out.write(', ');
        this.expression(node.expressions[i - 1]);
        this.out.write(', ');
      }
      this.out.write(literal(quasi.value.cooked ?? ''));
    });
    this.out.write(')');
  }

  /** Elements or arguments; what ... adds is counted first. */
  private list(nodes: readonly AnyNode[], spread: string): void {
    nodes.forEach((node, i) => {
      if (i > 0) this.out.write(', ');
      if (node.type === 'SpreadElement') {
        this.out.write(`...${spread}(`);
        this.expression(node.argument);
        this.out.write(')');
      } else this.expression(node);
    });
  }

  private object(node: ObjectExpression): void {
    const { out } = this;
    let bytes = 32 + 16 * node.properties.length;
    for (const p of node.properties) {
      if (p.type === 'Property' && p.key.type === 'Literal' && typeof p.key.value === 'number')
        bytes += 12 * p.key.value;
      // As many entries of its own as it has parameters are not counted when they are stored.
      if (p.type === 'Property' && p.method)
        bytes += 16 * Math.max(0, (p.value as FunctionNode).params.length - 8);
    }
    out.write(`($a(${Math.ceil(bytes)}), {`);
    node.properties.forEach((p, i) => {
      if (i > 0) out.write(', ');
      if (p.type === 'SpreadElement') {
        out.write('...$copied(');
        this.expression(p.argument);
        return out.write(')');
      }
      this.propertyKey(p);
      if (p.method && isFunction(p.value)) return this.functionBody(p.value);
      out.write(': ');
      this.expression(p.value);
    });
    out.write('})');
  }

  private propertyKey(p: Property): void {
    if (p.computed) {
      this.out.write('[$newKey(');
      this.expression(p.key);
      this.out.write(')]');
    } else this.memberKey(p.key);
  }

  // --- members and calls

  private member(node: MemberExpression): void {
    const { out } = this;
    const { object, property } = node;
    const imported = this.refs.get(node);
    if (imported !== undefined) {
      this.mark(node);
      return out.write(imported.printed);
    }
    if (
      object.type === 'Identifier' &&
      this.refs.get(object) === undefined &&
      Object.hasOwn(MEMBERS, object.name)
    ) {
      this.mark(node);
      return out.write(`$${object.name}_${(property as Identifier).name}`);
    }
    const given = this.givenField(node);
    if (given !== null) {
      this.mark(node);
      return out.write(given);
    }
    this.expression(object);
    if (node.computed) {
      out.write(node.optional ? '?.[' : '[');
      this.mark(property);
      if (this.numbers.is(property)) this.expression(property);
      else {
        out.write('$key(');
        this.expression(property);
        out.write(')');
      }
      return out.write(']');
    }
    out.write(node.optional ? '?.' : '.');
    this.memberKey(property);
  }

  /** `request.x` and `mem.x` where those are the engine's own: looked up now, not at each call. */
  private givenField({ object, property, computed }: MemberExpression): string | null {
    if (computed || object.type !== 'Identifier' || property.type !== 'Identifier') return null;
    const binding = this.refs.get(object);
    if (binding === undefined || binding.hook === null) return null;
    const { name } = property;
    if (binding.role === 'request') return `$request[${REQUEST_FIELDS[binding.hook][name]}]`;
    if (binding.role !== 'mem') return null;
    return Object.hasOwn(MEM_CONSTANTS, name) ? `(${MEM_CONSTANTS[name]})` : `$mem_${name}`;
  }

  private call(node: AnyNode & { type: 'CallExpression' }): void {
    const { out } = this;
    const { callee, arguments: args } = node;
    this.mark(node);
    if (
      callee.type === 'Identifier' &&
      this.refs.get(callee) === undefined &&
      CONSTRUCTORS.includes(callee.name)
    ) {
      return this.construct(callee, args, node);
    }
    if (callee.type === 'MemberExpression' && this.builtinCall(node, callee, args)) return;
    this.expression(callee);
    this.mark(node);
    out.write(node.optional ? '?.(' : '(');
    this.list(args, '$args');
    out.write(')');
  }

  /** Calls with a form of their own. @returns false for any other */
  private builtinCall(node: AnyNode, callee: MemberExpression, args: AnyNode[]): boolean {
    const { out } = this;
    const { object, property } = callee;
    if (callee.computed || property.type !== 'Identifier') return false;
    const free = object.type === 'Identifier' && this.refs.get(object) === undefined;
    if (free && object.name === 'Array' && isArrayFrom(callee) && isLengthOnly(args[0])) {
      out.write('$Array_times(');
      this.list([((args[0] as ObjectExpression).properties[0] as Property).value, ...args.slice(1)], '$args');
      out.write(')');
      return true;
    }
    if (free && object.name === 'console') {
      out.write(`$log(${this.site(node)}, `);
      this.list(args, '$args');
      out.write(')');
      return true;
    }
    const spread = args.some(a => a.type === 'SpreadElement');
    if (free && object.name === 'Math' && MATH_FUNCTIONS.includes(property.name)) {
      if (spread) {
        if (args.length !== 1 || (property.name !== 'max' && property.name !== 'min')) return false;
        out.write(`$${property.name}Of(`);
        this.expression((args[0] as AnyNode & { type: 'SpreadElement' }).argument);
        out.write(')');
        return true;
      }
      out.write(`$M_${property.name}(`);
      args.forEach((arg, i) => {
        if (i > 0) out.write(', ');
        this.number(this.operand(arg));
      });
      out.write(')');
      return true;
    }
    if (property.name === 'push' && spread && args.length === 1 && !isOptional(callee)) {
      out.write('$pushAll(');
      this.expression(object);
      out.write(', ');
      this.expression((args[0] as AnyNode & { type: 'SpreadElement' }).argument);
      out.write(')');
      return true;
    }
    return false;
  }

  private construct(callee: AnyNode, args: AnyNode[], node: AnyNode): void {
    const { out } = this;
    this.mark(node);
    if (callee.type === 'Identifier' && this.refs.get(callee) === undefined)
      out.write(`$new_${callee.name}(`);
    else {
      out.write('($a(48), new (');
      this.expression(callee);
      this.mark(node);
      out.write(')(');
      this.list(args, '$args');
      return out.write('))');
    }
    this.list(args, '$args');
    out.write(')');
  }
}

/** Part of a chain that may end early: `a?.b.push`. */
function isOptional(node: AnyNode): boolean {
  if (node.type === 'MemberExpression') return node.optional || isOptional(node.object);
  return node.type === 'CallExpression' && (node.optional || isOptional(node.callee));
}
