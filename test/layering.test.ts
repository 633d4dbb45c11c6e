import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from '@swc/core';

const SRC = join(__dirname, '../src');

/** A file imports lower ranks or its own folder, never a sibling of the same rank. */
const RANKS: Record<string, number> = {
  engine: 0,
  contract: 0.5,
  spec: 1,
  workload: 1,
  policy: 1,
  harness: 2,
  report: 3,
  tui: 4,
  cli: 5,
  // What others build on: it reads files as the command does.
  library: 5.5,
  'index.ts': 6,
  // oomph/jest, which is all of the library and specs as tests.
  jest: 7,
};

/** Inside the engine each imports only what stands before it, or its own folder. */
const ENGINE = ['lib', 'trace', 'arch', 'mm', 'kernel', 'check', 'machine.ts', 'index.ts'];

/** Where a package or a module of Node may be imported: path prefixes. */
const HOMES: Record<string, string[]> = {
  blessed: ['tui/blessed/'],
  // jest answers it itself: nothing of that name is installed with oomph.
  '@jest/globals': ['jest/testApi.ts'],
  // Types, for those who have it.
  expect: ['jest/index.ts'],
  commander: ['cli/'],
  picocolors: ['cli/'],
  'node-sqlite3-wasm': ['cli/store/'],
  yauzl: ['cli/grade/'],
  fflate: ['cli/newAutograder.ts'],
  chokidar: ['cli/testing/'],
  tinyglobby: ['cli/testing/'],
  diff: ['harness/testing/'],
  bullmq: ['cli/grade/queue/'],
  ioredis: ['cli/grade/queue/'],
  'csv-parse': ['cli/'],
  'csv-stringify': ['report/'],
  'fast-xml-builder': ['report/'],
  seedrandom: ['workload/'],
  yaml: ['spec/', 'report/testing/tap.ts'],
  ajv: ['spec/', 'cli/testing/merge.ts', 'cli/verify.ts'],
  '@dodona/dolos-core': ['harness/coursework/similarity.ts'],
  acorn: ['policy/'],
  sucrase: ['policy/'],
  // spec/schemaFile reads schemas/, which is ours; the user's files are read by the others.
  'node:fs': ['cli/', 'spec/load.ts', 'spec/schemaFile.ts', 'harness/sandbox/'],
  'node:child_process': ['cli/', 'harness/sandbox/'],
};
const OTHER_NODE_MODULES = ['spec/', 'policy/', 'harness/', 'tui/blessed/', 'cli/', 'library/', 'jest/'];

interface Import {
  from: string;
  specifier: string;
}

/** What is read of swc's tree. */
interface Node {
  type?: string;
  value?: unknown;
  source?: Node;
  callee?: Node;
  arguments?: { expression: Node }[];
  argument?: Node;
  expression?: Node;
}

/** Every module that a file names: imports, type imports, re-exports, import(), import types, import =, require(). */
function importsOf(path: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (source: Node | undefined): void => {
    const { type, value } = source ?? {};
    found.push({ from: path, specifier: type === 'StringLiteral' ? String(value) : '<computed>' });
  };
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const child of node) visit(child);
      return;
    }
    if (node === null || typeof node !== 'object') return;
    const n = node as Node;
    switch (n.type) {
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
        add(n.source);
        break;
      case 'ExportNamedDeclaration':
        if (n.source) add(n.source);
        break;
      case 'CallExpression':
        if (n.callee?.type === 'Import' || n.callee?.value === 'require') add(n.arguments?.[0].expression);
        break;
      case 'TsImportType':
        add(n.argument);
        break;
      case 'TsExternalModuleReference':
        add(n.expression);
        break;
    }
    for (const [key, child] of Object.entries(n)) if (key !== 'span') visit(child);
  };
  visit(parseSync(text, { syntax: 'typescript', target: 'es2022' }).body);
  return found;
}

function engineRank(path: string): number {
  const rank = ENGINE.indexOf(path.split('/')[1]);
  return rank < 0 ? Number.NaN : rank;
}

/** Why an import is not allowed, or ''. Paths are relative to src, with forward slashes. */
function faultOf({ from, specifier }: Import): string {
  const home = from.split('/')[0];
  if (!specifier.startsWith('.')) {
    if (home === 'engine') return 'the engine imports only the engine';
    const name = specifier.startsWith('@')
      ? specifier.split('/').slice(0, 2).join('/')
      : specifier.split('/')[0];
    const homes = HOMES[name] ?? (name.startsWith('node:') ? OTHER_NODE_MODULES : undefined);
    if (homes === undefined) return `nothing says where ${name} may be imported`;
    return homes.some(prefix => from.startsWith(prefix)) ? '' : `${name} belongs to ${homes.join(', ')}`;
  }
  if (!specifier.endsWith('.ts')) return 'relative imports end in .ts';
  const to = posix.normalize(posix.join(posix.dirname(from), specifier));
  const target = to.split('/')[0];
  if (!(target in RANKS)) return 'it leads out of src';
  if (!(home in RANKS)) return `nothing says which rank ${home} has`;
  if (home === 'engine') {
    const [mine, theirs] = [engineRank(from), engineRank(to)];
    if (Number.isNaN(mine) || Number.isNaN(theirs)) return 'nothing says where it stands inside the engine';
    const sameFolder = from.split('/')[1] === to.split('/')[1];
    return sameFolder || theirs < mine ? '' : `${to} does not stand before it inside the engine`;
  }
  if (target === 'engine')
    return to === 'engine/index.ts' ? '' : 'the only door of the engine is engine/index.ts';
  if (target === home || RANKS[target] < RANKS[home]) return '';
  return `${home} (rank ${RANKS[home]}) may not import ${target} (rank ${RANKS[target]})`;
}

