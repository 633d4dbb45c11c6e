import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Command } from 'commander';
import { isGenuine, type MarksFile } from '../harness/coursework/signed.ts';
import { plural } from '../report/quantity.ts';
import { BadInput, EXIT_LOST, EXIT_PASSED } from './exit.ts';
import { readTextFile } from './files.ts';
import { readSecret, SECRET_VARIABLE } from './grade/secret.ts';
import { packageRoot } from './root.ts';

const MAX_MARKS_BYTES = 256 << 20;

export function registerVerify(program: Command): void {
  program
    .command('verify')
    .summary('check that marks are as they were given')
    .description(
      'Check the signature of marks.json, which `oomph grade` writes: whether anything in it was changed.',
    )
    .argument('<marks>', 'marks.json')
    .option('--secret <file>', `secret that they were signed with (default: $${SECRET_VARIABLE})`)
    .addHelpText(
      'after',
      `
Examples:
  oomph verify marks/marks.json --secret ~/.hw1-secret

Exit codes: 0 nothing was changed, 1 something was, or another secret signed it, 2 bad arguments or files.`,
    )
    .action((file: string, options: { secret?: string }) => {
      process.exitCode = verify(file, options);
    });
}

function verify(file: string, options: { secret?: string }): number {
  const secret = readSecret(options.secret, process.env);
  if (secret === null) {
    throw new BadInput(`give the secret that ${file} was signed with: --secret FILE, or $${SECRET_VARIABLE}`);
  }
  const marks = readMarks(file);
  if (marks.signature === '') {
    throw new BadInput(`${file} has no signature: it was written without a secret; mark again with --secret`);
  }
  const genuine = isGenuine(marks, secret);
  const what = `${marks.assignment.id}: ${plural(marks.submissions.length, 'submission')}, marked by oomph ${marks.engine}`;
  process.stdout.write(
    genuine
      ? `${what}\ngenuine: nothing was changed\n`
      : `${what}\nNOT GENUINE: something was changed, or another secret signed it\n`,
  );
  return genuine ? EXIT_PASSED : EXIT_LOST;
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
