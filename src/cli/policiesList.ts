import type { Command } from 'commander';
import { policiesJson, policiesText } from '../report/policiesTable.ts';

export function registerPolicies(program: Command): void {
  program
    .command('policies')
    .summary('list the policies that come with oomph')
    .description('List the policies that come with oomph: name, the hooks they decide, and what they do.')
    .option('--json', 'print them as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  oomph run zones/the-sound-card --policy builtin:dma-reserve\n\nThe sources are in the folder policies, a page on each is in docs/policies.',
    )
    .action((options: { json?: boolean }) => {
      process.stdout.write(options.json ? policiesJson() : policiesText());
    });
}
