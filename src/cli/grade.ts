import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { parse as parseCsv } from 'csv-parse/sync';
import type { AssignmentPlan } from '../contract/assignment.ts';
import type { ChallengeResult, GradedSubmission } from '../contract/grading.ts';
import { hiddenSeeds } from '../harness/coursework/hiddenSeeds.ts';
import type { GradeJob } from '../harness/coursework/job.ts';
import { submissionMarks } from '../harness/coursework/marks.ts';
import { type MarksFile, sha256, sign, signedSubmission } from '../harness/coursework/signed.ts';
import { check50Json } from '../report/coursework/check50.ts';
import { feedbackMarkdown } from '../report/coursework/feedbackMarkdown.ts';
import { gradesCsv } from '../report/coursework/gradesCsv.ts';
import { gradescopeResults } from '../report/coursework/gradescope.ts';
import { feedbackHtml } from '../report/coursework/html/feedbackHtml.ts';
import { summaryHtml } from '../report/coursework/html/summaryHtml.ts';
import { junitXml } from '../report/coursework/junit.ts';
import { similarityText } from '../report/coursework/similarity.ts';
import { summaryText } from '../report/coursework/summary.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { plural } from '../report/quantity.ts';
import { daysLate, timeOf } from '../spec/assignment.ts';
import type { LoadedChallenge } from './challenges.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_OUR_BUG, EXIT_PASSED } from './exit.ts';
import { readTextFile } from './files.ts';
import { openAssignment, publicOnly } from './grade/assignment.ts';
import { type CollectedSubmission, collect, type LoadedTask } from './grade/collect.ts';
import { runJobs } from './grade/pool.ts';
import { ResultStore } from './grade/resultStore.ts';
import { readSecret, SECRET_VARIABLE } from './grade/secret.ts';
import { DEFAULT_SIMILARITY, similarityReport, writeSimilarity } from './grade/similarity.ts';
import { findSubmissions } from './grade/submissions.ts';
import { interruptible } from './interrupt.ts';
import { contentHash } from './store/contentHash.ts';
import { engineVersion } from './store/engineVersion.ts';
import { Progress, styleFor } from './terminal.ts';

interface GradeOptions {
  out: string;
  only?: string[];
  submitted?: string;
  secret?: string;
  jobs: number;
  limit: number;
  regrade?: boolean;
  publicOnly?: boolean;
}

const MAX_TABLE_BYTES = 16 << 20;

export function registerGrade(program: Command): void {
  program
    .command('grade')
    .summary('mark the submissions of a class')
    .description(
      'Mark a folder of submissions by an assignment: a folder or a zip for each student, or loose files. What was marked already is not run again; started again after an interruption, it goes on where it was.',
    )
    .argument('<assignment>', 'assignment.yaml')
    .argument('<submissions>', 'folder of the submissions')
    .requiredOption('-o, --out <folder>', 'where grades.csv and the feedback go')
    .option('--only <name...>', 'mark only these submissions; * stands for anything')
    .option('--submitted <file>', 'CSV with the columns submission and time (2026-11-30T22:15:00+01:00)')
    .option('--secret <file>', `secret that the hidden seeds follow from (default: $${SECRET_VARIABLE})`)
    .option('-j, --jobs <n>', 'worker processes (default: one a core)', countOf, availableParallelism())
    .option('--limit <seconds>', 'longest time for one challenge of one submission', countOf, 300)
    .option('--public-only', 'leave the hidden seeds out: needs no secret, and gives other marks')
    .option('--regrade', 'run again what was marked already')
    .addHelpText(
      'after',
      `
Examples:
  oomph grade hw1/assignment.yaml submissions/ --out marks
  oomph grade hw1/assignment.yaml submissions/ --out marks --only 'meier*' --regrade
  oomph grade hw1/assignment.yaml submissions/ --out marks --submitted times.csv --secret ~/.hw1-secret

Exit codes: 0 everything is marked, 2 bad arguments or files, 3 some could not be run (they are named), 130 interrupted.`,
    )
    .action(async (assignment: string, submissions: string, options: GradeOptions) => {
      process.exitCode = await grade(assignment, submissions, options);
    });
}

