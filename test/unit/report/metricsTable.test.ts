import { METRIC_NAMES } from '../../../src/contract/metrics.ts';
import { metricsJson, metricsText } from '../../../src/report/metricsTable.ts';

test('every metric has unit, kind, filters and meaning, within 80 columns', () => {
  const text = metricsText();
  const lines = text.split('\n');
  for (const name of METRIC_NAMES) expect(lines.some(line => line.startsWith(`${name}  `))).toBe(true);
  expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(80);
  expect(text).toContain(
    'page_alloc.failures  count, total; where: task, order\n    allocations that returned NULL',
  );
  expect(text).toContain('fork.failures  count, total; where: task; needs stacks\n');
});

test('the same for programs', () => {
  expect(JSON.parse(metricsJson()).map((m: { name: string }) => m.name)).toEqual(METRIC_NAMES);
});
