import type { Command } from 'commander';
import { metricsJson, metricsText } from '../report/metricsTable.ts';

export function registerMetrics(program: Command): void {
  program
    .command('metrics')
    .summary('list every metric with its unit and meaning')
    .description('List every metric that a goal or a score may name, with unit, filters and meaning.')
    .option('--json', 'print them as JSON')
    .addHelpText(
      'after',
      '\nExample, in a challenge file:\n  goal:\n    - {metric: page_alloc.failures, where: {task: sb16}, at_most: 0}',
    )
    .action((options: { json?: boolean }) => {
      process.stdout.write(options.json ? metricsJson() : metricsText());
    });
}