function countOf(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}

async function grade(file: string, folder: string, options: GradeOptions): Promise<number> {
  const { plan: asked, diagnostics, challenges } = openAssignment(file);
  // What students begin with is no matter of marks, and need not be where they are given.
  const ofMarks = diagnostics.filter(({ code }) => code !== 'W-STARTER-MISSING');
  const found = [...ofMarks, ...challenges.flatMap(challenge => challenge.diagnostics)];
  if (found.length > 0) process.stderr.write(diagnosticsText(found, styleFor(process.stderr)));
  if (asked === null) return EXIT_BAD_INPUT;
  const plan = options.publicOnly ? publicOnly(asked) : asked;
  const secret = readSecret(options.secret, process.env);
  const tasks = tasksOf(plan, file, challenges, secret);
  const times = options.submitted === undefined ? null : readTimes(options.submitted);
  const expected = plan.challenges.map(challenge => challenge.file);
  const submissions = chosen(findSubmissions(folder, expected), options.only);
  if (times !== null)
    checkTimes(
      times,
      options.submitted!,
      submissions.map(({ id }) => id),
      options.only,
    );
  if (times === null && plan.deadlineMs !== null) {
    process.stderr.write('no --submitted: nobody is counted as late\n');
  }
  const store = openStore(options.out);
  const collected: CollectedSubmission[] = [];
  for (const submission of submissions)
    collected.push(await collect(submission, plan, tasks, engineVersion()));
  const results = await interruptible(signal => resultsOf(collected, tasks, store, options, signal));
  if (results === null) {
    process.stderr.write(
      `interrupted: what was marked is kept in ${options.out}, the same command goes on\n`,
    );
    return EXIT_INTERRUPTED;
  }
  const graded = collected.map(submission => gradedOf(submission, plan, tasks, results, times));
  const assignment = { id: plan.id, hash: sha256(readTextFile(file, 'assignment', MAX_TABLE_BYTES)) };
  writeOutputs(options.out, plan, tasks, graded, sign(marksOf(assignment, plan, tasks, graded), secret));
  process.stdout.write(summaryText(plan, graded));
  // Of a part of the class it would say little, and write over what was said of all.
  if (options.only === undefined && collected.length > 1) {
    const classes = [{ kind: 'submission' as const, submissions: collected }];
    const report = await similarityReport(plan, file, challenges, classes, DEFAULT_SIMILARITY);
    writeSimilarity(options.out, report);
    process.stdout.write(`\n${similarityText(report)}`);
  }
  process.stdout.write(`\n${join(options.out, 'grades.csv')}, ${join(options.out, 'feedback')}\n`);
  const failed = graded.some(({ challenges }) =>
    challenges.some(({ result }) => result.kind === 'infrastructure'),
  );
  return failed ? EXIT_OUR_BUG : EXIT_PASSED;
}

/** @param challenges  as the plan names them */
function tasksOf(
  plan: AssignmentPlan,
  file: string,
  challenges: readonly LoadedChallenge[],
  secret: Uint8Array | null,
): LoadedTask[] {
  if (secret === null && plan.challenges.some(({ hiddenSeeds: n }) => n > 0)) {
    throw new BadInput(
      `${file} has hidden seeds: give their secret with --secret FILE or $${SECRET_VARIABLE}, or leave them out with --public-only`,
    );
  }
  return plan.challenges.map((assigned, i) => {
    const { name, plan: found } = challenges[i];
    const challenge = found!;
    const open = assigned.publicSeeds.length > 0 ? assigned.publicSeeds : challenge.seeds;
    const hidden =
      secret === null ? [] : hiddenSeeds(secret, plan.id, challenge.id, assigned.hiddenSeeds, open);
    return {
      name,
      plan: challenge,
      hash: contentHash(challenge),
      seeds: [...open, ...hidden],
      hidden: new Set(hidden),
    };
  });
}

