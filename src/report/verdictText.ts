import type { PolicyFault } from '../contract/policy.ts';
import type { FailureReport, GoalResult, SeedVerdict, Verdict } from '../contract/verdict.ts';
import { duration, grouped, plural, quantity } from './quantity.ts';
import { PLAIN, type Style } from './style.ts';
import { columns, wrap } from './wrap.ts';

const FAULTS_SHOWN = 5;
const CONSOLE_SHOWN = 20;
const LOST_SEEDS_SHOWN = 10;

export interface VerdictTextOptions {
  style?: Style;
  /** What the real kernel does, shown when the challenge is won. */
  explanation?: string;
}

/** The verdict for people, 80 columns; the kernel's own lines may be longer. */
export function verdictText(verdict: Verdict, options: VerdictTextOptions = {}): string {
  const style = options.style ?? PLAIN;
  const lost = verdict.seeds.filter(seed => seed.outcome === 'lost');
  const lines = [`${style.strong(verdict.challenge)}  ${verdict.title}`, policyLine(verdict), ''];

  if (verdict.seeds.length > 1) {
    lines.push(...seedTable(verdict, style), '');
  }
  const shown = lost[0] ?? verdict.seeds[0];
  lines.push(...goalLines(shown, verdict.seeds.length > 1, style));
  if (verdict.summary.length > 0) lines.push('', ...scoreLines(verdict));
  lines.push(...troubles(shown, style));
  lines.push('', headline(verdict, lost.length, style));
  if (lost.length > 0) {
    lines.push(lost.length === 1 ? 'To see it again:' : 'To see them again:');
    for (const seed of lost.slice(0, LOST_SEEDS_SHOWN)) lines.push(`  ${seed.reproduce}`);
    if (lost.length > LOST_SEEDS_SHOWN) lines.push(`  and ${lost.length - LOST_SEEDS_SHOWN} more seeds`);
  } else if (options.explanation) {
    lines.push('', ...wrap(options.explanation));
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
  return `Policy ${name}: ${hooks}; ${plural(info.tokens, 'token')}. ${seeds}.`;
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
  const head = ['seed', 'result', 'stars', ...verdict.seeds[0].score.map(axis => axis.metric), 'why'];
  const rows = verdict.seeds.map(seed => [
    String(seed.seed),
    seed.outcome,
    starText(seed.stars),
    ...seed.score.map(axis => quantity(axis.value, axis.unit)),
    whyLost(seed),
  ]);
  const right = [0, ...verdict.seeds[0].score.map((_, i) => 3 + i)];
  const [first, ...rest] = columns([head, ...rows], right, '  ');
  return [
    style.dim(first),
    ...rest.map((line, i) => (verdict.seeds[i].outcome === 'lost' ? style.bad(line) : line)),
  ];
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
  const lines = [`  ${mark}  ${goal.text}: ${quantity(goal.value, goal.unit)}`];
  if (!goal.held && goal.lostAtEvent >= 0) {
    lines.push(`        first at ${duration(goal.lostAtUs)}, event ${grouped(goal.lostAtEvent)}`);
  }
  return lines;
}

function scoreLines(verdict: Verdict): string[] {
  const head = ['Score', 'worst', 'median', 'best', 'par', 'gold', ''];
  const rows = verdict.summary.map((axis, i) => {
    const { par, gold, unit, better } = verdict.seeds[0].score[i];
    const q = (value: number) => quantity(value, unit);
    return [axis.metric, q(axis.worst), q(axis.median), q(axis.best), q(par), q(gold), `${better} is better`];
  });
  return columns([head, ...rows], [1, 2, 3, 4, 5]);
}

/** What went wrong in one seed: broken rules of the policy, its console, the kernel's own report. */
function troubles(seed: SeedVerdict, style: Style): string[] {
  const lines: string[] = [];
  if (seed.nrFaults > 0) {
    lines.push('', `${plural(seed.nrFaults, 'fault')} of the policy in seed ${seed.seed}:`);
    for (const fault of seed.faults.slice(0, FAULTS_SHOWN)) lines.push(...faultLines(fault));
    const more = seed.nrFaults - Math.min(seed.faults.length, FAULTS_SHOWN);
    if (more > 0) lines.push(`  and ${grouped(more)} more`);
  }
  if (seed.console.length > 0) {
    lines.push('', `console.log of seed ${seed.seed}:`);
    for (const entry of seed.console.slice(0, CONSOLE_SHOWN)) {
      lines.push(style.dim(`  ${entry.file}:${entry.line}, event ${grouped(entry.event)}: `) + entry.text);
    }
    const more = seed.console.length - CONSOLE_SHOWN;
    if (more > 0) lines.push(`  and ${grouped(more)} more`);
  }
  const failure = seed.failures[0];
  if (seed.outcome === 'lost' && failure !== undefined) lines.push('', ...failureLines(seed, failure));
  return lines;
}

export function faultLines(fault: PolicyFault): string[] {
  const at = `${fault.file}:${fault.line}:${fault.column}, in ${fault.hook}, event ${grouped(fault.event)}`;
  const answer = fault.value === '' ? '' : ` answered ${fault.value}:`;
  return [`  ${at}`, ...wrap(`${answer} ${fault.message}`.trim(), '    ')];
}

function failureLines(seed: SeedVerdict, failure: FailureReport): string[] {
  const all = seed.metrics['page_alloc.failures'];
  const which = all === 1 ? 'The failed allocation' : `The first of ${grouped(all)} failed allocations`;
  const at = `${duration(failure.timeUs)}, event ${grouped(failure.event)}, task ${failure.task}`;
  return [`${which} of seed ${seed.seed}: ${at}`, ...failure.kernelLog.map(line => `  ${line}`.trimEnd())];
}
