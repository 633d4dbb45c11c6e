/** Prints functions and classes, with the counters that stand at their doors. */
import type { AnyNode, Class, Pattern } from 'acorn';
import { type FunctionNode, isFunction, namesOf, varsOf } from './bindings.ts';
import { ExpressionPrinter } from './printExpressions.ts';
import { BRANCH } from './weigh.ts';

/** Bytes that a closure and a class of up to CLASS_METHODS methods cost. */
const CLOSURE_BYTES = 64;
const CLASS_BYTES = 256;
const CLASS_METHODS = 4;
const METHOD_BYTES = 80;
/** A function's own numbered entries up to its parameters are not counted when they are stored. */
const FEW_PARAMETERS = 8;
/** Closures may keep the variables of a block alive: more than these are paid for when it is entered. */
const FEW_NAMES = 64;
/** The same for each turn of `for (let ...)`, which has variables of its own. */
export const FEW_LOOP_NAMES = 8;

/** The function being printed. */
interface Frame {
  /** Units of depth; 0: calls nothing that could come back. */
  depth: number;
  /** A finally of its own gives the depth back, so returns need not. */
  finalizer: boolean;
}

export abstract class FunctionPrinter extends ExpressionPrinter {
  /** Top-level code: depth 1, and nothing to give back on return. */
  protected frame: Frame = { depth: 1, finalizer: true };

  protected abstract statements(body: readonly AnyNode[]): void;
  protected abstract returnStatement(argument: AnyNode | null): void;

  // --- counters

  protected charge(node: AnyNode, weight: number): void {
    this.out.write(`if (($f -= ${weight}) < 0) $out(${this.site(node)});`);
    this.out.newline();
  }

  protected end(): void {
    this.out.write(';');
    this.out.newline();
  }

  /** Function declarations make their closures when the block is entered. */
  protected closures(body: readonly AnyNode[]): void {
    const bytes = this.entryBytes(body);
    if (bytes > 0) {
      this.out.write(`$a(${bytes})`);
      this.end();
    }
  }

  /** What entering a block costs: closures, and room for many variables. */
  protected entryBytes(body: readonly AnyNode[]): number {
    let bytes = 0;
    let names = 0;
    for (const node of body) {
      const inner =
        node.type === 'ExportNamedDeclaration' || node.type === 'ExportDefaultDeclaration'
          ? node.declaration
          : node;
      if (inner?.type === 'FunctionDeclaration') bytes += closureBytes(inner);
      if (inner?.type === 'VariableDeclaration') names += nrNames(inner);
      else if (inner?.type === 'FunctionDeclaration' || inner?.type === 'ClassDeclaration') names++;
    }
    return names > FEW_NAMES ? bytes + 8 * names : bytes;
  }

  /** Pay for the variables of a block, if they are many. */
  protected room(names: number): void {
    if (names > FEW_NAMES) this.out.write(`$a(${8 * names});`);
  }

  // --- functions

  protected override functionValue(node: FunctionNode): void {
    const { out } = this;
    out.write(`($a(${closureBytes(node)}), `);
    if (node.type === 'ArrowFunctionExpression') this.functionBody(node);
    else {
      out.write('function ');
      if (node.type === 'FunctionExpression' && node.id) out.write(this.nameOf(node.id));
      this.functionBody(node);
    }
    out.write(')');
  }

  /** Parameters and body. `extra` is run at the very start. */
  protected override functionBody(node: FunctionNode, extra: (() => void) | null = null): void {
    const { out } = this;
    const outerTemps = this.openTemps();
    const outerFrame = this.frame;
    const facts = this.facts(node);
    const weight =
      1 + this.weights.of(node.body) + node.params.reduce((sum, p) => sum + this.weights.of(p), 0);
    const size = this.weights.frame(node) >> 7;
    const depth = facts.leaf && size === 0 ? 0 : 1 + size;
    const names = varsOf(node.body).length + node.params.reduce((sum, p) => sum + namesOf(p).length, 0);
    this.frame = { depth, finalizer: facts.finalizer };
    const isArrow = node.type === 'ArrowFunctionExpression';
    const patterns = this.params(node.params as Pattern[]);
    out.write(isArrow ? ' => {' : ' {');
    out.newline();
    this.mark(node);
    const site = this.site(node);
    if (depth === 0) out.write(`if (($f -= ${weight}) < 0) $out(${site});`);
    else out.write(`const $e = $d; if (($f -= ${weight}) < 0 || ($d = $e + ${depth}) > $D) $out(${site});`);
    this.room(names);
    out.newline();
    const guarded = depth > 0 && facts.finalizer;
    if (guarded) out.write('try {');
    extra?.();
    for (const print of patterns) {
      print();
      this.end();
    }
    if (patterns.length > 0) out.write('{');
    if (node.body.type === 'BlockStatement') this.statements(node.body.body);
    else this.returnStatement(node.body);
    if (patterns.length > 0) out.write('}');
    if (guarded) out.write('} finally { $d = $e; }');
    else if (depth > 0) out.write('$d = $e;');
    out.newline();
    this.declareTemps();
    out.write('}');
    this.frame = outerFrame;
    this.closeTemps(outerTemps);
  }

