import type { Diagnostic } from '../../../src/contract/diagnostic.ts';
import type { ChallengePlan, Expectation } from '../../../src/contract/plan.ts';
import { EVENT_NAMES } from '../../../src/engine/index.ts';
import { type ChallengeChecks, parseChallenge } from '../../../src/spec/challenge.ts';
import { fileDiagnostic } from '../../../src/spec/decode.ts';
import { readSchema } from '../../../src/spec/schemaFile.ts';

const MACHINE = `machine: {arch: i386, ram: 24MiB}
workload:
  length: 20s
  tasks:
    - name: sb16
      context: process
      arrive: {every: 100ms}
      run:
        - alloc_pages: {as: ring, order: {choice: {2: 9, 4: 1}}, gfp: [GFP_KERNEL, GFP_DMA]}
        - hold: 20ms
        - free_pages: ring
`;
const GOAL = 'goal: [{metric: page_alloc.failures, at_most: 0}]\n';
const head = (id: string): string => `challenge: 1\nid: regress/${id}\ntitle: ${id}\n`;
const spec = (test: string, rest = MACHINE): string => `${head('one')}${rest}test:\n${test}`;
const expecting = (...items: string[]): string =>
  spec(`  expect:\n${items.map(i => `    - ${i}\n`).join('')}`);

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function parse(
  text: string,
  files: Record<string, string> = {},
  checks: ChallengeChecks = {},
): { plan: ChallengePlan | null; diagnostics: Diagnostic[] } {
  return parseChallenge(bytes(text), 'specs/one.spec.yaml', {
    read: path =>
      Object.hasOwn(files, path)
        ? { bytes: bytes(files[path]) }
        : { diagnostic: fileDiagnostic(path, 'E-FILE-NOT-FOUND', `there is no file ${path}`) },
    ...checks,
  });
}

function planOf(text: string, files: Record<string, string> = {}): ChallengePlan {
  const { plan, diagnostics } = parse(text, files);
  expect(diagnostics).toEqual([]);
  return plan!;
}

const expectationsOf = (...items: string[]): Expectation[] => planOf(expecting(...items)).test!.expect;

/** Code, line, column and what was meant instead. */
const short = ({ code, line, column, suggestions }: Diagnostic): string =>
  `${code} ${line}:${column}${suggestions === undefined ? '' : ` ${suggestions[0]}`}`;
const faults = (text: string, files: Record<string, string> = {}, checks: ChallengeChecks = {}): string[] => {
  const { plan, diagnostics } = parse(text, files, checks);
  expect(plan === null).toBe(diagnostics.length > 0);
  for (const { expected } of diagnostics) expect(expected).toBeTruthy();
  return diagnostics.map(short);
};

