import { METRIC_NAMES, METRICS } from '../contract/metrics.ts';
import { markdownTable } from './markdownTable.ts';
import { columns, wrap } from './wrap.ts';

/** `oomph metrics`: every metric with unit, meaning and filters. */
export function metricsText(): string {
  const lines: string[] = [];
  for (const name of METRIC_NAMES) {
    const { unit, meaning, where, kind } = METRICS[name];
    const filters = where.length > 0 ? `; where: ${where.join(', ')}` : '';
    lines.push(...columns([[name, `${unit}, ${kind}${filters}`]], []), ...wrap(meaning, '    '));
  }
  return `${lines.join('\n')}\n`;
}

/** The same for programs: an array of { name, unit, subsystem, kind, better, where, meaning }. */
export function metricsJson(): string {
  const rows = METRIC_NAMES.map(name => {
    const { unit, subsystem, kind, better, where, meaning } = METRICS[name];
    return { name, unit, subsystem, kind, better, where, meaning };
  });
  return `${JSON.stringify(rows, null, 2)}\n`;
}

/** The table of docs/metrics.md. */
export function metricsMarkdown(): string {
  const rows = METRIC_NAMES.map(name => {
    const { unit, meaning, where, kind, better } = METRICS[name];
    return [`\`${name}\``, unit, kind, better, where.join(', '), meaning];
  });
  return markdownTable(['metric', 'unit', 'kind', 'better', 'where', 'meaning'], rows);
}
