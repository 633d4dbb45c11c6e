import { existsSync, realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type Command, Option } from 'commander';
import type { AssignmentPlan } from '../contract/assignment.ts';
import type { Account, ChallengeResult, GradedSubmission } from '../contract/grading.ts';
import { hiddenSeeds } from '../harness/coursework/hiddenSeeds.ts';
import { submissionMarks } from '../harness/coursework/marks.ts';
import { sha256 } from '../harness/coursework/signed.ts';
import { similarityText } from '../report/coursework/similarity.ts';
import { summaryText } from '../report/coursework/summary.ts';
import { diagnosticsText } from '../report/diagnostics.ts';
import { daysLate } from '../spec/assignment.ts';
import type { LoadedChallenge } from './challenges.ts';
import { BadInput, EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_OUR_BUG, EXIT_PASSED } from './exit.ts';
import { readTextFile } from './files.ts';
import { openAssignment, publicOnly } from './grade/assignment.ts';
import type { CollectedSubmission, LoadedTask } from './grade/collect.ts';
import { countOf } from './grade/count.ts';
import { MarkingLine } from './grade/line.ts';
import { type Marking, mark, markedBefore } from './grade/mark.ts';
import { Outputs } from './grade/outputs.ts';
import { runJobs } from './grade/pool.ts';
import { DEFAULT_PREFIX, queueAddress } from './grade/queue/address.ts';
import { ResultStore } from './grade/resultStore.ts';
import { readSecret, SECRET_VARIABLE } from './grade/secret.ts';
import { DEFAULT_SIMILARITY, similarityReport, writeSimilarity } from './grade/similarity.ts';
import {
  calledLate,
  findSubmissions,
  namesakes,
  othersInside,
  passedOver,
  type Submission,
} from './grade/submissions.ts';
import { checkExtensions, checkTimes, readExtensions, readTimes, someOf } from './grade/times.ts';
import { interruptible } from './interrupt.ts';
import { contentHash } from './store/contentHash.ts';
import { styleFor } from './terminal.ts';
import { unwritable } from './unwritable.ts';

interface GradeOptions {
  out: string;
  only?: string[];
  submitted?: string;
  extensions?: string;
  secret?: string;
  jobs: number;
  limit: number;
  queue?: string;
  queuePrefix: string;
  regrade?: boolean;
  similarity: boolean;
  publicOnly?: boolean;
}

const MAX_ASSIGNMENT_BYTES = 16 << 20;

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
    .option('--only <name...>', 'mark only these, the tables keep the others; * is anything')
    .option('--submitted <file>', 'CSV with the columns submission and time (2026-11-30T22:15:00+01:00)')
    .option(
      '--extensions <file>',
      'CSV with the columns submission and deadline (a time, or +3d): who has longer',
    )
    .option('--secret <file>', `secret that the hidden seeds follow from (default: $${SECRET_VARIABLE})`)
    .addOption(
      new Option('-j, --jobs <n>', 'worker processes (default: one a core)')
        .argParser(countOf)
        .default(availableParallelism())
        .conflicts('queue'),
    )
    .option('--queue <url>', 'have it marked by `oomph worker`s at a Redis: redis://host:port')
    .option('--queue-prefix <name>', 'what the keys in that Redis begin with', DEFAULT_PREFIX)
    .option('--limit <seconds>', 'longest time for one challenge of one submission', countOf, 300)
    .option('--public-only', 'leave the hidden seeds out: needs no secret, and gives other marks')
    .option('--regrade', 'run again what was marked already')
    .option('--no-similarity', 'do not compare submissions with each other')
    .addHelpText(
      'after',
      `
Examples:
  oomph grade hw1/assignment.yaml handed-in/ --out marks
  oomph grade hw1/assignment.yaml work/ -o marks --only 'mei*' --regrade
  oomph grade hw1/assignment.yaml handed-in/ -o marks --secret ~/.hw1-secret
  oomph grade hw1/assignment.yaml handed-in/ -o marks --submitted times.csv
  oomph grade hw1.yaml work/ -o m --submitted at.csv --extensions more.csv
  oomph grade hw1.yaml work/ -o m --queue redis://localhost:6379

Exit codes: 0 everything is marked, 2 bad arguments or files, 3 some could not
be run (they are named), 130 interrupted.`,
    )
    .action(async (assignment: string, submissions: string, options: GradeOptions) => {
      process.exitCode = await grade(assignment, submissions, options);
    });
}

