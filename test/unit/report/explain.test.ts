import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ChallengePlan } from '../../../src/contract/plan.ts';
import { explanation, type Target } from '../../../src/harness/explanation.ts';
import { Session } from '../../../src/harness/session.ts';
import { explainHtml } from '../../../src/report/explain/explainHtml.ts';
import { explainJson } from '../../../src/report/explain/explainJson.ts';
import { type ExplainReport, seedText } from '../../../src/report/explain/explainReport.ts';
import { explainText, nothingText } from '../../../src/report/explain/explainText.ts';
import { growthText } from '../../../src/report/explain/growth.ts';
import { helpOf } from '../../../src/report/explain/help.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { kernelPlan } from '../harness/kernelMachine.ts';
import { pinnedPlan, scattering } from '../harness/pinned.ts';
import { goal } from '../workload/plans.ts';
import { elements, expectHarmless, textOf } from './htmlPage.ts';

const HOSTILE = `</title></pre><script>alert(1)</script><img src=x onerror=alert(1)>"'&\u0000\u202e\ud800`;

function reportOf(
  p: ChallengePlan,
  target: Target | null = null,
  more: Partial<ExplainReport> = {},
): ExplainReport {
  const session = new Session(p, compileTape(p, 1), p === fragmented ? scattering(p) : null, 1);
  session.seek(session.nrOps);
  return {
    version: '0.0.0',
    challenge: 'tests/one',
    title: 'One',
    file: 'challenge.yaml',
    policy: null,
    sources: [],
    machine: { arch: 'i386', ramBytes: 16 << 20, cpus: 1, pageBytes: 4096 },
    tasks: p.workload.tasks.map(({ name }) => name),
    hooks: ['block', 'zonelist'],
    seeds: [1],
    seedsWon: [],
    explanation: explanation(session, session.verdict(), target),
    linux: null,
    nrHints: 3,
    command: 'oomph explain tests/one --policy none --seed 1',
    reproduce: 'oomph run tests/one --policy none --seed 1',
    ...more,
  };
}

const fragmented = pinnedPlan([goal('page_alloc.failures', 'at_most', 0), goal('cycles', 'at_most', 100)]);
const SLEEPS_AND_OVERFLOWS = { goals: [goal('kernel.bugs', 'at_most', 0)] };
const CASES: Record<string, () => ExplainReport> = {
  allocation: () => reportOf(fragmented, { kind: 'goal', number: 1 }),
  cycles: () => reportOf(fragmented, { kind: 'goal', number: 2 }),
  bug: () => reportOf({ ...kernelPlan(1), ...SLEEPS_AND_OVERFLOWS }),
  stack: () => reportOf({ ...kernelPlan(10), ...SLEEPS_AND_OVERFLOWS }),
};
const schema = JSON.parse(readFileSync(join(__dirname, '../../../schemas/explain.schema.json'), 'utf8'));
const isExplanation = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

describe.each(Object.keys(CASES))('%s', name => {
  const report = CASES[name]();

  test('the text fits 80 columns, but for the kernel and tables', () => {
    const text = explainText(report);
    const long = text.split('\n').filter(line => line.length > 80 && !/kB|^ {2}npx|^ {2}oomph/.test(line));
    expect(long).toEqual([]);
    for (const part of ['What happened', 'Goals', 'What would have helped', report.reproduce])
      expect(text).toContain(part);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('the JSON is what the schema says', () => {
    const json = JSON.parse(explainJson(report));
    expect(isExplanation(json)).toBe(true);
    expect(isExplanation({ ...json, cause: { ...json.cause, kind: 'weather' } })).toBe(false);
    expect(isExplanation({ ...json, more: 1 })).toBe(false);
  });

  test('the page is well-formed, asks for nothing and runs nothing, whatever the names', () => {
    const hostile = {
      ...report,
      title: HOSTILE,
      challenge: HOSTILE,
      reproduce: HOSTILE,
      policy: { name: HOSTILE, info: { hooks: [], tokens: 1, hash: '' } },
    };
    const html = explainHtml(hostile);
    expectHarmless(html);
    const text = textOf(html);
    expect(text).toContain('<script>alert(1)</script>');
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    expect(text).toContain('What happened when');
    expect(text).toContain('Page map of DMA');
  });
});

test('a failed allocation as a page: the pinned block is framed on the map and listed page by page', () => {
  const report = CASES.allocation();
  const html = explainHtml(report);
  const frames = elements(html).filter(({ attrs }) => attrs?.some(({ value }) => value === 'pin'));
  expect(frames).toHaveLength(1);
  const text = textOf(html);
  const { cause } = report.explanation;
  if (cause.kind !== 'allocation') throw new Error(cause.kind);
  const [{ pfn, pins }] = cause.blocks;
  expect(text).toContain(`Block 0x${pfn.toString(16).padStart(5, '0')} of DMA, page by page`);
  for (const pin of pins) expect(text).toContain(`0x${pin.pfn.toString(16).padStart(5, '0')}`);
  expect(text).toContain('the block of order 8 that came nearest');
  expect(text).toContain('page allocation failure. order:8, mode:0x21');
  expect(text).toContain('From 0 at the start to 3 at the end; least 0, most 3. Wanted: 0.');
});

test('which seed is explained is said', () => {
  const report = CASES.allocation();
  expect(seedText({ ...report, seeds: [1] })).toBe('Seed 1 is explained: lost.');
  expect(seedText({ ...report, seeds: [7, 9, 1, 2], seedsWon: [7, 9] })).toBe(
    'Seed 1 is explained, the first of the 4 seeds that were asked for that is lost; won before it: 7, 9.',
  );
});

test('what would have helped comes from what was measured, and from Linux on the same seed', () => {
  const report = CASES.allocation();
  expect(helpOf(report).join(' ')).toMatch(/Where such pages go can be decided here: block, zonelist/);
  const linux = { outcome: 'won' as const, goalsHeld: [true, true] };
  expect(helpOf({ ...report, linux })[0]).toMatch(/Linux alone holds this goal/);
  expect(helpOf({ ...report, linux: { outcome: 'lost', goalsHeld: [false, true] } })[0]).toMatch(
    /Linux alone loses/,
  );
  expect(helpOf(CASES.cycles())[0]).toMatch(/^Fewer of the dearest: \w+, [\d,]+ times/);
});

test('where a value grew most', () => {
  const timesUs = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(s => s * 1_000_000);
  const series = (values: number[]) => ({ metric: '', unit: '', wanted: 0, values });
  expect(growthText(series([0, 0, 0, 1, 9, 9, 9, 9, 10]), timesUs)).toBe(
    'Half of it came between 3s and 4s.',
  );
  expect(growthText(series([0, 1, 2, 3, 4, 5, 6, 7, 8]), timesUs)).toBe('');
  expect(growthText(series([5, 4, 9, 9, 9, 9, 9, 9, 9]), timesUs)).toBe('');
});

test('a run that was won offers its narrowest margin', () => {
  const { goals } = CASES.allocation().explanation;
  const about = { challenge: 'tests/one', seeds: [1, 2], command: 'oomph explain tests/one' };
  const text = nothingText(about, [{ ...goals[0], held: true }], 0);
  expect(text).toContain('all 2 seeds are won');
  expect(text).toContain('  oomph explain tests/one --goal 1\n');
});
