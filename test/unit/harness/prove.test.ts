import { type ChallengePlan, PROVERS, type Prover } from '../../../src/contract/plan.ts';
import { judgeProof, type ProverRun, type ProverSeed } from '../../../src/harness/prove.ts';
import { plan } from '../workload/plans.ts';

const where = { task: -1, zone: -1, order: -1 };
const hints = ['one', 'three', 'eleven'];

function challenge(changes: Partial<ChallengePlan> = {}): ChallengePlan {
  const made = plan([], {
    id: 'zones/x',
    hints,
    stars: { reference: [3, 3], naive: [0, 0], empty: [0, 0], linux: [0, 1] },
    score: [
      { metric: 'cycles', where, better: 'lower', par: 200, gold: 100 },
      { metric: 'page_alloc.served', where, better: 'higher', par: 900, gold: 990 },
    ],
    ...changes,
  });
  made.policy.hooks = ['zonelist', 'pcp'];
  return made;
}

const seedOf = (who: string, seed: number, stars: number, changes: Partial<ProverSeed> = {}): ProverSeed => ({
  seed,
  stars,
  nrFaults: 0,
  fault: '',
  lost: stars === 0 ? 'cycles, at most 1, is 2' : '',
  values: stars === 3 ? [90, 999] : [150, 950],
  stateHash: `state ${seed}`,
  reproduce: `oomph run c --policy ${who} --seed ${seed}`,
  ...changes,
});

/** Runs as the file says, on three seeds, with some of them otherwise. */
function judged(changes: Partial<Record<Prover, ProverRun>> = {}, p = challenge()) {
  const usual = Object.fromEntries(
    PROVERS.map(who => {
      const stars = who === 'reference' ? 3 : 0;
      const seeds = [1, 2, 3].map(seed => seedOf(who, seed, stars));
      return [who, { kind: 'ran', hooks: who === 'reference' ? ['pcp', 'zonelist'] : [], seeds }];
    }),
  ) as Record<Prover, ProverRun>;
  return judgeProof(p, { ...usual, ...changes });
}

const ran = (who: Prover, seeds: ProverSeed[]): ProverRun => ({
  kind: 'ran',
  hooks: ['zonelist', 'pcp'],
  seeds: seeds.map(s => ({ ...s, reproduce: s.reproduce.replace('WHO', who) })),
});
const stars = (who: Prover, ...got: number[]): ProverRun =>
  ran(
    who,
    got.map((n, i) => seedOf('WHO', i + 1, n)),
  );

test('all as the file says: proven, with what each got', () => {
  expect(judged()).toEqual({
    nrSeeds: 3,
    policies: {
      reference: {
        nrWon: 3,
        fewestStars: 3,
        mostStars: 3,
        spread: [
          { metric: 'cycles', unit: 'cycles', min: 90, median: 90, max: 90 },
          { metric: 'page_alloc.served', unit: 'permille', min: 999, median: 999, max: 999 },
        ],
      },
      naive: expect.objectContaining({ nrWon: 0, mostStars: 0 }),
      empty: expect.objectContaining({ nrWon: 0, mostStars: 0 }),
      linux: expect.objectContaining({ nrWon: 0, mostStars: 0 }),
    },
    problems: [],
    notes: [],
  });
  expect(judged({ linux: stars('linux', 0, 1, 0) }).problems).toEqual([]);
});

test('stars other than those of the file, for each of the four, with where to see it', () => {
  const goal = ' (cycles, at most 1, is 2)';
  expect(judged({ reference: stars('reference', 3, 0, 3) }).problems).toEqual([
    `the reference policy gets 0 stars on 1 of 3 seeds, not 3 stars: oomph run c --policy reference --seed 2${goal}`,
  ]);
  expect(judged({ naive: stars('naive', 0, 1, 2) }).problems).toEqual([
    'the naive policy gets 1 to 2 stars on 2 of 3 seeds, not 0 stars: oomph run c --policy naive --seed 2',
  ]);
  expect(judged({ empty: stars('empty', 0, 0, 1) }).problems).toEqual([
    'the empty policy gets 1 star on 1 of 3 seeds, not 0 stars: seed 3',
  ]);
  expect(judged({ linux: stars('linux', 2, 1, 0) }).problems).toEqual([
    'the kernel without a policy gets 2 stars on 1 of 3 seeds, not 0 to 1 stars: oomph run c --policy linux --seed 1',
  ]);
  // Fewer than said is as wrong as more.
  const p = challenge({ stars: { reference: [3, 3], naive: [1, 1], empty: [0, 0], linux: [0, 0] } });
  expect(judged({}, p).problems).toEqual([
    `the naive policy gets 0 stars on 3 of 3 seeds, not 1 star: oomph run c --policy naive --seed 1${goal}`,
  ]);
});

