/**
 * What a player's file imports from 'oomph': `definePolicy`, and the types behind its two parameters.
 * The whole contract, with budgets and faults, is docs/policy.md.
 */

/**
 * What every hook is told. Numbers all; a field reads the request being decided now, also from a kept `request`. Of what the
 * kernel does for nobody in particular (kswapd, timers) task, site, owner, gfp and order are -1.
 */
export interface BaseRequest {
  /** gfp mask of the request: GFP_ bits of `mem`. -1 where no pages are asked for, such as where they come back. */
  readonly gfp: number;
  /** 2^order pages are wanted, 0..10. -1 where no pages are asked for. */
  readonly order: number;
  /** CPU on which the kernel runs, 0..mem.cpus-1. */
  readonly cpu: number;
  /** How the caller runs: bits mem.CTX_MEMALLOC, CTX_REALTIME, CTX_SOFTIRQ, CTX_HARDIRQ; 0 is a plain process. */
  readonly context: number;
  /** Index of the task in the challenge file, from 0. */
  readonly task: number;
  /** Which step of the task asks, counted depth first from 0: the call site. */
  readonly site: number;
  /** Whose pages: mem.USER, KERNEL, PAGE_CACHE or DRIVER. */
  readonly owner: number;
  /** Simulated milliseconds since the start. */
  readonly timeMs: number;
  /** Number of the operation, from 0. */
  readonly event: number;
  /** The answer Linux 2.6.0 gives here. */
  readonly linux: number;
}

/**
 * Asked once at the start of each allocation: which zones may serve it, in which order.
 *
 * Linux: `__alloc_pages()` in mm/page_alloc.c walks `zonelist->zones`, built at boot by `build_zonelists()`:
 * HIGHMEM, NORMAL, DMA for GFP_HIGHUSER, NORMAL, DMA for GFP_KERNEL, DMA alone for GFP_DMA.
 * Answer: `mem.zonelist(first, second?, third?)` or a constant such as `mem.NORMAL_ONLY`. A zone that Linux's own
 * list does not have is not allowed.
 */
export type ZonelistRequest = BaseRequest;

/**
 * Asked for each zone on the way down the zonelist: how many pages must be free there for this request to be served.
 *
 * Linux: the running minimum of `__alloc_pages()` in mm/page_alloc.c: 2^order plus pages_low (pass 1) or pages_min
 * (passes 2 and 3) of this zone and of every zone passed over before it; a quarter of pages_min for __GFP_HIGH.
 * Answer: pages, 0 or more.
 */
export interface WatermarkRequest extends BaseRequest {
  /** 1: the pages_low pass. 2: the pages_min pass, after kswapd was called. 3: the pass after reclaim. */
  readonly pass: number;
  /** Zone asked about: mem.DMA, NORMAL or HIGHMEM. */
  readonly zone: number;
}

/**
 * Asked when a block is cut from a zone's free lists: which one.
 *
 * Linux: `__rmqueue()` in mm/page_alloc.c takes the head of the first list that has a block of at least this order;
 * `expand()` hands out its upper end and lists the rest.
 * A single page comes from the CPU's list where that has one, and nobody is asked: only its refills, `batch` pages at once, ask.
 * Answer: the number of the first page (pfn) of the part wanted: a multiple of 2^order inside one free block of the zone.
 */
export interface BlockRequest extends BaseRequest {
  readonly zone: number;
}

/**
 * Asked when a block comes back to its free list, after merging: head or tail of the list.
 *
 * Linux: `__free_pages_bulk()` in mm/page_alloc.c, always the head.
 * Answer: mem.HEAD (taken again soon) or mem.TAIL (taken last).
 */
export interface PlacementRequest extends BaseRequest {
  readonly zone: number;
  /** First page of the merged block; `order` is the merged order. */
  readonly pfn: number;
}

/**
 * Asked before a page is taken from or put into a per-CPU list: how many pages move now.
 *
 * Linux: `buffered_rmqueue()` in mm/page_alloc.c moves `batch` pages in when count <= low, `free_hot_cold_page()`
 * moves `batch` out when count >= high; otherwise none.
 * Answer: pages, from 0 to what fits (refill) or to `count` (spill).
 */
