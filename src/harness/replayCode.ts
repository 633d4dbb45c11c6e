/**
 * A run as a line of text to be sent to others: which challenge, seed and policy, every decision, and what came of it.
 * Described in docs/replay.md. Letters, digits, `_` and `-` only, so that a double click takes it whole; blanks and
 * line breaks that a mail put into it are ignored. Whoever reads one trusts nothing in it.
 */
import { createHash } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicyInfo } from '../contract/policy.ts';
import { HOOKS, type HookName } from '../engine/index.ts';
import { compileTape } from '../workload/compile.ts';
import { packDecisions, unpackDecisions } from './decisionCodec.ts';
import { Play, type PlayedPolicy } from './play.ts';
import { type Difference, type Replay, type ReplayProblem, type RunRecord, tapeHash } from './record.ts';
import { RunBug } from './runBug.ts';

const PREFIX = 'oomph1_';
/** Hex digits of SHA-256 over what is between prefix and them. */
const SUM_DIGITS = 8;
/** Longer ones are better sent as a file. */
export const MAX_CODE_LENGTH = 20_000;
/** The most that a code is unpacked to. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_DECISIONS = 8 * 1024 * 1024;

export interface CodeResult {
  outcome: string;
  stars: number;
  stateHash: string;
  nrOps: number;
}

export interface ReplayCode {
  /** Version of oomph that wrote it. */
  oomph: string;
  challengeId: string;
  /** Of the challenge's file, 16 hex digits. */
  challengeHash: string;
  /** The challenge file, whole; '' for one that comes with oomph. */
  challengeText: string;
  seed: number;
  policyName: string;
  /** Null: Linux decided. */
  info: PolicyInfo | null;
  end: 'done' | 'ended';
  tapeHash: string;
  hooks: Uint8Array;
  decisions: Int32Array;
  result: CodeResult;
}

/** Why a text is no code that can be used. The message says what to do. */
export class BadCode extends Error {
  override name = 'BadCode';
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
/** What `challengeHash` holds. */
export const challengeTextHash = (text: string): string => digest(text).slice(0, 16);

const blanks = /\s+/g;
export const looksLikeCode = (text: string): boolean => text.trimStart().startsWith('oomph1_');

/** @param comesAlong the challenge comes with oomph, so its text need not be in the code */
export function encodeReplayCode(record: RunRecord, comesAlong: boolean): string {
  const { verdict, info } = record;
  const head = {
    oomph: record.oomph,
    id: record.challengeId,
    hash: challengeTextHash(record.challengeText),
    ...(comesAlong ? {} : { text: record.challengeText }),
    seed: record.seed,
    ...(info === null ? {} : { policy: { name: record.policyName, ...info } }),
    end: record.end,
    tape: record.tapeHash,
    nr: record.decisions.length,
    result: [verdict.outcome, verdict.stars, verdict.stateHash, verdict.nrOps],
  };
  const packed = packDecisions(record.hooks, record.decisions, part => compress(part, 4).length);
  const bytes = compress(Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), packed]), 11);
  const body = PREFIX + Buffer.from(bytes).toString('base64url');
  return `${body}_${digest(body).slice(0, SUM_DIGITS)}`;
}

