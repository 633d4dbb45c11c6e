/** What the child says, checked field by field: it ran somebody's code and may say anything. */
import type { Diagnostic } from '../../contract/diagnostic.ts';
import type { ConsoleLine, FaultCode, PolicyFault } from '../../contract/policy.ts';
import { HOOKS, type HookName } from '../../engine/index.ts';
import { MAX_FAULTS, type RunReport } from './policyProcess.ts';

/** The child said something that no child of ours says. */
export class ProtocolError extends Error {}

const FAULT_CODES: readonly FaultCode[] = [
  'not-an-integer',
  'illegal-answer',
  'threw',
  'out-of-fuel',
  'out-of-memory',
  'call-depth',
];

export type LoadReport = { ok: true; hooks: HookName[] } | { ok: false; diagnostics: Diagnostic[] };

export function loadReport(value: unknown, allowed: readonly HookName[]): LoadReport {
  const report = record(value);
  if (report['ok'] === true) {
    const hooks = list(record(report['info'])['hooks'], HOOKS.length).map(hook => oneOf(hook, allowed));
    if (new Set(hooks).size !== hooks.length) throw new ProtocolError('a hook twice');
    return { ok: true, hooks };
  }
  const diagnostics = list(report['diagnostics'], 100).map(diagnostic);
  if (diagnostics.length === 0) throw new ProtocolError('refused without a reason');
  return { ok: false, diagnostics };
}

export function runReport(value: unknown): RunReport {
  const report = record(value);
  const faults = list(report['faults'], MAX_FAULTS).map(fault);
  const nrFaults = count(report['nrFaults']);
  if (nrFaults < faults.length) throw new ProtocolError('fewer faults than are told');
  return {
    faults,
    nrFaults,
    console: list(report['console'], 1000).map(consoleLine),
    consoleDropped: count(report['consoleDropped']),
    fuelUsed: count(report['fuelUsed']),
    end: oneOf(report['end'], ['done', 'ended'] as const),
    nrOps: count(report['nrOps']),
    nrDecisions: count(report['nrDecisions']),
  };
}

function diagnostic(value: unknown): Diagnostic {
  const d = record(value);
  const frame = d['frame'] === undefined ? null : record(d['frame']);
  return {
    code: text(d['code'], 60),
    severity: 'error',
    file: text(d['file'], 300),
    line: count(d['line']),
    column: count(d['column']),
    length: count(d['length']),
    message: text(d['message'], 600),
    ...(d['expected'] === undefined ? {} : { expected: text(d['expected'], 2000) }),
    ...(d['suggestions'] === undefined
      ? {}
      : { suggestions: list(d['suggestions'], 3).map(s => text(s, 80)) }),
    ...(frame === null
      ? {}
      : {
          frame: {
            firstLine: count(frame['firstLine']),
            lines: list(frame['lines'], 5).map(l => text(l, 1000)),
            ...(frame['firstColumn'] === undefined ? {} : { firstColumn: count(frame['firstColumn']) }),
          },
        }),
  };
}

function fault(value: unknown): PolicyFault {
  const f = record(value);
  return {
    code: oneOf(f['code'], FAULT_CODES),
    hook: oneOf(f['hook'], HOOKS),
    event: integer(f['event']),
    timeUs: number(f['timeUs']),
    file: text(f['file'], 300),
    line: count(f['line']),
    column: count(f['column']),
    value: text(f['value'], 80),
    message: text(f['message'], 400),
  };
}

function consoleLine(value: unknown): ConsoleLine {
  const l = record(value);
  return {
    file: text(l['file'], 300),
    line: count(l['line']),
    event: integer(l['event']),
    text: text(l['text'], 600),
  };
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ProtocolError('no object');
  return value as Record<string, unknown>;
}

function list(value: unknown, most: number): unknown[] {
  if (!Array.isArray(value) || value.length > most) throw new ProtocolError('no list, or too long a one');
  return value;
}

function oneOf<T>(value: unknown, allowed: readonly T[]): T {
  if (!allowed.includes(value as T)) throw new ProtocolError('a value that is not allowed here');
  return value as T;
}

function number(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new ProtocolError('no number');
  return value;
}

function integer(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new ProtocolError('no integer');
  return value as number;
}

function count(value: unknown): number {
  if (integer(value) < 0) throw new ProtocolError('a negative count');
  return value as number;
}

/** Characters that would move a terminal's cursor, colour it or turn the direction of writing. */
function isControl(code: number): boolean {
  return (
    (code < 0x20 && code !== 0x09) ||
    (code >= 0x7f && code < 0xa0) ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  );
}

function text(value: unknown, most: number): string {
  if (typeof value !== 'string') throw new ProtocolError('no text');
  let shown = '';
  for (const char of value.slice(0, most)) shown += isControl(char.codePointAt(0) ?? 0) ? '\ufffd' : char;
  return shown;
}
