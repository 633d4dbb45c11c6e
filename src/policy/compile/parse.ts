// biome-ignore-all lint/correctness/noVoidTypeReturn: a case of the switch ends with what it calls
import type { AnyNode, Program, Token } from 'acorn';
import { transform } from 'sucrase';
import type { SourceFile } from '../../contract/policy.ts';
import { loneBracket } from './brackets.ts';
import { Columns } from './columns.ts';
import type { Faults, Place } from './faults.ts';
import { MAX_NESTING, MAX_SOURCE_CHARS, MAX_TYPED_PARENTHESES } from './language.ts';
import { obstacleIn } from './parentheses.ts';
import { MAX_NAMES, ShallowParser, TooDeep, TooMany } from './shallowParser.ts';
import { strangerBefore, syntaxHint } from './syntaxHints.ts';

/** One file as a tree, its types taken away. */
export interface ParsedFile {
  path: string;
  /** As the player wrote it. */
  text: string;
  program: Program;
  tokens: number;
  place(node: { loc?: AnyNode['loc'] }): Place;
}

const OPTIONS = { ecmaVersion: 2022, sourceType: 'module', locations: true } as const;

/** Unicode adds letters every year, and versions of Node follow: only those that have long been there may be in names. */
const STRANGE_LETTERS = /[^\0-\u052f\u3041-\u3096\u30a1-\u30fe\u4e00-\u9fa5\uac00-\ud7a3]/;

/** @returns null when the file is not the JavaScript or TypeScript that it should be; `faults` then says why */
export function parseFile(file: SourceFile, faults: Faults): ParsedFile | null {
  const { path, text } = file;
  const start: Place = { file: path, line: 1, column: 1 };
  if (!/\.[jt]s$/.test(path)) {
    faults.add(start, 1, 'E-POLICY-FILE-TYPE', `${path} is neither a .ts nor a .js file`, {
      expected: 'a policy in JavaScript (.js) or TypeScript (.ts)',
    });
    return null;
  }
  if (text.length > MAX_SOURCE_CHARS) {
    faults.add(
      start,
      1,
      'E-POLICY-SIZE',
      `${path} has ${text.length} characters, more than a policy may have`,
      {
        expected: `at most ${MAX_SOURCE_CHARS} characters in all files together`,
      },
    );
    return null;
  }
  if (text.includes('\0')) {
    faults.add(start, 1, 'E-POLICY-BINARY', `${path} is not a text file: it has a NUL byte`);
    return null;
  }
  const around = strangerBefore(text);
  if (around !== null) {
    const { line, message, expected } = around;
    faults.add({ file: path, line, column: 1 }, 1, 'E-POLICY-SYNTAX', message, { expected });
    return null;
  }
  const stripped = path.endsWith('.ts') ? stripTypes(file, faults) : { code: text, columns: Columns.same() };
  if (stripped === null) return null;
  const place = (node: { loc?: AnyNode['loc'] }): Place => {
    const at = node.loc?.start ?? { line: 1, column: 0 };
    return { file: path, line: at.line, column: stripped.columns.toSource(at.line, at.column) + 1 };
  };
  try {
    let tokens = 0;
    // The end of the file is reported as a token too.
    const strange: Token[] = [];
    const onToken = (token: Token): void => {
      tokens++;
      const isName = token.type.label === 'name' || token.type.label === 'privateId';
      if (isName && STRANGE_LETTERS.test(stripped.code.slice(token.start, token.end))) strange.push(token);
    };
    const program = ShallowParser.parse(stripped.code, { ...OPTIONS, onToken });
    if (strange.length > 0) {
      faults.add(
        place(strange[0]),
        1,
        'E-POLICY-NAME',
        'a name with letters that not every version of Node takes for letters',
        { expected: 'letters as Europe, China, Japan and Korea write them' },
      );
      return null;
    }
    const deep = deepest(program);
    if (deep !== null) {
      nested(faults, place(deep));
      return null;
    }
    return { path, text, program, tokens: tokens - 1, place };
  } catch (error) {
    if (error instanceof TooDeep) nested(faults, place({ loc: { start: error.loc } as AnyNode['loc'] }));
    else if (error instanceof TooMany) {
      const at = place({ loc: { start: error.loc } as AnyNode['loc'] });
      faults.add(at, 1, 'E-POLICY-SIZE', `more than ${MAX_NAMES} names in one block`, {
        expected: 'an array or a Map for that many values',
      });
    } else if (!bracketFault(error, file, faults)) syntaxFault(error, file, 0, stripped.columns, faults);
    return null;
  }
}

