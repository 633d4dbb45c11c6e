/** `oomph new autograder`: a zip that Gradescope takes as it is. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type ZipOptions, zipSync } from 'fflate';
import { diagnosticsText } from '../report/diagnostics.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_PASSED } from './exit.ts';
import { isShipped, openAssignment } from './grade/assignment.ts';
import { type PackedFiles, packedOomph } from './grade/packed.ts';
import { readSecret } from './grade/secret.ts';
import { checkWritable, writeWhole } from './newFile.ts';
import { packageRoot } from './root.ts';
import { styleFor } from './terminal.ts';

export interface AutograderOptions {
  out: string;
  secret?: string;
  force?: boolean;
}

const SCRIPTS = ['setup.sh', 'run_autograder', 'mark.mjs'];
/** Regular files; scripts can be run. In the upper half, as Unix zips have it. */
const MODE_FILE = (0o100644 << 16) >>> 0;
const MODE_SCRIPT = (0o100755 << 16) >>> 0;
const MODE_SECRET = (0o100600 << 16) >>> 0;
const UNIX = 3;

export function newAutograder(file: string, options: AutograderOptions): number {
  const { plan, diagnostics, challenges } = openAssignment(file);
  const found = [...diagnostics, ...challenges.flatMap(challenge => challenge.diagnostics)];
  if (found.length > 0) process.stderr.write(diagnosticsText(found, styleFor(process.stderr)));
  if (plan === null) return EXIT_BAD_INPUT;
  const absolute = plan.challenges.find(({ challenge }) => isAbsolute(challenge));
  if (absolute !== undefined) {
    throw new BadInput(
      `${file} names ${absolute.challenge}, which is nowhere else: name it from the folder of the assignment`,
    );
  }
  checkWritable(options.out, options.force === true, '--out');
  const secret = options.secret === undefined ? null : readSecret(options.secret, {});
  const hidden = plan.challenges.some(({ hiddenSeeds }) => hiddenSeeds > 0);
  const own = challenges.filter(({ file: path }) => !isShipped(path)).map(({ file: path }) => path);
  const starters = plan.starter.map(path => join(dirname(file), path)).filter(path => existsSync(path));
  const course = courseFiles(file, [...own, ...starters]);
  const files: PackedFiles = new Map([...packedOomph(), ...course.files]);
  for (const name of SCRIPTS) {
    files.set(name, readFileSync(join(packageRoot, 'integrations', 'gradescope', name)));
  }
  const text = new TextEncoder();
  const settings = { assignment: course.assignment, hidden };
  files.set('autograder.json', text.encode(`${JSON.stringify(settings, null, 2)}\n`));
  if (secret !== null) files.set('secret', secret);
  writeWhole(options.out, zipOf(files), options.force === true, '--out');
  process.stdout.write(`${options.out}\n`);
  if (secret !== null) {
    process.stderr.write(
      `${options.out} holds the secret: whoever has it knows the hidden seeds. Upload it, and give it to nobody.\n`,
    );
  } else if (hidden) {
    process.stderr.write(
      'no --secret: it marks on the public seeds only, and says so; `oomph grade` gives the marks\n',
    );
  }
  process.stdout.write('\nIn Gradescope: a Programming Assignment, Configure Autograder, upload it.\n');
  return EXIT_PASSED;
}

/** The assignment and what it names, laid out under `course/` as they lie to each other. */
function courseFiles(file: string, others: readonly string[]): { assignment: string; files: PackedFiles } {
  const paths = [file, ...others].map(path => resolve(path));
  let top = dirname(paths[0]);
  while (paths.some(path => !isIn(path, top))) {
    if (dirname(top) === top) throw new BadInput(`${file} and what it names lie on different disks`);
    top = dirname(top);
  }
  const placeOf = (path: string): string => ['course', ...relative(top, path).split(sep)].join('/');
  return {
    assignment: placeOf(paths[0]),
    files: new Map(paths.map(path => [placeOf(path), readFileSync(path)])),
  };
}

function isIn(path: string, folder: string): boolean {
  const rest = relative(folder, path);
  return !isAbsolute(rest) && rest !== '..' && !rest.startsWith(`..${sep}`);
}

/** The same files give the same bytes. */
function zipOf(files: PackedFiles): Uint8Array {
  // What a zip says of time has no zone.
  const mtime = new Date(1980, 0, 1);
  const entries: Record<string, [Uint8Array, ZipOptions]> = {};
  for (const name of [...files.keys()].sort()) {
    const attrs = name === 'secret' ? MODE_SECRET : SCRIPTS.includes(name) ? MODE_SCRIPT : MODE_FILE;
    entries[name] = [files.get(name)!, { os: UNIX, attrs, mtime }];
  }
  return zipSync(entries, { level: 9 });
}
