/**
 * What moving in time costs on long runs: `npx esbuild test/bench/timetravel.ts --bundle --platform=node --packages=external
 * --outfile=node_modules/.timetravel.cjs && node node_modules/.timetravel.cjs`. Prints milliseconds: how long the run takes to
 * prepare, then the median and the longest of steps back, seeks and jumps.
 */
import type { ChallengePlan, IntDist, StepPlan, TaskPlan } from '../../src/contract/plan.ts';
import { USUAL_STARS } from '../../src/contract/plan.ts';
import { GFP_ATOMIC, GFP_HIGHUSER, GFP_KERNEL } from '../../src/engine/index.ts';
import { Session } from '../../src/harness/session.ts';
import { compileTape } from '../../src/workload/compile.ts';

const constant = (value: number): IntDist => ({ kind: 'constant', value });
const between = (low: number, high: number): IntDist => ({ kind: 'uniform', low, high });

const task = (name: string, meanGapUs: number, run: StepPlan[], more: Partial<TaskPlan> = {}): TaskPlan => ({
  name,
  context: 'process',
  realtime: false,
  memalloc: false,
  owner: 'kernel',
  cpu: -1,
  count: 1,
  fromUs: 0,
  untilUs: Number.MAX_SAFE_INTEGER,
  arrive: { kind: 'poisson', meanGapUs },
  run,
  ...more,
});

const plan = (
  id: string,
  machine: ChallengePlan['machine'],
  workload: ChallengePlan['workload'],
): ChallengePlan => ({
  id,
  title: '',
  story: '',
  machine,
  workload,
  goals: [
    {
      metric: 'page_alloc.failures',
      where: { task: -1, zone: -1, order: -1 },
      always: true,
      compare: 'at_most',
      value: 0,
      text: 'page_alloc.failures, at most 0',
      line: 1,
      column: 1,
    },
  ],
  score: [],
  policy: { hooks: [], onFault: 'linux', fuelPerCall: 1, fuelPerRun: 1, memoryBytes: 1 },
  stars: USUAL_STARS,
  form: 'code',
  seeds: [1],
  hints: [],
  explanation: '',
  reference: '',
  naive: '',
});

const pages = (meanGapUs: number, gfp: number, order: IntDist, heldUs: number): TaskPlan =>
  task(`pages${meanGapUs}`, meanGapUs, [
    { kind: 'alloc', call: 'alloc_pages', as: 'p', order, gfp, onFail: { kind: 'skip' } },
    { kind: 'hold', us: { kind: 'exponential', mean: heldUs } },
    { kind: 'free', call: '__free_pages', name: 'p', cold: false },
  ]);

/** 256 MiB of pages and blocks, a million rows. @param heldUs how long most pages are held */
const pagesPlan = (id: string, heldUs: number): ChallengePlan =>
  plan(
    id,
    {
      arch: 'i386',
      ramPages: 65_536,
      cpus: 1,
      boot: 'bootmap',
      bootmapPfn: 1024,
      reserve: [],
      minFreeKbytes: -1,
      lowerZoneProtection: 0,
    },
    {
      lengthUs: 6_000_000,
      tasks: [
        pages(40, GFP_KERNEL, constant(0), 20_000),
        pages(20, GFP_HIGHUSER, constant(0), heldUs),
        pages(130, GFP_KERNEL, between(1, 3), 50_000),
        pages(20_000, GFP_ATOMIC, constant(9), 50_000),
      ],
    },
  );
const PAGES = pagesPlan('bench/pages', 1_100_000);
/** Memory runs out, and thousands of tasks ask again every 20 ms. */
const OVERLOADED = pagesPlan('bench/overloaded', 1_350_000);

/** A file server of 32 MiB: files read and written, processes, reclaim. */
const FILES = plan(
  'bench/files',
  {
    arch: 'i386',
    ramPages: 8192,
    cpus: 1,
    boot: 'real',
    bootmapPfn: 0x400,
    reserve: [[0xa0, 0x460]],
    minFreeKbytes: -1,
    lowerZoneProtection: 0,
    slab: true,
    stacks: { threadBytes: 8192, irqStacks: false },
    vm: {
      diskBytesPerSecond: 60e6,
      diskSeekUs: 500,
      diskRequests: 128,
      swapPages: 16_384,
      swappiness: 60,
      dirtyRatio: 40,
      dirtyBackgroundRatio: 10,
      dirtyWritebackCentisecs: 500,
      dirtyExpireCentisecs: 3000,
      pageCluster: 3,
      filePages: [32_768, 8192],
    },
  },
  {
    lengthUs: 60_000_000,
    named: {
      caches: [],
      files: [
        { name: 'data', pages: 32_768 },
        { name: 'log', pages: 8192 },
      ],
      locks: [],
      functions: [],
    },
    tasks: [
      task(
        'nfsd',
        2400,
        [
          {
            kind: 'repeat',
            times: constant(6),
            run: [
              {
                kind: 'read',
                file: 0,
                pages: between(1, 4),
                at: { kind: 'drawn', page: { kind: 'exponential', mean: 3000 } },
              },
            ],
          },
        ],
        { count: 4 },
      ),
      task('logger', 4000, [{ kind: 'write', file: 1, pages: between(1, 2), at: { kind: 'sequential' } }]),
      task('net', 500, [
        {
          kind: 'alloc',
          call: 'alloc_pages',
          as: 'skb',
          order: constant(5),
          gfp: 0x20,
          onFail: { kind: 'skip' },
        },
        { kind: 'hold', us: between(100, 3000) },
        { kind: 'free', call: '__free_pages', name: 'skb', cold: false },
      ]),
    ],
  },
);

const median = (times: number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1];
const ms = (value: number): number => Math.round(value * 10) / 10;

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function spread(times: number[]): { median: number; longest: number } {
  return { median: ms(median(times)), longest: ms(Math.max(...times)) };
}

for (const bench of [PAGES, OVERLOADED, FILES]) {
  let tape = compileTape(bench, 1);
  const compileMs = timed(() => {
    tape = compileTape(bench, 1);
  });
  const session = new Session(bench, tape, null, 1);
  let longestSliceMs = 0;
  const prepareMs = timed(() => {
    while (!session.done)
      longestSliceMs = Math.max(
        longestSliceMs,
        timed(() => session.step(8192)),
      );
  });
  let state = 12345;
  const random = (): number => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) / 0x7fffffff;
  const seeks = Array.from({ length: 40 }, () => {
    const op = Math.floor(random() * session.nrOps);
    return timed(() => session.seek(op));
  });
  const stepsBack = Array.from({ length: 60 }, (_, i) => {
    if (i % 20 === 0) session.seek(Math.floor(random() * session.nrOps));
    return timed(() => session.seek(session.op - 1));
  });
  const { marks } = session;
  const jumps = Array.from({ length: Math.min(40, marks.length) }, () => {
    const op = marks.op[Math.floor(random() * marks.length)];
    return timed(() => session.seek(op));
  });
  const memoryMiB = Math.round(process.memoryUsage().rss / 1048576);
  const figures = {
    run: bench.id,
    rows: tape.nrOps,
    compileMs: ms(compileMs),
    prepareMs: ms(prepareMs),
    longestSliceMs: ms(longestSliceMs),
    seek: spread(seeks),
    stepBack: spread(stepsBack),
    jump: jumps.length === 0 ? null : spread(jumps),
    memoryMiB,
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}
