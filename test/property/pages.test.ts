/** Random tapes on many machines, with and without a policy, every invariant checked after every operation. */
import {
  AS_LINUX,
  allocPages,
  boot,
  checkMachine,
  drainCpu,
  freePages,
  HOOK_BLOCK,
  HOOK_PCP,
  HOOK_PLACEMENT,
  type Hooks,
  MAX_ORDER,
  type Machine,
  type MachineConfig,
  NIL,
  PLACE_HEAD,
  PLACE_TAIL,
  REQ_COUNT,
  REQ_LINUX,
  REQ_ORDER,
  REQ_REFILL,
  REQ_ZONE,
  setHooks,
  stateHash,
  useFields,
  ZONE_FREE,
  ZONE_STRIDE,
} from '../../src/engine/index.ts';
import { i386, numbers } from '../unit/engine/machines.ts';
import { shrink } from './shrink.ts';

/** `pick` chooses what to free, so that any part of a tape is still a tape. */
interface Step {
  kind: 'alloc' | 'free' | 'drain';
  gfp: number;
  order: number;
  cpu: number;
  ctx: number;
  pick: number;
}

const MASKS = [0xd0, 0xd2, 0x20, 0x21, 0x1, 0x10d2, 0x1d0, 0x10, 0x220, 0xcd0, 0x10f0];

function tape(seed: number, length: number, cpus: number): Step[] {
  const next = numbers(seed);
  return Array.from({ length }, () => {
    const r = next() % 100;
    return {
      kind: r < 55 ? 'alloc' : r < 98 ? 'free' : 'drain',
      gfp: MASKS[next() % MASKS.length],
      order: next() % 3 === 0 ? next() % 12 : next() % 3,
      cpu: next() % cpus,
      ctx: next() % 10 === 0 ? next() % 16 : 0,
      pick: next(),
    } as const;
  });
}

/** A policy that takes legal and illegal decisions at random. */
function wild(m: Machine, seed: number): Hooks {
  const next = numbers(seed);
  const sometimes = (answer: () => number) => () =>
    next() % 3 === 0 ? -1 : next() % 7 === 0 ? next() | 0 : answer();
  return {
    mask: 0x1f,
    zonelist: sometimes(() => [0x1, 0x2, 0x21, 0x12, 0x123, 0x3][next() % 6]),
    watermark: sometimes(() => next() % 400),
    block: sometimes(() => {
      const z = m.request[REQ_ZONE];
      const order = m.request[REQ_ORDER];
      const head = m.sentinelBase + z * MAX_ORDER + Math.min(MAX_ORDER - 1, order + (next() % 4));
      const page = m.links[2 * head];
      return page === head ? m.request[REQ_LINUX] : page + ((next() % 4) << order);
    }),
    placement: sometimes(() => (next() & 1 ? PLACE_HEAD : PLACE_TAIL)),
    pcp: sometimes(() => (m.request[REQ_REFILL] === 1 ? next() % 20 : next() % (m.request[REQ_COUNT] + 1))),
    decide: () => -1,
    illegal: () => {},
  };
}

/** Play a tape with every checker after each step. Returns '' or what broke. */
function fault(config: MachineConfig, steps: readonly Step[], policySeed: number, sabotage = false): string {
  const m = boot(config);
  if (policySeed !== 0) setHooks(m, wild(m, policySeed));
  if (policySeed % 2 === 1) useFields(m);
  const held: { pfn: number; order: number }[] = [];
  try {
    checkMachine(m);
    for (const step of steps) {
      if (step.kind === 'drain') drainCpu(m, step.cpu);
      else if (step.kind === 'alloc') {
        const pfn = allocPages(m, step.gfp, step.order, step.cpu, step.ctx);
        if (pfn !== NIL) held.push({ pfn, order: step.order });
        if (sabotage && step.order === 5 && pfn !== NIL) m.zone[ZONE_STRIDE + ZONE_FREE]++;
      } else if (held.length > 0) {
        const [{ pfn, order }] = held.splice(step.pick % held.length, 1);
        freePages(m, pfn, order, step.cpu, order === 0 ? step.pick & 1 : 0);
      }
      checkMachine(m);
    }
    for (const { pfn, order } of held) freePages(m, pfn, order, 0, 0);
    checkMachine(m);
  } catch (error) {
    return String(error);
  }
  return '';
}

