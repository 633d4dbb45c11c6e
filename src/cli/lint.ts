import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Diagnostic } from '../contract/diagnostic.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { type ProvenChallenge, proofJson, proofText } from '../report/proof.ts';
import { plural } from '../report/quantity.ts';
import { checkUniqueIds } from '../spec/challenge.ts';
import { chapterMissing } from '../spec/chapter.ts';
import { type ChallengeLoad, loadChallenge, loadChapter } from '../spec/load.ts';
import {
  CHAPTER_FILE,
  challengeFiles,
  chaptersOf,
  findChallenge,
  type LoadedChallenge,
  shippedChallenges,
  shippedFile,
} from './challenges.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_LOST, EXIT_PASSED } from './exit.ts';
import { isAssignment, openAssignment } from './grade/assignment.ts';
import { readPolicyFor } from './policies.ts';
import { isTunables } from './policyFiles.ts';
import { proveAll } from './prove.ts';
import { parseSeeds } from './seeds.ts';
import { styleFor } from './terminal.ts';
import { parseJobs } from './workerPool.ts';

interface LintOptions {
  prove?: boolean;
  seeds: string;
  jobs?: string;
  json?: boolean;
}

export function registerLint(program: Command): void {
  program
    .command('lint')
    .summary('check challenge files and assignments')
    .description(
      'Check challenge files, and assignments with the challenges that they name. With --prove, play them: on every seed the reference policy, the naive policy, an empty one and Linux alone must get the stars that the file says.',
    )
    .argument('[paths...]', 'challenge files, folders, ids or assignments (default: the challenges of oomph)')
    .option('--prove', 'play the reference policy, the naive policy, an empty one and Linux alone')
    .option('--seeds <list>', 'seeds to prove on: 1,2,3 or 1-50', '1-50')
    .option('--jobs <number>', 'processes that play at once (default: one for each core)')
    .option('--json', 'print the diagnostics, or with --prove the proof, as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  oomph lint my-challenge.yaml\n  oomph lint challenges --prove --seeds 1-50\n  oomph lint hw1/assignment.yaml --prove\n\nExit codes: 0 nothing found but warnings, 1 not proven, 2 a file is at fault.',
    )
    .action(async (paths: string[], options: LintOptions) => {
      process.exitCode = await lint(paths, options);
    });
}

async function lint(named: string[], options: LintOptions): Promise<number> {
  const paths = named.length > 0 ? named : [shippedChallenges];
  const seeds = parseSeeds(options.seeds);
  const jobs = parseJobs(options.jobs);
  const style = styleFor(process.stdout);
  const assignments = paths.filter(isAssignment).map(openAssignment);
  const others = paths.filter(path => !isAssignment(path));
  const assigned = assignments.flatMap(({ challenges }) => challenges.map(({ file }) => file));
  const loaded = onceEach([...others, ...assigned].flatMap(challengesAt));
  const diagnostics = [
    ...assignments.flatMap(assignment => assignment.diagnostics),
    ...loaded.flatMap(challenge => [...challenge.diagnostics, ...tunablesDiagnostics(challenge)]),
    ...checkUniqueIds(loaded),
    ...others.flatMap(chapterDiagnostics),
  ];
  const nrErrors = diagnostics.filter(d => d.severity === 'error').length;
  const isFaulty = nrErrors > 0 || loaded.some(challenge => challenge.plan === null);
  // The diagnostics of a proof are a part of its document.
  if (!options.json) process.stdout.write(diagnosticsText(diagnostics, style));
  else if (isFaulty || !options.prove) process.stdout.write(`${JSON.stringify(diagnostics, null, 2)}\n`);
  if (isFaulty) return EXIT_BAD_INPUT;
  const nrMissing = diagnostics.filter(d => d.code === 'W-POLICY-MISSING').length;
  if (options.prove && nrMissing > 0) {
    throw new BadInput(
      `--prove plays the policies that challenges name, and ${plural(nrMissing, 'file')} of them ${nrMissing === 1 ? 'is' : 'are'} missing`,
    );
  }
  if (options.prove) {
    const proofs: ProvenChallenge[] = [];
    const finished = await proveAll(loaded, seeds, jobs, untidyTexts, proof => {
      proofs.push(proof);
      if (!options.json) process.stdout.write(proofText(proof.plan, proof.proof, style));
    });
    if (!finished) return EXIT_INTERRUPTED;
    if (options.json) process.stdout.write(proofJson(seeds, proofs, diagnostics));
    return proofs.every(({ proof }) => proof.problems.length === 0) ? EXIT_PASSED : EXIT_LOST;
  }
  if (!options.json) {
    const found =
      diagnostics.length > 0 ? plural(diagnostics.length, 'warning') : 'nothing to complain about';
    const what = assignments.length > 0 ? `${plural(assignments.length, 'assignment')}, ` : '';
    process.stdout.write(`${what}${plural(loaded.length, 'challenge')}: ${found}\n`);
  }
  return EXIT_PASSED;
}

function challengesAt(path: string): LoadedChallenge[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) {
    const files = challengeFiles(path);
    if (files.length === 0)
      throw new BadInput(`${path} has no challenge.yaml in it: name challenge files, or their folder`);
    return files.map(file => ({ name: file, file, ...load(file) }));
  }
  const { name, file } = findChallenge(path);
  return [{ name, file, ...load(file) }];
}

/** A challenge is named by its folder, by its file or by its id, and is one. */
function onceEach(challenges: LoadedChallenge[]): LoadedChallenge[] {
  const byFile = new Map(challenges.map(challenge => [resolve(challenge.file), challenge]));
  return [...byFile.values()];
}

/** What is wrong with the policies of tunables that a challenge names: they need no run to be judged. */
function tunablesDiagnostics({ plan, file }: LoadedChallenge): Diagnostic[] {
  if (plan === null) return [];
  const paths = [plan.reference, plan.naive].filter(isTunables).map(name => resolve(dirname(file), name));
  return paths.filter(existsSync).flatMap(path => {
    const read = readPolicyFor(path, plan);
    return 'diagnostics' in read ? read.diagnostics : [];
  });
}

/** What is said of the chapters in a folder, or of the chapter that it is. */
function chapterDiagnostics(path: string): Diagnostic[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
  const own = join(path, CHAPTER_FILE);
  const found = existsSync(own) ? loadChapter(own).diagnostics : [];
  const chapters = chaptersOf(path, load => found.push(...load.diagnostics));
  const without = chapters.filter(({ folder }) => !existsSync(join(folder, CHAPTER_FILE)));
  return [...found, ...without.map(({ folder }) => chapterMissing(join(folder, CHAPTER_FILE)))];
}

function load(file: string): ChallengeLoad {
  return loadChallenge(file, {
    isThere: policy => existsSync(resolve(dirname(file), policy)),
    texts: true,
    shipped: shippedFile,
  });
}

/** Warnings that a player would see: a challenge with one is not proven. */
function untidyTexts({ diagnostics }: LoadedChallenge): string[] {
  return diagnostics
    .filter(({ code }) => code === 'W-TEXT-WIDE' || code === 'W-HINT-ORDER')
    .map(({ code, line, column, message }) => `${code} at ${line}:${column}: ${message}`);
}
