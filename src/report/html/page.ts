/** A page of feedback: one file that needs no network and no script, on a phone and on paper as on a screen. */

/** What HTML has no place for, and what would turn round the text behind it. */
const UNFIT = /(?![\t\n\r])\p{Cc}|\p{Cs}|\p{Noncharacter_Code_Point}|[\u202a-\u202e\u2066-\u2069]/gu;

/** Text as it stands between tags and in quoted attributes; whoever wrote it, it is no markup. */
export function escapeHtml(text: string): string {
  return text
    .replace(UNFIT, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A name of somebody's, in whatever direction it is written. */
export const nameHtml = (name: string): string => `<bdi>${escapeHtml(name)}</bdi>`;

/** @param body HTML */
export function htmlPage(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
${CSS}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

/** @param cells HTML; `numbers`: columns that are set to the right */
export function htmlTable(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[] = [],
): string {
  const of = (i: number): string => (numbers.includes(i) ? ' class="number"' : '');
  const heads = head.map((cell, i) => `<th scope="col"${of(i)}>${cell}</th>`).join('');
  const body = rows.map(row => `<tr>${row.map((cell, i) => `<td${of(i)}>${cell}</td>`).join('')}</tr>`);
  return `<div class="wide" tabindex="0" role="region" aria-label="${escapeHtml(caption)}"><table>
<caption>${escapeHtml(caption)}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${body.join('\n')}
</tbody>
</table></div>`;
}

const CSS = `:root { color-scheme: light dark; --ink: #1b1b1f; --paper: #fff; --dim: #5a5a66; --line: #c9c9d2; --box: #f4f4f7;
  --good: #17692f; --bad: #b3202c; --data: #1f5fae; --min: #b3202c; --low: #8a5a00; --high: #17692f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8ee; --paper: #16161a; --dim: #a5a5b3; --line: #45454f;
  --box: #222228; --good: #6fd18b; --bad: #ff8a8f; --data: #7db4ff; --min: #ff8a8f; --low: #e8b44c; --high: #6fd18b; } }
@media print { :root { color-scheme: light; --ink: #000; --paper: #fff; --dim: #444; --line: #999; --box: #f4f4f7; --good: #17692f;
  --bad: #b3202c; --data: #1f5fae; --min: #b3202c; --low: #8a5a00; --high: #17692f; }
  svg, pre, figure, tr { break-inside: avoid; } h2, h3 { break-after: avoid; } pre { white-space: pre-wrap; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
main { max-width: 46rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1rem; font-size: 1.3rem; }
h3 { font-size: 1.05rem; margin-bottom: .4rem; }
.total { font-size: 1.25rem; font-weight: 600; }
.dim { color: var(--dim); } .good { color: var(--good); } .bad { color: var(--bad); } .good, .bad { font-weight: 600; }
pre { background: var(--box); padding: .6rem .8rem; overflow-x: auto; font: .85rem/1.4 ui-monospace, monospace; }
.story { padding-left: 1.2rem; } .beat-bad { color: var(--bad); } .inner { margin-left: 1.2rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; margin: .6rem 0; } caption { text-align: left; color: var(--dim); }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .7rem .25rem 0; text-align: left; vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0; } figcaption { font-size: .9rem; color: var(--dim); }
svg { display: block; width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
svg .axis { stroke: var(--line); fill: none; } svg .data { stroke: var(--data); stroke-width: 1.8; fill: none; }
svg .min { stroke: var(--min); stroke-width: 1.5; } svg .low { stroke: var(--low); stroke-width: 1.5; stroke-dasharray: 7 4; }
svg .high { stroke: var(--high); stroke-width: 1.5; stroke-dasharray: 2 3; } svg .at { stroke: var(--ink); stroke-dasharray: 4 2; }
svg .goal { stroke: var(--high); stroke-width: 1.5; stroke-dasharray: 7 4; } svg .tick { stroke: var(--data); stroke-width: 1.6; }
svg .pin { fill: none; stroke: var(--bad); stroke-width: 2.5; } svg .pin-gap { fill: none; stroke: var(--paper); stroke-width: 4.5; }
svg .bar { fill: var(--data); } .defs { position: absolute; width: 0; height: 0; }
svg .mark { fill: none; stroke: var(--ink); stroke-width: .8; } svg .dots { fill: var(--ink); stroke: var(--paper); stroke-width: .4; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .9rem; }
.legend svg { display: inline-block; width: 1.4rem; height: 1rem; vertical-align: -.15rem; border: 1px solid var(--line); }
`;
