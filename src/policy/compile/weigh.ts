/**
 * The size of straight-line code: syntax nodes that run when a function is entered or a loop turns. Bodies of inner
 * functions and of loops are weighed by themselves, and so is a branch of more than BRANCH nodes.
 */
import type { AnyNode } from 'acorn';
import { isFunction } from './bindings.ts';
import { children } from './parse.ts';

/** A branch up to this size is paid for with the code around it. */
export const BRANCH = 16;

export class Weights {
  private readonly known = new Map<AnyNode, number>();

  /** Nodes of a subtree that are paid for where it stands. */
  of(node: AnyNode | null | undefined): number {
    if (!node) return 0;
    let weight = this.known.get(node);
    if (weight === undefined) {
      weight = this.weigh(node);
      this.known.set(node, weight);
    }
    return weight;
  }

  /** A branch that is paid for by itself when it is taken. */
  apart(node: AnyNode | null | undefined): boolean {
    return this.of(node) > BRANCH;
  }

  /** One turn of a loop. */
  turn(node: AnyNode): number {
    switch (node.type) {
      case 'ForStatement':
        return 1 + this.of(node.test) + this.of(node.update) + this.of(node.body);
      case 'WhileStatement':
      case 'DoWhileStatement':
        return 1 + this.of(node.test) + this.of(node.body);
      case 'ForOfStatement':
        return 3 + this.of(node.left) + this.of(node.body);
      default:
        return 0;
    }
  }

  /** Case bodies of a switch, together. */
  cases(list: AnyNode[]): number {
    return list.reduce((sum, node) => sum + this.of(node), 0);
  }

  /** All nodes of a function, taken or not: its variables stand on the stack in any case. */
  frame(node: AnyNode): number {
    return children(node).reduce(
      (sum, child) => sum + (isFunction(child) || child.type === 'ClassBody' ? 1 : this.frame(child)),
      1,
    );
  }

  private weigh(node: AnyNode): number {
    const branch = (n: AnyNode | null | undefined) => (this.apart(n) ? 1 : this.of(n));
    if (isFunction(node)) return 1;
    switch (node.type) {
      case 'ClassBody':
        return node.body.reduce(
          (sum, m) => sum + (m.type === 'PropertyDefinition' && m.static ? this.of(m.value) : 0),
          1 + node.body.length,
        );
      case 'ForStatement':
        return 1 + this.of(node.init) + this.of(node.test);
      case 'WhileStatement':
        return 1 + this.of(node.test);
      case 'DoWhileStatement':
        return 1;
      case 'ForOfStatement':
        return 1 + this.of(node.right);
      case 'IfStatement':
        return 1 + this.of(node.test) + branch(node.consequent) + branch(node.alternate);
      case 'SwitchStatement':
        return node.cases.reduce((sum, c) => {
          const body = this.cases(c.consequent);
          return (
            sum + 1 + this.of(c.test) * (c.test?.type === 'Literal' ? 1 : 16) + (body > BRANCH ? 1 : body)
          );
        }, 1 + this.of(node.discriminant));
      case 'CatchClause':
        return 1;
      case 'TemplateElement':
        return 0;
      default:
        return children(node).reduce((sum, child) => sum + this.of(child), 1);
    }
  }
}
