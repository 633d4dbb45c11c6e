/**
 * Steps that bring the free lists of a zone, empty of users at boot, to a given number of blocks of each order.
 *
 * All of the zone is taken in pieces, largest first. A block that is to be free is taken together with its buddy, which
 * stays; blocks that are to hold smaller ones are given back before those are taken. At the end the free ones go back,
 * and nothing joins them, because every buddy has a page in use.
 */
import { ORDERS } from './machineState.ts';

const TOP = ORDERS - 1;
/** Blocks of one order at most: a tape has room for some. */
const MOST_BLOCKS = 400_000;

export interface FillStep {
  /** Orders that one turn takes, in this order, by the name of the block. */
  take?: { turns: number; blocks: { as: string; order: number }[] };
  give?: { name: string; order: number };
}

export interface FillPlan {
  /** What takes all of the zone. */
  steps: FillStep[];
  /** Single pages go back, when every zone is full. */
  singles: FillStep[];
  /** What goes back at the very end. */
  end: FillStep[];
  /** Blocks of each order that are then free. */
  reached: number[];
}

/**
 * Pages that the boot leaves in the hot list of the first CPU: it frees one after the other, and a full list gives a batch
 * on. Source: mm/page_alloc.c of 2.6.0, free_hot_cold_page()
 */
export function bootHeld(pages: number, batch: number): number {
  const high = 6 * batch;
  return pages <= high ? pages : pages - batch * Math.ceil((pages - high) / batch);
}

/** Blocks of each order that the boot leaves. Source: mm/page_alloc.c, __free_pages_bulk(): indices count in the zone */
export function bootLists(pages: number, batch: number): number[] {
  const lists = new Array<number>(ORDERS).fill(0);
  const end = pages - bootHeld(pages, batch);
  for (let at = 0; at < end; ) {
    let order = 0;
    while (order < TOP && at % 2 ** (order + 1) === 0 && at + 2 ** (order + 1) <= end) order++;
    lists[order]++;
    at += 2 ** order;
  }
  return lists;
}

/** Pages that a refill moves. Source: mm/page_alloc.c of 2.6.0, free_area_init_core() */
export function batchOf(pages: number, pageBytes: number): number {
  return Math.max(1, Math.min(pages >> 10, (256 * 1024) / pageBytes) >> 2);
}

/** How single pages get onto the buddy's list, past the CPU's own. */
interface Singles {
  /** Pairs of which one half is to be free, and of which both are given back, to be taken again as a block of order 1. */
  halves: number;
  wholes: number;
  /** Pages that stay in the CPU's cold list. */
  held: number;
}

/**
 * Single pages that can be on the list: whatever goes there goes in batches, so that with an even batch the free pages
 * of a zone are even, always.
 */
export const reachableSingles = (wanted: number, batch: number): number =>
  batch % 2 === 0 ? wanted - (wanted % 2) : wanted;

/**
 * Single pages go to a CPU's list first, and on in batches: so many must be given back that the wanted number has gone
 * on, which is a whole number of batches. What is too much is given back in pairs, which join, and taken as blocks.
 */
function singlesFor(wanted: number, batch: number): Singles {
  const halves = reachableSingles(wanted, batch);
  if (halves === 0) return { halves, wholes: 0, held: 0 };
  let batches = Math.ceil(halves / batch);
  if ((batches * batch - halves) % 2 === 1) batches++;
  return { halves, wholes: (batches * batch - halves) / 2, held: batch + 1 };
}

/**
 * Pairs of single pages that must be taken, and blocks of each order that must be broken up for the lists below.
 *
 * @param pieces blocks below the highest order that the boot leaves: their buddies are in use already
 */
function brokenFor(target: readonly number[], pieces: readonly number[], batch: number): number[] {
  const singles = singlesFor(target[0], batch);
  const broken = new Array<number>(ORDERS + 1).fill(0);
  broken[1] = singles.halves + singles.wholes + Math.ceil(singles.held / 2);
  for (let order = 2; order <= TOP; order++) {
    const { free, part } = piecesFor(target, broken, pieces, order - 1);
    const wanted = target[order - 1] - free;
    broken[order] = Math.max(wanted, Math.ceil((wanted + broken[order - 1] - part) / 2));
  }
  return broken;
}

/** What becomes of the pieces that the boot leaves: free as they are, or broken up for the lists below. */
function piecesFor(
  target: readonly number[],
  broken: readonly number[],
  pieces: readonly number[],
  order: number,
): { free: number; part: number } {
  const free = Math.min(pieces[order], target[order]);
  return { free, part: Math.min(pieces[order] - free, broken[order]) };
}

/** Whether there are blocks enough of the highest order. */
function fits(target: readonly number[], pages: number, batch: number): boolean {
  const lists = bootLists(pages, batch);
  return target[TOP] + brokenFor(target, lists, batch)[TOP] <= lists[TOP];
}

/** Pages that a zone must have at least for these lists. */
export function pagesFor(target: readonly number[], batch: number): number {
  return (target[TOP] + brokenFor(target, new Array<number>(ORDERS).fill(0), batch)[TOP] + 1) * 2 ** TOP;
}

/**
 * @param target  blocks of each order that are to be free; what the zone cannot have is left out, largest first
 * @param prefix  of the names of blocks: lowercase letters
 * @param pages   of the zone
 */
