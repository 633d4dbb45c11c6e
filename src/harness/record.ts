/**
 * A run that can be shown again without its policy: what was played, every decision and what came of it. Making one
 * plays the run again, so that nothing is written that would not replay.
 */
import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicyInfo } from '../contract/policy.ts';
import type { Tape } from '../contract/tape.ts';
import type { SeedVerdict } from '../contract/verdict.ts';
import { FNV_START, fnvHex, fnvInt, HOOKS, type Hooks, setHooks, stateHash } from '../engine/index.ts';
import { parseChallenge } from '../spec/challenge.ts';
import { compileTape } from '../workload/compile.ts';
import type { ReplayHooks } from './decisions.ts';
import { Play, type PlayedPolicy } from './play.ts';
import { RunBug } from './runBug.ts';
import { RecordMismatch } from './runSeed.ts';

/** State hashes kept along the way: where a replay goes another way is then known to a sixteenth of the run. */
const NR_CHECKPOINTS = 16;

export interface Checkpoint {
  /** Operations played. */
  op: number;
  stateHash: string;
}

/** What `reproduce` says depends on how the challenge was named, so a record has none. */
export type RecordedVerdict = Omit<SeedVerdict, 'reproduce'>;

export interface RunRecord {
  /** Version of oomph that wrote it. */
  oomph: string;
  challengeId: string;
  title: string;
  /** The challenge file, whole. */
  challengeText: string;
  seed: number;
  /** As given to --policy. */
  policyName: string;
  /** Null: Linux decided. */
  info: PolicyInfo | null;
  end: 'done' | 'ended';
  /** Hash of the operations that the seed drew. */
  tapeHash: string;
  /** One a hook call: its index in HOOKS, and the answer. */
  hooks: Uint8Array;
  decisions: Int32Array;
  checkpoints: Checkpoint[];
  verdict: RecordedVerdict;
}

export interface RecordInput {
  plan: ChallengePlan;
  /** Stands alone: with what the challenge is made from. */
  challengeText: string;
  policyName: string;
  played: PlayedPolicy | null;
  verdict: SeedVerdict;
  /** Version of oomph. */
  oomph: string;
}

/** @throws RecordMismatch when the run cannot be repeated, RunBug */
export function recordOf(input: RecordInput): RunRecord {
  const { plan, played, verdict } = asWrittenOut(input);
  const { seed } = verdict;
  const tape = compileTape(plan, seed);
  const play = new Play(plan, tape, played);
  const tags = new Uint8Array(played?.run.decisions.length ?? 0);
  let asked = 0;
  if (play.hooks !== null) watchHooks(play, hook => void (tags[asked++] = hook));
  const checkpoints = playChecked(play, seed);
  if (play.mismatch !== '') throw new RecordMismatch(play.mismatch);
  const again = recorded(play.verdict(seed, ''));
  const [difference] = differences(recorded(verdict), again);
  if (difference !== undefined)
    throw new RecordMismatch(`${difference.path} is another one when played again`);
  return {
    oomph: input.oomph,
    challengeId: plan.id,
    title: plan.title,
    challengeText: input.challengeText,
    seed,
    policyName: input.policyName,
    info: played?.info ?? null,
    end: played?.run.end ?? 'done',
    tapeHash: tapeHash(tape),
    hooks: tags,
    decisions: played?.run.decisions ?? new Int32Array(0),
    checkpoints,
    verdict: again,
  };
}

/**
 * The run as whoever replays it finds it: the text of a challenge that is made from others has other lines than its files, and so
 * have goals and call sites.
 */
function asWrittenOut(input: RecordInput): RecordInput {
  const { plan, challengeText, verdict, played } = input;
  if (plan.test === undefined || plan.test.of.length === 0) return input;
  const { plan: whole } = parseChallenge(new TextEncoder().encode(challengeText), plan.id);
  if (whole === null) throw new RecordMismatch('the challenge cannot be read once it is written out');
  const play = new Play(whole, compileTape(whole, verdict.seed), played);
  play.playUntil(play.nrOps);
  const written = play.verdict(verdict.seed, '');
  if (written.stateHash !== verdict.stateHash)
    throw new RecordMismatch('the challenge is another one once it is written out');
  return { ...input, plan: whole, verdict: written };
}

/** The policy's part of a record, as the player of a run wants it. */
export function playedPolicy(record: RunRecord): PlayedPolicy | null {
  const { info, verdict, decisions, end } = record;
  if (info === null) return null;
  const { faults, nrFaults, nrOps } = verdict;
  const run = {
    decisions,
    faults,
    nrFaults,
    console: verdict.console,
    consoleDropped: 0,
    fuelUsed: 0,
    end,
    nrOps,
  };
  return { info, run };
}

export type ProblemKind =
  /** The seed draws other operations from the challenge than it did. */
  | 'workload'
  /** Another decision was asked for than the next in the record. */
  | 'decisions'
  /** Everything fits, and another result comes out. */
  | 'result';

export interface ReplayProblem {
  kind: ProblemKind;
  message: string;
}

/** A value that is not what the record says. */
export interface Difference {
  /** `metrics.cycles` */
  path: string;
  recorded: unknown;
  replayed: unknown;
}

export interface Replay {
  /** Null where the machine broke on the decisions. */
  verdict: SeedVerdict | null;
  /** Empty: the record holds. The first is the cause of those behind it. */
  problems: ReplayProblem[];
  differences: Difference[];
}

/**
 * Play a record again and hold it against what it says.
 *
 * @param plan       of the record's own challenge text
 * @param reproduce  the command that shows it again
 */
