/** Everything that `--out` gets: for each student as he is marked, for the class at the end. */
import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import type { AssignmentPlan } from '../../contract/assignment.ts';
import type { Account, ChallengeResult, GradedSubmission } from '../../contract/grading.ts';
import {
  type MarksFile,
  type SignedSubmission,
  seedsHash,
  sha256,
  sign,
  signedSubmission,
} from '../../harness/coursework/signed.ts';
import { check50Json } from '../../report/coursework/check50.ts';
import { feedbackMarkdown } from '../../report/coursework/feedbackMarkdown.ts';
import { canvasGradebook, type GradedAccount, moodleWorksheet } from '../../report/coursework/gradebooks.ts';
import { gradesCsv } from '../../report/coursework/gradesCsv.ts';
import { gradescopeResults } from '../../report/coursework/gradescope.ts';
import { feedbackHtml } from '../../report/coursework/html/feedbackHtml.ts';
import { summaryHtml } from '../../report/coursework/html/summaryHtml.ts';
import { junitXml } from '../../report/coursework/junit.ts';
import { makeFolder } from '../makeFolder.ts';
import { engineVersion } from '../store/engineVersion.ts';
import type { LoadedTask } from './collect.ts';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const MARKS_FILE = 'marks.json';

/** Files that the last marks.json names, with their hashes; none where there is no such file, or nobody can tell. */
function filesOf(path: string): Readonly<Record<string, string>> {
  try {
    const { files = {} } = JSON.parse(readFileSync(path, 'utf8')) as Partial<MarksFile>;
    return files;
  } catch {
    return {};
  }
}

export class Outputs {
  /** All that the class's own files need of each: no plots, no goals. */
  readonly graded: GradedSubmission[] = [];
  private readonly signed: SignedSubmission[] = [];
  private readonly accounts: GradedAccount[] = [];
  /** Hashes of the files written, by their paths in `out`. */
  private readonly hashes: Record<string, string> = {};
  private readonly names: string[];
  private readonly out: string;
  private readonly plan: AssignmentPlan;
  private readonly tasks: readonly LoadedTask[];

  /** @param ids of all submissions, in the order in which they will come */
  constructor(out: string, plan: AssignmentPlan, tasks: readonly LoadedTask[], ids: readonly string[]) {
    this.out = out;
    this.plan = plan;
    this.tasks = tasks;
    this.names = fileNames(ids);
    for (const folder of ['feedback', 'gradescope', 'check50']) makeFolder(join(out, folder));
  }

  /**
   * Write what one student gets, and forget most of it.
   *
   * @param account  null where nothing tells of one
   */
  add(submission: GradedSubmission, account: Account | null): void {
    const { plan, tasks } = this;
    const name = this.names[this.graded.length];
    const write = (folder: string, ending: string, text: string): void => {
      const path = `${folder}/${name}.${ending}`;
      writeFileSync(join(this.out, path), text);
      this.hashes[path] = sha256(text);
    };
    const told = tasks.map(task => ({ ...task, publicSeeds: task.seeds.length - task.hidden.size }));
    write('feedback', 'md', feedbackMarkdown(plan, tasks, submission));
    write('feedback', 'html', feedbackHtml(plan, tasks, submission));
    write('gradescope', 'json', json(gradescopeResults(plan, told, submission)));
    write('check50', 'json', json(check50Json(plan, tasks, submission)));
    this.signed.push(signedSubmission(submission));
    const kept = lean(submission);
    this.graded.push(kept);
    if (account !== null) this.accounts.push({ account, submission: kept });
  }

  /**
   * @param secret  null: marks.json has no signature
   * @param whole   the tables are of everybody: who is in none is gone
   * @returns       the tables to import somewhere
   */
  finish(assignment: MarksFile['assignment'], secret: Uint8Array | null, whole: boolean): string[] {
    const { plan, graded, names } = this;
    const links = names.map(name => `feedback/${encodeURIComponent(name)}.html`);
    const on = (platform: Account['platform']): GradedAccount[] =>
      this.accounts.filter(({ account }) => account.platform === platform);
    this.write('summary.html', summaryHtml(plan, graded, links));
    this.write('junit.xml', junitXml(plan, graded));
    if (on('moodle').length > 0) this.write('grades-moodle.csv', moodleWorksheet(on('moodle')));
    if (on('canvas').length > 0) this.write('grades-canvas.csv', canvasGradebook(plan, on('canvas')));
    this.write('grades.csv', gradesCsv(plan, graded));
    if (whole) this.clear(filesOf(join(this.out, MARKS_FILE)));
    this.write(MARKS_FILE, json(sign(this.marks(assignment, secret), secret)));
    return Object.keys(this.hashes)
      .filter(name => name.endsWith('.csv'))
      .map(name => join(this.out, name));
  }

  /**
   * Remove what an earlier run wrote and this one did not, of a student who is gone or a system that nobody uses any more: it
   * would be handed out with the rest. What somebody changed since stays.
   */
  private clear(before: Readonly<Record<string, string>>): void {
    for (const [name, hash] of Object.entries(before)) {
      const path = join(this.out, name);
      if (Object.hasOwn(this.hashes, name) || name !== posix.normalize(name) || name.startsWith('..'))
        continue;
      if (lstatSync(path, { throwIfNoEntry: false })?.isFile() && sha256(readFileSync(path)) === hash)
        rmSync(path);
    }
  }

  /** Whole or not at all: somebody may import what is there while this process is killed. */
  private write(name: string, text: string): void {
    const path = join(this.out, name);
    writeFileSync(`${path}.part`, text);
    renameSync(`${path}.part`, path);
    this.hashes[name] = sha256(text);
  }

  /** What the marks follow from. */
  private marks(
    assignment: MarksFile['assignment'],
    secret: Uint8Array | null,
  ): Omit<MarksFile, 'signature'> {
    return {
      oomph: 1,
      engine: engineVersion(),
      assignment,
      tasks: this.tasks.map((task, i) => ({
        challenge: task.plan.id,
        hash: task.hash,
        file: this.plan.challenges[i].file,
        seeds: seedsHash(task.seeds, secret),
      })),
      submissions: this.signed,
      files: { ...this.hashes },
    };
  }
}

function lean(submission: GradedSubmission): GradedSubmission {
  const challenges = submission.challenges.map(graded => ({ ...graded, result: leanResult(graded.result) }));
  return { ...submission, challenges };
}

function leanResult(result: ChallengeResult): ChallengeResult {
  if (result.kind !== 'played') return { ...result, diagnostics: [] };
  const { picture: _, ...rest } = result;
  return {
    ...rest,
    seeds: result.seeds.map(seed => ({ ...seed, goals: [], score: [], firstFault: '', firstFailure: '' })),
  };
}

/** Bytes of a name, which file systems take 255 of: an ending comes behind it. */
const MAX_NAME_BYTES = 200;
/** Windows keeps them for devices, whatever ending they have. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** A name of a submission as a file: what a system could take amiss is replaced, and no two are the same. */
export function fileNames(ids: readonly string[]): string[] {
  const taken = new Set<string>();
  return ids.map(id => {
    let safe = '';
    for (const char of basename(id).replace(/[^\p{L}\p{N} ._()-]/gu, '_')) {
      if (Buffer.byteLength(safe + char) > MAX_NAME_BYTES) break;
      safe += char;
    }
    safe = safe.replace(/^\.+/, '_').replace(/[. ]+$/, '_') || '_';
    if (DEVICE.test(safe)) safe = `_${safe}`;
    let name = safe;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${safe}~${n}`;
    taken.add(name.toLowerCase());
    return name;
  });
}
