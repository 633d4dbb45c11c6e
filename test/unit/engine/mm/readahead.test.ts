import {
  DK_CONGESTED,
  fileRead,
  handleRaMiss,
  maxReadahead,
  pageCacheReadahead,
  RA_AHEAD_SIZE,
  RA_AHEAD_START,
  RA_NEXT_SIZE,
  RA_OFF,
  RA_PREV_PAGE,
  RA_SIZE,
  RA_START,
  READ,
  type Vm,
} from '../../../../src/engine/index.ts';
import { vmMachine } from './vmMachine.ts';
import { drive } from './waiting.ts';

const state = (vm: Vm) =>
  [RA_START, RA_SIZE, RA_NEXT_SIZE, RA_PREV_PAGE, RA_AHEAD_START, RA_AHEAD_SIZE].map(
    field => vm.files.ra[field],
  );
const look = (vm: Vm, index: number) => pageCacheReadahead(vm, 0, index, 0, 0, 0);

describe('the windows of a file that is read in order', () => {
  test('half the largest, then two pages more for every page that is read in them', () => {
    const { vm } = vmMachine(16);
    expect(maxReadahead(vm)).toBe(32);
    look(vm, 0);
    // start, size, next_size, prev_page, ahead_start, ahead_size
    expect(state(vm)).toEqual([0, 16, 16, 0, 0, 0]);
    look(vm, 1);
    expect(state(vm)).toEqual([0, 16, 18, 1, 16, 18]);
    look(vm, 1);
    expect(state(vm)).toEqual([0, 16, 18, 1, 16, 18]);
    for (let index = 2; index < 16; index++) look(vm, index);
    expect(state(vm)).toEqual([0, 16, 32, 15, 16, 18]);
    look(vm, 16);
    expect(state(vm)).toEqual([16, 18, 32, 16, 0, 0]);
    look(vm, 17);
    expect(state(vm)).toEqual([16, 18, 32, 17, 34, 32]);
    expect(vm.files.nrpages[0]).toBe(16 + 18 + 32);
  });

  test('shrink by one where everything is cached already', () => {
    const { m, vm } = vmMachine(16);
    drive(m, () => fileRead(vm, 0, 0, 200, 0, 0, 0));
    vm.files.ra.fill(0);
    look(vm, 0);
    // The window of 16 read nothing, and before it there was none: readahead is off.
    expect(state(vm)).toEqual([0, 0, RA_OFF, 0, 0, 0]);
    vm.files.ra.set([0, 16, 20, 3, 0, 0]);
    look(vm, 4);
    expect(state(vm)).toEqual([0, 16, 19, 4, 16, 19]);
  });

  test('read nothing while the disk has too many requests for reading', () => {
    const { vm } = vmMachine(16);
    vm.disk.ctl[DK_CONGESTED + READ] = 1;
    look(vm, 0);
    expect(vm.files.nrpages[0]).toBe(0);
    expect(vm.files.ra[RA_NEXT_SIZE]).toBe(RA_OFF);
  });
});

describe('the windows of a file that is read here and there', () => {
  test('shrink by two pages a jump, until readahead is off', () => {
    const { vm } = vmMachine(16);
    look(vm, 0);
    for (let jump = 1; jump <= 7; jump++) {
      look(vm, 100 * jump);
      expect(vm.files.ra[RA_NEXT_SIZE]).toBe(16 - 2 * jump);
      expect(vm.files.ra[RA_START]).toBe(100 * jump);
    }
    look(vm, 900);
    expect(vm.files.ra[RA_NEXT_SIZE]).toBe(RA_OFF);
    const before = vm.files.nrpages[0];
    look(vm, 1000);
    expect(vm.files.nrpages[0]).toBe(before);
  });

  test('a first read in the middle of a file reads nothing ahead', () => {
    const { vm } = vmMachine(16);
    look(vm, 7);
    expect(state(vm)).toEqual([0, 0, RA_OFF, 7, 0, 0]);
  });

  test('a page that reclaim took costs three pages of the window, down to four', () => {
    const { vm } = vmMachine(16);
    const next = (size: number) => {
      vm.files.ra[RA_NEXT_SIZE] = size;
      handleRaMiss(vm, 0, 50);
      return vm.files.ra[RA_NEXT_SIZE];
    };
    expect(next(32)).toBe(29);
    expect(next(6)).toBe(4);
    expect(next(3)).toBe(4);
    // An unsigned 2 - 3 is the value that means off.
    expect(next(2)).toBe(RA_OFF);
  });

  test('32 misses in a row switch it on again', () => {
    const { vm } = vmMachine(16);
    vm.files.ra[RA_NEXT_SIZE] = RA_OFF;
    handleRaMiss(vm, 0, 99);
    for (let index = 100; index < 131; index++) handleRaMiss(vm, 0, index);
    expect(vm.files.ra[RA_NEXT_SIZE]).toBe(RA_OFF);
    handleRaMiss(vm, 0, 131);
    expect(state(vm)).toEqual([99, 32, 32, 131, 0, 0]);
    vm.files.ra[RA_NEXT_SIZE] = RA_OFF;
    handleRaMiss(vm, 0, 500);
    expect(vm.files.ra[RA_SIZE]).toBe(0);
  });
});
