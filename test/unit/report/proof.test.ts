import type { Proof } from '../../../src/harness/prove.ts';
import { proofText } from '../../../src/report/proof.ts';
import { plan } from '../workload/plans.ts';

const where = { task: -1, zone: -1, order: -1 };
const p = plan([], {
  id: 'zones/x',
  score: [
    { metric: 'cycles', where, better: 'lower', par: 200, gold: 100 },
    { metric: 'buddy.splits', where, better: 'lower', par: 1, gold: 0 },
  ],
});

test('how hard it is, and how far each axis spreads', () => {
  const lost = { nrWon: 0, fewestStars: 0, mostStars: 0, spread: [] };
  const spread = [
    { metric: 'cycles', unit: 'cycles', min: 1000, median: 1500, max: 2000 },
    { metric: 'buddy.splits', unit: 'count', min: 0, median: 0, max: 7 },
  ];
  const proof: Proof = {
    nrSeeds: 50,
    policies: {
      reference: { nrWon: 50, fewestStars: 2, mostStars: 3, spread },
      naive: lost,
      empty: null,
      linux: { ...lost, nrWon: 1, mostStars: 1 },
    },
    problems: [],
    notes: ['cycles of the reference policy is at gold or at par, by the seed'],
  };
  expect(proofText(p, proof)).toBe(`proven  zones/x
  note: cycles of the reference policy is at gold or at par, by the seed
  won of 50 seeds: reference 50 (2 to 3 stars), naive 0, empty not played, linux 1 (0 to 1 stars)
  reference       min  median    max  spread
  cycles        1,000   1,500  2,000     66%  par 200, gold 100
  buddy.splits      0       0      7       -  par 1, gold 0
`);
  expect(
    proofText(
      { ...p, score: [] },
      { ...proof, problems: ['it is lost'], policies: { ...proof.policies, reference: lost } },
    ),
  ).toBe(`not proven  zones/x
  ! it is lost
  note: cycles of the reference policy is at gold or at par, by the seed
  won of 50 seeds: reference 0, naive 0, empty not played, linux 1 (0 to 1 stars)
`);
});