test('too few stars name the axes that are behind', () => {
  const behind = (values: number[], got: number) =>
    judged({
      reference: ran(
        'reference',
        [1, 2, 3].map(n => seedOf('WHO', n, got, { values })),
      ),
    }).problems[0];
  expect(behind([150, 999], 2)).toMatch(/--seed 1 \(cycles is 150, gold is 100\)$/);
  expect(behind([90, 850], 1)).toMatch(/--seed 1 \(page_alloc\.served is 850, gold is 990\)$/);
  const two = challenge({ stars: { reference: [2, 2], naive: [0, 0], empty: [0, 0], linux: [0, 0] } });
  const seeds = [1, 2, 3].map(n => seedOf('WHO', n, 1, { values: [250, 950] }));
  expect(judged({ reference: ran('reference', seeds) }, two).problems[0]).toMatch(
    /\(cycles is 250, par is 200\)$/,
  );
});

test('a reference that breaks rules', () => {
  const seeds = [1, 2, 3].map(n =>
    seedOf('reference', n, 3, n > 1 ? { nrFaults: 2, fault: 'reference.ts:7: no zone' } : {}),
  );
  expect(judged({ reference: ran('reference', seeds) }).problems).toEqual([
    'the reference policy breaks a rule on 2 of 3 seeds: oomph run c --policy reference --seed 2 (reference.ts:7: no zone)',
  ]);
  // The naive policy may: that is how it loses.
  expect(
    judged({
      naive: ran(
        'naive',
        seeds.map(s => ({ ...s, stars: 0 })),
      ),
    }).problems,
  ).toEqual([]);
});

test('a hook that is open for nothing', () => {
  const seeds = [1, 2, 3].map(n => seedOf('reference', n, 3));
  expect(judged({ reference: { kind: 'ran', hooks: ['pcp'], seeds } }).problems).toEqual([
    'the hook zonelist is open, and the reference policy does not decide it',
  ]);
});

test('hints that are missing', () => {
  expect(judged({}, challenge({ hints: [] })).problems).toEqual([
    'a challenge has three hints, this one none',
  ]);
});

test('an empty policy that is not Linux', () => {
  const seeds = [1, 2, 3].map(n => seedOf('empty', n, 0, n === 2 ? { stateHash: 'another' } : {}));
  expect(judged({ empty: ran('empty', seeds) }).problems).toEqual([
    'a policy that decides nothing ends otherwise than Linux does, seed 2',
  ]);
});

test('policies that are not there, or do not run', () => {
  const { problems, policies } = judged({
    reference: { kind: 'missing' },
    naive: { kind: 'failed', why: 'naive.ts:1:2: no' },
  });
  expect(problems).toEqual([
    'the challenge names no reference policy',
    'the naive policy could not be run: naive.ts:1:2: no',
  ]);
  expect([policies.reference, policies.naive]).toEqual([null, null]);
});

test('the spread of each axis, and a note when it changes the stars', () => {
  const p = challenge({ stars: { reference: [1, 3], naive: [0, 0], empty: [0, 0], linux: [0, 0] } });
  const seeds = [
    seedOf('reference', 1, 3, { values: [90, 999] }),
    seedOf('reference', 2, 1, { values: [250, 999] }),
    seedOf('reference', 3, 3, { values: [100, 990] }),
    seedOf('reference', 4, 3, { values: [80, 999] }),
  ];
  const { policies, notes, problems } = judged({ reference: ran('reference', seeds) }, p);
  expect(problems).toEqual([]);
  expect(notes).toEqual(['cycles of the reference policy is at gold or neither, by the seed']);
  // Of an even number the lower of the two in the middle: one that occurred.
  expect(policies.reference!.spread[0]).toMatchObject({ min: 80, median: 90, max: 250 });
  expect(policies.reference).toMatchObject({ nrWon: 4, fewestStars: 1, mostStars: 3 });
});
