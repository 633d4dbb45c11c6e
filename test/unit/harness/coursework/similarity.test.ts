import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ComparedPolicy,
  clustersOf,
  similarPairs,
} from '../../../../src/harness/coursework/similarity.ts';
import { type Outline, outlineOf } from '../../../../src/policy/compile/outline.ts';

const OPTIONS = { threshold: 600, leastTokens: 60, shown: 9 };

const files = (texts: Record<string, string>) =>
  Object.entries(texts).map(([path, text]) => ({ path, text }));

function outline(texts: Record<string, string> | string): Outline {
  const list = files(typeof texts === 'string' ? { 'a.ts': texts } : texts);
  const result = outlineOf({ entry: list[0].path, files: list });
  if ('problem' in result) throw new Error(result.problem);
  return result.outline;
}
const policy = (id: string, texts: Record<string, string> | string): ComparedPolicy => ({
  id,
  kind: 'submission',
  outline: outline(texts),
});

const ORIGINAL = `import { definePolicy, type Mem } from 'oomph';

/** Pages that a chip holds. */
const CHIP = 256;

// The chip with the fewest free pages that still has one.
function fullest(mem: Mem, zone: number, order: number): number {
  let best = -1;
  let least = CHIP + 1;
  for (let pfn = mem.firstFree(zone, order); pfn >= 0; pfn = mem.nextFree(zone, order, pfn)) {
    const free = countFree(mem, pfn - (pfn % CHIP));
    if (free < least) {
      least = free;
      best = pfn;
    }
  }
  return best;
}

function countFree(mem: Mem, first: number): number {
  let n = 0;
  for (let pfn = first; pfn < first + CHIP; pfn++) {
    if (mem.isFree(pfn)) n += 1;
  }
  return n;
}

export default definePolicy({
  block(request, mem) {
    for (let order = request.order; order < mem.MAX_ORDER; order++) {
      const found = fullest(mem, request.zone, order);
      if (found >= 0) return found;
    }
    return mem.AS_LINUX;
  },
});
`;

/** Another way to the same end. */
const OTHER = `import { definePolicy } from 'oomph';

const used = new Map<number, number>();
const chipOf = (pfn: number): number => Math.floor(pfn / 256);

export default definePolicy({
  block: (request, mem) => {
    let answer = mem.AS_LINUX;
    let score = -1;
    let at = mem.lowestFree(request.zone, request.order);
    let steps = 0;
    while (at >= 0 && steps++ < 50) {
      const mine = used.get(chipOf(at)) ?? 0;
      if (mine > score) {
        score = mine;
        answer = at;
      }
      at = mem.nextFree(request.zone, request.order, at);
    }
    if (answer >= 0) used.set(chipOf(answer), score + (1 << request.order));
    return answer;
  },
});
`;

const similarity = (a: ComparedPolicy, b: ComparedPolicy, starters: Outline[] = []): number =>
  similarPairs([a, b], starters, OPTIONS).pairs[0]?.similarity ?? 0;

/** The same in other clothes. Each names what it changes. */
const DISGUISES: Record<string, Record<string, string> | string> = {
  'renamed variables, other numbers': ORIGINAL.replace(/\bCHIP\b/g, 'bank')
    .replace(/\bfullest\b/g, 'choose')
    .replace(/\bcountFree\b/g, 'sum_up')
    .replace(/\bbest\b/g, 'winner')
    .replace(/\bleast\b/g, 'low_water')
    .replace(/\bpfn\b/g, 'p')
    .replace('256', '128'),
  'other comments and white space': ORIGINAL.replace(/\/\/.*|\/\*.*\*\//g, '// my own idea')
    .replace(/\n +/g, '\n\n\t\t')
    .replace(/ = /g, '   =\n'),
  'no types, as JavaScript': {
    'a.js': ORIGINAL.replace(', type Mem', '').replace(/: (Mem|number)\b/g, ''),
  },
  'functions in another order': ((): string => {
    const [head, fullest, count, rest] = ORIGINAL.split(
      /(?=\/\/ The chip)|(?=function countFree)|(?=export default)/,
    );
    return head + count + fullest + rest;
  })(),
  'arrows for functions, methods as properties': ORIGINAL.replace(
    /function (\w+)\((.*)\): number \{/g,
    'const $1 = ($2): number => {',
  ).replace('block(request, mem) {', 'block: (q, m) => {'),
  'several files': {
    'a.ts':
      "import { definePolicy } from 'oomph';\nimport { fullest } from './parts/chips.ts';\n" +
      ORIGINAL.slice(ORIGINAL.indexOf('export default')),
    'parts/chips.ts':
      "import type { Mem } from 'oomph';\n" +
      ORIGINAL.slice(ORIGINAL.indexOf('/** Pages'), ORIGINAL.indexOf('export default')).replace(
        'function fullest',
        'export function fullest',
      ),
  },
  'braces, let for const, i += 1, no definePolicy': ORIGINAL.replace(/const /g, 'let ')
    .replace(/(\w+)\+\+/g, '$1 += 1')
    .replace('if (found >= 0) return found;', 'if (found >= 0) { return found; }')
    .replace('export default definePolicy({', 'export default {')
    .replace(/\}\);\n$/, '};\n'),
  'words on the console': ORIGINAL.replace(
    /^( +)(?!\}|block)(\S.*[;{])$/gm,
    "$1$2\n$1console.log('here', mem.free(0));",
  ),
  'within twice as much of something else': ORIGINAL.replace(
    'export default definePolicy({',
    `${OTHER.slice(OTHER.indexOf('const used'), OTHER.indexOf('export default'))}
function idle(a: number, b: number): number {
  const list = [a, b, a + b];
  list.sort((x, y) => x - y);
  if (list.length > 3 || used.has(a)) {
    used.delete(chipOf(b));
    return list[0];
  }
  return list.reduce((x, y) => x * y, 1);
}
export default definePolicy({`,
  ),
};

