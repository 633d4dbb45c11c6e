import type { ChallengePlan } from '../contract/plan.ts';
import type { Tape } from '../contract/tape.ts';
import type { SeedVerdict } from '../contract/verdict.ts';
import { compileTape } from '../workload/compile.ts';
import { Play, type PlayedPolicy } from './play.ts';
import { RunBug } from './runBug.ts';
import type { Session } from './session.ts';

/** The decisions that the sandbox sent are not those of this run: it is broken, or somebody broke it. */
export class RecordMismatch extends Error {
  override name = 'RecordMismatch';
}

/** Operations between two looks at the clock and the keyboard: some milliseconds. */
export const SLICE = 32_768;
/** With snapshots and marks. */
const SESSION_SLICE = 8192;

/**
 * Play one seed from beginning to end and judge it.
 *
 * @param policy     what the sandbox recorded; null: Linux's own behaviour
 * @param reproduce  the command that shows the same again
 * @param tape       compileTape(plan, seed), when the caller has it
 * @throws RunBug, RecordMismatch
 */
export function runSeed(
  plan: ChallengePlan,
  seed: number,
  policy: PlayedPolicy | null,
  reproduce = '',
  tape: Tape = compileTape(plan, seed),
): SeedVerdict {
  const play = new Play(plan, tape, policy);
  playOn(play, seed, play.nrOps);
  return judged(play, seed, reproduce);
}

/** The same with breaks: `between` is called with the hundredths that are played, and may throw to stop. */
export async function playSeed(
  plan: ChallengePlan,
  seed: number,
  policy: PlayedPolicy | null,
  reproduce: string,
  tape: Tape,
  between: (percent: number) => Promise<void>,
): Promise<SeedVerdict> {
  const play = new Play(plan, tape, policy);
  for (let op = SLICE; op < play.nrOps; op += SLICE) {
    playOn(play, seed, op);
    await between(Math.floor((op * 100) / play.nrOps));
  }
  playOn(play, seed, play.nrOps);
  return judged(play, seed, reproduce);
}

/** The same with a session that stands at its start; it stands at its end then. */
export async function playSession(
  session: Session,
  reproduce: string,
  between: (percent: number) => Promise<void>,
): Promise<SeedVerdict> {
  do {
    try {
      session.step(SESSION_SLICE);
    } catch (error) {
      throw new RunBug(session.seed, session.op, error);
    }
    await between(Math.floor((session.op * 100) / Math.max(1, session.nrOps)));
  } while (!session.done);
  if (session.mismatch !== '') throw new RecordMismatch(session.mismatch);
  return session.verdict(reproduce);
}

export function playOn(play: Play, seed: number, op: number): void {
  try {
    play.playUntil(op);
  } catch (error) {
    throw new RunBug(seed, play.player.op, error);
  }
}

export function judged(play: Play, seed: number, reproduce: string): SeedVerdict {
  if (play.mismatch !== '') throw new RecordMismatch(play.mismatch);
  return play.verdict(seed, reproduce);
}
