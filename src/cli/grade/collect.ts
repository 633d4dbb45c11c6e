/** From the folder of submissions to what must be run. */
import type { AssignmentPlan } from '../../contract/assignment.ts';
import type { ChallengeResult } from '../../contract/grading.ts';
import type { ChallengePlan } from '../../contract/plan.ts';
import type { PolicySource } from '../../contract/policy.ts';
import { type GradeJob, jobKey } from '../../harness/coursework/job.ts';
import { MAX_FILES } from '../../policy/compile/language.ts';
import { missingImports } from '../../policy/compile/link.ts';
import { tunablesSource } from '../../policy/tunables.ts';
import { parseTunables } from '../../spec/tunables.ts';
import { isTunables } from '../policyFiles.ts';
import { type SubmissionFiles, Unreadable } from './limits.ts';
import { folderOf, handedIn, type Submission } from './submissions.ts';

/** A challenge of the assignment, ready to be run. */
export interface LoadedTask {
  /** As commands call it. */
  name: string;
  plan: ChallengePlan;
  /** Hash of what results depend on. */
  hash: string;
  /** Public ones first. */
  seeds: number[];
  hidden: ReadonlySet<number>;
}

/** What a submission has for one challenge: the key of what is run, or why nothing is. */
export interface Collected {
  file: string;
  note: string;
  /** Of the job; '' where there is none. */
  key: string;
  /** Known without a run. */
  result: ChallengeResult | null;
}

/** What is remembered of a submission while the others are marked: none of its texts. */
export interface CollectedSubmission {
  id: string;
  problem: string;
  challenges: Collected[];
}

/**
 * @param engine  which engine computes the results
 * @returns       with what is to be run for it
 */
export async function collect(
  submission: Submission,
  assignment: AssignmentPlan,
  tasks: readonly LoadedTask[],
  engine: string,
): Promise<{ collected: CollectedSubmission; jobs: GradeJob[] }> {
  const { id } = submission;
  let files: SubmissionFiles;
  try {
    files = await submission.read();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const { kind, message } = error;
    const result = { kind, message, diagnostics: [] };
    const challenges = tasks.map(() => ({ file: '', note: '', key: '', result }));
    // What the machine failed at is no word to a student.
    return { collected: { id, problem: kind === 'unreadable' ? message : '', challenges }, jobs: [] };
  }
  const jobs: GradeJob[] = [];
  const challenges = tasks.map((task, i): Collected => {
    const { file, note, source, result } = handedFor(files, assignment, task.plan, i);
    if (source === null) return { file, note, key: '', result };
    const publicSeeds = task.seeds.length - task.hidden.size;
    const key = jobKey(engine, task.hash, source, task.seeds, publicSeeds);
    jobs.push({ key, owner: id, challenge: i, policy: source, seeds: task.seeds, publicSeeds });
    return { file, note, key, result: null };
  });
  return { collected: { id, problem: '', challenges }, jobs };
}

/** The policy that was handed in for one challenge, or why there is none. */
export interface HandedPolicy {
  file: string;
  note: string;
  source: PolicySource | null;
  result: ChallengeResult | null;
}

/** @param i index of the challenge in the assignment */
export function handedFor(
  files: SubmissionFiles,
  assignment: AssignmentPlan,
  plan: ChallengePlan,
  i: number,
): HandedPolicy {
  const handed = handedIn(files, assignment.challenges[i].file, plan.id, assignment.challenges.length === 1);
  if (handed.kind !== 'found') {
    const { kind, message } = handed;
    return { file: '', note: '', source: null, result: { kind, message, diagnostics: [] } };
  }
  const { path, note } = handed;
  const source = sourceAt(files, path, plan);
  return 'kind' in source
    ? { file: path, note, source: null, result: source }
    : { file: path, note, source, result: null };
}

/** The policy in a file of the submission with those it imports, or why there is none. */
function sourceAt(files: SubmissionFiles, path: string, plan: ChallengePlan): PolicySource | ChallengeResult {
  const folder = folderOf(path);
  const inside = (name: string): string => (folder === '' ? name : `${folder}/${name}`);
  const textOf = (name: string): string | null => {
    const bytes = files.get(inside(name));
    return bytes === undefined ? null : textIn(bytes);
  };
  const entry = path.slice(folder === '' ? 0 : folder.length + 1);
  try {
    if (isTunables(entry.toLowerCase())) {
      const { values, diagnostics } = parseTunables(bytesIn(files.get(path)!), entry, plan.policy.hooks);
      if (values !== null) return tunablesSource(entry, values);
      const [{ line, column, message }] = diagnostics;
      return { kind: 'refused', message: `${entry}:${line}:${column}: ${message}`, diagnostics };
    }
    const source: PolicySource = { entry, files: [{ path: entry, text: textOf(entry)! }] };
    for (;;) {
      const found = new Set<string>();
      for (const { candidates } of missingImports(source)) {
        const there = candidates.find(
          candidate => !candidate.startsWith('../') && files.has(inside(candidate)),
        );
        if (there !== undefined) found.add(there);
      }
      if (found.size === 0) return source;
      for (const name of found) source.files.push({ path: name, text: textOf(name)! });
      if (source.files.length > MAX_FILES) {
        return { kind: 'refused', message: `${entry} imports more than ${MAX_FILES} files`, diagnostics: [] };
      }
    }
  } catch (error) {
    if (error instanceof Unreadable) {
      const { kind, message } = error;
      return { kind, message, diagnostics: [] };
    }
    if (!(error instanceof NoText)) throw error;
    return { kind: 'unreadable', message: `${path} ${error.message}`, diagnostics: [] };
  }
}

/** The message goes on behind the name of the file. */
class NoText extends Error {
  override name = 'NoText';
}

/** @throws Unreadable */
function bytesIn(content: Uint8Array | Unreadable): Uint8Array {
  if (content instanceof Unreadable) throw content;
  return content;
}

/** @throws NoText, Unreadable */
function textIn(content: Uint8Array | Unreadable): string {
  const bytes = bytesIn(content);
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new NoText('is UTF-16: save it as UTF-8');
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new NoText('is not UTF-8 text');
  }
  if (text.includes('\0')) throw new NoText('has bytes of zero in it: it is no text, or saved as UTF-16');
  return text;
}
