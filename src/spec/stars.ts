import { PROVERS, type Prover, type StarsPlan, USUAL_STARS } from '../contract/plan.ts';
import type { Located } from './document.ts';
import { type Findings, quote } from './findings.ts';
import { field, integerOf } from './values.ts';

/** @param policies  the files that the challenge names, '' for none */
export function readStars(
  findings: Findings,
  node: Located | undefined,
  policies: { reference: string; naive: string },
): StarsPlan {
  const stars = { ...USUAL_STARS };
  for (const who of PROVERS) {
    const entry = field(node, who);
    if (entry === undefined) continue;
    stars[who] = rangeOf(findings, entry) ?? stars[who];
    if ((who === 'reference' || who === 'naive') && policies[who] === '') nobody(findings, entry, who);
  }
  return stars;
}

function rangeOf(findings: Findings, node: Located): [number, number] | undefined {
  const [fewest, most] = node.items === null ? [integerOf(node), integerOf(node)] : node.items.map(integerOf);
  if (fewest === undefined || most === undefined) return undefined;
  if (fewest <= most) return [fewest, most];
  findings.error(node, 'E-RANGE-ORDER', 'the first of the two is the larger', {
    expected: '[fewest, most]',
    suggestions: [`[${most}, ${fewest}]`],
  });
  return undefined;
}

function nobody(findings: Findings, node: Located, who: Prover): void {
  const message = `${quote(who)} gets stars, and \`policy\` names no such file`;
  findings.error(node.key ?? node, 'E-STARS', message, {
    expected: `\`${who}: ${who}.ts\` in \`policy\`, or no stars for it`,
  });
}
