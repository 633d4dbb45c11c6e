// biome-ignore-all lint/correctness/noVoidTypeReturn: a case of the switch ends with what it calls
// biome-ignore-all lint/suspicious/useIterableCallbackReturn: the same, in a callback
/** Prints expressions: every operator that could do unbounded work, or reach past the policy's own values, is checked. */
import type {
  AnyNode,
  Class,
  Identifier,
  MemberExpression,
  ObjectExpression,
  Pattern,
  Property,
} from 'acorn';
import { MEM_CONSTANTS, REQUEST_FIELDS } from '../fields.ts';
import type { Place } from './faults.ts';
import { CONSTRUCTORS, FUNCTION_NAMES, MATH_FUNCTIONS, MEMBERS, VALUE_NAMES } from './language.ts';
import type { Numbers } from './numbers.ts';
import type { Output } from './output.ts';
import {
  type FunctionFacts,
  type FunctionNode,
  isArrayFrom,
  isFunction,
  isLengthOnly,
  type Resolution,
} from './resolve.ts';
import type { Weights } from './weigh.ts';

/** Prints an operand; numeric: it is a number whatever happens. */
interface Operand {
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

export abstract class ExpressionPrinter {
  protected readonly out: Output;
  protected readonly weights: Weights;
  protected place: (node: AnyNode) => Place = () => ({ file: '', line: 1, column: 1 });
  /** Places of the counters, by number. */
  readonly sites: Place[] = [];
  private readonly refs: Resolution['refs'];
  private readonly functions: Resolution['functions'];
  private readonly numbers: Numbers;
  private temps = { open: 0, most: 0 };

  constructor(out: Output, resolution: Resolution, numbers: Numbers, weights: Weights) {
    this.out = out;
    this.refs = resolution.refs;
    this.functions = resolution.functions;
    this.numbers = numbers;
    this.weights = weights;
  }

  protected abstract functionValue(node: FunctionNode): void;
  protected abstract functionBody(node: FunctionNode): void;
  protected abstract classValue(node: Class): void;

  // --- places, names, temporaries

  protected mark(node: AnyNode): void {
    this.out.mark(this.place(node));
  }

  protected site(node: AnyNode): number {
    return this.sites.push(this.place(node)) - 1;
  }

  protected facts(node: FunctionNode): FunctionFacts {
    return this.functions.get(node) ?? { leaf: false, finalizer: true };
  }

  /** A player's `$` is doubled, so that a single one is ours. */
  protected escape(name: string): string {
    return name.replaceAll('$', '$$$$');
  }

  protected nameOf(id: Identifier): string {
    return this.refs.get(id)?.printed ?? this.escape(id.name);
  }

  protected openTemps(): { open: number; most: number } {
    const outer = this.temps;
    this.temps = { open: 0, most: 0 };
    return outer;
  }

  protected closeTemps(outer: { open: number; most: number }): void {
    this.temps = outer;
  }

  protected declareTemps(): void {
    const { most } = this.temps;
    if (most === 0) return;
    this.out.write(`var ${Array.from({ length: most }, (_, i) => `$${i + 1}`).join(', ')};`);
    this.out.newline();
    this.temps.most = this.temps.open;
  }

  /** Run `body` with the names of `count` temporaries, free again afterwards. */
  private withTemps(count: number, body: (...names: string[]) => void): void {
    const first = this.temps.open + 1;
    this.temps.open += count;
    this.temps.most = Math.max(this.temps.most, this.temps.open);
    body(...Array.from({ length: count }, (_, i) => `$${first + i}`));
    this.temps.open -= count;
  }

  // --- expressions

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

