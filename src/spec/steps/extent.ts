import type { IntDist, PlacePlan } from '../../contract/plan.ts';
import type { Located } from '../document.ts';
import { quote } from '../findings.ts';
import { SIZE } from '../quantity.ts';
import { pagesOfOffset, pagesOfSize } from '../sizes.ts';
import { type DistKind, distribution, sizeText } from '../values.ts';
import type { RunReader } from './run.ts';

/** What is read, written or touched, for the checks of where and how much. */
export interface Extent {
  /** `the file db`, `the area heap` */
  words: string;
  bytes: number;
  code: 'E-DATA-FILE-RANGE' | 'E-AREA-RANGE';
}

const extentDist = ({ words, bytes, code }: Extent, noun: 'a size' | 'a position'): DistKind => ({
  quantity: SIZE,
  noun,
  kinds: ['uniform', 'choice', 'in_turn'],
  expected:
    noun === 'a size'
      ? 'a size such as 16KiB, or {uniform: [4KiB, 64KiB]}, {choice: {4KiB: 5, 64KiB: 1}}'
      : 'sequential, a position such as 1MiB, or {uniform: [0B, 1MiB]}, {choice: {0B: 5, 1MiB: 1}}',
  check(findings, node, text, value) {
    const [least, most] = noun === 'a size' ? [1, bytes] : [0, bytes - 1];
    if (value >= least && value <= most) return value;
    const message =
      value < least
        ? 'nothing of no size'
        : `${quote(text)} is beyond the end of ${words}, which has ${sizeText(bytes)}`;
    const expected = noun === 'a size' ? `1B to ${sizeText(bytes)}` : `below ${sizeText(bytes)}`;
    findings.error(node, code, message, { expected });
    return undefined;
  },
});

export function amountOf(run: RunReader, node: Located | undefined, extent: Extent): IntDist | undefined {
  const bytes = distribution(run.findings, node, extentDist(extent, 'a size'));
  return bytes === undefined ? undefined : pagesOfSize(bytes, run.frame.pageBytes);
}

export function placeOf(run: RunReader, node: Located | undefined, extent: Extent): PlacePlan | undefined {
  if (node === undefined || node.value === 'sequential') return { kind: 'sequential' };
  const bytes = distribution(run.findings, node, extentDist(extent, 'a position'));
  return bytes === undefined ? undefined : { kind: 'drawn', page: pagesOfOffset(bytes, run.frame.pageBytes) };
}