async function grade(file: string, folder: string, options: GradeOptions): Promise<number> {
  const { plan: asked, diagnostics, challenges } = openAssignment(file);
  // What students begin with is no matter of marks, and need not be where they are given.
  const ofMarks = diagnostics.filter(({ code }) => code !== 'W-STARTER-MISSING');
  const found = [...ofMarks, ...challenges.flatMap(challenge => challenge.diagnostics)];
  if (found.length > 0) process.stderr.write(diagnosticsText(found, styleFor(process.stderr)));
  if (asked === null) return EXIT_BAD_INPUT;
  const plan = options.publicOnly ? publicOnly(asked) : asked;
  // Before anything is read: what is wrong with it is known at once.
  const address =
    options.queue === undefined ? null : queueAddress(options.queue, options.queuePrefix, process.env);
  const secret = readSecret(options.secret, process.env);
  const tasks = tasksOf(plan, file, challenges, secret);
  const expected = plan.challenges.map(challenge => challenge.file);
  apart(options.out, folder);
  const all = findSubmissions(folder, expected);
  const dates = datesOf(
    plan,
    all.map(({ id }) => id),
    options,
  );
  const wanted =
    options.only === undefined
      ? null
      : new Set(
          chosenIds(
            all.map(({ id }) => id),
            options.only,
          ),
        );
  const submissions = all.filter(({ id }) => wanted?.has(id) ?? true);
  const over = passedOver(folder, expected);
  if (over.length > 0) {
    process.stderr.write(`no folder, zip or policy, so not marked: ${someOf(over)}\n`);
  }
  const alike = namesakes(submissions);
  if (alike.length > 0) process.stderr.write(`called as others are: ${alike.join(', ')}\n`);
  const inside = othersInside(folder, expected);
  if (inside !== '') process.stderr.write(`${inside}\n`);
  if (dates.times === null && plan.deadlineMs !== null) {
    const late = calledLate(submissions);
    const canvas = late.length === 0 ? '' : `, though Canvas calls late: ${someOf(late)}`;
    process.stderr.write(`no --submitted: nobody is counted as late${canvas}\n`);
  }
  const assignment = { id: plan.id, hash: sha256(readTextFile(file, 'assignment', MAX_ASSIGNMENT_BYTES)) };
  try {
    const store = new ResultStore(options.out, secret);
    try {
      for (const note of store.notes) process.stderr.write(`${note}\n`);
      if (options.regrade) store.forget();
      const named = tasks.map(({ plan, name }) => ({ plan, name }));
      const line = new MarkingLine(submissions.length);
      const collected = await interruptible(signal => {
        const limits = { challenges: named, limitMs: options.limit * 1000, signal };
        const run: Marking['run'] = async (batches, done) => {
          if (address === null) {
            line.handsOf(options.jobs);
            return runJobs(batches, { ...limits, workers: options.jobs }, done);
          }
          const { runQueued } = await import('./grade/queue/grader.ts');
          const { out, regrade: fresh = false } = options;
          return runQueued(batches, { ...limits, address, out, title: plan.title, fresh, line }, done);
        };
        return mark({ plan, tasks, submissions, store, line, run });
      });
      if (collected === null) {
        process.stderr.write(
          `interrupted: what was marked is kept in ${options.out}, the same command goes on\n`,
        );
        return EXIT_INTERRUPTED;
      }
      const others = wanted === null ? [] : all.filter(({ id }) => !wanted.has(id));
      const before = await markedBefore(others, { plan, tasks, store });
      const { rows, left } = tableRows(all, collected, before, dates);
      if (left.length > 0) process.stderr.write(leftOut(left));
      const outputs = new Outputs(
        options.out,
        plan,
        tasks,
        rows.map(({ collected: { id } }) => id),
      );
      store.look(resultOf => {
        for (const { collected, account } of rows)
          outputs.add(gradedOf(collected, plan, tasks, resultOf, dates), account);
      });
      const tables = outputs.finish(assignment, secret, left.length === 0);
      // Of a part of the class it would say little, and write over what was said of all.
      let similar = '';
      if (options.similarity && options.only === undefined && submissions.length > 1) {
        const classes = [{ kind: 'submission' as const, submissions }];
        const report = await similarityReport(plan, file, challenges, classes, DEFAULT_SIMILARITY);
        writeSimilarity(options.out, report);
        similar = `\n${similarityText(report)}`;
      }
      return tell([...tables, join(options.out, 'feedback')], plan, outputs.graded, similar);
    } finally {
      store.close();
    }
  } catch (error) {
    const isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC';
    throw unwritable(
      options.out,
      error,
      isFull ? 'make room, and the same command goes on' : 'name another place with --out',
    );
  }
}

/** What is written must not be taken for somebody's work the next time. @throws BadInput */
function apart(out: string, submissions: string): void {
  const way = relative(realWay(submissions), realWay(out));
  if (isAbsolute(way) || way === '..' || way.startsWith(`..${sep}`)) return;
  throw new BadInput(
    `--out ${out} lies among the submissions, and would be marked as one the next time: name a folder beside ${submissions}`,
  );
}