export interface PcpRequest extends BaseRequest {
  readonly zone: number;
  /** 1: pages can move in, before one is taken. 0: pages can move out, before one is put. */
  readonly refill: number;
  /** 1: the cold list of this CPU. 0: its hot list. */
  readonly cold: number;
  /** Pages in the list now, and Linux's limits for it. */
  readonly count: number;
  readonly low: number;
  readonly high: number;
  readonly batch: number;
}

/**
 * Asked when a block comes back to its zone: how far it is merged with its free buddies now.
 *
 * Linux: `__free_pages_bulk()` in mm/page_alloc.c merges at once, as long as the buddy is free: up to order 10.
 * Answer: the highest order that the block may become, from `order` (not at all) to 10. What could be merged and was
 * not stays apart until a request finds no block of its order in the zone; then all of the zone is merged, once.
 * Example: `coalesce: request => request.order < 2 ? request.order : 10` keeps small blocks for the next small request.
 */
export interface CoalesceRequest extends BaseRequest {
  readonly zone: number;
  /** First page of the block; `order` is its own. */
  readonly pfn: number;
}

/**
 * Asked for each page that reclaim has taken off the inactive list and could lock: what becomes of it.
 *
 * Linux: `shrink_list()` in mm/vmscan.c: a page that was referenced and is in use becomes active again; a dirty one of the
 * page cache that was referenced is kept; any other is taken: unmapped, swapped or written out if it is dirty, and freed.
 * Answer: mem.RECLAIM_KEEP (back to the inactive list), RECLAIM_TAKE or RECLAIM_ACTIVATE. A page that cannot be freed
 * now (it is under write-back, somebody holds it) is kept, whatever the answer is.
 * Example: `reclaim: (request, mem) => request.flags & mem.PG_dirty ? mem.RECLAIM_KEEP : mem.AS_LINUX` leaves dirty
 * pages to pdflush.
 */
export interface ReclaimRequest extends BaseRequest {
  readonly zone: number;
  readonly pfn: number;
  /** How hard reclaim tries: 12 (looks at 1/4096 of the list) down to 0 (at all of it). */
  readonly priority: number;
  /** page->flags: PG_ bits of `mem`. */
  readonly flags: number;
  /** 1: some process maps it. */
  readonly mapped: number;
  /** 1: it was used since somebody last looked (page_referenced()). */
  readonly referenced: number;
  /** 1: kswapd asks. 0: a task that needs memory, in try_to_free_pages(). */
  readonly kswapd: number;
}

/**
 * Asked when kswapd may have to start (pass 1), and when it looks whether a zone has enough (pass 2).
 *
 * Linux: `wakeup_kswapd()` in mm/vmscan.c lets kswapd sleep while the zone has more than pages_low free;
 * `balance_pgdat()` goes on until it has pages_high.
 * Answer: free pages, from 0 to all of the zone. Pass 1: at so many, or fewer, kswapd starts. Pass 2: at so many it stops.
 * Example: `kswapd: request => 2 * request.linux` starts earlier and frees more.
 */
export interface KswapdRequest extends BaseRequest {
  readonly zone: number;
  /** 1: start? 2: stop? */
  readonly pass: number;
}

/**
 * Asked when a cache is created: how large its slabs are.
 *
 * Linux: `kmem_cache_create()` in mm/slab.c takes the smallest order at which an eighth of a slab or less is left over,
 * order 2 at most (order 1 on machines of up to 32 MiB) where an object fits that.
 * Answer: an order from 0 to 5 at which one object fits. A slab is one block of 2^order pages.
 * Example: `slabOrder: request => (request.bytes > 1024 ? request.linux + 1 : request.linux)`.
 */
export interface SlabOrderRequest extends BaseRequest {
  /** Bytes that an object takes, alignment included. */
  readonly bytes: number;
}

/**
 * Asked when the head array of a CPU is empty and slabs have to fill it: which slab is taken from next.
 *
 * Linux: `cache_alloc_refill()` in mm/slab.c: the first slab that is partly used, and without one the first free slab.
 * Answer: first page (pfn) of a slab of this cache that has a free object: walk them by `mem.firstPartial(cache)`,
 * `mem.firstFreeSlab(cache)` and `mem.nextSlab(cache, pfn)`.
 * Example: the fullest of the partly used, so that others become free: see docs/policy.md.
 */