const machines: [string, MachineConfig][] = [
  ['4 MiB', i386(4)],
  ['17 MiB, two CPUs', i386(17, { cpus: 2 })],
  ['900 MiB and a little high memory', i386(900, { lowerZoneProtection: 1 })],
  [
    'real boot',
    i386(24, {
      boot: 'real',
      bootmapPfn: 1280,
      reserve: [
        [0, 1],
        [160, 1120],
      ],
    }),
  ],
  ['an odd number of pages', { ...i386(8), ramPages: 2051 }],
  ['x86_64', { ...i386(20, { cpus: 4 }), arch: 'x86_64' }],
];

describe.each(machines)('%s', (_name, config) => {
  const big = config.ramPages > 100000;
  test.each([0, 1, 2, 3])('stays sound, policy %i', policySeed => {
    for (let seed = 1; seed <= (big ? 1 : 4); seed++) {
      const steps = tape(seed * 7919 + policySeed, big ? 60 : 400, config.cpus);
      const broke = fault(config, steps, policySeed);
      if (broke !== '') {
        const small = shrink(steps, s => fault(config, s, policySeed) !== '');
        throw new Error(`${fault(config, small, policySeed)}\nsmallest tape: ${JSON.stringify(small)}`);
      }
    }
  });
});

/** Pages answered, counters, and what memory is like at the end, with these hooks open and everything left to Linux. */
function leftToLinux(config: MachineConfig, steps: readonly Step[], mask: number) {
  const m = boot(config);
  const answer = () => AS_LINUX;
  const asLinux = { zonelist: answer, watermark: answer, block: answer, placement: answer, pcp: answer };
  if (mask !== 0) setHooks(m, { mask, ...asLinux, decide: () => -1, illegal: () => {} });
  const pages: number[] = [];
  // Runs of single pages first, taken and given back in order: those move as whole blocks.
  for (let run = 0; run < 300; run++) pages.push(allocPages(m, 0xd0, 0, 0, 0));
  for (let run = 0; run < 150; run++) freePages(m, pages[run], 0, 0, 0);
  for (let run = 299; run >= 150; run--) freePages(m, pages[run], 0, 0, run & 16 ? 1 : 0);
  const held: { pfn: number; order: number }[] = [];
  for (const step of steps) {
    if (step.kind === 'drain') drainCpu(m, step.cpu);
    else if (step.kind === 'alloc') {
      const pfn = allocPages(m, step.gfp, step.order, step.cpu, step.ctx);
      pages.push(pfn);
      if (pfn !== NIL) held.push({ pfn, order: step.order });
    } else if (held.length > 0) {
      const [{ pfn, order }] = held.splice(step.pick % held.length, 1);
      freePages(m, pfn, order, step.cpu, order === 0 ? step.pick & 1 : 0);
    }
  }
  return { pages, stat: [...m.stat], hash: stateHash(m) };
}

describe.each(machines)('%s, everything left to Linux', (_name, config) => {
  test.each([HOOK_BLOCK, HOOK_PLACEMENT, HOOK_PCP, 0x1f])(
    'hooks %i ask page by page, and count what moves in bulk counts',
    mask => {
      for (let seed = 1; seed <= 4; seed++) {
        const steps = tape(seed * 104729, 400, config.cpus);
        expect(leftToLinux(config, steps, mask)).toEqual(leftToLinux(config, steps, 0));
      }
    },
  );
});

test('a broken allocator is found, and its tape shrinks to one step', () => {
  const steps = tape(99, 300, 1);
  expect(fault(i386(64), steps, 0)).toBe('');
  expect(fault(i386(64), steps, 0, true)).toMatch(/free_pages/);
  const small = shrink(steps, s => fault(i386(64), s, 0, true) !== '');
  expect(small).toHaveLength(1);
  expect(small[0]).toMatchObject({ kind: 'alloc', order: 5 });
});
