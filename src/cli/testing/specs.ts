/** Specs as files: loaded with their policies, and the snapshots beside them. */
import { existsSync, readdirSync } from 'node:fs';
import { isAbsolute, posix } from 'node:path';
import type { Diagnostic } from '../../contract/diagnostic.ts';
import { nearest } from '../../contract/nearest.ts';
import type { ChallengePlan } from '../../contract/plan.ts';
import type { PolicySource } from '../../contract/policy.ts';
import type { TestedPlan } from '../../harness/testing/runCase.ts';
import { VIEWS } from '../../report/proc/views.ts';
import { fileDiagnostic } from '../../spec/decode.ts';
import { loadChallenge } from '../../spec/load.ts';
import { MAX_SNAPSHOT_BYTES, parseSnapshot, SNAPSHOT_FOLDER, snapshotName } from '../../spec/snapshot.ts';
import { shippedFile } from '../challenges.ts';
import { BadInput } from '../exit.ts';
import { readTextFile } from '../files.ts';
import { policyNamed } from '../policies.ts';

export interface LoadedSpec {
  /** From the folder where the command runs, with `/`. */
  file: string;
  diagnostics: Diagnostic[];
  /** Null where a diagnostic is an error. */
  plan: TestedPlan | null;
  /** Null: Linux decides. */
  policy: PolicySource | null;
  /** What the paths in it are relative to. */
  policyFolder: string;
  /** Files that it is made from, its policy's among them. */
  watched: string[];
}

/** Load a spec; what is wrong with it is in its diagnostics. */
export function loadSpec(file: string): LoadedSpec {
  let policy: PolicySource | null = null;
  const { plan, diagnostics } = loadChallenge(file, {
    shipped: shippedFile,
    running: {
      policyFault: (candidate, name) => {
        try {
          policy = policyOf(name, candidate, file);
          return '';
        } catch (error) {
          if (error instanceof BadInput) return error.message + nearName(name, file);
          throw error;
        }
      },
      viewAbsent: (view, machine) => VIEWS[view].absent(machine),
    },
  });
  const failed = { file, plan: null, policy: null, policyFolder: '', watched: [file] };
  if (plan === null) return { ...failed, diagnostics };
  if (plan.test === undefined) return { ...failed, diagnostics: [...diagnostics, noTest(file)] };
  const tested = plan as TestedPlan;
  const policyFolder = posix.dirname(policyPath(tested, file));
  const sources =
    (policy as PolicySource | null)?.files.map(({ path }) => posix.join(policyFolder, path)) ?? [];
  const watched = [file, ...tested.test.of, ...sources];
  return { file, diagnostics, plan: tested, policy, policyFolder, watched };
}

/** A policy beside the one that is not there. */
function nearName(policy: string, file: string): string {
  const path = posix.join(posix.dirname(file), policy);
  const folder = posix.dirname(path);
  if (policy.startsWith('builtin:') || existsSync(path) || !existsSync(folder)) return '';
  const names = readdirSync(folder).filter(name => /\.(ts|js|ya?ml)$/.test(name));
  const [near] = nearest(posix.basename(path), names);
  return near === undefined
    ? ''
    : `: did you mean ${posix.join(posix.dirname(policy), near).replace(/^(?!\.)/, './')}?`;
}

/** Of the policy under test, as `file` is; any path where it is none of the user's. */
function policyPath({ test: { policy }, reference, naive }: TestedPlan, file: string): string {
  const path = policy === 'reference' ? reference : policy === 'naive' ? naive : policy;
  return isAbsolute(path) ? path : posix.join(posix.dirname(file), path);
}

function noTest(file: string): Diagnostic {
  return fileDiagnostic(
    file,
    'E-TEST-MISSING',
    'this challenge expects nothing: it has no `test`',
    '`test: {expect: [state_hash]}` at the top level; `oomph new spec` writes a spec for a challenge',
  );
}

/** @throws BadInput */
function policyOf(name: string, plan: ChallengePlan, file: string): PolicySource | null {
  if (name === 'linux') return null;
  if (name === 'reference' || name === 'naive' || name.startsWith('builtin:'))
    return policyNamed(name, plan, file);
  return policyNamed(posix.join(posix.dirname(file), name), plan, file);
}

/** Where the snapshots of a spec are. */
export function snapshotFolder(file: string): string {
  return posix.join(posix.dirname(file), SNAPSHOT_FOLDER, posix.basename(file));
}

export function snapshotFile(file: string, seed: number): string {
  return posix.join(snapshotFolder(file), snapshotName(seed));
}

/** What is kept of one seed, by key. @throws BadInput  the file is none of ours */
export function readSnapshots(file: string, seed: number): Record<string, string> {
  const path = snapshotFile(file, seed);
  if (!existsSync(path)) return {};
  const read = parseSnapshot(readTextFile(path, 'snapshot', MAX_SNAPSHOT_BYTES));
  if ('texts' in read) return read.texts;
  throw new BadInput(
    `${path} is no snapshot of oomph (${read.fault}): remove it, and \`oomph test --update\` writes it anew`,
  );
}