export interface SlabPickRequest extends BaseRequest {
  /** Number of the cache, 0..mem.nrCaches()-1. */
  readonly cache: number;
  /** Bytes of an object. */
  readonly bytes: number;
  /** Objects that are still to be taken. */
  readonly objects: number;
}

/**
 * Asked when a cache is created: how many objects its head arrays hold, one array a CPU.
 *
 * Linux: `enable_cpucache()` in mm/slab.c: 120 for objects of up to 256 bytes, 54, 24, 8, and 1 for those above 128 KiB.
 * Answer: objects, 1 to 120. Large arrays are fast, and keep slabs from becoming free.
 * Example: `slabLimit: () => 8` holds little back.
 */
export interface SlabLimitRequest extends BaseRequest {
  /** Number that the cache will have: mem does not know it yet. */
  readonly cache: number;
  readonly bytes: number;
}

/**
 * Asked when the timer looks at a cache that has free slabs: how many of them are given back now.
 *
 * Linux: `cache_reap()` in mm/slab.c, every 2 s on each CPU: a fifth of what the cache may keep, and none if its free
 * slabs were used since.
 * Answer: slabs, 0 to `free`.
 * Example: `slabReap: request => request.free` gives back everything.
 */
export interface SlabReapRequest extends BaseRequest {
  readonly cache: number;
  readonly bytes: number;
  /** Free slabs that it has. */
  readonly free: number;
}

/**
 * Asked when the workload creates a cache: whether one that there is serves instead.
 *
 * Linux: `kmem_cache_create()` in mm/slab.c of 2.6.0 never merges caches; SLUB of 2.6.22 does, by such a rule.
 * Answer: number of a cache with the same flags, without a constructor, whose objects are at least as large; or mem.AS_LINUX
 * for a new one.
 * Example: the smallest that fits, if it wastes less than a quarter: see docs/policy.md.
 */
export interface SlabMergeRequest extends BaseRequest {
  /** Bytes of an object, as asked for. */
  readonly bytes: number;
  /** SLAB_ flags of the new cache, to compare with mem.cacheFlags(). */
  readonly flags: number;
}

/**
 * Asked for each `buffer` step of the workload: which allocator serves it.
 *
 * Linux: each driver chooses for itself: `kmalloc()` (mm/slab.c) up to 128 KiB, `vmalloc()` (mm/vmalloc.c) beyond, which
 * need not be contiguous but costs page tables, TLB entries and room in the window, and may not be called in interrupts.
 * Answer: mem.ROUTE_KMALLOC (up to 128 KiB), mem.ROUTE_VMALLOC, or mem.ROUTE_PAGES (one block of 2^n pages).
 * Example: `route: (request, mem) => request.bytes > 8192 ? mem.ROUTE_VMALLOC : mem.ROUTE_KMALLOC`.
 */
export interface RouteRequest extends BaseRequest {
  /** Bytes of the buffer. */
  readonly bytes: number;
}

/**
 * Asked for each `map_page` step of the workload: how a page of high memory gets an address.
 *
 * Linux: `kmap()` in mm/highmem.c for those who may sleep: a slot of one pool for all CPUs, and when the pool is used up a
 * flush of every TLB, or a wait; `kmap_atomic()` in arch/i386/mm/highmem.c in interrupts: a slot of this CPU and type, cheap,
 * but nobody may sleep until it is given back.
 * Answer: mem.MAP_KMAP, or mem.MAP_ATOMIC + a KM_ type that this context may use: KM_USER0, KM_USER1 in a process,
 * KM_SOFTIRQ0, KM_SOFTIRQ1 in a softirq, KM_IRQ0, KM_IRQ1 in an interrupt.
 * Example: `map: (request, mem) => request.context === 0 ? mem.MAP_ATOMIC + mem.KM_USER0 : mem.AS_LINUX`.
 */
export interface MapRequest extends BaseRequest {
  /** Page to be mapped. */
  readonly pfn: number;
}

