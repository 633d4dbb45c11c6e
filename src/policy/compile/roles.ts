/**
 * Who is given the engine's own `request` and `mem`: hooks that are written elsewhere and only named in the policy, and
 * functions that every caller hands them on to. What they read of either is then printed as in a hook written in place.
 * Nothing of it changes what a policy does, or what it pays.
 */
import type { AnyNode, CallExpression, MemberExpression, Pattern } from 'acorn';
import type { HookName } from '../../engine/index.ts';
import { MEM_NAMES, REQUEST_FIELDS } from '../fields.ts';
import { type Binding, type FunctionNode, isFunction, type Resolution } from './bindings.ts';

type Role = Pick<Binding, 'role' | 'hook'>;

const NONE: Role = { role: null, hook: null };

/** Fields of a request that tell whose it is: the caller of the allocator writes them down. */
const WHO: ReadonlySet<string> = new Set(['task', 'site', 'owner', 'timeMs', 'event', 'cpu']);

/** Where pages come back nobody says what they were asked for by; of `order` the hook says what it means by it, or nothing. */
const WHO_GIVES_BACK: ReadonlySet<string> = new Set([...WHO, 'gfp', 'context', 'order']);
const GIVES_BACK: ReadonlySet<HookName> = new Set<HookName>(['placement', 'coalesce', 'pcp']);

/** One place where a name is used: the node that stands for it, what it stands in, and where in that. */
interface Use {
  node: AnyNode;
  parent: AnyNode;
  key: string;
  /** What the parent stands in. */
  around: AnyNode;
  aroundKey: string;
}

/**
 * Give parameters their roles.
 *
 * @returns whether the policy may look at who asks
 */
export function giveRoles(resolution: Resolution): boolean {
  return new Roles(resolution).give();
}

class Roles {
  private readonly resolution: Resolution;
  private readonly uses = new Map<Binding, Use[]>();
  /** The function that a name stands for; null: several. */
  private readonly functions = new Map<Binding, FunctionNode | null>();
  private readonly names = new Map<FunctionNode, Binding>();
  private console = false;
  private readonly asked = new Map<Pattern, Set<ReadonlySet<string>>>();

  constructor(resolution: Resolution) {
    this.resolution = resolution;
    for (const { program } of resolution.files) this.walk(program, program, '', program, '');
  }

  give(): boolean {
    // Every function that only hooks and calls name, with what its parameters may be: at first all of them anything.
    const given = new Map<FunctionNode, Role[] | null>();
    for (const [binding, node] of this.functions)
      if (node !== null && this.isCalledOnly(binding)) given.set(node, null);
    for (let changed = true; changed; ) {
      changed = false;
      for (const [node, before] of given) {
        const after = this.fromUses(node, given);
        if (after === null || (before !== null && after.every((role, i) => isSame(role, before[i]))))
          continue;
        given.set(node, after);
        changed = true;
      }
    }
    for (const [node, roles] of given)
      for (const [i, role] of (roles ?? []).entries()) this.assign(node.params[i], role);
    for (const [binding, uses] of this.uses) {
      if (binding.role === 'request') for (const use of uses) this.fieldsOf(binding, use);
    }
    for (const facts of this.resolution.functions.values())
      facts.leaf ||= facts.calls.every(callee => callee !== null && this.isMem(callee));
    return (
      this.console ||
      !this.resolution.hooks.every(({ name, value }) =>
        this.readsNobody(value, GIVES_BACK.has(name) ? WHO_GIVES_BACK : WHO),
      )
    );
  }

  // --- what is used where

  private walk(node: AnyNode, parent: AnyNode, key: string, around: AnyNode, aroundKey: string): void {
    const binding = this.resolution.refs.get(node);
    if (binding !== undefined && !this.declares(binding, node, parent, key)) {
      const uses = this.uses.get(binding) ?? [];
      uses.push({ node, parent, key, around, aroundKey });
      this.uses.set(binding, uses);
    }
    if (binding === undefined && node.type === 'Identifier' && node.name === 'console') this.console = true;
    for (const name of Object.keys(node)) {
      if (name === 'loc') continue;
      const value = (node as unknown as Record<string, unknown>)[name];
      for (const child of Array.isArray(value) ? value : [value])
        if (typeof child === 'object' && child !== null && typeof child.type === 'string')
          this.walk(child, node, name, parent, key);
    }
  }

