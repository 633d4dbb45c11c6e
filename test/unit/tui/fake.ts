/** A run of the game on a real machine with a scripted workload, and a plan around it: no file, no process. */
import { type ChallengePlan, USUAL_STARS } from '../../../src/contract/plan.ts';
import type { SeedVerdict, Verdict } from '../../../src/contract/verdict.ts';
import {
  allocPages,
  boot,
  freePages,
  GFP_ATOMIC,
  GFP_DMA,
  GFP_HIGHUSER,
  GFP_KERNEL,
  type Machine,
  type MachineConfig,
  NIL,
  PAGE_ALLOCATED,
  PAGE_ORDER,
  PAGE_RESERVED,
  zoneOf,
} from '../../../src/engine/index.ts';
import { MARK_KINDS, Marks } from '../../../src/harness/marks.ts';
import { blockHead, type PageFacts } from '../../../src/harness/pageFacts.ts';
import type {
  ChallengeEntry,
  Explaining,
  GameRun,
  LastOp,
  LiveGoal,
  LogLine,
  PreparedRun,
} from '../../../src/tui/gameRun.ts';
import { createModel, type Model } from '../../../src/tui/model.ts';
import { type Message, update } from '../../../src/tui/update.ts';

import { PINNED } from './causes.ts';
import { comparisonWith } from './comparisons.ts';

export const MACHINE: MachineConfig = {
  arch: 'i386',
  ramPages: 16384,
  cpus: 1,
  boot: 'bootmap',
  bootmapPfn: 1024,
  reserve: [[256, 512]],
  minFreeKbytes: 1024,
  lowerZoneProtection: 0,
};

export function plan(id: string, change: Partial<ChallengePlan> = {}): ChallengePlan {
  return {
    id,
    title: 'The sound card that starved',
    story:
      'A sound card of 1995 can only do DMA below 16 MiB. Its driver asks for 16 KiB there, from interrupt context, twenty times a second.\n\nMeanwhile an editor opens file after file, and the kernel gives it whatever is free.\n',
    machine: MACHINE,
    workload: {
      lengthUs: 60_000_000,
      tasks: [
        {
          name: 'sb16',
          context: 'hardirq',
          realtime: false,
          memalloc: false,
          owner: 'driver',
          cpu: -1,
          count: 1,
          fromUs: 0,
          untilUs: 60_000_000,
          arrive: { kind: 'poisson', meanGapUs: 50_000 },
          run: [
            {
              kind: 'alloc',
              call: 'alloc_pages',
              as: 'ring',
              order: { kind: 'constant', value: 2 },
              gfp: GFP_ATOMIC | GFP_DMA,
              onFail: { kind: 'skip' },
            },
            { kind: 'hold', us: { kind: 'exponential', mean: 200_000 } },
            { kind: 'free', call: '__free_pages', name: 'ring', cold: false },
          ],
        },
      ],
    },
    goals: [
      {
        metric: 'page_alloc.failures',
        where: { task: 0, zone: -1, order: -1 },
        always: false,
        compare: 'at_most',
        value: 0,
        text: 'page_alloc.failures of task sb16, at most 0',
        line: 20,
        column: 5,
      },
    ],
    score: [
      {
        metric: 'cycles',
        where: { task: -1, zone: -1, order: -1 },
        better: 'lower',
        par: 1_900_000,
        gold: 1_500_000,
      },
    ],
    stars: USUAL_STARS,
    form: 'code',
    policy: {
      hooks: ['zonelist'],
      onFault: 'linux',
      fuelPerCall: 10_000,
      fuelPerRun: 1e9,
      memoryBytes: 1e7,
    },
    seeds: [1, 2, 3],
    hints: [
      'Who needs the low pages?',
      'Look at the gfp mask.',
      'Answer mem.NORMAL_ONLY for everybody else.',
    ],
    explanation: 'The kernel keeps lowmem_reserve[] pages back from those who could have used another zone.',
    reference: '',
    naive: '',
    ...change,
  };
}

export function entry(id: string, change: Partial<ChallengeEntry> = {}): ChallengeEntry {
  return {
    id,
    name: id,
    file: `challenges/${id}/challenge.yaml`,
    plan: plan(id),
    diagnostics: [],
    policyPath: `oomph-policies/${id}.ts`,
    policyExists: false,
    ...change,
  };
}

/** Operation n allocates a block (order by n), every third one is freed again; every 50th fails. */
export class FakeRun implements GameRun {
  readonly seed: number;
  readonly nrOps: number;
  readonly lengthUs = 60_000_000;
  readonly slotOwner: Uint8Array;
  machine: Machine;
  op = 0;
  log: LogLine[] = [];
  nrFailures = 0;
  readonly marks = new Marks();
  private held: number[] = [];
  private lastPfn = -1;

