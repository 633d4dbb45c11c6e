/** Pairs of policies side by side, what they have in common marked: for the teacher, one file without scripts. */
import type { SourceFile } from '../../../contract/policy.ts';
import {
  type ChallengeSimilarity,
  type SimilarityReport,
  type SimilarPair,
  type SimilarSide,
  type TextRegion,
  textKey,
} from '../../../contract/similarity.ts';
import { escapeHtml as esc, htmlPage, htmlTable, nameHtml } from '../../html/page.ts';
import { plural } from '../../quantity.ts';
import { leftOut, sideName, wholePercent } from '../similarity.ts';

/** Rows of the table of a challenge; similarity.csv has them all. */
const MAX_ROWS = 500;
/** Colours of pieces, one after the other. */
const COLOURS = 6;

export function similarityHtml(report: SimilarityReport): string {
  const { title, threshold, leastTokens, challenges } = report;
  const parts = [
    `<style>${CSS}</style>`,
    `<h1>Similarity: ${esc(title)}</h1>`,
    `<p>Pairs that are alike by ${wholePercent(threshold)} or more, in ${leastTokens} tokens or more. Names, numbers, types, comments and the way a text is set do not count, nor does the order of its functions; what students begin with is left out. ` +
      'The percentage is of the policy of which more is found in the other.</p>',
    '<p><strong>Alike is not copied.</strong> The same lecture or a solution that suggests itself explain much: look at the texts, and ask.</p>',
  ];
  challenges.forEach((challenge, i) => {
    parts.push(challengeHtml(challenge, `c${i + 1}`));
  });
  return htmlPage(`Similarity: ${title}`, parts.join('\n'));
}

function challengeHtml(challenge: ChallengeSimilarity, id: string): string {
  const { title, file, nrCompared, pairs, clusters } = challenge;
  const parts = [
    `<section aria-labelledby="${id}">`,
    `<h2 id="${id}">${esc(title)}</h2>`,
    `<p>${esc(file)}: ${nrCompared === 1 ? 'one policy' : `${nrCompared} policies`} compared, ${pairs.length === 0 ? 'no pair' : plural(pairs.length, 'pair')} to look at.</p>`,
  ];
  if (pairs.length > 0) parts.push(pairTable(pairs, id));
  if (clusters.length > 0) {
    parts.push(
      '<h3>Groups</h3>',
      '<p>Submissions that pairs lead from one to the other. A large group is often a solution that suggests itself.</p>',
      `<ul>${clusters.map(group => `<li>${group.map(nameHtml).join(', ')}</li>`).join('')}</ul>`,
    );
  }
  const shown = pairs.filter(({ pieces }) => pieces.length > 0);
  if (shown.length > 0) parts.push('<h3>Side by side</h3>');
  pairs.forEach((pair, i) => {
    if (pair.pieces.length > 0) parts.push(pairHtml(pair, challenge.texts, `${id}-${i + 1}`));
  });
  for (const { sentence, items } of leftOut(challenge)) {
    parts.push(
      `<details><summary>${esc(sentence)} (${items.length})</summary><ul>${items.map(item => `<li>${nameHtml(item)}</li>`).join('')}</ul></details>`,
    );
  }
  return [...parts, '</section>'].join('\n');
}

function pairTable(pairs: readonly SimilarPair[], id: string): string {
  const rows = pairs.slice(0, MAX_ROWS).map((pair, i) => {
    const { left, right, similarity, shared, longest, pieces } = pair;
    const text = wholePercent(similarity);
    return [
      pieces.length > 0 ? `<a href="#${id}-${i + 1}">${text}</a>` : text,
      nameHtml(sideName(left)),
      wholePercent(left.share),
      nameHtml(sideName(right)),
      wholePercent(right.share),
      String(shared),
      String(longest),
    ];
  });
  const caption =
    pairs.length > MAX_ROWS
      ? `The ${MAX_ROWS} pairs that are most alike; similarity.csv has all ${pairs.length}`
      : 'Pairs, the most alike first';
  const head = ['alike', 'left', 'of it', 'right', 'of it', 'tokens in common', 'longest piece'];
  return htmlTable(caption, head, rows, [0, 2, 4, 5, 6]);
}

