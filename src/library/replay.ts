import { replayRecord } from '../harness/record.ts';
import { BadRecord, decodeRecord } from '../harness/recordFile.ts';
import { parseChallenge as parse } from '../spec/challenge.ts';
import { challengeOf } from './behind.ts';
import { OomphError } from './errors.ts';
import { guarded } from './failing.ts';
import type { ReplayReport } from './runTypes.ts';

/**
 * Play a record again from its decisions, without the policy, and hold verdict, metrics and memory against what it says.
 *
 * @param bytes  what record() gave, or a file of `oomph run --record`
 * @throws OomphError `bad-record`: not a record, damaged, or of a challenge that this version cannot read
 */
export function replay(bytes: Uint8Array): ReplayReport {
  return guarded(() => {
    const { record } = decoded(bytes);
    const name = `${record.challengeId}.yaml`;
    const { plan, diagnostics } = parse(new TextEncoder().encode(record.challengeText), name);
    if (plan === null || plan.id !== record.challengeId) {
      throw new OomphError(
        'bad-record',
        `this version cannot read the challenge in the record, which oomph ${record.oomph} played: replay it with that version`,
        { diagnostics },
      );
    }
    const { problems, differences, verdict } = replayRecord(plan, record, 'oomph replay RECORD');
    return {
      holds: problems.length === 0,
      problems,
      differences,
      challenge: challengeOf({ plan, text: record.challengeText, file: '' }, name),
      seed: record.seed,
      recordedBy: record.oomph,
      policy: record.info === null ? null : record.policyName,
      verdict,
    };
  });
}

function decoded(bytes: Uint8Array): ReturnType<typeof decodeRecord> {
  try {
    return decodeRecord(bytes);
  } catch (error) {
    if (error instanceof BadRecord)
      throw new OomphError('bad-record', `it cannot be replayed: ${error.message}`);
    throw error;
  }
}