  /** The name of a function where it is declared, or of a parameter. */
  private declares(binding: Binding, node: AnyNode, parent: AnyNode, key: string): boolean {
    if (parent.type === 'FunctionDeclaration' && key === 'id') {
      this.stands(binding, parent);
      return true;
    }
    if (
      parent.type === 'VariableDeclarator' &&
      key === 'id' &&
      binding.kind === 'const' &&
      parent.init &&
      isFunction(parent.init)
    ) {
      this.stands(binding, parent.init);
      return true;
    }
    return isFunction(parent) && key === 'params' && node.type === 'Identifier' && binding.kind === 'param';
  }

  private stands(binding: Binding, node: FunctionNode): void {
    this.functions.set(binding, this.functions.has(binding) ? null : node);
    this.names.set(node, binding);
  }

  private isCalledOnly(binding: Binding): boolean {
    const uses = this.uses.get(binding) ?? [];
    return (
      uses.length > 0 &&
      uses.every(
        ({ node, parent, key }) =>
          (parent.type === 'CallExpression' && key === 'callee') ||
          this.resolution.hooks.some(({ value }) => value === node),
      )
    );
  }

  // --- what is handed on

  /** What the parameters of a function hold by its uses; null while none of its callers is known. */
  private fromUses(node: FunctionNode, given: ReadonlyMap<FunctionNode, Role[] | null>): Role[] | null {
    let roles: Role[] | null = null;
    for (const use of this.uses.get(this.names.get(node)!)!) {
      const more = this.handedOn(use, node.params.length, given);
      if (more === null) continue;
      roles = roles === null ? more : roles.map((role, i) => (isSame(role, more[i]) ? role : NONE));
    }
    return roles;
  }

  private handedOn(
    { node, parent }: Use,
    count: number,
    given: ReadonlyMap<FunctionNode, Role[] | null>,
  ): Role[] | null {
    const hook = this.resolution.hooks.find(({ value }) => value === node);
    const all = Array.from({ length: count }, (_, i) => i);
    if (hook !== undefined)
      return all.map(i => (i > 1 ? NONE : { role: i === 0 ? 'request' : 'mem', hook: hook.name }));
    const { arguments: args } = parent as CallExpression;
    let known = true;
    const roles = all.map(i => {
      if (i >= args.length || args.slice(0, i + 1).some(a => a.type === 'SpreadElement')) return NONE;
      const role = this.roleOf(args[i], given);
      if (role === null) known = false;
      return role ?? NONE;
    });
    return known ? roles : null;
  }

  /** What an argument holds; null while that is not known. */
  private roleOf(node: AnyNode, given: ReadonlyMap<FunctionNode, Role[] | null>): Role | null {
    const binding = node.type === 'Identifier' ? this.resolution.refs.get(node) : undefined;
    if (binding === undefined) return NONE;
    if (binding.role === 'request' || binding.role === 'mem') return binding;
    if (binding.kind !== 'param') return NONE;
    for (const [fn, roles] of given) {
      const i = fn.params.findIndex(param => this.resolution.refs.get(param) === binding);
      if (i >= 0) return roles === null ? null : this.isWritten(binding) ? NONE : roles[i];
    }
    return NONE;
  }

  private assign(param: Pattern, { role, hook }: Role): void {
    if (role === null || hook === null) return;
    if (param.type === 'ObjectPattern') {
      if (role === 'request') this.fieldsIn(param, hook);
      return;
    }
    const binding = param.type === 'Identifier' ? this.resolution.refs.get(param) : undefined;
    if (binding === undefined || this.isWritten(binding)) return;
    // A name that the engine's object has not is looked up there, as ever.
    const names = role === 'mem' ? MEM_NAMES : Object.keys(REQUEST_FIELDS[hook]);
    const reads = (this.uses.get(binding) ?? []).map(plainMember).filter(member => member !== null);
    if (reads.some(({ property }) => property.type !== 'Identifier' || !names.includes(property.name)))
      return;
    binding.role = role;
    binding.hook = hook;
  }

  /** `const { zone, pass } = request`. */
  private fieldsOf({ hook }: Binding, { parent, key, around }: Use): void {
    if (parent.type !== 'VariableDeclarator' || key !== 'init' || around.type !== 'VariableDeclaration')
      return;
    if (parent.id.type === 'ObjectPattern') this.fieldsIn(parent.id, hook!);
  }

