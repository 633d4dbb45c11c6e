import type { ChallengePlan } from '../../../src/contract/plan.ts';
import {
  boot,
  findCache,
  GFP_KERNEL,
  kmalloc,
  LOG_ALLOC_FAILURE,
  LOG_ATOMIC_SLEEP,
  LOG_BAD_FREE,
  LOG_BAD_PAGE,
  LOG_BAD_VFREE,
  LOG_EXIT_ATOMIC,
  LOG_FORK_FAILED,
  LOG_KERNEL_BUG,
  LOG_OOM_KILL,
  LOG_OOPS,
  LOG_PANIC,
  LOG_PLACE_IDLE,
  LOG_PLACE_INTERRUPT,
  LOG_PLACE_KFREE,
  LOG_PLACE_KMAP,
  LOG_PLACE_OOM,
  LOG_PLACE_PAGE_ALLOC,
  LOG_PLACE_VFREE,
  LOG_PLACE_VMALLOC,
  LOG_SCHED_ATOMIC,
  LOG_SLAB_BAD_POINTER,
  LOG_SLAB_CORRUPTION,
  LOG_SLAB_DESTROY,
  LOG_SLAB_DOUBLE_FREE,
  LOG_SLAB_MISMATCH,
  LOG_SLAB_RED_ZONE,
  LOG_SLEEP_INVALID,
  LOG_STACK_OVERFLOW,
  LOG_STALE_USE,
  LOG_VM_KILL,
  type Machine,
  NIL,
  objectPaddr,
  POINTER_BAD,
  POINTER_OUT_OF_RANGE,
  POINTER_WITHIN,
  type PrintkContext,
  printk,
  REQ_EVENT,
} from '../../../src/engine/index.ts';
import { callSite } from '../../../src/harness/callSite.ts';
import { firstReport, kernelLog } from '../../../src/harness/kernelLog.ts';
import { measure } from '../../../src/harness/metrics.ts';
import { Play } from '../../../src/harness/play.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { TapePlayer } from '../../../src/workload/player.ts';
import { alloc, at, hold, plan, task } from '../workload/plans.ts';
import { kernelPlan } from './kernelMachine.ts';

const challenge: ChallengePlan = plan([task('httpd', at(5), [alloc('x', 0)])]);
challenge.machine = { ...challenge.machine, slab: true };
challenge.workload.named = { caches: [], files: [], locks: [], functions: ['do_read', 'filter'] };

function machine(): { m: Machine; player: TapePlayer; text: () => string } {
  const m = boot(challenge.machine);
  const player = new TapePlayer(challenge, m, compileTape(challenge, 1));
  return {
    m,
    player,
    text: () =>
      kernelLog(challenge, player)
        .map(line => line.text)
        .join('\n'),
  };
}

/** In filter(), which do_read() called, in an interrupt of the system call. */
const CONTEXT: PrintkContext = {
  cpu: 0,
  row: 0,
  process: 3,
  threadInfo: 0xc0400000,
  taskStruct: 0xc0123040,
  owner: 0,
  subject: 0,
  chain: [1, 0, -1],
};

test('sleeping where nobody may, with the functions between', () => {
  const { m, text } = machine();
  m.printk.contextNow = () => CONTEXT;
  printk(m, LOG_SLEEP_INVALID, LOG_PLACE_VMALLOC, 1, 0);
  expect(`\n${text()}`).toMatchInlineSnapshot(`
"
Debug: sleeping function called from invalid context at mm/slab.c:1856
in_atomic():1, irqs_disabled():0
Call Trace:
 [<c0100780>] __might_sleep+0x80/0x100
 [<c0100d80>] kmem_cache_alloc+0x80/0x100
 [<c0101580>] __get_vm_area+0x80/0x100
 [<c0101680>] get_vm_area+0x80/0x100
 [<c0101780>] __vmalloc+0x80/0x100
 [<c0101880>] vmalloc+0x80/0x100
 [<c0200180>] filter+0x80/0x100
 [<c0200080>] do_read+0x80/0x100
 [<c0100080>] system_call+0x80/0x100
"
`);
});

