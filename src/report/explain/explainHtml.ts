/** Why a run was lost, as one page with its timeline and its map. */
import type { PinnedBlock } from '../../harness/causeAllocation.ts';
import type { Moment } from '../../harness/explanation.ts';
import { MARK_KINDS, type MarkKind } from '../../harness/marks.ts';
import { type CauseLine, causeLines, choiceOf, KINDS } from '../causeText.ts';
import { escapeHtml as esc, htmlPage, htmlTable, nameHtml } from '../html/page.ts';
import { blockMap, type Highlight, mapPatterns, pageMaps } from '../html/pageMap.ts';
import { eventStrip, fragmentationPlot, freePagesPlot, seriesPlot } from '../html/plots.ts';
import { duration, grouped, plural, quantity } from '../quantity.ts';
import { type ExplainReport, seedText } from './explainReport.ts';
import { goalMargin } from './explainText.ts';
import { growthText } from './growth.ts';
import { helpOf } from './help.ts';
import { storyOf } from './story.ts';

const pre = (text: string): string => `<pre tabindex="0">${esc(text.trimEnd())}</pre>`;

export function explainHtml(report: ExplainReport): string {
  const { explanation, policy, title, challenge, reproduce, version, nrHints } = report;
  const { outcome, kernelLog, kernelSilenced, cause, goalCause } = explanation;
  const words = { file: report.file, sources: report.sources, pageBytes: report.machine.pageBytes };
  const parts = [
    `<h1>${esc(title)}</h1>`,
    `<p>${nameHtml(challenge)}, ${policy === null ? 'without a policy: Linux decides' : `policy ${nameHtml(policy.name)}`}. ` +
      `<strong class="${outcome === 'won' ? 'good' : 'bad'}">${outcome}</strong></p>`,
    `<p class="dim">${esc(seedText(report))}</p>`,
    '<h2>What happened</h2>',
    storyHtml(report),
    '<h2>The cause</h2>',
    causeHtml(causeLines(cause, words)),
  ];
  if (goalCause !== null) parts.push(causeHtml(causeLines(goalCause, words)));
  if (cause.kind === 'allocation') parts.push(...cause.blocks.map((block, i) => blockHtml(report, block, i)));
  parts.push('<h2>The timeline</h2>', timelineHtml(report));
  parts.push('<h2>Memory at that moment</h2>', pageMaps(explanation.picture, 'map', highlightsOf(report)));
  if (kernelLog.length > 0) {
    parts.push('<h2>The kernel’s own report</h2>');
    if (kernelSilenced) parts.push('<p>It prints nothing, for __GFP_NOWARN forbids it. Without that:</p>');
    parts.push(pre(kernelLog.join('\n')));
  }
  parts.push('<h2>Goals</h2>', goalsHtml(report), '<h2>What would have helped</h2>');
  parts.push(
    `<ul>\n${helpOf(report)
      .map(line => `<li>${esc(line)}</li>`)
      .join('\n')}\n</ul>`,
  );
  if (nrHints > 0)
    parts.push(`<p class="dim">The challenge has ${nrHints} hints; they are told in the game alone.</p>`);
  parts.push(
    '<h2>To see it again</h2>',
    pre(reproduce),
    `<p class="dim">oomph ${esc(version)}, state ${explanation.stateHash}</p>`,
  );
  return htmlPage(
    `${title}: why seed ${explanation.seed} was ${outcome}`,
    [mapPatterns(), ...parts].join('\n'),
  );
}

function storyHtml(report: ExplainReport): string {
  const items = storyOf(report).map(({ timeUs, event, text, bad }) => {
    const when = event < 0 ? '' : `<span class="dim">${duration(timeUs)}, event ${grouped(event)}:</span> `;
    return `<li${bad ? ' class="beat-bad"' : ''}>${when}${esc(text)}</li>`;
  });
  return `<ol class="story">\n${items.join('\n')}\n</ol>`;
}

function causeHtml(lines: readonly CauseLine[]): string {
  const parts: string[] = [];
  let table: string[] = [];
  const endTable = (): void => {
    if (table.length > 0) parts.push(pre(table.join('\n')));
    table = [];
  };
  for (const { text, tone, indent } of lines) {
    if (tone === 'table') {
      table.push(text);
      continue;
    }
    endTable();
    const inner = indent > 2 ? ' class="inner"' : '';
    if (tone === 'heading') parts.push(`<h3>${esc(text)}</h3>`);
    else if (tone === 'bad') parts.push(`<p class="bad">${esc(text)}</p>`);
    else if (tone === 'strong') parts.push(`<p${inner}><strong>${esc(text)}</strong></p>`);
    else if (tone === 'dim') parts.push(`<p class="dim${indent > 2 ? ' inner' : ''}">${esc(text)}</p>`);
    else parts.push(`<p${inner}>${esc(text)}</p>`);
  }
  endTable();
  return parts.join('\n');
}

