/** Imports between a player's own files. */
import type { ImportDeclaration } from 'acorn';
import type { PolicySource } from '../../contract/policy.ts';
import type { Faults, Place } from './faults.ts';
import { MAX_FILES } from './language.ts';
import type { ParsedFile } from './parse.ts';
import { placeAt, TOKEN } from './tokens.ts';

/** A file named by an import that is not among the sources: the caller reads the first candidate that exists. */
export interface MissingImport {
  from: string;
  specifier: string;
  candidates: string[];
}

/** Paths that `specifier`, written in the file `from`, may mean: as written, with .ts or .js, .ts for .js. */
export function importCandidates(from: string, specifier: string): string[] {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '.' || part === '') continue;
    if (part === '..' && parts.length > 0 && parts[parts.length - 1] !== '..') parts.pop();
    else parts.push(part);
  }
  const path = parts.join('/');
  if (path.endsWith('.ts')) return [path];
  if (path.endsWith('.js')) return [path, `${path.slice(0, -3)}.ts`];
  return [`${path}.ts`, `${path}.js`];
}

export function isRelative(specifier: string): boolean {
  return specifier.startsWith('./') || specifier.startsWith('../');
}

/** Every module specifier of a file that stands for code: types are gone by now. */
function importsOf(file: ParsedFile): { specifier: string; node: ImportDeclaration['source'] }[] {
  const found: { specifier: string; node: ImportDeclaration['source'] }[] = [];
  for (const node of file.program.body) {
    if (node.type !== 'ImportDeclaration' && node.type !== 'ExportNamedDeclaration') continue;
    if (node.source) found.push({ specifier: String(node.source.value), node: node.source });
  }
  return found;
}

/**
 * Relative imports whose file is not there yet. Read them, add them to `files`, ask again. Sources are only looked
 * through here, not parsed: that can take for ever with the strangest of them, and is the sandboxed process's work.
 */
export function missingImports(source: PolicySource): MissingImport[] {
  const have = new Set(source.files.map(f => f.path));
  const missing: MissingImport[] = [];
  for (const file of source.files.slice(0, MAX_FILES)) {
    for (const { specifier } of specifiersIn(file.text)) {
      if (!isRelative(specifier)) continue;
      const candidates = importCandidates(file.path, specifier);
      if (!candidates.some(path => have.has(path))) missing.push({ from: file.path, specifier, candidates });
    }
  }
  return missing;
}

/** What a text seems to import, types left out. */
function specifiersIn(text: string): { specifier: string; index: number }[] {
  const found: { specifier: string; index: number }[] = [];
  let statement = false;
  let before = '';
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token.startsWith('//') || token.startsWith('/*')) continue;
    const isText = token.startsWith("'") || token.startsWith('"');
    if (isText && statement && (before === 'from' || before === 'import'))
      found.push({ specifier: token.slice(1, -1), index });
    if (token === 'import' || token === 'export') statement = true;
    else if (isText || token === ';' || token === '=' || token === '(') statement = false;
    else if (token === 'type' && (before === 'import' || before === 'export')) statement = false;
    before = token;
  }
  return found;
}

/** Files in the order in which they must be evaluated: what is imported first, the entry last. */
export function linkOrder(files: Map<string, ParsedFile>, entry: string, faults: Faults): ParsedFile[] {
  const order: ParsedFile[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (file: ParsedFile, trail: string[]): void => {
    state.set(file.path, 'open');
    refuseUnused(files, file, faults);
    for (const { specifier, node } of importsOf(file)) {
      const target = targetOf(files, file, specifier);
      if (target === undefined) {
        if (specifier !== 'oomph') {
          refuseImport(file, specifier, file.place(node), node.end - node.start, faults);
        }
        continue;
      }
      const seen = state.get(target.path);
      if (seen === 'open') {
        const circle = [...trail.slice(trail.indexOf(target.path)), target.path].join(' -> ');
        faults.add(
          file.place(node),
          node.end - node.start,
          'E-POLICY-CYCLE',
          `files import each other in a circle: ${circle}`,
          { expected: 'move what both need into a third file' },
        );
      } else if (seen === undefined) visit(target, [...trail, target.path]);
    }
    state.set(file.path, 'done');
    order.push(file);
  };
  const first = files.get(entry);
  if (first !== undefined) visit(first, [entry]);
  return order;
}

export function targetOf(
  files: Map<string, ParsedFile>,
  from: ParsedFile,
  specifier: string,
): ParsedFile | undefined {
  if (!isRelative(specifier)) return undefined;
  for (const path of importCandidates(from.path, specifier)) {
    const file = files.get(path);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** An import that nothing uses goes with the types; what it names must be there all the same. */
function refuseUnused(files: Map<string, ParsedFile>, file: ParsedFile, faults: Faults): void {
  const used = new Set(importsOf(file).map(({ specifier }) => specifier));
  for (const { specifier, index } of specifiersIn(file.text)) {
    if (used.has(specifier) || specifier === 'oomph' || targetOf(files, file, specifier)) continue;
    const place = { file: file.path, ...placeAt(file.text, index) };
    refuseImport(file, specifier, place, specifier.length + 2, faults);
  }
}

function refuseImport(
  file: ParsedFile,
  specifier: string,
  place: Place,
  length: number,
  faults: Faults,
): void {
  const shown = JSON.stringify(specifier.slice(0, 80));
  if (isRelative(specifier)) {
    faults.add(place, length, 'E-POLICY-IMPORT-MISSING', `no file ${shown} beside ${file.path}`, {
      expected: `one of ${importCandidates(file.path, specifier).join(', ')}`,
    });
  } else {
    faults.add(place, length, 'E-POLICY-IMPORT', `a policy cannot import ${shown}`, {
      expected: "imports from 'oomph' and from the player's own files ('./name.ts')",
    });
  }
}