describe('expectations', () => {
  test('on a metric have bounds in its unit, and say so in a sentence', () => {
    const found = expectationsOf(
      '{metric: page_alloc.failures, where: {task: sb16, order: 4}, at_most: 0}',
      '{metric: buddy.splits, at_least: 100, at_most: 2k}',
      '{metric: cycles, equals: 1.9M, within: 5%}',
      '{metric: cycles, equals: 1.9M, within: 20k, at: 10s}',
      '{metric: zone.free, where: {zone: DMA}, equals: 4MiB, within: 64KiB}',
      '{metric: page_alloc.served, equals: 99.5%, within: 0.5%}',
      '{metric: page_alloc.stall_time, at_most: 5ms}',
      '{metric: buddy.largest_free, equals: 5, within: 1}',
    );
    expect(
      found.map(one => (one.kind === 'metric' ? [one.text, one.least, one.most, one.atUs] : one.kind)),
    ).toEqual([
      ['page_alloc.failures of task sb16, order 4 is at most 0', null, 0, null],
      ['buddy.splits is at least 100 and at most 2k', 100, 2000, null],
      ['cycles is 1.9M within 5%', 1_805_000, 1_995_000, null],
      ['cycles at 10s is 1.9M within 20k', 1_880_000, 1_920_000, 10_000_000],
      ['zone.free in zone DMA is 4MiB within 64KiB', 1008, 1040, null],
      ['page_alloc.served is 99.5% within 0.5%', 990, 1000, null],
      ['page_alloc.stall_time is at most 5ms', null, 5000, null],
      ['buddy.largest_free is 5 within 1', 4, 6, null],
    ]);
    expect(found[0]).toMatchObject({ where: { task: 0, zone: -1, order: 4 }, line: 17, column: 7 });
  });

  test('a percentage is cut to whole units, never rounded up', () => {
    const [one] = expectationsOf('{metric: buddy.splits, equals: 999, within: 2.5%}');
    expect(one).toMatchObject({ least: 999 - 24, most: 999 + 24 });
  });

  test('of snapshots have a key each', () => {
    const found = expectationsOf(
      'state_hash',
      'dump',
      '{proc: buddyinfo}',
      '{proc: buddyinfo, at: 10s}',
      '{proc: sysrq-m, at: 500ms}',
      '{trace: [page.alloc, buddy.split]}',
      '{trace: [page.fail], first: 3}',
    );
    expect(found.map(one => ('key' in one ? one.key : one.kind))).toEqual([
      'state_hash',
      'dump',
      'proc buddyinfo',
      'proc buddyinfo at 10s',
      'proc sysrq-m at 500ms',
      'trace page.alloc buddy.split, first 200',
      'trace page.fail, first 3',
    ]);
  });

  test('of the outcome need a goal, those of faults a policy', () => {
    const text = spec('  policy: ./mine.ts\n  expect: [{outcome: won}, {faults: 0}]\n', MACHINE + GOAL);
    expect(planOf(text).test).toMatchObject({
      policy: './mine.ts',
      expect: [
        { kind: 'outcome', outcome: 'won', text: 'the goals are won' },
        { kind: 'faults', nr: 0, text: 'the policy makes no fault' },
      ],
      line: 16,
      column: 1,
    });
    expect(faults(expecting('outcome: won'))).toEqual(['E-EXPECT-PROVES-NOTHING 17:16']);
    expect(faults(expecting('faults: 0'))).toEqual(['E-EXPECT-PROVES-NOTHING 17:15']);
  });

  test.each([
    [
      'a metric that is none',
      '{metric: page_alloc.failure, at_most: 0}',
      'E-METRIC-UNKNOWN 17:16 page_alloc.failures',
    ],
    ['a view that is none', '{proc: budyinfo}', 'E-VIEW-UNKNOWN 17:14 buddyinfo'],
    ['an event that is none', '{trace: [page.allocs]}', 'E-EVENT-UNKNOWN 17:16 page.alloc'],
    ['an event by its tracepoint', '{trace: [mm_page_alloc]}', 'E-EVENT-UNKNOWN 17:16 page.alloc'],
    ['an event twice', '{trace: [page.fail, page.fail]}', 'E-DUPLICATE 17:27'],
    ['no event', '{trace: []}', 'E-EMPTY 17:8'],
    ['no events at all', '{trace: [page.fail], first: 0}', 'E-RANGE 17:35'],
    ['a word that is none', 'state-hash', 'E-VALUE-UNKNOWN 17:7 state_hash'],
    ['a key that is none', '{metrics: cycles, at_most: 3}', 'E-KEY-UNKNOWN 17:8 metric'],
    ['an outcome that is none', '{outcome: win}', 'E-VALUE-UNKNOWN 17:17 won'],
    ['no bound', '{metric: cycles}', 'E-KEY-MISSING 17:8'],
    ['two at once', '{metric: cycles, proc: meminfo, at_most: 3}', 'E-KEY-CONFLICT 17:24'],
    ['bounds that exclude each other', '{metric: cycles, at_most: 3, equals: 3}', 'E-KEY-CONFLICT 17:36'],
    ['bounds that cross', '{metric: cycles, at_least: 9, at_most: 3}', 'E-RANGE-ORDER 17:46'],
    ['a tolerance of a bound', '{metric: cycles, at_most: 3k, within: 5%}', 'E-KEY-CONFLICT 17:37'],
    ['a tolerance that is no number', '{metric: cycles, equals: 3k, within: some}', 'E-QUANTITY 17:44'],
    ['a tolerance in another unit', '{metric: cycles, equals: 3k, within: 5ms}', 'E-UNIT-UNKNOWN 17:44'],
    ['a tolerance of nothing', '{metric: cycles, equals: 0, within: 5%}', 'E-TOLERANCE 17:43'],
    ['a tolerance of 0', '{metric: cycles, equals: 9, within: 0}', 'E-TOLERANCE 17:43'],
    ['per cent of an order', '{metric: buddy.largest_free, equals: 9, within: 5%}', 'E-TOLERANCE 17:55'],
    ['a time without a unit', '{proc: meminfo, at: 10}', 'E-UNIT-MISSING 17:27 10ms'],
    ['a time behind the end', '{proc: meminfo, at: 21s}', 'E-RANGE 17:27'],
    ['a time of the whole run', '{trace: [page.fail], at: 1s}', 'E-KEY-CONFLICT 17:28'],
    [
      'a filter that the metric has not',
      '{metric: cycles, where: {task: sb16}, at_most: 3}',
      'E-WHERE-FILTER 17:32',
    ],
    [
      'a task that is none',
      '{metric: page_alloc.failures, where: {task: sb61}, at_most: 3}',
      'E-TASK-UNKNOWN 17:51 sb16',
    ],
    ['what no run can miss', '{metric: slab.grown, at_most: 3}', 'E-EXPECT-PROVES-NOTHING 17:37'],
    ['what no run can meet', '{metric: slab.grown, equals: 3, within: 2}', 'E-EXPECT-IMPOSSIBLE 17:36'],
  ])('%s', (_, item, fault) => {
    expect(faults(expecting(item))).toEqual([fault]);
  });

  test('the same twice', () => {
    expect(faults(expecting('state_hash', 'state_hash'))).toEqual(['E-DUPLICATE 18:7']);
    expect(faults(expecting('{proc: meminfo}', '{proc: meminfo, at: 1s}', '{proc: meminfo}'))).toEqual([
      'E-DUPLICATE 19:7',
    ]);
  });

  test('none at all', () => {
    expect(faults(spec('  expect: []\n'))).toEqual(['E-EMPTY 16:3']);
    expect(faults(spec('  policy: linux\n'))).toEqual(['E-KEY-MISSING 15:1']);
    expect(faults(`${head('one')}${MACHINE}test:\n`)).toEqual(['E-TYPE 15:1']);
  });
});

