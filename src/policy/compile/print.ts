// biome-ignore-all lint/correctness/noVoidTypeReturn: a case of the switch ends with what it calls
/** Prints a program anew from its tree: statements, and the files one after the other. */
import type { AnyNode, Class, Pattern, Statement } from 'acorn';
import { namesOf, type Resolution } from './bindings.ts';
import type { ParsedFile } from './parse.ts';
import { classBytes, FEW_LOOP_NAMES, FunctionPrinter, nrNames } from './printFunctions.ts';
import { BRANCH } from './weigh.ts';

/** What entering `catch` costs: making an error is the dearest thing there is. */
const CATCH_WEIGHT = 500;

export class Printer extends FunctionPrinter {
  /** All files in order, then a constant `$h_name` for each hook. */
  program(resolution: Resolution): void {
    this.out.write('const $e = 0; $d = 1;');
    this.out.newline();
    resolution.files.forEach((file, i) => {
      this.place = file.place;
      const { body } = file.program;
      this.charge(file.program, this.weights.of(file.program));
      this.closures(body);
      for (const node of body) this.topLevel(node, file, resolution);
      if (i === resolution.files.length - 1) {
        for (const hook of resolution.hooks) {
          this.out.write(`const $h_${hook.name} = `);
          this.expression(hook.value);
          this.end();
        }
      }
      this.declareTemps();
    });
  }

