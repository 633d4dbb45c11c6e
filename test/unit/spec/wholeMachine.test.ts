import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChallengePlan, StepPlan } from '../../../src/contract/plan.ts';
import { OP_LOOKUP } from '../../../src/contract/tape.ts';
import { parseChallenge } from '../../../src/spec/challenge.ts';
import { estimateOps } from '../../../src/spec/estimate.ts';
import { pagesOfOffset, pagesOfSize } from '../../../src/spec/sizes.ts';
import { compileTape } from '../../../src/workload/compile.ts';

const valid = readFileSync(join(__dirname, '../../fixtures/malformed/valid-machine.yaml'), 'utf8');

function read(text: string): { plan: ChallengePlan | null; codes: string[] } {
  const { plan, diagnostics } = parseChallenge(new TextEncoder().encode(text), 'x.yaml');
  return { plan, codes: diagnostics.map(d => d.code) };
}

function planOf(text: string): ChallengePlan {
  const { plan, codes } = read(text);
  expect(codes).toEqual([]);
  return plan!;
}

/** A challenge of one task on one machine. */
function small(machine: string, steps: string, more = ''): string {
  return `challenge: 1
id: machine/small
title: Small
machine: {${machine}}
workload:
  length: 10s
${more}  tasks:
    - name: a
      arrive: {every: 1s}
      run: [${steps}]
goal: [{metric: page_alloc.failures, at_most: 0}]
`;
}

const codesOf = (machine: string, steps: string, more = ''): string[] =>
  read(small(machine, steps, more)).codes;
const runOf = (machine: string, steps: string, more = ''): StepPlan[] =>
  planOf(small(machine, steps, more)).workload.tasks[0].run;

const I386 = 'arch: i386, ram: 64MiB';
const SLAB = `${I386}, slab: true`;
const STACK = `${I386}, stack: 8KiB`;
const DISK = `${I386}, disk: {speed: 30MB/s}`;

