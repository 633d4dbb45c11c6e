import {
  allocPages,
  boot,
  GFP_KERNEL,
  type Machine,
  NIL,
  PLACE_TAIL,
  REQ_EVENT,
  REQ_LINUX,
  REQ_ORDER,
  setHooks,
  stateHash,
  TAG_ANON,
  TAG_PAGE_CACHE,
  TAG_PAGE_TABLE,
  TAG_SLAB,
  TAG_STACK,
  TAG_VMALLOC,
} from '../../../src/engine/index.ts';
import { compareRuns } from '../../../src/harness/compare.ts';
import { mapDifferences, PAGE_KINDS, pageKinds, SAME } from '../../../src/harness/pageKinds.ts';
import { Play, type PlayedPolicy } from '../../../src/harness/play.ts';
import { RecordMismatch } from '../../../src/harness/runSeed.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { alloc, free, hold, plan, task } from '../workload/plans.ts';
import { type Decide, record } from './recorded.ts';

const SEED = 5;
const base = plan([
  task('asker', { kind: 'poisson', meanGapUs: 8_000 }, [
    alloc('x', { kind: 'uniform', low: 0, high: 3 }),
    hold({ kind: 'exponential', mean: 60_000 }),
    free('x'),
  ]),
]);
const challenge = { ...base, machine: { ...base.machine, ramPages: 8192 } };
const tape = compileTape(challenge, SEED);

const AS_LINUX: Decide = { placement: () => -1 };
/** From that event on freed blocks go to the tail. */
const tailFrom = (event: number): Decide => ({
  placement: request => (request[REQ_EVENT] >= event ? PLACE_TAIL : -1),
});
const sides = (a: Decide | null, b: Decide | null) =>
  [a, b].map((decide, i) => ({
    name: 'AB'[i],
    played: decide === null ? null : record(challenge, tape, decide),
  }));

function compare(a: Decide | null, b: Decide | null, timesUs: number[] = []) {
  const [left, right] = sides(a, b);
  return compareRuns(challenge, SEED, left, right, timesUs);
}

/** The first operation after which the state hashes differ, one by one. */
function partedAt(a: PlayedPolicy | null, b: PlayedPolicy | null): number {
  const plays = [a, b].map(played => new Play(challenge, tape, played));
  for (let op = 1; op <= tape.nrOps; op++) {
    const [x, y] = plays.map(play => {
      play.playUntil(op);
      return stateHash(play.machine);
    });
    if (x !== y) return op - 1;
  }
  return -1;
}

test('a policy that decides as Linux does is no policy', () => {
  for (const [a, b] of [
    [null, AS_LINUX],
    [AS_LINUX, { placement: () => 0, zonelist: (request: Int32Array) => request[REQ_LINUX] }],
  ] as const) {
    const { answers, memory, metrics, maps } = compare(a, b);
    expect({ answers, memory }).toEqual({ answers: null, memory: null });
    const differing = metrics.filter(pair => pair.a !== pair.b).map(({ metric }) => metric);
    expect(differing).toEqual(a === null ? ['policy.tokens'] : []);
    expect(maps.map(({ when }) => when)).toEqual(['end']);
    expect(maps[0].zones.every(zone => zone.differing === 0)).toBe(true);
  }
});

test.each([0, 100, 1023, 1025])('the first answer from event %i on, and the first page', event => {
  expect(tape.nrOps).toBeGreaterThan(1600);
  const [a, b] = sides(null, tailFrom(event));
  const { answers, memory, maps } = compareRuns(challenge, SEED, a, b);
  expect(answers!.operation.event).toBeGreaterThanOrEqual(event);
  expect(answers).toMatchObject({
    hook: 'placement',
    linux: 0,
    a: { decided: false, done: 0 },
    b: { decided: true, given: PLACE_TAIL, done: PLACE_TAIL },
    operation: { task: 'asker', timeUs: tape.timeUs[answers!.operation.event] },
  });
  expect(memory!.operation.event).toBe(partedAt(a.played, b.played));
  expect(memory!.operation.event).toBeGreaterThanOrEqual(answers!.operation.event);
  expect(maps.map(({ when }) => when)).toEqual(['parting', 'end']);
  expect(maps[0].op).toBe(memory!.operation.event + 1);
});

test('A and B change places, and so does all that is said of them', () => {
  const there = compare(null, tailFrom(50));
  const back = compare(tailFrom(50), null);
  expect(back.memory).toEqual({ ...there.memory, a: there.memory!.b, b: there.memory!.a });
  expect(back.answers).toEqual({ ...there.answers, a: there.answers!.b, b: there.answers!.a });
  expect(back.metrics.map(({ a, b }) => [b, a])).toEqual(there.metrics.map(({ a, b }) => [a, b]));
});

test('an answer that changes nothing parts the answers, and not the memory', () => {
  const normal: Decide = { zonelist: () => 2 };
  const { answers, memory } = compare(null, normal);
  expect(answers).toMatchObject({ hook: 'zonelist', operation: { event: 0, kind: 'alloc' }, b: { done: 2 } });
  expect(answers!.request['order']).toBe(tape.order[0]);
  expect(memory).toBeNull();
});