  private topLevel(node: AnyNode, file: ParsedFile, resolution: Resolution): void {
    if (node.type === 'ImportDeclaration') return;
    if (node.type === 'ExportNamedDeclaration') {
      if (node.declaration) this.statement(node.declaration);
      return;
    }
    if (node.type !== 'ExportDefaultDeclaration') return this.statement(node);
    const { declaration } = node;
    if (
      (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration') &&
      declaration.id
    ) {
      return this.statement(declaration as Statement);
    }
    const binding = resolution.defaults.get(file);
    if (binding === undefined) return;
    this.out.write(`const ${binding.printed} = `);
    if (declaration.type === 'FunctionDeclaration') this.functionValue(declaration);
    else if (declaration.type === 'ClassDeclaration') this.classValue(declaration as Class);
    else this.expression(declaration);
    this.end();
  }

  // --- statements

  protected override statements(body: readonly AnyNode[]): void {
    this.closures(body);
    for (const node of body) this.statement(node);
  }

  /** A statement as a block, paid for by itself if it is a large branch. */
  private branch(node: AnyNode): void {
    this.out.write('{');
    this.out.newline();
    if (this.weights.apart(node)) this.charge(node, this.weights.of(node));
    this.inner(node);
    this.out.write('}');
  }

  /** One turn of a loop, paid for each time. */
  private turn(loop: AnyNode, body: AnyNode): void {
    this.out.write('{');
    this.out.newline();
    this.charge(loop, this.weights.turn(loop));
    this.loopNames(loop);
    this.inner(body);
    this.out.write('}');
    this.out.newline();
  }

  private loopNames(loop: AnyNode): void {
    if (loop.type !== 'ForStatement' || loop.init?.type !== 'VariableDeclaration') return;
    const names = nrNames(loop.init);
    if (names <= FEW_LOOP_NAMES) return;
    this.out.write(`$a(${8 * names})`);
    this.end();
  }

  private inner(node: AnyNode): void {
    if (node.type === 'BlockStatement') this.statements(node.body);
    else this.statement(node);
  }

  private block(node: AnyNode): void {
    this.out.write('{');
    this.out.newline();
    this.inner(node);
    this.out.write('}');
  }

  statement(node: AnyNode): void {
    const { out } = this;
    this.mark(node);
    switch (node.type) {
      case 'ExpressionStatement':
        if (node.directive !== undefined) return;
        out.write('(');
        this.expression(node.expression);
        out.write(')');
        return this.end();
      case 'EmptyStatement':
        return this.end();
      case 'BlockStatement':
        this.block(node);
        return out.newline();
      case 'VariableDeclaration':
        this.declaration(node);
        return this.end();
      case 'FunctionDeclaration':
        out.write(`function ${node.id ? this.nameOf(node.id) : ''}`);
        this.functionBody(node);
        return out.newline();
      case 'ClassDeclaration':
        this.out.write(`$a(${classBytes(node as Class)})`);
        this.end();
        this.classText(node);
        return out.newline();
      case 'IfStatement':
        out.write('if (');
        this.expression(node.test);
        out.write(') ');
        this.branch(node.consequent);
        if (node.alternate) {
          out.write(' else ');
          this.branch(node.alternate);
        }
        return out.newline();
      case 'ForStatement':
        out.write('for (');
        if (node.init?.type === 'VariableDeclaration') this.declaration(node.init);
        else if (node.init) this.expression(node.init);
        out.write('; ');
        if (node.test) this.expression(node.test);
        out.write('; ');
        if (node.update) this.expression(node.update);
        out.write(') ');
        return this.turn(node, node.body);
      case 'ForOfStatement':
        return this.forOf(node);
      case 'WhileStatement':
        out.write('while (');
        this.expression(node.test);
        out.write(') ');
        return this.turn(node, node.body);
      case 'DoWhileStatement':
        out.write('do {');
        out.newline();
        this.charge(node, this.weights.turn(node));
        this.inner(node.body);
        out.write('} while (');
        this.expression(node.test);
        out.write(')');
        return this.end();
      case 'LabeledStatement':
        out.write(`${this.escape(node.label.name)}: `);
        return this.statement(node.body);
      case 'BreakStatement':
      case 'ContinueStatement':
        out.write(node.type === 'BreakStatement' ? 'break' : 'continue');
        if (node.label) out.write(` ${this.escape(node.label.name)}`);
        return this.end();
      case 'ReturnStatement':
        return this.returnStatement(node.argument ?? null);
      case 'ThrowStatement':
        out.write(`throw $t(${this.site(node)}, `);
        this.expression(node.argument);
        out.write(')');
        return this.end();
      case 'SwitchStatement':
        return this.switchStatement(node);
      case 'TryStatement':
        return this.tryStatement(node);
      default:
        throw new Error(`the printer has no ${node.type}`);
    }
  }

  private declaration(node: AnyNode & { type: 'VariableDeclaration' }): void {
    this.out.write(`${node.kind} `);
    node.declarations.forEach((d, i) => {
      if (i > 0) this.out.write(', ');
      if (this.requestFields(d.id)) return;
      this.pattern(d.id);
      if (!d.init) return;
      this.out.write(' = ');
      this.restSource(d.id, d.init);
    });
  }

  private forOf(node: AnyNode & { type: 'ForOfStatement' }): void {
    const { out } = this;
    out.write('for (');
    let store: (() => void) | null = null;
    if (node.left.type === 'VariableDeclaration') {
      out.write(`${node.left.kind} `);
      this.pattern(node.left.declarations[0].id);
    } else {
      const target = node.left as Pattern;
      out.write('const $v');
      store = () => this.assignFrom(target, '$v');
    }
    out.write(' of ');
    this.expression(node.right);
    out.write(') {');
    out.newline();
    this.charge(node, this.weights.turn(node));
    if (store !== null) {
      store();
      this.end();
    }
    this.block(node.body);
    out.write('}');
    out.newline();
  }

  protected override returnStatement(argument: AnyNode | null): void {
    const { out, frame } = this;
    const givesBack = frame.depth > 0 && !frame.finalizer;
    if (argument === null) {
      out.write(givesBack ? '{ $d = $e; return; }' : 'return;');
    } else if (givesBack) {
      out.write('{ const $r = ');
      this.expression(argument);
      out.write('; $d = $e; return $r; }');
    } else {
      out.write('return ');
      this.expression(argument);
      out.write(';');
    }
    out.newline();
  }

  private switchStatement(node: AnyNode & { type: 'SwitchStatement' }): void {
    const { out } = this;
    const all = node.cases.flatMap(c => c.consequent);
    const declares = this.entryBytes(all) > 0;
    if (declares) {
      out.write('{ ');
      this.closures(all);
    }
    out.write('switch (');
    this.expression(node.discriminant);
    out.write(') {');
    out.newline();
    for (const c of node.cases) {
      if (c.test) {
        out.write('case ');
        this.expression(c.test);
      } else out.write('default');
      out.write(':');
      out.newline();
      const weight = this.weights.cases(c.consequent);
      if (weight > BRANCH) this.charge(c, weight);
      for (const inner of c.consequent) this.statement(inner);
    }
    out.write(declares ? '}}' : '}');
    out.newline();
  }

  private tryStatement(node: AnyNode & { type: 'TryStatement' }): void {
    const { out } = this;
    out.write('try ');
    this.block(node.block);
    if (node.handler) {
      const { handler } = node;
      out.write(' catch ($c) {');
      out.newline();
      out.write('if ($dead !== 0) throw $c;');
      out.newline();
      this.giveDepthBack();
      const { param } = handler;
      const pattern = param?.type === 'Identifier' ? 0 : this.weights.of(param);
      this.charge(handler, CATCH_WEIGHT + pattern + this.weights.of(handler.body));
      if (param) this.room(namesOf(param).length);
      if (handler.param) {
        out.write('let ');
        this.pattern(handler.param);
        out.write(' = $c');
        this.end();
      }
      this.block(handler.body);
      out.write('}');
    }
    if (node.finalizer) {
      out.write(' finally { if ($dead === 0) {');
      out.newline();
      this.giveDepthBack();
      this.block(node.finalizer);
      out.write('}}');
    }
    out.newline();
  }

  /** Calls that were left by an exception never gave their depth back. */
  private giveDepthBack(): void {
    const { depth } = this.frame;
    if (depth > 0) this.out.write(`$d = $e + ${depth}; `);
  }
}
