/** Prints functions and classes, with the counters that stand at their doors. */
import type { AnyNode, Class, Pattern } from 'acorn';
import { type FunctionNode, isFunction } from './bindings.ts';
import { ExpressionPrinter } from './printExpressions.ts';

/** Bytes that a closure and a class cost. */
const CLOSURE_BYTES = 64;
export const CLASS_BYTES = 256;

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
    let bytes = 0;
    for (const node of body) {
      const inner =
        node.type === 'ExportNamedDeclaration' || node.type === 'ExportDefaultDeclaration'
          ? node.declaration
          : node;
      if (inner?.type === 'FunctionDeclaration') bytes += CLOSURE_BYTES;
    }
    if (bytes > 0) {
      this.out.write(`$a(${bytes})`);
      this.end();
    }
  }

  // --- functions

  protected override functionValue(node: FunctionNode): void {
    const { out } = this;
    out.write(`($a(${CLOSURE_BYTES}), `);
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
    const depth = facts.leaf ? 0 : 1 + (weight >> 7);
    this.frame = { depth, finalizer: facts.finalizer };
    const isArrow = node.type === 'ArrowFunctionExpression';
    const patterns = this.params(node.params as Pattern[]);
    out.write(isArrow ? ' => {' : ' {');
    out.newline();
    this.mark(node);
    const site = this.site(node);
    if (depth === 0) out.write(`if (($f -= ${weight}) < 0) $out(${site});`);
    else out.write(`const $e = $d; if (($f -= ${weight}) < 0 || ($d = $e + ${depth}) > $D) $out(${site});`);
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
    } else {
      this.pattern(param);
      out.write(` = ${name}`);
    }
  }

  // --- classes

  protected override classValue(node: Class): void {
    this.out.write(`($a(${CLASS_BYTES}), `);
    this.classText(node);
    this.out.write(')');
  }

  protected classText(node: Class): void {
    const { out } = this;
    out.write('class ');
    if (node.id) out.write(this.nameOf(node.id));
    if (node.superClass) {
      out.write(' extends ');
      this.expression(node.superClass);
    }
    out.write(' {');
    out.newline();
    const { body } = node.body;
    const fields = body.filter(m => m.type === 'PropertyDefinition' && !m.static).length;
    const charge = fields === 0 ? null : () => out.write(`$a(${16 * fields}); `);
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