function pairHtml(pair: SimilarPair, texts: ChallengeSimilarity['texts'], id: string): string {
  const { left, right, similarity, pieces } = pair;
  const column = (side: SimilarSide, of: 'left' | 'right'): string => {
    const files = texts.get(textKey(side.kind, side.id)) ?? [];
    const marks = pieces.map((piece, i) => ({ ...piece[of], number: i + 1 }));
    return `<div><h4>${nameHtml(sideName(side))}: ${wholePercent(side.share)} of it</h4>\n${textHtml(files, marks)}</div>`;
  };
  return `<details class="pair" id="${id}"><summary>${wholePercent(similarity)}: ${nameHtml(sideName(left))} and ${nameHtml(sideName(right))}</summary>
<div class="sides">
${column(left, 'left')}
${column(right, 'right')}
</div></details>`;
}

type Mark = TextRegion & { number: number };

/** Files as the outline has them, one after the other, with pieces marked. */
function textHtml(files: readonly SourceFile[], marks: readonly Mark[]): string {
  const parts: string[] = [];
  const left = apart(marks);
  let first = 0;
  for (const { path, text } of files) {
    const lines = text.split('\n');
    const out = lines.map((line, i) => {
      const row = first + i;
      let html = '';
      let column = 0;
      while (left.length > 0 && left[0].startLine <= row) {
        const [mark] = left;
        const from = mark.startLine < row ? 0 : mark.startColumn;
        const to = mark.endLine > row ? line.length : mark.endColumn;
        const piece = esc(line.slice(from, to));
        html += esc(line.slice(column, from)) + (piece === '' ? '' : markHtml(mark, piece));
        column = Math.max(from, to);
        if (mark.endLine > row) break;
        left.shift();
      }
      return `<span class="nr">${String(i + 1).padStart(4)}</span> ${html}${esc(line.slice(column))}`;
    });
    parts.push(`<h5>${esc(path)}</h5><pre>${out.join('\n')}</pre>`);
    first += lines.length;
  }
  return parts.join('\n');
}

/** In the order of the text, each from where the one before it ends. */
function apart(marks: readonly Mark[]): Mark[] {
  const sorted = [...marks].sort((a, b) => a.startLine - b.startLine || a.startColumn - b.startColumn);
  const found: Mark[] = [];
  let [line, column] = [0, 0];
  for (const mark of sorted) {
    const { startLine, startColumn, endLine, endColumn } = mark;
    if (endLine < line || (endLine === line && endColumn <= column)) continue;
    const isLater = startLine > line || (startLine === line && startColumn >= column);
    found.push(isLater ? mark : { ...mark, startLine: line, startColumn: column });
    [line, column] = [endLine, endColumn];
  }
  return found;
}

const markHtml = ({ number }: Mark, html: string): string =>
  `<mark class="m${number % COLOURS}" title="piece ${number}">${html}</mark>`;

const CSS = `main { max-width: 96rem; } .sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
.sides > div { min-width: 0; } .nr { color: var(--dim); user-select: none; } h4, h5 { margin: .4rem 0; } .pair { border-top: 1px solid var(--line); padding: .4rem 0; }
summary { cursor: pointer; } mark { color: inherit; border-bottom: 2px solid; }
.m0 { background: #ffe08a66; } .m1 { background: #9cc4f066; } .m2 { background: #b6dfb066; } .m3 { background: #f2a7a066; } .m4 { background: #d9b8ea66; } .m5 { background: #a8e0dc66; }
@media (max-width: 50rem) { .sides { grid-template-columns: 1fr; } } @media print { details > * { display: block; } }
`;
