/**
 * The bytes of a record, described in docs/replay.md: two lines of text, three compressed parts, a line with the
 * checksum of all that stands before it. Whoever reads one trusts nothing in it.
 */
import { createHash } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { HOOKS, type HookName } from '../engine/index.ts';
import { packDecisions, unpackDecisions } from './decisionCodec.ts';
import type { Checkpoint, RecordedVerdict, RunRecord } from './record.ts';

export const RECORD_FORMAT = 1;
const FIRST_LINE = `oomph record ${RECORD_FORMAT}\n`;
const SUM_LINE = /^sha256 ([0-9a-f]{64})\n$/;
const SUM_BYTES = 'sha256 '.length + 64 + 1;
const MAX_HEADER_BYTES = 64 * 1024;
export const MAX_RECORD_BYTES = 256 * 1024 * 1024;

const PARTS = ['challenge', 'verdict', 'decisions'] as const;
type PartName = (typeof PARTS)[number];

/** The most that a part may come to when it is unpacked. */
const MAX_PART_BYTES: Record<PartName, number> = {
  challenge: 1024 * 1024,
  verdict: 64 * 1024 * 1024,
  decisions: 768 * 1024 * 1024,
};
/** As many as the sandbox may send. */
const MAX_DECISIONS = 128 * 1024 * 1024;

const PART_WORDS: Record<PartName, string> = {
  challenge: "the challenge's text in it",
  verdict: 'the verdict in it',
  decisions: 'the record of the decisions in it',
};

interface PartHeader {
  bytes: number;
  packed: number;
  /** Of the packed bytes. */
  sha256: string;
}

/** Line 2 of a record; `schemas/record.schema.json` describes it. */
export interface RecordHeader {
  record: typeof RECORD_FORMAT;
  oomph: string;
  challenge: { id: string; title: string; sha256: string };
  seed: number;
  policy: { name: string; hash: string; tokens: number; hooks: HookName[] } | null;
  result: { outcome: string; stars: number; nrOps: number; nrFaults: number; end: string; stateHash: string };
  tapeHash: string;
  decisions: number;
  parts: Record<PartName, PartHeader>;
}

/** Why bytes are not a record that can be used. The message says what to do. */
export class BadRecord extends Error {
  override name = 'BadRecord';
  readonly kind: 'not-a-record' | 'other-format' | 'damaged';

