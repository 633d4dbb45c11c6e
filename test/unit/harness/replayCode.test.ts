import type { ChallengePlan } from '../../../src/contract/plan.ts';
import { PLACE_TAIL } from '../../../src/engine/index.ts';
import { type RunRecord, recordOf } from '../../../src/harness/record.ts';
import {
  BadCode,
  decodeReplayCode,
  encodeReplayCode,
  looksLikeCode,
  replayOfCode,
} from '../../../src/harness/replayCode.ts';
import { runSeed } from '../../../src/harness/runSeed.ts';
import { parseChallenge } from '../../../src/spec/challenge.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { challengeYaml } from '../../e2e/cli/oomph.ts';
import { type Decide, record as recordRun } from './recorded.ts';

const TEXT = challengeYaml().replace('hooks: [zonelist, pcp]', 'hooks: [zonelist, placement]');
const DECIDE: Decide = {
  zonelist: request => (request[8] % 7 === 0 ? 1 : -1),
  placement: request => (request[8] % 3 === 0 ? PLACE_TAIL : 0),
};

function planOf(text: string): ChallengePlan {
  const { plan } = parseChallenge(new TextEncoder().encode(text), 'challenge.yaml');
  return plan!;
}
const plan = planOf(TEXT);

function made(decide: Decide | null, stopAtOp = Infinity): RunRecord {
  const tape = compileTape(plan, 3);
  const played = decide === null ? null : recordRun(plan, tape, decide, stopAtOp);
  const verdict = runSeed(plan, 3, played, '', tape);
  return recordOf({ plan, challengeText: TEXT, policyName: 'p.ts', played, verdict, oomph: '9.9.9' });
}

const ours = made(DECIDE);
const code = encodeReplayCode(ours, true);

test.each([
  ['a policy', ours],
  ['Linux', made(null)],
  ['a policy whose run was ended', made(DECIDE, 40)],
])('a run of %s is played from its code, with the same result', (_, record) => {
  const decoded = decodeReplayCode(encodeReplayCode(record, false));
  expect(decoded.challengeText).toBe(TEXT);
  expect(decoded).toMatchObject({
    seed: 3,
    challengeId: 'tests/a-small-one',
    info: record.info,
    end: record.end,
  });
  const replay = replayOfCode(plan, decoded, 'oomph replay CODE');
  expect(replay.problems).toEqual([]);
  const { reproduce, ...verdict } = replay.verdict!;
  expect(reproduce).toBe('oomph replay CODE');
  expect(verdict).toMatchObject({ ...record.verdict, faults: [], console: [] });
});

test('without the text of the challenge it is shorter, and of signs that a double click takes', () => {
  expect(decodeReplayCode(code).challengeText).toBe('');
  expect(code.length).toBeLessThan(encodeReplayCode(ours, false).length);
  expect(code).toMatch(/^oomph1_[\w-]+$/);
  expect(looksLikeCode(`  ${code}`)).toBe(true);
  expect(looksLikeCode('oomph record 1')).toBe(false);
});

test('line breaks and blanks that were put into it do not matter', () => {
  const mailed = `  ${code.replace(/(.{60})/g, '$1\r\n  ')}\n`;
  expect(decodeReplayCode(mailed)).toEqual(decodeReplayCode(code));
});

test('every changed, lost or doubled sign is seen', () => {
  for (let at = 7; at < code.length; at += 13) {
    const other = code[at] === 'A' ? 'B' : 'A';
    expect(() => decodeReplayCode(code.slice(0, at) + other + code.slice(at + 1))).toThrow(BadCode);
    expect(() => decodeReplayCode(code.slice(0, at))).toThrow('damaged or not all there');
    expect(() => decodeReplayCode(code.slice(0, at) + code.slice(at - 1))).toThrow(BadCode);
  }
});

test.each([
  ['hello', 'it is no replay code: those begin with oomph1_'],
  ['', 'it is no replay code'],
  ['oomph2_abc', 'of format 2, and this oomph reads format 1'],
  [`${code}.`, 'it has "." in it'],
])('%j is refused', (text, why) => {
  expect(() => decodeReplayCode(text)).toThrow(why);
});

test('a code for another result, or of another workload, does not hold', () => {
  const decoded = decodeReplayCode(code);
  const better = { ...decoded, result: { ...decoded.result, stars: 3, stateHash: '00000000' } };
  const replay = replayOfCode(plan, better, '');
  expect(replay.problems).toEqual([{ kind: 'result', message: 'it ends with another result' }]);
  expect(replay.differences.map(({ path }) => path)).toContain('stateHash');
  const busier = planOf(TEXT.replace('50/s', '60/s'));
  expect(replayOfCode(busier, decoded, '').problems.map(({ kind }) => kind)).toEqual([
    'workload',
    'decisions',
    'result',
  ]);
});
