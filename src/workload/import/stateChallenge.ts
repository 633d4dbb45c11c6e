/** A report of memory, or the files of /proc, as a challenge: the same free lists, and then the request again and again. */
import { __GFP_DMA } from '../../engine/index.ts';
import {
  bytesText,
  type ImportedChallenge,
  printable,
  TaskNames,
  timeText,
  type YamlLine,
} from './challengeText.ts';
import { type FillStep, fillPlan } from './freeLists.ts';
import { maskText, readMask, usableMask, waitsForEver } from './gfpWords.ts';
import { freePages, hasLists, type MachineState, ORDERS } from './machineState.ts';
import { type SimMachine, simMachine } from './simMachine.ts';
import { type Marks, marksFor } from './watermarks.ts';

/** What is asked for in the state of the log. */
export interface ProbeRequest {
  comm: string;
  order: number;
  /** As the log writes it; '' where it does not. */
  gfp: string;
  memalloc: boolean;
  interrupt: boolean;
  /** Why it is asked for, where the log does not say. */
  inferred: string;
}

export interface StateSource {
  state: MachineState;
  request: ProbeRequest;
  id: string;
  title: string;
  story: string[];
  header: string[];
  /** The request was refused, and is to be here: marks may be raised for it. */
  raise: boolean;
}

const ZONE_MASKS = ['[GFP_DMA]', '[GFP_KERNEL]', '[GFP_HIGHUSER]'] as const;
const PREFIXES = ['dma', 'normal', 'high'] as const;
/** When the lists are as reported; the request comes so often, and so long apart. */
const SETTLED_US = 1_000_000;
const REQUESTS = 10;
const GAP_US = 100_000;
/** Turns of one repeat at most. */
const MAX_TURNS = 1_000_000;

/**
 * Orders that a request of that mask finds nothing of: the smallest of which no block is left, or 10.
 *
 * @returns -1: there are blocks of order 10
 */
export function smallestMissing(state: MachineState): number {
  let largest = -1;
  for (const { free } of state.zones)
    free?.forEach((count, order) => {
      if (count > 0) largest = Math.max(largest, order);
    });
  return largest + 1 < ORDERS ? largest + 1 : -1;
}

function machineLines(sim: SimMachine, marks: Marks): YamlLine[] {
  const { inferred } = sim;
  const lines: YamlLine[] = [
    { text: 'machine:' },
    { text: `  arch: ${sim.arch}`, inferred: inferred.arch.join('; ') },
    { text: `  ram: ${bytesText(sim.ramPages * sim.pageBytes)}`, inferred: inferred.ram.join('; ') },
  ];
  if (sim.cpus > 1) lines.push({ text: `  cpus: ${sim.cpus}`, inferred: inferred.cpus.join('; ') });
  if (sim.bootOptions !== '') lines.push({ text: `  boot_options: ${sim.bootOptions}` });
  const sysctls: string[] = [];
  if (marks.minFreeKbytes >= 0) sysctls.push(`vm.min_free_kbytes: ${marks.minFreeKbytes}`);
  if (marks.lowerZoneProtection > 0) sysctls.push(`vm.lower_zone_protection: ${marks.lowerZoneProtection}`);
  if (sysctls.length > 0)
    lines.push({ text: `  sysctl: { ${sysctls.join(', ')} }`, inferred: marks.why.join('; ') });
  return lines;
}

export interface FilledMachine {
  sim: SimMachine;
  /** The task that takes the memory. */
  tasks: YamlLine[];
  /** What was read and could not be had, in words. */
  cut: string[];
  /** Free blocks by zone that the challenge reaches. */
  reached: { zone: string; free: number[] }[];
}

/** Take memory until the free lists are those of the log. */
export function filledMachine(state: MachineState, names: TaskNames): FilledMachine {
  const sim = simMachine(state);
  const steps: YamlLine[] = [];
  const singles: YamlLine[] = [];
  const end: YamlLine[] = [];
  const cut: string[] = [];
  const reached: FilledMachine['reached'] = [];
  for (const zone of sim.zones) {
    const plan = fillPlan(zone.free, PREFIXES[zone.index], zone.pages, sim.pageBytes);
    reached.push({ zone: zone.name, free: plan.reached });
    const missing = freePages(zone.free) - freePages(plan.reached);
    if (missing === 1)
      cut.push(
        `zone ${zone.name}: ${zone.free[0]} single pages are ${plan.reached[0]}, since 2.6.0 moves single pages in even batches`,
      );
    else if (missing > 0)
      cut.push(
        `zone ${zone.name}: ${missing} free pages of the log do not fit beside the pages that keep blocks apart`,
      );
    steps.push({
      text: `        # Zone ${zone.name}${zone.of.length > 0 ? ` (${zone.of.map(printable).join(', ')})` : ''}: ${listsText(plan.reached)}.`,
    });
    steps.push(...stepLines(plan.steps, ZONE_MASKS[zone.index]));
    singles.push(...stepLines(plan.singles, ZONE_MASKS[zone.index]));
    end.push(...stepLines(plan.end, ZONE_MASKS[zone.index]));
  }
  const tasks: YamlLine[] = [
    {
      text: `    - name: ${names.name('earlier')}`,
      inferred: 'who holds the memory, and since when: the log only says how much is free',
    },
    { text: '      memalloc: true' },
    ...(sim.cpus > 1 ? [{ text: '      cpu: 0' }] : []),
    { text: '      owner: kernel' },
    { text: '      arrive: { at: [0s] }' },
    { text: '      run:' },
    ...steps,
    ...(end.length + singles.length > 0
      ? [{ text: '        # All is taken. What is free in the log goes back.' }, ...singles, ...end]
      : []),
  ];
  return {
    sim,
    tasks,
    cut,
    reached,
  };
}