  constructor(kind: BadRecord['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface StoredRecord {
  header: RecordHeader;
  record: RunRecord;
}

export function encodeRecord(record: RunRecord): Uint8Array {
  const { verdict, info } = record;
  const rest = JSON.stringify({ checkpoints: record.checkpoints, verdict });
  const plain: Record<PartName, Uint8Array> = {
    challenge: new TextEncoder().encode(record.challengeText),
    verdict: new TextEncoder().encode(rest),
    decisions: packDecisions(record.hooks, record.decisions, part => pack(part, 4).length),
  };
  const packed = {} as Record<PartName, Uint8Array>;
  const parts = {} as Record<PartName, PartHeader>;
  for (const name of PARTS) {
    const bytes = plain[name].length;
    packed[name] = pack(plain[name], bytes < 1 << 20 ? 11 : 6);
    parts[name] = { bytes, packed: packed[name].length, sha256: sha256(packed[name]) };
  }
  const header: RecordHeader = {
    record: RECORD_FORMAT,
    oomph: record.oomph,
    challenge: { id: record.challengeId, title: record.title, sha256: sha256(plain.challenge) },
    seed: record.seed,
    policy:
      info === null
        ? null
        : { name: record.policyName, hash: info.hash, tokens: info.tokens, hooks: info.hooks },
    result: {
      outcome: verdict.outcome,
      stars: verdict.stars,
      nrOps: verdict.nrOps,
      nrFaults: verdict.nrFaults,
      end: record.end,
      stateHash: verdict.stateHash,
    },
    tapeHash: record.tapeHash,
    decisions: record.decisions.length,
    parts,
  };
  const head = Buffer.from(`${FIRST_LINE}${JSON.stringify(header)}\n`);
  const body = Buffer.concat([head, ...PARTS.map(name => packed[name])]);
  return Uint8Array.from(Buffer.concat([body, Buffer.from(`sha256 ${sha256(body)}\n`)]));
}

/** Whether a file begins as a record of any version does. */
export function looksLikeRecord(start: Uint8Array): boolean {
  return Buffer.from(start.subarray(0, 13)).toString('latin1') === 'oomph record ';
}

/** @throws BadRecord */
export function decodeRecord(bytes: Uint8Array): StoredRecord {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  checkFirstLine(all);
  const lineEnd = all.indexOf('\n', FIRST_LINE.length);
  if (lineEnd < 0 || lineEnd - FIRST_LINE.length > MAX_HEADER_BYTES) {
    throw damaged('its second line, which says what it is of, is damaged or not all there');
  }
  const header = headerOf(all.subarray(FIRST_LINE.length, lineEnd));
  checkSums(all, header, lineEnd + 1);
  if (typeof header === 'string') throw damaged(`its second line is not what oomph writes: ${header}`);
  const plain = {} as Record<PartName, Uint8Array>;
  let at = lineEnd + 1;
  for (const name of PARTS) {
    const part = header.parts[name];
    plain[name] = unpack(all.subarray(at, at + part.packed), part.bytes, name);
    at += part.packed;
  }
  if (sha256(plain.challenge) !== header.challenge.sha256)
    throw damaged(`${PART_WORDS.challenge} is another one`);
  return { header, record: recordFrom(header, plain) };
}

function checkFirstLine(all: Buffer): void {
  const first = all.subarray(0, FIRST_LINE.length).toString('latin1');
  if (first === FIRST_LINE) return;
  const version = /^oomph record (\d+)\n/.exec(all.subarray(0, 32).toString('latin1'));
  if (version !== null) {
    throw new BadRecord(
      'other-format',
      `it is a record of format ${version[1]}, and this oomph reads format ${RECORD_FORMAT}: use the oomph that wrote it`,
    );
  }
  throw new BadRecord(
    'not-a-record',
    `it is no record: those begin with '${FIRST_LINE.trim()}'; \`oomph run CHALLENGE --seed N --record FILE\` writes one`,
  );
}

/** Says which part is not what was written, where anything is not. */
function checkSums(all: Buffer, header: RecordHeader | string, bodyAt: number): void {
  const end = all.length - SUM_BYTES;
  const sum = SUM_LINE.exec(all.subarray(Math.max(0, end)).toString('latin1'));
  // A file that was cut off has lost its last line.
  const wanted =
    typeof header === 'string'
      ? all.length
      : PARTS.reduce((length, name) => length + header.parts[name].packed, bodyAt) + SUM_BYTES;
  if (sum === null) {
    if (all.length < wanted) throw damaged(`it is cut off: ${all.length} bytes are there, it had ${wanted}`);
    if (all.length > wanted) throw damaged(`it is too long: ${all.length} bytes are there, it had ${wanted}`);
  }
  if (sum !== null && sum[1] === sha256(all.subarray(0, end))) {
    if (all.length !== wanted) throw damaged('its parts are longer or shorter than its second line says');
    return;
  }
  if (typeof header === 'string') throw damaged(`its second line was changed: ${header}`);
  let at = bodyAt;
  for (const name of PARTS) {
    const { packed, sha256: expected } = header.parts[name];
    if (sha256(all.subarray(at, at + packed)) !== expected)
      throw damaged(`${PART_WORDS[name]}, or its entry in the second line, was changed`);
    at += packed;
  }
  throw damaged('its second line, or the checksum in its last line, was changed');
}

function damaged(what: string): BadRecord {
  return new BadRecord('damaged', `it is damaged: ${what}; get another copy of it, or record the run again`);
}

/** The header, or what is wrong with it. */
function headerOf(line: Buffer): RecordHeader | string {
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch {
    return 'it is not JSON';
  }
  return headerFault(value) || (value as RecordHeader);
}

const HEX64 = /^[0-9a-f]{64}$/;
const HEX16 = /^[0-9a-f]{16}$/;
const HEX8 = /^[0-9a-f]{8}$/;

function headerFault(value: unknown): string {
  const h = value as RecordHeader;
  if (!isObject(h)) return 'it is not an object';
  const count = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 0;
  const text = (s: unknown): boolean => typeof s === 'string' && s.length <= 1000;
  const hex = (s: unknown, form: RegExp): boolean => typeof s === 'string' && form.test(s);
  const checks: [string, boolean][] = [
    ['record', h.record === RECORD_FORMAT],
    ['oomph', text(h.oomph)],
    ['challenge', isObject(h.challenge) && text(h.challenge.id) && text(h.challenge.title)],
    ['challenge.sha256', hex(h.challenge?.sha256, HEX64)],
    ['seed', count(h.seed)],
    ['policy', h.policy === null || isObject(h.policy)],
    ['result', isObject(h.result)],
    ['result.end', h.result?.end === 'done' || h.result?.end === 'ended'],
    ['result.outcome', h.result?.outcome === 'won' || h.result?.outcome === 'lost'],
    ['result.stateHash', hex(h.result?.stateHash, HEX8)],
    ['tapeHash', hex(h.tapeHash, HEX8)],
    ['decisions', count(h.decisions) && h.decisions <= MAX_DECISIONS],
    ['parts', isObject(h.parts)],
    ...(['stars', 'nrOps', 'nrFaults'] as const).map((key): [string, boolean] => [
      `result.${key}`,
      count(h.result?.[key]),
    ]),
  ];
  if (isObject(h.policy)) {
    const { name, hash, tokens, hooks } = h.policy;
    checks.push(
      ['policy.name', text(name)],
      ['policy.hash', hex(hash, HEX16)],
      ['policy.tokens', count(tokens)],
      [
        'policy.hooks',
        Array.isArray(hooks) &&
          hooks.every(hook => HOOKS.includes(hook)) &&
          new Set(hooks).size === hooks.length,
      ],
    );
  }
  for (const name of PARTS) {
    const part = h.parts?.[name];
    checks.push([
      `parts.${name}`,
      isObject(part) &&
        count(part.bytes) &&
        part.bytes <= MAX_PART_BYTES[name] &&
        count(part.packed) &&
        part.packed <= MAX_RECORD_BYTES &&
        hex(part.sha256, HEX64),
    ]);
  }
  const wrong = checks.find(([, holds]) => !holds);
  return wrong === undefined ? '' : `${wrong[0]} is missing or cannot be`;
}

function recordFrom(header: RecordHeader, plain: Record<PartName, Uint8Array>): RunRecord {
  const { policy, result } = header;
  const { hooks, decisions } = decisionsFrom(plain.decisions, header);
  const rest = parsed(plain.verdict) as { checkpoints: Checkpoint[]; verdict: RecordedVerdict };
  const { verdict, checkpoints } = isObject(rest) ? rest : ({} as typeof rest);
  if (!isVerdict(verdict) || !Array.isArray(checkpoints) || !checkpoints.every(isObject)) {
    throw damaged(`${PART_WORDS.verdict} is not what oomph writes`);
  }
  for (const key of ['outcome', 'stars', 'nrOps', 'nrFaults', 'stateHash'] as const) {
    if (verdict[key] !== result[key]) {
      throw damaged(`its second line says ${key} ${result[key]}, its verdict ${String(verdict[key])}`);
    }
  }
  if (verdict.seed !== header.seed)
    throw damaged(`it is of seed ${header.seed}, its verdict of ${verdict.seed}`);
  return {
    oomph: header.oomph,
    challengeId: header.challenge.id,
    title: header.challenge.title,
    challengeText: utf8(plain.challenge),
    seed: header.seed,
    policyName: policy?.name ?? 'none',
    info: policy === null ? null : { hooks: policy.hooks, tokens: policy.tokens, hash: policy.hash },
    end: result.end as 'done' | 'ended',
    tapeHash: header.tapeHash,
    hooks,
    decisions,
    checkpoints,
    verdict,
  };
}

function decisionsFrom(bytes: Uint8Array, header: RecordHeader): Pick<RunRecord, 'hooks' | 'decisions'> {
  try {
    const unpacked = unpackDecisions(bytes, header.decisions);
    const allowed = header.policy?.hooks ?? [];
    if (unpacked.hooks.some(hook => !allowed.includes(HOOKS[hook]))) {
      throw new RangeError('a decision of a hook that the policy does not have');
    }
    return unpacked;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw damaged(`${PART_WORDS.decisions} cannot be read: ${error.message}`);
  }
}

/** What a replay and a report go on to read in it. */
function isVerdict(v: RecordedVerdict | undefined): v is RecordedVerdict {
  return (
    isObject(v) &&
    isObject(v.metrics) &&
    [v.goals, v.score, v.faults, v.console, v.failures].every(
      list => Array.isArray(list) && list.every(isObject),
    )
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8(bytes));
  } catch {
    return null;
  }
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw damaged('it holds text that is not UTF-8');
  }
}

function pack(bytes: Uint8Array, quality: number): Uint8Array {
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

function unpack(bytes: Uint8Array, length: number, name: PartName): Uint8Array {
  let plain: Uint8Array;
  try {
    plain = brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, length) });
  } catch {
    throw damaged(`${PART_WORDS[name]} cannot be unpacked`);
  }
  if (plain.length !== length)
    throw damaged(`${PART_WORDS[name]}: ${plain.length} bytes where ${length} should be`);
  return plain;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
