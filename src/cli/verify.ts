import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Command } from 'commander';
import { isGenuine, type MarksFile, sha256 } from '../harness/coursework/signed.ts';
import { plural } from '../report/quantity.ts';
import { BadInput, EXIT_LOST, EXIT_PASSED } from './exit.ts';
import { readTextFile } from './files.ts';
import { readSecret, SECRET_VARIABLE } from './grade/secret.ts';
import { packageRoot } from './root.ts';
import { engineVersion } from './store/engineVersion.ts';

const MAX_MARKS_BYTES = 256 << 20;
const MARKS_FILE = 'marks.json';
/** What marking keeps for itself. */
const OWN = /^(?:\.|results\.|queue\.json$)/;
/** Files that are named. */
const TOLD = 20;

export function registerVerify(program: Command): void {
  program
    .command('verify')
    .summary('check that marks are as they were given')
    .description(
      'Check the signature of marks.json, which `oomph grade` writes, and that the tables and the feedback beside it are those that were written with it.',
    )
    .argument('<marks>', 'marks.json, or the folder that it is in')
    .option('--secret <file>', `secret that they were signed with (default: $${SECRET_VARIABLE})`)
    .addHelpText(
      'after',
      `
Examples:
  oomph verify marks --secret ~/.hw1-secret

Exit codes: 0 nothing was changed, 1 something was, or another secret signed it,
2 bad arguments or files.`,
    )
    .action((path: string, options: { secret?: string }) => {
      process.exitCode = verify(path, options);
    });
}

function verify(path: string, options: { secret?: string }): number {
  const file = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, MARKS_FILE) : path;
  if (!existsSync(file)) {
    throw new BadInput(
      `there is no ${file}: name the folder that oomph grade wrote, or the marks.json in it`,
    );
  }
  const secret = readSecret(options.secret, process.env);
  if (secret === null) {
    throw new BadInput(`give the secret that ${file} was signed with: --secret FILE, or $${SECRET_VARIABLE}`);
  }
  const marks = readMarks(file);
  if (marks.signature === '') {
    throw new BadInput(`${file} has no signature: it was written without a secret; mark again with --secret`);
  }
  const lines = [
    `${marks.assignment.id}: ${plural(marks.submissions.length, 'submission')}, marked by oomph ${marks.engine}`,
  ];
  if (!isGenuine(marks, secret)) {
    lines.push('NOT GENUINE: something was changed, or another secret signed it');
    process.stdout.write(`${lines.join('\n')}\n`);
    return EXIT_LOST;
  }
  if (marks.engine !== engineVersion())
    lines.push(`this is oomph ${engineVersion()}: to mark again could give other marks`);
  const files = Object.entries(marks.files).map(([name, hash]) => ({
    name,
    state: stateOf(join(dirname(file), name), hash),
  }));
  const told = files.filter(({ state }) => state !== 'same');
  if (files.every(({ state }) => state === 'gone')) {
    lines.push(
      'genuine: nothing in marks.json was changed; none of the files that were written with it is here',
    );
  } else if (told.length === 0) {
    lines.push(
      `genuine: nothing was changed, neither marks.json nor ${plural(files.length, 'file')} with it`,
    );
  } else {
    lines.push('NOT GENUINE: marks.json is as it was signed, but of the files that were written with it');
    for (const { name, state } of told.slice(0, TOLD)) lines.push(`  ${state}: ${name}`);
    if (told.length > TOLD) lines.push(`  and ${told.length - TOLD} more`);
    process.stdout.write(`${lines.join('\n')}\n`);
    return EXIT_LOST;
  }
  const others = unsigned(dirname(file), marks.files);
  if (others.length > 0 && files.some(({ state }) => state === 'same')) {
    const more = others.length > TOLD ? ` and ${others.length - TOLD} more` : '';
    lines.push(`not signed, so nobody can tell of: ${others.slice(0, TOLD).join(', ')}${more}`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT_PASSED;
}

/** What lies with the files that were signed, and could be taken for one of them. */
function unsigned(folder: string, signed: Readonly<Record<string, string>>): string[] {
  const among = ['', ...new Set(Object.keys(signed).map(name => dirname(name)))].filter(
    name => name !== '.' && existsSync(join(folder, name)),
  );
  return among
    .flatMap(name =>
      readdirSync(join(folder, name), { withFileTypes: true })
        .filter(entry => !entry.isDirectory())
        .map(entry => (name === '' ? entry.name : `${name}/${entry.name}`)),
    )
    .filter(name => !Object.hasOwn(signed, name) && name !== MARKS_FILE && !OWN.test(name))
    .sort();
}

function stateOf(path: string, hash: string): 'same' | 'changed' | 'gone' {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 'gone';
  if (!stat.isFile() || stat.size > MAX_MARKS_BYTES) return 'changed';
  return sha256(readFileSync(path)) === hash ? 'same' : 'changed';
}

/** @throws BadInput  it is no marks.json */
function readMarks(file: string): MarksFile {
  const text = readTextFile(file, 'marks', MAX_MARKS_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadInput(`${file} is not JSON: name the marks.json that oomph grade wrote`);
  }
  const schema = JSON.parse(readFileSync(join(packageRoot, 'schemas', 'marks.schema.json'), 'utf8'));
  const check = new Ajv2020().compile(schema);
  if (check(value)) return value as MarksFile;
  const [fault] = check.errors!;
  throw new BadInput(`${file} is no marks.json: ${fault.instancePath || 'the file'} ${fault.message}`);
}
