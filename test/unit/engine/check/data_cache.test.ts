import {
  boot,
  checkDataCache,
  checkMachine,
  type DataCache,
  touchMemory,
} from '../../../../src/engine/index.ts';
import { i386 } from '../machines.ts';

function cache(): DataCache {
  const m = boot(i386(16, { cpus: 2, dataCache: { bytes: 4096, lineBytes: 32, ways: 4 } }));
  for (let i = 0; i < 3; i++) touchMemory(m, 0, i * 1024, 4, true);
  touchMemory(m, 1, 0, 4, false);
  checkMachine(m);
  return m.dataCache!;
}

test.each<[string, (d: DataCache) => void]>([
  ['a line in a set that is not its own', d => d.lines.set([1], 0)],
  ['the same line twice', d => d.lines.set([d.lines[0]], 1)],
  ['a line behind an empty way', d => d.lines.set([-1], 1)],
  ['an empty way that is owned', d => d.alone.set([1], 3)],
  ['a line of two CPUs that one has alone', d => d.alone.set([1], d.sets * d.ways)],
])('it sees %s', (_what, spoil) => {
  const d = cache();
  spoil(d);
  expect(() => checkDataCache(d)).toThrow();
});

test('the whole machine is checked with it', () => {
  const m = boot(i386(16, { dataCache: { bytes: 4096, lineBytes: 32, ways: 4 } }));
  touchMemory(m, 0, 0, 4, true);
  m.dataCache!.lines[1] = m.dataCache!.lines[0];
  expect(() => checkMachine(m)).toThrow('twice');
});