test('every place that may sleep has its line of 2.6.0', () => {
  const { m, text } = machine();
  printk(m, LOG_SLEEP_INVALID, LOG_PLACE_KMAP, 0, 1);
  expect(text()).toBe(
    'Debug: sleeping function called from invalid context at arch/i386/mm/highmem.c:5\nin_atomic():0, irqs_disabled():1',
  );
});

test('an Oops, a BUG and the panic behind them', () => {
  const { m, text } = machine();
  m.printk.contextNow = () => CONTEXT;
  printk(m, LOG_OOPS, 3, 0, 0x5a);
  printk(m, LOG_KERNEL_BUG, LOG_PLACE_VFREE);
  printk(m, LOG_PANIC, LOG_PLACE_INTERRUPT);
  printk(m, LOG_PANIC, LOG_PLACE_IDLE);
  printk(m, LOG_PANIC, LOG_PLACE_OOM);
  expect(`\n${text()}`).toMatchInlineSnapshot(`
"
Unable to handle kernel NULL pointer dereference at virtual address 0000005a
 printing eip:
c0100980
*pde = 00000000
Oops: 0000 [#1]
CPU:    0
EIP:    0060:[<c0100980>]    Not tainted
EIP is at __alloc_pages+0x80/0x100
Process httpd (pid: 4, threadinfo=c0400000 task=c0123040)
Call Trace:
 [<c0100980>] __alloc_pages+0x80/0x100
 [<c0200180>] filter+0x80/0x100
 [<c0200080>] do_read+0x80/0x100
 [<c0100080>] system_call+0x80/0x100

------------[ cut here ]------------
kernel BUG at mm/vmalloc.c:324!
invalid operand: 0000 [#2]
CPU:    0
EIP:    0060:[<c0101980>]    Not tainted
EIP is at vfree+0x80/0x100
Process httpd (pid: 4, threadinfo=c0400000 task=c0123040)
Call Trace:
 [<c0101980>] vfree+0x80/0x100
 [<c0200180>] filter+0x80/0x100
 [<c0200080>] do_read+0x80/0x100
 [<c0100080>] system_call+0x80/0x100

Kernel panic: Fatal exception in interrupt
In interrupt handler - not syncing
Kernel panic: Attempted to kill the idle task!
In idle task - not syncing
Kernel panic: Out of memory and no killable processes...
"
`);
});

test('a wild pointer is a paging request, and nothing is invented where no context was kept', () => {
  const { m, text } = machine();
  printk(m, LOG_OOPS, NIL, 0, -0x3fefff00);
  const lines = text().split('\n');
  expect(lines[0]).toBe('Unable to handle kernel paging request at virtual address c0100100');
  expect(lines).toContain('Oops: 0000 [#1]');
  expect(text()).not.toMatch(/Process|Call Trace|eax|Code/);
});

test('stacks, atomic scheduling and exits', () => {
  const { m, text } = machine();
  m.printk.contextNow = () => ({ ...CONTEXT, chain: [-3, 1, 0, -1] });
  printk(m, LOG_STACK_OVERFLOW, 212);
  printk(m, LOG_SCHED_ATOMIC, 0x100);
  printk(m, LOG_EXIT_ATOMIC, 3, 1);
  expect(`\n${text()}`).toMatchInlineSnapshot(`
"
do_IRQ: stack overflow: 212
Call Trace:
 [<c0100280>] do_IRQ+0x80/0x100
 [<c0200180>] filter+0x80/0x100
 [<c0200080>] do_read+0x80/0x100
 [<c0100080>] system_call+0x80/0x100

bad: scheduling while atomic!
Call Trace:
 [<c0100880>] schedule+0x80/0x100
 [<c0100280>] do_IRQ+0x80/0x100
 [<c0200180>] filter+0x80/0x100
 [<c0200080>] do_read+0x80/0x100
 [<c0100080>] system_call+0x80/0x100

note: httpd[4] exited with preempt_count 1"
`);
});

