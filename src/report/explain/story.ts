/** What happened in a run, as sentences in the order of time. */
import type { Happening } from '../../harness/explanation.ts';
import { duration, grouped, plural } from '../quantity.ts';
import type { ExplainReport } from './explainReport.ts';

const MIB = 1 << 20;

export interface Beat {
  /** -1: of the run as a whole. */
  timeUs: number;
  event: number;
  text: string;
  bad: boolean;
}

export function storyOf(report: ExplainReport): Beat[] {
  const { machine, tasks, policy, explanation } = report;
  const { happenings, lengthUs, outcome, nrOps } = explanation;
  const ram =
    machine.ramBytes % MIB === 0 ? `${machine.ramBytes / MIB} MiB` : `${grouped(machine.ramBytes)} bytes`;
  const decides =
    policy === null
      ? 'Linux decides everything'
      : `the policy ${policy.name} decides ${policy.info.hooks.join(', ') || 'nothing'}`;
  const who =
    tasks.length > 4 ? `${tasks.slice(0, 4).join(', ')} and ${tasks.length - 4} more` : tasks.join(', ');
  return [
    {
      timeUs: -1,
      event: -1,
      text:
        `A machine (${machine.arch}, ${ram}, ${plural(machine.cpus, 'CPU')}) runs ${plural(tasks.length, 'task')} ` +
        `(${who}) for ${duration(lengthUs)}; ${decides}.`,
      bad: false,
    },
    ...happenings.map(one => ({
      timeUs: one.timeUs,
      event: one.event,
      text: beatText(one),
      bad: isBad(one),
    })),
    {
      timeUs: -1,
      event: -1,
      text: `The run is over after ${plural(nrOps, 'operation')}: ${outcome}.`,
      bad: false,
    },
  ];
}

const isBad = ({ kind }: Happening): boolean => kind !== 'reclaim' && kind !== 'flush';

function beatText({ kind, times, task, text: whole }: Happening): string {
  // Whose operation it is stands before it already, and that it came to nothing, too.
  const text = kind === 'failure' ? whole.replace(`${task} `, '').replace(/: none$/, '') : whole;
  const often = times > 1 ? ` The first of ${grouped(times)} times.` : '';
  const whose = task === '' ? 'a task' : task;
  switch (kind) {
    case 'failure':
      return `${whose} gets no memory: ${text}.${often}`;
    case 'goal':
      return `A goal is lost: ${text}.`;
    case 'bug':
      return `A bug shows in the course of: ${text}.${often}`;
    case 'oom':
      return `A process is killed for want of memory, in the course of: ${text}.${often}`;
    case 'fault':
      return `The policy breaks a rule, in the course of: ${text}.${often}`;
    case 'reclaim':
      return `${whose} has to reclaim pages itself: kswapd has not freed enough.${often}`;
    case 'flush':
      return `The TLB of every CPU is flushed, in the course of: ${text}.${often}`;
  }
}
