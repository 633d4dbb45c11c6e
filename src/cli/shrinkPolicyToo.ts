/** `oomph shrink --policy-too`: the policy made smaller on what is left of the challenge, then the challenge once more with it. */
import { basename, dirname, join } from 'node:path';
import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicySource, SourceFile } from '../contract/policy.ts';
import { failuresOf, sameFailure } from '../harness/shrink/failureClass.ts';
import type { PolicyRuns } from '../harness/shrink/policyRuns.ts';
import { Enough, type ShrinkInput, type Shrunk, shrink, WORK_PER_RUN } from '../harness/shrink/shrink.ts';
import { type PolicyShrunk, shrinkPolicy } from '../harness/shrink/shrinkPolicy.ts';
import { partsOf } from '../policy/shrink/policyEdits.ts';
import { policyHeader } from '../report/shrink/shrinkText.ts';
import { compileTape } from '../workload/compile.ts';
import { BadInput } from './exit.ts';

/** Where the policy goes: `small.policy.ts` beside `small.yaml`. */
export function policyPlace(out: string, source: PolicySource): string {
  const name = basename(out).replace(/(?:\.spec)?\.ya?ml$/, '');
  return join(dirname(out), `${name}.policy${source.entry.endsWith('.js') ? '.js' : '.ts'}`);
}

/** @throws BadInput  it is no policy of one file of code */
export function checkOneFile(name: string, source: PolicySource | null): void {
  if (source === null)
    throw new BadInput('--policy-too makes a policy smaller, and Linux decides: name one with --policy');
  if (source.tunables !== undefined)
    throw new BadInput(`${name} sets numbers and has no code: leave out --policy-too`);
  if (source.files.length > 1) {
    throw new BadInput(
      `${name} has ${source.files.length} files, and --policy-too makes one smaller: put them together first`,
    );
  }
}

export interface BothShrunk {
  shrunk: Shrunk;
  policy: PolicyShrunk;
  /** On what is left, Linux fails in the same way. */
  linuxFails: boolean;
}

/**
 * @param found  what came of the challenge alone
 * @returns null where the policy cannot be read; what stopped the search is in `shrunk.end`
 */
export async function shrinkBoth(
  input: ShrinkInput,
  found: Shrunk,
  runs: PolicyRuns,
  source: PolicySource,
  tell: (policy: PolicyShrunk) => void,
): Promise<BothShrunk | null> {
  const [entry] = source.files;
  const plan = input.parse(found.text)!;
  const tape = compileTape(plan, input.seed);
  let { tried, work } = found;
  const parts = partsOf(entry);
  if (parts === null) return null;
  let policy: PolicyShrunk = { file: entry, before: parts.size, after: parts.size };
  const of = (file: SourceFile): PolicySource => ({ ...source, files: [file] });
  const fails = async (file: SourceFile): Promise<boolean> => {
    if (await input.stop?.()) throw new Enough('stopped');
    if (work + WORK_PER_RUN + tape.nrOps > input.limit) throw new Enough('limit');
    runs.use(of(file));
    work += tape.nrOps + WORK_PER_RUN;
    tried++;
    const played = await runs.run(plan, tape);
    if (played === null) return false;
    return sameFailure(found.failure, failuresOf(plan, tape, played)) !== undefined;
  };
  // The challenge alone may have come to its own limit.
  let end: Shrunk['end'] = 'done';
  try {
    await shrinkPolicy(entry, fails, now => {
      policy = now;
      tell(now);
    });
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
    end = error.why;
  }
  runs.use(of(policy.file));
  const linuxFails = sameFailure(found.failure, failuresOf(plan, tape, null)) !== undefined;
  if (end !== 'done') return { policy, linuxFails, shrunk: { ...found, tried, work, end } };
  if (found.end === 'done' && policy.file.text === entry.text)
    return { policy, linuxFails, shrunk: { ...found, tried, work } };
  const again = await shrink({
    ...input,
    document: found.document,
    plan: withSeed(plan, input.seed),
    failure: found.failure,
    limit: input.limit - work,
  });
  return {
    policy,
    linuxFails,
    shrunk: {
      ...again,
      before: found.before,
      tried: tried + again.tried,
      work: work + again.work,
    },
  };
}

const withSeed = (plan: ChallengePlan, seed: number): ChallengePlan => ({ ...plan, seeds: [seed] });

/** With where it comes from above it, in place of what an earlier shrinking said. */
export function policyText({ file, before, after }: PolicyShrunk, from: string, command: string): string {
  const text = file.text.replace(/^\/\/ Shrunk by oomph .*\n(?:\/\/ .*\n)*\n?/, '').trimStart();
  const header = policyHeader(from, command, before, after).map(line => `// ${line}`);
  return `${header.join('\n')}\n\n${text.trimEnd()}\n`;
}
