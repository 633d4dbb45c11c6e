import {
  boot,
  checkMachine,
  dcacheCreate,
  KernelBug,
  kmemCacheCreate,
  type MachineConfig,
  prepareProcesses,
  restore,
  runDue,
  SLAB_RECLAIM_ACCOUNT,
  STAT_CONGESTION_WAITS,
  STAT_FILE_HITS,
  STAT_PGMAJFAULT,
  STAT_PGSTEAL,
  STAT_PSWPIN,
  STAT_PSWPOUT,
  snapshot,
  stateHash,
} from '../../src/engine/index.ts';
import { i386, numbers } from '../unit/engine/machines.ts';
import { VmTasks } from './vmTasks.ts';

/** Little memory, less swap, a short queue: everything that can wait does. */
function config(over: Partial<MachineConfig> = {}, swapPages = 600): MachineConfig {
  return i386(6, {
    slab: true,
    minFreeKbytes: 128,
    vm: {
      diskBytesPerSecond: 20_000_000,
      diskSeekUs: 4000,
      diskRequests: 16,
      swapPages,
      swappiness: 60,
      dirtyRatio: 40,
      dirtyBackgroundRatio: 10,
      dirtyWritebackCentisecs: 20,
      dirtyExpireCentisecs: 100,
      pageCluster: 3,
      filePages: [900, 400, 60],
    },
    ...over,
  });
}

function start(seed: number, nrTasks: number, over: MachineConfig): VmTasks {
  const m = boot(over);
  prepareProcesses(m, nrTasks);
  const cache = kmemCacheCreate(m.slab!, 'dentry_cache', 120, 0, SLAB_RECLAIM_ACCOUNT, 0);
  dcacheCreate(m.vm!, cache, 3000, 2);
  return new VmTasks(m, nrTasks, numbers(seed));
}

function run(play: VmTasks, steps: number, check: boolean): void {
  for (let i = 0; i < steps; i++) {
    try {
      play.step();
      if (check) checkMachine(play.m);
    } catch (error) {
      if (error instanceof KernelBug) error.message = `step ${i}: ${error.message}`;
      throw error;
    }
    if (play.vm.panicked) return;
  }
}

describe('processes, files and a disk on a machine that is too small', () => {
  test.each([1, 2])(
    'every check holds after every step, seed %i',
    seed => {
      const play = start(seed, 5, config());
      run(play, 2500, true);
      const { stat } = play.m;
      for (const code of [
        STAT_PGSTEAL,
        STAT_PSWPOUT,
        STAT_PSWPIN,
        STAT_PGMAJFAULT,
        STAT_CONGESTION_WAITS,
        STAT_FILE_HITS,
      ])
        expect(stat[code]).toBeGreaterThan(0);
    },
    60000,
  );

  test('without swap, and on an SMP build', () => {
    run(start(5, 4, config({}, 0)), 1200, true);
    run(start(6, 4, config({ smp: true, cpus: 2 })), 1200, true);
  }, 60000);

  test('a snapshot in the middle goes on as the machine did', () => {
    const m = start(7, 4, config());
    run(m, 1500, false);
    const saved = snapshot(m.m);
    const before = stateHash(m.m);
    expect(before).toBe(stateHash(m.m));
    // Only the engine's own work: what the tasks do next is not the machine's to remember.
    const ownWork = () => {
      for (let i = 0; i < 200; i++) {
        m.m.agenda.takeFirst();
        runDue(m.m, m.m.agenda.kind, m.m.agenda.arg);
      }
      return stateHash(m.m);
    };
    const after = ownWork();
    expect(after).not.toBe(before);
    restore(m.m, saved);
    expect(stateHash(m.m)).toBe(before);
    checkMachine(m.m);
    expect(ownWork()).toBe(after);
  }, 60000);
});
