import { basename, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { similarityText } from '../report/coursework/similarity.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_PASSED } from './exit.ts';
import { openAssignment, publicOnly } from './grade/assignment.ts';
import {
  type ComparedClass,
  DEFAULT_SIMILARITY,
  similarityReport,
  writeSimilarity,
} from './grade/similarity.ts';
import { findSubmissions } from './grade/submissions.ts';
import { makePlace } from './makeFolder.ts';
import { styleFor } from './terminal.ts';

interface SimilarityCommandOptions {
  out?: string;
  threshold: number;
  tokens: number;
  earlier?: string[];
}

export function registerSimilarity(program: Command): void {
  const { threshold, leastTokens } = DEFAULT_SIMILARITY;
  program
    .command('similarity')
    .summary('show which submissions are alike')
    .description(
      'Compare the policies that were handed in for each challenge, without running them: renamed variables, other comments, another order of functions, types or none, several files in place of one make no difference. What students begin with is left out. `oomph grade` does the same for the class that it marks.',
    )
    .argument('<assignment>', 'assignment.yaml')
    .argument('<submissions>', 'folder of the submissions')
    .option('-o, --out <folder>', 'where similarity.html and similarity.csv go')
    .option('--threshold <percent>', 'pairs that are less alike are left out', percentOf, threshold / 10)
    .option(
      '--tokens <n>',
      'nodes of the syntax tree in common at least; ten lines of code have about 60',
      tokensOf,
      leastTokens,
    )
    .option('--earlier <folder...>', 'submissions of other classes, which these may have been copied from')
    .addHelpText(
      'after',
      `
Examples:
  oomph similarity hw1/assignment.yaml handed-in
  oomph similarity hw1/assignment.yaml handed-in -o marks --threshold 80
  oomph similarity hw1/assignment.yaml work -o marks --earlier 2025

Alike is not copied: what it finds is for a person to look at.

Exit codes: 0 compared, whatever was found, 2 bad arguments or files, or nothing
to compare.`,
    )
    .action(async (assignment: string, submissions: string, options: SimilarityCommandOptions) => {
      process.exitCode = await similarity(assignment, submissions, options);
    });
}

function percentOf(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) <= 100 && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of per cent, 1 to 100.');
}

function tokensOf(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text) && Number(text) >= 16) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 16: shorter pieces are not looked for.');
}

async function similarity(file: string, folder: string, options: SimilarityCommandOptions): Promise<number> {
  const { plan: asked, diagnostics, challenges } = openAssignment(file);
  const found = [...diagnostics, ...challenges.flatMap(challenge => challenge.diagnostics)];
  if (found.length > 0) process.stderr.write(diagnosticsText(found, styleFor(process.stderr)));
  if (asked === null) return EXIT_BAD_INPUT;
  const plan = publicOnly(asked);
  const expected = plan.challenges.map(challenge => challenge.file);
  const classes: ComparedClass[] = [{ kind: 'submission', submissions: findSubmissions(folder, expected) }];
  for (const path of options.earlier ?? []) {
    const prefix = basename(resolve(path));
    const submissions = findSubmissions(path, expected);
    classes.push({
      kind: 'earlier',
      submissions: submissions.map(submission => ({ ...submission, id: `${prefix}/${submission.id}` })),
    });
  }
  if (options.out !== undefined) makePlace(options.out, options.out, '--out');
  const settings = { threshold: options.threshold * 10, leastTokens: options.tokens };
  const report = await similarityReport(plan, file, challenges, classes, settings);
  if (report.challenges.every(({ nrCompared }) => nrCompared < 2)) {
    throw new BadInput(
      `${folder} has nothing to compare: it takes two policies in code for one of the challenges`,
    );
  }
  process.stdout.write(similarityText(report));
  if (options.out !== undefined)
    process.stdout.write(`\n${writeSimilarity(options.out, report).join(', ')}\n`);
  return EXIT_PASSED;
}
