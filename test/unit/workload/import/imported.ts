import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChallengePlan } from '../../../../src/contract/plan.ts';
import { MAX_ORDER, nrFree } from '../../../../src/engine/index.ts';
import { Play } from '../../../../src/harness/play.ts';
import { parseChallenge } from '../../../../src/spec/challenge.ts';
import { compileTape } from '../../../../src/workload/compile.ts';
import { challengeText } from '../../../../src/workload/import/challengeText.ts';
import { type Imported, type ImportOptions, LogImport } from '../../../../src/workload/import/importLog.ts';

export const FIXTURES = join(__dirname, '../../../fixtures/import');
export const fixture = (name: string): string => readFileSync(join(FIXTURES, name), 'latin1');

const USUAL: ImportOptions = {
  kind: null,
  fidelity: 'auto',
  report: 0,
  request: null,
  only: 'all',
  id: 'imported/test',
  title: '',
};

/** What becomes of logs, each under its name. */
export function importTexts(
  texts: Record<string, string>,
  options: Partial<ImportOptions> = {},
  raise = false,
): Imported {
  const log = new LogImport({ ...USUAL, ...options });
  for (const [file, text] of Object.entries(texts)) {
    log.begin(file);
    text.split('\n').forEach((line, i) => {
      log.line(line, i + 1);
    });
    log.end();
  }
  return log.finish(raise);
}

export function planOf(imported: Imported): ChallengePlan {
  const { plan, diagnostics } = parseChallenge(Buffer.from(textOf(imported)), 'imported.yaml', {
    texts: true,
  });
  expect(diagnostics).toEqual([]);
  return plan!;
}

export const textOf = ({ challenge }: Imported): string => challengeText(challenge, [], []);

/** Free blocks by zone when so much time has passed. */
export function freeAt(plan: ChallengePlan, us: number): number[][] {
  const tape = compileTape(plan, 1);
  const play = new Play(plan, tape, null);
  play.playUntil(tape.timeUs.findIndex(time => time > us));
  return [0, 1, 2].map(zone =>
    Array.from({ length: MAX_ORDER }, (_, order) => nrFree(play.machine, zone, order)),
  );
}

/** Free blocks that the head of an imported challenge promises, by zone. */
export function promised(imported: Imported): Record<string, number[]> {
  const found: Record<string, number[]> = {};
  for (const line of imported.challenge.head.header) {
    const match = /^Free blocks of (\w+), order 0 to 10: ([\d ]+)\.$/.exec(line);
    if (match !== null) found[match[1]] = match[2].split(' ').map(Number);
  }
  return found;
}
