/** A run of specs for the person who started it. */
import type { CaseStatus, CheckResult, SpecResult, TestRun } from '../../contract/testing.ts';
import { diagnosticsText } from '../diagnostics.ts';
import { plural } from '../quantity.ts';
import { harmless } from '../sourceColumns.ts';
import type { Style } from '../style.ts';
import { wrap } from '../wrap.ts';
import {
  brokenSeeds,
  cut,
  type Failure,
  failedChecks,
  failuresOf,
  logged,
  placeOf,
  quoted,
} from './failure.ts';
import type { ReportSetting } from './reporter.ts';
import { headline, isBad, milliseconds, millisecondsOf, staleOf, type Tally, tally } from './tally.ts';

const SEEDS_SHOWN = 5;
const SEEDS_LISTED = 12;
const DIFF_SHOWN = 40;
const UPDATE_SHOWN = 400;
const TOLD_SHOWN = 40;
const SLOW_SHOWN = 3;
const SLOW_MS = 500;
const FILES_SHOWN = 10;

const WORDS: Record<CaseStatus, string> = {
  passed: 'passed ',
  failed: 'FAILED ',
  error: 'ERROR  ',
  skipped: 'skipped',
};

export function prettyReport(run: TestRun, setting: ReportSetting): string {
  const blocks = run.specs.map(spec => specLines(spec, setting));
  const lines: string[] = [];
  blocks.forEach((block, i) => {
    // What has more to say than its line stands apart.
    const apart = i > 0 && (block.length > 1 || blocks[i - 1].length > 1);
    lines.push(...(apart ? [''] : []), ...block);
  });
  const counts = tally(run);
  lines.push('', ...summary(run, counts, setting.style), ...nextSteps(run, counts, setting));
  return `${lines.join('\n')}\n`;
}

function specLines(spec: SpecResult, setting: ReportSetting): string[] {
  const { style, width, callName } = setting;
  const lines = [specLine(spec, style, width)];
  if (!isBad(spec)) return [...lines, ...updatedLines(spec, style)];
  if (spec.title !== '') lines.push(...wrap(harmless(spec.title), '         ', width));
  lines.push(...updatedLines(spec, style));
  if (spec.diagnostics.length > 0) {
    lines.push('', ...diagnosticsText(spec.diagnostics, style, width).trimEnd().split('\n'));
  }
  for (const [message, seeds] of brokenSeeds(spec)) {
    lines.push('', `  ${style.bad('error')} ${seedsText(seeds)}`);
    lines.push(...quoted(message, TOLD_SHOWN).flatMap(line => wrap(line, '    ', width)));
  }
  for (const failure of failuresOf(spec)) lines.push('', ...failureLines(spec, failure, setting));
  const first = spec.cases.find(isBad);
  if (first === undefined) return lines;
  lines.push(...toldLines(`Cause, seed ${first.seed}:`, first.cause, style));
  lines.push(...toldLines(`console.log of seed ${first.seed}:`, first.console, style));
  lines.push('', '  To see it again:');
  const bad = spec.cases.filter(isBad);
  for (const { reproduce } of bad.slice(0, SEEDS_SHOWN)) {
    lines.push(`    ${harmless(reproduce).replace(/^oomph/, callName)}`);
  }
  if (bad.length > SEEDS_SHOWN) lines.push(`    and ${plural(bad.length - SEEDS_SHOWN, 'more seed')}`);
  return lines;
}

function specLine(spec: SpecResult, style: Style, width: number): string {
  const { cases, status } = spec;
  const bad = cases.filter(isBad).length;
  const seeds =
    bad > 0 && cases.length > 1 ? `${bad} of ${cases.length} seeds` : plural(cases.length, 'seed');
  const facts = [
    ...(spec.policy === 'linux' || spec.policy === '' ? [] : [harmless(spec.policy)]),
    ...(cases.length > 0 ? [seeds] : []),
    ...(status !== 'skipped' && cases.length > 0 ? [milliseconds(millisecondsOf(spec))] : []),
  ];
  const tail = facts.length > 0 ? `  ${facts.join(', ')}` : '';
  const file = harmless(spec.file);
  const room = width - WORDS[status].length - 2 - file.length - tail.length - 2;
  const title = harmless(spec.title);
  // What did not pass has its title whole, below.
  const shown = room >= 12 && title !== '' && !isBad(spec) ? `  ${cut(title, room)}` : '';
  const mark = status === 'passed' ? style.good : status === 'skipped' ? style.dim : style.bad;
  return `${mark(WORDS[status])}  ${style.strong(file)}${shown}${style.dim(tail)}`;
}

