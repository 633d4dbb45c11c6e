/** The process that plays what is to be marked: it takes jobs from its parent's pipe and answers with results, one at a time. */
import type { ChallengeResult } from '../../contract/grading.ts';
import type { ChallengePlan } from '../../contract/plan.ts';
import type { Tape } from '../../contract/tape.ts';
import { ARCHES } from '../../engine/index.ts';
import type { Cause } from '../../harness/cause.ts';
import { type GradeJob, runJob } from '../../harness/coursework/job.ts';
import { Replays } from '../../harness/coursework/replays.ts';
import { causeText } from '../../report/causeText.ts';
import { compileTape } from '../../workload/compile.ts';
import { startCrowdedSandbox } from '../sandbox.ts';
import { SandboxLender } from './lentSandbox.ts';
import type { NamedChallenge } from './marker.ts';

/** What the parent sends. */
export type ToWorker =
  | { kind: 'begin'; challenges: readonly NamedChallenge[] }
  | { kind: 'job'; job: GradeJob };

/** What it gets back. */
export type FromWorker = { kind: 'ready' } | { kind: 'done'; key: string; result: ChallengeResult };

/** Tapes are the same for every submission; so much memory may hold some. */
const TAPE_BUDGET_BYTES = 192 << 20;

/** The tapes that were played last. */
class Tapes {
  private readonly kept = new Map<string, Tape>();
  private bytes = 0;

  of(plan: ChallengePlan, challenge: number, seed: number): Tape {
    const key = `${challenge} ${seed}`;
    const known = this.kept.get(key);
    if (known !== undefined) {
      this.kept.delete(key);
      this.kept.set(key, known);
      return known;
    }
    const tape = compileTape(plan, seed);
    this.kept.set(key, tape);
    this.bytes += bytesOf(tape);
    for (const [oldest, old] of this.kept) {
      if (this.bytes <= TAPE_BUDGET_BYTES || oldest === key) break;
      this.kept.delete(oldest);
      this.bytes -= bytesOf(old);
    }
    return tape;
  }
}

function bytesOf(tape: Tape): number {
  let bytes = 0;
  for (const column of Object.values(tape)) if (ArrayBuffer.isView(column)) bytes += column.byteLength;
  return bytes;
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

/** `oomph worker --pipe`, which nobody types. Runs until the parent goes away. */
export function workForParent(): Promise<void> {
  let tapes = new Tapes();
  let replays = new Replays();
  const lender = new SandboxLender(startCrowdedSandbox);
  let challenges: readonly NamedChallenge[] = [];
  const answer = (message: FromWorker): void => void process.send!(message);
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'begin') {
      challenges = message.challenges;
      tapes = new Tapes();
      replays = new Replays();
      answer({ kind: 'ready' });
      return;
    }
    const { job } = message;
    const { plan, name } = challenges[job.challenge];
    const tapeOf = (seed: number): Tape => tapes.of(plan, job.challenge, seed);
    const { pageBytes } = ARCHES[plan.machine.arch];
    const context = {
      plan,
      challengeName: name,
      startSandbox: () => lender.lend(job.owner),
      tapeOf,
      replays,
      causeText: (cause: Cause) => causeText(cause, { file: '', sources: job.policy.files, pageBytes }),
      warn: (error: unknown) => process.stderr.write(`no picture of a run: ${textOf(error)}\n`),
    };
    runJob(job, context).then(
      result => answer({ kind: 'done', key: job.key, result }),
      error => {
        process.stderr.write(`${textOf(error)}\n`);
        process.exit(1);
      },
    );
  });
  // The keyboard's interrupt goes to the whole group; the parent decides what becomes of us.
  process.on('SIGINT', () => {});
  return new Promise(resolve => process.on('disconnect', resolve)).then(() => process.exit(0));
}