test('a challenge without a test needs a goal, with one it does not', () => {
  expect(faults(head('one') + MACHINE)).toEqual(['E-KEY-MISSING 1:1']);
  expect(planOf(expecting('state_hash')).goals).toEqual([]);
});

describe('the policy under test', () => {
  const under = (policy: string): string => spec(`  policy: ${policy}\n  expect: [state_hash]\n`);

  test.each(['linux', 'reference', 'naive', 'builtin:lazy-coalescing', './mine.ts', '../p/x.yaml'])(
    '%s',
    policy => {
      expect(planOf(under(policy)).test!.policy).toBe(policy);
    },
  );

  test('may decide whatever is asked, unless the spec says what', () => {
    expect(planOf(under('./mine.ts')).policy.hooks).toEqual([
      'zonelist',
      'watermark',
      'block',
      'placement',
      'pcp',
      'coalesce',
      'gfp',
    ]);
    expect(planOf(under('linux')).policy.hooks).toEqual([]);
    const some = spec(
      '  policy: ./mine.ts\n  expect: [state_hash]\n',
      `${MACHINE}policy: {hooks: [block]}\n`,
    );
    expect(planOf(some).policy.hooks).toEqual(['block']);
  });

  test('is Linux where nothing is said', () => {
    expect(planOf(expecting('state_hash')).test!.policy).toBe('linux');
  });

  test.each([
    ['none', 'E-TEST-POLICY 16:11 linux'],
    ['mine.py', 'E-TEST-POLICY 16:11'],
    ['/home/me/mine.ts', 'E-PATH 16:11'],
    ["'p\\mine.ts'", 'E-PATH 16:11 p/mine.ts'],
  ])('%s', (policy, fault) => {
    expect(faults(under(policy))).toEqual([fault]);
  });

  test('whoever runs it tells what else is wrong', () => {
    const running = {
      policyFault: (_: ChallengePlan, policy: string) => `there is no policy file ${policy}`,
      viewAbsent: (view: string) => (view === 'slabinfo' ? 'it has no slabs' : ''),
    };
    const text = spec('  policy: ./mine.ts\n  expect: [{proc: meminfo}, {proc: slabinfo}]\n');
    expect(faults(text, {}, { running })).toEqual(['E-TEST-POLICY 16:11', 'E-VIEW-ABSENT 17:36']);
    expect(faults(text)).toEqual([]);
  });
});

