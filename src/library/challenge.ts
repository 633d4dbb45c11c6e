import { dirname } from 'node:path';
import { challengeFiles, findChallengeText, idOfFolder, shippedChallenges } from '../cli/challenges.ts';
import { parseChallenge as parse } from '../spec/challenge.ts';
import { challengeOf } from './behind.ts';
import { guarded } from './failing.ts';
import type { ChallengeLoad } from './runTypes.ts';

/**
 * Read a challenge from its text.
 *
 * @param text  YAML or JSON
 * @param name  what diagnostics and `reproduce` lines call it. Default `challenge.yaml`
 * @returns never throws for what the text may be: `diagnostics` say everything that is wrong with it
 * @example
 * const { challenge, diagnostics } = parseChallenge(yaml);
 * if (challenge === null) for (const { line, message } of diagnostics) console.error(line, message);
 */
export function parseChallenge(text: string, name = 'challenge.yaml'): ChallengeLoad {
  return guarded(() => {
    const { plan, diagnostics } = parse(new TextEncoder().encode(text), name);
    return { challenge: plan === null ? null : challengeOf({ plan, text, file: '' }, name), diagnostics };
  });
}

/**
 * Read a challenge from a file, the folder of one, or by the id of one that comes with oomph (`zones/the-sound-card`).
 *
 * @throws OomphError `not-found` where nothing has that name
 */
export function loadChallenge(name: string): ChallengeLoad {
  return guarded(() => {
    const { plan, diagnostics, text, file } = findChallengeText(name);
    return { challenge: plan === null ? null : challengeOf({ plan, text, file }, name), diagnostics };
  });
}

/** Ids of the challenges that come with oomph, in the order of the campaign. */
export function challengeIds(): string[] {
  return guarded(() => challengeFiles(shippedChallenges).map(file => idOfFolder(dirname(file))));
}