function chosen<T extends { id: string }>(submissions: T[], only: readonly string[] | undefined): T[] {
  if (only === undefined) return submissions;
  const taken = new Set<T>();
  for (const pattern of only) {
    const escaped = pattern
      .normalize('NFC')
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*');
    const matching = submissions.filter(({ id }) => new RegExp(`^${escaped}$`, 'u').test(id));
    if (matching.length === 0) {
      throw new BadInput(
        `--only ${pattern}: no submission is called so; there is ${submissions[0].id}, for example`,
      );
    }
    for (const submission of matching) taken.add(submission);
  }
  return submissions.filter(submission => taken.has(submission));
}

/** When each submission was handed in, by its id. @throws BadInput */
function readTimes(file: string): Map<string, number> {
  const text = readTextFile(file, 'table of times', MAX_TABLE_BYTES);
  let rows: Record<string, string>[];
  try {
    rows = parseCsv(text, { bom: true, columns: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw new BadInput(`${file} is no CSV table: ${error instanceof Error ? error.message : String(error)}`);
  }
  const times = new Map<string, number>();
  rows.forEach((row, i) => {
    const { submission, time } = row;
    if (submission === undefined || time === undefined) {
      throw new BadInput(
        `${file}: its first line must name the columns submission and time, not ${Object.keys(row).join(', ')}`,
      );
    }
    const at = timeOf(time);
    if (at === null) {
      throw new BadInput(
        `${file}, row ${i + 1} (${submission}): ${JSON.stringify(time)} is not a time such as 2026-11-30T22:15:00+01:00`,
      );
    }
    times.set(submission.normalize('NFC'), at);
  });
  if (times.size === 0) throw new BadInput(`${file} has no rows: it should have one for each submission`);
  return times;
}

/** Whoever is not in the table would pass as in time. @throws BadInput */
function checkTimes(
  times: ReadonlyMap<string, number>,
  file: string,
  ids: readonly string[],
  only: readonly string[] | undefined,
): void {
  const missing = ids.filter(id => !times.has(id));
  if (missing.length > 0) {
    throw new BadInput(
      `${file} has no time for ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ` and ${missing.length - 5} more` : ''}: add ${missing.length === 1 ? 'a row' : 'rows'}`,
    );
  }
  const unknown = [...times.keys()].filter(id => !ids.includes(id));
  if (only === undefined && unknown.length > 0) {
    process.stderr.write(
      `${file} names ${plural(unknown.length, 'submission')} that ${unknown.length === 1 ? 'is' : 'are'} not there, such as ${unknown[0]}\n`,
    );
  }
}

function openStore(out: string): ResultStore {
  try {
    mkdirSync(out, { recursive: true });
    return new ResultStore(join(out, 'results.db'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new BadInput(`${out} cannot be written (${code}): name another place with --out`);
  }
}

/** @returns null when it was interrupted */
async function resultsOf(
  collected: readonly CollectedSubmission[],
  tasks: readonly LoadedTask[],
  store: ResultStore,
  options: GradeOptions,
  signal: AbortSignal,
): Promise<Map<string, ChallengeResult> | null> {
  const jobs = new Map<string, GradeJob>();
  for (const { challenges } of collected) {
    for (const { job } of challenges) if (job !== null) jobs.set(job.key, job);
  }
  const results = options.regrade ? new Map<string, ChallengeResult>() : store.known(new Set(jobs.keys()));
  if (store.setAside !== '')
    process.stderr.write(`the results kept so far are damaged and were put aside: ${store.setAside}\n`);
  const waiting = [...jobs.values()].filter(({ key }) => !results.has(key));
  const progress = new Progress(true);
  const startedAt = performance.now();
  let done = 0;
  const show = (): void => {
    const perJob = (performance.now() - startedAt) / Math.max(1, done);
    const left = done < options.jobs ? '' : `, ${timeText((waiting.length - done) * perJob)} left`;
    progress.show(`marking: ${done} of ${plural(waiting.length, 'run')} done${left}`);
  };
  show();
  try {
    const all = await runJobs(
      waiting,
      {
        workers: options.jobs,
        challenges: tasks.map(({ plan, name }) => ({ plan, name })),
        limitMs: options.limit * 1000,
        signal,
      },
      ({ key }, result) => {
        results.set(key, result);
        store.keep(key, result);
        done++;
        show();
      },
    );
    return all ? results : null;
  } finally {
    store.save();
    progress.clear();
  }
}

function timeText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600
    ? `${Math.ceil(seconds / 60)} min`
    : `${Math.floor(seconds / 3600)} h ${Math.ceil((seconds % 3600) / 60)} min`;
}

function gradedOf(
  { id, problem, challenges }: CollectedSubmission,
  plan: AssignmentPlan,
  tasks: readonly LoadedTask[],
  results: ReadonlyMap<string, ChallengeResult>,
  times: ReadonlyMap<string, number> | null,
): GradedSubmission {
  const graded = challenges.map(({ file, note, job, result }) => ({
    file,
    note,
    result: result ?? results.get(job!.key)!,
  }));
  const submittedMs = times?.get(id) ?? null;
  const late = submittedMs === null ? 0 : daysLate(plan, submittedMs);
  const marks = submissionMarks(
    plan,
    graded.map(({ result }) => result),
    tasks.map(({ hidden }) => hidden),
    late,
  );
  return { id, problem, submittedMs, challenges: graded, marks };
}

/** What the marks follow from. */
function marksOf(
  assignment: MarksFile['assignment'],
  plan: AssignmentPlan,
  tasks: readonly LoadedTask[],
  graded: readonly GradedSubmission[],
): Omit<MarksFile, 'signature'> {
  return {
    oomph: 1,
    engine: engineVersion(),
    assignment,
    tasks: tasks.map((task, i) => ({
      challenge: task.plan.id,
      hash: task.hash,
      file: plan.challenges[i].file,
      seeds: sha256(task.seeds.join(' ')),
    })),
    submissions: graded.map(signedSubmission),
  };
}

/** A name of a submission as a file: what a system could take amiss is replaced, and no two are the same. */
function fileNames(ids: readonly string[]): string[] {
  const taken = new Set<string>();
  return ids.map(id => {
    const safe =
      basename(id)
        .replace(/[^\p{L}\p{N} ._()-]/gu, '_')
        .replace(/^\.+/, '_')
        .slice(0, 100) || '_';
    let name = safe;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${safe}~${n}`;
    taken.add(name.toLowerCase());
    return name;
  });
}

function writeOutputs(
  out: string,
  plan: AssignmentPlan,
  tasks: readonly LoadedTask[],
  graded: readonly GradedSubmission[],
  marks: MarksFile,
): void {
  const feedback = join(out, 'feedback');
  try {
    mkdirSync(feedback, { recursive: true });
    const names = fileNames(graded.map(({ id }) => id));
    graded.forEach((submission, i) => {
      writeFileSync(join(feedback, `${names[i]}.md`), feedbackMarkdown(plan, tasks, submission));
      writeFileSync(join(feedback, `${names[i]}.html`), feedbackHtml(plan, tasks, submission));
    });
    for (const folder of ['gradescope', 'check50']) mkdirSync(join(out, folder), { recursive: true });
    const told = tasks.map(task => ({ ...task, publicSeeds: task.seeds.length - task.hidden.size }));
    graded.forEach((submission, i) => {
      const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
      writeFileSync(
        join(out, 'gradescope', `${names[i]}.json`),
        json(gradescopeResults(plan, told, submission)),
      );
      writeFileSync(join(out, 'check50', `${names[i]}.json`), json(check50Json(plan, tasks, submission)));
    });
    const links = names.map(name => `feedback/${encodeURIComponent(name)}.html`);
    writeFileSync(join(out, 'summary.html'), summaryHtml(plan, graded, links));
    writeFileSync(join(out, 'junit.xml'), junitXml(plan, graded));
    writeFileSync(join(out, 'grades.csv'), gradesCsv(plan, graded));
    writeFileSync(join(out, 'marks.json'), `${JSON.stringify(marks, null, 2)}\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new BadInput(`${out} cannot be written (${code}): name another place with --out`);
  }
}
