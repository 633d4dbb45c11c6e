import type { PolicyFault } from '../contract/policy.ts';
import type { FailureReport, GoalResult, ScoreResult, SeedVerdict, Verdict } from '../contract/verdict.ts';
import { cyclesLines } from './cyclesText.ts';
import { gfpText } from './gfpText.ts';
import { kernelNotes } from './kernelText.ts';
import { cell, duration, grouped, plural, quantity } from './quantity.ts';
import { harmless } from './sourceColumns.ts';
import { stackTable } from './stackTrace.ts';
import { PLAIN, type Style } from './style.ts';
import { columns, WIDTH, wrap } from './wrap.ts';

const FAULTS_SHOWN = 5;
const CONSOLE_SHOWN = 20;
const CONSOLE_COLUMNS = 400;
const LOST_SEEDS_SHOWN = 10;
const SEEDS_SHOWN = 20;

export interface VerdictTextOptions {
  style?: Style;
  /** What the real kernel does, shown when the challenge is won. */
  explanation?: string;
  /** What to type for oomph. */
  callName?: string;
}

/** The verdict for people, 80 columns; the kernel's own lines may be longer. */
export function verdictText(verdict: Verdict, options: VerdictTextOptions = {}): string {
  const style = options.style ?? PLAIN;
  const lost = verdict.seeds.filter(seed => seed.outcome === 'lost');
  const lines = [`${style.strong(verdict.challenge)}  ${harmless(verdict.title)}`, policyLine(verdict), ''];

  if (verdict.seeds.length > 1) {
    lines.push(...seedTable(verdict, style), '');
  }
  const shown = lost[0] ?? verdict.seeds[0];
  lines.push(...goalLines(shown, verdict.seeds.length > 1, style));
  if (verdict.summary.length > 0) lines.push('', ...scoreLines(verdict));
  lines.push(...cyclesPart(shown.cyclesSpent ? shown : verdict.seeds.find(seed => seed.cyclesSpent)));
  lines.push(...troubles(shown, style));
  lines.push('', headline(verdict, lost.length, style));
  if (lost.length > 0) {
    lines.push(lost.length === 1 ? 'To see it again:' : 'To see them again:');
    for (const seed of lost.slice(0, LOST_SEEDS_SHOWN)) {
      lines.push(`  ${seed.reproduce.replace(/^oomph/, options.callName ?? 'oomph')}`);
    }
    if (lost.length > LOST_SEEDS_SHOWN) lines.push(`  and ${lost.length - LOST_SEEDS_SHOWN} more seeds`);
  } else if (options.explanation) {
    lines.push(
      '',
      ...options.explanation
        .trimEnd()
        .split('\n')
        .flatMap(line => wrap(harmless(line))),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** The one line of `--quiet`. */
export function verdictLine(verdict: Verdict): string {
  const lost = verdict.seeds.filter(seed => seed.outcome === 'lost').length;
  return `${verdict.challenge}: ${headline(verdict, lost, PLAIN)}\n`;
}

function policyLine(verdict: Verdict): string {
  const { name, info } = verdict.policy;
  const seeds = plural(verdict.seeds.length, 'seed');
  if (info === null) return `No policy: Linux decides. ${seeds}.`;
  const hooks = info.hooks.length > 0 ? info.hooks.join(', ') : 'no hook';
  return `Policy ${harmless(name)}: ${hooks}; ${plural(info.tokens, 'token')}. ${seeds}.`;
}

function starText(stars: number): string {
  return `${'*'.repeat(stars)}${'.'.repeat(3 - stars)}`;
}

function headline(verdict: Verdict, nrLost: number, style: Style): string {
  if (verdict.outcome === 'won') return style.good(`won, ${plural(verdict.stars, 'star')} of 3`);
  const of = verdict.seeds.length;
  return style.bad(of === 1 ? 'lost' : `lost on ${grouped(nrLost)} of ${plural(of, 'seed')}`);
}

function seedTable(verdict: Verdict, style: Style): string[] {
  const { seeds } = verdict;
  const lost = seeds.filter(seed => seed.outcome === 'lost');
  const shown = seeds.length <= SEEDS_SHOWN ? seeds : lost.slice(0, SEEDS_SHOWN);
  const note =
    seeds.length <= SEEDS_SHOWN ? [] : [`  won on ${seeds.length - lost.length} of ${seeds.length} seeds`];
  if (shown.length === 0) return note;
  const head = ['seed', 'result', 'stars', ...seeds[0].score.map(shortName), 'why'];
  const largest = seeds[0].score.map((_, i) => Math.max(...shown.map(seed => seed.score[i].value)));
  const rows = shown.map(seed => [
    String(seed.seed),
    seed.outcome,
    starText(seed.stars),
    ...seed.score.map((axis, i) =>
      ofNoPolicy(verdict, axis.metric) ? '-' : cell(axis.value, axis.unit, largest[i]),
    ),
    whyLost(seed),
  ]);
  const right = [0, ...seeds[0].score.map((_, i) => 3 + i)];
  const [first, ...rest] = columns([head, ...rows], right, '  ').map(fit);
  const lines = rest.map((line, i) => (shown[i].outcome === 'lost' ? style.bad(line) : line));
  return [style.dim(first), ...lines, ...note];
}

function fit(line: string): string {
  return line.length <= WIDTH ? line : `${line.slice(0, WIDTH - 3)}...`;
}

function whyLost(seed: SeedVerdict): string {
  const lost = seed.goals.find(goal => !goal.held);
  if (lost !== undefined) return `${lost.metric} is ${quantity(lost.value, lost.unit)}`;
  return seed.outcome === 'lost' ? 'a fault ended the run' : '';
}

function goalLines(seed: SeedVerdict, several: boolean, style: Style): string[] {
  const title = several ? `Goals, seed ${seed.seed}` : 'Goals';
  return [title, ...seed.goals.flatMap(goal => goalLine(goal, style))];
}

function goalLine(goal: GoalResult, style: Style): string[] {
  const mark = goal.held ? style.good('held') : style.bad('LOST');
  const lines = [`  ${mark}  ${harmless(goal.text)}: ${quantity(goal.value, goal.unit)}`];
  if (!goal.held && goal.lostAtEvent >= 0) {
    lines.push(`        first at ${duration(goal.lostAtUs)}, event ${grouped(goal.lostAtEvent)}`);
  }
  return lines;
}

/** `stall_time` for `page_alloc.stall_time of task editor`: the score below names it in full. */
function shortName(axis: ScoreResult): string {
  return axis.metric.split(/[ ,]/)[0].split('.').at(-1)!;
}

/** Linux alone has no tokens that could be few. */
function ofNoPolicy(verdict: Verdict, metric: string): boolean {
  return verdict.policy.info === null && metric === 'policy.tokens';
}

/** Par and gold stand beside a score that was won; a lost one is not rated. */
function scoreLines(verdict: Verdict): string[] {
  const spread = verdict.seeds.length > 1 ? ['worst', 'median', 'best'] : ['value'];
  const rated = verdict.outcome === 'won';
  const rows = verdict.summary.map((axis, i) => {
    const { par, gold, unit, better } = verdict.seeds[0].score[i];
    const values = verdict.seeds.length > 1 ? [axis.worst, axis.median, axis.best] : [axis.worst];
    const largest = Math.max(...values, ...(rated ? [par, gold] : []));
    const text = (value: number) => cell(value, unit, largest);
    const measured = values.map(value => (ofNoPolicy(verdict, axis.metric) ? '-' : text(value)));
    const bound = better === 'lower' ? '<=' : '>=';
    return rated ? [...measured, bound + text(par), bound + text(gold)] : measured;
  });
  const head = rated ? [...spread, 'par', 'gold'] : spread;
  const lines = columns([head, ...rows], [0, 1, 2, 3, 4]);
  const names = ['Score', ...verdict.summary.map(axis => harmless(axis.metric))];
  const room = WIDTH - 2 - Math.max(...lines.map(line => line.length));
  const width = Math.min(room, Math.max(...names.map(name => name.length)));
  // A name that leaves no room for its numbers stands on a line of its own.
  return lines.flatMap((line, i) => {
    const fits = names[i].length <= width;
    const row = `${(fits ? names[i] : '').padEnd(width)}  ${line}`;
    return fits ? [row] : [names[i], row];
  });
}

/** What a policy that is too dear has to save, of the first seed that is. */
function cyclesPart(seed: SeedVerdict | undefined): string[] {
  if (seed === undefined) return [];
  const title = `Where the cycles went, seed ${seed.seed} (docs/costs.md has all prices):`;
  return ['', title, ...cyclesLines(seed, WIDTH - 2).map(line => `  ${line}`)];
}

/** What went wrong in one seed: broken rules of the policy, its console, the kernel's own report. */
function troubles(seed: SeedVerdict, style: Style): string[] {
  const lines: string[] = [];
  if (seed.nrFaults > 0) {
    lines.push('', `${plural(seed.nrFaults, 'fault')} of the policy in seed ${seed.seed}:`);
    const kinds = faultKinds(seed.faults);
    const shown = kinds.slice(0, FAULTS_SHOWN);
    for (const { first, count } of shown) lines.push(...faultLines(first, count));
    const more = seed.nrFaults - shown.reduce((sum, { count }) => sum + count, 0);
    if (more > 0) lines.push(`  and ${grouped(more)} more`);
  }
  if (seed.console.length > 0) {
    lines.push('', `console.log of seed ${seed.seed}:`);
    for (const entry of seed.console.slice(0, CONSOLE_SHOWN)) {
      lines.push(
        style.dim(`  ${harmless(entry.file)}:${entry.line}, event ${grouped(entry.event)}: `) +
          cut(harmless(entry.text)),
      );
    }
    const more = seed.console.length - CONSOLE_SHOWN;
    if (more > 0) lines.push(`  and ${grouped(more)} more`);
  }
  if (seed.kernelReport !== undefined) {
    const { event, timeUs, lines: reported } = seed.kernelReport;
    const all = seed.metrics['kernel.bugs'] ?? 1;
    const which = all > 1 ? `The first of ${grouped(all)} bugs in the kernel` : 'A bug in the kernel';
    lines.push('', `${which}, seed ${seed.seed}: ${duration(timeUs)}, event ${grouped(event)}`);
    lines.push(...reported.map(line => `  ${harmless(line)}`.trimEnd()));
  }
  const notes = kernelNotes(seed, WIDTH - 2);
  if (notes.length > 0) {
    if (seed.kernelReport === undefined) lines.push('', `Bugs in the kernel, seed ${seed.seed}:`);
    lines.push(...notes.map(line => `  ${line}`));
  }
  if (seed.stackTrace !== undefined) {
    lines.push('', `The stack that overflowed, seed ${seed.seed}:`);
    lines.push(...stackTable(seed.stackTrace).map(line => `  ${harmless(line)}`));
  }
  const failure = seed.outcome === 'lost' ? tellingFailure(seed) : undefined;
  if (failure !== undefined) lines.push('', ...failureLines(seed, failure));
  return lines;
}

/** The first failure that a lost goal is about; else the first of all. */
function tellingFailure(seed: SeedVerdict): FailureReport | undefined {
  for (const goal of seed.goals) {
    if (goal.held || !goal.metric.startsWith('page_alloc.')) continue;
    const { task, order } = goal.where ?? {};
    const about = seed.failures.find(
      failure => (task ?? failure.task) === failure.task && (order ?? failure.order) === failure.order,
    );
    if (about !== undefined) return about;
  }
  return seed.failures[0];
}

/** Faults of one place and one kind are one entry, in the order in which they first happened. */
function faultKinds(faults: readonly PolicyFault[]): { first: PolicyFault; count: number }[] {
  const kinds = new Map<string, { first: PolicyFault; count: number }>();
  for (const fault of faults) {
    const { code, hook, file, line, column, value, message } = fault;
    const key = JSON.stringify([code, hook, file, line, column, value, message]);
    const kind = kinds.get(key);
    if (kind === undefined) kinds.set(key, { first: fault, count: 1 });
    else kind.count++;
  }
  return [...kinds.values()];
}

/** @param count  how often it happened; the fault is the first */
export function faultLines(fault: PolicyFault, count = 1): string[] {
  const times = count > 1 ? `, and ${grouped(count - 1)} times more` : '';
  const at = `${harmless(fault.file)}:${fault.line}:${fault.column}, in ${fault.hook}, event ${grouped(fault.event)}${times}`;
  const answer = fault.value === '' ? '' : `answered ${fault.value}: `;
  return [`  ${at}`, ...wrap(harmless(answer + fault.message), '    ')];
}

function cut(text: string): string {
  return text.length <= CONSOLE_COLUMNS ? text : `${text.slice(0, CONSOLE_COLUMNS)}...`;
}

function failureLines(seed: SeedVerdict, failure: FailureReport): string[] {
  const { metrics } = seed;
  const all = metrics['page_alloc.failures'] + (metrics['slab.failures'] ?? 0);
  const which = all === 1 ? 'The failed allocation' : `One of ${grouped(all)} failed allocations`;
  const at = `task ${harmless(failure.task)}, ${duration(failure.timeUs)}, event ${grouped(failure.event)}`;
  return [
    `${which}, seed ${seed.seed}: ${at}`,
    ...wrap(wantedText(failure), '  '),
    ...failure.kernelLog.map(line => `  ${harmless(line)}`.trimEnd()),
  ];
}

/** What was asked for and what there was: measured, and no more than that. */
function wantedText({ task, order, gfp, zones }: FailureReport): string {
  const pages = order === 0 ? '1 page' : `${2 ** order} pages in one piece`;
  const mode = `mode:0x${gfp.toString(16)} is ${gfpText(gfp)}`;
  const there = zones.map(({ name, freePages, largestBlock }) =>
    freePages === 0
      ? `${name} (no page free)`
      : `${name} (${plural(freePages, 'page')} free, the largest block ${largestBlock})`,
  );
  return `${harmless(task)} wanted ${pages}; ${mode}. That mask allows ${there.join(', then ')}.`;
}
