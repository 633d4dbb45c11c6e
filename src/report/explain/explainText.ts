/** Why a run was lost, as text of 80 columns; tables and the kernel's own lines may be longer. */
import type { Cause } from '../../harness/cause.ts';
import type { GoalMargin } from '../../harness/explanation.ts';
import { type CauseLine, causeLines, marginText } from '../causeText.ts';
import { duration, grouped, quantity } from '../quantity.ts';
import { harmless } from '../sourceColumns.ts';
import { PLAIN, type Style } from '../style.ts';
import { WIDTH, wrap } from '../wrap.ts';
import { type ExplainReport, seedText } from './explainReport.ts';
import { growthText } from './growth.ts';
import { helpOf } from './help.ts';
import { storyOf } from './story.ts';

export interface ExplainTextOptions {
  style?: Style;
  /** What to type for oomph. */
  callName?: string;
}

export function explainText(report: ExplainReport, options: ExplainTextOptions = {}): string {
  const style = options.style ?? PLAIN;
  const { explanation } = report;
  const { goals, kernelLog, kernelSilenced, series, picture } = explanation;
  const lines = [
    `${style.strong(report.challenge)}  ${harmless(report.title)}`,
    ...wrap(harmless(`${policyText(report)} ${seedText(report)}`)),
    '',
    style.strong('What happened'),
  ];
  for (const { timeUs, event, text, bad } of storyOf(report)) {
    const when = event < 0 ? '' : `${duration(timeUs)}, event ${grouped(event)}: `;
    const [first, ...rest] = hanging(harmless(when + text), 2, 4);
    lines.push(...[first, ...rest].map(line => (bad ? style.bad(line) : line)));
  }
  lines.push('', ...causePart(report, explanation.cause, style));
  if (explanation.goalCause !== null) lines.push('', ...causePart(report, explanation.goalCause, style));
  if (kernelLog.length > 0 && explanation.cause.kind === 'allocation') {
    lines.push('', style.strong('The kernel says'));
    if (kernelSilenced) lines.push('  (nothing, for __GFP_NOWARN forbids it; without that:)');
    lines.push(...kernelLog.map(line => `  ${harmless(line)}`.trimEnd()));
  }
  if (goals.length > 0)
    lines.push('', style.strong('Goals'), ...goals.flatMap(goal => goalLines(goal, style)));
  const growth = series === null ? '' : growthText(series, picture.timesUs);
  if (growth !== '') lines.push(...wrap(harmless(`${series!.metric}: ${growth}`), ' '.repeat(8), WIDTH));
  lines.push('', style.strong('What would have helped'));
  for (const line of helpOf(report)) lines.push(...hanging(harmless(`- ${line}`), 2, 4));
  lines.push('', ...whatNext(report, options.callName ?? 'oomph'));
  return `${lines.join('\n')}\n`;
}

function policyText({ policy }: ExplainReport): string {
  return policy === null ? 'No policy: Linux decides.' : `Policy ${policy.name}.`;
}

function hanging(text: string, first: number, rest: number): string[] {
  const [line, ...more] = wrap(text, ' '.repeat(rest), WIDTH);
  return [' '.repeat(first) + line.slice(rest), ...more];
}

function causePart({ file, sources, machine }: ExplainReport, cause: Cause, style: Style): string[] {
  const lines: string[] = [];
  const paint: Record<CauseLine['tone'], (text: string) => string> = {
    heading: style.strong,
    bad: style.bad,
    strong: style.strong,
    dim: style.dim,
    text: text => text,
    table: text => text,
  };
  const words = { file, sources, pageBytes: machine.pageBytes };
  for (const { text, tone, indent } of causeLines(cause, words)) {
    if (tone === 'heading' && lines.length > 0) lines.push('');
    const lead = ' '.repeat(indent);
    const shown = harmless(text);
    const parts = tone === 'table' ? [lead + shown] : wrap(shown, lead, WIDTH);
    lines.push(...parts.map(part => paint[tone](part)));
  }
  return lines;
}

/** `12 too much`, or what there was to spare. */
export function goalMargin({ value, wanted, compare, unit }: GoalMargin): string {
  return marginText({ after: value, wanted, compare, unit });
}

function goalLines(goal: GoalMargin, style: Style): string[] {
  const { held, text, value, unit, lostAtEvent, lostAtUs } = goal;
  const mark = held ? style.good('held') : style.bad('LOST');
  const at = held || lostAtEvent < 0 ? '' : `, at ${duration(lostAtUs)}, event ${grouped(lostAtEvent)}`;
  const [first, ...rest] = wrap(
    harmless(`${text}: ${quantity(value, unit)}, ${goalMargin(goal)}${at}`),
    ' '.repeat(8),
    WIDTH,
  );
  return [`  ${mark}  ${first.trimStart()}`, ...rest];
}

function whatNext({ explanation, command, reproduce, nrHints }: ExplainReport, callName: string): string[] {
  const { counts, what } = explanation;
  const call = (text: string): string => text.replace(/^oomph/, callName);
  const lines = ['To see the run:', `  ${call(reproduce)}`];
  const others = (['failure', 'bug', 'oom', 'fault'] as const).filter(
    kind => (counts[kind] ?? 0) > (kind === what.kind ? 1 : 0),
  );
  const lost = explanation.goals.flatMap(({ held }, i) =>
    held || i === explanation.lostGoal ? [] : [i + 1],
  );
  const asks = [
    ...others.map(kind => `--${kind} N (1 to ${grouped(counts[kind]!)})`),
    ...(lost.length > 0 ? [`--goal ${lost.join(', ')}`] : []),
  ];
  if (asks.length > 0)
    lines.push(...wrap(`To explain something else, add ${asks.join(', or ')} to:`), `  ${call(command)}`);
  lines.push('As a page with plots and maps:', `  ${call(command)} --html explanation.html`);
  if (nrHints > 0)
    lines.push(...wrap(`The challenge has ${nrHints} hints; they are told in the game alone.`));
  return lines;
}

/** Of a run in which nothing went wrong. */
export function nothingText(
  report: Pick<ExplainReport, 'challenge' | 'seeds' | 'command'>,
  goals: readonly GoalMargin[],
  nearest: number,
  { style = PLAIN, callName = 'oomph' }: ExplainTextOptions = {},
): string {
  const { challenge, seeds, command } = report;
  const where = seeds.length === 1 ? `seed ${seeds[0]} is` : `all ${seeds.length} seeds are`;
  const lines = [
    `${challenge}: ${style.good(`${where} won`)}, and nothing went wrong: there is nothing to explain.`,
  ];
  if (nearest >= 0) {
    const goal = goals[nearest];
    lines.push(
      ...wrap(
        `The goal that came nearest to being lost, on seed ${seeds[0]}: ${harmless(goal.text)}: ${quantity(goal.value, goal.unit)}, ${goalMargin(goal)}.`,
      ),
      'To have that explained:',
      `  ${command.replace(/^oomph/, callName)} --goal ${nearest + 1}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