/**
 * Asked for each call whose function has a local `buffer`: where the buffer lies while the function runs.
 *
 * Linux: on the stack, as C does it; the stack has 8 KiB (4 KiB with CONFIG_4KSTACKS), interrupts nest on it, and nothing
 * checks its end (arch/i386/kernel/irq.c, `do_IRQ()` looks only with CONFIG_DEBUG_STACKOVERFLOW).
 * Answer: mem.FRAME_STACK, or mem.FRAME_KMALLOC for `kmalloc()` and `kfree()` around the call; if that has no memory, the
 * stack.
 * Example: `frame: (request, mem) => request.room < 2048 ? mem.FRAME_KMALLOC : mem.FRAME_STACK`.
 */
export interface FrameRequest extends BaseRequest {
  /** Bytes of the buffer. */
  readonly bytes: number;
  /** Bytes in use on the stack, and left above thread_info. */
  readonly depth: number;
  readonly room: number;
  /** Number of the function: 0 is the one that the challenge file, and the briefing, names first. */
  readonly function: number;
}

/**
 * Asked when a hard interrupt arrives while its CPU is busy, where Linux would let it in.
 *
 * Linux: `do_IRQ()` in arch/i386/kernel/irq.c: it nests at once on what runs, on the same stack, unless CONFIG_4KSTACKS gives
 * interrupts their own.
 * Answer: mem.INTERRUPT_NEST, mem.INTERRUPT_DEFER (it waits until what runs ends or gives the CPU away), or
 * mem.INTERRUPT_SOFTIRQ (all of its work is done by a softirq, after the last interrupt).
 * Example: `interrupt: (request, mem) => request.room < 1024 ? mem.INTERRUPT_DEFER : mem.INTERRUPT_NEST`.
 */
export interface InterruptRequest extends BaseRequest {
  /** Number of its line. */
  readonly irq: number;
  /** Interrupts and softirqs that the CPU is in already; `context` is what the new one would come on top of. */
  readonly nested: number;
  /** Bytes in use on the stack that it would nest on, and left above thread_info. */
  readonly depth: number;
  readonly room: number;
}

/**
 * Asked for each step of the workload that allocates pages, from kmalloc or from a cache: the mask it asks with.
 *
 * Linux: whoever calls writes the mask down (include/linux/gfp.h): may it sleep (__GFP_WAIT), use the reserves (__GFP_HIGH),
 * start I/O (__GFP_IO), call file systems (__GFP_FS), fail quietly (__GFP_NOWARN, __GFP_NORETRY)?
 * Answer: a mask of __GFP_ bits whose zone bits (__GFP_DMA, __GFP_HIGHMEM) are those of `gfp`.
 * Example: `gfp: (request, mem) => request.gfp & ~mem.__GFP_FS`.
 */
export interface GfpRequest extends BaseRequest {
  /** What is called: mem.OP_ALLOC (alloc_pages), OP_KMALLOC, OP_CACHE_ALLOC, or OP_BUFFER of a `buffer` step. */
  readonly kind: number;
  /** Bytes asked for. */
  readonly bytes: number;
}

/** Memory as the kernel could see it at this moment: read only, no function ever throws. */
export interface Mem {
  /** Answer of every hook: do what Linux does (-1). */
  readonly AS_LINUX: number;

  readonly DMA: number;
  readonly NORMAL: number;
  readonly HIGHMEM: number;
  readonly DMA_ONLY: number;
  readonly NORMAL_ONLY: number;
  readonly HIGHMEM_ONLY: number;
  readonly NORMAL_DMA: number;
  readonly DMA_NORMAL: number;
  readonly HIGHMEM_NORMAL: number;
  readonly HIGHMEM_DMA: number;
  readonly HIGHMEM_NORMAL_DMA: number;

  /** Answers of `placement`. */
  readonly HEAD: number;
  readonly TAIL: number;

  /** Answers of `reclaim`: back to the inactive list, free it, make it active. */
  readonly RECLAIM_KEEP: number;
  readonly RECLAIM_TAKE: number;
  readonly RECLAIM_ACTIVATE: number;
  /** Answers of `route`. */
  readonly ROUTE_KMALLOC: number;
  readonly ROUTE_VMALLOC: number;
  readonly ROUTE_PAGES: number;
  /** Answers of `map`: kmap(), or with a KM_ type added kmap_atomic(). */
  readonly MAP_KMAP: number;
  readonly MAP_ATOMIC: number;
  /** Answers of `frame`. */
  readonly FRAME_STACK: number;
  readonly FRAME_KMALLOC: number;
  /** Answers of `interrupt`: it waits, it nests on what runs, a softirq does its work. */
  readonly INTERRUPT_DEFER: number;
  readonly INTERRUPT_NEST: number;
  readonly INTERRUPT_SOFTIRQ: number;