test('an answer that breaks a rule counts as what was done', () => {
  const broken: Decide = { zonelist: request => (request[REQ_EVENT] === 40 ? 0x777 : -1) };
  const { answers, memory, metrics } = compare(null, broken);
  expect({ answers, memory }).toEqual({ answers: null, memory: null });
  expect(metrics.find(({ metric }) => metric === 'policy.faults')).toMatchObject({ a: 0, b: 1 });
});

test('two that are asked different hooks are compared by what they did', () => {
  const block: Decide = { block: (request, m) => (request[REQ_ORDER] === 2 ? lastFree(m, 2) : -1) };
  const { answers } = compare(block, tailFrom(0));
  expect(['block', 'placement']).toContain(answers!.hook);
  expect(answers![answers!.hook === 'block' ? 'b' : 'a'].decided).toBe(false);
});

/** Last free block of that order in zone NORMAL. */
function lastFree(m: Machine, order: number): number {
  const node = m.links[2 * (m.sentinelBase + 11 + order) + 1];
  return node < m.nrPages ? node : -1;
}

test('a run that a fault ended is compared with one that went on', () => {
  const played = record(challenge, tape, tailFrom(0), 300);
  const { nrOps, memory, b } = compareRuns(
    challenge,
    SEED,
    { name: 'A', played: null },
    { name: 'B', played },
  );
  expect(nrOps.a).toBe(tape.nrOps);
  expect(nrOps.b).toBeLessThan(310);
  expect(memory).not.toBeNull();
  expect(b.outcome).toBe('lost');
});

test('maps at the times asked for, in their order', () => {
  const { maps } = compare(null, tailFrom(0), [2_000_000, 500_000]);
  expect(maps.map(({ when, timeUs }) => [when, timeUs]).slice(1, 3)).toEqual([
    ['time', 500_000],
    ['time', 2_000_000],
  ]);
  const [, half] = maps;
  expect(tape.timeUs[half.op - 1]).toBeLessThanOrEqual(500_000);
  expect(tape.timeUs[half.op]).toBeGreaterThan(500_000);
});

test('decisions of another run are refused', () => {
  const played = record(challenge, tape, tailFrom(0));
  played.run.decisions = played.run.decisions.slice(1);
  const compareThem = () =>
    compareRuns(challenge, SEED, { name: 'A', played: null }, { name: 'B, old.oomph', played });
  expect(compareThem).toThrow(RecordMismatch);
  expect(compareThem).toThrow(/^B, old\.oomph: /);
});

describe('the map', () => {
  const machine = boot(challenge.machine);
  setHooks(machine, null);
  const free = pageKinds(machine, new Uint8Array(0));
  const FREE = PAGE_KINDS.indexOf('free');

  test('of a machine that has just booted shows what is free', () => {
    let pages = 0;
    for (const kind of free) if (kind === FREE) pages++;
    expect(pages).toBe(machine.zone[0] + machine.zone[8] + machine.zone[16]);
  });

  test.each([
    [TAG_SLAB, 'slab'],
    [TAG_STACK, 'stack'],
    [TAG_PAGE_TABLE, 'page_table'],
    [TAG_VMALLOC, 'vmalloc'],
    [TAG_ANON, 'anonymous'],
    [TAG_PAGE_CACHE, 'page_cache'],
    [NIL, 'kernel'],
  ] as const)('tells what the engine took a block for: tag %i', (tag, kind) => {
    const other = boot(challenge.machine);
    const pfn = allocPages(other, GFP_KERNEL, 2, 0, 0);
    other.tag[pfn] = tag;
    const kinds = pageKinds(other, new Uint8Array(0));
    expect([kinds[pfn], kinds[pfn + 3]]).toEqual([PAGE_KINDS.indexOf(kind), PAGE_KINDS.indexOf(kind)]);
  });

  test('counts every page that differs and says what it is of', () => {
    const other = free.slice();
    other.fill(PAGE_KINDS.indexOf('user'), 4096, 4096 + 40);
    other[4300] = PAGE_KINDS.indexOf('pcp');
    const [dma, normal] = mapDifferences(machine, free, other);
    expect(dma.differing).toBe(0);
    expect(normal).toMatchObject({
      differing: 41,
      changes: [
        { a: 'free', b: 'user', pages: 40 },
        { a: 'free', b: 'pcp', pages: 1 },
      ],
    });
    const { pagesPerCell } = normal;
    expect(normal.b[0]).toBe(PAGE_KINDS.indexOf('user'));
    expect(normal.b[Math.floor((4300 - 4096) / pagesPerCell)]).toBe(PAGE_KINDS.indexOf('pcp'));
    expect(normal.b[normal.b.length - 1]).toBe(SAME);
    expect(normal.a.length).toBeLessThanOrEqual(256);
  });
});
