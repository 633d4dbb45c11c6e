/** The kernel stack that each CPU is on: how much of it is left, and the calls that take the rest. */
import {
  CPU_CURRENT,
  CPU_HARDIRQS,
  CPU_SOFTIRQ,
  CPU_STACK,
  CPU_STRIDE,
  type Machine,
  NIL,
  processOfStack,
  STACK_DEPTH,
  STACK_LIMIT,
  stackHeadroom,
  stackTrace,
  TASK_OWNER,
  TASK_STRIDE,
  type Tasks,
} from '../../engine/index.ts';
import { deepestStack } from '../../harness/deepestStack.ts';
import { pidOf } from '../../harness/kernelReports.ts';
import { KernelSymbols } from '../../harness/kernelSymbols.ts';
import { Cells, type Style } from '../cells.ts';
import { grouped } from '../format.ts';
import { type Look, lookOf } from '../look.ts';
import { entryOf, type Model } from '../model.ts';

/** Bytes left that are worth a warning: an interrupt and its handler may take as much. */
const NARROW = 1024;
const gaugeColumns = (width: number): number => (width < 60 ? 10 : 20);

const known = new WeakMap<Machine, KernelSymbols>();

function symbolsOf(model: Model, machine: Machine): KernelSymbols {
  let symbols = known.get(machine);
  if (symbols === undefined) {
    symbols = new KernelSymbols(machine.arch, entryOf(model).plan?.workload.named?.functions ?? []);
    known.set(machine, symbols);
  }
  return symbols;
}

/** `editor (pid 12)` and what it is interrupted by. */
function runningText(model: Model, t: Tasks, cpu: number): string {
  const at = cpu * CPU_STRIDE;
  const process = t.cpus[at + CPU_CURRENT];
  const task = process === NIL ? NIL : t.tasks[process * TASK_STRIDE + TASK_OWNER];
  const name = entryOf(model).plan?.workload.tasks[task]?.name ?? '?';
  const current = process === NIL ? 'idle' : `${name} (pid ${pidOf(process)})`;
  const nested = t.cpus[at + CPU_HARDIRQS];
  if (nested > 0) return `${current}, in ${nested > 1 ? `${nested} interrupts` : 'an interrupt'}`;
  return t.cpus[at + CPU_SOFTIRQ] !== 0 ? `${current}, in a softirq` : current;
}

function leftText(left: number): string {
  return left < 0 ? `overflowed by ${grouped(-left)} bytes` : `${grouped(left)} bytes left`;
}

function styleOf(left: number, { theme }: Look): Style {
  return left < 0 ? theme.bad : left < NARROW ? theme.warn : theme.good;
}

function gauge(cells: Cells, x: number, y: number, used: number, limit: number, look: Look): number {
  const { glyphs, theme } = look;
  const columns = gaugeColumns(cells.width);
  const filled = Math.max(1, Math.min(columns, Math.round((used / limit) * columns)));
  for (let i = 0; i < columns; i++) {
    const full = i < filled;
    cells.text(
      x + i,
      y,
      full ? glyphs.barDone : glyphs.barLeft,
      full ? styleOf(limit - used, look) : theme.frame,
    );
  }
  return x + columns + 1;
}

/** The same without gauges: each CPU, what is left, its calls; and the least that was left. */
export function stackLines(model: Model): string[] {
  const machine = model.play?.run.machine;
  if (!machine || machine.tasks === null) return [];
  const t = machine.tasks;
  const symbols = symbolsOf(model, machine);
  const lines: string[] = [];
  for (let cpu = 0; cpu < machine.cpus; cpu++) {
    const row = t.cpus[cpu * CPU_STRIDE + CPU_STACK];
    const limit = t.stacks[row + STACK_LIMIT];
    const left = `${leftText(limit - t.stacks[row + STACK_DEPTH])} of ${grouped(limit)}`;
    lines.push(`CPU ${cpu}: ${runningText(model, t, cpu)}; ${left}`);
    const chain = stackTrace(t, cpu).map(({ fn }) => symbols.nameOf(fn));
    if (chain.length > 0) lines.push(`  calls, innermost first: ${chain.join(', ')}`);
  }
  const deepest = deepestStack(machine, entryOf(model).plan?.workload.named?.functions ?? []);
  if (deepest.length > 0) {
    const names = deepest.map(frame => frame.function).join(', ');
    lines.push(`least so far: ${leftText(stackHeadroom(t))}, in ${names}`);
  }
  return lines;
}

/** Of several CPUs on a small pane a line each, else three: who runs, the gauge, the chain. */
export function stacks(model: Model, width: number, height: number): Cells {
  const look = lookOf(model);
  const { glyphs, theme } = look;
  const cells = new Cells(width, height);
  const { play } = model;
  const machine = play?.run.machine;
  if (!machine || machine.tasks === null) return cells;
  const t = machine.tasks;
  const symbols = symbolsOf(model, machine);
  const arrow = ` ${glyphs.left.length === 1 ? glyphs.left : '<'} `;
  const perCpu =
    3 * machine.cpus + 1 <= height || machine.cpus === 1 ? 3 : 2 * machine.cpus <= height ? 2 : 1;
  let y = 0;
  for (let cpu = 0; cpu < machine.cpus && y + perCpu <= height; cpu++, y += perCpu) {
    const row = t.cpus[cpu * CPU_STRIDE + CPU_STACK];
    const used = t.stacks[row + STACK_DEPTH];
    const limit = t.stacks[row + STACK_LIMIT];
    const chain = stackTrace(t, cpu).map(({ fn }) => symbols.nameOf(fn));
    const own = processOfStack(t, row) === NIL && chain.length > 1 ? ', on a stack of its own' : '';
    let x = cells.text(0, y, `CPU ${cpu} `, theme.strong);
    const left = `${leftText(limit - used)} of ${grouped(limit)}`;
    const calls = chain.join(arrow);
    if (perCpu === 3) {
      cells.clipped(x, y, runningText(model, t, cpu) + own, theme.text, width - x, glyphs.ellipsis);
      x = gauge(cells, 2, y + 1, used, limit, look);
      cells.clipped(x, y + 1, left, styleOf(limit - used, look), width - x, glyphs.ellipsis);
      cells.clipped(2, y + 2, calls, theme.dim, width - 2, glyphs.ellipsis);
      continue;
    }
    x = gauge(cells, x, y, used, limit, look);
    x = cells.clipped(x, y, left, styleOf(limit - used, look), width - x, glyphs.ellipsis) + 2;
    if (width - x > 8)
      cells.clipped(x, y, runningText(model, t, cpu), theme.text, width - x, glyphs.ellipsis);
    if (perCpu === 2) cells.clipped(6, y + 1, calls, theme.dim, width - 6, glyphs.ellipsis);
  }
  if (y >= height) return cells;
  const deepest = deepestStack(machine, entryOf(model).plan?.workload.named?.functions ?? []);
  if (deepest.length === 0) return cells;
  const least = stackHeadroom(t);
  const worst = `least so far: ${leftText(least)}, in ${deepest.map(frame => frame.function).join(arrow)}`;
  cells.clipped(0, y, worst, least < NARROW ? styleOf(least, look) : theme.dim, width, glyphs.ellipsis);
  return cells;
}
