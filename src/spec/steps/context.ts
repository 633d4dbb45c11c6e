import type { StepPlan } from '../../contract/plan.ts';
import { quote } from '../findings.ts';
import { SIZE } from '../quantity.ts';
import {
  COUNT_DIST,
  type DistKind,
  DURATION_DIST,
  distribution,
  field,
  greatestOf,
  textOf,
} from '../values.ts';
import { Scope } from './held.ts';
import type { RunReader, StepReader } from './run.ts';

/** Frames of more than this are no frames: the largest kernel stack has 16 KiB. */
const MAX_FRAME = 64 << 10;

/** A local buffer: on the stack or from kmalloc, as it is decided. */
const BUFFER_DIST: DistKind = {
  quantity: SIZE,
  noun: 'a buffer',
  kinds: ['uniform', 'choice', 'in_turn'],
  expected: 'a size such as 512B, or {uniform: [64B, 512B]}, {choice: {64B: 5, 2KiB: 1}}',
  check(findings, node, text, bytes) {
    if (bytes >= 1 && bytes <= MAX_FRAME) return bytes;
    const message = bytes === 0 ? 'a buffer of no size' : `a buffer of ${quote(text)} in a function`;
    findings.error(node, 'E-FRAME-SIZE', message, { expected: '1B to 64KiB' });
    return undefined;
  },
};

const frameDist = (longBytes: number): DistKind => ({
  quantity: SIZE,
  noun: 'a frame',
  kinds: ['uniform', 'choice', 'in_turn'],
  expected: 'a size such as 220B, or {uniform: [64B, 512B]}, {choice: {64B: 5, 2KiB: 1}}',
  check(findings, node, text, bytes) {
    if (bytes >= longBytes && bytes <= MAX_FRAME) return bytes;
    const message =
      bytes < longBytes ? 'a frame holds at least the return address' : `a frame of ${quote(text)}`;
    findings.error(node, 'E-FRAME-SIZE', message, { expected: `${longBytes}B to 64KiB` });
    return undefined;
  },
});

const work: StepReader = (run, name, node) => {
  run.acts = true;
  const us = distribution(run.findings, node, DURATION_DIST);
  if (!run.needs(node, name, 'stack') || us === undefined) return undefined;
  return { kind: 'work', us };
};

const hold: StepReader = (run, _, node) => {
  const { findings, frame } = run;
  const us = distribution(findings, node, DURATION_DIST);
  const where = run.atomicWords();
  const inside = run.calls[run.calls.length - 1];
  const place = node.key ?? node;
  if (frame.context === 'process') {
    if (where !== '') {
      const message = `the task sleeps ${where}: "bad: scheduling while atomic!"`;
      findings.warning(place, 'W-SCHEDULE-ATOMIC', message, {
        expected: '`work`, or the hold outside, unless the bug is what the challenge is about',
      });
    }
  } else if (where !== '' || inside !== undefined) {
    const what = where === '' ? `inside ${quote(inside)}` : where;
    findings.error(place, 'E-CONTEXT', `\`hold\` ends the interrupt, and this one stands ${what}`, {
      expected: '`work` for time that the interrupt takes, or the hold outside',
    });
    return undefined;
  }
  return us === undefined ? undefined : { kind: 'hold', us };
};

const call: StepReader = (run, name, node, scope) => {
  const { findings, frame } = run;
  run.acts = true;
  const able = run.needs(node, name, 'stack');
  const functionName = textOf(field(node, 'function'));
  const frameNode = field(node, 'frame');
  const frameBytes = distribution(findings, frameNode, frameDist(frame.machine.arch?.longBytes ?? 4));
  const bufferNode = field(node, 'buffer');
  const bufferBytes = distribution(findings, bufferNode, BUFFER_DIST);
  if (bufferNode !== undefined) run.indirect = true;
  const runNode = field(node, 'run');
  // Before what it calls: functions have numbers in the order in which the file names them.
  const number = functionName === undefined ? 0 : frame.names.function(functionName);
  run.calls.push(functionName ?? 'call');
  const steps = runNode === undefined ? [] : run.list(runNode, scope);
  run.calls.pop();
  if (!able || functionName === undefined || frameBytes === undefined) return undefined;
  if (bufferNode !== undefined && bufferBytes === undefined) return undefined;
  const buffer = bufferBytes === undefined ? {} : { bufferBytes };
  return { kind: 'call', function: number, frameBytes, ...buffer, run: steps };
};

const spinLock: StepReader = (run, name, node, scope) => {
  run.acts = true;
  const able = run.needs(node, name, 'stack');
  const lockNode = field(node, 'lock');
  const lock = textOf(lockNode);
  if (lockNode !== undefined && lock !== undefined && run.atomic.some(held => held.lock === lock)) {
    const message = `${quote(lock)} is held here already: spin_lock() would wait for itself for ever`;
    run.findings.error(lockNode, 'E-LOCK-HELD', message, {
      expected: 'another lock, or the steps without it',
    });
  }
  run.atomic.push({ words: `under the spinlock ${lock ?? ''}`.trim(), lock: lock ?? null });
  const steps = run.list(field(node, 'run'), scope);
  run.atomic.pop();
  if (!able || lock === undefined) return undefined;
  return { kind: 'spin_lock', lock: run.frame.names.lock(lock), run: steps };
};

const localIrqDisable: StepReader = (run, name, node, scope) => {
  run.acts = true;
  const able = run.needs(node, name, 'stack');
  run.atomic.push({ words: 'with interrupts disabled', lock: null });
  const steps = run.list(node.entries === null ? node : field(node, 'run'), scope);
  run.atomic.pop();
  return able ? { kind: 'local_irq_disable', run: steps } : undefined;
};

const repeat: StepReader = (run: RunReader, _, node, scope): StepPlan | undefined => {
  const { findings } = run;
  const times = distribution(findings, field(node, 'times'), COUNT_DIST);
  if (times !== undefined && greatestOf(times) === 0) {
    const timesNode = field(node, 'times') ?? node;
    findings.error(timesNode, 'E-RANGE', 'a repeat of 0 times does nothing', { expected: 'at least 1' });
  }
  const inner = new Scope(scope);
  const steps = run.list(field(node, 'run'), inner);
  scope.takeOver(inner);
  return times === undefined ? undefined : { kind: 'repeat', times, run: steps };
};

export const CONTEXT_STEPS: Readonly<Record<string, StepReader>> = {
  hold,
  work,
  call,
  spin_lock: spinLock,
  local_irq_disable: localIrqDisable,
  repeat,
};
