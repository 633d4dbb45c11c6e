/** `oomph new assignment`: a folder that `oomph grade` can mark by, and what students begin with. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import {
  type AssignedStarter,
  starterAssignment,
  studentReadme,
} from '../report/coursework/starterAssignment.ts';
import { callName } from './called.ts';
import { findChallenge } from './challenges.ts';
import { BadInput, EXIT_PASSED } from './exit.ts';
import { makeFolder } from './makeFolder.ts';
import { editorFiles, starterFor } from './new.ts';
import { unwritable } from './unwritable.ts';

/** One of numbers and one of code, both solved in an afternoon. */
const ASKED = [
  { id: 'pages/one-at-a-time', file: 'one-at-a-time.yaml', points: 4 },
  { id: 'zones/the-sound-card', file: 'the-sound-card.ts', points: 10 },
];

export function newAssignment(folder: string): number {
  const challenges: AssignedStarter[] = ASKED.map(({ id, file, points }) => ({
    plan: findChallenge(id).plan!,
    file,
    points,
  }));
  const files: [path: string, text: string][] = [
    ['assignment.yaml', starterAssignment(idFor(folder), challenges)],
    ...challenges.map(({ plan, file }): [string, string] => [`starter/${file}`, starterFor(file, plan)]),
    ...editorFiles().map(([name, text]): [string, string] => [`starter/${name}`, text()]),
    ['starter/README.md', studentReadme(callName(), challenges)],
  ];
  const there = files.map(([path]) => join(folder, path)).filter(path => existsSync(path));
  if (there.length > 0) throw isThere(there[0]);
  for (const [path, text] of files) writeNew(join(folder, path), text);
  const file = join(folder, 'assignment.yaml');
  process.stdout.write(
    `\nEdit assignment.yaml, give out ${join(folder, 'starter')}, then:\n  ${callName()} lint ${shellWord(file)}\n  ${callName()} grade ${shellWord(file)} submissions --out marks --secret FILE\n`,
  );
  return EXIT_PASSED;
}

/** As a shell takes it. */
const shellWord = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** The name of the folder in the letters that an id may have. */
function idFor(folder: string): string {
  const slug = basename(resolve(folder))
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return `course/${slug || 'homework'}`;
}

function writeNew(path: string, text: string): void {
  try {
    makeFolder(dirname(path));
  } catch (error) {
    throw unwritable(path, error, 'name another folder');
  }
  try {
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw isThere(path);
    // Half of one would be taken for somebody's when the command is given again.
    rmSync(path, { force: true });
    throw unwritable(path, error, 'name another folder');
  }
  process.stdout.write(`${path}\n`);
}

const isThere = (path: string): BadInput =>
  new BadInput(`${path} is there already, and nothing is written over: name another folder`);