test('slab debugging names cache and object', () => {
  const { m, text } = machine();
  const slab = m.slab!;
  const words = objectPaddr(slab, kmalloc(slab, 32, GFP_KERNEL, 0, 0)) / 4;
  const at = (4 * words + 0xc0000000).toString(16);
  const cache = findCache(slab, 'size-32');
  printk(m, LOG_SLAB_DOUBLE_FREE, cache, words, 0x5a2cf071, 0x170fc2a5);
  printk(m, LOG_SLAB_RED_ZONE, cache, words, 1, 2);
  printk(m, LOG_SLAB_DESTROY, cache, words, 2);
  printk(m, LOG_SLAB_CORRUPTION, cache, words, 4, 0x12a);
  const zones = 'double free, or memory outside object was overwritten';
  expect(text().split('\n')).toEqual([
    `slab error in cache_free_debugcheck(): cache \`size-32': ${zones}`,
    `${(4 * words + 0xbffffffc).toString(16)}: redzone 1: 0x5a2cf071, redzone 2: 0x170fc2a5.`,
    `slab error in cache_alloc_debugcheck_after(): cache \`size-32': ${zones}`,
    `${(4 * words + 0xbffffffc).toString(16)}: redzone 1: 0x1, redzone 2: 0x2.`,
    "slab error in slab_destroy(): cache `size-32': end of a freed object was overwritten",
    `Slab corruption: start=${at}, expend=${(4 * words + 0xc000001f).toString(16)}, problemat=${(4 * words + 0xc0000004).toString(16)}`,
    `Data: ****2A ${'*'.repeat(26)}A5 `,
    "slab error in check_poison_obj(): cache `size-32': object was modified after freeing",
  ]);
});

test('pointers and caches that are not what they should be', () => {
  const { m, text } = machine();
  const slab = m.slab!;
  const [one, other] = ['size-32', 'size-64'].map(name => findCache(slab, name));
  printk(m, LOG_SLAB_BAD_POINTER, 0x4000, POINTER_BAD);
  printk(m, LOG_SLAB_BAD_POINTER, 0x4000, POINTER_OUT_OF_RANGE);
  printk(m, LOG_SLAB_BAD_POINTER, 0x4000, POINTER_WITHIN);
  printk(m, LOG_SLAB_MISMATCH, one, 0x4000, other);
  printk(m, LOG_KERNEL_BUG, LOG_PLACE_KFREE, one, 0x4000);
  const lines = text().split('\n');
  expect(lines[0]).toBe('kfree_debugcheck: bad ptr c0010000h.');
  expect(lines.filter(line => line.startsWith('kernel BUG'))).toEqual([
    'kernel BUG at mm/slab.c:1655!',
    'kernel BUG at mm/slab.c:1650!',
    'kernel BUG at mm/slab.c:1696!',
    'kernel BUG at mm/slab.c:1957!',
  ]);
  expect(lines).toContain("slab: double free detected in cache 'size-32', objp c0010000.");
  const [, expected, got] = /^mismatch in kmem_cache_free: expected cache (\S+), got (\S+)$/m.exec(text())!;
  expect(lines).toContain(`${expected} is size-32.`);
  expect(lines).toContain(`${got} is size-64.`);
  expect(lines).toContain('Badness in cache_free_debugcheck at mm/slab.c:1676');
});

test('pages in a state that is nobody’s, and freed by who has no right to them', () => {
  const { m, text } = machine();
  m.request[REQ_EVENT] = 0;
  printk(m, LOG_BAD_PAGE, 100, 0x0121, 0, 1);
  printk(m, LOG_BAD_FREE, 200, 0, 0x10);
  printk(m, LOG_KERNEL_BUG, LOG_PLACE_PAGE_ALLOC);
  const lines = text().split('\n');
  expect(lines.slice(0, 4)).toEqual([
    'Bad page state at prep_new_page',
    'flags:0x00000221 mapping:00000000 mapped:0 count:1',
    'Backtrace:',
    'Trying to fix it up, but a reboot is needed',
  ]);
  expect(lines).toContain('kernel BUG at mm/page_alloc.c:730!');
  expect(lines).toContain('kernel BUG at mm/page_alloc.c:181!');
});

