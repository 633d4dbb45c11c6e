/** Random programs in the language of policies: they end, they call nothing outside, and they fold what they compute into one number. */

/** xorshift32: the programs are the same on every machine. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0 || 1;
    for (let i = 0; i < 8; i++) this.below(2);
  }

  below(n: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

/** Folds any value into `hash`, the same way in the original and in the printed program. */
export const PRELUDE = `
let hash = 17;
let steps = 0;
function mix(n) { hash = (Math.imul(hash, 31) + (n | 0)) | 0; }
function fold(value, depth) {
  if (depth > 3) return;
  if (typeof value === 'number') {
    if (value !== value) return mix(7);
    mix(Math.trunc(value * 16 % 1000003));
    mix(value === 0 && 1 / value < 0 ? 3 : 4);
  } else if (typeof value === 'string') {
    mix(value.length);
    for (let i = 0; i < value.length && i < 40; i++) mix(value.charCodeAt(i));
  } else if (typeof value === 'boolean') mix(value ? 11 : 13);
  else if (value === undefined) mix(19);
  else if (value === null) mix(23);
  else if (typeof value === 'function') mix(29);
  else if (Array.isArray(value)) {
    mix(value.length);
    for (let i = 0; i < value.length && i < 12; i++) fold(value[i], depth + 1);
  } else {
    const keys = Object.keys(value);
    mix(keys.length);
    for (const key of keys) { fold(key, depth + 1); fold(value[key], depth + 1); }
  }
}
`;

interface Names {
  /** May be assigned. */
  lets: string[];
  all: string[];
  functions: string[];
  loops: number;
  inFunction: boolean;
}

function copyOf(names: Names): Names {
  return { ...names, lets: [...names.lets], all: [...names.all], functions: [...names.functions] };
}

export class Generator {
  private readonly r: Random;
  private next = 0;
  private budget = 0;

  constructor(seed: number) {
    this.r = new Random(seed);
  }

  /** A module body that leaves a function `main()` returning the hash. */
  program(): string {
    this.budget = 60 + this.r.below(160);
    const names: Names = { lets: [], all: [], functions: [], loops: 0, inFunction: false };
    const parts: string[] = [];
    const n = 2 + this.r.below(4);
    for (let i = 0; i < n; i++) parts.push(this.topLevel(names));
    const inner: Names = { ...names, lets: [...names.lets], all: [...names.all], inFunction: true };
    const body = this.statements(inner, 4 + this.r.below(8));
    return `${PRELUDE}${parts.join('\n')}
function main() {
  try {
${body}
  } catch (error) { fold('main threw', 0); }
  return hash;
}
`;
  }

  private name(prefix: string): string {
    const dollar = this.r.below(12) === 0 ? '$' : '';
    return `${dollar}${prefix}${this.next++}`;
  }

  private topLevel(names: Names): string {
    const { r } = this;
    switch (r.below(5)) {
      case 0:
        return this.classDeclaration(names);
      case 1: {
        const name = this.name('g');
        const text = `let ${name} = ${this.expression(names, 2)};`;
        names.lets.push(name);
        names.all.push(name);
        return `${text} fold(${name}, 0);`;
      }
      default:
        return this.functionDeclaration(names);
    }
  }

  private functionDeclaration(names: Names): string {
    const { r } = this;
    const name = this.name('f');
    const params = Array.from({ length: r.below(4) }, () => this.name('p'));
    const inner: Names = {
      lets: [...names.lets, ...params],
      all: [...names.all, ...params],
      functions: [...names.functions],
      loops: 0,
      inFunction: true,
    };
    const list = params.map((p, i) =>
      r.below(4) === 0
        ? `${p} = ${this.literal()}`
        : i === params.length - 1 && r.below(6) === 0
          ? `...${p}`
          : p,
    );
    const body = this.statements(inner, 1 + r.below(4));
    const result = this.expression(inner, 2);
    names.functions.push(name);
    if (r.below(3) === 0) {
      names.all.push(name);
      return `const ${name} = (${list.join(', ')}) => { if (steps++ > 400) return 1;\n${body}\nreturn ${result}; };`;
    }
    return `function ${name}(${list.join(', ')}) { if (steps++ > 400) return 1;\n${body}\nreturn ${result}; }`;
  }

