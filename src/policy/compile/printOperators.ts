// biome-ignore-all lint/correctness/noVoidTypeReturn: a case of the switch ends with what it calls
/** Operators: each of their operands is a number or is checked, since a long string or an object costs more than a node. */
import type { AnyNode, Identifier } from 'acorn';
import { isFunction } from './bindings.ts';
import { literal, PrintBase } from './printBase.ts';

/** Prints an operand; numeric: it is a number whatever happens. */
export interface Operand {
  print: () => void;
  numeric: boolean;
  /** Its text, if it is a literal or a variable: may be printed twice while nothing runs in between. */
  text: string | null;
  /** The same, whatever runs in between: a literal or a variable that never changes. */
  stable: boolean;
  /** Can not be a long string. */
  short: boolean;
  /** A string that is written out. */
  isText: boolean;
}

const COMPARISONS: Record<string, string> = { '<': '$lt', '<=': '$le', '>': '$gt', '>=': '$ge' };

export abstract class OperatorPrinter extends PrintBase {
  protected operand(node: AnyNode): Operand {
    const numeric = this.numbers.is(node);
    const binding = node.type === 'Identifier' ? this.refs.get(node) : undefined;
    const constant =
      node.type === 'Literal' ||
      (binding !== undefined &&
        (binding.kind === 'const' || binding.kind === 'function' || binding.kind === 'class'));
    const short =
      numeric ||
      (node.type === 'Literal' && !(typeof node.value === 'string' && node.value.length > 64)) ||
      node.type === 'ObjectExpression' ||
      node.type === 'ArrayExpression' ||
      (node.type === 'Identifier' && binding === undefined) ||
      (node.type === 'UnaryExpression' && node.operator !== 'delete') ||
      isFunction(node);
    const text =
      node.type === 'Literal'
        ? literal(node.value)
        : node.type === 'Identifier'
          ? this.identifier(node)
          : null;
    const isText =
      (node.type === 'Literal' && typeof node.value === 'string') || node.type === 'TemplateLiteral';
    return { print: () => this.expression(node), numeric, text, stable: constant, short, isText };
  }

  /** What is printed by `print`, and is kept if it is needed twice. */
  protected computed(print: () => void, numeric: boolean): Operand {
    return { print, numeric, text: null, stable: false, short: numeric, isText: false };
  }

  protected text(text: string, numeric = false): Operand {
    return { print: () => this.out.write(text), numeric, text, stable: true, short: numeric, isText: false };
  }

  /** Print an operand as a number: what is not one is converted, and paid for, by `$num`. */
  protected number(operand: Operand): void {
    if (operand.numeric) return operand.print();
    const { out } = this;
    const { text } = operand;
    if (text !== null) return out.write(`(typeof ${text} === 'number' ? ${text} : $num(${text}))`);
    this.withTemps(1, kept => {
      out.write(`(typeof (${kept} = `);
      operand.print();
      out.write(`) === 'number' ? ${kept} : $num(${kept}))`);
    });
  }

  protected unary(node: AnyNode & { type: 'UnaryExpression' }): void {
    const { out } = this;
    const { operator, argument } = node;
    if (operator === 'delete') return this.deletion(argument);
    if (operator === '-' || operator === '+' || operator === '~') {
      out.write(`(${operator} `);
      this.number(this.operand(argument));
      return out.write(')');
    }
    out.write(`(${operator} `);
    this.expression(argument);
    out.write(')');
  }

  private deletion(argument: AnyNode): void {
    const { out } = this;
    const node = argument.type === 'ChainExpression' ? argument.expression : argument;
    if (node.type !== 'MemberExpression') {
      out.write('(');
      this.expression(node);
      return out.write(', true)');
    }
    out.write('$delete(');
    this.expression(node.object);
    out.write(', ');
    if (node.computed) this.expression(node.property);
    else out.write(literal((node.property as Identifier).name));
    out.write(')');
  }

  /** Both operands, kept in temporaries where they cannot be printed twice. */
  private pair(
    left: Operand,
    right: Operand,
    body: (a: string, b: string) => void,
    rest: (a: string, b: string) => void,
  ): void {
    const { out } = this;
    const { text: a } = left;
    const { text: b } = right;
    if (a !== null && b !== null) {
      out.write('(');
      body(a, b);
      rest(a, b);
      return out.write(')');
    }
    this.withTemps(2, (keptA, keptB) => {
      out.write('(');
      const nameA = a !== null && left.stable ? a : keptA;
      if (nameA === keptA) {
        out.write(`${keptA} = `);
        left.print();
        out.write(', ');
      }
      const nameB = b ?? keptB;
      if (nameB === keptB) {
        out.write(`${keptB} = `);
        right.print();
        out.write(', ');
      }
      body(nameA, nameB);
      rest(nameA, nameB);
      out.write(')');
    });
  }

  protected binary(operator: string, left: Operand, right: Operand): void {
    const { out } = this;
    const plain = () => {
      out.write('(');
      left.print();
      out.write(` ${operator} `);
      right.print();
      out.write(')');
    };
    const bothNumbers = (a: string, b: string) => {
      const tests: string[] = [];
      if (!left.numeric) tests.push(`typeof ${a} === 'number'`);
      if (!right.numeric) tests.push(`typeof ${b} === 'number'`);
      out.write(`${tests.join(' && ')} ? ${a} ${operator} ${b} : `);
    };
    switch (operator) {
      case '+':
        if (left.numeric && right.numeric) return plain();
        if (left.isText || right.isText) {
          out.write('$add(');
          left.print();
          out.write(', ');
          right.print();
          return out.write(')');
        }
        return this.pair(left, right, bothNumbers, (a, b) => out.write(`$add(${a}, ${b})`));
      case '<':
      case '<=':
      case '>':
      case '>=':
        if (left.numeric && right.numeric) return plain();
        return this.pair(left, right, bothNumbers, (a, b) =>
          out.write(`${COMPARISONS[operator]}(${a}, ${b})`),
        );
      case '===':
      case '!==':
        if (left.short || right.short) return plain();
        return this.pair(
          left,
          right,
          (a, b) => out.write(`typeof ${a} !== 'string' ? ${a} ${operator} ${b} : `),
          (a, b) => out.write(`${operator === '===' ? '' : '!'}$same(${a}, ${b})`),
        );
      case '==':
      case '!=':
        return plain();
      case 'instanceof':
        return plain();
      case 'in':
        out.write('$in(');
        left.print();
        out.write(', ');
        right.print();
        return out.write(')');
      default:
        if (left.numeric && right.numeric) return plain();
        return this.pair(left, right, bothNumbers, (a, b) =>
          out.write(`${left.numeric ? a : `$num(${a})`} ${operator} ${right.numeric ? b : `$num(${b})`}`),
        );
    }
  }
}