describe('the machine', () => {
  const machineOf = (text: string): ChallengePlan['machine'] =>
    planOf(small(text, '{alloc_page: {as: p, gfp: [GFP_KERNEL, __GFP_NORETRY]}}')).machine;

  test('everything at once', () => {
    expect(planOf(valid).machine).toMatchObject({
      slab: true,
      stacks: { threadBytes: 4096, irqStacks: true },
      vm: {
        diskBytesPerSecond: 30_000_000,
        diskSeekUs: 8000,
        diskRequests: 128,
        swapPages: 32768,
        swappiness: 60,
        dirtyRatio: 40,
        dirtyBackgroundRatio: 10,
        dirtyWritebackCentisecs: 500,
        dirtyExpireCentisecs: 3000,
        pageCluster: 3,
        filePages: [51200],
      },
      dataCache: { bytes: 16384, lineBytes: 32, ways: 4 },
      debug: { slab: true, spinlockSleep: true, stackOverflow: true },
    });
  });

  test('what is left out leaves no trace', () => {
    expect(Object.keys(machineOf(I386)).sort()).toEqual([
      'arch',
      'boot',
      'bootmapPfn',
      'cpus',
      'lowerZoneProtection',
      'minFreeKbytes',
      'ramPages',
      'reserve',
    ]);
    expect(machineOf(STACK)).toMatchObject({ slab: true, stacks: { threadBytes: 8192, irqStacks: false } });
    expect(machineOf(STACK).vm).toBeUndefined();
    expect(machineOf(DISK)).toMatchObject({
      slab: true,
      vm: { diskSeekUs: 8000, swapPages: 0, filePages: [] },
    });
    expect(machineOf(`${I386}, data_cache: {size: 8KiB}`)).toMatchObject({
      dataCache: { bytes: 8192, lineBytes: 32, ways: 4 },
    });
    expect(machineOf(`${I386}, data_cache: {size: 8KiB}`).slab).toBeUndefined();
  });

  test('defaults that the architecture and the RAM decide', () => {
    expect(machineOf('arch: x86_64, ram: 64MiB, stack: 8KiB').stacks?.irqStacks).toBe(true);
    expect(machineOf('arch: alpha, ram: 64MiB, stack: 16KiB').stacks?.threadBytes).toBe(16384);
    expect(machineOf('arch: i386, ram: 12MiB, disk: {speed: 1MiB/s}').vm?.pageCluster).toBe(2);
    expect(
      machineOf('arch: i386, ram: 12MiB, disk: {speed: 1MiB/s}, sysctl: {vm.page-cluster: 0}').vm
        ?.pageCluster,
    ).toBe(0);
    expect(machineOf('arch: alpha, ram: 64MiB, disk: {speed: 1MiB/s}, swap: 64MiB').vm?.swapPages).toBe(8192);
  });

  test.each([
    ['stack: 8MB', 'E-UNIT-UNKNOWN'],
    ['stack: 12KiB', 'E-STACK-SIZE'],
    ['disk: {speed: 30}', 'E-RATE'],
    ['disk: {speed: 30Mbit/s}', 'E-UNIT-UNKNOWN'],
    ['disk: {speed: fast}', 'E-RATE'],
    ['disk: {seek: 8ms}', 'E-KEY-MISSING'],
    ['disk: {speed: 30MB/s, requests: 2}', 'E-RANGE'],
    ['disk: {speed: 30MB/s}, swap: 65GiB', 'E-RANGE'],
    ['data_cache: {size: 8KiB, ways: 3}', 'E-DATA-CACHE'],
    ['data_cache: {size: 8KiB, line: 24B}', 'E-DATA-CACHE'],
    ['data_cache: {line: 32B}', 'E-KEY-MISSING'],
    ['debug: []', 'E-EMPTY'],
    ['stack: 8KiB, sysctl: {vm.swappiness: 10}', 'E-MACHINE-LACKS'],
    ['slab: false, disk: {speed: 30MB/s}', 'E-KEY-CONFLICT'],
  ])('%s: %s', (text, code) => {
    expect(codesOf(`${I386}, ${text}`, '{alloc_page: {as: p, gfp: [GFP_ATOMIC]}}')).toEqual([code]);
  });

  test('4 KiB stacks are of the PC', () => {
    expect(codesOf('arch: arm, ram: 64MiB, stack: 4KiB', '{hold: 1s}')).toEqual(['E-STACK-SIZE']);
    expect(
      codesOf('arch: i386-pae, ram: 64MiB, stack: 4KiB', '{alloc_page: {as: p, gfp: [GFP_ATOMIC]}}'),
    ).toEqual([]);
  });
});

