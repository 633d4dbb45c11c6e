/** What policies have in common as a table and in a few lines: for the teacher, nothing of it is a verdict. */
import { stringify } from 'csv-stringify/sync';
import type { ChallengeSimilarity, SimilarityReport, SimilarSide } from '../../contract/similarity.ts';
import { plural } from '../quantity.ts';

export const wholePercent = (permille: number): string => `${Math.floor(permille / 10)} %`;

/** Whose it is: of this class nothing need be said. */
export function sideName({ id, kind }: SimilarSide): string {
  return kind === 'earlier' ? `${id} (earlier)` : id;
}

const bare = (permille: number): string => String(Math.floor(permille / 10));

/** RFC 4180 with a byte order mark; a line for each pair, those of all challenges. Shares are per cent. */
export function similarityCsv({ challenges }: SimilarityReport): string {
  const columns = [
    'challenge',
    'left',
    'right',
    'similarity %',
    'of left %',
    'of right %',
    'tokens in common',
    'longest piece',
  ];
  const rows = challenges.flatMap(({ challenge, pairs }) =>
    pairs.map(({ left, right, similarity, shared, longest }) => [
      challenge,
      sideName(left),
      sideName(right),
      bare(similarity),
      bare(left.share),
      bare(right.share),
      String(shared),
      String(longest),
    ]),
  );
  return stringify([columns, ...rows], { bom: true, record_delimiter: 'windows', escape_formulas: true });
}

/** Pairs named in the terminal. */
const NAMED = 5;

export function similarityText({ challenges, threshold, leastTokens }: SimilarityReport): string {
  const lines: string[] = [];
  for (const { file, nrCompared, pairs, clusters, notCompared } of challenges) {
    lines.push(
      `  ${file}: ${nrCompared} compared, ${pairs.length === 0 ? 'no pair' : plural(pairs.length, 'pair')} to look at`,
    );
    for (const { left, right, similarity, shared } of pairs.slice(0, NAMED))
      lines.push(`    ${wholePercent(similarity)}  ${sideName(left)} - ${sideName(right)}, ${shared} tokens`);
    if (pairs.length > NAMED) lines.push(`    and ${pairs.length - NAMED} more`);
    if (clusters.length > 0) {
      const sizes = clusters.slice(0, NAMED).map(group => group.length);
      const more = clusters.length > NAMED ? ` and ${clusters.length - NAMED} more` : '';
      lines.push(`    groups of ${sizes.join(', ')}${more}`);
    }
    if (notCompared.length > 0)
      lines.push(
        `    not compared: ${notCompared
          .slice(0, NAMED)
          .map(({ id }) => id)
          .join(
            ', ',
          )}${notCompared.length > NAMED ? ` and ${notCompared.length - NAMED} more` : ''} (similarity.html says why)`,
      );
  }
  return [
    `Alike by ${wholePercent(threshold)} or more, in ${leastTokens} tokens or more, starter code left out:`,
    ...lines,
    '',
  ].join('\n');
}

/** What was left out of the comparison, in sentences; nothing where all were compared. */
export function leftOut({ tooShort, tunables, notCompared }: ChallengeSimilarity): {
  sentence: string;
  items: string[];
}[] {
  const found = [
    {
      sentence:
        'Too short to tell: apart from starter code they have fewer tokens than a pair must share. Short solutions of one puzzle look alike.',
      items: tooShort,
    },
    {
      sentence: 'Files of numbers, which are not compared: two that set the same number have copied nothing.',
      items: tunables,
    },
    { sentence: 'Not compared:', items: notCompared.map(({ id, why }) => `${id}: ${why}`) },
  ];
  return found.filter(({ items }) => items.length > 0);
}
