import { COSTS } from '../../../src/engine/index.ts';
import { costsMarkdown } from '../../../src/report/costsTable.ts';
import { metricsMarkdown } from '../../../src/report/metricsTable.ts';
import { generatedBlock } from '../../generatedBlock.ts';

test('docs/metrics.md lists the metrics as they are', () => {
  expect(generatedBlock('metrics.md', 'metrics')).toBe(metricsMarkdown());
});

test('docs/costs.md lists the costs as they are', () => {
  expect(generatedBlock('costs.md', 'costs')).toBe(costsMarkdown());
  const rows = costsMarkdown()
    .split('\n')
    .map(row => row.split('|').map(cell => cell.trim()));
  for (const { key, cycles, what } of COSTS)
    expect(rows).toContainEqual(['', `\`${key}\``, what, String(cycles), expect.any(String), '']);
});
