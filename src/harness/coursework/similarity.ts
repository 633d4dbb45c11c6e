/** Policies that are alike more than two people's work would be: Dolos over their outlines. */
import {
  File,
  FingerprintIndex,
  Pair,
  Region,
  type SharedFingerprint,
  TokenizedFile,
} from '@dodona/dolos-core';
import type { ComparedKind, SimilarPair, SimilarSide, TextRegion } from '../../contract/similarity.ts';
import type { Outline } from '../../policy/compile/outline.ts';

export interface ComparedPolicy {
  id: string;
  kind: ComparedKind;
  outline: Outline;
}

export interface SimilarityOptions {
  /** Of 1000. */
  threshold: number;
  leastTokens: number;
  /** So many pairs get the pieces that they have in common. */
  shown: number;
}

/**
 * So many tokens in a row are a fingerprint. `mem.free(mem.DMA) > RESERVE` is 12: two that call the same have it. With more
 * of them a statement put between others would hide a copy.
 */
const GRAM = 16;
/** Every fingerprint is kept, unless all policies together have more tokens: then one of two in a row, of three, ... */
const FEW_TOKENS = 150_000;
/** Fewer than a fingerprint has tokens: those that are kept still overlap, and what two have in common has no gaps. */
const MAX_WINDOW = GRAM - 4;
/** Most comparisons of two fingerprints for the pieces of a pair: a policy of one line a thousand times has billions. */
const MAX_PRODUCT = 2_000_000;

interface Prints {
  policy: ComparedPolicy;
  file: TokenizedFile;
  /** Where each fingerprint that is no starter's begins, by the fingerprint. */
  own: Map<SharedFingerprint, number[]>;
  /** Tokens of what students begin with. */
  isGiven: Uint8Array;
  nrOwn: number;
}

/**
 * The pairs that have as much in common as the options ask for, the most alike first.
 *
 * @param starters  what students begin with: nothing of it counts
 */
export function similarPairs(
  policies: readonly ComparedPolicy[],
  starters: readonly Outline[],
  { threshold, leastTokens, shown }: SimilarityOptions,
): { pairs: SimilarPair[]; tooShort: ComparedPolicy[] } {
  const nrTokens = policies.reduce((sum, { outline }) => sum + outline.tokens.length, 0);
  const index = new FingerprintIndex(
    GRAM,
    Math.min(MAX_WINDOW, Math.max(1, Math.ceil(nrTokens / FEW_TOKENS))),
  );
  const files = policies.map(({ id, outline }) => {
    const file = tokenized(id, outline);
    index.addFiles([file]);
    // Each fingerprint has its own by now.
    file.mapping.length = 0;
    return file;
  });
  // Afterwards: what is ignored before is forgotten when a file has it (Dolos 1.2.1).
  for (const starter of starters) index.addIgnoredFile(tokenized('', starter));
  const entries = index.entries();
  const prints = policies.map((policy, i): Prints => {
    const { shared, ignored } = entries[i];
    const file = files[i];
    const isGiven = new Uint8Array(file.tokens.length);
    for (const print of ignored)
      for (const start of startsOf(print, file)) isGiven.fill(1, start, start + GRAM);
    const own = new Map([...shared].map(print => [print, startsOf(print, file)]));
    return { policy, file, own, isGiven, nrOwn: isGiven.reduce((sum, given) => sum - given, isGiven.length) };
  });
  const found: { pair: SimilarPair; left: Prints; right: Prints }[] = [];
  const held = holders(prints);
  for (const [i, left] of prints.entries()) {
    for (const j of candidates(i, prints, held, { threshold, leastTokens })) {
      const right = prints[j];
      if (left.policy.kind !== 'submission' && right.policy.kind !== 'submission') continue;
      const pair = pairOf(left, right);
      if (pair.similarity >= threshold && pair.shared >= leastTokens) found.push({ pair, left, right });
    }
  }
  found.sort((a, b) => b.pair.similarity - a.pair.similarity || b.pair.shared - a.pair.shared);
  found.forEach(({ pair, left, right }, i) => {
    const product = productOf(left, right);
    if (i >= shown || product > MAX_PRODUCT) return;
    const both = new Pair(entries[prints.indexOf(left)], entries[prints.indexOf(right)]);
    pair.pieces = both.buildFragments().map(({ leftSelection, rightSelection }) => ({
      left: regionOf(leftSelection),
      right: regionOf(rightSelection),
    }));
  });
  return {
    pairs: found.map(({ pair }) => pair),
    tooShort: prints.filter(({ nrOwn }) => nrOwn < leastTokens).map(({ policy }) => policy),
  };
}

/** Which policies have a fingerprint, in their order. */
function holders(prints: readonly Prints[]): Map<SharedFingerprint, number[]> {
  const held = new Map<SharedFingerprint, number[]>();
  prints.forEach(({ own }, i) => {
    for (const print of own.keys()) {
      const list = held.get(print);
      if (list === undefined) held.set(print, [i]);
      else list.push(i);
    }
  });
  return held;
}