function stripTypes(file: SourceFile, faults: Faults): { code: string; columns: Columns } | null {
  const obstacle = obstacleIn(file.text, MAX_TYPED_PARENTHESES);
  if (obstacle !== null) {
    const { kind, ...at } = obstacle;
    const place = { file: file.path, ...at };
    if (kind === 'regex')
      faults.add(place, 1, 'E-POLICY-LEFT-OUT', 'policies have no regular expressions', {
        expected: 'use includes, startsWith, indexOf, split',
      });
    else if (kind === 'nesting') nested(faults, place);
    else
      faults.add(place, 1, 'E-POLICY-NESTING', 'parentheses are nested too deeply here', {
        expected: `at most ${MAX_TYPED_PARENTHESES} inside each other in a TypeScript file`,
      });
    return null;
  }
  try {
    const { code, sourceMap } = transform(file.text, {
      transforms: ['typescript'],
      disableESTransforms: true,
      filePath: file.path,
      sourceMapOptions: { compiledFilename: file.path },
    });
    return { code, columns: Columns.fromMappings(sourceMap?.mappings ?? '') };
  } catch (error) {
    if (bracketFault(error, file, faults)) return null;
    const plain = furtherIn(file.text, error);
    if (plain === null) syntaxFault(error, file, 1, Columns.same(), faults);
    else syntaxFault(plain, file, 0, Columns.same(), faults);
    return null;
  }
}

/** A bracket without a partner explains whatever a parser says. @returns whether there is one */
function bracketFault(error: unknown, file: SourceFile, faults: Faults): boolean {
  const lone = error instanceof RangeError ? null : loneBracket(file.text);
  if (lone === null) return false;
  const { line, column, message, expected } = lone;
  faults.add({ file: file.path, line, column }, 1, 'E-POLICY-SYNTAX', message, { expected });
  return true;
}

/**
 * What acorn says of the text as JavaScript where it comes further than the one who strips types did: on a missing brace
 * that one goes back to the last `=>` and blames it.
 */
function furtherIn(text: string, stripping: unknown): unknown {
  const stopped = (stripping as { loc?: { line: number; column: number } }).loc;
  try {
    ShallowParser.parse(text, { ecmaVersion: 2022, sourceType: 'module' });
  } catch (error) {
    if (error instanceof TooDeep || error instanceof TooMany) return null;
    const { loc } = error as { loc?: { line: number; column: number } };
    if (loc === undefined) return null;
    // It has no place where it broke down itself.
    if (stopped === undefined) return error;
    const further = loc.line > stopped.line || (loc.line === stopped.line && loc.column + 1 > stopped.column);
    return further ? error : null;
  }
  return null;
}

function nested(faults: Faults, place: Place): void {
  faults.add(place, 1, 'E-POLICY-NESTING', 'expressions or blocks are nested too deeply here', {
    expected: `at most ${MAX_NESTING} levels`,
  });
}

/** What acorn and sucrase throw: a message ending in (line:column), and a position whose columns count from `base`. */
function syntaxFault(
  error: unknown,
  { path: file, text: source }: SourceFile,
  base: number,
  columns: Columns,
  faults: Faults,
): void {
  if (error instanceof RangeError) return nested(faults, { file, line: 1, column: 1 });
  const { message = String(error), loc } = error as {
    message?: string;
    loc?: { line: number; column: number };
  };
  const text = message.replace(/^Error transforming [^:]*: /, '').replace(/ \(\d+:\d+\)$/, '');
  const line = loc?.line ?? 1;
  const column = columns.toSource(line, (loc?.column ?? base) - base) + 1;
  faults.add({ file, line, column }, 1, 'E-POLICY-SYNTAX', `not valid here: ${text}`, {
    expected: syntaxHint(source, line, column, text),
  });
}

/** The children of a node, in the order of the text. */
export function children(node: AnyNode): AnyNode[] {
  const found: AnyNode[] = [];
  for (const key of Object.keys(node)) {
    if (key === 'loc') continue;
    const value = (node as unknown as Record<string, unknown>)[key];
    if (Array.isArray(value)) for (const item of value) if (isNode(item)) found.push(item);
    if (isNode(value)) found.push(value);
  }
  return found;
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as AnyNode).type === 'string';
}

/** A node nested more deeply than is allowed, or null. */
function deepest(program: Program): AnyNode | null {
  const stack: [AnyNode, number][] = [[program, 0]];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [node, depth] = top;
    if (depth > MAX_NESTING) return node;
    for (const child of children(node)) stack.push([child, depth + 1]);
  }
  return null;
}
