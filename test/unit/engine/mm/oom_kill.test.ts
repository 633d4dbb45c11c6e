import {
  badness,
  intSqrt,
  jiffiesOf,
  LOG_OOM_KILL,
  LOG_PANIC,
  LOG_PLACE_OOM,
  outOfMemory,
  P_CPU_US,
  P_KILLED,
  P_NICE,
  P_ROOT,
  P_START_US,
  P_STRIDE,
  P_TOTAL_VM,
  processKilled,
  STAT_OOM_KILLS,
  VC_NR_SWAP_PAGES,
  type Vm,
} from '../../../../src/engine/index.ts';
import { vmMachine } from './vmMachine.ts';

/** Seconds of simulated time since boot at which each of these failures killed somebody. */
function killsAt(vm: Vm, failures: number[]): number[] {
  const kills: number[] = [];
  for (const seconds of failures) {
    vm.pgdat.agenda.now[0] = Math.round(seconds * 1e6);
    const before = vm.killed.length;
    outOfMemory(vm);
    if (vm.killed.length !== before) kills.push(seconds);
  }
  return kills;
}

function every(step: number, from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.round((from + i * step) * 1000) / 1000);
}

function hungry(over = {}): Vm {
  const { vm } = vmMachine(16, { swapPages: 0 }, over);
  for (let p = 0; p < 4; p++) vm.process[p * P_STRIDE + P_TOTAL_VM] = 100 + p;
  return vm;
}

describe('out_of_memory()', () => {
  test('kills after ten failures in a row that last a second, and not again for five seconds', () => {
    const vm = hungry();
    // Six minutes after boot: the tick counter has wrapped, and `first` follows it.
    expect(jiffiesOf(vm.pgdat)).toBe(2 ** 32 - 300_000);
    // 360.0 resets; 360.2 .. 360.8 are too early; 361.0 is the first that counts, the tenth is 362.8.
    expect(killsAt(vm, every(0.2, 360, 15))).toEqual([362.8]);
    // That reset `first`: a second without counting, ten that count, but only five seconds after the kill.
    expect(killsAt(vm, every(0.2, 363, 40))).toEqual([367.8]);
  });

  test('begins anew when a failure comes more than five seconds after the last', () => {
    const vm = hungry();
    expect(killsAt(vm, [400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 414.5, 415, 416])).toEqual([]);
    // 414.5 begins anew, 415 is too early, 416 is the first that counts.
    expect(killsAt(vm, every(1, 417, 9))).toEqual([425]);
  });

  test('does not wait for the second before the tick counter of a 32-bit machine has wrapped', () => {
    const vm = hungry();
    expect(killsAt(vm, every(0.01, 1, 20))).toEqual([1.1]);
    const wide = hungry({ arch: 'x86_64' });
    expect(killsAt(wide, every(0.01, 1, 20))).toEqual([]);
    expect(killsAt(wide, every(0.2, 1.2, 20))).toEqual([3.8]);
  });

  test('does nothing while there is swap space', () => {
    const vm = hungry();
    vm.count[VC_NR_SWAP_PAGES] = 1;
    expect(killsAt(vm, every(0.2, 360, 60))).toEqual([]);
  });

  test('marks the process, prints and leaves its end to whoever runs it', () => {
    const vm = hungry();
    killsAt(vm, every(0.01, 1, 11));
    expect(vm.killed).toEqual([3]);
    expect(processKilled(vm, 3)).toBe(true);
    expect(processKilled(vm, 2)).toBe(false);
    expect(vm.pgdat.stat[STAT_OOM_KILLS]).toBe(1);
    const { printk } = vm.pgdat;
    expect([printk.kind[0], printk.args[0], printk.args[1]]).toEqual([LOG_OOM_KILL, 3, 103]);
  });

  test('panics when nobody is left to kill', () => {
    const vm = hungry();
    for (let p = 0; p < 4; p++) vm.process[p * P_STRIDE + P_KILLED] = 1;
    killsAt(vm, every(0.01, 1, 11));
    expect(vm.panicked).toBe(true);
    expect([vm.pgdat.printk.kind[0], vm.pgdat.printk.args[0]]).toEqual([LOG_PANIC, LOG_PLACE_OOM]);
  });
});

describe('badness()', () => {
  test.each([
    [0, 1],
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 2],
    [15, 3],
    [16, 3],
    [64, 6],
    [100, 9],
    [256, 12],
  ])("takes the kernel's rough root of %i", (x, root) => {
    expect(intSqrt(x)).toBe(root);
  });

  test('is the address space, less for time, more for nice, less for root', () => {
    const vm = hungry();
    vm.pgdat.agenda.now[0] = 1e6;
    const column = vm.process;
    column[P_TOTAL_VM] = 4800;
    expect(badness(vm, 0)).toBe(4800);
    column[P_NICE] = 1;
    expect(badness(vm, 0)).toBe(9600);
    column[P_NICE] = 0;
    column[P_ROOT] = 1;
    expect(badness(vm, 0)).toBe(300);
    column[P_ROOT] = 0;
    // 8192 ticks of CPU are one unit; 16 units have the rough root 3.
    column[P_CPU_US] = 16 * 8.192e6;
    expect(intSqrt(16)).toBe(3);
    expect(badness(vm, 0)).toBe(1600);
    column[P_CPU_US] = 0;
    // 2^20 ticks of life are one unit, of which the root is taken twice.
    vm.pgdat.agenda.now[0] = 256 * 1048.576e6;
    expect(badness(vm, 0)).toBe(Math.floor(4800 / intSqrt(intSqrt(256))));
    expect(intSqrt(intSqrt(256))).toBeGreaterThan(1);
    column[P_START_US] = vm.pgdat.agenda.now[0];
    expect(badness(vm, 0)).toBe(4800);
    column[P_KILLED] = 1;
    expect(badness(vm, 0)).toBe(0);
  });

  test('of equals, the one forked first is chosen', () => {
    const vm = hungry();
    for (let p = 0; p < 4; p++) {
      vm.process[p * P_STRIDE + P_TOTAL_VM] = 500;
      vm.process[p * P_STRIDE + P_START_US] = p === 2 ? 0 : 1000;
    }
    killsAt(vm, every(0.01, 1, 11));
    expect(vm.killed).toEqual([2]);
  });
});
