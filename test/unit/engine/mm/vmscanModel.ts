/**
 * One zone's LRU, as slowly and plainly as it can be said: arrays of objects, index 0 the newest. Written from the kernel's
 * text alone, to compare the engine with.
 */
export interface ModelPage {
  readonly pfn: number;
  /** Where it is read from: a file, or swap once it has a slot. */
  backing: 'file' | 'none' | 'swap';
  mapped: boolean;
  young: boolean;
  pteDirty: boolean;
  referenced: boolean;
  dirty: boolean;
  writeback: boolean;
  reclaim: boolean;
  locked: boolean;
  active: boolean;
  /** References beside those of the page table and of the cache. */
  others: number;
}

export interface Round {
  maxScan: number;
  nrPages: number;
  mayIo: boolean;
  mayFs: boolean;
  kswapd: boolean;
  congested: boolean;
  writing: boolean;
  prevPriority: number;
  swappiness: number;
  mappedPercent: number;
}

export class ModelZone {
  active: ModelPage[] = [];
  inactive: ModelPage[] = [];
  freed: number[] = [];
  /** Pages back on a list whose last holder's reference waits in a pagevec: met again so soon, they look used. */
  putBack: ModelPage[] = [];
  written: number[] = [];
  refillCounter = 0;
  nrMapped = 0;
  scanned = 0;
  refilled = 0;
  readonly swapTotal: number;
  swapFree: number;

  constructor(swapSlots: number) {
    this.swapTotal = swapSlots;
    this.swapFree = swapSlots;
  }

  shrinkZone(round: Round): number {
    const ratio = Math.floor((round.nrPages * this.active.length) / ((this.inactive.length | 1) * 2));
    this.refillCounter += ratio + 1;
    if (this.refillCounter > 32) {
      const count = Math.min(this.refillCounter, 128);
      this.refillCounter -= count;
      this.refillInactive(count, round);
    }
    return this.shrinkCache(round);
  }

  private refillInactive(count: number, round: Round): void {
    const tendency =
      Math.floor(round.mappedPercent / 2) + Math.floor(100 / 2 ** round.prevPriority) + round.swappiness;
    const oldestFirst = this.active.splice(Math.max(0, this.active.length - count)).reverse();
    this.refilled += oldestFirst.length;
    const down: ModelPage[] = [];
    const stay: ModelPage[] = [];
    for (const page of oldestFirst) {
      if (page.mapped) {
        if (wasUsed(page) || tendency < 100) {
          stay.push(page);
          continue;
        }
      }
      if (this.swapTotal === 0 && page.backing === 'none') stay.push(page);
      else down.push(page);
    }
    for (const page of down) {
      page.active = false;
      this.inactive.unshift(page);
    }
    for (const page of stay) this.active.unshift(page);
  }

  private shrinkCache(round: Round): number {
    const batch = Math.max(round.nrPages, 32);
    let budget = round.maxScan;
    let freed = 0;
    this.putBack = [];
    while (budget > 0 && freed < round.nrPages) {
      const taken = this.inactive.splice(Math.max(0, this.inactive.length - batch)).reverse();
      if (taken.length === 0) return freed;
      budget -= taken.length + 1;
      this.scanned += taken.length + 1;
      const kept: ModelPage[] = [];
      for (const page of taken) {
        const verdict = this.judge(page, round);
        if (verdict === 'free') {
          this.freed.push(page.pfn);
          freed++;
          continue;
        }
        if (verdict === 'activate') page.active = true;
        kept.push(page);
      }
      for (const page of kept) {
        (page.active ? this.active : this.inactive).unshift(page);
        this.putBack.push(page);
        if (this.putBack.length === 16) this.putBack = [];
      }
    }
    return freed;
  }

  private judge(page: ModelPage, round: Round): 'keep' | 'activate' | 'free' {
    if (page.locked) return 'keep';
    if (page.mapped || page.backing === 'swap') this.nrMapped++;
    const mayEnterFs = round.mayFs || (page.backing === 'swap' && round.mayIo);
    if (page.writeback) return 'keep';
    const held = page.others > 0 || this.putBack.includes(page);
    const inUse = page.mapped || page.backing === 'swap';
    const used = wasUsed(page);
    if (used && inUse) return 'activate';
    if (page.mapped && page.backing === 'none') {
      if (this.swapFree === 0) return 'activate';
      this.swapFree--;
      page.backing = 'swap';
      page.dirty = true;
    }
    if (page.mapped) {
      page.mapped = false;
      page.young = false;
      if (page.pteDirty) page.dirty = true;
    }
    if (page.dirty) {
      if (used || held || !mayEnterFs) return 'keep';
      const mayWrite = page.backing === 'swap' || round.kswapd || round.writing || !round.congested;
      if (!mayWrite) return 'keep';
      page.dirty = false;
      page.writeback = true;
      page.reclaim = true;
      this.written.push(page.pfn);
      return 'keep';
    }
    return held ? 'keep' : 'free';
  }

  /** The disk has written a page. */
  endWriteback(page: ModelPage): void {
    page.writeback = false;
    const wanted = page.reclaim;
    page.reclaim = false;
    if (!wanted || page.locked || page.dirty || page.active) return;
    this.inactive.splice(this.inactive.indexOf(page), 1);
    this.inactive.push(page);
  }
}

function wasUsed(page: ModelPage): boolean {
  const used = page.referenced || (page.mapped && page.young);
  page.referenced = false;
  if (page.mapped) page.young = false;
  return used;
}