  constructor(seed: number, nrOps = 600) {
    this.seed = seed;
    this.nrOps = nrOps;
    this.slotOwner = Uint8Array.from({ length: nrOps }, (_, i) => i % 4);
    this.machine = boot(MACHINE);
    for (let op = 50; op <= nrOps; op += 50) {
      this.marks.push(op, this.timeOf(op - 1), MARK_KINDS.indexOf('failure'), 0);
      if (op === 50) this.marks.push(op, this.timeOf(op - 1), MARK_KINDS.indexOf('goal'), 0);
    }
  }

  get tellingMark(): number {
    return this.marks.length > 0 ? 0 : -1;
  }

  explain(mark: number): Explaining {
    this.seek(this.marks.op[mark]);
    return { step: () => true, cause: PINNED, percent: 100 };
  }

  get timeUs(): number {
    return this.done ? this.lengthUs : this.timeOf(this.op - 1);
  }
  get done(): boolean {
    return this.op >= this.nrOps;
  }
  get lastOp(): LastOp | null {
    if (this.op === 0) return null;
    return { timeUs: this.timeOf(this.op - 1), text: `op ${this.op - 1}`, pfn: this.lastPfn, order: 0 };
  }
  get goals(): LiveGoal[] {
    return [
      {
        text: 'page_alloc.failures of task sb16, at most 0',
        unit: 'count',
        compare: 'at_most',
        wanted: 0,
        value: this.nrFailures,
        always: false,
        held: this.nrFailures === 0,
        lost: this.nrFailures > 0,
        lostAtUs: -1,
      },
    ];
  }
  get scores() {
    return [
      {
        metric: 'cycles',
        unit: 'cycles',
        better: 'lower' as const,
        value: this.op * 1000,
        par: 1_900_000,
        gold: 1_500_000,
      },
    ];
  }

  page(pfn: number): PageFacts | null {
    const { machine } = this;
    if (pfn < 0 || pfn >= machine.nrPages) return null;
    const head = blockHead(machine, pfn);
    const byte = machine.state[head];
    const used = byte >= PAGE_ALLOCATED;
    const event = used ? machine.tag[head] : -1;
    return {
      pfn,
      paddr: pfn * machine.arch.pageBytes,
      zone: zoneOf(machine, pfn),
      head,
      order: byte & PAGE_ORDER,
      state: used ? 'in use' : byte === PAGE_RESERVED ? 'reserved' : 'free',
      owner: used ? 'editor' : '',
      site: used ? { text: 'alloc_pages as text', line: 17 } : null,
      event,
      timeUs: event < 0 ? -1 : this.timeOf(event),
      flags: used ? ['PG_uptodate', 'PG_dirty', 'PG_lru'] : [],
      count: used ? 1 : 0,
      holds: used ? 'page 12 of file log' : '',
      list: used ? '' : `free list of order ${byte & PAGE_ORDER}, no blocks before it`,
    };
  }

  step(nrOps: number): void {
    for (let i = 0; i < nrOps && !this.done; i++) this.playOne(this.op++);
  }

  seek(op: number): void {
    if (op < this.op) {
      this.machine = boot(MACHINE);
      this.op = 0;
      this.log = [];
      this.nrFailures = 0;
      this.held = [];
    }
    this.step(Math.min(op, this.nrOps) - this.op);
  }

  opsUntil(timeUs: number): number {
    if (timeUs >= this.lengthUs) return this.nrOps;
    return Math.min(this.nrOps, Math.floor((timeUs / this.lengthUs) * this.nrOps));
  }

  private timeOf(op: number): number {
    return op < 0 ? 0 : Math.ceil(((op + 1) * this.lengthUs) / this.nrOps);
  }

  private playOne(op: number): void {
    const order = (op * this.seed) % 5;
    const pfn = allocPages(this.machine, op % 2 ? GFP_KERNEL : GFP_HIGHUSER, order, 0, 0);
    this.lastPfn = pfn;
    if (pfn !== NIL) {
      this.machine.tag[pfn] = op;
      this.held.push(pfn, order);
    }
    if (op % 3 === 2) {
      const [freed, of] = this.held.splice(0, 2);
      freePages(this.machine, freed, of, 0, 0);
    }
    if (op % 50 === 49) {
      const timeUs = this.timeOf(op);
      this.nrFailures++;
      this.log.push({ timeUs, text: 'sb16: page allocation failure. order:2, mode:0x21' });
    }
  }
}