/** @throws BadCode */
export function decodeReplayCode(text: string): ReplayCode {
  const code = text.replace(blanks, '');
  const other = /^oomph(\d+)_/.exec(code);
  if (other === null) throw new BadCode(`it is no replay code: those begin with ${PREFIX}`);
  if (!code.startsWith(PREFIX)) {
    throw new BadCode(
      `it is a replay code of format ${other[1]}, and this oomph reads format 1: use a later oomph`,
    );
  }
  const strange = /[^\w-]/.exec(code);
  if (strange !== null) {
    throw new BadCode(`it has ${JSON.stringify(strange[0])} in it, which no code has: copy the code alone`);
  }
  const body = code.slice(0, -SUM_DIGITS - 1);
  if (code[body.length] !== '_' || digest(body).slice(0, SUM_DIGITS) !== code.slice(body.length + 1)) {
    throw new BadCode('it is damaged or not all there: copy it again, from oomph1_ to the end');
  }
  const bytes = Buffer.from(body.slice(PREFIX.length), 'base64url');
  let all: Buffer;
  try {
    all = brotliDecompressSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch {
    throw notOurs('it cannot be unpacked');
  }
  const lineEnd = all.indexOf('\n');
  let head: unknown;
  try {
    head = JSON.parse(all.subarray(0, Math.max(0, lineEnd)).toString('utf8'));
  } catch {
    throw notOurs('its head cannot be read');
  }
  return codeFrom(head, all.subarray(lineEnd + 1));
}

const notOurs = (what: string): BadCode =>
  new BadCode(`its checksum holds, but ${what}: whatever made it, it was not oomph`);

function codeFrom(value: unknown, packed: Uint8Array): ReplayCode {
  const head = value as Record<string, unknown>;
  const is = (holds: boolean): void => {
    if (!holds) throw notOurs('its head is not what oomph writes');
  };
  const text = (of: unknown, form = /^[\s\S]{0,1000}$/): string => {
    is(typeof of === 'string' && form.test(of));
    return of as string;
  };
  const count = (of: unknown, most = Number.MAX_SAFE_INTEGER): number => {
    is(Number.isSafeInteger(of) && (of as number) >= 0 && (of as number) <= most);
    return of as number;
  };
  is(typeof value === 'object' && value !== null);
  const { policy, result } = head as { policy?: Record<string, unknown>; result: unknown[] };
  is(Array.isArray(result) && result.length === 4);
  is(head['text'] === undefined || typeof head['text'] === 'string');
  let info: PolicyInfo | null = null;
  if (policy !== undefined) {
    const hooks = policy['hooks'] as HookName[];
    is(Array.isArray(hooks) && hooks.every(hook => HOOKS.includes(hook)));
    info = { hooks, tokens: count(policy['tokens']), hash: text(policy['hash'], /^[0-9a-f]{16}$/) };
  }
  const open = info?.hooks ?? [];
  let unpacked: { hooks: Uint8Array; decisions: Int32Array };
  try {
    unpacked = unpackDecisions(packed, count(head['nr'], MAX_DECISIONS));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw notOurs('its decisions cannot be read');
  }
  is(unpacked.hooks.every(hook => open.includes(HOOKS[hook])));
  return {
    oomph: text(head['oomph']),
    challengeId: text(head['id']),
    challengeHash: text(head['hash'], /^[0-9a-f]{16}$/),
    challengeText: (head['text'] as string | undefined) ?? '',
    seed: count(head['seed']),
    policyName: policy === undefined ? 'none' : text(policy['name']),
    info,
    end: text(head['end'], /^(done|ended)$/) as 'done' | 'ended',
    tapeHash: text(head['tape'], /^[0-9a-f]{8}$/),
    ...unpacked,
    result: {
      outcome: text(result[0], /^(won|lost)$/),
      stars: count(result[1], 3),
      stateHash: text(result[2], /^[0-9a-f]{8}$/),
      nrOps: count(result[3]),
    },
  };
}

/** The policy's part, as the player of a run wants it. */
export function policyOfCode({ info, decisions, end, result }: ReplayCode): PlayedPolicy | null {
  if (info === null) return null;
  const none = { faults: [], nrFaults: 0, console: [], consoleDropped: 0, fuelUsed: 0 };
  return { info, run: { ...none, decisions, end, nrOps: result.nrOps } };
}

/**
 * Play a code and hold it against what it says.
 *
 * @param plan       of the challenge that it is of
 * @param reproduce  the command that shows it again
 */
export function replayOfCode(plan: ChallengePlan, code: ReplayCode, reproduce: string): Replay {
  const { seed, result } = code;
  const problems: ReplayProblem[] = [];
  const tape = compileTape(plan, seed);
  const hash = tapeHash(tape);
  if (hash !== code.tapeHash) {
    const message = `seed ${seed} draws other operations: ${code.tapeHash} in the code, ${hash} now`;
    problems.push({ kind: 'workload', message });
  }
  const play = new Play(plan, tape, policyOfCode(code));
  try {
    play.playUntil(play.nrOps);
  } catch (error) {
    const message = `the machine broke: ${new RunBug(seed, play.player.op, error).message}`;
    problems.push({ kind: 'result', message });
    return { verdict: null, problems, differences: [] };
  }
  if (play.mismatch !== '') problems.push({ kind: 'decisions', message: play.mismatch });
  const verdict = play.verdict(seed, reproduce);
  const differences: Difference[] = (['outcome', 'stars', 'stateHash', 'nrOps'] as const)
    .filter(key => verdict[key] !== result[key])
    .map(key => ({ path: key, recorded: result[key], replayed: verdict[key] }));
  if (differences.length > 0) problems.push({ kind: 'result', message: 'it ends with another result' });
  return { verdict, problems, differences };
}

function compress(bytes: Uint8Array, quality: number): Uint8Array {
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}