describe('of another file', () => {
  const base = `${head('base')}${MACHINE}${GOAL}seeds: [4, 5]\npolicy: {hooks: [zonelist], reference: reference.ts}\n`;
  const made = (rest: string): string => `${head('one')}${rest}test: {expect: [state_hash]}\n`;

  test('what is not written is its, and what is written is not', () => {
    const plan = planOf(made('of: ../b/c.yaml\nseeds: [9]\n'), { 'b/c.yaml': base });
    expect(plan).toMatchObject({
      id: 'regress/one',
      title: 'one',
      seeds: [9],
      reference: '../b/reference.ts',
      policy: { hooks: ['zonelist'] },
      goals: [{ metric: 'page_alloc.failures' }],
      workload: { lengthUs: 20_000_000 },
      test: { of: ['b/c.yaml'] },
    });
  });

  test('of another still, with the paths of its policy', () => {
    const middle = `${head('middle')}of: ../deep/base.yaml\ntest: {expect: [dump]}\n`;
    const plan = planOf(made('of: ../b/middle.yaml\n'), { 'b/middle.yaml': middle, 'deep/base.yaml': base });
    expect(plan.test).toMatchObject({
      of: ['b/middle.yaml', 'deep/base.yaml'],
      expect: [{ kind: 'state_hash' }],
    });
    expect(plan.reference).toBe('../deep/reference.ts');
    expect(plan.seeds).toEqual([4, 5]);
  });

  test('its own policy has its own folder', () => {
    const plan = planOf(made('of: ../b/c.yaml\npolicy: {hooks: [block], reference: r.ts}\n'), {
      'b/c.yaml': base,
    });
    expect(plan.reference).toBe('r.ts');
  });

  test('that does not go with what is written: told where it stands, in the file where it stands', () => {
    const { diagnostics } = parse(
      `${head('one')}of: base.yaml\nmachine: {arch: i386, ram: 16MiB}\ntest: {expect: [{metric: zone.free, where: {zone: Normal}, at_most: 9}]}\n`,
      {
        'specs/base.yaml': base
          .replace('at_most: 0', 'where: {zone: Normal}, at_most: 9')
          .replace('page_alloc.failures', 'zone.free'),
      },
    );
    expect(diagnostics.map(d => [d.file, short(d)])).toEqual([
      ['specs/one.spec.yaml', 'E-ZONE-ABSENT 6:51'],
      ['specs/base.yaml', 'E-ZONE-ABSENT 15:42'],
    ]);
    expect(diagnostics[1].frame!.lines[1]).toContain('goal: [{metric: zone.free');
  });

  test('that is not there, faulty, or goes round', () => {
    expect(faults(made('of: ../none.yaml\n'))).toEqual(['E-OF-MISSING 4:5']);
    expect(faults(made('of: one.spec.yaml\n'))).toEqual(['E-OF-CIRCULAR 4:5']);
    expect(faults(made('of: ../specs/./one.spec.yaml\n'))).toEqual(['E-OF-CIRCULAR 4:5']);
    expect(faults(made('of: /b/c.yaml\n'))).toEqual(['E-PATH 4:5']);
    expect(faults(made('of: [a.yaml]\n'))).toEqual(['E-TYPE 4:5']);
    const round = `${head('round')}of: one.spec.yaml\ntest: {expect: [dump]}\n`;
    const { diagnostics } = parse(made('of: round.yaml\n'), { 'specs/round.yaml': round });
    expect(diagnostics.map(d => [d.file, d.code])).toEqual([
      ['specs/one.spec.yaml', 'E-OF-FAULTY'],
      ['specs/round.yaml', 'E-OF-CIRCULAR'],
    ]);
    const faulty = parse(made('of: c.yaml\n'), { 'specs/c.yaml': base.replace('arch: i386', 'arch: i368') });
    expect(faulty.diagnostics.map(d => `${d.file} ${short(d)}`)).toEqual([
      'specs/one.spec.yaml E-OF-FAULTY 4:5',
      'specs/c.yaml E-VALUE-UNKNOWN 4:17 i386',
    ]);
  });

  test('a text that stands alone has no other file', () => {
    const { diagnostics } = parseChallenge(bytes(made('of: ../b/c.yaml\n')), 'a record');
    expect(diagnostics.map(short)).toEqual(['E-OF-MISSING 4:5']);
  });

  test("an id and a title are nobody else's", () => {
    const text = made('of: ../b/c.yaml\n')
      .replace(/id: .*\n/, '')
      .replace(/title: .*\n/, '');
    expect(faults(text, { 'b/c.yaml': base })).toEqual(['E-KEY-MISSING 1:1', 'E-KEY-MISSING 1:1']);
  });

  test('in a chain that does not end', () => {
    const files: Record<string, string> = {};
    for (let i = 0; i < 9; i++)
      files[`specs/${i}.yaml`] = `${head('link')}of: ${i + 1}.yaml\ntest: {expect: [dump]}\n`;
    files['specs/9.yaml'] = base;
    expect(parse(made('of: 0.yaml\n'), files).diagnostics.map(d => d.code)).toContain('E-OF-CIRCULAR');
    expect(parse(made('of: 4.yaml\n'), files).diagnostics).toEqual([]);
  });

  test('belongs to a test', () => {
    expect(faults(`${head('one')}of: c.yaml\n`, { 'specs/c.yaml': base })).toEqual(['E-KEY-CONFLICT 4:1']);
  });
});

test('the events of a trace are those of the engine', () => {
  const { eventName } = readSchema('challenge')['$defs'] as Record<string, { enum: string[] }>;
  expect(eventName.enum).toEqual(EVENT_NAMES.map(({ name }) => name).filter(name => name !== ''));
});