describe('steps', () => {
  test('functions have numbers in the order in which the file names them, callers first', () => {
    const inner = '{call: {function: submit, frame: 8B}}';
    const steps = `{call: {function: write, frame: 8B, run: [{call: {function: map, frame: 8B, run: [${inner}]}}]}}`;
    expect(planOf(small(STACK, `${steps}, ${inner}`)).workload.named?.functions).toEqual([
      'write',
      'map',
      'submit',
    ]);
  });

  test('the plan of every kind', () => {
    const { tasks, named } = planOf(valid).workload;
    expect(named).toEqual({
      caches: [
        { name: 'conn', size: 320, offset: 32, flags: 0x2000, constructor: true, entries: 0, seeks: 0 },
        { name: 'names', size: 128, offset: 0, flags: 0, constructor: false, entries: 5000, seeks: 2 },
      ],
      files: [{ name: 'db', pages: 51200 }],
      locks: ['q'],
      functions: ['sys_read'],
    });
    expect(tasks.map(t => t.process ?? t.interrupt)).toEqual([
      { fork: 'run', nice: 5, root: true },
      { irq: 11, noNesting: true },
      undefined,
    ]);
    const one = (value: number) => ({ kind: 'constant', value });
    const skip = { kind: 'skip' };
    expect(tasks[0].run).toEqual([
      {
        kind: 'call',
        function: 0,
        frameBytes: one(220),
        run: [
          {
            kind: 'read',
            file: 0,
            pages: one(4),
            at: { kind: 'drawn', page: { kind: 'uniform', low: 0, high: 25600 } },
          },
          {
            kind: 'kmalloc',
            as: 'buf',
            bytes: { kind: 'uniform', low: 32, high: 2048 },
            gfp: 0xd0,
            onFail: { kind: 'abandon' },
            line: 34,
            column: 17,
          },
          { kind: 'touch_object', name: 'buf', offset: one(8), bytes: one(16), write: true },
          { kind: 'kfree', name: 'buf' },
        ],
      },
      { kind: 'mmap', as: 'heap', pages: one(2048) },
      { kind: 'touch_area', name: 'heap', pages: one(16), at: { kind: 'sequential' }, write: true },
      { kind: 'hold', us: one(20_000) },
      { kind: 'munmap', name: 'heap' },
      { kind: 'write', file: 0, pages: one(2), at: { kind: 'sequential' } },
      { kind: 'fsync', file: 0 },
      { kind: 'lookup', cache: 1, entry: { kind: 'uniform', low: 0, high: 4999 } },
    ]);
    expect(tasks[1].run).toEqual([
      { kind: 'cache_alloc', as: 'c', cache: 0, gfp: 0x20, onFail: skip, line: 51, column: 11 },
      { kind: 'work', us: one(30) },
      { kind: 'spin_lock', lock: 0, run: [{ kind: 'work', us: { kind: 'exponential', mean: 5 } }] },
      { kind: 'cache_free', name: 'c', cache: 0 },
    ]);
    expect(tasks[2].run.slice(1)).toEqual([
      { kind: 'kmap', name: 'page', page: 1 },
      { kind: 'kmap_atomic', name: 'page', page: 0, type: 3 },
      { kind: 'local_irq_disable', run: [{ kind: 'work', us: one(2) }] },
      { kind: 'kunmap_atomic', name: 'page', page: 0, type: 3 },
      { kind: 'kunmap', name: 'page', page: 1 },
      { kind: 'vmalloc', as: 'table', pages: one(16), onFail: skip, line: 64, column: 11 },
      { kind: 'vfree', name: 'table' },
      { kind: 'free', call: '__free_pages', name: 'page', cold: false, wrongOrder: 3 },
      { kind: 'free', call: '__free_pages', name: 'page', cold: false, again: true },
      { kind: 'cache_shrink', cache: 0 },
    ]);
  });

  test('a workload of pages names nothing, and its tasks have no kernel side', () => {
    const { workload, costs } = planOf(
      small(I386, '{alloc_page: {as: p, gfp: [GFP_ATOMIC]}}'),
    ) as ChallengePlan;
    expect(['named' in workload, 'process' in workload.tasks[0], costs]).toEqual([false, false, undefined]);
  });

  test('a touch of an object is of all of it, or of a word at an offset', () => {
    const cached = `${SLAB}, data_cache: {size: 8KiB}`;
    const touch = (what: string): StepPlan =>
      runOf(
        cached,
        `{kmalloc: {as: k, size: {uniform: [40B, 80B]}, gfp: [GFP_ATOMIC]}}, {touch: ${what}}`,
      )[1];
    expect(touch('{object: k}')).toMatchObject({ bytes: { value: 40 }, offset: { value: 0 }, write: false });
    expect(touch('{object: k, offset: 8B}')).toMatchObject({ bytes: { value: 4 }, offset: { value: 8 } });
  });

  test.each([
    [
      'kmem_cache_alloc',
      SLAB,
      '{kmem_cache_alloc: {as: o, cache: none, gfp: [GFP_KERNEL]}}',
      ['E-CACHE-UNKNOWN'],
    ],
    ['a size of 0', SLAB, '{kmalloc: {as: k, size: 0B, gfp: [GFP_KERNEL]}}', ['E-KMALLOC-SIZE']],
    [
      'a name for two kinds',
      SLAB,
      '{kmalloc: {as: k, size: 1B, gfp: [GFP_KERNEL]}}, {vmalloc: {as: k, size: 1B}}',
      ['E-BLOCK-LIVE'],
    ],
    ['freed by the wrong step', SLAB, '{vmalloc: {as: v, size: 1B}}, {kfree: v}', ['E-BLOCK-KIND']],
    ['freed twice', SLAB, '{vmalloc: {as: v, size: 1B}}, {vfree: v}, {vfree: v}', ['E-BLOCK-FREED']],
    [
      'freed twice, and meant',
      SLAB,
      '{vmalloc: {as: v, size: 1B}}, {vfree: v}, {vfree: {area: v, again: true}}',
      [],
    ],
    [
      'an area used after its end',
      DISK,
      '{mmap: {as: h, size: 1MiB}}, {munmap: h}, {touch: {area: h}}',
      ['E-BLOCK-FREED'],
    ],
    [
      'a block inside a call is known behind it',
      STACK,
      '{call: {function: f, frame: 8B, run: [{alloc_page: {as: p, gfp: [GFP_ATOMIC]}}]}}, {free_page: p}',
      [],
    ],
    [
      'a block is freed under a lock',
      STACK,
      '{alloc_page: {as: p, gfp: [GFP_ATOMIC]}}, {spin_lock: {lock: q, run: [{free_page: p}]}}',
      [],
    ],
    [
      'one of many objects is touched behind the repeat',
      `${SLAB}, debug: [slab]`,
      '{repeat: {times: 3, run: [{kmalloc: {as: k, size: 8B, gfp: [GFP_KERNEL]}}]}}, {touch: {object: k}}, {kfree: k}',
      [],
    ],
    [
      'an outer object is touched in a repeat',
      `${SLAB}, debug: [slab]`,
      '{kmalloc: {as: k, size: 8B, gfp: [GFP_KERNEL]}}, {repeat: {times: 3, run: [{touch: {object: k}}]}}, {kfree: k}',
      [],
    ],
    [
      'an outer object is freed in a repeat',
      SLAB,
      '{kmalloc: {as: k, size: 8B, gfp: [GFP_KERNEL]}}, {repeat: {times: 3, run: [{kfree: k}]}}',
      ['E-BLOCK-SCOPE'],
    ],
    ['a frame may be larger than the stack', STACK, '{call: {function: f, frame: 12KiB}}', []],
    ['a frame of no size', STACK, '{call: {function: f, frame: 2B}}', ['E-FRAME-SIZE']],
    ['a function with a space', STACK, '{call: {function: a b, frame: 8B}}', ['E-FORMAT']],
    ['a process that only waits has a stack', STACK, '{hold: 1s}', []],
    ['on a machine without stacks it does nothing', SLAB, '{hold: 1s}', ['E-TASK-IDLE']],
    ['a hold inside a call', STACK, '{call: {function: f, frame: 8B, run: [{hold: 1s}]}}', []],
    ['a hold under a lock', STACK, '{spin_lock: {lock: q, run: [{hold: 1s}]}}', ['W-SCHEDULE-ATOMIC']],
    [
      'a wait with interrupts disabled',
      STACK,
      '{local_irq_disable: [{alloc_page: {as: p, gfp: [GFP_KERNEL]}}]}',
      ['W-GFP-SLEEP'],
    ],
    [
      'no wait with interrupts disabled',
      STACK,
      '{local_irq_disable: [{alloc_page: {as: p, gfp: [GFP_ATOMIC]}}]}',
      [],
    ],
    ['an empty lock', STACK, '{spin_lock: {lock: q, run: []}}', ['E-EMPTY']],
    ['a lock without a name', STACK, '{spin_lock: {run: [{work: 1us}]}}', ['E-KEY-MISSING']],
    [
      'a map behind its block',
      I386,
      '{alloc_page: {as: p, gfp: [GFP_HIGHUSER, __GFP_NORETRY]}}, {kmap: p}, {free_page: p}, {kunmap: p}',
      ['W-FREE-MAPPED'],
    ],
    [
      'a hold while a page is mapped',
      I386,
      '{alloc_page: {as: p, gfp: [GFP_HIGHUSER, __GFP_NORETRY]}}, {kmap_atomic: {block: p, type: KM_USER0}}, {hold: 1s}, {kunmap_atomic: {block: p, type: KM_USER0}}',
      ['W-SCHEDULE-ATOMIC'],
    ],
    [
      'an unmap of nothing',
      I386,
      '{alloc_page: {as: p, gfp: [GFP_HIGHUSER, __GFP_NORETRY]}}, {kunmap_atomic: {block: p, type: KM_USER0}}',
      ['E-MAP-PAGE'],
    ],
    ['files without a list of files', DISK, '{fsync: db}', ['E-DATA-FILE-UNKNOWN']],
  ])('%s', (_, machine, steps, codes) => {
    expect(codesOf(machine, steps)).toEqual(codes);
  });

  test.each([
    ['a position behind the end', '{read: {file: db, size: 4KiB, at: 1MiB}}', ['E-DATA-FILE-RANGE']],
    ['the last byte', '{read: {file: db, size: 4KiB, at: 1048575B}}', []],
    ['more than the file', '{write: {file: db, size: 2MiB}}', ['E-DATA-FILE-RANGE']],
    ['nothing', '{write: {file: db, size: 0B}}', ['E-DATA-FILE-RANGE']],
    ['a position in words', '{read: {file: db, size: 4KiB, at: random}}', ['E-QUANTITY']],
    ['an exponential position', '{read: {file: db, size: 4KiB, at: {exponential: 4KiB}}}', ['E-KEY-UNKNOWN']],
  ])('files: %s', (_, step, codes) => {
    expect(codesOf(DISK, step, '  files: [{name: db, size: 1MiB}]\n')).toEqual(codes);
  });

  test.each([
    ['{name: c, size: 2B}', ['E-CACHE']],
    ['{name: size-64, size: 64B}', ['E-CACHE-DUPLICATE']],
    ['{name: c, size: 64B, entries: 5}', ['E-MACHINE-LACKS']],
    ['{name: a b, size: 64B}', ['E-FORMAT']],
    ['{name: c, size: 64B, constructor: yes}', ['E-TYPE']],
    ['{name: c, size: 64B}', []],
  ])('caches: %s', (cache, codes) => {
    expect(codesOf(SLAB, '{alloc_page: {as: p, gfp: [GFP_ATOMIC]}}', `  caches: [${cache}]\n`)).toEqual(
      codes,
    );
  });

  test('vmalloc takes what the window has to its last page, and no page more', () => {
    const sized = (kib: number): string[] =>
      codesOf('arch: i386, ram: 2GiB, slab: true', `{vmalloc: {as: v, size: ${kib}KiB}}`);
    expect([sized(114676), sized(114677)]).toEqual([[], ['E-VMALLOC-SIZE']]);
    expect(codesOf(SLAB, '{vmalloc: {as: v, size: 65MiB}}')).toEqual(['E-VMALLOC-SIZE']);
  });
});

