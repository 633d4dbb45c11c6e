// biome-ignore-all lint/correctness/noVoidTypeReturn: a case of the switch ends with what it calls
// biome-ignore-all lint/suspicious/useIterableCallbackReturn: the same, in a callback
/** Assignments: a store that would make an object grow is paid for, and none goes where the policy has no business. */
import type { AnyNode, Identifier, MemberExpression, Pattern } from 'acorn';
import type { HookName } from '../../engine/index.ts';
import { REQUEST_FIELDS } from '../fields.ts';
import { literal } from './printBase.ts';
import { type Operand, OperatorPrinter } from './printOperators.ts';

export abstract class AssignmentPrinter extends OperatorPrinter {
  protected update(node: AnyNode & { type: 'UpdateExpression' }): void {
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

  protected assignment(node: AnyNode & { type: 'AssignmentExpression' }): void {
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
        // What a class or its parent has may hide that this one has no such property yet.
        const fresh = `(${read} === (void 0) || typeof ${read} === 'function' || typeof ${o} === 'function')`;
        out.write(`, ${fresh} && $prop(${o}, ${literal(name)}), ${read} = ${v}`);
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

  /**
   * Declare what a pattern takes from the request of a hook, each name by itself.
   *
   * @returns whether it was such a pattern, and one of plain names
   */
  protected requestFields(pattern: Pattern): boolean {
    const hook = this.requests.get(pattern);
    if (hook === undefined || pattern.type !== 'ObjectPattern' || pattern.properties.length === 0)
      return false;
    const fields = pattern.properties.map(p =>
      p.type === 'Property' && !p.computed && p.key.type === 'Identifier' && p.value.type === 'Identifier'
        ? { name: p.value, at: ownField(hook, p.key.name) }
        : { name: p, at: undefined },
    );
    if (fields.some(({ at }) => at === undefined)) return false;
    fields.forEach(({ name, at }, i) => {
      if (i > 0) this.out.write(', ');
      this.pattern(name as Identifier);
      this.out.write(` = $request[${at}]`);
    });
    return true;
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
}

function ownField(hook: HookName, name: string): number | undefined {
  const fields = REQUEST_FIELDS[hook];
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
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
