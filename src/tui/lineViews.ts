/** What the panes of the screen show, in lines of words: nothing is told by its place, its shape or a colour. */
import {
  MAX_ORDER,
  pagesOf,
  slabsOf,
  slabTable,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_LOW,
  ZONE_MIN,
  ZONE_NAMES,
  ZONE_START,
  ZONE_STRIDE,
} from '../engine/index.ts';
import { chaptersOf, listed, standingOf, totalStars } from './campaign.ts';
import { clock, grouped, length, metric, pagesSize, short } from './format.ts';
import { foldRepeats } from './logFold.ts';
import { lookOf } from './look.ts';
import { KIND_FREE, KIND_NAMES, KIND_PCP, KIND_USER, mapZone, presentZones } from './map.ts';
import { MAX_STARS, type Model, type Play } from './model.ts';
import { pcpHeld } from './panes/buddyinfo.ts';
import { marginText } from './panes/goals.ts';
import { pageFactsOf, pageTitle } from './panes/inspector.ts';
import { stampedLine } from './panes/kernelLog.ts';
import { reclaimFacts } from './panes/reclaim.ts';
import { hasSpaces, spaceLines } from './panes/spaces.ts';
import { stackLines } from './panes/stacks.ts';

/** Lines of the kernel log that are told without being asked for more. */
const LOG_LINES = 20;
/** Caches that are told of, those with the most pages first. */
const CACHES = 20;

export const counted = (nr: number, noun: string): string => `${grouped(nr)} ${noun}${nr === 1 ? '' : 's'}`;

/** Where the run stands, and what its last operation did. */
export function placeText({ run }: Play): string {
  const at = run.op === 0 ? 'at the start, before event 0' : `after event ${grouped(run.op - 1)}`;
  const where = `${clock(run.timeUs)} of ${length(run.lengthUs)}, ${at} of ${grouped(run.nrOps - 1)}`;
  const end = run.done ? ', at the end' : '';
  const { lastOp } = run;
  return `${where}${end}\n${lastOp === null ? '' : `${lastOp.text}\n`}`;
}

export function listText(model: Model): string {
  const found = new Set(listed(model));
  let text = '';
  let number = 0;
  for (const chapter of chaptersOf(model)) {
    const lines: string[] = [];
    for (const i of chapter.entries) {
      const { id, plan, daily } = model.entries[i];
      if (!daily) number++;
      if (!found.has(i)) continue;
      const name = daily ? 'daily' : String(number);
      lines.push(
        `  ${name}. ${plan?.title ?? id}: ${standingText(model, i)}\n     ${daily ? plan?.id : id}\n`,
      );
    }
    if (lines.length === 0) continue;
    const title = chapter.number > 0 ? `Chapter ${chapter.number}: ${chapter.title}` : chapter.title;
    text += `${title}\n${lines.join('')}`;
  }
  return text === '' ? 'No challenge is found.\n' : text;
}

/** `won with 2 of 3 stars` */
function standingText(model: Model, i: number): string {
  const { stars, attempts } = model.progress[i];
  if (model.entries[i].plan === null) return 'its file is at fault';
  switch (standingOf(model.progress[i])) {
    case 'won':
      return `won with ${stars} of ${MAX_STARS} stars`;
    case 'changed':
      return 'won before it was changed';
    case 'tried':
      return `not won yet, ${counted(attempts, 'run')}`;
    default:
      return 'not tried yet';
  }
}

export function starsText(model: Model): string {
  const { won, possible, challenges, challengesWon } = totalStars(model);
  let text = `${won} of ${possible} stars, ${challengesWon} of ${challenges} challenges won.\n`;
  for (const { number, title, stars, entries, daily } of chaptersOf(model)) {
    if (daily) continue;
    const all = entries.length * MAX_STARS;
    text += `  ${number > 0 ? `Chapter ${number}, ` : ''}${title}: ${stars} of ${all} stars\n`;
  }
  return text;
}

/** Each zone: its size, what its pages are, the free blocks by order, the watermarks. */
export function mapText({ run }: Play): string {
  const { machine, slotOwner } = run;
  let text = '';
  for (const zone of presentZones(machine)) {
    const at = zone * ZONE_STRIDE;
    const map = mapZone(machine, slotOwner, zone, 1);
    const kinds = new Map<number, number>();
    for (const kind of map.kind) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const first = machine.zone[at + ZONE_START].toString(16).padStart(5, '0');
    const size = pagesSize(map.nrCells, machine.arch.pageBytes);
    text += `Zone ${ZONE_NAMES[zone]}: ${size}, ${counted(map.nrCells, 'page')} from pfn 0x${first} on.\n`;
    const free = machine.zone[at + ZONE_FREE];
    const [min, low, high] = [ZONE_MIN, ZONE_LOW, ZONE_HIGH].map(mark => machine.zone[at + mark]);
    const below = free < min ? ', below min' : free < low ? ', below low' : free < high ? ', below high' : '';
    text += `  ${counted(free, 'free page')}${below}.`;
    text += ` Watermarks: min ${grouped(min)}, low ${grouped(low)}, high ${grouped(high)}.\n`;
    const blocks = Array.from(map.nrFree, (nr, order) => (nr > 0 ? `${grouped(nr)} of order ${order}` : ''));
    const there = blocks.slice(0, MAX_ORDER).filter(part => part !== '');
    text += `  Free blocks: ${there.join(', ') || 'none'}.\n`;
    const uses: string[] = [];
    for (let kind = KIND_USER; kind < KIND_FREE; kind++) {
      if (kind === KIND_PCP) continue;
      const nr = kinds.get(kind) ?? 0;
      if (nr > 0) uses.push(`${KIND_NAMES[kind]} ${grouped(nr)}`);
    }
    text += `  Pages in use: ${uses.join(', ') || 'none'}.`;
    text += ` In per-CPU lists: ${grouped(pcpHeld(machine, zone))}.\n`;
  }
  return text;
}