describe('sizes as pages', () => {
  test('a range weighs each number of pages by the bytes that come to it', () => {
    expect(pagesOfSize({ kind: 'uniform', low: 1, high: 9000 }, 4096)).toEqual({
      kind: 'choice',
      values: [1, 2, 3],
      cumulative: [4096, 8192, 9000],
    });
    expect(pagesOfSize({ kind: 'uniform', low: 1, high: 8192 }, 4096)).toEqual({
      kind: 'uniform',
      low: 1,
      high: 2,
    });
    expect(pagesOfSize({ kind: 'uniform', low: 1, high: 4096 }, 4096)).toEqual({
      kind: 'constant',
      value: 1,
    });
    expect(pagesOfSize({ kind: 'choice', values: [1, 4096, 4097], cumulative: [2, 5, 6] }, 4096)).toEqual({
      kind: 'choice',
      values: [1, 2],
      cumulative: [5, 6],
    });
    expect(pagesOfSize({ kind: 'exponential', mean: 10 }, 4096)).toEqual({ kind: 'exponential', mean: 1 });
  });

  test('a position lies in the page that holds its byte', () => {
    expect(pagesOfOffset({ kind: 'constant', value: 4095 }, 4096)).toEqual({ kind: 'constant', value: 0 });
    expect(pagesOfOffset({ kind: 'uniform', low: 0, high: 8191 }, 4096)).toEqual({
      kind: 'uniform',
      low: 0,
      high: 1,
    });
    expect(pagesOfOffset({ kind: 'uniform', low: 4000, high: 8191 }, 4096)).toEqual({
      kind: 'choice',
      values: [0, 1],
      cumulative: [96, 4192],
    });
    expect(pagesOfOffset({ kind: 'uniform', low: 0, high: 2 ** 30 }, 4096)).toEqual({
      kind: 'uniform',
      low: 0,
      high: 2 ** 18,
    });
  });
});

