import type {
  AnswersPart,
  Comparison,
  MapAt,
  MetricPair,
  Operation,
  SideAnswer,
} from '../harness/compare.ts';
import { type MapDifference, PAGE_KINDS, type PageKind, SAME } from '../harness/pageKinds.ts';
import { gfpText } from './gfpText.ts';
import { cell, duration, grouped, plural, quantity } from './quantity.ts';
import { answerText, questionText, zoneText } from './requestText.ts';
import { harmless } from './sourceColumns.ts';
import { PLAIN, type Style } from './style.ts';
import { columns, wrap } from './wrap.ts';

export interface ComparedSide {
  /** As the user named it. */
  name: string;
  /** Its policy; null: Linux decided. */
  policy: { name: string; hash: string; tokens: number; hooks: readonly string[] } | null;
}

export interface DiffReport {
  challenge: string;
  title: string;
  seed: number;
  a: ComparedSide;
  b: ComparedSide;
  comparison: Comparison;
}

export interface DiffTextOptions {
  style?: Style;
  /** The metrics that are the same too. */
  all?: boolean;
}

const SIGNS: Record<PageKind, string> = {
  user: 'u',
  kernel: 'k',
  page_cache: 'c',
  driver: 'd',
  free: '-',
  pcp: 'o',
  reserved: '#',
  slab: 's',
  stack: 't',
  page_table: 'p',
  vmalloc: 'v',
  anonymous: 'n',
};
const LEGEND =
  '. the same in both; u k c d pages of user, kernel, page cache, driver; - free; o in a per-CPU list; # reserved';
/** Behind the legend where a map has any of them. */
const ENGINE_LEGEND = '; s t p v n slab, kernel stack, page table, vmalloc, anonymous';
const ENGINE_KINDS = ['slab', 'stack', 'page_table', 'vmalloc', 'anonymous'].map(kind =>
  PAGE_KINDS.indexOf(kind as PageKind),
);
const WORDS: Record<PageKind, string> = {
  user: 'user',
  kernel: 'kernel',
  page_cache: 'page cache',
  driver: 'driver',
  free: 'free',
  pcp: 'per-CPU list',
  reserved: 'reserved',
  slab: 'slab',
  stack: 'kernel stack',
  page_table: 'page table',
  vmalloc: 'vmalloc',
  anonymous: 'anonymous',
};
const CELLS_IN_ROW = 64;
const CHANGES_SHOWN = 4;

/** Whether nothing that happened is different: no answer, page or metric. The size of the policy happened to nobody. */
export function areSame({ comparison }: DiffReport): boolean {
  const { answers, memory, metrics, a, b } = comparison;
  return (
    answers === null &&
    memory === null &&
    metrics.every(pair => pair.a === pair.b || pair.metric === 'policy.tokens') &&
    a.outcome === b.outcome &&
    a.stateHash === b.stateHash
  );
}

/** The comparison for people, 80 columns. */
export function diffText(report: DiffReport, options: DiffTextOptions = {}): string {
  const style = options.style ?? PLAIN;
  const { comparison } = report;
  const lines = [
    `${style.strong(report.challenge)}  ${harmless(report.title)}`,
    `seed ${report.seed}`,
    '',
    ...columns(
      [sideRow('A', report.a, comparison.a.outcome), sideRow('B', report.b, comparison.b.outcome)],
      [],
      '  ',
    ),
    '',
  ];
  if (areSame(report)) {
    lines.push(style.good('no difference: every answer, every page and the end are the same'));
    if (!options.all) return `${lines.join('\n')}\n`;
  } else {
    lines.push(...answerLines(comparison.answers, style), '', ...memoryLines(comparison, style));
  }
  lines.push('', ...metricLines(comparison.metrics, options.all === true, style));
  lines.push('', ...goalLines(comparison, style));
  for (const map of comparison.maps) lines.push('', ...mapLines(map, comparison, style));
  if (comparison.maps.some(map => map.zones.some(zone => zone.differing > 0))) {
    const zones = comparison.maps.flatMap(map => map.zones);
    const engine = zones.some(zone =>
      ENGINE_KINDS.some(kind => zone.a.includes(kind) || zone.b.includes(kind)),
    );
    lines.push('', ...wrap(LEGEND + (engine ? ENGINE_LEGEND : '')).map(style.dim));
  }
  return `${lines.join('\n')}\n`;
}

function sideRow(letter: string, side: ComparedSide, outcome: string): string[] {
  const { policy } = side;
  const what =
    policy === null
      ? 'no policy: Linux decides'
      : `${policy.hooks.join(', ')}; ${plural(policy.tokens, 'token')}; ${policy.hash}`;
  return [letter, outcome, harmless(side.name), what];
}

function answerLines(part: AnswersPart | null, style: Style): string[] {
  if (part === null) return ['Their answers never part.'];
  const { operation, hook } = part;
  const waiting =
    part.task === operation.task ? '' : ` (asked again for ${harmless(part.task)}, which waits)`;
  return [
    style.strong(`Their answers part at event ${grouped(operation.event)}, ${duration(operation.timeUs)}`),
    `  ${operationText(operation)}${waiting}`,
    ...wrap(`${hook}: ${questionText(hook, part.request)}`, '  '),
    ...columns([sideAnswer('A', part, part.a), sideAnswer('B', part, part.b)], [], '    '),
  ];
}

