import { checkMachine, MAX_NR_ZONES, ZONE_FREE, ZONE_STRIDE } from '../../../../src/engine/index.ts';
import { EventLog } from '../../../../src/harness/eventLog.ts';
import { kernelLog } from '../../../../src/harness/kernelLog.ts';
import { KernelSymbols } from '../../../../src/harness/kernelSymbols.ts';
import { measure } from '../../../../src/harness/metrics.ts';
import { Play } from '../../../../src/harness/play.ts';
import { eventLine } from '../../../../src/report/proc/events.ts';
import { VIEWS } from '../../../../src/report/proc/views.ts';
import { compileTape } from '../../../../src/workload/compile.ts';
import { CHECKED } from '../../harness/kernelMachine.ts';
import { at, constant, hold, plan, task } from '../../workload/plans.ts';
import { VM } from './vmConfig.ts';

/** 16 MiB with a process that wants nearly all of it, twice, and two that read and write a file meanwhile. */
const challenge = plan(
  [
    task(
      'hog',
      at(5),
      [
        { kind: 'mmap', as: 'area', pages: constant(3800) },
        { kind: 'touch_area', name: 'area', pages: constant(3800), at: { kind: 'sequential' }, write: true },
        hold(3_000_000),
        { kind: 'touch_area', name: 'area', pages: constant(800), at: { kind: 'sequential' }, write: true },
        hold(3_000_000),
        { kind: 'munmap', name: 'area' },
      ],
      { process: { fork: 'run', nice: 0, root: false } },
    ),
    task(
      'reader',
      at(1000, 2_000_000),
      [
        { kind: 'read', file: 0, pages: constant(500), at: { kind: 'sequential' } },
        { kind: 'write', file: 0, pages: constant(200), at: { kind: 'sequential' } },
      ],
      { process: { fork: 'run', nice: 0, root: false } },
    ),
  ],
  { machine: { ...CHECKED, ramPages: 4096, vm: { ...VM, filePages: [3000] } } },
);
challenge.workload.named = { caches: [], files: [{ name: 'log', pages: 3000 }], locks: [], functions: [] };

const play = new Play(challenge, compileTape(challenge, 1), null);
const symbols = new KernelSymbols(play.machine.arch, []);
const events: string[] = [];
const counters = new EventLog(play, event => {
  const line = eventLine(play.machine, ['hog', 'reader'], event, symbols);
  if (line !== '') events.push(line);
});
// Before the hog gives its memory back.
play.playUntil(play.nrOps - 3);
checkMachine(play.machine);

const view = (name: string): string => VIEWS[name].text(play.machine, counters, { tasks: [], functions: [] });
const says = (text: string, what: RegExp): number => Number(what.exec(text)?.[1]);

test('the views agree with each other', () => {
  const [info, stat, sysrq] = ['meminfo', 'vmstat', 'sysrq-m'].map(view);
  const kB = (name: string): number => says(info, new RegExp(`^${name}: +(\\d+) kB$`, 'm')) / 4;
  let free = 0;
  for (let z = 0; z < MAX_NR_ZONES; z++) free += play.machine.zone[z * ZONE_STRIDE + ZONE_FREE];
  expect(kB('MemFree')).toBe(free);
  expect(kB('Mapped')).toBe(says(stat, /^nr_mapped (\d+)$/m));
  expect(kB('Active')).toBe(says(sysrq, /^Active:(\d+) /m));
  expect(kB('Inactive')).toBe(says(sysrq, / inactive:(\d+) /));
  expect(kB('SwapCached')).toBe(says(sysrq, /^(\d+) pages swap cached$/m));
  expect(kB('SwapTotal') - kB('SwapFree')).toBe(measure(play.run, 'swap.used'));
  expect(kB('Committed_AS')).toBe(3800);
  // 3800 entries of 1024 a table.
  expect([4, 5]).toContain(kB('PageTables'));
  expect(kB('PageTables')).toBe(says(stat, /^nr_page_table_pages (\d+)$/m));
  expect(kB('Cached')).toBe(measure(play.run, 'page_cache.pages'));
  const [adds, deletes] = [/add (\d+)/, /delete (\d+)/].map(what => says(sysrq, what));
  expect(adds - deletes).toBe(kB('SwapCached'));
  expect(says(stat, /^pswpout (\d+)$/m)).toBeGreaterThan(500);
  expect(measure(play.run, 'reclaim.stolen')).toBe(says(stat, /^pgsteal (\d+)$/m));
});

test('pages handed out and given back are those that the lists lack', () => {
  const [free, held] = [measure(play.run, 'zone.free'), measure(play.run, 'pcp.held')];
  expect(counters.pgfree - counters.pgalloc).toBe(free + held);
});

test('reclaim has its lines, in the name of who reclaims', () => {
  const named = (what: string): string[] => events.filter(line => line.includes(` ${what}: `));
  const turns = named('mm_vmscan_kswapd_wake');
  expect(turns.length).toBeGreaterThan(0);
  expect(named('mm_vmscan_kswapd_sleep')).toHaveLength(turns.length);
  for (const line of turns) expect(line).toMatch(/^ +kswapd0-0 +\[000\] \.\.\.\. /);
  const begins = named('mm_vmscan_direct_reclaim_begin');
  expect(begins).toHaveLength(measure(play.run, 'reclaim.direct'));
  for (const line of begins) expect(line).toMatch(/^ +(hog|reader)-[1-9]/);
  expect(named('mm_filemap_add_to_page_cache')[0]).toMatch(
    / reader-[1-9] .*: dev 0:0 ino 1 page=[0-9a-f]{8} pfn=\d+ ofs=0$/m,
  );
});

test('an area that is refused prints nothing: no page was asked for', () => {
  const greedy = plan(
    [
      task('greedy', at(5), [{ kind: 'mmap', as: 'area', pages: constant(50_000) }], {
        process: { fork: 'run', nice: 0, root: false },
      }),
    ],
    { machine: challenge.machine },
  );
  greedy.workload.named = challenge.workload.named!;
  const alone = new Play(greedy, compileTape(greedy, 1), null);
  alone.playUntil(alone.nrOps);
  expect(kernelLog(greedy, alone.player)).toEqual([]);
  expect(alone.verdict(1, '').failures).toEqual([]);
});
