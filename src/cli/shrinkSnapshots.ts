/** Specs that fail by their snapshots: with an expectation that fails as well, and that a smaller run could meet. */
import type { ChallengePlan, ExpectationPlace, SnapshotExpectation } from '../contract/plan.ts';
import type { PlayedPolicy } from '../harness/play.ts';
import { runSeed } from '../harness/runSeed.ts';
import { type Failure, failuresOf } from '../harness/shrink/failureClass.ts';
import { standInsForDump, standInsForState } from '../harness/shrink/snapshotFailure.ts';
import { observe } from '../harness/testing/observe.ts';
import type { TestedPlan } from '../harness/testing/runCase.ts';
import { testWords } from '../report/testing/words.ts';
import type { SpecDocument } from '../spec/shrink/specDocument.ts';
import { compileTape } from '../workload/compile.ts';
import { BadInput } from './exit.ts';
import { readSnapshots } from './testing/specs.ts';

export interface ByMetric {
  document: SpecDocument;
  plan: ChallengePlan;
  failure: Failure;
  /** What was put in whose place, for the user. */
  note: string;
}

/**
 * The spec with what differs of its snapshots said by a metric.
 *
 * @param file      the spec, beside which its snapshots are
 * @param document  the whole of it, and `plan` what it says
 * @returns null where no snapshot of this seed differs
 * @throws BadInput  where one does, and no metric says how
 */
export async function byMetric(
  file: string,
  document: SpecDocument,
  plan: ChallengePlan,
  seed: number,
  played: PlayedPolicy | null,
  parse: (text: string) => ChallengePlan | null,
): Promise<ByMetric | null> {
  if (!isTested(plan) || !plan.test.expect.some(one => 'key' in one)) return null;
  const stored = readSnapshots(file, seed);
  const tape = compileTape(plan, seed);
  const { texts } = await observe(plan, tape, seed, played, testWords(null, plan), async () => {});
  const differing = plan.test.expect.flatMap((one, index) => {
    if (!('key' in one)) return [];
    const [before, now] = [stored[one.key], texts.get(one.key)];
    return before === undefined || now === undefined || isSame(one, before, now)
      ? []
      : [{ one, index, before, now }];
  });
  if (differing.length === 0) return null;
  const verdict = runSeed(plan, seed, played);
  for (const { one, index, before } of differing) {
    const standIns =
      one.kind === 'state_hash'
        ? standInsForState(before, verdict)
        : one.kind === 'dump'
          ? standInsForDump(before, verdict)
          : [];
    for (const standIn of standIns) {
      const changed = document.clone();
      changed.setData(['test', 'expect', index], standIn);
      const other = parse(changed.text());
      if (other === null) continue;
      const failure = failuresOf(other, tape, played).find(
        found => found.kind === 'expect' && found.index === index,
      );
      if (failure === undefined) continue;
      const note = `${one.key} differs from its snapshot; in its place: ${other.test!.expect[index].text}`;
      return { document: changed, plan: other, failure, note };
    }
  }
  throw new BadInput(`there is nothing to shrink by: ${differing.map(whyNot).join('; ')}`);
}

const isTested = (plan: ChallengePlan): plan is TestedPlan => plan.test !== undefined;

const firstLine = (text: string): string => text.split('\n', 1)[0];

/** As `oomph test` judges. */
function isSame({ kind }: SnapshotExpectation, before: string, now: string): boolean {
  return kind === 'state_hash' ? firstLine(before) === firstLine(now) : before === now;
}

interface Differing {
  one: SnapshotExpectation & ExpectationPlace;
  before: string;
  now: string;
}

const MAX_SHOWN = 100;

/** Where it parts, and what can be expected in its place. */
function whyNot({ one, before, now }: Differing): string {
  if (one.kind === 'state_hash') {
    return (
      'state_hash differs and no metric is worse, so that any smaller challenge would differ as much: ' +
      '`oomph run --record` with the old and the new one, and `oomph diff` shows where they part'
    );
  }
  if (one.kind === 'dump' && now === '')
    return 'no allocation fails any more, and none would with less to do: the snapshot of dump is out of date';
  const [old, fresh] = [before.split('\n'), now.split('\n')];
  const at = fresh.findIndex((line, i) => line !== old[i]);
  const shown = (line: string | undefined): string => JSON.stringify((line ?? '').trim().slice(0, MAX_SHOWN));
  const where = `line ${at + 1} was ${shown(old[at])} and is ${shown(fresh[at])}`;
  return `${one.key} differs from its snapshot (${where}), and so it would in any smaller challenge: expect a metric that says what is wrong (\`oomph metrics\` lists them)`;
}
