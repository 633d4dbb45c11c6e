import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { daysLate, parseAssignment, timeOf } from '../../../src/spec/assignment.ts';

const parse = (text: string) => parseAssignment(new TextEncoder().encode(text), 'assignment.yaml');
const faults = (text: string): string[] => {
  const { plan, diagnostics } = parse(text);
  expect(plan === null).toBe(diagnostics.some(d => d.severity === 'error'));
  for (const { expected } of diagnostics) expect(expected).toBeTruthy();
  return diagnostics.map(d => `${d.code} ${d.line}:${d.column}`);
};

const HEAD = 'assignment: 1\nid: hw/1\ntitle: One\n';
const with1 = (rest: string): string => `${HEAD}challenges:\n  - {challenge: zones/a, points: 10${rest}}\n`;

const WHOLE = `assignment: 1
id: mm-2026/zones
title: Zones and watermarks
text: |
  Two problems.
challenges:
  - challenge: zones/the-sound-card
    file: card.ts
    points: 10
    credit: goals
    seeds: {public: [1, 2], hidden: 5}
    visibility: after_published
    bonus: [{metric: cycles, at: gold, points: 2.5}]
  - {challenge: ../extra/02-router/challenge.yaml, points: 0.25}
best: 1
deadline: 2026-11-30T23:59:00+01:00
late: {grace: 10m, per_day: 12.5%, days: 4}
starter: [starter/card.ts]
leaderboard: [cycles, policy.tokens]
`;

test('everything that an assignment can say', () => {
  const { plan, diagnostics } = parse(WHOLE);
  expect(diagnostics).toEqual([]);
  expect(plan).toEqual({
    id: 'mm-2026/zones',
    title: 'Zones and watermarks',
    text: 'Two problems.\n',
    challenges: [
      {
        challenge: 'zones/the-sound-card',
        file: 'card.ts',
        points: 1000,
        credit: 'goals',
        publicSeeds: [1, 2],
        hiddenSeeds: 5,
        visibility: 'after_published',
        bonus: [{ metric: 'cycles', at: 'gold', points: 250 }],
        line: 7,
        column: 16,
      },
      {
        challenge: '../extra/02-router/challenge.yaml',
        file: 'router.ts',
        points: 25,
        credit: 'seeds',
        publicSeeds: [],
        hiddenSeeds: 0,
        visibility: 'hidden',
        bonus: [],
        line: 14,
        column: 17,
      },
    ],
    best: 1,
    deadlineMs: Date.UTC(2026, 10, 30, 22, 59),
    late: { graceMs: 600_000, perDay: 1250, days: 4 },
    starter: ['starter/card.ts'],
    leaderboard: ['cycles', 'policy.tokens'],
  });
});

test('everything that is wrong, at its place', () => {
  expect(faults('')).toEqual(['E-FILE-EMPTY 1:1']);
  expect(faults('- a\n')).toEqual(['E-TOP-LEVEL 1:1']);
  expect(faults(HEAD)).toEqual(['E-KEY-MISSING 1:1']);
  expect(faults(`${HEAD}challenges: []\n`)).toEqual(['E-EMPTY 4:1']);
  expect(faults(with1(', pionts: 3'))).toEqual(['E-KEY-UNKNOWN 5:38']);
  expect(faults(with1('.333'))).toEqual(['E-POINTS 5:34']);
  expect(faults(with1(', credit: half'))).toEqual(['E-VALUE-UNKNOWN 5:46']);
  expect(faults(with1(', seeds: {public: [1, 1]}'))).toEqual(['E-DUPLICATE 5:58']);
  expect(faults(with1(', visibility: visible'))).toEqual(['E-VISIBILITY 5:38']);
  expect(faults(with1(', file: a/b.ts'))).toEqual(['E-FORMAT 5:44']);
  expect(faults(with1(', bonus: [{metric: cycels, at: par, points: 1}]'))).toEqual(['E-METRIC-UNKNOWN 5:55']);
  expect(faults(`${with1('')}  - {challenge: other/A, points: 1}\n`)).toEqual(['E-DUPLICATE 6:17']);
  expect(faults(`${with1('')}best: 2\n`)).toEqual(['E-RANGE 6:7']);
  expect(faults(`${with1('')}deadline: tomorrow\n`)).toEqual(['E-FORMAT 6:11']);
  expect(faults(`${with1('')}deadline: 2026-02-30T10:00:00Z\n`)).toEqual(['E-RANGE 6:11']);
  expect(faults(`${with1('')}late: {per_day: 10%}\n`)).toEqual(['E-KEY-CONFLICT 6:1']);
  expect(faults(`${with1('')}deadline: 2026-02-20T10:00:00Z\nlate: {per_day: 101%}\n`)).toEqual([
    'E-RANGE 7:17',
  ]);
  expect(faults(`${with1('')}starter: [../secret.ts]\n`)).toEqual(['E-PATH 6:11']);
  expect(faults(`${with1('')}leaderboard: [cycles, cycles]\n`)).toEqual(['E-DUPLICATE 6:23']);
  expect(faults('assignment: 2\nid: X\ntitle: a\nchallenges: [{challenge: a, points: 1}]\n')).toEqual([
    'E-VERSION 1:13',
    'E-FORMAT 2:5',
  ]);
});

test('times as ISO 8601 writes them, with their offset', () => {
  expect(timeOf('1970-01-02T00:00:00Z')).toBe(86_400_000);
  expect(timeOf('1970-01-01T00:30:00+01:00')).toBe(-1_800_000);
  expect(timeOf('1970-01-01 00:00-0130')).toBe(5_400_000);
  expect(timeOf('2024-02-29T00:00:00Z')).not.toBeNull();
  for (const none of [
    '2023-02-29T00:00:00Z',
    '2023-13-01T00:00:00Z',
    '2023-01-01T24:00:00Z',
    '2023-01-01',
    'x',
  ])
    expect(timeOf(none)).toBeNull();
});

test('days late are counted from the deadline, once the grace is over', () => {
  const { plan } = parse(WHOLE);
  const at = (minutes: number): number => daysLate(plan!, plan!.deadlineMs! + minutes * 60_000);
  expect([-1, 0, 10, 11, 24 * 60, 24 * 60 + 1].map(at)).toEqual([0, 0, 0, 1, 1, 2]);
  expect(daysLate({ ...plan!, deadlineMs: null }, 1e15)).toBe(0);
});

test('the schema is valid JSON Schema, and takes what the reader takes', () => {
  const schema = JSON.parse(readFileSync(join(__dirname, '../../../schemas/assignment.schema.json'), 'utf8'));
  const ajv = new Ajv2020({ allowUnionTypes: true, strictRequired: false });
  expect(ajv.validateSchema(schema)).toBe(true);
});