  private classDeclaration(names: Names): string {
    const { r } = this;
    const name = this.name('C');
    const inner: Names = { ...names, lets: [], all: [...names.all], functions: [], inFunction: true };
    const make = `make${name.replaceAll('$', '_')}`;
    const child = `${name}x`;
    const text = `class ${name} {
  count = ${this.literal()};
  list = [${this.literal()}, ${this.literal()}];
  #secret = ${r.below(100)};
  static total = 0;
  constructor(first${r.below(2) === 0 ? ' = 5' : ''}) { this.first = first; ${name}.total += 1; }
  bump(by) { this.count = this.count + by; this.#secret += 1; this.list.push(by); return this; }
  peek() { return this.#secret * 2 + ${this.expression(inner, 1)}; }
  static make(v) { return new ${name}(v); }
}
class ${child} extends ${name} { extra = 3; peek() { return super.peek() + this.extra; } }
const ${make} = v => { const o = ${r.pick([`new ${name}(v)`, `${name}.make(v)`, `new ${child}(v)`])}; o.bump(2).bump(${this.literal()}); return [o.count, o.peek(), o.list, o instanceof ${child}, ${name}.total]; };`;
    names.functions.push(make);
    return text;
  }

  private statements(names: Names, n: number): string {
    const own = copyOf(names);
    let text = '';
    for (let i = 0; i < n; i++) text += `${this.statement(own)}\n`;
    return text;
  }