describe('the length of the tape', () => {
  const bodies: [string, string, string][] = [
    ['everything', valid, ''],
    ['sleepers', small(STACK, '{hold: 100ms}, {alloc_page: {as: p, gfp: [GFP_ATOMIC]}}, {hold: 1s}'), ''],
    [
      'calls',
      small(
        STACK,
        '{call: {function: f, frame: 8B, run: [{work: 5us}, {spin_lock: {lock: q, run: [{work: 1us}]}}]}}',
      ),
      '',
    ],
    ['processes', small(STACK, '{hold: 2s}').replace('arrive:', 'fork: run\n      arrive:'), ''],
    [
      'interrupts',
      small(STACK, '{work: 5us}, {hold: 1s}, {work: 5us}').replace(
        'arrive:',
        'context: softirq\n      arrive:',
      ),
      '',
    ],
    [
      'many objects',
      small(
        SLAB,
        '{repeat: {times: 20, run: [{kmalloc: {as: k, size: 8B, gfp: [GFP_ATOMIC], on_fail: {retry: {every: 10ms, times: 3}}}}, {hold: 5ms}]}}, {hold: 1s}, {kfree: k}',
      ),
      '',
    ],
  ];
  test.each(bodies)('is estimated within a tenth: %s', (_, text) => {
    const { plan } = read(text);
    const { workload, machine } = plan!;
    const whole = machine.stacks !== undefined || machine.vm !== undefined;
    const estimate = workload.tasks.reduce((sum, t) => sum + estimateOps(t, workload.lengthUs, whole), 0);
    let real = 0;
    for (let seed = 1; seed <= 3; seed++) real += compileTape(plan!, seed).nrOps / 3;
    expect(estimate / real).toBeGreaterThan(0.9);
    expect(estimate / real).toBeLessThan(1.1);
  });
});