const listsText = (free: readonly number[]): string =>
  free.some(count => count > 0)
    ? `free are ${free.flatMap((count, order) => (count > 0 ? [`${count} of order ${order}`] : [])).join(', ')}`
    : 'nothing is free';

function stepLines(steps: readonly FillStep[], gfp: string): YamlLine[] {
  const lines: YamlLine[] = [];
  for (const { take, give } of steps) {
    if (give !== undefined) {
      const what = give.order === 0 ? `{ block: ${give.name}, cold: true }` : give.name;
      lines.push({ text: `        - free_pages: ${what}` });
    }
    if (take === undefined) continue;
    const run = take.blocks.map(
      ({ as, order }) => `{ alloc_pages: { as: ${as}, order: ${order}, gfp: ${gfp} } }`,
    );
    if (take.turns === 1) for (const step of run) lines.push({ text: `        - ${step}` });
    else {
      const times = Math.min(take.turns, MAX_TURNS);
      lines.push({ text: `        - repeat: { times: ${times}, run: [${run.join(', ')}] }` });
    }
  }
  return lines;
}

export function stateChallenge(source: StateSource): ImportedChallenge {
  const { state, request } = source;
  const names = new TaskNames();
  const notes: string[] = [];
  const lists = hasLists(state);
  const filled = filledMachine(lists ? state : withoutLists(state, request.order), names);
  const { sim } = filled;
  const read = request.gfp === '' ? null : readMask(request.gfp, state.version);
  const given = read?.mask ?? 0x20;
  let mask = usableMask(given, false);
  const maskNotes: string[] = [];
  if (read === null) maskNotes.push('the log has no mask: GFP_ATOMIC');
  else maskNotes.push(`from ${request.gfp}`);
  if (read !== null && read.lost.length > 0)
    maskNotes.push(`2.6.0 has no ${[...new Set(read.lost)].join(', ')}`);
  if ((mask & __GFP_DMA) !== 0 && sim.zones[0].of.length === 0) {
    mask &= ~__GFP_DMA;
    maskNotes.push('without GFP_DMA: its zone DMA is part of Normal here');
  }
  const order = Math.min(request.order, ORDERS - 1);
  if (order < request.order)
    notes.push(`order ${request.order} is more than 2.6.0 has: order ${order} is asked for`);
  // A zone that is not there is passed over: __GFP_HIGHMEM means Normal where there is no high memory.
  const waits = waitsForEver(mask, order, request.memalloc);
  const context = request.interrupt && (mask & 0x10) === 0 ? 'softirq' : 'process';
  const asker = names.name(request.comm === '' ? 'asker' : request.comm);
  const lengthUs = SETTLED_US + REQUESTS * GAP_US + (waits ? SETTLED_US : 0);
  const workload: YamlLine[] = [
    { text: 'workload:' },
    { text: `  length: ${timeText(lengthUs)}`, inferred: 'the log shows one moment' },
    { text: '  tasks:' },
    ...filled.tasks,
    {
      text: `    - name: ${asker}`,
      ...(request.comm === '' ? { inferred: 'the log does not name it' } : {}),
    },
    ...(context === 'process'
      ? []
      : [{ text: `      context: ${context}`, inferred: 'the back trace begins in an interrupt' }]),
    ...(request.memalloc ? [{ text: '      memalloc: true' }] : []),
    {
      text: `      active: { from: ${timeText(SETTLED_US)}, until: ${timeText(SETTLED_US + REQUESTS * GAP_US)} }`,
    },
    {
      text: `      arrive: { every: ${timeText(GAP_US)} }`,
      inferred: `the request is repeated, ${REQUESTS} times`,
    },
    { text: '      run:' },
    {
      text: `        - alloc_pages: { as: block, order: ${order}, gfp: ${maskText(mask)} }`,
      inferred: [...(request.inferred === '' ? [] : [request.inferred]), ...maskNotes].join('; '),
    },
    { text: '        - hold: 10ms', inferred: 'how long it would have been held' },
    { text: '        - free_pages: block' },
  ];
  const metric = waits ? 'page_alloc.stalls' : 'page_alloc.failures';
  const goal: YamlLine[] = [
    { text: 'goal:' },
    {
      text: `  - { metric: ${metric}, where: { task: ${asker} }, at_most: 0 }`,
      inferred: waits ? 'such a request waits in 2.6.0 rather than fail' : 'that it is served',
    },
  ];
  const header = [...source.header, ...filled.cut.map(text => `Not as in the log: ${text}.`)];
  for (const { zone, free } of filled.reached)
    if (lists) header.push(`Free blocks of ${zone}, order 0 to 10: ${free.join(' ')}.`);
  if (!lists)
    header.push('The log has no free lists: nothing of the wanted order is left in this machine (inferred).');
  header.push(...sim.inferred.zones.map(text => `Inferred: ${text}.`));
  return {
    head: { id: source.id, title: source.title, story: source.story, header },
    machine: machineLines(sim, marksFor(sim, mask, order, source.raise)),
    workload,
    goal,
    hooks: ['zonelist', 'watermark', 'block', 'placement', 'coalesce', 'pcp'],
    notes: [...notes, ...filled.cut],
  };
}

/** A failure without a report of memory: a machine on which it is true that there is no such block. */
function withoutLists(state: MachineState, order: number): MachineState {
  const ramPages = state.ramPages ?? 32_768;
  const blocks = (n: number): number[] => Array.from({ length: ORDERS }, (_, o) => (o < order ? n : 0));
  const zones = [
    { name: 'DMA', node: 0, free: blocks(4), presentKb: 16_384 },
    { name: 'Normal', node: 0, free: blocks(8), presentKb: Math.max(4, (ramPages - 4096) * 4) },
  ];
  return { ...state, zones };
}
