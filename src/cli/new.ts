import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { ChallengePlan } from '../contract/plan.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { policyTypes } from '../report/policyTypes.ts';
import { starterPolicy } from '../report/starterPolicy.ts';
import { starterTunables } from '../report/starterTunables.ts';
import { callName } from './called.ts';
import { findChallenge } from './challenges.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_PASSED } from './exit.ts';
import type { AutograderOptions } from './newAutograder.ts';
import { writeWithFolder } from './newFile.ts';
import type { NewSpecOptions } from './newSpec.ts';
import { POLICY_FOLDER, policyPathOf } from './play/entries.ts';
import { isTunables } from './policyFiles.ts';
import { packageRoot, version } from './root.ts';
import { styleFor } from './terminal.ts';
import { unwritable } from './unwritable.ts';

export function registerNew(program: Command): void {
  const make = program
    .command('new')
    .summary('start a policy, a spec or an assignment of your own')
    .description('Start a file of your own.');
  make
    .command('policy')
    .summary('a policy file with exactly the hooks of a challenge')
    .description(
      'Write a policy file with exactly the hooks of a challenge, and tsconfig.json and oomph.d.ts so that an editor completes and explains.',
    )
    .argument('<challenge>', 'challenge file, its folder, or an id such as zones/the-sound-card')
    .option('-o, --out <file>', 'where to write it (default: where the game keeps it, in oomph-policies)')
    .option('-f, --force', 'write over a file that is there')
    .addHelpText(
      'after',
      '\nExamples:\n  oomph new policy zones/the-sound-card\n  oomph new policy zones/the-sound-card --out my-policy.ts',
    )
    .action((name: string, options: { out?: string; force?: boolean }) => {
      process.exitCode = newPolicy(name, options);
    });
  make
    .command('spec')
    .summary('a regression test of what a challenge comes to now')
    .description('Run a challenge, and write a spec for oomph test that expects what came out.')
    .argument('<challenge>', 'challenge file, its folder, or an id such as zones/the-sound-card')
    .option(
      '-p, --policy <file>',
      'policy file; reference, naive: those of the challenge; builtin:NAME; none: Linux decides',
      'none',
    )
    .option('--seeds <list>', "seeds: 1,2,3 or 1-50 (default: the challenge's first three)")
    .option('-o, --out <file>', 'where to write it (default: NAME.spec.yaml here)')
    .option('-f, --force', 'write over a file that is there')
    .addHelpText(
      'after',
      `
Examples:
  oomph new spec zones/the-sound-card
  oomph new spec my-challenge.yaml -p mine.ts --seeds 1-10 -o mine.spec.yaml`,
    )
    .action(async (name: string, options: NewSpecOptions) => {
      process.exitCode = await (await import('./newSpec.ts')).newSpec(name, options);
    });
  make
    .command('assignment')
    .summary('coursework: an assignment and what students begin with')
    .description(
      'Write an assignment with every key explained, and starter/ for the students: policies, types for their editor, a README. Writes over nothing.',
    )
    .argument('<folder>', 'where to write it')
    .addHelpText('after', '\nExamples:\n  oomph new assignment hw1')
    .action(async (folder: string) => {
      process.exitCode = (await import('./newAssignment.ts')).newAssignment(folder);
    });
  make
    .command('autograder')
    .summary('coursework: a zip that Gradescope takes as it is')
    .description(
      'Write a Gradescope autograder: oomph with all that it needs, the assignment, and the scripts that Gradescope runs.',
    )
    .argument('<assignment>', 'assignment.yaml')
    .option('-o, --out <file>', 'where to write it', 'autograder.zip')
    .option('--secret <file>', 'mark on hidden seeds as well: the zip then HOLDS this secret')
    .option('-f, --force', 'write over a file that is there')
    .addHelpText(
      'after',
      `
Examples:
  oomph new autograder hw1/assignment.yaml
  oomph new autograder hw1/assignment.yaml --secret ~/.hw1-secret -o hw1.zip`,
    )
    .action(async (assignment: string, options: AutograderOptions) => {
      process.exitCode = (await import('./newAutograder.ts')).newAutograder(assignment, options);
    });
}

function newPolicy(name: string, options: { out?: string; force?: boolean }): number {
  const { plan, diagnostics } = findChallenge(name);
  if (diagnostics.length > 0) process.stderr.write(diagnosticsText(diagnostics, styleFor(process.stderr)));
  if (plan === null) return EXIT_BAD_INPUT;
  const path = options.out ?? policyPathOf(POLICY_FOLDER, plan.id, plan.form);
  if (!/\.(ts|js|ya?ml)$/.test(path))
    throw new BadInput(`${path}: a policy's name ends in .ts, .js or .yaml`);
  if (existsSync(path) && !options.force) {
    throw new BadInput(`${path} is there already: give another name with --out, or --force to write over it`);
  }
  writeWithFolder(path, starterFor(path, plan), options.force === true, '--out');
  process.stdout.write(`${path}\n`);
  const folder = options.out === undefined ? POLICY_FOLDER : dirname(path);
  try {
    if (!isTunables(path)) for (const made of writeEditorFiles(folder)) process.stdout.write(`${made}\n`);
  } catch (error) {
    throw unwritable(join(folder, 'tsconfig.json'), error, 'name another place with --out');
  }
  process.stdout.write(
    `\nEdit it, then:\n  ${callName()} run ${name} --policy ${path}\nWhat it may decide, and all that it sees:\n  ${callName()} docs policy\n`,
  );
  return EXIT_PASSED;
}

/**
 * What a player starts from, in the form that the name of the file asks for.
 *
 * @throws BadInput  tunables are asked for, and the challenge's hooks have none
 */
export function starterFor(path: string, plan: ChallengePlan): string {
  if (!isTunables(path)) return starterPolicy(plan, path.endsWith('.js') ? 'js' : 'ts');
  const text = starterTunables(plan);
  if (text !== null) return text;
  throw new BadInput(
    `${path}: no tunable decides ${plan.policy.hooks.join(', ') || 'anything here'}: write a policy in code, such as ${path.replace(/\.ya?ml$/, '.ts')}`,
  );
}

/**
 * Give the policies of a folder what an editor needs to complete and explain: a tsconfig.json and the types of 'oomph',
 * each unless there is one.
 *
 * @returns the paths written
 * @throws what the file system says
 */
export function writeEditorFiles(folder: string): string[] {
  const missing = editorFiles().filter(([name]) => !existsSync(join(folder, name)));
  return missing.map(([name, text]) => {
    const path = join(folder, name);
    writeFileSync(path, text());
    return path;
  });
}

/** What an editor needs beside policies, by name. */
export const editorFiles = (): [name: string, text: () => string][] => [
  ['tsconfig.json', editorConfig],
  ['oomph.d.ts', editorTypes],
];

/** Enough for an editor to know what the sandbox has. */
function editorConfig(): string {
  const config = {
    compilerOptions: {
      target: 'ES2022',
      lib: ['ES2022'],
      types: [],
      module: 'ESNext',
      moduleResolution: 'Bundler',
      strict: true,
      noEmit: true,
      allowJs: true,
      allowImportingTsExtensions: true,
    },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

function editorTypes(): string {
  const declarations = readFileSync(join(packageRoot, 'dist', 'policy', 'player.d.ts'), 'utf8');
  return policyTypes(declarations, version);
}