  private identifier(node: Identifier): string {
    const binding = this.refs.get(node);
    if (binding !== undefined) return binding.printed;
    return VALUE_NAMES[node.name] ?? FUNCTION_NAMES[node.name];
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

  /** A name that is written out: of a property or of a member of a class. */
  protected memberKey(key: AnyNode): void {
    this.mark(key);
    if (key.type === 'PrivateIdentifier') this.out.write(`#${this.escape(key.name)}`);
    else if (key.type === 'Identifier') this.out.write(key.name);
    else if (key.type === 'Literal') this.out.write(literal(String(key.value)));
  }

  // --- operators

  private operand(node: AnyNode): Operand {
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
  private computed(print: () => void, numeric: boolean): Operand {
    return { print, numeric, text: null, stable: false, short: numeric, isText: false };
  }

  private text(text: string, numeric = false): Operand {
    return { print: () => this.out.write(text), numeric, text, stable: true, short: numeric, isText: false };
  }

  /** Print an operand as a number: what is not one is converted, and paid for, by `$num`. */
  private number(operand: Operand): void {
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

  private unary(node: AnyNode & { type: 'UnaryExpression' }): void {
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

  private binary(operator: string, left: Operand, right: Operand): void {
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

  // --- assignment

  private update(node: AnyNode & { type: 'UpdateExpression' }): void {
    const { out } = this;
    const operator = node.operator === '++' ? '+' : '-';
    const target = node.argument;
    const one = this.text('1', true);
    if (target.type === 'Identifier') {
      const name = this.nameOf(target);
      this.mark(node);
      if (this.numbers.is(target)) {
        return out.write(node.prefix ? `(${node.operator}${name})` : `(${name}${node.operator})`);
      }
      if (node.prefix) {
        out.write(`(${name} = `);
        this.binary(operator, this.converted(this.operand(target)), one);
        return out.write(')');
      }
      return this.withTemps(1, old => {
        out.write(`(${old} = `);
        this.number(this.operand(target));
        out.write(`, ${name} = ${old} ${operator} 1, ${old})`);
      });
    }
    this.reference(target as MemberExpression, (read, write) => {
      this.withTemps(1, old => {
        out.write(`${old} = `);
        this.number(this.computed(() => out.write(read), false));
        out.write(', ');
        write(this.computed(() => out.write(`${old} ${operator} 1`), true));
        out.write(node.prefix ? `, ${old} ${operator} 1` : `, ${old}`);
      });
    });
  }

  private converted(operand: Operand): Operand {
    return this.computed(() => this.number(operand), true);
  }

  private assignment(node: AnyNode & { type: 'AssignmentExpression' }): void {
    const { out } = this;
    const { left, right, operator } = node;
    this.mark(node);
    if (left.type === 'ArrayPattern' || left.type === 'ObjectPattern') {
      return this.withTemps(1, kept => {
        out.write(`(${kept} = `);
        this.restSource(left, right);
        out.write(', ');
        this.assignFrom(left, kept);
        out.write(`, ${kept})`);
      });
    }
    const simple = operator.slice(0, -1);
    const logical = simple === '&&' || simple === '||' || simple === '??';
    if (left.type === 'Identifier') {
      const name = this.nameOf(left);
      if (logical || simple === '') {
        out.write(`(${name} ${operator} `);
        this.expression(right);
      } else {
        out.write(`(${name} = `);
        // The variable's old value is read before the right side runs.
        this.binary(simple, this.operand(left), this.operand(right));
      }
      return out.write(')');
    }
    this.reference(left as MemberExpression, (read, write) => {
      const value = this.operand(right);
      if (simple === '') return write(value);
      if (logical) {
        out.write(`(${read} ${simple} (`);
        write(value);
        return out.write('))');
      }
      const old = this.computed(() => out.write(read), false);
      write(this.computed(() => this.binary(simple, old, value), simple !== '+'));
    });
  }

  /** Object and key are evaluated once; `body` gets how to read the property, and a printer of the checked store. */
  private reference(
    target: MemberExpression,
    body: (read: string, write: (value: Operand) => void) => void,
  ): void {
    const { out } = this;
    const { object, property } = target;
    if (target.computed && !(property.type === 'Literal' && typeof property.value === 'string')) {
      return this.withTemps(3, (o, k, v) => {
        out.write(`(${o} = `);
        this.expression(object);
        const key = this.operand(property);
        if (key.numeric) {
          out.write(`, ${k} = `);
          key.print();
        } else {
          out.write(`, typeof (${k} = `);
          key.print();
          out.write(`) === 'number' || (${k} = $key(${k}))`);
        }
        out.write(', ');
        body(`${o}[${k}]`, value => {
          out.write(`${v} = `);
          value.print();
          const text = value.numeric ? '' : ` && typeof ${v} !== 'string'`;
          out.write(
            `, ${k} >>> 0 === ${k} && ${k} < ${o}.length${text} || $grow(${o}, ${k}, ${v}), ${o}[${k}] = ${v}`,
          );
        });
        out.write(')');
      });
    }
    const isPrivate = property.type === 'PrivateIdentifier';
    const name = property.type === 'Literal' ? String(property.value) : (property as Identifier).name;
    this.withTemps(2, (o, v) => {
      out.write(`(${o} = `);
      this.expression(object);
      out.write(', ');
      this.mark(property);
      const read = isPrivate
        ? `${o}.#${this.escape(name)}`
        : property.type === 'Literal'
          ? `${o}[${literal(name)}]`
          : `${o}.${name}`;
      body(read, value => {
        if (isPrivate) {
          out.write(`${read} = `);
          return value.print();
        }
        out.write(`${v} = `);
        value.print();
        if (name === 'length') return out.write(`, $setLength(${o}, ${v})`);
        out.write(`, ${read} === (void 0) && $prop(${o}, ${literal(name)}), ${read} = ${v}`);
      });
      out.write(')');
    });
  }

  /** Assign the value in the variable `from` to a target; members among the targets are stored one by one after it. */
  protected assignFrom(target: Pattern, from: string): void {
    const { out } = this;
    if (target.type === 'Identifier') return out.write(`(${this.nameOf(target)} = ${from})`);
    if (target.type === 'MemberExpression') {
      return this.reference(target, (_, write) => write(this.text(from)));
    }
    const members = membersOf(target);
    this.withTemps(members.length, (...kept) => {
      const names = new Map(members.map((m, i) => [m as AnyNode, kept[i]]));
      out.write('(');
      this.pattern(target, names);
      out.write(` = ${from}`);
      members.forEach((m, i) => {
        out.write(', ');
        this.reference(m, (_, write) => write(this.text(kept[i])));
      });
      out.write(')');
    });
  }

  /** The value that a pattern takes apart; one with a rest element is measured first. */
  protected restSource(pattern: Pattern, value: AnyNode): void {
    const last =
      pattern.type === 'ArrayPattern'
        ? pattern.elements[pattern.elements.length - 1]
        : pattern.type === 'ObjectPattern'
          ? pattern.properties[pattern.properties.length - 1]
          : null;
    if (last?.type !== 'RestElement') return this.expression(value);
    this.out.write(pattern.type === 'ArrayPattern' ? '$rest(' : '$copied(');
    this.expression(value);
    this.out.write(')');
  }

  /** A pattern of declared or assigned names; `names` stands in for members. */
  protected pattern(pattern: Pattern, names: Map<AnyNode, string> = new Map()): void {
    const { out } = this;
    switch (pattern.type) {
      case 'Identifier':
        return out.write(this.nameOf(pattern));
      case 'MemberExpression':
        return out.write(names.get(pattern)!);
      case 'AssignmentPattern':
        this.pattern(pattern.left, names);
        out.write(' = ');
        return this.expression(pattern.right);
      case 'RestElement':
        out.write('...');
        return this.pattern(pattern.argument, names);
      case 'ArrayPattern':
        out.write('[');
        pattern.elements.forEach((element, i) => {
          if (i > 0) out.write(', ');
          if (element) this.pattern(element, names);
          else if (i === pattern.elements.length - 1) out.write(',');
        });
        return out.write(']');
      case 'ObjectPattern':
        out.write('{');
        pattern.properties.forEach((p, i) => {
          if (i > 0) out.write(', ');
          if (p.type === 'RestElement') return this.pattern(p, names);
          if (p.computed) {
            out.write('[$key(');
            this.expression(p.key);
            out.write(')]');
          } else this.memberKey(p.key);
          out.write(': ');
          this.pattern(p.value, names);
        });
        return out.write('}');
    }
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
    if (property.name === 'push' && spread && args.length === 1 && !callee.optional) {
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

/** Member expressions among the targets of a pattern. */
function membersOf(pattern: Pattern | null): MemberExpression[] {
  if (pattern === null) return [];
  switch (pattern.type) {
    case 'MemberExpression':
      return [pattern];
    case 'AssignmentPattern':
      return membersOf(pattern.left);
    case 'RestElement':
      return membersOf(pattern.argument);
    case 'ArrayPattern':
      return pattern.elements.flatMap(e => membersOf(e));
    case 'ObjectPattern':
      return pattern.properties.flatMap(p => membersOf(p.type === 'RestElement' ? p : p.value));
    default:
      return [];
  }
}

/** A literal in characters that every parser reads alike. */
function literal(value: unknown): string {
  if (typeof value === 'number') return value === Number.POSITIVE_INFINITY ? '(1 / 0)' : `(${value})`;
  if (typeof value !== 'string') return String(value);
  let text = '"';
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    const char = value[i];
    if (char === '"' || char === '\\') text += `\\${char}`;
    else if (code < 0x20 || code > 0x7e) text += `\\u${code.toString(16).padStart(4, '0')}`;
    else text += char;
  }
  return `${text}"`;
}