test.each(Object.entries(DISGUISES))('found: %s', (_, texts) => {
  expect(similarity(policy('a', ORIGINAL), policy('b', texts))).toBeGreaterThan(900);
});

test('the same shape around other questions is not the same', () => {
  const shape = (...[a, b, c, d, e, f]: string[]): string => `export default {
    zonelist(r, m) {
      if (r.${a} & m.${b}) return m.${c};
      if (r.${d} !== m.${e}) return m.${c};
      if (m.${f}(m.${b}) > 7) return m.${e};
      return m.${f}(m.${e}) > 450 ? m.${c} : m.${b};
    },
  };`;
  const one = policy('a', shape('gfp', 'GFP_DMA', 'DMA_ONLY', 'owner', 'USER', 'free'));
  const two = policy('b', shape('order', 'MAX_ORDER', 'NORMAL_ONLY', 'context', 'KERNEL', 'low'));
  expect(similarity(one, one)).toBe(1000);
  expect(similarity(one, two)).toBe(0);
});

test('found still: something that does nothing between the statements', () => {
  const idle = ORIGINAL.replace(/^( +)(?!\}|block)(\S.*;)$/gm, '$1$2\n$1idle = idle * 3;');
  const spread = policy('b', `let idle = 1;\n${idle}`);
  expect(similarity(policy('a', ORIGINAL), spread)).toBeGreaterThan(600);
});

test('another solution of the same puzzle is not found', () => {
  expect(similarity(policy('a', ORIGINAL), policy('b', OTHER))).toBe(0);
});

const ROOT = join(__dirname, '../../../..');
const read = (path: string): ComparedPolicy => policy(path, readFileSync(join(ROOT, path), 'utf8'));

test('policies that come with oomph are not taken for each other', () => {
  const names = readdirSync(join(ROOT, 'policies')).filter(name => name.endsWith('.ts'));
  expect(names.length).toBeGreaterThan(7);
  expect(
    similarPairs(
      names.map(name => read(`policies/${name}`)),
      [],
      OPTIONS,
    ).pairs,
  ).toEqual([]);
});

/** Five ways to keep zone DMA for those who need it, as people would write them who never met. */
const SHORT = [
  'zonelist: (r, m) => (r.gfp & m.GFP_DMA ? m.DMA_ONLY : m.NORMAL_ONLY)',
  'zonelist: (request, mem) => request.gfp & mem.GFP_DMA ? mem.DMA_ONLY : mem.NORMAL_ONLY',
  'zonelist(request, mem) { if (request.gfp & mem.GFP_DMA) return mem.DMA_ONLY; return mem.NORMAL_ONLY; }',
  'zonelist(request, mem) { if (request.gfp & mem.GFP_DMA) { return mem.DMA_ONLY; } else { return mem.NORMAL_ONLY; } }',
  'zonelist(request, mem) { return request.owner === mem.USER && mem.free(mem.DMA) > 400 ? mem.NORMAL_DMA : mem.AS_LINUX; }',
];

test('short solutions are everybody’s, and said to be too short', () => {
  const short = SHORT.map((text, i) => policy(`s${i}`, `export default { ${text} };`));
  const { pairs, tooShort } = similarPairs(short, [], OPTIONS);
  expect(pairs).toEqual([]);
  expect(tooShort.map(({ id }) => id)).toEqual(['s0', 's1', 's2', 's3', 's4']);
  // They are the same all the same, for those who ask for it.
  const { pairs: asked } = similarPairs(short, [], { ...OPTIONS, leastTokens: 20 });
  expect(asked.map(({ left, right }) => [left.id, right.id])).toContainEqual(['s0', 's1']);
});

