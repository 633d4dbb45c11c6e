/**
 * What one frame of the run screen costs at 200x50 for a machine of 4 GiB:
 * `npx esbuild test/bench/frame.ts --bundle --platform=node | node`. Prints the median of many frames, in milliseconds:
 * of memory as it is after boot, of memory in single pages (as bad as it gets for a walk by blocks) that stands still, of
 * which 512 or 20,000 blocks are taken and given back between two frames, that nobody has looked at yet, and that is
 * looked at page by page; and of a machine with slabs, stacks, vmalloc areas and page cache whose panes are all shown.
 */
import {
  allocPages,
  boot,
  freePages,
  GFP_HIGHUSER,
  GFP_KERNEL,
  kmalloc,
  type Machine,
  type MachineConfig,
  NIL,
  PAGE_ALLOCATED,
  vmalloc,
} from '../../src/engine/index.ts';
import { Marks } from '../../src/harness/marks.ts';
import type { ChallengeEntry, GameRun } from '../../src/tui/gameRun.ts';
import { createModel, type Play } from '../../src/tui/model.ts';
import { FIRST_VIEW, type RunView } from '../../src/tui/runView.ts';
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

function runOf(machine: Machine): GameRun {
  return {
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
    tellingMark: -1,
    explain: () => ({ step: () => true, cause: null, percent: 100 }),
    lastOp: null,
    page: () => null,
    step: () => {},
    seek: () => {},
    opsUntil: () => 1,
  };
}

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
const MODEL = createModel({ width: 200, height: 50, glyphs: 'unicode', colours: '256', entries, open: 0 });

interface Frames {
  /** Done before each frame, not counted. */
  before?: (frame: number) => void;
  /** Every frame is the first of its run. */
  anew?: boolean;
  look?: Partial<RunView>;
}

/** Milliseconds. */
function medianFrame(machine: Machine, { before, anew, look }: Frames = {}): number {
  let run = runOf(machine);
  const times: number[] = [];
  for (let moves = 0; moves < TIMES; moves++) {
    before?.(moves);
    if (anew) run = runOf(machine);
    const play: Play = {
      prepared: { verdict: null as never, policy: null, open: () => run },
      run,
      moves,
      playing: true,
      speed: 5,
      clockUs: 0,
      logBack: 0,
      logWide: false,
      view: { ...FIRST_VIEW, ...look },
      previous: null,
      change: null,
      parting: null,
      resultShown: false,
    };
    const start = performance.now();
    view({ ...MODEL, screen: 'run', play });
    times.push(performance.now() - start);
  }
  times.sort((x, y) => x - y);
  return Math.round(times[TIMES >> 1] * 100) / 100;
}

/** So many single pages change hands, wherever they lie. */
function churn(machine: Machine, pages: number): () => void {
  let state = 1;
  return () => {
    for (let i = 0; i < pages; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const pfn = 229_376 + ((state >>> 4) % 700_000);
      if (machine.state[pfn] === PAGE_ALLOCATED) machine.tag[pfn] = state & 0xffff;
    }
  };
}

/** Half a million objects, two hundred areas, and a page cache that has not been read into. */
function whole(): Machine {
  const machine = boot({
    ...CONFIG,
    slab: true,
    stacks: { threadBytes: 8192, irqStacks: false },
    vm: {
      diskBytesPerSecond: 30e6,
      diskSeekUs: 8000,
      diskRequests: 128,
      swapPages: 32768,
      swappiness: 60,
      dirtyRatio: 40,
      dirtyBackgroundRatio: 10,
      dirtyWritebackCentisecs: 500,
      dirtyExpireCentisecs: 3000,
      pageCluster: 3,
      filePages: [65536],
    },
  });
  for (let i = 0; i < 500_000; i++) kmalloc(machine.slab!, 32 << (i % 6), GFP_KERNEL, i & 1, 0);
  for (let i = 0; i < 200; i++) vmalloc(machine.vmalloc!, 4096 * (1 + (i % 30)), 0, 0);
  return machine;
}

const machine = boot(CONFIG);
const freshMs = medianFrame(machine);
shred(machine);
const figures = {
  freshMs,
  stillMs: medianFrame(machine),
  changed512Ms: medianFrame(machine, { before: churn(machine, 512) }),
  changed20000Ms: medianFrame(machine, { before: churn(machine, 20_000) }),
  anewMs: medianFrame(machine, { anew: true }),
  pageByPageMs: medianFrame(machine, {
    before: churn(machine, 512),
    look: { inspecting: true, cursor: 500_000, perCell: 1 },
  }),
  wholeMachineMs: medianFrame(whole()),
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