function seedVerdict(seed: number, change: Partial<SeedVerdict>): SeedVerdict {
  return {
    seed,
    outcome: 'won',
    stars: 2,
    goals: [
      {
        text: 'page_alloc.failures of task sb16, at most 0',
        metric: 'page_alloc.failures',
        compare: 'at_most',
        wanted: 0,
        value: 0,
        unit: 'count',
        held: true,
        lostAtEvent: -1,
        lostAtUs: -1,
        line: 20,
        column: 5,
      },
    ],
    score: [
      {
        metric: 'cycles',
        unit: 'cycles',
        better: 'lower',
        value: 1_620_000,
        par: 1_900_000,
        gold: 1_500_000,
        reached: 'par',
      },
    ],
    metrics: { 'page_alloc.failures': 0 },
    faults: [],
    nrFaults: 0,
    console: [],
    failures: [],
    nrOps: 600,
    stateHash: '00000000',
    reproduce: `oomph run zones/the-sound-card --seed ${seed}`,
    ...change,
  };
}

export function verdict(change: Partial<SeedVerdict> = {}): Verdict {
  const seeds = [1, 2, 3].map(seed => seedVerdict(seed, change));
  return {
    oomph: 1,
    challenge: 'zones/the-sound-card',
    title: 'The sound card that starved',
    policy: { name: 'linux', info: null },
    outcome: seeds[0].outcome,
    stars: seeds[0].stars,
    seeds,
    summary: [{ metric: 'cycles', unit: 'cycles', worst: 1, median: 1, best: 1 }],
  };
}

export const LOST: Partial<SeedVerdict> = {
  outcome: 'lost',
  stars: 0,
  goals: [{ ...seedVerdict(1, {}).goals[0], value: 12, held: false }],
  metrics: { 'page_alloc.failures': 12 },
  failures: [
    {
      event: 49,
      timeUs: 5_000_000,
      task: 'sb16',
      order: 2,
      gfp: 0x21,
      zones: [{ name: 'DMA', freePages: 80, largestBlock: 2 }],
      kernelLog: ['sb16: page allocation failure. order:2, mode:0x21', 'Mem-info:', 'DMA per-cpu:'],
    },
  ],
};

export function prepared(change: Partial<PreparedRun> = {}): PreparedRun {
  return {
    verdict: verdict(),
    policy: null,
    open: seed => new FakeRun(seed),
    opponents: won => [
      { kind: 'linux', name: 'Linux' },
      { kind: 'policy', name: 'builtin:dma-reserve' },
      ...(won ? [{ kind: 'policy' as const, name: 'reference' }] : []),
    ],
    ...change,
  };
}

export function model(change: Partial<Model> = {}): Model {
  const entries = [entry('zones/the-sound-card'), entry('zones/high-memory'), entry('buddy/the-wall')];
  const made = createModel({ width: 80, height: 24, glyphs: 'unicode', colours: '256', entries, open: -1 });
  return { ...made, ...change };
}

/** What the loop does with messages, without time: effects on the run are carried out at once. */
export function play(start: Model, ...messages: (Message | string)[]): Model {
  let now = start;
  const queue: Message[] = messages.map(message =>
    typeof message === 'string' ? { kind: 'key', key: message, nowMs: 0 } : message,
  );
  for (let message = queue.shift(); message; message = queue.shift()) {
    const step = update(now, message);
    now = step.model;
    for (const effect of step.effects) {
      const run = now.play?.run;
      if (effect.kind === 'prepare') {
        const preparation = { ok: true as const, run: prepared() };
        queue.unshift({
          kind: 'prepared',
          ticket: effect.ticket,
          preparation,
          run: preparation.run.open(effect.seed),
        });
      } else if (effect.kind === 'compare') {
        const result = comparisonWith(effect.opponent);
        queue.unshift({ kind: 'compared', ticket: effect.ticket, quiet: effect.quiet, result });
      } else if (run && effect.kind === 'explain') {
        const explaining = run.explain(effect.mark);
        explaining.step(1);
        queue.unshift({ kind: 'explained', ticket: effect.ticket, cause: explaining.cause! });
      } else if (run && (effect.kind === 'step' || effect.kind === 'seek' || effect.kind === 'advance')) {
        if (effect.kind === 'step') run.step(effect.nrOps);
        else if (effect.kind === 'seek') run.seek(effect.op);
        else run.seek(run.opsUntil(effect.toUs));
        queue.unshift({ kind: 'moved', behind: false });
      }
    }
  }
  return now;
}

/** The control characters in a text, line ends left out. */
export function controls(text: string): number[] {
  const codes = Array.from(text, char => char.codePointAt(0)!);
  return codes.filter(code => (code < 0x20 && code !== 0x0a) || (code >= 0x7f && code < 0xa0));
}
