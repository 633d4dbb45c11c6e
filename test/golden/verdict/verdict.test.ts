import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GFP_DMA, REQ_GFP } from '../../../src/engine/index.ts';
import { verdictOf } from '../../../src/harness/runChallenge.ts';
import { runSeed } from '../../../src/harness/runSeed.ts';
import { verdictJson } from '../../../src/report/verdictJson.ts';
import { verdictText } from '../../../src/report/verdictText.ts';
import { loadChallenge } from '../../../src/spec/load.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { record } from '../../unit/harness/recorded.ts';

const { plan, diagnostics } = loadChallenge(join(__dirname, 'starved.yaml'));

/** OOMPH_ACCEPT=1 npx jest test/golden/verdict writes what is printed now, to be read in the diff. */
function expectGolden(name: string, text: string): void {
  const file = join(__dirname, name);
  if (process.env['OOMPH_ACCEPT'] === '1') writeFileSync(file, text);
  expect(existsSync(file)).toBe(true);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

test('the challenge has no fault', () => {
  expect(diagnostics).toEqual([]);
});

test('Linux, as text and as JSON: the same on every machine and every version of Node', () => {
  const seeds = plan!.seeds.map(seed =>
    runSeed(plan!, seed, null, `oomph run starved.yaml --policy none --seed ${seed}`),
  );
  const verdict = verdictOf(plan!, 'none', null, seeds);
  expectGolden('linux.txt', verdictText(verdict, { explanation: plan!.explanation }));
  expectGolden('linux.json', verdictJson(verdict));
});

test('a policy by its decisions', () => {
  const seeds = plan!.seeds.map(seed => {
    const tape = compileTape(plan!, seed);
    const policy = record(plan!, tape, { zonelist: request => ((request[REQ_GFP] & GFP_DMA) !== 0 ? 1 : 2) });
    return runSeed(plan!, seed, policy, `oomph run starved.yaml --policy keep-out.ts --seed ${seed}`, tape);
  });
  const info = { hooks: ['zonelist' as const], tokens: 42, hash: '0123456789abcdef' };
  const verdict = verdictOf(plan!, 'keep-out.ts', info, seeds);
  expectGolden('keep-out.txt', verdictText(verdict, { explanation: plan!.explanation }));
});