  /** Values of `request.kind`. */
  readonly OP_ALLOC: number;
  readonly OP_KMALLOC: number;
  readonly OP_CACHE_ALLOC: number;
  readonly OP_BUFFER: number;

  /** include/linux/page-flags.h: bits of `request.flags` and `mem.pageFlags()`. */
  readonly PG_locked: number;
  readonly PG_error: number;
  readonly PG_referenced: number;
  readonly PG_uptodate: number;
  readonly PG_dirty: number;
  readonly PG_lru: number;
  readonly PG_active: number;
  readonly PG_slab: number;
  readonly PG_private: number;
  readonly PG_writeback: number;
  readonly PG_reclaim: number;
  readonly PG_compound: number;
  /** `mem.pageMapping()` of a page in the swap cache. */
  readonly SWAPPER_SPACE: number;

  /** include/linux/mmzone.h: orders are 0..MAX_ORDER-1, which is 10. */
  readonly MAX_ORDER: number;

  /** include/linux/gfp.h. */
  readonly __GFP_DMA: number;
  readonly __GFP_HIGHMEM: number;
  readonly __GFP_WAIT: number;
  readonly __GFP_HIGH: number;
  readonly __GFP_IO: number;
  readonly __GFP_FS: number;
  readonly __GFP_COLD: number;
  readonly __GFP_NOWARN: number;
  readonly __GFP_REPEAT: number;
  readonly __GFP_NOFAIL: number;
  readonly __GFP_NORETRY: number;
  readonly __GFP_NO_GROW: number;
  readonly GFP_ATOMIC: number;
  readonly GFP_NOIO: number;
  readonly GFP_NOFS: number;
  readonly GFP_KERNEL: number;
  readonly GFP_USER: number;
  readonly GFP_HIGHUSER: number;
  readonly GFP_DMA: number;

  /** Bits of `request.context`. */
  readonly CTX_MEMALLOC: number;
  readonly CTX_REALTIME: number;
  readonly CTX_SOFTIRQ: number;
  readonly CTX_HARDIRQ: number;

  /** Values of `request.owner` and `mem.owner()`. */
  readonly USER: number;
  readonly KERNEL: number;
  readonly PAGE_CACHE: number;
  readonly DRIVER: number;

  /** Page frames of RAM: pfns are 0..nrPages-1. */
  readonly nrPages: number;
  /** PAGE_SIZE: 4096, on alpha and sparc64 8192. */
  readonly pageBytes: number;
  readonly cpus: number;
  /** sysctl vm.lower_zone_protection: by how much more a zone passed over raises the mark of the next. */
  readonly lowerZoneProtection: number;

  /**
   * include/asm-i386/kmap_types.h: types of atomic mappings on this machine, to be added to MAP_ATOMIC; -1 where its
   * architecture has no such type.
   */
  readonly KM_BOUNCE_READ: number;
  readonly KM_SKB_SUNRPC_DATA: number;
  readonly KM_SKB_DATA_SOFTIRQ: number;
  readonly KM_USER0: number;
  readonly KM_USER1: number;
  readonly KM_BIO_SRC_IRQ: number;
  readonly KM_BIO_DST_IRQ: number;
  readonly KM_PTE0: number;
  readonly KM_PTE1: number;
  readonly KM_PTE2: number;
  readonly KM_IRQ0: number;
  readonly KM_IRQ1: number;
  readonly KM_SOFTIRQ0: number;
  readonly KM_SOFTIRQ1: number;
  /** Slots of the kmap pool (LAST_PKMAP); 0 without high memory. */
  readonly kmapSlots: number;

  /** Pack a zonelist: zones to try in this order, each at most once. */
  zonelist(first: number, second?: number, third?: number): number;

