import { COSTS } from '../../../src/engine/index.ts';
import { costsMarkdown } from '../../../src/report/costsTable.ts';
import { metricsMarkdown } from '../../../src/report/metricsTable.ts';
import { generatedBlock } from '../../generatedBlock.ts';

test('docs/metrics.md lists the metrics as they are', () => {
  expect(generatedBlock('metrics.md', 'metrics')).toBe(metricsMarkdown());
});

test('docs/costs.md lists the costs as they are', () => {
  expect(generatedBlock('costs.md', 'costs')).toBe(costsMarkdown());
  for (const { cycles, what } of COSTS) expect(costsMarkdown()).toContain(`| ${what} | ${cycles} |`);
});
