import { quote } from '../findings.ts';
import { SIZE } from '../quantity.ts';
import { pagesOfSize } from '../sizes.ts';
import { distribution, field, sizeText, textOf } from '../values.ts';
import { isAgain, type StepReader } from './run.ts';

const vmalloc: StepReader = (run, name, node, scope) => {
  const { findings, frame } = run;
  const { arch } = frame.machine;
  let able = run.needs(node, name, 'slab');
  if (able && arch !== undefined && arch.pgdirBytes === 0)
    able = run.lacks(
      node,
      'vmalloc',
      `vmalloc() of ${arch.name} is not modelled`,
      'i386, i386-pae, arm or ppc32',
    );
  if (able) run.maySleep(node, name);
  const most = frame.vmallocBytes;
  const bytes = distribution(findings, field(node, 'size'), {
    quantity: SIZE,
    noun: 'a size',
    kinds: ['uniform', 'choice', 'in_turn'],
    expected: 'a size such as 1MiB, or {uniform: [64KiB, 1MiB]}, {choice: {64KiB: 5, 1MiB: 1}}',
    check(_, place, text, value) {
      if (value >= 1 && value <= most) return value;
      const message =
        value === 0
          ? 'vmalloc of nothing'
          : `${quote(text)} is more than this machine can map: NULL each time`;
      findings.error(place, 'E-VMALLOC-SIZE', message, {
        expected: `1B to ${sizeText(most)}, the smaller of the RAM and the vmalloc window`,
      });
      return undefined;
    },
  });
  const onFail = run.onFail(field(node, 'on_fail'));
  run.indirect = true;
  const as = run.take(node, scope, 'vmalloc');
  if (!able || as === undefined || bytes === undefined || onFail === undefined) return undefined;
  const pages = pagesOfSize(bytes, frame.pageBytes);
  return { kind: 'vmalloc', as, pages, onFail, ...run.position(node) };
};

const vfree: StepReader = (run, name, node, scope) => {
  const nameNode = node.entries === null ? node : field(node, 'area');
  const again = isAgain(node);
  const held = run.give(nameNode, scope, name, 'vmalloc', again);
  const area = textOf(nameNode);
  if (held === undefined || area === undefined) return undefined;
  return { kind: 'vfree', name: area, ...(again ? { again } : {}) };
};

export const VMALLOC_STEPS: Readonly<Record<string, StepReader>> = { vmalloc, vfree };
