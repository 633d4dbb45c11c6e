// biome-ignore-all lint/correctness/noVoidTypeReturn: a case of the switch ends with what it calls
import type { AnyNode, Identifier } from 'acorn';
import type { FunctionFacts, FunctionNode, Resolution } from './bindings.ts';
import type { Place } from './faults.ts';
import { FUNCTION_NAMES, VALUE_NAMES } from './language.ts';
import type { Numbers } from './numbers.ts';
import type { Output } from './output.ts';
import type { Weights } from './weigh.ts';

/** What every printer needs: places, names, temporaries. */
export abstract class PrintBase {
  protected readonly out: Output;
  protected readonly weights: Weights;
  protected place: (node: AnyNode) => Place = () => ({ file: '', line: 1, column: 1 });
  /** Places of the counters, by number. */
  readonly sites: Place[] = [];
  protected readonly refs: Resolution['refs'];
  protected readonly requests: Resolution['requests'];
  private readonly functions: Resolution['functions'];
  protected readonly numbers: Numbers;
  private temps = { open: 0, most: 0 };

  constructor(out: Output, resolution: Resolution, numbers: Numbers, weights: Weights) {
    this.out = out;
    this.refs = resolution.refs;
    this.requests = resolution.requests;
    this.functions = resolution.functions;
    this.numbers = numbers;
    this.weights = weights;
  }

  abstract expression(node: AnyNode): void;

  // --- places, names, temporaries

  protected mark(node: AnyNode): void {
    this.out.mark(this.place(node));
  }

  protected site(node: AnyNode): number {
    return this.sites.push(this.place(node)) - 1;
  }

  protected facts(node: FunctionNode): FunctionFacts {
    return this.functions.get(node) ?? { leaf: false, calls: [], finalizer: true };
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
  protected withTemps(count: number, body: (...names: string[]) => void): void {
    const first = this.temps.open + 1;
    this.temps.open += count;
    this.temps.most = Math.max(this.temps.most, this.temps.open);
    body(...Array.from({ length: count }, (_, i) => `$${first + i}`));
    this.temps.open -= count;
  }

  protected identifier(node: Identifier): string {
    const binding = this.refs.get(node);
    if (binding !== undefined) return binding.printed;
    return VALUE_NAMES[node.name] ?? FUNCTION_NAMES[node.name];
  }

  /** A name that is written out: of a property or of a member of a class. */
  protected memberKey(key: AnyNode): void {
    this.mark(key);
    if (key.type === 'PrivateIdentifier') this.out.write(`#${this.escape(key.name)}`);
    else if (key.type === 'Identifier') this.out.write(key.name);
    else if (key.type === 'Literal') this.out.write(literal(String(key.value)));
  }
}

/** A literal in characters that every parser reads alike. */
export function literal(value: unknown): string {
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