/** Those behind a policy that have so many fingerprints in common with it that they can be a pair: of all pairs, few. */
function candidates(
  i: number,
  prints: readonly Prints[],
  held: ReadonlyMap<SharedFingerprint, number[]>,
  { threshold, leastTokens }: Pick<SimilarityOptions, 'threshold' | 'leastTokens'>,
): number[] {
  const counts = new Int32Array(prints.length);
  for (const [print, starts] of prints[i].own) {
    for (const j of held.get(print)!) counts[j] += Math.max(starts.length, prints[j].own.get(print)!.length);
  }
  const found: number[] = [];
  for (let j = i + 1; j < prints.length; j++) {
    const least = Math.min(prints[i].nrOwn, prints[j].nrOwn);
    if (least < leastTokens) continue;
    if (counts[j] * GRAM * 1000 >= Math.max(leastTokens * 1000, threshold * least)) found.push(j);
  }
  return found;
}

function tokenized(id: string, { tokens, regions }: Outline): TokenizedFile {
  const mapping = tokens.map((_, i) => {
    const [startRow, startCol, endRow, endCol] = regions.subarray(4 * i);
    return new Region(startRow, startCol, endRow, endCol);
  });
  return new TokenizedFile(new File(id, ''), tokens, mapping);
}

const startsOf = (print: SharedFingerprint, file: TokenizedFile): number[] =>
  print.occurrencesOf(file).map(({ side }) => side.start);

const regionOf = ({ startRow, startCol, endRow, endCol }: Region): TextRegion => ({
  startLine: startRow,
  startColumn: startCol,
  endLine: endRow,
  endColumn: endCol,
});

/**
 * By tokens that lie in a common fingerprint, and not by fingerprints as Dolos has it: in a short policy one changed token is
 * in a third of all fingerprints. (That of Dolos 1.2.1 is besides out where starter code is left out: it takes the left
 * policy's for both.)
 */
function pairOf(left: Prints, right: Prints): SimilarPair {
  const [small, large] = left.own.size < right.own.size ? [left, right] : [right, left];
  const inLeft = new Uint8Array(left.file.tokens.length);
  const inRight = new Uint8Array(right.file.tokens.length);
  for (const print of small.own.keys()) {
    if (!large.own.has(print)) continue;
    for (const start of left.own.get(print)!) inLeft.fill(1, start, start + GRAM);
    for (const start of right.own.get(print)!) inRight.fill(1, start, start + GRAM);
  }
  const [nrLeft, nrRight] = [ownIn(inLeft, left), ownIn(inRight, right)];
  const sides = [sideOf(left, nrLeft), sideOf(right, nrRight)];
  return {
    left: sides[0],
    right: sides[1],
    similarity: Math.max(sides[0].share, sides[1].share),
    shared: Math.min(nrLeft, nrRight),
    longest: longestRun(inLeft, left),
    pieces: [],
  };
}

function sideOf({ policy: { id, kind }, nrOwn }: Prints, common: number): SimilarSide {
  return { id, kind, own: nrOwn, share: nrOwn === 0 ? 0 : Math.floor((1000 * common) / nrOwn) };
}

function ownIn(common: Uint8Array, { isGiven }: Prints): number {
  let n = 0;
  for (let i = 0; i < common.length; i++) if (common[i] === 1 && isGiven[i] === 0) n++;
  return n;
}

function longestRun(common: Uint8Array, { isGiven }: Prints): number {
  let longest = 0;
  let run = 0;
  for (let i = 0; i < common.length; i++) {
    run = common[i] === 1 && isGiven[i] === 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

function productOf(left: Prints, right: Prints): number {
  let nrLeft = 0;
  let nrRight = 0;
  let pairs = 0;
  for (const [print, starts] of left.own) {
    const others = right.own.get(print);
    if (others === undefined) continue;
    nrLeft += starts.length;
    nrRight += others.length;
    pairs += starts.length * others.length;
  }
  // The library looks for the longest common row as well, which takes all by all.
  return Math.max(pairs, nrLeft * nrRight);
}

/** Groups of three and more submissions that pairs connect, the largest first. */
export function clustersOf(pairs: readonly SimilarPair[]): string[][] {
  const groups = new Map<string, Set<string>>();
  for (const { left, right } of pairs) {
    if (left.kind !== 'submission' || right.kind !== 'submission') continue;
    const [a, b] = [left.id, right.id].map(id => groups.get(id) ?? new Set([id]));
    const [small, large] = a.size < b.size ? [a, b] : [b, a];
    if (small !== large) for (const id of small) large.add(id);
    for (const id of large) groups.set(id, large);
  }
  return [...new Set(groups.values())]
    .filter(({ size }) => size > 2)
    .map(group => [...group].sort((a, b) => (a < b ? -1 : 1)))
    .sort((a, b) => b.length - a.length);
}
