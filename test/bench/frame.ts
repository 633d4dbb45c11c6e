/**
 * What one frame of the run screen costs at 200x50 for a machine of 4 GiB:
 * `npx esbuild test/bench/frame.ts --bundle --platform=node | node`. Prints the shortest of many, in milliseconds, once
 * for memory in single pages (as bad as it gets for a walk by blocks) and once for a fresh boot.
 */
import {
  allocPages,
  boot,
  freePages,
  GFP_HIGHUSER,
  type Machine,
  type MachineConfig,
  NIL,
} from '../../src/engine/index.ts';
import { Marks } from '../../src/harness/marks.ts';
import type { ChallengeEntry, GameRun } from '../../src/tui/gameRun.ts';
import { createModel, type Play } from '../../src/tui/model.ts';
import { FIRST_VIEW } from '../../src/tui/runView.ts';
import { view } from '../../src/tui/view.ts';

const TIMES = 60;
const CONFIG: MachineConfig = {
  arch: 'i386',
  ramPages: 1 << 20,
  cpus: 2,
  boot: 'bootmap',
  bootmapPfn: 1024,
  reserve: [],
  minFreeKbytes: 1024,
  lowerZoneProtection: 0,
};

/** Hundreds of thousands of single pages of four owners, every third one free again. */
function shred(machine: Machine): void {
  const pages: number[] = [];
  while (pages.length < 900_000) {
    const pfn = allocPages(machine, GFP_HIGHUSER, 0, 0, 0);
    if (pfn === NIL) break;
    machine.tag[pfn] = pages.length & 0xffff;
    pages.push(pfn);
  }
  for (let i = 0; i < pages.length; i += 3) freePages(machine, pages[i], 0, 0, 0);
}

function shortestFrame(machine: Machine): number {
  const run: GameRun = {
    seed: 1,
    nrOps: 1,
    lengthUs: 60e6,
    machine,
    slotOwner: Uint8Array.from({ length: 1 << 16 }, (_, i) => i % 4),
    op: 1,
    timeUs: 0,
    done: false,
    goals: [],
    scores: [],
    log: [],
    marks: new Marks(),
    tellingOp: -1,
    lastOp: null,
    page: () => null,
    step: () => {},
    seek: () => {},
    opsUntil: () => 1,
  };
  const play: Omit<Play, 'moves'> = {
    prepared: { verdict: null as never, policy: null, open: () => run },
    run,
    playing: true,
    speed: 5,
    clockUs: 0,
    logBack: 0,
    logWide: false,
    view: FIRST_VIEW,
    resultShown: false,
  };
  const entries: ChallengeEntry[] = [
    {
      id: 'bench/frame',
      name: '',
      file: '',
      plan: null,
      diagnostics: [],
      policyPath: '',
      policyExists: false,
    },
  ];
  const model = createModel({ width: 200, height: 50, glyphs: 'unicode', colours: '256', entries, open: 0 });
  let best = Infinity;
  for (let moves = 0; moves < TIMES; moves++) {
    const start = performance.now();
    view({ ...model, screen: 'run', play: { ...play, moves } });
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

const machine = boot(CONFIG);
const fresh = shortestFrame(machine);
shred(machine);
const shredded = shortestFrame(machine);
process.stdout.write(`${JSON.stringify({ freshMs: fresh, shreddedMs: shredded })}\n`);
