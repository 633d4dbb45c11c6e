/**
 * What a player's file imports from 'oomph': `definePolicy`, and the types behind its two parameters.
 * The whole contract, with budgets and faults, is docs/policy.md.
 */

/** What every hook is told. Numbers all; a field reads the request being decided now, also from a kept `request`. */
export interface BaseRequest {
  /** gfp mask of the request: GFP_ bits of `mem`. */
  readonly gfp: number;
  /** 2^order pages are wanted, 0..10. */
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

/** Memory as the kernel could see it at this moment: read only, no function ever throws. */
export interface Mem {
  /** Answer of every hook: do what Linux does. */
  readonly AS_LINUX: -1;

  readonly DMA: 0;
  readonly NORMAL: 1;
  readonly HIGHMEM: 2;
  readonly DMA_ONLY: number;
  readonly NORMAL_ONLY: number;
  readonly HIGHMEM_ONLY: number;
  readonly NORMAL_DMA: number;
  readonly DMA_NORMAL: number;
  readonly HIGHMEM_NORMAL: number;
  readonly HIGHMEM_DMA: number;
  readonly HIGHMEM_NORMAL_DMA: number;

  /** Answers of `placement`. */
  readonly HEAD: 0;
  readonly TAIL: 1;

  /** include/linux/mmzone.h: orders are 0..MAX_ORDER-1. */
  readonly MAX_ORDER: 11;

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
  readonly CTX_MEMALLOC: 1;
  readonly CTX_REALTIME: 2;
  readonly CTX_SOFTIRQ: 4;
  readonly CTX_HARDIRQ: 8;

  /** Values of `request.owner` and `mem.owner()`. */
  readonly USER: 0;
  readonly KERNEL: 1;
  readonly PAGE_CACHE: 2;
  readonly DRIVER: 3;

  /** Page frames of RAM: pfns are 0..nrPages-1. */
  readonly nrPages: number;
  readonly cpus: number;
  /** sysctl vm.lower_zone_protection: by how much more a zone passed over raises the mark of the next. */
  readonly lowerZoneProtection: number;

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
}

/** `export default definePolicy({ zonelist(request, mem) { ... } })`: gives the parameters their types. */
export function definePolicy(policy: Policy): Policy {
  return policy;
}
