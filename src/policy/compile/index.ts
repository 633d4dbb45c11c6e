/** Player's sources in, a printed program with counters out; or everything that is wrong with them. */
import type { Diagnostic } from '../../contract/diagnostic.ts';
import type { PolicyInfo, PolicySource } from '../../contract/policy.ts';
import type { HookName } from '../../engine/index.ts';
import { hashSource } from '../hash.ts';
import { Faults, type Place } from './faults.ts';
import { MAX_FILES, MAX_SOURCE_CHARS } from './language.ts';
import { linkOrder } from './link.ts';
import { Numbers } from './numbers.ts';
import { Output, type PlaceTable } from './output.ts';
import { type ParsedFile, parseFile } from './parse.ts';
import { Printer } from './print.ts';
import { resolve } from './resolve.ts';
import { giveRoles } from './roles.ts';
import { Weights } from './weigh.ts';

export { type MissingImport, missingImports } from './link.ts';

export interface CompiledPolicy {
  info: PolicyInfo;
  text: string;
  /** Places of the counters, by number. */
  sites: Place[];
  table: PlaceTable;
  /** Where the hooks stand: for faults without a place of their own. */
  hookPlaces: Record<string, Place>;
  /** It may look at who asks: otherwise nobody need write that down (engine/lib/hooks.ts, `anonymous`). */
  asksWho: boolean;
}

export type Compilation = { ok: true; policy: CompiledPolicy } | { ok: false; diagnostics: Diagnostic[] };

/**
 * @param allowed    hooks that the challenge lets a policy decide
 * @param firstLine  line of the realm's script on which the printed text will stand
 */
export function compilePolicy(
  source: PolicySource,
  allowed: readonly HookName[],
  firstLine: number,
): Compilation {
  const faults = new Faults();
  const parsed = parseAll(source, faults);
  const entry = parsed.get(source.entry);
  if (faults.list.length > 0 || entry === undefined) return { ok: false, diagnostics: faults.sorted() };
  const order = linkOrder(parsed, source.entry, faults);
  if (faults.list.length > 0) return { ok: false, diagnostics: faults.sorted() };
  const resolution = resolve(order, parsed, allowed, faults, source.partial === true);
  if (faults.list.length > 0) return { ok: false, diagnostics: faults.sorted() };
  const asksWho = giveRoles(resolution);
  const out = new Output(firstLine);
  const printer = new Printer(out, resolution, new Numbers(resolution.refs), new Weights());
  printer.program(resolution);
  const hookPlaces: Record<string, Place> = {};
  for (const hook of resolution.hooks) hookPlaces[hook.name] = entry.place(hook.key);
  return {
    ok: true,
    policy: {
      info: {
        hooks: resolution.hooks.map(h => h.name),
        tokens: source.tunables ?? tokensOf(order),
        hash: hashSource(source),
      },
      text: out.toString(),
      sites: printer.sites,
      table: out.table,
      hookPlaces,
      asksWho,
    },
  };
}

/** What is known of sources that compiled, found out again by whoever does not trust the process that compiled them. */
export function policyInfo(source: PolicySource, hooks: readonly HookName[]): PolicyInfo {
  const faults = new Faults();
  const parsed = parseAll(source, faults);
  const order = linkOrder(parsed, source.entry, faults);
  return { hooks: [...hooks], tokens: source.tunables ?? tokensOf(order), hash: hashSource(source) };
}

function tokensOf(files: ParsedFile[]): number {
  return files.reduce((sum, file) => sum + file.tokens, 0);
}

function parseAll(source: PolicySource, faults: Faults): Map<string, ParsedFile> {
  const parsed = new Map<string, ParsedFile>();
  for (const file of source.files) faults.addSource(file.path, file.text.slice(0, MAX_SOURCE_CHARS));
  const start = { file: source.entry, line: 1, column: 1 };
  if (!source.files.some(f => f.path === source.entry)) {
    faults.add(start, 1, 'E-POLICY-IMPORT-MISSING', `the policy's first file ${source.entry} is not there`);
  }
  if (source.files.length > MAX_FILES) {
    faults.add(start, 1, 'E-POLICY-SIZE', `a policy of ${source.files.length} files`, {
      expected: `at most ${MAX_FILES}`,
    });
    return parsed;
  }
  const size = source.files.reduce((sum, f) => sum + f.text.length, 0);
  if (size > MAX_SOURCE_CHARS) {
    faults.add(start, 1, 'E-POLICY-SIZE', `a policy of ${size} characters`, {
      expected: `at most ${MAX_SOURCE_CHARS} characters in all files together`,
    });
    return parsed;
  }
  for (const file of source.files) {
    const result = parseFile(file, faults);
    if (result !== null) parsed.set(file.path, result);
  }
  return parsed;
}
