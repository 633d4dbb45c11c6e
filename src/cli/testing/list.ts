/** The cases that would be run, without running them. */
import { diagnosticsText } from '../../report/diagnostics.ts';
import { plural } from '../../report/quantity.ts';
import { styleFor } from '../terminal.ts';
import type { Selection } from './select.ts';

interface Listed {
  file: string;
  id: string;
  title: string;
  policy: string;
  seeds: number[];
}

function listed({ specs, cases }: Selection): Listed[] {
  return specs.flatMap(spec => {
    const { file, plan } = spec;
    if (plan === null) return [];
    const seeds = cases.filter(one => one.spec === spec).map(one => one.seed);
    return [{ file, id: plan.id, title: plan.title, policy: plan.test.policy, seeds }];
  });
}

/** What is wrong with a spec goes to standard error. */
export function listText(selection: Selection): string {
  complain(selection);
  const specs = listed(selection);
  const lines = specs.map(
    ({ file, policy, seeds, title }) => `${file}  ${policy}  seeds ${seedsText(seeds)}  ${title}`,
  );
  const all = plural(selection.cases.length, 'case');
  return `${[...lines, `${all} of ${plural(specs.length, 'spec')}`].join('\n')}\n`;
}

export function listJson(selection: Selection): string {
  complain(selection);
  return `${JSON.stringify({ oomph: 1, specs: listed(selection) }, null, 2)}\n`;
}

function complain({ specs }: Selection): void {
  for (const { plan, diagnostics } of specs) {
    if (plan === null) process.stderr.write(diagnosticsText(diagnostics, styleFor(process.stderr)));
  }
}

/** `1-5, 9` */
function seedsText(seeds: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < seeds.length; ) {
    let end = i;
    while (end + 1 < seeds.length && seeds[end + 1] === seeds[end] + 1) end++;
    parts.push(
      end === i
        ? String(seeds[i])
        : end === i + 1
          ? `${seeds[i]}, ${seeds[end]}`
          : `${seeds[i]}-${seeds[end]}`,
    );
    i = end + 1;
  }
  return parts.join(', ');
}