/** A path without links, as far as it is there. */
function realWay(path: string): string {
  const whole = resolve(path);
  for (let there = whole; ; there = dirname(there)) {
    if (existsSync(there)) return join(realpathSync(there), relative(there, whole));
    if (dirname(there) === there) return whole;
  }
}

/** A line of the tables. */
interface TableRow {
  collected: CollectedSubmission;
  account: Account | null;
}

/**
 * Everybody who is marked, in the order of the submissions: whoever marks a few again wants the tables of the class, not
 * of those few.
 *
 * @param before  null for those who are not marked
 */
function tableRows(
  all: readonly Submission[],
  marked: readonly CollectedSubmission[],
  before: readonly (CollectedSubmission | null)[],
  { times }: Dates,
): { rows: TableRow[]; left: string[] } {
  const now = new Map(marked.map(collected => [collected.id, collected]));
  const then = new Map(before.flatMap(collected => (collected === null ? [] : [[collected.id, collected]])));
  const rows: TableRow[] = [];
  const left: string[] = [];
  for (const { id, account } of all) {
    // Nobody is taken for one in time because --submitted says nothing of him.
    const collected = now.get(id) ?? (times?.has(id) === false ? undefined : then.get(id));
    if (collected === undefined) left.push(id);
    else rows.push({ collected, account });
  }
  return { rows, left };
}

function leftOut(ids: readonly string[]): string {
  return `not in the tables, as not marked yet: ${someOf(ids)}; without --only they are\n`;
}

/** @param written  what is looked at first */
function tell(
  written: readonly string[],
  plan: AssignmentPlan,
  graded: readonly GradedSubmission[],
  similar: string,
): number {
  process.stdout.write(summaryText(plan, graded));
  process.stdout.write(similar);
  process.stdout.write(`\n${written.join(', ')}\n`);
  const failed = graded.some(({ challenges }) =>
    challenges.some(({ result }) => result.kind === 'infrastructure'),
  );
  return failed ? EXIT_OUR_BUG : EXIT_PASSED;
}

/** When work came, null where nobody said, and who had longer. */
interface Dates {
  times: ReadonlyMap<string, number> | null;
  extensions: ReadonlyMap<string, number>;
}

/** @param ids of all submissions. @throws BadInput */
function datesOf(plan: AssignmentPlan, ids: readonly string[], options: GradeOptions): Dates {
  const { submitted, extensions: longer, only } = options;
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  const extensions =
    longer === undefined ? new Map<string, number>() : readExtensions(longer, plan.deadlineMs);
  if (longer !== undefined) checkExtensions(extensions, longer, ids, plan.deadlineMs!, tell);
  if (submitted === undefined) {
    if (longer === undefined) return { times: null, extensions };
    throw new BadInput('--extensions says until when work was due: say when it came, with --submitted');
  }
  const times = readTimes(submitted);
  checkTimes(times, submitted, only === undefined ? ids : chosenIds(ids, only), ids, tell);
  return { times, extensions };
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

/** Those of the ids that the patterns ask for. @throws BadInput */
function chosenIds(ids: readonly string[], only: readonly string[]): string[] {
  const taken = new Set<string>();
  for (const pattern of only) {
    const escaped = pattern
      .normalize('NFC')
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*');
    const matching = ids.filter(id => new RegExp(`^${escaped}$`, 'u').test(id));
    if (matching.length === 0) {
      throw new BadInput(`--only ${pattern}: no submission is called so; there is ${ids[0]}, for example`);
    }
    for (const id of matching) taken.add(id);
  }
  return ids.filter(id => taken.has(id));
}

function gradedOf(
  { id, problem, challenges }: CollectedSubmission,
  plan: AssignmentPlan,
  tasks: readonly LoadedTask[],
  resultOf: (key: string) => ChallengeResult,
  { times, extensions }: Dates,
): GradedSubmission {
  const graded = challenges.map(({ file, note, key, result }) => ({
    file,
    note,
    result: result ?? resultOf(key),
  }));
  const submittedMs = times?.get(id) ?? null;
  // The grace and the days of the late rule begin at one's own deadline.
  const own = { ...plan, deadlineMs: extensions.get(id) ?? plan.deadlineMs };
  const late = submittedMs === null ? 0 : daysLate(own, submittedMs);
  const marks = submissionMarks(
    plan,
    graded.map(({ result }) => result),
    tasks.map(({ hidden }) => hidden),
    late,
  );
  return { id, problem, submittedMs, challenges: graded, marks };
}