  private statement(names: Names): string {
    const { r } = this;
    if (--this.budget < 0) return `fold(${this.leaf(names)}, 0);`;
    switch (r.below(20)) {
      case 0:
      case 1:
      case 2: {
        const name = this.name('v');
        const kind = r.pick(['let', 'const', 'var']);
        const text = `${kind} ${name} = ${this.expression(names, 3)};`;
        names.all.push(name);
        if (kind !== 'const') names.lets.push(name);
        return `${text} fold(${name}, 0);`;
      }
      case 3: {
        const [a, b, c] = [this.name('d'), this.name('d'), this.name('d')];
        const text = r.pick([
          `let [${a}, ${b} = ${this.literal()}, ...${c}] = [${this.leaf(names)}, ${this.leaf(names)}, ${this.leaf(names)}];`,
          `let { x: ${a} = ${this.literal()}, y: ${b}, ...${c} } = { x: ${this.leaf(names)}, z: 1, w: ${this.leaf(names)} };`,
          `let [[${a}], { q: ${b} }] = [[${this.leaf(names)}], { q: ${this.leaf(names)} }], ${c} = 0;`,
        ]);
        names.all.push(a, b, c);
        names.lets.push(a, b, c);
        return `${text} fold([${a}, ${b}, ${c}], 0);`;
      }
      case 4:
      case 5:
        return `if (${this.expression(names, 2)}) {\n${this.statements(names, 1 + r.below(3))}}${r.below(2) === 0 ? ` else {\n${this.statements(names, 1 + r.below(2))}}` : ''}`;
      case 6: {
        const i = this.name('i');
        const inner: Names = { ...names, all: [...names.all, i], loops: names.loops + 1 };
        const jump = r.below(4) === 0 ? `if (${i} === 2) ${r.pick(['continue', 'break'])};` : '';
        return `for (let ${i} = 0; ${i} < ${1 + r.below(5)}; ${i}++) { if (steps++ > 400) break; ${jump}\n${this.statements(inner, 1 + r.below(2))}}`;
      }
      case 7: {
        const i = this.name('w');
        const body = this.statements(names, 1);
        return r.below(2) === 0
          ? `let ${i} = 3; while (${i}-- > 0) { if (steps++ > 400) break;\n${body}}`
          : `let ${i} = 0; do { if (steps++ > 400) break;\n${body}} while (++${i} < 3);`;
      }
      case 8: {
        const x = this.name('x');
        const inner: Names = { ...names, all: [...names.all, x] };
        const source = r.pick([
          `[${this.leaf(names)}, ${this.leaf(names)}, ${this.literal()}]`,
          `new Set([${this.literal()}, ${this.literal()}])`,
          `'ab${r.below(9)}'`,
          `Object.keys({ a: 1, b: ${this.literal()} })`,
        ]);
        return `for (const ${x} of ${source}) { if (steps++ > 400) break;\n${this.statements(inner, 1)}}`;
      }
      case 9: {
        const label = this.name('out');
        const [i, j] = [this.name('i'), this.name('j')];
        const inner: Names = { ...names, all: [...names.all, i, j] };
        return `${label}: for (let ${i} = 0; ${i} < 3; ${i}++) { for (const ${j} of [1, 2, 3]) { if (steps++ > 400) break ${label}; if (${j} === ${1 + r.below(3)}) ${r.pick(['continue', 'break'])} ${label};\n${this.statements(inner, 1)}} }`;
      }
      case 10:
        return `switch (${r.pick([this.leaf(names), `${r.below(4)}`, `'a'`])}) { case ${r.below(3)}: ${this.statement(copyOf(names))} ${r.below(2) === 0 ? 'break;' : ''}\ncase 'a': fold('a', 0); break;\ndefault: fold(${this.leaf(names)}, 0); }`;
      case 11:
      case 12: {
        const e = this.name('e');
        const thrown = r.pick([
          `throw ${this.leaf(names)};`,
          `throw new Error('t');`,
          `null.x;`,
          `(void 0)();`,
          `fold(1, 0);`,
          this.statement(copyOf(names)),
        ]);
        const final =
          r.below(2) === 0
            ? ` finally { fold('f', 0); ${names.lets.length > 0 ? this.assignment(names) : ''} }`
            : '';
        return `try { ${thrown} } catch (${e}) { fold(typeof ${e} === 'object' ? 'object' : ${e}, 0); }${final}`;
      }
      case 13: {
        const name = this.name('a');
        const text = `let ${name} = [${this.leaf(names)}, ${this.literal()}, 3, 1];`;
        const more = r.pick([
          `${name}[${r.below(8)}] = ${this.leaf(names)};`,
          `${name}.push(${this.leaf(names)}, 5); ${name}.length = ${r.below(6)};`,
          `[${name}[0], ${name}[1]] = [${name}[1], ${name}[0]];`,
          `${name}[1]++; ${name}[2] += 'q'; --${name}[3];`,
          `${name}.splice(${r.below(3)}, ${r.below(3)}, 'n', 2); ${name}.unshift(9);`,
          `${name} = ${name}.map(x => x + 1).filter(x => x !== 2); ${name}.reverse();`,
          `${name}.fill(${this.literal()}, 1, 3); ${name}.shift(); ${name}.pop();`,
        ]);
        names.all.push(name);
        names.lets.push(name);
        return `${text} ${more} fold(${name}, 0);`;
      }
      case 14: {
        const name = this.name('o');
        const text = `const ${name} = { a: ${this.leaf(names)}, ['k' + ${this.literal()}]: 2, m(v) { return [this.a, v]; } };`;
        const more = r.pick([
          `${name}.b = ${this.leaf(names)}; ${name}.b += 1; ${name}.a ??= 4; ${name}.c ||= 2; ${name}.c &&= 9;`,
          `${name}['z' + 1] = 3; delete ${name}.a; ${name}[5] = 1;`,
          `fold(${name}.m(${this.literal()}), 0); fold('a' in ${name}, 0); fold(${name}?.nope?.[1], 0);`,
          `fold({ ...${name}, a: 1 }, 0); Object.assign(${name}, { t: 1 }); fold(Object.entries({ p: 1, q: [2] }), 0);`,
        ]);
        names.all.push(name);
        return `${text} ${more} fold(${name}, 0);`;
      }
      case 15: {
        const name = this.name('m');
        return `const ${name} = new Map([[1, ${this.literal()}], ['a', 2]]); ${name}.set(${this.leaf(names)}, 3); ${name}.delete(1); fold([...${name}.values()].length, 0); for (const [k, v] of ${name}) fold([typeof k, v], 0); fold(${name}.has('a') && ${name}.get('a'), 0); fold(${name}.size, 0);`;
      }
      case 16:
        return `{\n${this.statements(names, 2)}}`;
      case 17:
        return names.functions.length === 0 ? 'fold(0, 0);' : `fold(${this.call(names)}, 0);`;
      default:
        return names.lets.length > 0 ? this.assignment(names) : `fold(${this.expression(names, 2)}, 0);`;
    }
  }

  private assignment(names: Names): string {
    const { r } = this;
    const target = r.pick(names.lets);
    const operator = r.pick([
      '=',
      '=',
      '+=',
      '-=',
      '*=',
      '|=',
      '^=',
      '&=',
      '<<=',
      '>>>=',
      '%=',
      '??=',
      '||=',
      '&&=',
    ]);
    if (r.below(6) === 0)
      return `${r.pick(['++', '--'])}${target}; fold(${target}${r.pick(['++', '--'])}, 0);`;
    return `${target} ${operator} ${this.expression(names, 2)}; fold(${target}, 0);`;
  }

  private call(names: Names): string {
    const f = this.r.pick(names.functions);
    const n = this.r.below(4);
    const args = Array.from({ length: n }, () => this.leaf(names));
    if (this.r.below(6) === 0) args.push(`...[${this.literal()}, ${this.literal()}]`);
    return `${f}(${args.join(', ')})`;
  }

