import { CTX_HARDIRQ } from '../../../src/contract/tape.ts';
import {
  AS_LINUX,
  boot,
  HOOK_GFP,
  HOOK_PCP,
  HOOK_ZONELIST,
  type Hooks,
  NIL,
  REQ_CTX,
  REQ_EVENT,
  REQ_GFP,
  REQ_ORDER,
  REQ_REFILL,
  REQ_SITE,
  REQ_TASK,
  recordEvents,
  setHooks,
} from '../../../src/engine/index.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { TapePlayer } from '../../../src/workload/player.ts';
import { alloc, at, free, hold, plan, task } from './plans.ts';

/** What a policy finds in `request` at its last question. */
function seen(anonymous: boolean | undefined, mask = HOOK_ZONELIST, trace = false): number[] {
  const p = plan([task('first', at(1), [alloc()]), task('second', at(5), [hold(1), alloc(), free()])]);
  const m = boot(p.machine);
  if (trace) recordEvents(m, 16);
  let found: number[] = [];
  const linux = (): number => {
    found = [m.request[REQ_TASK], m.request[REQ_SITE], m.request[REQ_EVENT]];
    return AS_LINUX;
  };
  const hooks: Hooks = {
    mask,
    ...(anonymous === undefined ? {} : { anonymous }),
    zonelist: linux,
    watermark: linux,
    block: linux,
    placement: linux,
    pcp: linux,
    decide: linux,
    illegal: () => {},
  };
  setHooks(m, hooks);
  const tape = compileTape(p, 1);
  new TapePlayer(p, m, tape).playUntil(tape.nrOps);
  return found;
}

test('a policy is told who asks, and one that never looks is not', () => {
  const who = seen(undefined);
  expect(who[0]).toBe(1);
  expect(who[2]).toBeGreaterThan(0);
  expect(seen(false)).toEqual(who);
  expect(seen(true).slice(0, 2)).toEqual([NIL, NIL]);
});

test('where a page comes back it is told that nothing is asked for, and how the caller runs', () => {
  const p = plan([
    task('quiet', at(1), [alloc(), hold(8), free()]),
    task('irq', at(5), [alloc(), hold(1), free()], { context: 'hardirq' }),
  ]);
  const m = boot(p.machine);
  const found: number[][] = [];
  const linux = () => AS_LINUX;
  const back = (): number => {
    const { request } = m;
    if (request[REQ_REFILL] !== 1) found.push([request[REQ_GFP], request[REQ_ORDER], request[REQ_CTX]]);
    return AS_LINUX;
  };
  setHooks(m, {
    mask: HOOK_PCP,
    zonelist: linux,
    watermark: linux,
    block: linux,
    placement: linux,
    pcp: back,
    decide: linux,
    illegal: () => {},
  });
  const tape = compileTape(p, 1);
  new TapePlayer(p, m, tape).playUntil(tape.nrOps);
  expect(found).toEqual([
    [NIL, NIL, CTX_HARDIRQ],
    [NIL, NIL, 0],
  ]);
});

test('it is written down all the same for hooks beyond the page allocator, and for the record of events', () => {
  expect(seen(true, HOOK_ZONELIST | HOOK_GFP)).toEqual(seen(undefined));
  expect(seen(true, HOOK_ZONELIST, true)).toEqual(seen(undefined));
});
