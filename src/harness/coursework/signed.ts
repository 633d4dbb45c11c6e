/** Marks that nobody can change afterwards: a list of what they follow from, under an HMAC of the secret. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { GradedSubmission } from '../../contract/grading.ts';

/** One challenge as it was marked. */
export interface SignedTask {
  /** Id of the challenge, and a hash of its content. */
  challenge: string;
  hash: string;
  file: string;
  /** Hash over all seeds, hidden ones too: see `seedsHash`. */
  seeds: string;
}

export interface SignedSubmission {
  submission: string;
  /** Hundredths of a point. */
  total: number;
  outOf: number;
  daysLate: number;
  challenges: {
    verdict: string;
    points: number;
    bonus: number;
    /** Hash of the policy's text; '' where none was played. */
    policy: string;
    /** Hash over the state of the machine at the end of each seed, in the order of the seeds. */
    states: string;
  }[];
}

/** `marks.json`; schemas/marks.schema.json describes it. */
export interface MarksFile {
  oomph: 1;
  engine: string;
  assignment: { id: string; hash: string };
  tasks: SignedTask[];
  submissions: SignedSubmission[];
  /** SHA-256 of each file written with them, by its path from the folder of `marks.json`, forward slashes. */
  files: Record<string, string>;
  /** `hmac-sha256:` and 64 hex digits over everything else; '' where no secret was given. */
  signature: string;
}

export const sha256 = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');

/**
 * Hash over the seeds of a challenge. With a secret under it: a hidden seed has 32 bits, and whoever may try all of them finds
 * the one that gives a plain hash in minutes.
 *
 * @param secret  null where no seed is hidden
 */
export function seedsHash(seeds: readonly number[], secret: Uint8Array | null): string {
  const text = seeds.join(' ');
  return secret === null
    ? sha256(text)
    : createHmac('sha256', secret).update(`oomph seeds\0${text}`).digest('hex');
}

/** Keys in one order and no spaces: the same value is the same text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, child]) => `${JSON.stringify(key)}:${canonical(child)}`).join(',')}}`;
}

const PREFIX = 'hmac-sha256:';

function signatureOf(marks: Omit<MarksFile, 'signature'>, secret: Uint8Array): string {
  // Another use of the secret than that of the seeds: one must not be the other's.
  return (
    PREFIX +
    createHmac('sha256', secret)
      .update(`oomph marks\0${canonical(marks)}`)
      .digest('hex')
  );
}

export function signedSubmission({ id, marks, challenges }: GradedSubmission): SignedSubmission {
  return {
    submission: id,
    total: marks.total,
    outOf: marks.outOf,
    daysLate: marks.daysLate,
    challenges: challenges.map(({ result }, i) => ({
      verdict:
        result.kind === 'played'
          ? result.seeds.map(({ outcome }) => (outcome === 'won' ? 'W' : 'L')).join('')
          : result.kind,
      points: marks.challenges[i].points,
      bonus: marks.challenges[i].bonus,
      policy: result.kind === 'played' ? result.policyHash : '',
      states:
        result.kind === 'played'
          ? sha256(result.seeds.map(seed => seed.stateHash).join(' ')).slice(0, 32)
          : '',
    })),
  };
}

/** @param secret  null: without a signature */
export function sign(marks: Omit<MarksFile, 'signature'>, secret: Uint8Array | null): MarksFile {
  return { ...marks, signature: secret === null ? '' : signatureOf(marks, secret) };
}

/** Whether the file is as it was signed. */
export function isGenuine(file: MarksFile, secret: Uint8Array): boolean {
  const { signature, ...marks } = file;
  const wanted = Buffer.from(signatureOf(marks, secret));
  const given = Buffer.from(String(signature));
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
