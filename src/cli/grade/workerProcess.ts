/** The process that plays what is to be marked: it takes jobs from its parent's pipe and answers with results, one at a time. */
import type { ChallengeResult } from '../../contract/grading.ts';
import type { Tape } from '../../contract/tape.ts';
import { ARCHES } from '../../engine/index.ts';
import type { Cause } from '../../harness/cause.ts';
import { type GradeJob, runJob } from '../../harness/coursework/job.ts';
import { Replays } from '../../harness/coursework/replays.ts';
import { causeText } from '../../report/causeText.ts';
import { startCrowdedSandbox } from '../sandbox.ts';
import { Tapes } from '../tapes.ts';
import { SandboxLender } from './lentSandbox.ts';
import type { NamedChallenge } from './marker.ts';

/** What the parent sends. */
export type ToWorker =
  | { kind: 'begin'; challenges: readonly NamedChallenge[] }
  | { kind: 'job'; job: GradeJob };

/** What it gets back. */
export type FromWorker = { kind: 'ready' } | { kind: 'done'; key: string; result: ChallengeResult };

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
    const tapeOf = (seed: number): Tape => tapes.of(plan, `${job.challenge}`, seed);
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
