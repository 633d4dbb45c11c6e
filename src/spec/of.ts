/** A spec that is made from another file: `of:`. */
import { dirname, isAbsolute, posix } from 'node:path';
import type { Diagnostic } from '../contract/diagnostic.ts';
import { decode } from './decode.ts';
import { type Located, loadDocument } from './document.ts';
import { Findings, quote, type Span } from './findings.ts';
import { checkShape } from './shape.ts';
import { field, textOf } from './values.ts';

/** How a spec gets at other files. */
export interface OtherFiles {
  /** The bytes of a file, or why there are none; left out: there are no other files. */
  read?: (path: string) => { bytes: Uint8Array } | { diagnostic: Diagnostic };
  /** The file of a challenge that comes with oomph, by its id; null: there is none. */
  shipped?: (id: string) => string | null;
}

/** What a file says of itself, and nobody else has from it. */
const OWN_KEYS: readonly string[] = ['challenge', 'id', 'title', 'of', 'test'];
/** Longer chains are a mistake, or links that go round. */
const MAX_FILES = 8;

export interface Whole {
  /** With the keys of the files that `of:` leads to. */
  root: Located;
  /** Those files, nearest first, as read. */
  files: string[];
  /** Folder that the paths of `policy` are relative to, from the folder of the file; '' for that itself. */
  policyFolder: string;
}

/**
 * Put the keys of the file that `of:` names under those of a spec. What is wrong with that file goes to `others`.
 *
 * @param seen  files on the way here, as read
 * @returns null after a finding
 */
export function wholeOf(
  findings: Findings,
  root: Located,
  { read, shipped }: OtherFiles,
  others: Diagnostic[],
  seen: readonly string[] = [findings.file],
): Whole | null {
  const node = field(root, 'of');
  const of = textOf(node);
  if (node === undefined || of === undefined || of.trim() === '')
    return { root, files: [], policyFolder: '' };
  if (!isRelative(findings, node, of)) return null;
  // A file would have a name that ends in .yaml.
  const known = /^[a-z0-9-]+\/[a-z0-9-]+$/.test(of) ? (shipped?.(of) ?? null) : null;
  const path = known ?? posix.normalize(posix.join(dirname(findings.file).replaceAll('\\', '/'), of));
  if (
    seen.map(file => posix.normalize(file.replaceAll('\\', '/'))).includes(path) ||
    seen.length >= MAX_FILES
  ) {
    findings.error(
      node,
      'E-OF-CIRCULAR',
      `${quote(of)} leads back to this file: ${[...seen, path].join(' -> ')}`,
      {
        expected: 'a file that is not made from this one',
      },
    );
    return null;
  }
  if (read === undefined) {
    findings.error(node, 'E-OF-MISSING', 'this text stands alone: there is no file beside it', {
      expected: 'a challenge that is written out',
    });
    return null;
  }
  const base = loadBase(path, { read, ...(shipped && { shipped }) }, others, [...seen, path]);
  if (base === 'missing') {
    findings.error(node, 'E-OF-MISSING', `there is no file ${quote(of)} beside this one`, {
      expected: 'the path of a challenge file, relative to this one, or the id of one that comes with oomph',
    });
    return null;
  }
  if (base === null) {
    findings.error(node, 'E-OF-FAULTY', `${quote(of)} has faults of its own, told with its name`, {
      expected: 'a challenge file that `oomph lint` has nothing against',
    });
    return null;
  }
  const shift = findings.addParts(base.findings);
  const entries = new Map(root.entries);
  for (const [key, child] of base.whole.root.entries ?? []) {
    if (!OWN_KEYS.includes(key) && !entries.has(key)) entries.set(key, shifted(child, shift));
  }
  const value: Record<string, unknown> = Object.create(null);
  for (const [key, child] of entries) value[key] = child.value;
  const inherits = !root.entries!.has('policy');
  return {
    root: { ...root, entries, value },
    files: [path, ...base.whole.files],
    policyFolder: inherits ? folderOf(known === null ? of : path, base.whole.policyFolder) : '',
  };
}

/** Of the paths of an inherited policy. */
function folderOf(of: string, inner: string): string {
  return isAbsolute(inner) ? inner : posix.join(dirname(of).replaceAll('\\', '/'), inner);
}

/** A path that reads the same on every system. */
export function isRelative(findings: Findings, node: Located, path: string): boolean {
  if (path.includes('\\')) {
    findings.error(node, 'E-PATH', `${quote(path)} has a backslash`, {
      expected: 'forward slashes',
      suggestions: [path.replaceAll('\\', '/')],
    });
    return false;
  }
  if (!/^([/~]|[A-Za-z]:)/.test(path)) return true;
  findings.error(node, 'E-PATH', `${quote(path)} is there on this machine only`, {
    expected: 'a path relative to this file, such as ../challenge.yaml',
  });
  return false;
}

function loadBase(
  path: string,
  other: OtherFiles & Required<Pick<OtherFiles, 'read'>>,
  others: Diagnostic[],
  seen: readonly string[],
): { findings: Findings; whole: Whole } | 'missing' | null {
  const bytes = other.read(path);
  if ('diagnostic' in bytes) {
    if (bytes.diagnostic.code === 'E-FILE-NOT-FOUND') return 'missing';
    others.push(bytes.diagnostic);
    return null;
  }
  const decoded = decode(bytes.bytes, path);
  if ('diagnostic' in decoded) {
    others.push(decoded.diagnostic);
    return null;
  }
  const findings = new Findings(path, decoded.text);
  const root = loadDocument(decoded.text, findings);
  if (root !== null && root.entries === null) {
    findings.error(root, 'E-TOP-LEVEL', 'the file holds no map of keys where a challenge is wanted', {
      expected: 'a map of keys, the first of them `challenge: 1`',
    });
  }
  const whole = root?.entries == null ? null : wholeOf(findings, root, other, others, seen);
  if (whole !== null && !checkShape(whole.root, findings) && !findings.hasErrors) {
    findings.error(whole.root, 'E-SHAPE', 'the file does not satisfy schemas/challenge.schema.json');
  }
  if (whole !== null && !findings.hasErrors) return { findings, whole };
  others.push(...findings.sorted());
  return null;
}

function shifted(node: Located, by: number): Located {
  const moved = (span: Span): Span => ({ start: span.start + by, end: span.end + by });
  let entries: Located['entries'] = null;
  if (node.entries !== null) {
    entries = new Map();
    for (const [key, child] of node.entries) entries.set(key, shifted(child, by));
  }
  return {
    ...node,
    ...moved(node),
    key: node.key === null ? null : moved(node.key),
    entries,
    items: node.items?.map(item => shifted(item, by)) ?? null,
  };
}
