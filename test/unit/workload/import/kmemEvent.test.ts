import {
  EVENT_ALLOC,
  EVENT_FREE,
  EVENT_FREE_BATCHED,
  KmemEvent,
  LINE_BROKEN,
  LINE_EVENT,
  LINE_OTHER,
  PAGE_FRAME_0,
  WHAT_CACHE,
  WHAT_KMALLOC,
  WHAT_PAGE,
} from '../../../../src/workload/import/kmemEvent.ts';

const FIELDS = 'mm_page_alloc: page=ffffea0003db9f40 pfn=1155800 order=2 migratetype=0 gfp_flags=GFP_KERNEL';

test.each([
  ['   gnome-terminal-1567  [003]  4415.246466: ', 'gnome-terminal', 3, '', 4415, 246466000],
  ['          <idle>-0     [000] d.h. 12345.000001: ', '<idle>', 0, 'h', 12345, 1000],
  ['    tmux: server-12    [000] d.s1    0.170000: ', 'tmux: server', 0, 's', 0, 170000000],
  ['     make-a-pipe-4812    [003] ..H..   913.204117: ', 'make-a-pipe', 3, 'h', 913, 204117000],
  ['   kworker/0:1-e-22275 ( 4812) [006] ....   889.213383: ', 'kworker/0:1-e', 6, '', 889, 213383000],
  ['a [b] c  77/78 [001]   147.405999: ', 'a [b] c', 1, '', 147, 405999000],
  ['perf  2204   147.376774123: 1 kmem:', 'perf', -1, '', 147, 376774123],
  ['perf  2204 [002] 147.376774: kmem:', 'perf', 2, '', 147, 376774000],
  [' 1287587.105144 |   1)               |  /* ', '', 1, '', 1287587, 105144000],
  [' 24)               |  /* ', '', -1, '', -1, 0],
])('the head %s', (head, comm, cpu, context, seconds, nanoseconds) => {
  const event = new KmemEvent();
  expect(event.read(head + FIELDS)).toBe(LINE_EVENT);
  expect(event).toMatchObject({ key: 1155800, order: 2, gfp: 'GFP_KERNEL', comm, context, seconds });
  if (seconds >= 0) expect(event).toMatchObject({ cpu, nanoseconds });
});

const read = (line: string): { read: number; event: KmemEvent } => {
  const event = new KmemEvent();
  return { read: event.read(`a-1 [000] .... 1.000000: ${line}`), event };
};

test.each([
  [
    'mm_page_free: page=0xffff pfn=0x1234 order=3',
    { event: EVENT_FREE, what: WHAT_PAGE, key: 0x1234, order: 3 },
  ],
  ['mm_page_free_direct: page=ffffea00 pfn=7 order=0', { event: EVENT_FREE, key: 7 }],
  ['mm_pagevec_free: page=ffffea00 pfn=7 order=0 cold=0', { event: EVENT_FREE_BATCHED, key: 7 }],
  ['mm_page_free_batched: page=ffffea00 pfn=7 order=0', { event: EVENT_FREE_BATCHED, key: 7 }],
  ['mm_page_alloc: page=(null) pfn=0 order=3 migratetype=0 gfp_flags=GFP_ATOMIC', { key: 0 }],
  ['mm_page_alloc: page=00000000 pfn=0 order=3 migratetype=0 gfp_flags=0xcc0', { key: 0, gfp: '0xcc0' }],
  [
    'mm_page_alloc: page=ffffea0000000040 pfn=0 order=0 migratetype=0 gfp_flags=GFP_DMA',
    { key: PAGE_FRAME_0 },
  ],
  [
    'mm_page_alloc: page=ffffea0000000040 order=0 migratetype=0 gfp_flags=GFP_DMA',
    { key: 0xfea0000000040 % 2 ** 52 },
  ],
  [
    'kmalloc: call_site=ffffffff8123 ptr=ffff88005ee19a80 bytes_req=64 bytes_alloc=96 gfp_flags=GFP_KERNEL',
    {
      event: EVENT_ALLOC,
      what: WHAT_KMALLOC,
      bytesReq: 64,
      bytesAlloc: 96,
      callSite: 'ffffffff8123',
      addressDigits: 16,
    },
  ],
  [
    'kmalloc_node: call_site=f+0x1/0x2 ptr=c147dd20 bytes_req=1 bytes_alloc=8 gfp_flags=GFP_KERNEL node=-1',
    { what: WHAT_KMALLOC, callSite: 'f+0x1/0x2', addressDigits: 8 },
  ],
  [
    'kmem_cache_alloc: (f+0x1) call_site=f+0x1/0x2 ptr=c147dd20 name=dentry bytes_req=192 bytes_alloc=192 gfp_flags=GFP_NOFS',
    { what: WHAT_CACHE, cache: 'dentry', bytesAlloc: 192, gfp: 'GFP_NOFS' },
  ],
  ['kmem_cache_free: call_site=1 ptr=c147dd20 name=dentry', { event: EVENT_FREE, what: WHAT_CACHE }],
  ['kfree: call_site=c059c2d8 ptr=  (null)', { event: EVENT_FREE, key: 0 }],
])('%s', (line, expected) => {
  const done = read(line);
  expect(done.read).toBe(LINE_EVENT);
  expect(done.event).toMatchObject(expected);
});

test.each([
  'mm_page_alloc: page=ffff pfn=xyz order=0 migratetype=0 gfp_flags=GFP_KERNEL',
  'mm_page_alloc: page=ffff pfn=1 migratetype=0 gfp_flags=GFP_KERNEL',
  'mm_page_alloc: page=ffff pfn=1 order=77 migratetype=0 gfp_flags=GFP_KERNEL',
  'mm_page_alloc: page=ffff pfn=1 order=1 migratetype=0',
  'mm_page_free: order=1',
  'kmalloc: call_site=1 bytes_req=1 bytes_alloc=8 gfp_flags=GFP_KERNEL',
  'kmalloc: call_site=1 ptr=c147dd20 bytes_req=-1 bytes_alloc=8 gfp_flags=GFP_KERNEL',
  'kfree: call_site=1 ptr=zzz',
])('broken: %s', line => {
  const done = read(line);
  expect(done.read).toBe(LINE_BROKEN);
  expect(done.event.why).not.toBe('');
});

test.each(['sched_switch: prev=a', 'kill: me', '', 'kmallocs: ptr=1', 'see kmalloc in mm/slab.c'])(
  'of something else: %s',
  line => {
    expect(read(line).read).toBe(LINE_OTHER);
  },
);

test('addresses that differ in low bits only are told apart', () => {
  const keys = ['ffff88005ee19a80', 'ffff88005ee19a81', 'ffff88005ee19a88'].map(
    ptr => read(`kfree: call_site=1 ptr=${ptr}`).event.key,
  );
  expect(new Set(keys).size).toBe(3);
});
