/** `--reporter` of `oomph test`: which reports a run ends with, and where each goes. */
import { appendFileSync, existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { nearest } from '../contract/nearest.ts';
import type { TestRun } from '../contract/testing.ts';
import { PLAIN } from '../report/style.ts';
import { withoutCommands } from '../report/testing/github.ts';
import { markdownReport } from '../report/testing/markdown.ts';
import type { ReportSetting } from '../report/testing/reporter.ts';
import { REPORTER_NAMES, REPORTERS, type ReporterName } from '../report/testing/reporters.ts';
import { WIDTH } from '../report/wrap.ts';
import { callName } from './called.ts';
import { BadInput } from './exit.ts';
import { makePlace } from './makeFolder.ts';
import { checkWritable, writeWhole } from './newFile.ts';
import { styleFor } from './terminal.ts';

export interface ReportTarget {
  name: ReporterName;
  /** null: standard output. */
  file: string | null;
}

/** Of commander's option, which may be given again. */
export const REPORTER_OPTION = '-r, --reporter <name[=file]>';
export const REPORTER_HELP = `${REPORTER_NAMES.slice(0, -1).join(', ')} or ${REPORTER_NAMES.at(-1)}, =FILE to write a file; may be repeated (default: pretty, and github in GitHub Actions)`;
export const collectReporter = (value: string, before: string[] = []): string[] => [...before, value];

/**
 * What `--reporter` asked for. As long as none of them takes standard output, a person's report is printed there.
 * Folders of files are made now, so that a run does not end with a report that has no place.
 *
 * @throws BadInput
 */
export function parseReporters(
  values: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): ReportTarget[] {
  const targets = values.map(parseReporter);
  const files = targets.flatMap(({ file }) => (file === null ? [] : [resolve(file)]));
  const twice = files.find((file, i) => files.indexOf(file) !== i);
  if (twice !== undefined)
    throw new BadInput(`two reports would be written to ${twice}: give each its own file`);
  const printed = targets.filter(({ file }) => file === null);
  const documents = printed.filter(({ name }) => REPORTERS[name].kind === 'document');
  if (documents.length > 0 && printed.length > 1) {
    const [first, second] = [documents[0].name, printed.find(target => target !== documents[0])!.name];
    throw new BadInput(
      `${first} and ${second} cannot both be printed, for what reads ${first} reads nothing else: write one to a file, --reporter ${first}=FILE`,
    );
  }
  for (const { file } of targets) {
    if (file === null) continue;
    makePlace(dirname(file), file, '--reporter');
    checkWritable(file, true, '--reporter');
  }
  if (printed.length > 0) return onceEach(targets);
  const usual: ReporterName[] = inActions(env) ? ['pretty', 'github'] : ['pretty'];
  return [...targets, ...usual.map(name => ({ name, file: null }))];
}

function parseReporter(value: string): ReportTarget {
  const at = value.indexOf('=');
  const name = at < 0 ? value : value.slice(0, at);
  if (!(REPORTER_NAMES as string[]).includes(name)) {
    const [near] = nearest(name, REPORTER_NAMES);
    const hint = near === undefined ? '' : `, did you mean ${near}?`;
    throw new BadInput(`there is no reporter ${JSON.stringify(name)}${hint} (${REPORTER_NAMES.join(', ')})`);
  }
  if (at < 0) return { name: name as ReporterName, file: null };
  const file = value.slice(at + 1);
  if (file === '') throw new BadInput(`--reporter ${value} names no file: write ${name}=FILE`);
  return { name: name as ReporterName, file };
}

/** Twice the same on standard output is once. */
function onceEach(targets: readonly ReportTarget[]): ReportTarget[] {
  const isFirst = ({ name, file }: ReportTarget, i: number): boolean =>
    file !== null || targets.findIndex(other => other.file === null && other.name === name) === i;
  return targets.filter(isFirst);
}

const inActions = (env: NodeJS.ProcessEnv): boolean => env['GITHUB_ACTIONS'] === 'true';

/** @throws BadInput  a file cannot be written */
export function writeReports(
  run: TestRun,
  targets: readonly ReportTarget[],
  env: NodeJS.ProcessEnv = process.env,
): void {
  const setting: ReportSetting = {
    style: PLAIN,
    width: WIDTH,
    callName: callName(env),
    base: baseOf(process.cwd(), env),
    isTold: false,
  };
  for (const { name, file } of targets) {
    if (file === null) continue;
    writeWhole(file, new TextEncoder().encode(REPORTERS[name].text(run, setting)), true, '--reporter');
  }
  const printed = targets.filter(({ file }) => file === null).map(({ name }) => name);
  // Annotations come last, where their reasons have been told.
  for (const name of printed.sort((a, b) => Number(a === 'github') - Number(b === 'github'))) {
    const text = REPORTERS[name].text(run, {
      ...setting,
      style: styleFor(process.stdout, env),
      width: Math.max(WIDTH, process.stdout.columns ?? WIDTH),
      isTold: printed.includes('pretty'),
    });
    process.stdout.write(name === 'pretty' && inActions(env) ? withoutCommands(text) : text);
  }
  const summary = env['GITHUB_STEP_SUMMARY'];
  if (summary && targets.some(({ name }) => name === 'github')) appendSummary(summary, markdownReport(run));
}

/** GitHub makes the file; a run is not lost for a summary that cannot be written. */
function appendSummary(file: string, text: string): void {
  try {
    appendFileSync(file, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    process.stderr.write(`oomph: GITHUB_STEP_SUMMARY cannot be written (${code}); go on without it\n`);
  }
}

/**
 * Where the command runs, from the root of the repository, by whose paths annotations name files; '' at the root or where none
 * is known.
 */
export function baseOf(cwd: string, env: NodeJS.ProcessEnv): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return between(folder, cwd);
    if (dirname(folder) === folder) break;
  }
  const root = env['GITHUB_WORKSPACE'];
  return root ? between(resolve(root), cwd) : '';
}

function between(root: string, folder: string): string {
  const path = relative(root, folder);
  return path === '' || path.startsWith('..') || isAbsolute(path) ? '' : `${path.split(sep).join('/')}/`;
}