/** What one side did at the first different answer: its name, and that. */
export function sideAnswer(letter: string, part: AnswersPart, side: SideAnswer): string[] {
  const done = answerText(part.hook, side.done);
  const linux = side.done === part.linux ? ', as Linux' : '';
  if (!side.decided) return [letter, `${done}, as Linux: it does not decide this`];
  if (side.rule !== '') return [letter, `${done}${linux}: it answered ${side.given}, which ${side.rule}`];
  if (side.given === part.linux || side.done !== part.linux) return [letter, `${done}${linux}`];
  return [letter, `${done}${linux}: it ${side.given === -1 ? 'left it to Linux' : 'gave no usable answer'}`];
}

function memoryLines({ answers, memory, nrOps }: Comparison, style: Style): string[] {
  if (memory === null) {
    const why = answers === null ? '' : ': what they answer differently changes nothing in it';
    return [`Memory is the same all the way${why}.`];
  }
  const { operation } = memory;
  const lines = [
    style.strong(`Memory parts at event ${grouped(operation.event)}, ${duration(operation.timeUs)}`),
    `  ${operationText(operation)}`,
  ];
  if (operation.kind !== 'free') {
    const got = (pfn: number): string => (pfn < 0 ? 'nothing' : `pfn ${grouped(pfn)}`);
    if (memory.a === memory.b) lines.push(`    both get ${got(memory.a)}; what is free differs`);
    else lines.push(`    A gets ${got(memory.a)}, B ${got(memory.b)}`);
  }
  if (nrOps.a !== nrOps.b) {
    const [first, op] = nrOps.a < nrOps.b ? ['A', nrOps.a] : ['B', nrOps.b];
    lines.push(`A fault ended ${first} at event ${grouped(op)}.`);
  }
  return lines;
}

export function operationText({ kind, task, order, gfp, cpu }: Operation): string {
  const who = harmless(task);
  if (kind === 'free') return `${who} frees a block of order ${order} on CPU ${cpu}`;
  return `${who} asks ${kind === 'retry' ? 'again ' : ''}for order ${order}, ${gfpText(gfp)}, on CPU ${cpu}`;
}

function metricLines(metrics: readonly MetricPair[], all: boolean, style: Style): string[] {
  const shown = all ? metrics : metrics.filter(pair => pair.a !== pair.b);
  const same = metrics.length - metrics.filter(pair => pair.a !== pair.b).length;
  const rest = all || same === 0 ? [] : [style.dim(`  ${plural(same, 'metric')} the same; --all shows them`)];
  if (shown.length === 0) return ['Metrics at the end', ...rest];
  const rows = shown.map(({ metric, unit, a, b, better }) => {
    const change = b - a;
    const verdict = change === 0 ? '' : change > 0 === (better === 'higher') ? 'B better' : 'B worse';
    return [harmless(metric), cell(a, unit), cell(b, unit), changeText(change, unit), verdict];
  });
  const [head, ...lines] = columns([['Metrics at the end', 'A', 'B', 'B - A', ''], ...rows], [1, 2, 3]);
  return [style.dim(head), ...lines.map((line, i) => colourOf(rows[i][4], style)(line)), ...rest];
}

function colourOf(verdict: string, style: Style): (text: string) => string {
  if (verdict === 'B better') return style.good;
  return verdict === 'B worse' ? style.bad : text => text;
}

function changeText(change: number, unit: string): string {
  if (change === 0) return '';
  const size = unit === 'order' ? String(Math.abs(change)) : cell(Math.abs(change), unit);
  return `${change > 0 ? '+' : '-'}${size}`;
}

function goalLines({ a, b }: Comparison, style: Style): string[] {
  const held = (yes: boolean): string => (yes ? style.good('held') : style.bad('LOST'));
  return [
    'Goals',
    ...a.goals.flatMap((goal, i) => {
      const other = b.goals[i];
      const values = `A ${quantity(goal.value, goal.unit)}, B ${quantity(other.value, other.unit)}`;
      return [`  A ${held(goal.held)}  B ${held(other.held)}  ${harmless(goal.text)}`, `      ${values}`];
    }),
  ];
}

function mapLines(map: MapAt, { memory }: Comparison, style: Style): string[] {
  const when =
    map.when === 'parting'
      ? `after event ${grouped(memory!.operation.event)}`
      : map.when === 'end'
        ? 'at the end'
        : `at ${duration(map.timeUs)}`;
  const lines = [style.strong(`Pages ${when}`)];
  for (const zone of map.zones) lines.push(...zoneLines(zone, style));
  return lines;
}

function zoneLines(zone: MapDifference, style: Style): string[] {
  const name = zoneText(zone.zone).padEnd(8);
  if (zone.differing === 0) return [`  ${name}  the same`];
  const shown = zone.changes
    .slice(0, CHANGES_SHOWN)
    .map(({ a, b, pages }) => `${grouped(pages)} ${WORDS[a]} in A, ${WORDS[b]} in B`);
  if (zone.changes.length > CHANGES_SHOWN) shown.push('and others');
  const size = zone.pagesPerCell === 1 ? 'a cell is a page' : `a cell is ${zone.pagesPerCell} pages`;
  const lines = [
    `  ${name}  ${grouped(zone.differing)} of ${plural(zone.nrPages, 'page')} differ; ${size}`,
    ...wrap(shown.join('; '), '    '),
  ];
  for (let from = 0; from < zone.a.length; from += CELLS_IN_ROW) {
    const [a, b] = [zone.a, zone.b].map(cells => signs(cells.subarray(from, from + CELLS_IN_ROW)));
    if (/^\.*$/.test(a)) lines.push(style.dim(`    A B  ${a}`));
    else lines.push(`    A    ${a}`, `      B  ${b}`);
  }
  return lines;
}

function signs(cells: Uint8Array): string {
  return Array.from(cells, kind => (kind === SAME ? '.' : SIGNS[PAGE_KINDS[kind]])).join('');
}
