/** Jobs and results as they lie in Redis: JSON, in a BullMQ queue for each run. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChallengeResult } from '../../../contract/grading.ts';
import type { GradeJob } from '../../../harness/coursework/job.ts';

/** Of the queue of a run; BullMQ puts the prefix before it. */
export const queueName = (run: string): string => `run-${run}`;

/** BullMQ takes no number for an id, which a key in hex could be. */
export const jobId = (key: string): string => `job-${key}`;
export const keyOf = (id: string): string => id.slice('job-'.length);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a worker sent as the result of a job, if it can be one. */
export function resultOf(job: GradeJob, value: unknown): ChallengeResult | null {
  if (!isRecord(value)) return null;
  if (value['kind'] !== 'played') {
    const isReason = value['kind'] === 'refused' || value['kind'] === 'infrastructure';
    const isWhole = typeof value['message'] === 'string' && Array.isArray(value['diagnostics']);
    return isReason && isWhole ? (value as unknown as ChallengeResult) : null;
  }
  const { seeds, policyHash, tokens } = value;
  if (!Array.isArray(seeds) || typeof policyHash !== 'string' || typeof tokens !== 'number') return null;
  const played = seeds.map((mark: unknown) => (isRecord(mark) ? mark['seed'] : null));
  const sameSeeds = played.length === job.seeds.length && job.seeds.every((seed, i) => seed === played[i]);
  return sameSeeds ? (value as unknown as ChallengeResult) : null;
}

const RUN_FILE = 'queue.json';

/**
 * The run of an output folder: who is killed and starts again finds his jobs by it.
 *
 * @throws what the file system says
 */
export function runOf(out: string): string {
  const path = join(out, RUN_FILE);
  if (existsSync(path)) {
    const found = /"run":\s*"([0-9a-f]{16})"/.exec(readFileSync(path, 'utf8'));
    if (found !== null) return found[1];
  }
  const run = randomBytes(8).toString('hex');
  writeFileSync(path, `${JSON.stringify({ run })}\n`);
  return run;
}

/** The run is over. */
export function endRun(out: string): void {
  rmSync(join(out, RUN_FILE), { force: true });
}
