/** Challenges as the game lists them. */
import { existsSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import type { ChallengePlan } from '../../contract/plan.ts';
import { loadChallenge } from '../../spec/load.ts';
import type { ChallengeEntry } from '../../tui/gameRun.ts';
import { challengeFiles, idOfFolder, type LoadedChallenge, shippedChallenges } from '../challenges.ts';
import { BadInput } from '../exit.ts';

/** Where policies of the player's own are kept, unless another folder is named. */
export const POLICY_FOLDER = 'oomph-policies';

/** Where the player's policy for a challenge is kept: `FOLDER/zones/the-sound-card.ts`, or `.yaml` for one of tunables. */
export function policyPathOf(folder: string, id: string, form: ChallengePlan['form'] = 'code'): string {
  const parts = id.split('/').map(part => part.replace(/[^\w.-]/g, '-').replace(/^\.+/, '') || 'challenge');
  return `${join(folder, ...parts)}.${form === 'code' ? 'ts' : 'yaml'}`;
}

const ENDINGS = ['.ts', '.js', '.yaml', '.yml'];

/** Where the player's policy may be, when it usually is at that path: in code or as tunables, the usual one first. */
export function policyPlaces(usual: string): string[] {
  const base = usual.slice(0, -extname(usual).length);
  return [usual, ...ENDINGS.map(ending => base + ending).filter(path => path !== usual)];
}

export function entryOf(loaded: LoadedChallenge, policies: string): ChallengeEntry {
  const id = loaded.plan?.id ?? loaded.name;
  const usual = policyPathOf(policies, id, loaded.plan?.form);
  // Whoever wrote code where tunables would do plays the code.
  const there = policyPlaces(usual).find(path => existsSync(path));
  return {
    id,
    name: loaded.name,
    file: loaded.file,
    plan: loaded.plan,
    diagnostics: loaded.diagnostics,
    policyPath: there ?? usual,
    policyExists: there !== undefined,
  };
}

/** @throws BadInput there is no such folder */
export function listChallenges(folder: string, policies: string): ChallengeEntry[] {
  let files: string[];
  try {
    files = challengeFiles(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new BadInput(`there is no folder ${folder}`);
    throw error;
  }
  return files.map(file => {
    const place = dirname(file);
    const shipped = folder === shippedChallenges;
    const name = shipped ? idOfFolder(place) : place;
    return entryOf({ name, file: relative('', file) || file, ...loadChallenge(file) }, policies);
  });
}
