/** An assignment with the challenges that it names. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';
import type { AssignedChallenge, AssignmentPlan } from '../../contract/assignment.ts';
import type { Diagnostic } from '../../contract/diagnostic.ts';
import { fileDiagnostic } from '../../spec/decode.ts';
import { loadAssignment } from '../../spec/load.ts';
import { findChallenge, type LoadedChallenge, shippedChallenges } from '../challenges.ts';
import { BadInput } from '../exit.ts';

export interface LoadedAssignment {
  /** Null where something is an error, in the file or in a challenge of it. */
  plan: AssignmentPlan | null;
  /** Of the file itself; each challenge has its own. */
  diagnostics: Diagnostic[];
  /** Those that were found, in the order of the file; all of them where there is a plan. */
  challenges: LoadedChallenge[];
}

/** How much of a file is looked at to tell what it is. */
const HEAD_BYTES = 4096;

/** Whether a file says of itself that it is an assignment. */
export function isAssignment(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  return /^assignment[ \t]*:/m.test(readFileSync(path).subarray(0, HEAD_BYTES).toString('latin1'));
}

export function openAssignment(file: string): LoadedAssignment {
  const { plan, diagnostics } = loadAssignment(file);
  if (plan === null) return { plan, diagnostics, challenges: [] };
  const challenges: LoadedChallenge[] = [];
  let faulty = false;
  for (const assigned of plan.challenges) {
    const found = challengeOf(assigned, file);
    if ('code' in found) {
      diagnostics.push(found);
      faulty = true;
      continue;
    }
    challenges.push(found);
    const fault = found.plan === null ? null : faultOf(assigned, found, file);
    if (fault !== null) diagnostics.push(fault);
    if (found.plan === null || fault !== null) faulty = true;
  }
  for (const path of plan.starter) {
    if (existsSync(join(dirname(file), path))) continue;
    const message = `the starter file ${path} is not there`;
    const missing = fileDiagnostic(
      file,
      'W-STARTER-MISSING',
      message,
      'a path from the folder of the assignment',
    );
    diagnostics.push({ ...missing, severity: 'warning' });
  }
  return { plan: faulty ? null : plan, diagnostics, challenges };
}

const at = (assigned: AssignedChallenge, file: string, message: string, expected: string): Diagnostic =>
  fileDiagnostic(file, 'E-ASSIGNED', message, expected, assigned.line, assigned.column);

function challengeOf(assigned: AssignedChallenge, file: string): LoadedChallenge | Diagnostic {
  try {
    return findChallenge(challengeName(assigned.challenge, file));
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return at(assigned, file, error.message, 'an id, or a path from the folder of the assignment');
  }
}

/** Whether a challenge is one of those that come with oomph. */
export const isShipped = (path: string): boolean => resolve(path).startsWith(shippedChallenges + sep);

/** Without hidden seeds: for those who may not know them. */
export function publicOnly(plan: AssignmentPlan): AssignmentPlan {
  return { ...plan, challenges: plan.challenges.map(assigned => ({ ...assigned, hiddenSeeds: 0 })) };
}

/** An id stays one; a path is meant from the folder of the assignment. */
function challengeName(challenge: string, file: string): string {
  const isPath = /^\.{0,2}\//.test(challenge) || /\.ya?ml$/.test(challenge);
  return isPath && !isAbsolute(challenge) ? join(dirname(file), challenge) : challenge;
}

function faultOf(
  assigned: AssignedChallenge,
  { name, plan }: LoadedChallenge,
  file: string,
): Diagnostic | null {
  if (plan!.policy.hooks.length === 0) {
    return at(assigned, file, `${name} opens no hook: there is nothing to hand in`, 'a challenge with hooks');
  }
  const axes: readonly string[] = plan!.score.map(axis => axis.metric);
  const bonus = assigned.bonus.find(({ metric }) => !axes.includes(metric));
  if (bonus === undefined) return null;
  const expected = axes.length === 0 ? 'no bonus: it has no score' : `one of ${axes.join(', ')}`;
  return at(
    assigned,
    file,
    `a bonus for ${bonus.metric}, which is no axis of the score of ${name}`,
    expected,
  );
}