  /** Prints `(a, $p1, ...rest)`. @returns what takes the others apart, inside the body */
  private params(params: Pattern[]): (() => void)[] {
    const { out } = this;
    const late: (() => void)[] = [];
    const simple = params.every(p => p.type === 'Identifier');
    out.write('(');
    params.forEach((param, i) => {
      if (i > 0) out.write(', ');
      if (simple) {
        this.pattern(param);
        return;
      }
      const name = `$p${i}`;
      out.write(param.type === 'RestElement' ? `...${name}` : name);
      late.push(() => this.paramFrom(param, name));
    });
    out.write(')');
    return late;
  }

  private paramFrom(param: Pattern, name: string): void {
    const { out } = this;
    out.write('var ');
    if (param.type === 'RestElement') {
      this.pattern(param.argument);
      out.write(` = $rest(${name})`);
    } else if (param.type === 'AssignmentPattern') {
      this.pattern(param.left);
      out.write(` = ${name} === (void 0) ? `);
      this.expression(param.right);
      out.write(` : ${name}`);
    } else if (!this.requestFields(param)) {
      this.pattern(param);
      out.write(` = ${name}`);
    }
  }

  // --- classes

  protected override classValue(node: Class): void {
    this.out.write(`($a(${classBytes(node)}), `);
    this.classText(node);
    this.out.write(')');
  }

  protected classText(node: Class): void {
    const { out } = this;
    out.write('class ');
    if (node.id) out.write(this.nameOf(node.id));
    if (node.superClass) {
      out.write(' extends $heir(');
      this.expression(node.superClass);
      out.write(')');
    }
    out.write(' {');
    out.newline();
    const { body } = node.body;
    const charge = this.fieldCharge(node);
    const isExplicit = body.some(m => m.type === 'MethodDefinition' && m.kind === 'constructor');
    if (!isExplicit) this.implicitConstructor(node, charge);
    for (const member of body) {
      if (member.type === 'StaticBlock') continue;
      this.mark(member);
      if (member.static) out.write('static ');
      if (member.type === 'MethodDefinition') {
        this.memberKey(member.key);
        this.functionBody(member.value, member.kind === 'constructor' ? charge : null);
      } else {
        this.memberKey(member.key);
        if (member.value) {
          out.write(' = ');
          this.fieldValue(member.value);
        }
        out.write(';');
      }
      out.newline();
    }
    out.write('}');
  }

  /** What the fields of one instance cost: they are set inside `new`, where no counter stands. */
  private fieldCharge(node: Class): (() => void) | null {
    let bytes = 0;
    let weight = 0;
    for (const member of node.body.body) {
      if (member.type !== 'PropertyDefinition' || member.static) continue;
      bytes += 16 + indexBytes(member.key);
      weight += this.weights.of(member.value);
    }
    if (bytes === 0) return null;
    return () => {
      if (weight > BRANCH) this.charge(node as AnyNode, weight);
      this.out.write(`$a(${bytes}); `);
    };
  }

  /** Runs inside `new`, so temporaries of the function around the class are not its own. */
  private fieldValue(value: AnyNode): void {
    const { out } = this;
    if (value.type === 'Literal' || isFunction(value)) {
      this.expression(value);
      return;
    }
    const outer = this.openTemps();
    out.write('(() => { return ');
    this.expression(value);
    out.write('; ');
    this.declareTemps();
    out.write('})()');
    this.closeTemps(outer);
  }

  /** The one that a class without a constructor has, with counters: a long chain of classes is a deep call too. */
  private implicitConstructor(node: Class, charge: (() => void) | null): void {
    const { out } = this;
    const site = this.site(node as AnyNode);
    if (node.superClass) {
      out.write(
        `constructor(...$p) { const $e = $d; if (($f -= 4) < 0 || ($d = $e + 1) > $D) $out(${site}); `,
      );
      charge?.();
      out.write('super(...$p); $d = $e; }');
    } else {
      out.write(`constructor() { if (($f -= 2) < 0) $out(${site}); `);
      charge?.();
      out.write('}');
    }
    out.newline();
  }
}

export function closureBytes({ params }: FunctionNode): number {
  return CLOSURE_BYTES + (params.length > FEW_PARAMETERS ? 16 * params.length : 0);
}

export function classBytes(node: Class): number {
  let bytes = CLASS_BYTES;
  let methods = 0;
  for (const member of node.body.body) {
    if (member.type === 'MethodDefinition') {
      methods++;
      bytes += closureBytes(member.value) - CLOSURE_BYTES + indexBytes(member.key);
    } else if (member.type === 'PropertyDefinition' && member.static) bytes += 16 + indexBytes(member.key);
  }
  return bytes + METHOD_BYTES * Math.max(0, methods - CLASS_METHODS);
}

/** An entry with a number for a name takes room for all before it. */
function indexBytes(key: AnyNode): number {
  return key.type === 'Literal' && typeof key.value === 'number' ? Math.ceil(12 * key.value) : 0;
}

/** Names of a declaration that live in its block. */
export function nrNames(node: AnyNode & { type: 'VariableDeclaration' }): number {
  return node.kind === 'var' ? 0 : node.declarations.reduce((sum, d) => sum + namesOf(d.id).length, 0);
}