export function fillPlan(
  target: readonly number[],
  prefix: string,
  pages: number,
  pageBytes: number,
): FillPlan {
  const batch = batchOf(pages, pageBytes);
  const reached = target.map(count => Math.min(count, MOST_BLOCKS));
  reached[0] = reachableSingles(reached[0], batch);
  for (let order = TOP; order >= 0 && !fits(reached, pages, batch); order--) {
    let low = 0;
    for (let high = reached[order]; low < high; ) {
      const middle = (low + high + 1) >> 1;
      reached[order] = middle;
      if (fits(reached, pages, batch)) low = middle;
      else high = middle - 1;
    }
    reached[order] = low;
  }
  return { ...new Filler(reached, pages, batch, prefix).plan(), reached };
}

class Filler {
  private steps: FillStep[] = [];
  private readonly end: FillStep[] = [];
  private names = 0;
  private readonly target: readonly number[];
  private readonly pages: number;
  private readonly batch: number;
  private readonly prefix: string;

  constructor(target: readonly number[], pages: number, batch: number, prefix: string) {
    this.target = target;
    this.pages = pages;
    this.batch = batch;
    this.prefix = prefix;
  }

  plan(): Omit<FillPlan, 'reached'> {
    const { target, batch } = this;
    const lists = bootLists(this.pages, batch);
    const broken = brokenFor(target, lists, batch);
    const free = this.name('free', TOP);
    this.take(target[TOP], [[free, TOP]]);
    this.giveAtEnd(free, TOP, target[TOP]);
    this.take(lists[TOP] - target[TOP] - broken[TOP], [[this.name('used', TOP), TOP]]);
    for (let order = TOP - 1; order >= 1; order--) {
      const pieces = piecesFor(target, broken, lists, order);
      const [whole, part] = [this.name('free', order), this.name('part', order)];
      this.take(pieces.free, [[whole, order]]);
      this.giveAtEnd(whole, order, pieces.free);
      this.take(pieces.part, [[part, order]]);
      this.take(lists[order] - pieces.free - pieces.part, [[this.name('used', order), order]]);
      this.split(order, broken[order + 1], target[order] - pieces.free, broken[order] - pieces.part);
      this.give(part, order, pieces.part);
    }
    const steps = this.singles(
      broken[1],
      bootHeld(this.pages, batch) + lists[0],
      singlesFor(target[0], batch),
    );
    return { steps, singles: this.steps, end: this.end };
  }

  /** `pairs` blocks of the next order come apart: halves that are to be free, to be broken, or used. */
  private split(order: number, pairs: number, free: number, broken: number): void {
    const withBroken = Math.min(free, broken);
    const names = ['free', 'part', 'free', 'used', 'part', 'part', 'part', 'used'].map(what =>
      this.name(what, order),
    );
    const [freeA, partA, freeB, usedB, partC, partD, partE, usedE] = names;
    this.take(withBroken, [
      [freeA, order],
      [partA, order],
    ]);
    this.take(free - withBroken, [
      [freeB, order],
      [usedB, order],
    ]);
    const left = broken - withBroken;
    const both = Math.floor(left / 2);
    this.take(both, [
      [partC, order],
      [partD, order],
    ]);
    this.take(left % 2, [
      [partE, order],
      [usedE, order],
    ]);
    this.take(2 * (pairs - free - both - (left % 2)), [[this.name('used', order), order]]);
    this.giveAtEnd(freeA, order, withBroken);
    this.giveAtEnd(freeB, order, free - withBroken);
    this.give(partA, order, withBroken);
    this.give(partC, order, both);
    this.give(partD, order, both);
    this.give(partE, order, left % 2);
  }

  /** @param first single pages that are there before any block comes apart */
  private singles(pairs: number, first: number, { halves, wholes, held }: Singles): FillStep[] {
    const [free, used, one, other, keep] = ['free', 'used', 'pair', 'pair', 'held'].map(what =>
      this.name(what, 0),
    );
    let toTake = first + 2 * pairs;
    const take = (turns: number, blocks: [string, number][]): void => {
      this.take(turns, blocks);
      toTake -= turns * blocks.length;
    };
    take(first, [[this.name('used', 0), 0]]);
    take(halves, [
      [free, 0],
      [used, 0],
    ]);
    take(wholes, [
      [one, 0],
      [other, 0],
    ]);
    take(held, [[keep, 0]]);
    take(toTake, [[this.name('used', 0), 0]]);
    const { steps } = this;
    this.steps = [];
    this.give(free, 0, halves);
    this.give(one, 0, wholes);
    this.give(other, 0, wholes);
    this.give(keep, 0, held);
    this.take(wholes, [[this.name('used', 1), 1]]);
    return steps;
  }

  private name(what: string, order: number): string {
    return `${this.prefix}_${what}${order}_${this.names++}`;
  }

  private take(turns: number, blocks: [string, number][]): void {
    if (turns > 0) this.steps.push({ take: { turns, blocks: blocks.map(([as, order]) => ({ as, order })) } });
  }

  private give(name: string, order: number, turns: number): void {
    if (turns > 0) this.steps.push({ give: { name, order } });
  }

  private giveAtEnd(name: string, order: number, turns: number): void {
    if (turns > 0) this.end.push({ give: { name, order } });
  }
}