export function replayRecord(plan: ChallengePlan, record: RunRecord, reproduce: string): Replay {
  const { seed } = record;
  const problems: ReplayProblem[] = [];
  const tape = compileTape(plan, seed);
  const hash = tapeHash(tape);
  if (hash !== record.tapeHash) {
    problems.push({
      kind: 'workload',
      message: `seed ${seed} draws other operations: ${record.tapeHash} in the record, ${hash} now`,
    });
  }
  const play = new Play(plan, tape, playedPolicy(record));
  const misfit = play.hooks === null ? () => '' : watchFit(play, play.hooks, record);
  let checkpoints: Checkpoint[] = [];
  try {
    checkpoints = playChecked(play, seed);
  } catch (error) {
    if (!(error instanceof RunBug)) throw error;
    problems.push({ kind: 'result', message: `the machine broke: ${error.message}` });
  }
  const why = misfit() || play.mismatch;
  if (why !== '') problems.push({ kind: 'decisions', message: why });
  const broken = problems.some(problem => problem.message.startsWith('the machine broke'));
  const verdict = broken ? null : play.verdict(seed, reproduce);
  const found = verdict === null ? [] : differences(record.verdict, recorded(verdict));
  if (found.length > 0) {
    const where = partedBetween(record.checkpoints, checkpoints);
    problems.push({ kind: 'result', message: `it ends with another result${where}` });
  } else if (verdict !== null && partedBetween(record.checkpoints, checkpoints) !== '') {
    const where = partedBetween(record.checkpoints, checkpoints);
    problems.push({ kind: 'result', message: `it ends with the same result, on another way${where}` });
  }
  return { verdict, problems, differences: found };
}

/** Everything in which a value is not what another is; the order is that of the record. */
export function differences(recordedValue: unknown, replayed: unknown, path = ''): Difference[] {
  if (Object.is(recordedValue, replayed)) return [];
  if (
    !isTree(recordedValue) ||
    !isTree(replayed) ||
    Array.isArray(recordedValue) !== Array.isArray(replayed)
  ) {
    return [{ path, recorded: recordedValue, replayed }];
  }
  const keys = new Set([...Object.keys(recordedValue), ...Object.keys(replayed)]);
  return [...keys].flatMap(key =>
    differences(recordedValue[key], replayed[key], path === '' ? key : `${path}.${key}`),
  );
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The verdict as a record keeps it: through JSON, so that what is absent is absent in both. */
function recorded(verdict: SeedVerdict): RecordedVerdict {
  const { reproduce: _, ...rest } = verdict;
  return JSON.parse(JSON.stringify(rest));
}

/** FNV-1a over every column of a tape; 8 hex digits. */
export function tapeHash(tape: Tape): string {
  let h = fnvInt(fnvInt(fnvInt(FNV_START, tape.nrOps), tape.nrSlots), tape.nrInstances);
  const { timeUs, op, task, instance, slot, gfp, order, cpu, ctx, flags, site } = tape;
  for (let row = 0; row < tape.nrOps; row++) {
    const us = timeUs[row];
    h = fnvInt(fnvInt(h, us | 0), Math.floor(us / 0x1_0000_0000));
    h = fnvInt(fnvInt(h, instance[row]), slot[row]);
    h = fnvInt(h, op[row] | (order[row] << 8) | (cpu[row] << 16) | (ctx[row] << 24));
    h = fnvInt(fnvInt(h, task[row] | (gfp[row] << 16)), site[row] | (flags[row] << 16));
  }
  return fnvHex(h);
}

function playChecked(play: Play, seed: number): Checkpoint[] {
  const checkpoints: Checkpoint[] = [];
  try {
    for (let i = 1; i <= NR_CHECKPOINTS; i++) {
      const op = Math.floor((play.nrOps * i) / NR_CHECKPOINTS);
      play.playUntil(op);
      checkpoints.push({ op, stateHash: stateHash(play.machine) });
    }
  } catch (error) {
    throw new RunBug(seed, play.player.op, error);
  }
  return checkpoints;
}

/** Where two runs went apart, as far as their checkpoints show: `, first between operations 100 and 200`, or ''. */
function partedBetween(before: readonly Checkpoint[], now: readonly Checkpoint[]): string {
  const at = before.findIndex(
    ({ op, stateHash: hash }, i) => now[i]?.op !== op || now[i]?.stateHash !== hash,
  );
  if (at < 0) return '';
  return `, memory differs first between operations ${at === 0 ? 0 : before[at - 1].op} and ${before[at].op}`;
}

/** Tell of each hook call, before its answer, the hook's index in HOOKS. */
function watchHooks(play: Play, asked: (hook: number) => void): void {
  const inner = play.hooks!;
  const tell = (index: number, ask: () => number) => (): number => {
    asked(index);
    return ask();
  };
  const watched: Hooks = {
    mask: inner.mask,
    zonelist: tell(0, () => inner.zonelist()),
    watermark: tell(1, () => inner.watermark()),
    block: tell(2, () => inner.block()),
    placement: tell(3, () => inner.placement()),
    pcp: tell(4, () => inner.pcp()),
    decide: hook => tell(hook, () => inner.decide(hook))(),
    illegal: (hook, answer, rule) => inner.illegal(hook, answer, rule),
  };
  setHooks(play.machine, watched);
}

/** @returns a function that says where the first decision did not fit, or '' */
function watchFit(play: Play, hooks: ReplayHooks, record: RunRecord): () => string {
  let misfit = '';
  watchHooks(play, hook => {
    if (misfit !== '' || hooks.position >= record.hooks.length) return;
    const expected = record.hooks[hooks.position];
    if (expected === hook) return;
    misfit =
      `operation ${play.player.op} asks for ${HOOKS[hook]}, ` +
      `decision ${hooks.position} of the record is about ${HOOKS[expected]}`;
  });
  return () => misfit;
}