  private fieldsIn(pattern: Pattern & { type: 'ObjectPattern' }, hook: HookName): void {
    const names = Object.keys(REQUEST_FIELDS[hook]);
    this.resolution.requests.set(pattern, hook);
    for (const p of pattern.properties) {
      if (p.type === 'RestElement' || p.computed || p.key.type !== 'Identifier') continue;
      const binding = p.value.type === 'Identifier' ? this.resolution.refs.get(p.value) : undefined;
      if (binding === undefined || !names.includes(p.key.name)) continue;
      if (binding.kind !== 'var' && !this.isWritten(binding, p.value)) binding.role = 'field';
    }
  }

  /** Assigned to, or a member of it; but for where it is declared. */
  private isWritten(binding: Binding, declared: AnyNode | null = null): boolean {
    return (this.uses.get(binding) ?? []).some(
      ({ node, parent, key, around, aroundKey }) =>
        node !== declared &&
        (writes(parent, key, around) ||
          (parent.type === 'MemberExpression' && key === 'object' && writes(around, aroundKey, null))),
    );
  }

  /** `mem.something`, which never leads back to the policy's own code. */
  private isMem(callee: AnyNode): boolean {
    if (callee.type !== 'MemberExpression' || callee.computed) return false;
    return this.resolution.refs.get(callee.object)?.role === 'mem';
  }

  // --- who asks

  /** A hook that looks at nothing of its request but fields by name, and at none of `who`. */
  private readsNobody(value: AnyNode, who: ReadonlySet<string>): boolean {
    const named = this.resolution.refs.get(value);
    const node = isFunction(value) ? value : named === undefined ? undefined : this.functions.get(named);
    if (!node || (named !== undefined && !this.isCalledOnly(named))) return false;
    return node.params.length === 0 || this.takesNobody(node.params[0], who);
  }

  private takesNobody(param: Pattern, who: ReadonlySet<string>): boolean {
    // Once is enough, also for functions that call each other.
    const asked = this.asked.get(param) ?? new Set();
    if (asked.has(who)) return true;
    this.asked.set(param, asked.add(who));
    if (param.type === 'ObjectPattern') return namesNobody(param, who);
    const binding = param.type === 'Identifier' ? this.resolution.refs.get(param) : undefined;
    if (binding?.role !== 'request') return false;
    return (this.uses.get(binding) ?? []).every(use => {
      const { parent, key, node } = use;
      const member = plainMember(use);
      if (member !== null) return member.property.type === 'Identifier' && !who.has(member.property.name);
      if (parent.type === 'VariableDeclarator' && key === 'init')
        return parent.id.type === 'ObjectPattern' && namesNobody(parent.id, who);
      if (parent.type !== 'CallExpression' || key !== 'arguments') return false;
      const { arguments: args } = parent;
      const callee = this.resolution.refs.get(parent.callee);
      // A name that is assigned to may stand for another function by then.
      const fn = callee === undefined || !this.isCalledOnly(callee) ? undefined : this.functions.get(callee);
      const to = args.some(a => a.type === 'SpreadElement')
        ? undefined
        : fn?.params[args.indexOf(node as never)];
      return to !== undefined && this.takesNobody(to, who);
    });
  }
}

function isSame(a: Role, b: Role): boolean {
  return a.role === b.role && (a.role !== 'request' || a.hook === b.hook);
}

/** `name.field`, or null. */
function plainMember({ parent, key }: Use): MemberExpression | null {
  return parent.type === 'MemberExpression' && key === 'object' && !parent.computed ? parent : null;
}

function namesNobody({ properties }: Pattern & { type: 'ObjectPattern' }, who: ReadonlySet<string>): boolean {
  return properties.every(
    p => p.type === 'Property' && !p.computed && p.key.type === 'Identifier' && !who.has(p.key.name),
  );
}

/** Whether what stands there is assigned to or deleted. */
function writes(parent: AnyNode, key: string, around: AnyNode | null): boolean {
  switch (parent.type) {
    case 'AssignmentExpression':
    case 'ForOfStatement':
    case 'AssignmentPattern':
      return key === 'left';
    case 'UpdateExpression':
    case 'ArrayPattern':
    case 'RestElement':
      return true;
    case 'UnaryExpression':
      return parent.operator === 'delete';
    case 'Property':
      return key === 'value' && (around === null || around.type === 'ObjectPattern');
    default:
      return false;
  }
}
