/** The game as lines of text, from top to bottom: what a screen reader or a pipe gets. No escape sequence, ASCII only. */
import { MAX_ORDER, ZONE_FREE, ZONE_NAMES, ZONE_STRIDE } from '../engine/index.ts';
import { causeText } from '../report/causeText.ts';
import { clock, grouped } from './format.ts';
import type { ChallengeEntry, GameRun, NotPrepared, PreparedRun } from './gameRun.ts';
import { mapZone, presentZones } from './map.ts';
import { createModel, type Model } from './model.ts';
import { briefingDocument } from './panes/briefing.ts';
import { causeWords } from './panes/cause.ts';
import { stampedLine } from './panes/kernelLog.ts';
import { problemDocument } from './panes/problem.ts';
import { resultDocument } from './panes/result.ts';
import { FIRST_VIEW } from './runView.ts';

const WIDTH = 78;
/** Progress lines of one run. */
const STEPS = 10;
/** Kernel messages shown between two progress lines; the rest is counted. */
const MESSAGES = 3;

function modelOf(entry: ChallengeEntry): Model {
  const model = createModel({
    width: WIDTH,
    height: 24,
    glyphs: 'ascii',
    colours: 'none',
    entries: [entry],
    open: 0,
  });
  return { ...model, keys: false };
}

/** Signs of other alphabets stay as they are, control characters do not. */
export const clean = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get out
  text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?');

export function briefingText(entry: ChallengeEntry): string {
  return clean(briefingDocument(modelOf(entry), entry.plan!, WIDTH).toText());
}

export function problemText(entry: ChallengeEntry, problem: NotPrepared): string {
  return clean(problemDocument({ ...modelOf(entry), problem }, WIDTH).toText());
}

/** `DMA 4,090/10`: free pages and the order of the largest free block. */
function zoneText(run: GameRun, zone: number): string {
  const free = run.machine.zone[zone * ZONE_STRIDE + ZONE_FREE];
  const { nrFree } = mapZone(run.machine, run.slotOwner, zone, 1 << (MAX_ORDER - 1));
  let largest = MAX_ORDER - 1;
  while (largest >= 0 && nrFree[largest] === 0) largest--;
  return `${ZONE_NAMES[zone]} ${grouped(free)}/${largest < 0 ? 'none' : largest}`;
}

/** The run in a few lines: how memory stands now and then, and what the kernel says between. */
export function* runText(run: GameRun): Generator<string> {
  yield '     time  zone, its free pages / the order of its largest free block\n';
  const zones = presentZones(run.machine);
  let logged = 0;
  for (let step = 0; step <= STEPS; step++) {
    const timeUs = (run.lengthUs * step) / STEPS;
    const to = step === STEPS ? run.nrOps : run.opsUntil(timeUs);
    run.step(to - run.op);
    const fresh = run.log.slice(logged);
    logged = run.log.length;
    let text = '';
    for (const line of fresh.slice(0, MESSAGES)) text += `    ${stampedLine(line)}\n`;
    if (fresh.length > MESSAGES) text += `    and ${fresh.length - MESSAGES} kernel messages more\n`;
    text += `${clock(timeUs).padStart(9)}  ${zones.map(zone => zoneText(run, zone)).join(', ')}\n`;
    yield clean(text);
  }
}

export function resultText(entry: ChallengeEntry, prepared: PreparedRun, run: GameRun): string {
  const model = modelOf(entry);
  const play = {
    prepared,
    run,
    moves: 0,
    playing: false,
    speed: 0,
    clockUs: run.timeUs,
    logBack: 0,
    logWide: false,
    view: FIRST_VIEW,
    previous: null,
    change: null,
    parting: null,
    resultShown: true,
  };
  return clean(resultDocument(model, play, WIDTH, Infinity).toText());
}

/** Why it went wrong, '' where nothing did; the run is moved to the place. */
export function whyText(entry: ChallengeEntry, prepared: PreparedRun, run: GameRun): string {
  const mark = run.tellingMark;
  if (mark < 0) return '';
  const explaining = run.explain(mark);
  while (!explaining.step(Number.MAX_SAFE_INTEGER));
  return clean(causeText(explaining.cause!, causeWords(entry, prepared, run), WIDTH));
}
