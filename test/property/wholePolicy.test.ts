/** Policies on the whole machine: those that leave everything to Linux, and those that answer anything at all. */
import {
  AS_LINUX,
  boot,
  cacheChain,
  cacheReap,
  checkMachine,
  checkPages,
  FAULT,
  HOOK_ROUTE,
  HOOKS,
  type HookName,
  type Hooks,
  KernelBug,
  type Machine,
  NIL,
  REQ_BYTES,
  REQ_CACHE,
  REQ_COUNT,
  REQ_FREE,
  REQ_LINUX,
  REQ_ORDER,
  REQ_PFN,
  REQ_ZONE,
  restore,
  setHooks,
  slabsOn,
  snapshot,
  stateHash,
  ZONE_PRESENT,
  ZONE_STRIDE,
} from '../../src/engine/index.ts';
import { cacheNumbered } from '../../src/engine/mm/slab_info.ts';
import { C_NEXT_REAP } from '../../src/engine/mm/slab_layout.ts';
import { compileTape } from '../../src/workload/compile.ts';
import { TapePlayer } from '../../src/workload/player.ts';
import { Stream } from '../../src/workload/stream.ts';
import { wholeWorkload } from './wholeMachine.ts';

const SEEDS = Number(process.env['OOMPH_SEEDS'] ?? 4);
const FIRST = Number(process.env['OOMPH_FIRST_SEED'] ?? 1);
/** Rows of each run; with wild answers every one is checked in full. */
const ROWS = Number(process.env['OOMPH_ROWS'] ?? 1500);

/** Those of the engine itself. */
const ENGINE_HOOKS = HOOK_ROUTE - 1;

/** Every decision goes through one function, which is never entered twice. */
class Asking implements Hooks {
  readonly mask = ENGINE_HOOKS;
  readonly decisions: number[] = [];
  readonly asked = new Map<HookName, number>();
  readonly refused = new Map<HookName, number>();
  private readonly answer: (hook: HookName) => number;
  private inside = false;

  constructor(answer: (hook: HookName) => number) {
    this.answer = answer;
  }

  zonelist = () => this.ask('zonelist');
  watermark = () => this.ask('watermark');
  block = () => this.ask('block');
  placement = () => this.ask('placement');
  pcp = () => this.ask('pcp');
  decide = (hook: number) => this.ask(HOOKS[hook]);

  illegal(hook: HookName): void {
    this.refused.set(hook, (this.refused.get(hook) ?? 0) + 1);
  }

  private ask(hook: HookName): number {
    if (this.inside) throw new Error(`asked for ${hook} while it is asked already`);
    this.inside = true;
    const answer = this.answer(hook);
    this.inside = false;
    this.asked.set(hook, (this.asked.get(hook) ?? 0) + 1);
    this.decisions.push(answer);
    return answer;
  }
}

/** Often Linux's answer, often another that may be legal, at times nonsense. */
function wild(m: Machine, stream: Stream): (hook: HookName) => number {
  const { request } = m;
  const below = (n: number) => (n <= 0 ? 0 : stream.below(n));
  const legal = (hook: HookName): number => {
    const z = request[REQ_ZONE];
    const present = z === NIL ? 0 : m.zone[z * ZONE_STRIDE + ZONE_PRESENT];
    switch (hook) {
      case 'zonelist':
        return request[REQ_LINUX] & 0xf;
      case 'watermark':
        return below(600);
      case 'block':
        return below(m.nrPages) & -(1 << request[REQ_ORDER]);
      case 'pcp':
        return below(Math.max(1, request[REQ_COUNT]));
      case 'coalesce':
        return request[REQ_ORDER] + below(11 - request[REQ_ORDER]);
      case 'kswapd':
        return below(present + 1);
      case 'slabOrder':
        return below(6);
      case 'slabPick': {
        const slabs = slabsOn(m.slab!, cacheNumbered(m.slab!, request[REQ_CACHE]), 'partial');
        return slabs.length === 0 ? request[REQ_LINUX] : slabs[below(slabs.length)].pfn;
      }
      case 'slabLimit':
        return 1 + below(120);
      case 'slabReap':
        return below(request[REQ_FREE] + 1);
      case 'slabMerge':
        return below(30);
      default:
        return below(3);
    }
  };
  return hook => {
    // Slabs are given back and caches made seldom: there nonsense has to come soon.
    switch (stream.below(hook === 'slabReap' || hook === 'slabLimit' ? 4 : 12)) {
      case 0:
        return stream.below(0x7fffffff) * (stream.below(2) === 0 ? 1 : -1);
      case 1:
        return FAULT;
      case 2:
        return stream.below(40) - 10;
      case 3:
      case 4:
      case 5:
        return AS_LINUX;
      default:
        return legal(hook);
    }
  };
}

