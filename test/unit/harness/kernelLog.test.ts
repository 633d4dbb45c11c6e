import { __GFP_NOWARN, boot, GFP_ATOMIC, GFP_DMA, GFP_KERNEL } from '../../../src/engine/index.ts';
import { kernelLog } from '../../../src/harness/kernelLog.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { TapePlayer } from '../../../src/workload/player.ts';
import { alloc, at, plan, task } from '../workload/plans.ts';

test('failures and sleeping in interrupts, in the words of the kernel', () => {
  const p = plan([
    task('a-name-of-more-than-fifteen', at(5), [alloc('x', 11, { gfp: GFP_ATOMIC | GFP_DMA })]),
    task('quiet', at(6), [alloc('x', 11, { gfp: __GFP_NOWARN })]),
    task('irq', at(10, 999_999, 1_000_010), [alloc('x', 0, { gfp: GFP_KERNEL })], { context: 'hardirq' }),
    task('bh', at(3_000_000), [alloc('x', 0, { gfp: GFP_KERNEL })], { context: 'softirq' }),
  ]);
  const player = new TapePlayer(p, boot(p.machine), compileTape(p, 1));
  player.playUntil(player.tape.nrOps);
  const slept = 'Debug: sleeping function called from invalid context at mm/page_alloc.c:548';
  // One report a second at most: that of 999999 us is left out.
  expect(kernelLog(p, player)).toEqual([
    { timeUs: 5, event: 0, text: 'a-name-of-more-: page allocation failure. order:11, mode:0x21' },
    { timeUs: 10, event: 2, text: slept },
    { timeUs: 10, event: 2, text: 'in_atomic():1, irqs_disabled():1' },
    { timeUs: 1_000_010, event: 4, text: slept },
    { timeUs: 1_000_010, event: 4, text: 'in_atomic():1, irqs_disabled():1' },
    { timeUs: 3_000_000, event: 5, text: slept },
    { timeUs: 3_000_000, event: 5, text: 'in_atomic():1, irqs_disabled():0' },
  ]);
  expect(kernelLog(p, player, 2).map(line => line.text)).toEqual([slept, 'in_atomic():1, irqs_disabled():0']);
  expect(player.tally.bugs[0]).toBe(4);
});
