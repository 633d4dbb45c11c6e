/** Replay codes and the challenges that they are of. */
import { dirname } from 'node:path';
import type { ChallengePlan } from '../contract/plan.ts';
import type { RunRecord } from '../harness/record.ts';
import {
  BadCode,
  challengeTextHash,
  decodeReplayCode,
  encodeReplayCode,
  MAX_CODE_LENGTH,
  type ReplayCode,
} from '../harness/replayCode.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { grouped } from '../report/quantity.ts';
import { parseChallenge } from '../spec/challenge.ts';
import { MAX_FILE_BYTES } from '../spec/decode.ts';
import { challengeFiles, idOfFolder, shippedChallenges } from './challenges.ts';
import { BadInput } from './exit.ts';
import { readTextFile } from './files.ts';
import { version } from './root.ts';

/** The text of the challenge of that id that comes with oomph, or null. */
function shippedText(id: string): string | null {
  const file = challengeFiles(shippedChallenges).find(path => idOfFolder(dirname(path)) === id);
  return file === undefined ? null : readTextFile(file, 'challenge', MAX_FILE_BYTES);
}

/** @throws BadInput  it would be too long */
export function codeOf(record: RunRecord): string {
  const code = encodeReplayCode(record, shippedText(record.challengeId) === record.challengeText);
  if (code.length <= MAX_CODE_LENGTH) return code;
  throw new BadInput(
    `the code of this run would have ${grouped(code.length)} signs, too many to copy: ` +
      `share a file, \`oomph run ${record.challengeId} --policy FILE --seed ${record.seed} --record FILE\` writes one`,
  );
}

export interface OpenedCode {
  code: ReplayCode;
  /** Of the challenge that it is of. */
  plan: ChallengePlan;
  text: string;
}

/**
 * A code and the challenge that it is of, from the code itself or from those that come with oomph.
 *
 * @throws BadInput  damaged, or of a challenge that is not here
 */
export function openCode(typed: string): OpenedCode {
  let code: ReplayCode;
  try {
    code = decodeReplayCode(typed);
  } catch (error) {
    if (error instanceof BadCode) throw new BadInput(`the replay code cannot be used: ${error.message}`);
    throw error;
  }
  const { challengeId: id, challengeHash } = code;
  const text = code.challengeText === '' ? shippedText(id) : code.challengeText;
  if (text === null) {
    throw new BadInput(
      `the replay code is of ${id}, which does not come with oomph ${version}: use oomph ${code.oomph}`,
    );
  }
  if (challengeTextHash(text) !== challengeHash) {
    throw new BadInput(
      `the replay code is of ${id} as it came with oomph ${code.oomph}; it was changed since: use that version, or ask for the record file`,
    );
  }
  const { plan, diagnostics } = parseChallenge(new TextEncoder().encode(text), `${id} (in the code)`);
  if (plan !== null && plan.id === id) return { code, plan, text };
  const faults = diagnosticsText(diagnostics.filter(({ severity }) => severity === 'error')).trimEnd();
  throw new BadInput(`oomph ${version} cannot read the challenge in the replay code\n${faults}`);
}
