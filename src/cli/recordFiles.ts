import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { ChallengePlan } from '../contract/plan.ts';
import {
  BadRecord,
  decodeRecord,
  looksLikeRecord,
  MAX_RECORD_BYTES,
  type StoredRecord,
} from '../harness/recordFile.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { parseChallenge } from '../spec/challenge.ts';
import { BadInput } from './exit.ts';
import { version } from './root.ts';

/** As many bytes as tell a record from another file. */
const START_BYTES = 32;

export interface OpenedRecord extends StoredRecord {
  /** As the user named it. */
  file: string;
  nrBytes: number;
  /** Of the challenge in it. */
  plan: ChallengePlan;
}

/**
 * A record and the plan of the challenge in it.
 *
 * @throws BadInput  not there, not a record, damaged, or of a challenge that this version cannot read
 */
export function openRecord(file: string): OpenedRecord {
  const bytes = readAll(file);
  let stored: StoredRecord;
  try {
    stored = decodeRecord(bytes);
  } catch (error) {
    if (error instanceof BadRecord) throw new BadInput(`${file} cannot be replayed: ${error.message}`);
    throw error;
  }
  const { record } = stored;
  const { plan, diagnostics } = parseChallenge(
    new TextEncoder().encode(record.challengeText),
    `${file} (challenge)`,
  );
  if (plan === null) {
    const faults = diagnostics.filter(({ severity }) => severity === 'error');
    throw new BadInput(
      `oomph ${version} cannot read the challenge in ${file}, which oomph ${record.oomph} played: replay it with that version\n` +
        diagnosticsText(faults).trimEnd(),
    );
  }
  if (plan.id !== record.challengeId) {
    throw new BadInput(
      `${file} cannot be replayed: it names ${record.challengeId} and holds ${plan.id}; record the run again`,
    );
  }
  return { ...stored, file, nrBytes: bytes.length, plan };
}

/** Whether a file is there that begins as a record does. */
export function isRecord(file: string): boolean {
  try {
    return looksLikeRecord(readUpTo(file, START_BYTES));
  } catch {
    return false;
  }
}

function readAll(file: string): Uint8Array {
  try {
    const bytes = readUpTo(file, MAX_RECORD_BYTES + 1);
    if (bytes.length > MAX_RECORD_BYTES)
      throw new BadInput(`${file} is larger than any record: at most 256 MiB`);
    return bytes;
  } catch (error) {
    if (error instanceof BadInput) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new BadInput(
        `there is no record ${file}: \`oomph run CHALLENGE --seed N --record ${file}\` writes one`,
      );
    }
    throw new BadInput(`${file} cannot be read (${code}): name a record that you may read`);
  }
}

function readUpTo(file: string, limit: number): Uint8Array {
  // Without O_NONBLOCK the open of a FIFO would wait for a writer.
  const fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw new BadInput(`${file} is a folder: name a record in it`);
    if (!stat.isFile()) throw new BadInput(`${file} is not an ordinary file: name a record`);
    const buffer = new Uint8Array(Math.min(limit, stat.size));
    let length = 0;
    for (let got = -1; got !== 0 && length < buffer.length; length += got) {
      got = readSync(fd, buffer, length, buffer.length - length, null);
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}
