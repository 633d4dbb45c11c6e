import {
  anonMap,
  anonTouch,
  boot,
  fileRead,
  fileWrite,
  restore,
  runStorage,
  snapshot,
  stateHash,
  storageFault,
  storageHash,
  type VmConfig,
} from '../../../../src/engine/index.ts';
import { i386 } from '../machines.ts';
import { CONFIG, vmMachine } from './vmMachine.ts';
import { drive, runUntil } from './waiting.ts';

test.each<[string, Partial<VmConfig>]>([
  ['a disk needs a speed', { diskBytesPerSecond: 0 }],
  ['a disk cannot seek in less than no time', { diskSeekUs: -1 }],
  ['the queue of a disk holds at least one request', { diskRequests: 0 }],
  ['a swap area has 0 to 134217727 pages', { swapPages: 2 ** 27 }],
  ['page-cluster is 0 to 5', { pageCluster: 6 }],
  ['there are at most 65534 files', { filePages: new Array(65535).fill(1) }],
  ['a file has at least one page', { filePages: [3, 0] }],
  ['the files and the swap area are larger than the disk can be', { filePages: [2 ** 30, 2 ** 30] }],
])('%s', (reason, over) => {
  expect(storageFault({ ...CONFIG, ...over })).toBe(reason);
  expect(() => boot(i386(16, { vm: { ...CONFIG, ...over } }))).toThrow(reason);
});

test('what can be is not refused', () => {
  expect(storageFault(CONFIG)).toBe('');
  expect(storageFault({ ...CONFIG, filePages: [], swapPages: 0 })).toBe('');
});

test('a kind of the agenda that is not of these parts is left alone', () => {
  const { vm } = vmMachine(16);
  expect(runStorage(vm, 2, 0)).toBe(false);
  expect(runStorage(vm, 1, 0)).toBe(true);
});

test('a snapshot with requests, lists and page tables comes back whole', () => {
  const { m, vm } = vmMachine(16, { filePages: [500, 50] });
  anonTouch(vm, anonMap(vm, 0, 40), 0, 40, true, 0, 0);
  drive(m, () => fileRead(vm, 0, 0, 40, 0, 0, 0));
  fileWrite(vm, 1, 0, 20, 0, 0, 0);
  fileRead(vm, 0, 300, 1, 0, 0, 0);
  m.control.fill(0);
  const saved = snapshot(m);
  const hash = stateHash(m);
  const storage = storageHash(vm);
  runUntil(m, m.agenda.nowUs + 40_000_000);
  drive(m, () => fileRead(vm, 1, 0, 50, 0, 0, 0));
  anonTouch(vm, anonMap(vm, 1, 3000), 0, 60, true, 0, 0);
  expect(storageHash(vm)).not.toBe(storage);
  restore(m, saved);
  expect(storageHash(vm)).toBe(storage);
  expect(stateHash(m)).toBe(hash);
  // And into another machine that has done nothing yet.
  const other = vmMachine(16, { filePages: [500, 50] });
  restore(other.m, saved);
  expect(stateHash(other.m)).toBe(hash);
  runUntil(other.m, 40_000_000);
  runUntil(m, 40_000_000);
  expect(stateHash(other.m)).toBe(stateHash(m));
});
