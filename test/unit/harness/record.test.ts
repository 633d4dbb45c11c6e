import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ChallengePlan } from '../../../src/contract/plan.ts';
import { PLACE_TAIL, REQ_BATCH, REQ_COUNT, REQ_LINUX, REQ_REFILL } from '../../../src/engine/index.ts';
import { type RunRecord, recordOf, replayRecord } from '../../../src/harness/record.ts';
import { BadRecord, decodeRecord, encodeRecord, looksLikeRecord } from '../../../src/harness/recordFile.ts';
import { runSeed } from '../../../src/harness/runSeed.ts';
import { parseChallenge } from '../../../src/spec/challenge.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { challengeYaml } from '../../e2e/cli/oomph.ts';
import { type Decide, record as recordRun } from './recorded.ts';

const TEXT = challengeYaml()
  .replace('hooks: [zonelist, pcp]', 'hooks: [zonelist, placement, pcp]')
  .replace('order: 2', 'order: {choice: {0: 3, 2: 1}}');

/** Of all hooks, sometimes Linux's answer, sometimes another, sometimes one that breaks the rule. */
const DECIDE: Decide = {
  zonelist: request => (request[8] % 7 === 0 ? 1 : -1),
  placement: request => (request[8] % 3 === 0 ? PLACE_TAIL : 0),
  pcp: request => (request[REQ_REFILL] === 0 && request[8] % 40 === 0 ? 9999 : request[REQ_LINUX]),
};

function planOf(text = TEXT): ChallengePlan {
  const { plan, diagnostics } = parseChallenge(new TextEncoder().encode(text), 'challenge.yaml');
  if (plan === null) throw new Error(JSON.stringify(diagnostics));
  return plan;
}

const plan = planOf();

function made(decide: Decide | null = DECIDE, seed = 3, on = plan, text = TEXT): RunRecord {
  const tape = compileTape(on, seed);
  const played = decide === null ? null : recordRun(on, tape, decide);
  const verdict = runSeed(on, seed, played, 'oomph run x', tape);
  return recordOf({ plan: on, challengeText: text, policyName: 'p.ts', played, verdict, oomph: '9.9.9' });
}

const original = made();
const bytes = encodeRecord(original);

/** The same record with something else in it, and every checksum right. */
function forged(change: Partial<RunRecord>): RunRecord {
  return decodeRecord(encodeRecord({ ...original, ...change })).record;
}

const problemsOf = (record: RunRecord) => replayRecord(plan, record, '').problems;

test('a record comes back from its bytes as it was, and holds', () => {
  const { record, header } = decodeRecord(bytes);
  expect(record).toEqual(original);
  expect(record.decisions.length).toBeGreaterThan(500);
  expect(record.verdict.nrFaults).toBeGreaterThan(0);
  expect(new Set(record.hooks)).toEqual(new Set([0, 3, 4]));
  expect(header.policy).toEqual({ name: 'p.ts', ...record.info });
  const replay = replayRecord(plan, record, 'again');
  expect(replay.problems).toEqual([]);
  expect(replay.verdict).toMatchObject({ ...original.verdict, reproduce: 'again' });
});

test('without a policy there are no decisions, and the record holds', () => {
  const { record } = decodeRecord(encodeRecord(made(null)));
  expect(record).toMatchObject({ info: null, policyName: 'none' });
  expect(record.decisions.length).toBe(0);
  expect(problemsOf(record)).toEqual([]);
});

test('a run that a fault ended is kept as far as it went', () => {
  const seed = 4;
  const tape = compileTape(plan, seed);
  const played = recordRun(plan, tape, DECIDE, 100);
  const verdict = runSeed(plan, seed, played, '', tape);
  const record = recordOf({ plan, challengeText: TEXT, policyName: 'p', played, verdict, oomph: '1' });
  expect(record).toMatchObject({ end: 'ended', verdict: { outcome: 'lost' } });
  expect(record.verdict.nrOps).toBeLessThan(tape.nrOps);
  const again = decodeRecord(encodeRecord(record)).record;
  expect(problemsOf(again)).toEqual([]);
});

test('its second line is as the schema says, and says what it is of', () => {
  const schema = JSON.parse(readFileSync(join(__dirname, '../../../schemas/record.schema.json'), 'utf8'));
  const validate = new Ajv2020({ strictRequired: false }).compile(schema);
  for (const record of [original, made(null)]) {
    const [first, second] = Buffer.from(encodeRecord(record)).toString('latin1').split('\n');
    expect(first).toBe('oomph record 1');
    const header = JSON.parse(second);
    expect(validate(header) || validate.errors).toBe(true);
    expect(header).toMatchObject({ seed: 3, oomph: '9.9.9', challenge: { id: plan.id } });
  }
  expect(looksLikeRecord(bytes)).toBe(true);
  expect(looksLikeRecord(Buffer.from('challenge: 1\n'))).toBe(false);
});

test('typical decisions take well under a byte each', () => {
  const small = encodeRecord(
    made({ pcp: r => (r[REQ_REFILL] ? (r[REQ_COUNT] > 0 ? 0 : r[REQ_BATCH]) : -1) }),
  );
  const { header } = decodeRecord(small);
  expect(header.decisions).toBeGreaterThan(0);
  const all = decodeRecord(bytes).header;
  expect(all.parts.decisions.packed / all.decisions).toBeLessThan(0.5);
});

