import { type MachinePart, METRIC_NAMES, METRICS } from '../contract/metrics.ts';
import { markdownTable } from './markdownTable.ts';
import { columns, wrap } from './wrap.ts';

/** Without it the metric counts nothing. */
const PARTS: Readonly<Record<MachinePart, string>> = {
  slab: 'slab',
  highmem: 'high memory',
  stacks: 'stacks',
  vm: 'page cache',
  processes: 'stacks or page cache',
  dataCache: 'data cache',
};

/** `oomph metrics`: every metric with unit, meaning and filters. */
export function metricsText(): string {
  const lines: string[] = [];
  for (const name of METRIC_NAMES) {
    const { unit, meaning, where, kind, needs } = METRICS[name];
    const filters = where.length > 0 ? `; where: ${where.join(', ')}` : '';
    const part = needs === undefined ? '' : `; needs ${PARTS[needs]}`;
    lines.push(...columns([[name, `${unit}, ${kind}${filters}${part}`]], []), ...wrap(meaning, '    '));
  }
  return `${lines.join('\n')}\n`;
}

/** The same for programs: an array of { name, unit, subsystem, kind, better, where, needs, meaning }. */
export function metricsJson(): string {
  const rows = METRIC_NAMES.map(name => {
    const { unit, subsystem, kind, better, where, needs, meaning } = METRICS[name];
    return { name, unit, subsystem, kind, better, where, needs: needs ?? null, meaning };
  });
  return `${JSON.stringify(rows, null, 2)}\n`;
}

/** The table of docs/metrics.md. */
export function metricsMarkdown(): string {
  const rows = METRIC_NAMES.map(name => {
    const { unit, meaning, where, kind, better, needs } = METRICS[name];
    return [
      `\`${name}\``,
      unit,
      kind,
      better,
      where.join(', '),
      needs === undefined ? '' : PARTS[needs],
      meaning,
    ];
  });
  return markdownTable(['metric', 'unit', 'kind', 'better', 'where', 'needs', 'meaning'], rows);
}
