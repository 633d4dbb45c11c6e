import type { IntDist } from '../../contract/plan.ts';
import { quote } from '../findings.ts';
import { SIZE } from '../quantity.ts';
import { pagesOfSize } from '../sizes.ts';
import { booleanOf, type DistKind, distribution, field, greatestOf, sizeText, textOf } from '../values.ts';
import { amountOf, type Extent, placeOf } from './extent.ts';
import { isAgain, type StepReader } from './run.ts';

const mmap: StepReader = (run, name, node, scope) => {
  const { frame } = run;
  const { arch } = frame.machine;
  const able = run.needs(node, name, 'disk') && run.needsProcess(node, name);
  if (able) run.maySleep(node, name);
  // TASK_SIZE: below the kernel on 32 bits; what an int32 of pages counts on 64.
  const most = arch === undefined || arch.pageOffset < 0 ? 2 ** 40 : Math.min(arch.pageOffset, 3 * 2 ** 30);
  const bytes = distribution(run.findings, field(node, 'size'), {
    quantity: SIZE,
    noun: 'a size',
    kinds: ['uniform', 'choice', 'in_turn'],
    expected: 'a size such as 8MiB, or {uniform: [1MiB, 8MiB]}, {choice: {1MiB: 5, 8MiB: 1}}',
    check(findings, place, text, value) {
      if (value >= 1 && value <= most) return value;
      const message =
        value === 0 ? 'an area of no size' : `${quote(text)} is more than a process can address`;
      findings.error(place, 'E-AREA-RANGE', message, { expected: `1B to ${sizeText(most)}` });
      return undefined;
    },
  });
  const pages = bytes === undefined ? undefined : pagesOfSize(bytes, frame.pageBytes);
  const as = run.take(
    node,
    scope,
    'area',
    pages === undefined ? {} : { bytes: greatestOf(pages) * frame.pageBytes },
  );
  return !able || as === undefined || pages === undefined ? undefined : { kind: 'mmap', as, pages };
};

const munmap: StepReader = (run, name, node, scope) => {
  if (!run.needs(node, name, 'disk') || !run.needsProcess(node, name)) return undefined;
  run.maySleep(node, name);
  const held = run.give(node, scope, name, 'area', false);
  const area = textOf(node);
  return held === undefined || area === undefined ? undefined : { kind: 'munmap', name: area };
};

const touch: StepReader = (run, name, node, scope) =>
  field(node, 'area') === undefined ? touchObject(run, name, node, scope) : touchArea(run, name, node, scope);

const touchArea: StepReader = (run, name, node, scope) => {
  const { findings } = run;
  run.acts = true;
  run.indirect = true;
  const nameNode = field(node, 'area');
  if (!run.needs(node, name, 'disk') || !run.needsProcess(node, name)) return undefined;
  run.maySleep(node, name);
  for (const key of ['offset', 'again']) {
    const other = field(node, key);
    if (other === undefined) continue;
    findings.error(
      other.key ?? other,
      'E-KEY-CONFLICT',
      `${quote(key)} is for an \`object\`, not for an area`,
      {
        expected: key === 'offset' ? '`at`' : `no ${quote(key)}`,
        suggestions: key === 'offset' ? ['at'] : [],
      },
    );
  }
  const held = run.find(nameNode, scope, { kinds: ['area'], step: name, purpose: 'use' });
  const area = textOf(nameNode);
  const extent: Extent = {
    words: `the area ${area}`,
    bytes: held?.bytes ?? Number.POSITIVE_INFINITY,
    code: 'E-AREA-RANGE',
  };
  const sizeNode = field(node, 'size');
  const pages: IntDist | undefined =
    sizeNode === undefined ? { kind: 'constant', value: 1 } : amountOf(run, sizeNode, extent);
  const at = placeOf(run, field(node, 'at'), extent);
  if (held === undefined || area === undefined || pages === undefined || at === undefined) return undefined;
  return { kind: 'touch_area', name: area, pages, at, write: booleanOf(field(node, 'write'), false) };
};

const touchObject: StepReader = (run, name, node, scope) => {
  const { findings, frame } = run;
  run.acts = true;
  const nameNode = field(node, 'object');
  const atNode = field(node, 'at');
  if (atNode !== undefined && nameNode !== undefined) {
    findings.error(atNode.key ?? atNode, 'E-KEY-CONFLICT', '`at` is for an `area`, not for an object', {
      expected: '`offset`',
      suggestions: ['offset'],
    });
  }
  if (!run.needs(node, name, 'slab')) return undefined;
  const again = isAgain(node);
  const purpose = again ? 'again' : 'use';
  const held = run.find(nameNode, scope, { kinds: ['kmalloc', 'object'], step: name, purpose });
  const object = textOf(nameNode);
  const offsetNode = field(node, 'offset');
  const sizeNode = field(node, 'size');
  const constant = (value: number): IntDist => ({ kind: 'constant', value });
  const own = held?.bytes ?? Number.POSITIVE_INFINITY;
  const usual = offsetNode === undefined ? own : (frame.machine.arch?.longBytes ?? 4);
  const offset =
    offsetNode === undefined ? constant(0) : distribution(findings, offsetNode, touched('an offset', 0));
  const bytes =
    sizeNode === undefined ? constant(usual) : distribution(findings, sizeNode, touched('a size', 1));
  if (held === undefined || object === undefined || offset === undefined || bytes === undefined)
    return undefined;
  const end = greatestOf(offset) + greatestOf(bytes);
  const { dataCache, slabDebug } = frame.machine;
  if (end > own) {
    const message = `the touch may end at byte ${end}, beyond the ${sizeText(own)} of the object ${object}: what is there is somebody else's`;
    findings.warning(offsetNode ?? sizeNode ?? node, 'W-TOUCH-BEYOND', message, {
      expected: `at most ${sizeText(own)} together with the offset, unless the bug is what the challenge is about`,
    });
  } else if (!dataCache && !slabDebug && !again) {
    const message = 'touching an object shows nowhere on a machine without a data cache and without poison';
    findings.warning(node.key ?? node, 'W-NO-EFFECT', message, {
      expected: 'a `data_cache`, or `debug: [slab]`, in `machine`',
    });
  }
  const write = booleanOf(field(node, 'write'), false);
  return { kind: 'touch_object', name: object, offset, bytes, write, ...(again ? { again } : {}) };
};

/** More than the largest object has: beyond it lies nothing that anybody could mean. */
const MAX_TOUCH = 128 << 10;

const touched = (noun: 'an offset' | 'a size', least: 0 | 1): DistKind => ({
  quantity: SIZE,
  noun,
  kinds: ['uniform', 'choice', 'in_turn'],
  expected: `${noun} such as 8B, or {uniform: [8B, 64B]}, {choice: {8B: 5, 64B: 1}}`,
  check(findings, place, text, value) {
    if (value >= least && value <= MAX_TOUCH) return value;
    const message = value < least ? 'a touch of no bytes' : `${quote(text)} is more than any object has`;
    findings.error(place, 'E-TOUCH-RANGE', message, { expected: `${least}B to ${sizeText(MAX_TOUCH)}` });
    return undefined;
  },
});

export const MEMORY_STEPS: Readonly<Record<string, StepReader>> = { mmap, munmap, touch };