describe('a changed byte', () => {
  test('anywhere is found, and the part it is in is named', () => {
    const { parts } = decodeRecord(bytes).header;
    const bodyAt = bytes.indexOf(10, 16) + 1;
    const kinds = new Map<string, number>();
    for (let at = 0; at < bytes.length; at++) {
      const copy = bytes.slice();
      copy[at] ^= 1 << (at % 8);
      let message = '';
      try {
        decodeRecord(copy);
      } catch (error) {
        expect(error).toBeInstanceOf(BadRecord);
        message = (error as Error).message;
      }
      let end = bodyAt;
      const expected = (['challenge', 'verdict', 'decisions'] as const).find(name => {
        end += parts[name].packed;
        return at >= bodyAt && at < end;
      });
      const part = {
        challenge: "challenge's text",
        verdict: 'verdict',
        decisions: 'record of the decisions',
      };
      expect(message).toMatch(
        at < 15
          ? /no record|of format/
          : expected === undefined
            ? /line/
            : `${part[expected]} in it, or its entry`,
      );
      kinds.set(message, (kinds.get(message) ?? 0) + 1);
    }
    expect([...kinds.keys()].length).toBeGreaterThan(5);
  });

  test('a byte more or less', () => {
    expect(() => decodeRecord(bytes.slice(0, -1))).toThrow(/cut off: \d+ bytes are there, it had \d+/);
    expect(() => decodeRecord(bytes.slice(0, bytes.indexOf(10, 16) + 10))).toThrow(/cut off/);
    expect(() => decodeRecord(bytes.slice(0, 100))).toThrow(/second line/);
    expect(() => decodeRecord(Buffer.concat([bytes, Buffer.from('\n')]))).toThrow(/too long/);
    expect(() => decodeRecord(new Uint8Array(0))).toThrow(/is no record/);
  });
});

describe('what somebody wrote into it, with every checksum right', () => {
  test('another decision', () => {
    const decisions = original.decisions.slice();
    const at = original.hooks.indexOf(4, 20);
    decisions[at] = decisions[at] === 0 ? 1 : 0;
    const replay = replayRecord(plan, forged({ decisions }), '');
    expect(replay.problems.length).toBeGreaterThan(0);
    expect(replay.problems.map(({ message }) => message).join()).toMatch(/between operations \d+ and \d+/);
  });

  test('a decision too few', () => {
    const shorter = forged({
      decisions: original.decisions.slice(0, -1),
      hooks: original.hooks.slice(0, -1),
    });
    const [problem] = problemsOf(shorter);
    expect(problem).toMatchObject({ kind: 'decisions', message: expect.stringContaining('ran out') });
  });

  test('a decision too many', () => {
    const decisions = Int32Array.from([...original.decisions, -1]);
    const hooks = Uint8Array.from([...original.hooks, 4]);
    const [problem] = problemsOf(forged({ decisions, hooks }));
    expect(problem).toEqual({ kind: 'decisions', message: '1 of its decisions were not asked for' });
  });

  test('decisions of another order', () => {
    const hooks = original.hooks.slice();
    const at = hooks.indexOf(4);
    hooks[at] = 0;
    const [problem] = problemsOf(forged({ hooks }));
    expect(problem.kind).toBe('decisions');
    expect(problem.message).toMatch(
      new RegExp(`^operation \\d+ asks for pcp, decision ${at} of the record is about zonelist$`),
    );
  });

  test('a better result', () => {
    const verdict = structuredClone(original.verdict);
    verdict.metrics['cycles'] = 5;
    verdict.stars = 3;
    const replay = replayRecord(plan, forged({ verdict }), '');
    expect(replay.problems).toEqual([{ kind: 'result', message: 'it ends with another result' }]);
    expect(replay.differences).toEqual([
      { path: 'stars', recorded: 3, replayed: original.verdict.stars },
      { path: 'metrics.cycles', recorded: 5, replayed: original.verdict.metrics['cycles'] },
    ]);
  });

  test('other memory along the way', () => {
    const checkpoints = structuredClone(original.checkpoints);
    checkpoints[5].stateHash = '00000000';
    const [problem] = problemsOf(forged({ checkpoints }));
    expect(problem.message).toBe(
      `it ends with the same result, on another way, memory differs first between operations ${checkpoints[4].op} and ${checkpoints[5].op}`,
    );
  });

  test('another seed, or another challenge', () => {
    const verdict = { ...original.verdict, seed: 8 };
    expect(problemsOf(forged({ seed: 8, verdict }))[0]).toMatchObject({
      kind: 'workload',
      message: expect.stringContaining('seed 8 draws other operations'),
    });
    const other = planOf(TEXT.replace('50/s', '60/s'));
    expect(replayRecord(other, original, '').problems[0].kind).toBe('workload');
  });

  test('a header that does not fit', () => {
    expect(() => forged({ seed: 8 })).toThrow('it is of seed 8, its verdict of 3');
    expect(() => forged({ info: { ...original.info!, hooks: ['pcp'] } })).toThrow(
      /hook that the policy does not have/,
    );
    const verdict = { ...original.verdict, metrics: [] as never };
    expect(() => forged({ verdict })).toThrow(/the verdict in it is not what oomph writes/);
  });

  test.each([
    ['"record":1', '"record":2', /second line/],
    ['oomph record 1\n', 'oomph record 2\n', /format 2, and this oomph reads format 1/],
    ['"stars":', '"stras":', /stars is missing or cannot be/],
    ['"seed":3', '"seed":-', /not JSON/],
    ['"seed":3', '"seed":4', /it is of seed 4, its verdict of 3/],
    ['"outcome":"won"', '"outcome":"win"', /outcome is missing/],
  ])('%s for %s', (from, to, message) => {
    const all = Buffer.from(bytes);
    const at = all.indexOf(from);
    expect(at).toBeGreaterThanOrEqual(0);
    all.write(to, at, 'latin1');
    const body = all.subarray(0, all.length - 72);
    const sum = createHash('sha256').update(body).digest('hex');
    expect(() => decodeRecord(Buffer.concat([body, Buffer.from(`sha256 ${sum}\n`)]))).toThrow(message);
  });
});
