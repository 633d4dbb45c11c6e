import { AS_LINUX, FAULT, HOOK_PCP, HOOK_ZONELIST } from '../../../src/engine/index.ts';
import { recordingHooks, replayHooks } from '../../../src/harness/decisions.ts';

describe('replayed decisions', () => {
  test('come in call order, whichever hook asks', () => {
    const hooks = replayHooks(HOOK_ZONELIST | HOOK_PCP, Int32Array.of(1, 7, 2));
    expect([hooks.mask, hooks.zonelist(), hooks.pcp(), hooks.left, hooks.zonelist()]).toEqual([
      17, 1, 7, 1, 2,
    ]);
    expect([hooks.exhausted, hooks.left]).toEqual([false, 0]);
  });

  test('one asked for too many is answered as Linux would, and told', () => {
    const hooks = replayHooks(HOOK_ZONELIST, Int32Array.of(1));
    hooks.zonelist();
    expect(hooks.exhausted).toBe(false);
    expect(hooks.zonelist()).toBe(AS_LINUX);
    expect(hooks.exhausted).toBe(true);
  });

  test('faults are counted: answers that are none, and those that the engine found illegal', () => {
    const hooks = replayHooks(HOOK_ZONELIST, Int32Array.of(1, FAULT, 9));
    for (let i = 0; i < 3; i++) hooks.zonelist();
    hooks.illegal('zonelist', 9, 'rule');
    expect(hooks.nrFaults).toBe(2);
  });

  test('can be taken back to an earlier position', () => {
    const hooks = replayHooks(HOOK_ZONELIST, Int32Array.of(4, 5, 6));
    hooks.zonelist();
    hooks.zonelist();
    hooks.position = 1;
    expect([hooks.zonelist(), hooks.left]).toEqual([5, 1]);
  });
});

describe('recorded decisions', () => {
  test('are passed on and kept; hooks that the policy leaves out are no decisions', () => {
    let n = 0;
    const hooks = recordingHooks({ zonelist: () => ++n, pcp: () => -1 }, fail, fail);
    expect([hooks.mask, hooks.zonelist(), hooks.pcp(), hooks.zonelist()]).toEqual([17, 1, -1, 2]);
    expect([...hooks.take()]).toEqual([1, -1, 2]);
    expect([...hooks.take()]).toEqual([]);
  });

  test('faults are told, both kinds', () => {
    const told: unknown[] = [];
    const hooks = recordingHooks({ zonelist: () => FAULT }, (...fault) => told.push(fault), fail);
    hooks.zonelist();
    hooks.illegal('zonelist', 5, 'must not');
    expect(told).toEqual([
      ['zonelist', FAULT, ''],
      ['zonelist', 5, 'must not'],
    ]);
  });

  test('when there is no room, somebody else takes them', () => {
    const taken: number[][] = [];
    let n = 0;
    const hooks = recordingHooks({ block: () => ++n }, fail, () => taken.push([...hooks.take()]), false, 2);
    for (let i = 0; i < 5; i++) hooks.block();
    expect([...taken, [...hooks.take()]]).toEqual([[1, 2], [3, 4], [5]]);
  });

  function fail(): void {
    throw new Error('not expected');
  }
});