  private leaf(names: Names): string {
    return names.all.length > 0 && this.r.below(3) > 0 ? this.r.pick(names.all) : this.literal();
  }

  private literal(): string {
    const { r } = this;
    return r.pick([
      `${r.below(10)}`,
      `${r.below(5000)}`,
      `${r.below(100)}.5`,
      `-${r.below(9)}`,
      '0x7fffffff',
      '1e9',
      `'${r.pick(['', 'a', 'zz', '12', ' 7 ', 'x$y'])}'`,
      'true',
      'false',
      'null',
      'undefined',
      'NaN',
      '-0',
    ]);
  }

  private expression(names: Names, depth: number): string {
    const { r } = this;
    if (depth <= 0 || --this.budget < 0) return this.leaf(names);
    const e = () => this.expression(names, depth - 1);
    switch (r.below(22)) {
      case 0:
      case 1:
      case 2:
        return `(${e()} ${r.pick(['+', '+', '-', '*', '/', '%'])} ${e()})`;
      case 3:
        return `(${e()} ${r.pick(['&', '|', '^', '<<', '>>', '>>>'])} ${e()})`;
      case 4:
      case 5:
        return `(${e()} ${r.pick(['<', '<=', '>', '>=', '===', '!=='])} ${e()})`;
      case 6:
        return `(${e()} ${r.pick(['&&', '||', '??'])} ${e()})`.replace(/\?\?/, '||');
      case 7:
        return `(${e()} ?? ${e()})`;
      case 8:
        return `(${e()} ? ${e()} : ${e()})`;
      case 9:
        return `${r.pick(['-', '+', '~', '!', 'typeof ', 'void '])}(${e()})`;
      case 10:
        return `\`t\${${this.leaf(names)}}u${r.below(10)}\``;
      case 11:
        return `[${e()}, ${e()}${r.below(3) === 0 ? `, ...[${e()}]` : ''}]`;
      case 12:
        return `({ a: ${e()}, b: ${e()} })${r.pick(['', '.a', "['b']", '?.c'])}`;
      case 13:
        return `(${e()}, ${e()})`;
      case 14:
        return `[${e()}, ${e()}, ${this.literal()}]${r.pick(['[1]', '.length', '.at(-1)', '.indexOf(3)', '.includes(2)', ".join('-')", '.slice(1)', '.concat([1], 2)', `.map((x, i) => i)`, '.some(x => x === 2)', '.every(x => x)', '.find(x => x)', '.findIndex(x => x === null)', '.reduce((s, x) => s + 1, 0)', '.flatMap(x => [x, 1])', '.lastIndexOf(null)'])}`;
      case 15:
        return `[${r.below(50)}, ${r.below(50)}, ${r.below(50)}, 5].sort(${r.pick(['', '(a, b) => a - b', '(a, b) => b - a'])})`;
      case 16:
        return `'${r.pick(['abc', 'Hello', '  t ', 'a-b-c'])}'${r.pick(['.length', '.slice(1, 3)', '.indexOf("b")', '.toUpperCase()', '.split("-")', '.charCodeAt(1)', '.padStart(7, "*")', '.repeat(2)', '.trim()', '.at(-1)', '[1]', '.startsWith("a")', '.includes("l")', '.substring(2, 0)', '.concat("q", 1)', '.charAt(9)', '.lastIndexOf("a")', '.padEnd(6)', '.endsWith("c")'])}`;
      case 17:
        return `Math.${r.pick(['min', 'max'])}(${e()} | 0, ${r.below(40)})`;
      case 18:
        return `Math.${r.pick(['floor', 'ceil', 'trunc', 'abs', 'sign', 'round', 'clz32', 'fround'])}(+(${this.leaf(names)} === undefined))`;
      case 19:
        return `(${r.pick(['x => x + 1', '(x, y = 2) => [x, y]', '({ a }) => a', '(...xs) => xs.length', 'function (x) { return x; }', 'function rec(x) { return x > 0 ? rec(x - 1) + 1 : 0; }'])})(${r.pick(['3', '{ a: 4 }', '7, 8'])})`;
      case 20:
        return `${r.pick(['Number', 'String', 'Boolean', 'isNaN', 'parseInt', 'Number.isInteger', 'Array.isArray', 'parseFloat'])}(${this.literal()})`;
      default:
        return names.functions.length > 0 ? this.call(names) : e();
    }
  }
}