const sources = new Map(
  readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .map(path => path.replaceAll('\\', '/'))
    .filter(path => path.endsWith('.ts'))
    .sort()
    .map(path => [path, readFileSync(join(SRC, path), 'utf8')]),
);

test('every import of every source file goes down', () => {
  const imports = [...sources].flatMap(([path, text]) => importsOf(path, text));
  expect(sources.size).toBeGreaterThan(20);
  expect(imports.length).toBeGreaterThan(100);
  const faults = imports.map(i => ({ ...i, fault: faultOf(i) })).filter(({ fault }) => fault !== '');
  expect(faults.map(({ from, specifier, fault }) => `${from}: '${specifier}': ${fault}`)).toEqual([]);
});

// mkdir of node:fs with `recursive` hangs on what takes no folder.
test('folders are made in one place', () => {
  const makers = [...sources].filter(([, text]) => /\bmkdir(?:Sync|p)?\(/.test(text)).map(([path]) => path);
  expect(makers).toEqual(['cli/makeFolder.ts']);
});

test('every folder of src has a rank', () => {
  expect(
    [...new Set([...sources.keys()].map(path => path.split('/')[0]))].filter(home => !(home in RANKS)),
  ).toEqual([]);
});

describe('a forbidden import is seen', () => {
  const seen = (path: string, text: string) => importsOf(path, text).map(faultOf);

  test.each([
    "import { run } from '../cli/run.ts';",
    "import type { Run } from '../cli/run.ts';",
    "import { type Run } from '../cli/run.ts';",
    "import '../cli/run.ts';",
    "export { run } from '../cli/run.ts';",
    "export type { Run } from '../cli/run.ts';",
    "export * from '../cli/run.ts';",
    "const run = await import('../cli/run.ts');",
    "function f() { return () => import('../cli/run.ts'); }",
    "let run: import('../cli/run.ts').Run;",
    "let run: typeof import('../cli/run.ts');",
    "import run = require('../cli/run.ts');",
    "const run = require('../cli/run.ts');",
  ])('%s', text => {
    expect(seen('workload/compile.ts', text)).toEqual(['workload (rank 1) may not import cli (rank 5)']);
  });

  test.each([
    ['workload/compile.ts', '../spec/load.ts', 'workload (rank 1) may not import spec (rank 1)'],
    ['harness/goals.ts', '../engine/mm/page_alloc.ts', 'the only door of the engine is engine/index.ts'],
    ['engine/lib/hooks.ts', '../mm/page.ts', 'engine/mm/page.ts does not stand before it inside the engine'],
    ['engine/mm/buddy.ts', '../machine.ts', 'engine/machine.ts does not stand before it inside the engine'],
    ['engine/mm/buddy.ts', 'node:fs', 'the engine imports only the engine'],
    ['engine/mm/buddy.ts', '../../contract/plan.ts', 'nothing says where it stands inside the engine'],
    [
      'report/text.ts',
      'node:fs',
      'node:fs belongs to cli/, spec/load.ts, spec/schemaFile.ts, harness/sandbox/',
    ],
    [
      'spec/parse.ts',
      'node:fs',
      'node:fs belongs to cli/, spec/load.ts, spec/schemaFile.ts, harness/sandbox/',
    ],
    ['tui/view.ts', 'blessed', 'blessed belongs to tui/blessed/'],
    ['report/text.ts', 'picocolors', 'picocolors belongs to cli/'],
    ['spec/load.ts', 'left-pad', 'nothing says where left-pad may be imported'],
    ['spec/load.ts', '../../test/plans.ts', 'it leads out of src'],
    ['spec/load.ts', './parse.js', 'relative imports end in .ts'],
  ])('%s imports %s', (from, specifier, fault) => {
    expect(faultOf({ from, specifier })).toBe(fault);
  });

  test('a computed import cannot hide', () => {
    expect(seen('report/text.ts', "const name = './x'; await import(name);")).toEqual([
      'nothing says where <computed> may be imported',
    ]);
  });
});

test('what is allowed is allowed', () => {
  for (const [from, specifier] of [
    ['engine/mm/page_alloc.ts', './buddy.ts'],
    ['engine/mm/page_alloc.ts', '../lib/hooks.ts'],
    ['engine/index.ts', './machine.ts'],
    ['contract/plan.ts', '../engine/index.ts'],
    ['cli/run.ts', '../spec/load.ts'],
    ['cli/dev/bench.ts', 'node:fs'],
    ['tui/blessed/screen.ts', '../view.ts'],
    ['harness/sandbox/client.ts', 'node:child_process'],
  ]) {
    expect(faultOf({ from, specifier })).toBe('');
  }
});
