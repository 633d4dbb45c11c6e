/** Which cases are run: by text, by seed, by shard. */
import type { TestRun } from '../../contract/testing.ts';
import { BadInput } from '../exit.ts';
import type { Case } from './runSpecs.ts';
import type { LoadedSpec } from './specs.ts';

export type Filter = (spec: LoadedSpec) => boolean;
export interface Shard {
  index: number;
  of: number;
}

const MAX_SHARDS = 10_000;

/** `--filter`: a text, or `/a regular expression/` with flags. @throws BadInput */
export function parseFilter(text: string): Filter {
  const about = ({ file, plan }: LoadedSpec): string[] => [file, plan?.id ?? '', plan?.title ?? ''];
  const slashed = /^\/(.+)\/([a-z]*)$/s.exec(text);
  if (slashed === null) {
    const wanted = text.toLowerCase();
    return spec => about(spec).some(name => name.toLowerCase().includes(wanted));
  }
  try {
    // Flags that keep a place between two matches would make the answer depend on the one before.
    const pattern = new RegExp(slashed[1], slashed[2].replace(/[gy]/g, ''));
    return spec => about(spec).some(name => pattern.test(name));
  } catch (error) {
    throw new BadInput(`--filter ${text}: ${(error as Error).message}`);
  }
}

/** `2/5`. @throws BadInput */
export function parseShard(text: string): Shard {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text.trim());
  const [index, of] = match === null ? [0, 0] : [Number(match[1]), Number(match[2])];
  if (match === null || of < 1 || of > MAX_SHARDS) {
    throw new BadInput(`${JSON.stringify(text)} is no shard: write --shard 2/5, the second of five`);
  }
  if (index < 1 || index > of) {
    throw new BadInput(`there is no shard ${index} of ${of}: they are 1/${of} to ${of}/${of}`);
  }
  return { index, of };
}

/** `--bail`, with or without a number. @throws BadInput */
export function parseBail(value: string | true | undefined): number {
  if (value === undefined) return 0;
  if (value === true) return 1;
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new BadInput(
    `--bail takes the number of failures to stop at, not ${JSON.stringify(value)}: write --bail=1 before a file`,
  );
}

export interface Selection {
  /** Those that have a case, and those that cannot be run. */
  specs: LoadedSpec[];
  /** In the order of the report. */
  cases: Case[];
  shard: TestRun['shard'];
  /** Files of those that expect snapshots only, and of none of the seeds that are asked for. */
  leftOut: string[];
}

/**
 * The cases of a run.
 *
 * @param seeds  null: each spec's own
 * @throws BadInput  none is left
 */
export function select(
  loaded: readonly LoadedSpec[],
  filter: Filter | null,
  seeds: readonly number[] | null,
  shard: Shard | null,
): Selection {
  const filtered = filter === null ? loaded : loaded.filter(filter);
  if (filtered.length === 0) {
    throw new BadInput(
      `--filter leaves none of ${loaded.length === 1 ? 'the one spec' : `the ${loaded.length} specs`}: nothing was run`,
    );
  }
  const leftOut: string[] = [];
  const cases: Case[] = [];
  for (const spec of filtered) {
    const own = casesOf(spec, seeds);
    if (own.length === 0 && spec.plan !== null) leftOut.push(spec.file);
    cases.push(...own);
  }
  const isBroken = ({ plan }: LoadedSpec): boolean => plan === null;
  if (cases.length === 0 && !filtered.some(isBroken)) {
    throw new BadInput(
      'the specs expect nothing but snapshots, and none of their seeds is asked for: nothing was run',
    );
  }
  const mine = shard === null ? cases : cases.filter((_, i) => i % shard.of === shard.index - 1);
  if (mine.length === 0 && cases.length > 0) {
    throw new BadInput(
      `shard ${shard!.index} of ${shard!.of} has nothing to run: there ${cases.length === 1 ? 'is 1 case' : `are ${cases.length} cases`}, for as many shards at most`,
    );
  }
  const used = new Set(mine.map(({ spec }) => spec));
  return {
    specs: filtered.filter(spec => isBroken(spec) || used.has(spec)),
    cases: mine,
    shard: shard === null ? null : { ...shard, nrCases: cases.length },
    leftOut,
  };
}

/** Snapshots are of a spec's own seeds: where it expects nothing else, another seed has nothing to be held against. */
function casesOf(spec: LoadedSpec, seeds: readonly number[] | null): Case[] {
  const { plan } = spec;
  if (plan === null) return [];
  const onlySnapshots = plan.test.expect.every(one => 'key' in one);
  const wanted = (seeds ?? plan.seeds).filter(seed => !onlySnapshots || plan.seeds.includes(seed));
  return [...wanted].sort((a, b) => a - b).map(seed => ({ spec, plan, seed }));
}