function failureLines(spec: SpecResult, { check, on }: Failure, setting: ReportSetting): string[] {
  const { style } = setting;
  const lines = [`  ${style.strong(placeOf(spec, check))}`, `  ${style.bad(harmless(check.text))}`];
  // The same on several seeds is said once.
  const values = new Map<string, { check: CheckResult; seeds: number[] }>();
  for (const { result, check: one } of on) {
    const key = JSON.stringify([one.expected, one.actual]);
    const value = values.get(key) ?? { check: one, seeds: [] };
    value.seeds.push(result.seed);
    values.set(key, value);
  }
  const sameExpected = on.every(({ check: { expected } }) => expected === check.expected);
  if (sameExpected && check.expected !== '') lines.push(...labelled('expected', check.expected, '', setting));
  const shown = [...values.values()].slice(0, SEEDS_SHOWN);
  for (const { check: one, seeds } of shown) {
    const where = spec.cases.length === 1 ? '' : `on ${seedsText(seeds)}`;
    if (!sameExpected && one.expected !== '') lines.push(...labelled('expected', one.expected, '', setting));
    if (one.actual !== '') lines.push(...labelled('actual', one.actual, where, setting));
    else if (where !== '') lines.push(`    differs ${where}`);
  }
  const left = on.length - shown.reduce((sum, { seeds }) => sum + seeds.length, 0);
  if (left > 0) lines.push(`    and ${plural(left, 'more seed')}`);
  const differing = on.find(({ check: { diff } }) => diff !== '');
  if (differing !== undefined) lines.push(...diffLines(differing.result.seed, differing.check, style));
  return lines;
}

/** What `--update` wrote over: all of it, for this is what is to be read before it is kept. */
function updatedLines({ cases }: SpecResult, style: Style): string[] {
  return cases.flatMap(({ seed, checks }) =>
    checks
      .filter(({ status, diff }) => status === 'updated' && diff !== '')
      .flatMap(check => {
        const moved = [check.expected, check.actual].filter(text => text !== '').join(' -> ');
        const head = `  ${style.strong('updated')}  ${harmless(check.text)}${moved === '' ? '' : `: ${harmless(moved)}`}`;
        return ['', head, ...diffLines(seed, check, style, UPDATE_SHOWN)];
      }),
  );
}

/** @param note  stands behind it where there is room; '' for none */
function labelled(label: string, text: string, note: string, { style, width }: ReportSetting): string[] {
  const head = `    ${label.padEnd(8)}  `;
  const indent = ' '.repeat(head.length);
  const lines = quoted(text, TOLD_SHOWN).flatMap(line => wrap(line, indent, width));
  lines[0] = head + lines[0].slice(head.length);
  if (note === '') return lines;
  const last = lines.length - 1;
  if (lines[last].length + 2 + note.length <= width) lines[last] += `  ${style.dim(note)}`;
  else lines.push(indent + style.dim(note));
  return lines;
}

function diffLines(
  seed: number,
  { snapshot, diff }: CheckResult,
  style: Style,
  shown = DIFF_SHOWN,
): string[] {
  const name = snapshot === '' ? [] : [style.dim(`    ${harmless(snapshot)} (-), seed ${seed} now (+)`)];
  const painted = quoted(diff, shown).map(line => {
    if (/^(?:---|\+\+\+|@@)/.test(line)) return style.dim(line);
    if (line.startsWith('-')) return style.bad(line);
    return line.startsWith('+') ? style.good(line) : line;
  });
  return [...name, ...painted.map(line => `    ${line}`.trimEnd())];
}

function toldLines(heading: string, text: string, style: Style): string[] {
  const lines = logged(text, TOLD_SHOWN);
  return lines.length === 0
    ? []
    : ['', `  ${style.strong(heading)}`, ...lines.map(line => `    ${line}`.trimEnd())];
}

