import type { Diagnostic } from '../contract/diagnostic.ts';
import { nearest } from '../contract/nearest.ts';
import { TUNABLES } from '../contract/tunables.ts';
import type { HookName } from '../engine/index.ts';
import { decode } from './decode.ts';
import { type Located, loadDocument } from './document.ts';
import { Findings, quote } from './findings.ts';
import { COUNT, quantity, SIZE } from './quantity.ts';
import { field, sizeText } from './values.ts';

export interface TunablesLoad {
  /** Null exactly when a diagnostic is an error. */
  values: Map<string, number> | null;
  diagnostics: Diagnostic[];
}

/**
 * A policy without code: `policy: 1`, and `tunables`, a map of names to numbers. A tunable that is `default` is as if it
 * were not there, so that a file to start from can name them all.
 *
 * @param file  what the diagnostics call it
 * @param open  hooks that the challenge opens
 */
export function parseTunables(bytes: Uint8Array, file: string, open: readonly HookName[]): TunablesLoad {
  const decoded = decode(bytes, file);
  if ('diagnostic' in decoded) return { values: null, diagnostics: [decoded.diagnostic] };
  const findings = new Findings(file, decoded.text);
  const root = loadDocument(decoded.text, findings, EXAMPLE);
  const values = root === null ? new Map<string, number>() : readFile(findings, root, open);
  const diagnostics = findings.sorted();
  return { values: findings.hasErrors ? null : values, diagnostics };
}

const DEFAULT = 'default';
const EXAMPLE = '`policy: 1` and a map `tunables` such as {pcp.high: 12}';

function readFile(findings: Findings, root: Located, open: readonly HookName[]): Map<string, number> {
  const values = new Map<string, number>();
  if (root.entries === null) {
    findings.error(root, 'E-TOP-LEVEL', 'the file holds no map of keys', { expected: EXAMPLE });
    return values;
  }
  for (const [key, node] of root.entries) {
    if (key === 'policy' || key === 'tunables') continue;
    findings.error(node.key ?? node, 'E-KEY-UNKNOWN', `${quote(key)} is not a key of a policy`, {
      expected: EXAMPLE,
      suggestions: nearest(key, ['policy', 'tunables']),
    });
  }
  for (const key of ['policy', 'tunables']) {
    if (root.entries.has(key)) continue;
    findings.alsoError(root, 'E-KEY-MISSING', `the key ${quote(key)} is missing`, { expected: EXAMPLE });
  }
  const version = field(root, 'policy');
  if (version !== undefined && version.value !== 1)
    findings.error(version, 'E-VERSION', `${quote(version.source)} is no version of policies`, {
      expected: '1',
    });
  const map = field(root, 'tunables');
  if (map === undefined) return values;
  if (map.entries === null || map.entries.size === 0) {
    const place = map.value === null ? (map.key ?? map) : map;
    findings.error(place, 'E-EMPTY', '`tunables` sets nothing', { expected: EXAMPLE });
    return values;
  }
  for (const [name, node] of map.entries) {
    const value = readTunable(findings, name, node, open);
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

function readTunable(
  findings: Findings,
  name: string,
  node: Located,
  open: readonly HookName[],
): number | undefined {
  const place = node.key ?? node;
  const names = Object.keys(TUNABLES).filter(other => open.includes(TUNABLES[other].hook));
  const possible =
    names.length > 0 ? `one of ${names.join(', ')}` : 'a policy in code: no tunable is open here';
  if (!Object.hasOwn(TUNABLES, name)) {
    findings.error(place, 'E-TUNABLE-UNKNOWN', `${quote(name)} is no tunable`, {
      expected: possible,
      suggestions: nearest(name, Object.keys(TUNABLES)),
    });
    return undefined;
  }
  const { hook, unit, low, high } = TUNABLES[name];
  if (!open.includes(hook)) {
    const message = `${quote(name)} decides ${quote(hook)}, which this challenge does not open`;
    findings.error(place, 'E-TUNABLE-CLOSED', message, { expected: possible });
    return undefined;
  }
  if (node.value === DEFAULT) return undefined;
  const value = quantity(findings, node, unit === 'bytes' ? SIZE : COUNT);
  if (value === undefined || (value >= low && value <= high)) return value;
  const range = unit === 'bytes' ? `${sizeText(low)} to ${sizeText(high)}` : `${low} to ${high} ${unit}`;
  findings.error(node, 'E-RANGE', `${quote(node.source)} for ${quote(name)}`, {
    expected: unit === 'order' ? `an order ${low} to ${high}` : range,
  });
  return undefined;
}