  /** Free pages of a zone, those in per-CPU lists left out (zone->free_pages). 0 for a zone that is not there. */
  free(zone: number): number;
  /** Watermarks of a zone in pages: zone->pages_low, pages_min, pages_high. */
  low(zone: number): number;
  min(zone: number): number;
  high(zone: number): number;
  /** Pages of a zone that exist, reserved ones included (zone->present_pages). */
  present(zone: number): number;
  /** First pfn of a zone, and pages from there to its end, holes included. */
  start(zone: number): number;
  spanned(zone: number): number;
  /** Zone of a page, -1 outside RAM. */
  zoneOf(pfn: number): number;

  /** Blocks on a free list. Walks the list: costs one fuel unit a block. */
  nrFree(zone: number, order: number): number;
  /** Ends of a free list, and the way along it: a pfn, or -1 at the end and for a block that is not free. */
  firstFree(zone: number, order: number): number;
  lastFree(zone: number, order: number): number;
  nextFree(zone: number, order: number, pfn: number): number;
  prevFree(zone: number, order: number, pfn: number): number;
  /**
   * First page of the free block of at least `order` with the lowest address in a zone, -1 without one. Walks the zone
   * from its start: costs one fuel unit for each block, or eight pages, passed over.
   */
  lowestFree(zone: number, order: number): number;

  /** Order of the free block whose first page this is, else -1. */
  freeOrder(pfn: number): number;
  /** Order of the allocated block whose first page this is, else -1. */
  allocatedOrder(pfn: number): number;
  /** Kernel image, holes, mem_map: never allocated (PG_reserved). */
  isReserved(pfn: number): boolean;
  /** First page of the free or allocated block that a page lies in; -1 if reserved or in a per-CPU list. */
  blockOf(pfn: number): number;
  /** Index of the task whose allocated block a page lies in, -1 if none or not known. */
  task(pfn: number): number;
  /** USER, KERNEL, PAGE_CACHE or DRIVER for a page of a task's block, else -1. */
  owner(pfn: number): number;
  /** Owner kind of a task by its index, -1 for no such task. */
  ownerOfTask(task: number): number;

  /** Pages in a CPU's hot (cold = 0) or cold (1) list. */
  pcpCount(zone: number, cpu: number, cold: number): number;

  /** Pages on a zone's active and inactive lists (zone->nr_active, nr_inactive). 0 without page cache. */
  nrActive(zone: number): number;
  nrInactive(zone: number): number;
  /** Pages that reclaim looked at since a page of the zone was last freed (zone->pages_scanned). */
  pagesScanned(zone: number): number;
  /** page->flags: PG_ bits. 0 on a machine of pages only. */
  pageFlags(pfn: number): number;
  /** page->count: references. 0 on a machine of pages only. */
  pageCount(pfn: number): number;
  /** page->mapping: number of the file in the challenge, SWAPPER_SPACE, or -1. */
  pageMapping(pfn: number): number;
  /** page->index: number of the page within its file; in the swap cache its slot. -1 without a mapping. */
  pageIndex(pfn: number): number;
  /** Whether a page table maps it: page_mapped(). */
  isMapped(pfn: number): boolean;
  /** Pages of the machine that are dirty, under write-back, in the page cache, mapped by processes (struct page_state). */
  nrDirty(): number;
  nrWriteback(): number;
  nrPagecache(): number;
  nrMapped(): number;
  /** Free pages of swap space (nr_swap_pages). */
  nrSwapPages(): number;

  /**
   * Caches of the slab allocator: they have the numbers 0..nrCaches()-1, in the order in which they were made. 0 on a
   * machine without. To find a cache by its number costs one fuel unit for each that was made after it.
   */
  nrCaches(): number;
  /** Bytes that an object takes (objsize), objects a slab (num), order of a slab (gfporder). 0 for no such cache. */
  cacheSize(cache: number): number;
  cacheNum(cache: number): number;
  cacheOrder(cache: number): number;
  /** SLAB_ flags that it was created with. */
  cacheFlags(cache: number): number;
  /** Whether it has a constructor (ctor): its objects are initialised once, when their slab is made. */
  cacheHasCtor(cache: number): boolean;
  /** Objects that a head array holds (limit). */
  cacheLimit(cache: number): number;
  /** Free objects in its slabs, those in head arrays left out (free_objects). */
  cacheFree(cache: number): number;
  /** Slabs that it has, and objects that are not free in them: in use or in head arrays. Walk its lists: one fuel unit a slab. */
  cacheSlabs(cache: number): number;
  cacheObjects(cache: number): number;
  /** First page of the first slab on its list of partly used, or of free, slabs; -1 without. */
  firstPartial(cache: number): number;
  firstFreeSlab(cache: number): number;
  /** First page of the slab behind this one on its list; -1 at the end, and for a page that begins no slab of the cache. */
  nextSlab(cache: number, pfn: number): number;
  /** Free objects of the slab that a page belongs to; -1 for a page of no slab. */
  slabFree(pfn: number): number;
  /** Cache that a page belongs to, -1 for none. */
  cacheOf(pfn: number): number;

