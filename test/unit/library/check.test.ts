import { boot, OomphError } from '../../../src/index.ts';

/** No call of the library's breaks an invariant, so one is reported here that does not hold. */
let broken = false;
jest.mock('../../../src/engine/index.ts', () => {
  const engine = jest.requireActual('../../../src/engine/index.ts');
  return {
    ...engine,
    checkMachine: (machine: unknown) => {
      if (broken) throw new engine.KernelBug('free-count', 'zone DMA counts 5 pages and has 4');
      engine.checkMachine(machine);
    },
  };
});

test('check() tells the first invariant that does not hold', () => {
  const machine = boot({ arch: 'i386', ram: '16MiB' });
  machine.check();
  broken = true;
  let said: unknown;
  try {
    machine.check();
  } catch (error) {
    said = error;
  }
  expect(said).toBeInstanceOf(OomphError);
  expect(said).toMatchObject({ code: 'kernel-bug', detail: 'free-count' });
});
