import { quote } from '../findings.ts';
import { readGfp } from '../gfp.ts';
import { SIZE } from '../quantity.ts';
import { distribution, field, greatestOf, sizeText, textOf } from '../values.ts';
import type { RunReader, StepReader } from './run.ts';
import { MAX_KMALLOC } from './slab.ts';

/** The most that Linux gets one way or the other: vmalloc() takes over where the general caches end. */
function mostOf(run: RunReader): number {
  const { machine, vmallocBytes } = run.frame;
  const hasVmalloc = machine.arch === undefined || machine.arch.pgdirBytes !== 0;
  return hasVmalloc ? Math.max(MAX_KMALLOC, vmallocBytes) : MAX_KMALLOC;
}

const buffer: StepReader = (run, name, node, scope) => {
  const { findings } = run;
  const able = run.needs(node, name, 'slab');
  const most = mostOf(run);
  const bytes = distribution(findings, field(node, 'size'), {
    quantity: SIZE,
    noun: 'a size',
    kinds: ['uniform', 'choice', 'in_turn'],
    expected: 'a size such as 40KiB, or {uniform: [4KiB, 256KiB]}, {choice: {4KiB: 5, 1MiB: 1}}',
    check(_, place, text, value) {
      if (value >= 1 && value <= most) return value;
      const message =
        value === 0
          ? 'a buffer of no size'
          : `${quote(text)} is more than kmalloc and vmalloc have on this machine: NULL each time`;
      const code = most === MAX_KMALLOC ? 'E-KMALLOC-SIZE' : 'E-VMALLOC-SIZE';
      findings.error(place, code, message, { expected: `1B to ${sizeText(most)}` });
      return undefined;
    },
  });
  if (able && bytes !== undefined && greatestOf(bytes) > MAX_KMALLOC) run.maySleep(node, name);
  const gfp = readGfp(findings, field(node, 'gfp'), run.caller(true));
  const onFail = run.onFail(field(node, 'on_fail'));
  run.indirect = true;
  const as = run.take(node, scope, 'buffer');
  if (!able || as === undefined || bytes === undefined || gfp === undefined || onFail === undefined)
    return undefined;
  return { kind: 'buffer', as, bytes, gfp, onFail, ...run.position(node) };
};

const freeBuffer: StepReader = (run, name, node, scope) => {
  const held = run.give(node, scope, name, 'buffer', false);
  const text = textOf(node);
  return held === undefined || text === undefined ? undefined : { kind: 'free_buffer', name: text };
};

export const BUFFER_STEPS: Readonly<Record<string, StepReader>> = { buffer, free_buffer: freeBuffer };
