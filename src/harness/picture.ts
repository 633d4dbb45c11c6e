/** How one run went, for the plots of a student's feedback: a few samples of it, one map of memory, and why it went wrong. */
import type { PictureZone, RunPicture } from '../contract/grading.ts';
import type { ChallengePlan } from '../contract/plan.ts';
import type { Tape } from '../contract/tape.ts';
import type { SeedVerdict } from '../contract/verdict.ts';
import {
  MAX_NR_ZONES,
  type Machine,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_LOW,
  ZONE_MIN,
  ZONE_NAMES,
  ZONE_SPANNED,
  ZONE_START,
  ZONE_STRIDE,
} from '../engine/index.ts';
import { type Cause, explain } from './cause.ts';
import { MARK_KINDS } from './marks.ts';
import { NO_FILTER } from './metrics.ts';
import { PAGE_KINDS, pageKinds } from './pageKinds.ts';
import type { PlayedPolicy } from './play.ts';
import { Session } from './session.ts';
import { tellingFailure } from './telling.ts';

/** In so many steps a run is looked at. */
const STEPS = 120;
/** The most cells that a zone is drawn with. */
const MAX_CELLS = 2048;
/** Of the cause; longer ones are cut at the end of a line. */
const MAX_CAUSE = 4000;
/** Whose order fragmentation is about where no larger block was missing. */
const USUAL_ORDER = 3;

/** A picture whose cause is not told yet: that is said in the words of one policy's files. */
export interface PicturedRun {
  picture: RunPicture;
  cause: Cause | null;
}

/** @param verdict of the run, to whose end all is known */
export function pictureRun(
  plan: ChallengePlan,
  tape: Tape,
  played: PlayedPolicy | null,
  verdict: SeedVerdict,
): PicturedRun {
  const session = new Session(plan, tape, played, verdict.seed);
  const samples = sampleRun(session, tellingFailure(verdict)?.order || USUAL_ORDER);
  const mark = session.tellingMark();
  const cause = mark < 0 ? null : explain(session, mark);
  return { picture: pictureAt(session, samples, mark, ''), cause };
}

/** @param causeText  a cause as a student reads it */
export function runPicture({ picture, cause }: PicturedRun, causeText: (cause: Cause) => string): RunPicture {
  return cause === null ? picture : { ...picture, cause: shortened(causeText(cause)) };
}

/** Free pages and fragmentation of the zones that there are, from the start of a run to its end. */
export interface RunSamples {
  /** Of the blocks that fragmentation is about. */
  order: number;
  timesUs: number[];
  zones: { zone: number; free: number[]; unusable: number[] }[];
}

/**
 * The session stands at its end afterwards.
 *
 * @param order 0: of no block in particular
 * @param look  at each of the times, for more that somebody wants to know then
 */
export function sampleRun(session: Session, order: number, look?: () => void): RunSamples {
  const { machine, lengthUs } = session;
  const present = [...Array(MAX_NR_ZONES).keys()].filter(
    z => machine.zone[z * ZONE_STRIDE + ZONE_SPANNED] > 0,
  );
  const of = order || USUAL_ORDER;
  const zones = present.map(zone => ({ zone, free: [] as number[], unusable: [] as number[] }));
  const timesUs: number[] = [];
  session.seek(0);
  for (let i = 0; i <= STEPS; i++) {
    const timeUs = Math.floor((lengthUs * i) / STEPS);
    session.step(i === STEPS ? session.nrOps : session.opsUntil(timeUs) - session.op);
    timesUs.push(timeUs);
    look?.();
    for (const { zone, free, unusable } of zones) {
      free.push(machine.zone[zone * ZONE_STRIDE + ZONE_FREE]);
      unusable.push(session.measure('buddy.unusable', { ...NO_FILTER, zone, order: of }));
    }
    if (session.done) break;
  }
  return { order: of, timesUs, zones };
}

/** With maps of how memory was at a mark, or at the end of the run where that is -1. */
export function pictureAt(session: Session, samples: RunSamples, mark: number, cause: string): RunPicture {
  const { machine, seed, lengthUs } = session;
  const at = placeOf(session, mark);
  session.seek(mark < 0 ? session.nrOps : session.marks.op[mark]);
  let kinds = pageKinds(machine, session.slotOwner);
  if (at.what === 'failure') {
    // As the kernel found it, not as the task left it that undid what it had before.
    session.seek(session.marks.op[mark] - 1);
    session.whenFailed(session.marks.ref[mark], () => {
      kinds = pageKinds(machine, session.slotOwner);
    });
    session.step(1);
  }
  const { order, timesUs } = samples;
  const zones = samples.zones.map(({ zone, ...sampled }) => zoneOf(machine, zone, sampled, kinds));
  return { seed, lengthUs, timesUs, order, zones, at, cause };
}

function placeOf({ marks, nrOps, timeUs }: Session, mark: number): RunPicture['at'] {
  if (mark < 0) return { what: 'end', event: nrOps, timeUs };
  return {
    what: MARK_KINDS[marks.kind[mark]],
    event: Math.max(0, marks.op[mark] - 1),
    timeUs: marks.timeUs[mark],
  };
}

function shortened(text: string): string {
  if (text.length <= MAX_CAUSE) return text;
  return `${text.slice(0, text.lastIndexOf('\n', MAX_CAUSE))}\n...\n`;
}

function zoneOf(
  { zone: columns }: Machine,
  zone: number,
  sampled: Pick<PictureZone, 'free' | 'unusable'>,
  kinds: Uint8Array,
): PictureZone {
  const field = (name: number): number => columns[zone * ZONE_STRIDE + name];
  const nrPages = field(ZONE_SPANNED);
  const own = kinds.subarray(field(ZONE_START), field(ZONE_START) + nrPages);
  let pagesPerCell = 1;
  while (pagesPerCell * MAX_CELLS < nrPages) pagesPerCell *= 2;
  const counts = new Array<number>(PAGE_KINDS.length).fill(0);
  for (const kind of own) counts[kind]++;
  return {
    name: ZONE_NAMES[zone],
    min: field(ZONE_MIN),
    low: field(ZONE_LOW),
    high: field(ZONE_HIGH),
    ...sampled,
    nrPages,
    pagesPerCell,
    cells: cellsOf(own, pagesPerCell),
    kinds: counts,
  };
}

const SMALL_A = 97;
const CAPITAL_A = 65;

/** As PictureZone.cells says. @param kinds places in PAGE_KINDS */
export function cellsOf(kinds: Uint8Array, pagesPerCell: number): string {
  let text = '';
  let last = '';
  let times = 0;
  const counts = new Int32Array(PAGE_KINDS.length);
  const put = (): void => {
    text += times > 1 ? last + times : last;
  };
  for (let start = 0; start < kinds.length; start += pagesPerCell) {
    const end = Math.min(kinds.length, start + pagesPerCell);
    counts.fill(0);
    for (let i = start; i < end; i++) counts[kinds[i]]++;
    let most = 0;
    for (let kind = 1; kind < counts.length; kind++) if (counts[kind] > counts[most]) most = kind;
    const letter = String.fromCharCode((counts[most] === end - start ? SMALL_A : CAPITAL_A) + most);
    if (letter === last) times++;
    else {
      put();
      last = letter;
      times = 1;
    }
  }
  put();
  return text;
}