const hex = (pfn: number): string => `0x${pfn.toString(16).padStart(5, '0')}`;

/** A block page by page, and what stands in it. */
function blockHtml({ explanation, policy, sources }: ExplainReport, block: PinnedBlock, i: number): string {
  const { zone, pfn, pages, pinnedPages, freePages, pcpPages, pins, nrPins } = block;
  const cells = explanation.blockCells[i];
  if (pages === 1 || cells === undefined) return '';
  const named = {
    id: `block-${i}`,
    title: `Block ${hex(pfn)} of ${zone}, page by page`,
    description:
      `${plural(pages, 'page')}: ${grouped(freePages)} free, ${grouped(pcpPages)} in per-CPU lists, ` +
      `${grouped(pinnedPages)} in use.`,
  };
  const rows = pins.map(pin => [
    hex(pin.pfn),
    grouped(2 ** pin.order),
    esc(pin.task === '' ? 'the kernel itself' : pin.task),
    KINDS[pin.kind],
    esc(pin.by === null ? 'before the workload began' : siteText(pin.by.text, pin.by.line)),
    pin.by === null ? '' : duration(pin.ageUs),
    esc(policy === null ? 'Linux’s own choice' : choiceOf(pin.decisions, { sources })),
  ]);
  const more = nrPins > pins.length ? `<p class="dim">and ${grouped(nrPins - pins.length)} more</p>` : '';
  const head = ['pfn', 'pages', 'owner', 'as', 'asked for by', 'held for', 'put there by'];
  return blockMap(named, cells) + htmlTable(`What stands in block ${hex(pfn)}`, head, rows, [1, 5]) + more;
}

const siteText = (text: string, line: number): string =>
  text.replace(/: pfn \d+$/, '') + (line > 0 ? `, line ${line}` : '');

const ROWS: Record<MarkKind, string> = {
  failure: 'failures',
  goal: 'goals lost',
  bug: 'bugs',
  oom: 'kills',
  reclaim: 'direct reclaim',
  flush: 'TLB flushes',
  fault: 'policy faults',
};

function timelineHtml({ explanation }: ExplainReport): string {
  const { picture, moments, counts, series } = explanation;
  const of = (kind: MarkKind): Moment[] => moments.filter(one => one.kind === kind);
  const rows = MARK_KINDS.filter(kind => (counts[kind] ?? 0) > 0).map(kind => ({
    label: ROWS[kind],
    timesUs: of(kind).map(({ timeUs }) => timeUs),
    total: counts[kind]!,
  }));
  const parts = [eventStrip(picture, rows, 'strip')];
  if (series !== null && Math.min(...series.values) >= 0) {
    const label = (value: number): string => quantity(value, series.unit);
    parts.push(
      seriesPlot(
        picture,
        { title: series.metric, values: series.values, wanted: series.wanted },
        label,
        'goal',
      ),
    );
    const growth = growthText(series, picture.timesUs);
    if (growth !== '') parts.push(`<p>${growth}</p>`);
  }
  parts.push(...picture.zones.map((zone, i) => freePagesPlot(picture, zone, `free-${i}`)));
  parts.push(...picture.zones.map((zone, i) => fragmentationPlot(picture, zone, `frag-${i}`)));
  return parts.join('\n');
}

function highlightsOf({ explanation: { cause, zones } }: ExplainReport): Highlight[] {
  if (cause.kind !== 'allocation') return [];
  return cause.blocks.map(({ zone, pfn, pages }, i) => ({
    zone,
    firstPage: pfn - (zones.find(({ name }) => name === zone)?.startPfn ?? 0),
    pages,
    text: i === 0 ? `the block of order ${cause.order} that came nearest` : 'the next',
  }));
}

function goalsHtml({ explanation: { goals } }: ExplainReport): string {
  const rows = goals.map(goal => [
    `<span class="${goal.held ? 'good' : 'bad'}">${goal.held ? '✓ held' : '✗ lost'}</span>`,
    esc(goal.text),
    quantity(goal.value, goal.unit),
    esc(goalMargin(goal)),
    goal.held || goal.lostAtEvent < 0 ? '' : `${duration(goal.lostAtUs)}, event ${grouped(goal.lostAtEvent)}`,
  ]);
  return htmlTable(
    'Every goal, with what there was to spare',
    ['', 'goal', 'value', 'margin', 'lost at'],
    rows,
    [2],
  );
}