test('one line each: OOM kills, failed allocations, vfree of nonsense; and what is not printed', () => {
  const { m, text, player } = machine();
  m.printk.contextNow = () => CONTEXT;
  printk(m, LOG_OOM_KILL, 3, 120);
  printk(m, LOG_VM_KILL, 3);
  printk(m, LOG_ALLOC_FAILURE, 1, 0x1d0);
  printk(m, LOG_ALLOC_FAILURE, 1, 0x1d0 | 0x200);
  printk(m, LOG_BAD_VFREE, -0x37800000);
  printk(m, LOG_BAD_VFREE, -0x377ffff0);
  for (const silent of [LOG_FORK_FAILED, LOG_STALE_USE, LOG_ATOMIC_SLEEP]) printk(m, silent, 1);
  expect(text()).toBe(
    [
      'Out of Memory: Killed process 4 (httpd).',
      'VM: killing process httpd',
      'kswapd0: page allocation failure. order:1, mode:0x1d0',
      'Trying to vfree() nonexistent vm area (c8800000)',
      'Trying to vfree() bad address (c8800010)',
    ].join('\n'),
  );
  expect(firstReport(challenge, player)!.lines[0]).toContain('Trying to vfree()');
});

test('the log of the machine and that of the workload are one, in the order of time', () => {
  const { m, player } = machine();
  const p = plan([task('atomic', at(10, 30), [alloc('x', 11, { gfp: 0x20 })])]);
  const both = new TapePlayer(p, m, compileTape(p, 1));
  both.playUntil(1);
  m.agenda.now[0] = 20;
  printk(m, LOG_BAD_VFREE, -0x37800000);
  both.playUntil(2);
  expect(kernelLog(p, both).map(line => line.timeUs)).toEqual([10, 20, 30]);
  expect(kernelLog(p, both, 1).map(line => line.timeUs)).toEqual([30]);
  expect(firstReport(challenge, player)).not.toBeNull();
});

test.each([true, false])(
  'kmalloc that may sleep in an interrupt is a bug with slab debugging and without: %s',
  slab => {
    const p = kernelPlan(1, { debug: { slab, spinlockSleep: true, stackOverflow: false } });
    const play = new Play(p, compileTape(p, 1), null);
    play.playUntil(play.nrOps);
    expect(measure(play.run, 'kernel.bugs')).toBe(2);
    expect(kernelLog(p, play.player)[0].text).toBe(
      'Debug: sleeping function called from invalid context at mm/slab.c:1856',
    );
  },
);

test('the first report says whose step it was', () => {
  const p = kernelPlan(1);
  const play = new Play(p, compileTape(p, 1), null);
  play.playUntil(play.nrOps);
  const { kernelReport, silentSleeps } = play.verdict(1, '');
  expect(kernelReport).toMatchObject({ by: { task: 'eth0', step: 1, call: 'kmalloc as skb', line: 0 } });
  expect(silentSleeps).toBeUndefined();
});

test('a call is named by its function', () => {
  expect(callSite(kernelPlan(1), 1, 0).text).toBe('e100_intr()');
});

test('sleep in an interrupt is reported of a machine without kernel stacks, too', () => {
  const x = alloc('x', 0, { gfp: GFP_KERNEL, line: 7 });
  const p = plan([task('irq', at(10), [hold(1), x], { context: 'hardirq' })]);
  const player = new TapePlayer(p, boot(p.machine), compileTape(p, 1));
  player.playUntil(player.tape.nrOps);
  expect(firstReport(p, player)).toMatchObject({
    lines: [expect.stringContaining('Debug: sleeping function'), 'in_atomic():1, irqs_disabled():1'],
    by: { task: 'irq', step: 1, call: 'alloc_pages as x', line: 7 },
  });
});

test('sleep with a lock held is counted and not printed: the verdict says by whom and how often', () => {
  const p = kernelPlan(1);
  const [httpd] = p.workload.tasks;
  const run = [{ kind: 'spin_lock' as const, lock: 0, run: httpd.run }];
  p.workload.tasks = [{ ...httpd, arrive: at(5, 100_000), run }];
  p.workload.named!.locks = ['q'];
  const play = new Play(p, compileTape(p, 1), null);
  play.playUntil(play.nrOps);
  const { kernelReport, silentSleeps, metrics } = play.verdict(1, '');
  expect(kernelReport).toBeUndefined();
  expect(silentSleeps![0]).toMatchObject({
    task: 'httpd',
    call: 'kmalloc as buffer',
    step: 2,
    locked: true,
    times: 2,
  });
  expect(silentSleeps!.reduce((sum, { times }) => sum + times, 0)).toBe(metrics['kernel.bugs']);
});