function seedsText(seeds: readonly number[]): string {
  const listed = seeds.slice(0, SEEDS_LISTED).join(', ');
  const more = seeds.length - SEEDS_LISTED;
  return `seed${seeds.length === 1 ? '' : 's'} ${listed}${more > 0 ? ` and ${more} more` : ''}`;
}

function summary(run: TestRun, { specs, checks, stale }: Tally, style: Style): string[] {
  const bad = specs.failed + specs.error > 0;
  const shard = run.shard === null ? '' : ` in shard ${run.shard.index} of ${run.shard.of}`;
  const mark = bad ? style.bad : specs.passed > 0 ? style.good : style.strong;
  const lines = [mark(style.strong(`${headline(run)}${shard}`))];
  const rows = [
    ['specs', statuses(specs)],
    ['seeds', statuses(seedStatuses(run))],
    ['snapshots', listed([`${checks.written} written`, `${checks.updated} updated`, `${stale} stale`])],
    ['time', milliseconds(run.durationMs)],
    ...slowest(run).map((line, i) => [i === 0 ? 'slowest' : '', line]),
  ];
  for (const [name, text] of rows) if (text !== '') lines.push(`  ${name.padEnd(9)}  ${text}`);
  return lines;
}

const statuses = ({ passed, failed, error, skipped }: Record<CaseStatus, number>): string =>
  listed([`${failed} failed`, `${error} could not be run`, `${skipped} left out`, `${passed} passed`]);

/** Without the specs that could not be read, which have none. */
function seedStatuses({ specs }: TestRun): Record<CaseStatus, number> {
  const counts = { passed: 0, failed: 0, error: 0, skipped: 0 };
  for (const { cases } of specs) for (const { status } of cases) counts[status]++;
  return counts;
}

/** Without those that are none. */
const listed = (parts: readonly string[]): string => parts.filter(part => !part.startsWith('0 ')).join(', ');

/** Worth a word where there is something to choose from, and somebody waited for it. */
function slowest(run: TestRun): string[] {
  const cases = run.specs.flatMap(({ file, cases: of }) => of.map(one => ({ ...one, file })));
  if (cases.length < 2) return [];
  return cases
    .filter(({ durationMs }) => durationMs >= SLOW_MS)
    .sort((a, b) => b.durationMs - a.durationMs)
    .slice(0, SLOW_SHOWN)
    .map(({ file, seed, durationMs }) => `${milliseconds(durationMs)} ${harmless(file)} seed ${seed}`);
}

function nextSteps(
  run: TestRun,
  { checks, cases, stale }: Tally,
  { style, width, callName }: ReportSetting,
): string[] {
  const steps: string[] = [];
  const differing = run.specs.filter(spec =>
    spec.cases.some(one => failedChecks(one).some(({ snapshot }) => snapshot !== '')),
  );
  if (differing.length > 0) {
    const named = differing.length === 1 ? ` ${harmless(differing[0].file)}` : '';
    steps.push('Snapshots differ. Where the new ones are right, write them and read the diff:');
    steps.push(`  ${callName} test --update${named}`);
  }
  if (checks.written + checks.updated > 0) {
    steps.push(
      `${plural(checks.written + checks.updated, 'snapshot')} on the disk changed: read and commit them.`,
    );
  }
  if (stale > 0) {
    const files = staleOf(run);
    steps.push(
      `No expectation asks for ${plural(stale, 'snapshot')}; ${callName} test --update removes them:`,
    );
    steps.push(...files.slice(0, FILES_SHOWN).map(file => `  ${harmless(file)}`));
    if (stale > FILES_SHOWN) steps.push(`  and ${stale - FILES_SHOWN} more`);
  }
  if (run.bailed)
    steps.push(`--bail left out ${plural(cases.skipped, 'seed')}: run without it to see the rest.`);
  if (steps.length === 0) return [];
  const lines = steps.flatMap(step => (step.startsWith('  ') ? [step] : wrap(step, '', width)));
  return ['', ...lines.map(line => (line.startsWith('  ') ? style.dim(line) : line))];
}
