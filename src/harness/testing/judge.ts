/** Holds what was observed of one seed against what its spec expects. */
import { createTwoFilesPatch } from 'diff';
import type { Expectation, SnapshotExpectation, TestPlan } from '../../contract/plan.ts';
import type { CheckResult } from '../../contract/testing.ts';
import type { SeedVerdict } from '../../contract/verdict.ts';
import { unitOf } from '../metrics.ts';
import type { Observed } from './observe.ts';
import type { TestWords } from './words.ts';

/** What is done about a snapshot that is not there, or differs. */
export interface SnapshotRules {
  /** Those that are not there are written. */
  write: boolean;
  /** Those that differ are written too. */
  update: boolean;
}

export interface Judgement {
  checks: CheckResult[];
  /** Snapshots to be written, by key. */
  written: Record<string, string>;
}

/** Lines around a change. */
const CONTEXT = 3;
/** Lines of a difference; longer ones are cut. */
const MAX_DIFF_LINES = 400;
/** Lines that may be other before a difference is no longer looked for: the search grows with their square. */
const MAX_EDITS = 1000;
const LINES_OF_EACH = 20;

/**
 * @param stored    the snapshots of this seed, by key; null: the seed is none of the spec's own, and has none
 * @param snapshot  the file that they are in, as it is called in the results
 */
export function judge(
  test: TestPlan,
  observed: Observed,
  stored: Readonly<Record<string, string>> | null,
  snapshot: string,
  rules: SnapshotRules,
  words: TestWords,
): Judgement {
  const checks: CheckResult[] = [];
  const written: Record<string, string> = {};
  for (const [i, one] of test.expect.entries()) {
    const { kind, text, line, column } = one;
    const place = { kind, text, line, column };
    if (!('key' in one)) {
      checks.push({ ...place, ...judgeValue(one, i, observed, words), diff: '', snapshot: '' });
    } else if (stored !== null) {
      const result = judgeSnapshot(one, observed, stored[one.key], rules);
      if (result.status === 'written' || result.status === 'updated') {
        written[one.key] = observed.texts.get(one.key)!;
      }
      // Where there is nothing to be kept, no file would change that.
      const file = observed.texts.get(one.key) === '' ? '' : snapshot;
      checks.push({ ...place, ...result, snapshot: file });
    }
  }
  return { checks, written };
}

type Told = Pick<CheckResult, 'status' | 'expected' | 'actual'>;

function judgeValue(
  one: Exclude<Expectation, SnapshotExpectation>,
  index: number,
  { verdict, values }: Observed,
  words: TestWords,
): Told {
  const told = (holds: boolean, expected: string, actual: string): Told => ({
    status: holds ? 'passed' : 'failed',
    expected,
    actual,
  });
  switch (one.kind) {
    case 'outcome':
      return told(verdict.outcome === one.outcome, one.outcome, outcomeText(verdict, words));
    case 'faults':
      return told(verdict.nrFaults === one.nr, String(one.nr), faultsText(verdict));
    case 'metric': {
      const value = values.get(index)!;
      const { least, most } = one;
      const holds = (least === null || value >= least) && (most === null || value <= most);
      return told(holds, one.wanted, words.quantity(value, unitOf(one.metric)));
    }
  }
}

/** `lost: page_alloc.failures of task sb16, at most 0: 12` */
function outcomeText({ outcome, goals, nrFaults }: SeedVerdict, words: TestWords): string {
  if (outcome === 'won') return 'won';
  const lost = goals.filter(({ held }) => !held);
  if (lost.length === 0) return `lost: the policy's faults (${nrFaults}) ended the run`;
  return `lost: ${lost.map(({ text, value, unit }) => `${text}: ${words.quantity(value, unit)}`).join('; ')}`;
}

function faultsText({ nrFaults, faults }: SeedVerdict): string {
  const [first] = faults;
  if (nrFaults === 0 || first === undefined) return String(nrFaults);
  const { file, line, column, hook, message } = first;
  return `${nrFaults}, the first at ${file}:${line}:${column} in ${hook}: ${message}`;
}

function judgeSnapshot(
  one: SnapshotExpectation,
  { texts }: Observed,
  before: string | undefined,
  rules: SnapshotRules,
): Told & Pick<CheckResult, 'diff'> {
  const now = texts.get(one.key)!;
  if (now === '') {
    const expected = one.kind === 'dump' ? 'a failed allocation' : 'at least one such event';
    const actual = one.kind === 'dump' ? 'no allocation failed' : 'there was none';
    return { status: 'failed', expected, actual, diff: '' };
  }
  if (before === undefined) {
    if (rules.write) return { status: 'written', expected: '', actual: 'a new snapshot', diff: '' };
    return {
      status: 'failed',
      expected: 'a snapshot',
      actual:
        'there is none, and under CI none is written: run `oomph test` elsewhere and commit what it writes',
      diff: '',
    };
  }
  if (isSame(one, before, now)) return { status: 'passed', expected: '', actual: '', diff: '' };
  const diff = diffOf(one.key, before, now);
  const [expected, actual] = one.kind === 'state_hash' ? hashTexts(before, now) : ['', ''];
  return { status: rules.update ? 'updated' : 'failed', expected, actual, diff };
}

/** Of a machine its hash decides: metrics may come and go with versions of oomph. */
function isSame({ kind }: SnapshotExpectation, before: string, now: string): boolean {
  return kind === 'state_hash' ? firstLine(before) === firstLine(now) : before === now;
}

const firstLine = (text: string): string => text.split('\n', 1)[0];

function hashTexts(before: string, now: string): [expected: string, actual: string] {
  const stages = (text: string): string[] => text.split('\n').filter(line => line.startsWith('at '));
  const old = stages(before);
  const parted = stages(now).findIndex((line, i) => line !== old[i]);
  const at = (line: string): string => line.slice(0, line.indexOf(':'));
  let where = '';
  if (old.length > 0 && parted < 0) where = `, the same ${at(old.at(-1)!)}`;
  else if (parted === 0) where = `, other ${at(stages(now)[0])} already`;
  else if (parted > 0) where = `, the same ${at(old[parted - 1])} and other ${at(stages(now)[parted])}`;
  return [firstLine(before), `${firstLine(now)}${where}`];
}

function diffOf(key: string, before: string, now: string): string {
  const patch = createTwoFilesPatch(key, key, before, now, 'snapshot', 'this run', {
    context: CONTEXT,
    maxEditLength: MAX_EDITS,
  });
  // Without the head that is for `patch`.
  const lines =
    patch === undefined
      ? firstDifference(before, now)
      : patch.slice(patch.indexOf('--- ')).trimEnd().split('\n');
  if (lines.length <= MAX_DIFF_LINES) return lines.join('\n');
  return [...lines.slice(0, MAX_DIFF_LINES), `... ${lines.length - MAX_DIFF_LINES} more lines`].join('\n');
}

/** Of texts that have little in common: where they part, and how both go on. */
function firstDifference(before: string, now: string): string[] {
  const [old, fresh] = [before.split('\n'), now.split('\n')];
  const at = fresh.findIndex((line, i) => line !== old[i]);
  const some = (lines: readonly string[], sign: string): string[] =>
    lines.slice(at, at + LINES_OF_EACH).map(line => sign + line);
  return [
    `from line ${at + 1} on they have little in common: ${old.length - 1} lines were ${fresh.length - 1}`,
    ...some(old, '-'),
    ...some(fresh, '+'),
  ];
}