  /** Slots of the kmap pool that are in use. Costs one fuel unit for 16 slots. */
  kmapUsed(): number;
  /** Where the search for a slot stands (last_pkmap_nr): at the end of the pool every TLB is flushed. */
  lastKmap(): number;
  /** Bytes of the vmalloc window that areas take, and the largest that is free in one piece. One fuel unit an area. */
  vmallocUsed(): number;
  vmallocLargest(): number;

  /** Bytes in use on the stack that a CPU runs on, and left above thread_info. 0 on a machine without stacks. */
  stackDepth(cpu: number): number;
  stackRoom(cpu: number): number;
  /** Hard interrupts that run on a CPU, one inside the other; whether one of them or a softirq does: in_interrupt(). */
  hardirqs(cpu: number): number;
  inInterrupt(cpu: number): boolean;
  /** Process that a CPU runs (`current`), -1 for its idle task; and the task of the challenge that a process runs. */
  current(cpu: number): number;
  taskOf(process: number): number;
  /** Pages of a process that are present (mm->rss). */
  rss(process: number): number;

  /** 0..below-1, from a generator of its own: the same sequence in every run of this policy on this challenge. */
  random(below: number): number;
}

/** The hooks of a policy; those left out are decided as Linux does. Each returns an integer. */
export interface Policy {
  /** {@link ZonelistRequest} */
  zonelist?(request: ZonelistRequest, mem: Mem): number;
  /** {@link WatermarkRequest} */
  watermark?(request: WatermarkRequest, mem: Mem): number;
  /** {@link BlockRequest} */
  block?(request: BlockRequest, mem: Mem): number;
  /** {@link PlacementRequest} */
  placement?(request: PlacementRequest, mem: Mem): number;
  /** {@link PcpRequest} */
  pcp?(request: PcpRequest, mem: Mem): number;
  /** {@link CoalesceRequest} */
  coalesce?(request: CoalesceRequest, mem: Mem): number;
  /** {@link ReclaimRequest} */
  reclaim?(request: ReclaimRequest, mem: Mem): number;
  /** {@link KswapdRequest} */
  kswapd?(request: KswapdRequest, mem: Mem): number;
  /** {@link SlabOrderRequest} */
  slabOrder?(request: SlabOrderRequest, mem: Mem): number;
  /** {@link SlabPickRequest} */
  slabPick?(request: SlabPickRequest, mem: Mem): number;
  /** {@link SlabLimitRequest} */
  slabLimit?(request: SlabLimitRequest, mem: Mem): number;
  /** {@link SlabReapRequest} */
  slabReap?(request: SlabReapRequest, mem: Mem): number;
  /** {@link SlabMergeRequest} */
  slabMerge?(request: SlabMergeRequest, mem: Mem): number;
  /** {@link RouteRequest} */
  route?(request: RouteRequest, mem: Mem): number;
  /** {@link MapRequest} */
  map?(request: MapRequest, mem: Mem): number;
  /** {@link FrameRequest} */
  frame?(request: FrameRequest, mem: Mem): number;
  /** {@link InterruptRequest} */
  interrupt?(request: InterruptRequest, mem: Mem): number;
  /** {@link GfpRequest} */
  gfp?(request: GfpRequest, mem: Mem): number;
}

/**
 * `export default definePolicy({ zonelist(request, mem) { ... } })`: gives the parameters their types.
 * `definePolicy<'zonelist' | 'pcp'>` takes those hooks and no others, as the starter of a challenge does.
 */
export function definePolicy<Hooks extends keyof Policy = keyof Policy>(
  policy: Pick<Policy, NoInfer<Hooks>>,
): Pick<Policy, Hooks> {
  return policy;
}
