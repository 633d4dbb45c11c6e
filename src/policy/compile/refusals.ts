// biome-ignore-all lint/correctness/noVoidTypeReturn: a case ends with what it calls
import type { AnyNode, Identifier, MemberExpression, Program } from 'acorn';
import { nearest } from '../../contract/nearest.ts';
import type { HookName } from '../../engine/index.ts';
import { MEM_NAMES, REQUEST_FIELDS } from '../fields.ts';
import type { Faults } from './faults.ts';
import {
  CONSTRUCTORS,
  KNOWN_NAMES,
  MATH_REFUSED,
  MAX_ARGUMENTS,
  MAX_OBJECT_INDEX,
  MAX_STRING,
  MEMBERS,
  MISSING_METHODS,
  REFUSED_NAMES,
  REFUSED_NODES,
  REFUSED_PROPERTIES,
} from './language.ts';
import { children, type ParsedFile } from './parse.ts';

/** Names that a mistyped one is compared with. */
const MAX_COMPARED = 1000;

/** What may not be written in one file, said at its place with what to write instead. Names are looked up elsewhere. */
export class Refusals {
  private readonly file: ParsedFile;
  private readonly faults: Faults;
  /** Property names that the file gives to its own objects. */
  private readonly ownNames = new Set<string>();

  constructor(file: ParsedFile, faults: Faults) {
    this.file = file;
    this.faults = faults;
    this.collectOwnNames(file.program);
  }

  get any(): boolean {
    return this.faults.list.length > 0;
  }

  fault(node: AnyNode, code: string, message: string, expected?: string, suggestions?: string[]): void {
    const oneLine = node.loc!.start.line === node.loc!.end.line;
    this.faults.add(this.file.place(node), oneLine ? node.end - node.start : 1, code, message, {
      ...(expected === undefined ? {} : { expected }),
      ...(suggestions === undefined || suggestions.length === 0 ? {} : { suggestions }),
    });
  }

  /** Names near to a mistyped one, while anybody will be told of them. */
  near(wrong: string, names: Iterable<string>): string[] {
    if (this.faults.full) return [];
    const few: string[] = [];
    for (const name of names) if (few.push(name) === MAX_COMPARED) break;
    return nearest(wrong, few);
  }

  refuse(node: AnyNode, what: string, instead: string): void {
    this.fault(node, 'E-POLICY-LEFT-OUT', `policies have no ${what}`, `use ${instead}`);
  }

  noPolicy(program: Program): void {
    this.fault(
      program,
      'E-POLICY-EXPORT',
      `${this.file.path} exports no policy`,
      'export default definePolicy({ zonelist(request, mem) { return mem.AS_LINUX; } })',
    );
  }

  node(node: AnyNode): void {
    this.refuse(node, ...(REFUSED_NODES[node.type] ?? [node.type, 'something simpler']));
  }

  text(node: AnyNode, value: string): void {
    if (value.length > MAX_STRING) {
      this.fault(node, 'E-POLICY-STRING', `a string of ${value.length} characters`, `at most ${MAX_STRING}`);
    }
  }

  literal(node: AnyNode & { type: 'Literal' }): void {
    if (node.regex) this.refuse(node, 'regular expressions', 'includes, startsWith, indexOf, split');
    else if (node.bigint) this.refuse(node, 'BigInt', 'plain numbers: every value here is below 2^53');
    else if (typeof node.value === 'string') this.text(node, node.value);
  }

  /** A free name that means nothing here; `known`: those that would. */
  unknownName(node: Identifier, known: string[]): void {
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
      this.fault(
        node,
        'E-POLICY-NAME',
        `'${name.slice(0, 60)}' is not defined`,
        name === 'request' || name === 'mem' ? 'it as a parameter of the hook: (request, mem)' : undefined,
        this.near(name, [...KNOWN_NAMES, ...known]),
      );
    }
  }

  fieldName(key: Identifier, role: 'request' | 'mem', hook: HookName): void {
    const names = role === 'mem' ? MEM_NAMES : Object.keys(REQUEST_FIELDS[hook]);
    if (names.includes(key.name)) return;
    const where = role === 'mem' ? 'mem' : `the request of ${hook}`;
    const isOfOther =
      role === 'mem' ? Object.hasOwn(REQUEST_FIELDS[hook], key.name) : MEM_NAMES.includes(key.name);
    if (isOfOther) {
      this.fault(
        key,
        'E-POLICY-FIELD',
        `${where} has no '${key.name}', ${role === 'mem' ? `the request of ${hook}` : 'mem'} has`,
        'the parameters of a hook in this order: (request, mem)',
      );
      return;
    }
    this.fault(
      key,
      'E-POLICY-FIELD',
      `${where} has no '${key.name}'`,
      role === 'mem' ? 'a name that mem has: oomph.d.ts lists them' : `one of ${names.join(', ')}`,
      nearest(key.name, names),
    );
  }

  propertyName(key: AnyNode, isConstructor = false): void {
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

  memberName(key: AnyNode & { type: 'Literal' }): void {
    if (typeof key.value === 'string') this.safeName(key, key.value);
  }

  safeName(node: AnyNode, name: string): void {
    if (!Object.hasOwn(REFUSED_PROPERTIES, name)) return;
    this.fault(
      node,
      'E-POLICY-PROPERTY',
      `policies cannot use '.${name}'`,
      `use ${REFUSED_PROPERTIES[name]}`,
    );
  }

  /** `Math.random` and the like. */
  member(object: Identifier, property: Identifier): void {
    const refused = object.name === 'Math' ? MATH_REFUSED[property.name] : undefined;
    this.fault(
      property,
      'E-POLICY-NAME',
      refused === undefined && object.name !== 'Math'
        ? `policies have no '${object.name}.${property.name}'`
        : `policies have no 'Math.${property.name}': its last bits differ between computers`,
      refused === undefined ? `one of ${MEMBERS[object.name].join(', ')}` : `use ${refused}`,
      nearest(property.name, MEMBERS[object.name]),
    );
  }

  /** A method that JavaScript has and policies have not. */
  method(callee: MemberExpression, name: string): void {
    if (!Object.hasOwn(MISSING_METHODS, name) || this.ownNames.has(name)) return;
    this.fault(
      callee.property,
      'E-POLICY-METHOD',
      `policies have no .${name}()`,
      `use ${MISSING_METHODS[name]}`,
    );
  }

  operator(node: AnyNode & { type: 'BinaryExpression' }): void {
    const { operator, left, right } = node;
    if (operator === '**') this.refuse(node, '**', '1 << order for powers of two, or a loop');
    if ((operator === '==' || operator === '!=') && !isNull(left) && !isNull(right)) {
      this.refuse(node, `${operator} (it converts its operands)`, `${operator}=`);
    }
    if (left.type === 'PrivateIdentifier') this.refuse(left, 'private names with in', 'a field that is set');
  }

  args(args: readonly AnyNode[]): void {
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
}

function isNull(node: AnyNode): boolean {
  return node.type === 'Literal' && node.value === null && !node.regex && !node.bigint;
}