test('costs', () => {
  expect(planOf(valid).costs).toEqual({ split: 40 });
  expect(read(valid.replace('{split: 40}', '{}')).codes).toEqual(['E-EMPTY']);
  expect(read(valid.replace('{split: 40}', '{split: -1}')).codes).toEqual(['E-QUANTITY-NEGATIVE']);
});

describe('what a policy may decide', () => {
  test('buffers, mappings and local buffers are read', () => {
    const gfp = 'gfp: [GFP_KERNEL]';
    const steps = `{buffer: {as: b, size: {uniform: [4KiB, 1MiB]}, ${gfp}, on_fail: abandon}}, {alloc_page: {as: p, gfp: [GFP_KERNEL, __GFP_NORETRY]}}, {map_page: p}, {unmap_page: {block: p, page: 0}}, {free_pages: p}, {free_buffer: b}, {call: {function: f, frame: 100B, buffer: 512B}}`;
    const run = runOf(STACK, steps);
    expect(run).toMatchObject([
      {
        kind: 'buffer',
        as: 'b',
        bytes: { kind: 'uniform', low: 4096, high: 1 << 20 },
        onFail: { kind: 'abandon' },
      },
      { kind: 'alloc' },
      { kind: 'map_page', name: 'p', page: 0 },
      { kind: 'unmap_page', name: 'p', page: 0 },
      { kind: 'free' },
      { kind: 'free_buffer', name: 'b' },
      { kind: 'call', frameBytes: { value: 100 }, bufferBytes: { value: 512 }, run: [] },
    ]);
  });

  test('the estimate is what the tape has', () => {
    const steps =
      '{repeat: {times: 5, run: [{buffer: {as: b, size: 9KiB, gfp: [GFP_KERNEL]}}]}}, {alloc_page: {as: p, gfp: [GFP_KERNEL, __GFP_NORETRY]}}, {map_page: p}, {unmap_page: p}, {free_pages: p}, {free_buffer: b}, {call: {function: f, frame: 100B, buffer: 512B}}';
    const plan = planOf(small(STACK, steps));
    expect(compileTape(plan, 1).nrOps).toBe(
      estimateOps(plan.workload.tasks[0], plan.workload.lengthUs, true),
    );
  });

  test.each([
    ['a buffer without slab', I386, '{buffer: {as: b, size: 1KiB, gfp: [GFP_KERNEL]}}', ['E-MACHINE-LACKS']],
    [
      'a buffer in high memory',
      SLAB,
      '{buffer: {as: b, size: 1KiB, gfp: [GFP_HIGHUSER]}}',
      ['E-GFP-ADDRESS'],
    ],
    ['no size', SLAB, '{buffer: {as: b, size: 0B, gfp: [GFP_KERNEL]}}', ['E-VMALLOC-SIZE']],
    [
      'kfree of a buffer',
      SLAB,
      '{buffer: {as: b, size: 1B, gfp: [GFP_KERNEL]}}, {kfree: b}',
      ['E-BLOCK-KIND'],
    ],
    ['a local buffer of no size', STACK, '{call: {function: f, frame: 9B, buffer: 0B}}', ['E-FRAME-SIZE']],
    [
      'kunmap of a mapped page',
      I386,
      '{alloc_page: {as: p, gfp: [GFP_KERNEL, __GFP_NORETRY]}}, {map_page: p}, {kunmap: p}, {unmap_page: p}',
      ['E-MAP-PAGE'],
    ],
    [
      'a page mapped twice',
      I386,
      '{alloc_page: {as: p, gfp: [GFP_KERNEL, __GFP_NORETRY]}}, {map_page: p}, {map_page: p}, {unmap_page: p}',
      ['E-BLOCK-LIVE'],
    ],
    [
      'unmapping what is not mapped',
      I386,
      '{alloc_page: {as: p, gfp: [GFP_KERNEL, __GFP_NORETRY]}}, {unmap_page: p}',
      ['E-MAP-PAGE'],
    ],
  ])('%s', (_, machine, steps, codes) => {
    expect(codesOf(machine, steps)).toEqual(codes);
  });

  test('an entry may be drawn without a largest one, and stays within the cache', () => {
    const text = small(
      DISK,
      '{repeat: {times: 50, run: [{lookup: {cache: c, entry: {exponential: 20}}}]}}',
      '  caches: [{name: c, size: 64B, entries: 30}]\n',
    );
    const plan = planOf(text);
    expect(plan.workload.tasks[0].run).toMatchObject([
      { run: [{ kind: 'lookup', entry: { kind: 'exponential', mean: 20 } }] },
    ]);
    const { op, a, nrOps } = compileTape(plan, 1);
    const entries = Array.from({ length: nrOps }, (_, i) => i)
      .filter(i => op[i] === OP_LOOKUP)
      .map(i => a[i]);
    expect(entries.length).toBeGreaterThan(100);
    expect(Math.max(...entries)).toBe(29);
  });
});