/** What a request must say whatever is asked. */
function sound(m: Machine, hook: HookName): void {
  const { request } = m;
  const z = request[REQ_ZONE];
  if (
    ['coalesce', 'reclaim', 'kswapd'].includes(hook) &&
    !(z >= 0 && z < 3 && m.zone[z * ZONE_STRIDE + ZONE_PRESENT] > 0)
  )
    throw new Error(`${hook}: zone ${z}`);
  if (hook === 'coalesce' || hook === 'reclaim') {
    if (!(request[REQ_PFN] >= 0 && request[REQ_PFN] < m.nrPages)) throw new Error(`${hook}: pfn`);
  } else if (hook.startsWith('slab')) {
    if (!(request[REQ_BYTES] > 0)) throw new Error(`${hook}: bytes`);
    // A cache that is being created is in the chain last.
    if ((hook === 'slabPick' || hook === 'slabReap') && cacheNumbered(m.slab!, request[REQ_CACHE]) === 0)
      throw new Error(`${hook}: cache ${request[REQ_CACHE]}`);
    if (hook === 'slabReap' && !(request[REQ_FREE] > 0)) throw new Error('slabReap: nothing is free');
  }
}

/** Two minutes in which nothing happens but the timers of the slab allocator. */
function idle(m: Machine): void {
  const s = m.slab!;
  for (let i = 0; i < 24; i++) {
    s.jiffies = (s.jiffies + 5 * m.arch.hz) | 0;
    for (let cpu = 0; cpu < m.cpus; cpu++) cacheReap(s, cpu);
  }
}

interface Played {
  m: Machine;
  player: TapePlayer;
}

const everAsked = new Set<HookName>();
const everRefused = new Set<HookName>();

describe.each(Array.from({ length: SEEDS }, (_, i) => FIRST + i))('seed %i', seed => {
  const { plan } = wholeWorkload(seed);
  const tape = compileTape(plan, seed);
  const nrOps = Math.min(ROWS, tape.nrOps);

  function start(make: (m: Machine) => Hooks | null): Played {
    const m = boot(plan.machine);
    setHooks(m, make(m));
    const player = new TapePlayer(plan, m, tape);
    // Caches begin to give slabs back in the first seconds, not after four.
    for (const cache of cacheChain(m.slab!)) m.slab!.ctl[cache + C_NEXT_REAP] = 0;
    return { m, player };
  }

  const outcome = ({ m, player }: Played) => ({
    hash: stateHash(m),
    stat: Array.from(m.stat),
    tally: Array.from(player.tally.column),
    printed: m.printk.length,
    nowUs: m.agenda.now[0],
  });

  test('Linux’s own answers leave what no policy leaves', () => {
    const plain = start(() => null);
    plain.player.playUntil(nrOps);
    plain.player.finish();
    const expected = outcome(plain);
    for (const answer of [() => AS_LINUX, (m: Machine) => m.request[REQ_LINUX], () => FAULT]) {
      let asking: Asking | undefined;
      const played = start(m => {
        asking = new Asking(hook => {
          sound(m, hook);
          return answer(m);
        });
        return asking;
      });
      played.player.playUntil(nrOps);
      played.player.finish();
      expect(outcome(played)).toEqual(expected);
      expect([...asking!.refused]).toEqual([]);
      for (const hook of asking!.asked.keys()) everAsked.add(hook);
    }
  });

  test('answers of any kind break nothing, and replayed they give the same machine', () => {
    let asking: Asking | undefined;
    const played = start(m => {
      const answer = wild(m, new Stream(`wild/${seed}`));
      asking = new Asking(hook => {
        sound(m, hook);
        return answer(hook);
      });
      return asking;
    });
    checkMachine(played.m);
    for (let op = 1; op <= nrOps; op++) {
      try {
        played.player.playUntil(op);
        checkMachine(played.m);
      } catch (error) {
        if (error instanceof KernelBug) error.message = `operation ${op - 1}: ${error.message}`;
        throw error;
      }
    }
    played.player.finish();
    idle(played.m);
    checkMachine(played.m);
    for (const hook of asking!.refused.keys()) everRefused.add(hook);
    const { decisions } = asking!;
    let at = 0;
    const again = start(() => new Asking(() => decisions[at++]));
    again.player.playUntil(nrOps);
    again.player.finish();
    idle(again.m);
    expect(at).toBe(decisions.length);
    expect(outcome(again)).toEqual(outcome(played));
  });

  test('a run taken up again in the middle of buddies left apart ends as it would have', () => {
    // Answers by what is asked alone, so that they need no memory.
    const hooks = (m: Machine) =>
      new Asking(hook => {
        const { request } = m;
        if (hook === 'coalesce') return request[REQ_PFN] % 3 === 0 ? 10 : request[REQ_ORDER];
        if (hook === 'reclaim') return request[REQ_PFN] % 5 === 0 ? 0 : AS_LINUX;
        return AS_LINUX;
      });
    const { m, player } = start(hooks);
    player.playUntil(Math.floor(nrOps / 2));
    const mark = { machine: snapshot(m), player: player.snapshot() };
    player.playUntil(nrOps);
    const expected = outcome({ m, player });
    restore(m, mark.machine);
    player.restore(mark.player);
    checkPages(m);
    player.playUntil(nrOps);
    expect(outcome({ m, player })).toEqual(expected);
  });
});

test('every hook of the engine was asked, and refused something', () => {
  const all = HOOKS.filter((_, i) => (ENGINE_HOOKS & (1 << i)) !== 0);
  expect(all.filter(hook => !everAsked.has(hook))).toEqual([]);
  expect(all.filter(hook => !everRefused.has(hook))).toEqual([]);
});