test('what students begin with does not count', () => {
  const block = `block(request, mem) {
    const wanted = request.order + SLACK;
    return mem.lowestFree(request.zone, Math.min(wanted, mem.MAX_ORDER - 1));
  },`;
  const starter = ORIGINAL.replace('export default', 'const SLACK = 1;\nexport default');
  const mine = (text: string): string => starter.replace(/block\(request[\s\S]*?\n {2}\},/, text);
  const a = policy('a', mine(block));
  const b = policy('b', mine('block: (request, mem) => (mem.task(request.zone) > 2 ? -1 : SLACK),'));
  expect(similarity(a, b)).toBeGreaterThan(800);
  expect(similarity(a, b, [outline(starter)])).toBe(0);
  const c = policy('c', ORIGINAL);
  const { pairs, tooShort } = similarPairs([c, policy('d', ORIGINAL)], [outline(ORIGINAL)], OPTIONS);
  expect([pairs, tooShort.map(({ id }) => id)]).toEqual([[], ['c', 'd']]);
});

test('a pair says how much of each it is, and where', () => {
  const a = policy('a', ORIGINAL);
  const b = policy('b', DISGUISES['within twice as much of something else']);
  const [{ left, right, shared, longest, pieces }] = similarPairs([a, b], [], OPTIONS).pairs;
  expect(left.share).toBeGreaterThan(950);
  expect(right.share).toBeLessThan(750);
  expect(shared).toBeLessThanOrEqual(left.own);
  expect(longest).toBeLessThanOrEqual(shared);
  // The two functions: from the line of the constant on, the same lines in both.
  expect(pieces[0].left).toEqual(pieces[0].right);
  expect([pieces[0].left.startLine, pieces[0].left.endLine]).toEqual([3, 25]);
});

test('pieces of policies in several files are counted through', () => {
  const a = policy('a', ORIGINAL);
  const b = policy('b', DISGUISES['several files']);
  const [{ pieces }] = similarPairs([a, b], [], OPTIONS).pairs;
  const last = pieces[pieces.length - 1];
  // The hook stands last in the one and first in the other.
  expect(last.left.startLine).toBeGreaterThan(26);
  expect(last.right.endLine).toBeLessThan(11);
});

test('earlier classes and the solution are compared with submissions, not with each other', () => {
  const old = (id: string): ComparedPolicy => ({ ...policy(id, ORIGINAL), kind: 'earlier' });
  const solution: ComparedPolicy = { ...policy('solution', ORIGINAL), kind: 'reference' };
  const { pairs } = similarPairs([policy('a', ORIGINAL), old('x'), old('y'), solution], [], OPTIONS);
  expect(pairs.map(({ left, right }) => `${left.id} ${right.id}`)).toEqual(['a x', 'a y', 'a solution']);
  expect(clustersOf(pairs)).toEqual([]);
});

test('groups are those whom pairs lead to', () => {
  const all = ['c', 'a', 'b'].map(id => policy(id, ORIGINAL));
  const others = ['x', 'y'].map(id => policy(id, OTHER));
  const { pairs } = similarPairs([...all, ...others], [], OPTIONS);
  expect(pairs).toHaveLength(4);
  expect(clustersOf(pairs)).toEqual([['a', 'b', 'c']]);
});

test('the same statement a thousand times is no trouble', () => {
  const many = `let x = 0;\n${'x = x + 1;\n'.repeat(4000)}`;
  const { pairs } = similarPairs([policy('a', many), policy('b', many)], [], OPTIONS);
  expect(pairs).toMatchObject([{ similarity: 1000, pieces: [] }]);
});

test('in a class too large for every fingerprint copies are found, whole', () => {
  const others = Array.from({ length: 2 }, (_, i): ComparedPolicy => {
    const tokens = Array.from({ length: 160_000 }, (_, n) => `${i} ${n % 5000}`);
    return { id: `o${i}`, kind: 'earlier', outline: { tokens, regions: new Int32Array(4 * tokens.length) } };
  });
  const copied = policy('b', DISGUISES['renamed variables, other numbers']);
  const { pairs } = similarPairs([policy('a', ORIGINAL), copied, ...others], [], OPTIONS);
  expect(pairs).toHaveLength(1);
  expect(pairs[0].left.share).toBeGreaterThan(950);
  expect(pairs[0].longest).toBe(pairs[0].shared);
});

test('what cannot be parsed has its reason', () => {
  const problem = (texts: Record<string, string>): string => {
    const result = outlineOf({ entry: 'a.ts', files: files(texts) });
    return 'problem' in result ? result.problem : '';
  };
  expect(problem({ 'a.ts': 'export default { zonelist: ( };' })).toMatch(/^a\.ts:1:\d+: /);
  expect(problem({ 'a.ts': `${'('.repeat(5000)}1${')'.repeat(5000)}` })).toContain('nested too deeply');
  expect(problem({ 'a.ts': `x${'['.repeat(90_000)}` })).not.toBe('');
  expect(problem({ 'a.ts': 'x;'.repeat(500_000) })).toContain('1000000 characters');
  expect(problem({ 'a.ts': '', 'b.yaml': 'x: 1' })).toContain('neither a .ts nor a .js file');
});
