import type { Located } from './document.ts';
import { type Findings, quote } from './findings.ts';
import { field, textOf } from './values.ts';

/** Columns of the terminal that texts are written for. */
const COLUMNS = 80;

const length = (text: string): number => [...text].length;

/** What a player reads: no line wider than a terminal, and each hint longer than the one before. */
export function checkTexts(findings: Findings, root: Located): void {
  const hints = field(root, 'hints')?.items ?? [];
  for (const node of [field(root, 'title'), field(root, 'story'), ...hints, field(root, 'explanation')])
    checkWidth(findings, node);
  hints.forEach((hint, i) => {
    const text = textOf(hint);
    const before = i === 0 ? undefined : textOf(hints[i - 1]);
    if (text === undefined || before === undefined || length(text) > length(before)) return;
    findings.warning(hint, 'W-HINT-ORDER', 'this hint is no longer than the one before it', {
      expected: 'hints that say more and more',
    });
  });
}

/** The first line of a text that is too wide, where it stands in the file. */
export function checkWidth(findings: Findings, node: Located | undefined): void {
  const wide = textOf(node)
    ?.split('\n')
    .find(line => length(line) > COLUMNS);
  if (node === undefined || wide === undefined) return;
  // A text that YAML folded has no such line in the file: then its beginning is the place.
  const at = findings.textOf(node).indexOf(wide);
  const place = at < 0 ? node : { start: node.start + at, end: node.start + at + wide.length };
  findings.warning(place, 'W-TEXT-WIDE', `${quote(wide)} has ${length(wide)} columns`, {
    expected: `lines of at most ${COLUMNS} columns, written as a block with \`|\``,
  });
}