export function slabsText({ run: { machine } }: Play): string {
  if (machine.slab === null) return 'This machine has no slab caches.\n';
  const table = slabTable(machine.slab).filter(row => slabsOf(row) > 0);
  table.sort((a, b) => pagesOf(b) - pagesOf(a));
  let text = '';
  for (const row of table.slice(0, CACHES)) {
    text += `${row.name}: ${counted(pagesOf(row), 'page')}; `;
    text += `slabs ${grouped(row.full)} full, ${grouped(row.partial)} partial, ${grouped(row.free)} empty; `;
    text += `${grouped(row.inuse)} of ${counted(slabsOf(row) * row.num, 'object')} in use\n`;
  }
  const rest = table.slice(CACHES);
  if (rest.length > 0) {
    const pages = rest.reduce((sum, row) => sum + pagesOf(row), 0);
    text += `and ${counted(rest.length, 'cache')} more with ${counted(pages, 'page')}\n`;
  }
  return text === '' ? 'No slab cache has a page yet.\n' : text;
}

export const stacksText = (model: Model): string =>
  model.play!.run.machine.tasks === null
    ? 'This machine has no kernel stacks.\n'
    : `${stackLines(model).join('\n')}\n`;

export const addressesText = ({ run: { machine } }: Play): string =>
  hasSpaces(machine) ? `${spaceLines(machine).join('\n')}\n` : 'This machine has no vmalloc and no kmap.\n';

export function reclaimText(model: Model): string {
  const { machine } = model.play!.run;
  if (machine.vm === null) return 'This machine has nothing to reclaim: no disk and no swap.\n';
  const facts = reclaimFacts(machine, machine.vm, lookOf(model).theme, true);
  return facts.map(({ label, value }) => `${label}: ${value}\n`).join('');
}

export function goalsText({ run }: Play): string {
  let text = '';
  for (const goal of run.goals) {
    const state = goal.held ? 'held' : goal.lost ? 'lost' : 'not met yet';
    text += `${state}: ${goal.text}. It is ${metric(goal.value, goal.unit)}, ${marginText(goal)}.\n`;
  }
  for (const { metric: name, unit, value, par, gold, better } of run.scores) {
    const sign = better === 'lower' ? 'at most' : 'at least';
    text += `score: ${name} ${metric(value, unit)} so far; par ${sign} ${short(par)}, gold ${sign} ${short(gold)}\n`;
  }
  return text;
}

/** The newest lines last. @param nr how many */
export function logText({ run }: Play, nr = LOG_LINES): string {
  const lines = foldRepeats(run.log);
  if (lines.length === 0) return 'The kernel has said nothing yet.\n';
  const shown = lines.slice(-nr);
  const before = lines.length - shown.length;
  const head = before > 0 ? `${counted(before, 'line')} before these; log ${lines.length} shows all.\n` : '';
  return head + shown.map(line => `${stampedLine(line)}\n`).join('');
}

/** All that is known of a page frame. */
export function pageText(model: Model, play: Play, pfn: number): string {
  const facts = play.run.page(pfn);
  if (facts === null) return `There is no ${pageTitle(pfn)} in this machine.\n`;
  const lines = pageFactsOf(facts, model, play).map(([label, value]) => `  ${label}: ${value}\n`);
  return `${pageTitle(pfn)}\n${lines.join('')}`;
}

export function attemptsText(model: Model, timeText: (atMs: number) => string): string {
  const attempts = model.record?.attempts ?? [];
  if (attempts.length === 0) return 'No attempt is kept yet.\n';
  let text = '';
  for (const [i, attempt] of attempts.entries()) {
    const outcome = attempt.outcome === 'won' ? `won with ${attempt.stars} of ${MAX_STARS} stars` : 'lost';
    const by = attempt.policyHash === null ? "Linux's own way" : `${attempt.tokens ?? '?'} tokens`;
    const scores = attempt.scores.map(({ metric: name, worst }) => `${name} ${short(worst)}`);
    const old = attempt.current ? [] : ['before the challenge was changed'];
    text += `  ${i + 1}. ${timeText(attempt.atMs)}: ${[outcome, by, ...scores, ...old].join(', ')}\n`;
  }
  return text;
}
