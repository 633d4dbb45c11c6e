import { matchers } from '../../../src/jest/matchers.ts';
import { goalResult, lostSeed, seedVerdict, verdict } from '../report/verdicts.ts';

expect.extend(matchers);

const won = verdict([seedVerdict(1), seedVerdict(2)]);
const lost = verdict([seedVerdict(1), lostSeed(2), lostSeed(3)]);
const metrics = (more: Record<string, number>) => ({ ...seedVerdict(1).metrics, ...more });
const failing = verdict([
  seedVerdict(1),
  seedVerdict(2, { metrics: metrics({ 'page_alloc.failures': 7 }), failures: lostSeed(2).failures }),
]);

/** Without colours. */
const messageOf = (body: () => void): string => {
  try {
    body();
  } catch (error) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are
    return (error as Error).message.replaceAll(/\u001b\[\d+m/g, '');
  }
  throw new Error('the matcher passed');
};

describe('toBeWon', () => {
  test('is of all seeds, or of the one given', () => {
    expect(won).toBeWon();
    expect(won.seeds[0]).toBeWon();
    expect(lost).not.toBeWon();
    expect(lost.seeds[0]).toBeWon();
    expect(lost.seeds[1]).not.toBeWon();
  });

  test('says which seeds were lost, why, and what shows it again', () => {
    const both = {
      goals: [goalResult({ held: false, value: 3 }), goalResult({ held: false, value: 4, text: 'b' })],
    };
    const seeds = [seedVerdict(1), { ...lostSeed(2), ...both }, { ...lostSeed(3), ...both }];
    expect(messageOf(() => expect(verdict(seeds)).toBeWon()).split('\n')).toEqual([
      'expect(verdict).toBeWon()',
      '',
      'seed 2: lost, page_alloc.failures of task sb16, at most 0: 3',
      '  b: 4',
      'seed 3: lost, page_alloc.failures of task sb16, at most 0: 3',
      '',
      'To see it again:',
      `  ${lostSeed(2).reproduce}`,
    ]);
    expect(messageOf(() => expect(won).not.toBeWon())).toBe(
      'expect(verdict).not.toBeWon()\n\nIt is so on all 2 seeds.',
    );
  });

  test('of many seeds the first are named', () => {
    const many = verdict(Array.from({ length: 30 }, (_, i) => lostSeed(i + 1)));
    expect(messageOf(() => expect(many).toBeWon())).toMatch(/\nseed 10: lost, .*\nand 20 more seeds\n/);
  });
});

describe('toHaveMetric', () => {
  const { cycles } = won.seeds[0].metrics;
  const both = cycles + 1;

  test('wants a value, bounds or a tolerance, on every seed', () => {
    expect(won.seeds[0]).toHaveMetric('cycles', cycles);
    expect(won).not.toHaveMetric('cycles', cycles);
    expect(won).toHaveMetric('cycles', { atLeast: cycles, atMost: both });
    expect(won).not.toHaveMetric('cycles', { atMost: cycles });
    expect(won).not.toHaveMetric('cycles', { atLeast: both });
    expect(won).toHaveMetric('cycles', { equals: cycles, within: 1 });
    expect(won).toHaveMetric('cycles', { equals: cycles + 10_000, within: '1%' });
    expect(won).not.toHaveMetric('cycles', { equals: cycles + 100_000, within: '1%' });
  });

  test('says what it is where, and what was wanted', () => {
    expect(messageOf(() => expect(won).toHaveMetric('cycles', { atMost: cycles }))).toMatch(
      /^expect\(verdict\)\.toHaveMetric\('cycles', at most 1,812,341 cycles\)\n\nseed 2: cycles is 1,812,342 cycles\n/,
    );
    expect(messageOf(() => expect(won).toHaveMetric('cycles', { atLeast: 2e6, atMost: 3e6 }))).toContain(
      "('cycles', 2,000,000 cycles to 3,000,000 cycles)",
    );
  });

  test('a name that there is not, or nothing wanted, fails either way', () => {
    const wrong = (name: string, wanted: object) => expect(won).not.toHaveMetric(name as 'cycles', wanted);
    expect(() => wrong('page_alloc.failure', { atMost: 1 })).toThrow('did you mean page_alloc.failures?');
    expect(() => wrong('cycles', {})).toThrow('wants a number, {atLeast}, {atMost} or {equals, within}');
    expect(() => wrong('cycles', { equals: 1, within: '5 of 100' })).toThrow(
      "`within` is a number or such as '5%'",
    );
    expect(() => wrong('cycles', { at_most: 1 })).toThrow('there is no at_most: did you mean atMost?');
  });
});

test("toHaveNoFailures tells the kernel's own report of the first", () => {
  expect(won).toHaveNoFailures();
  expect(failing).not.toHaveNoFailures();
  const message = messageOf(() => expect(failing).toHaveNoFailures());
  expect(message).toContain('seed 2: 7 failed allocations\n  sb16: page allocation failure');
});

test('toHaveNoFaults tells the first', () => {
  const fault = {
    code: 'threw',
    hook: 'block',
    event: 1,
    timeUs: 2,
    file: 'a.ts',
    line: 3,
    column: 4,
    value: '',
    message: 'boom',
  } as const;
  const faulty = verdict([seedVerdict(1, { faults: [fault], nrFaults: 12 })]);
  expect(won).toHaveNoFaults();
  expect(faulty).not.toHaveNoFaults();
  expect(messageOf(() => expect(faulty).toHaveNoFaults())).toContain(
    'seed 1: 12 faults\n  a.ts:3:4 in block: boom\n',
  );
});

test('what is no verdict is refused, by .not too', () => {
  for (const value of [undefined, null, 3, 'won', {}, { outcome: 'won' }]) {
    expect(() => expect(value).not.toBeWon()).toThrow('toBeWon() wants a verdict');
  }
  expect(() => expect(Promise.resolve(won)).not.toBeWon()).toThrow('it got a promise: await run() first');
});
