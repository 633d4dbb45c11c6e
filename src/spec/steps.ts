import { nearest } from '../contract/nearest.ts';
import type { AllocFunction, IntDist, OnFail, StepPlan } from '../contract/plan.ts';
import type { Located } from './document.ts';
import { type Findings, oneOf, quote } from './findings.ts';
import { type Caller, readGfp } from './gfp.ts';
import { SIZE } from './quantity.ts';
import {
  booleanOf,
  COUNT_DIST,
  type DistKind,
  DURATION_DIST,
  distribution,
  duration,
  field,
  greatestOf,
  integerOf,
  ORDER_DIST,
  textOf,
} from './values.ts';

/** A place in the file that allocates, for the checks of goals and the estimate. */
export interface AllocSite {
  gfp: number;
  /** Bit set of the orders it can ask for. */
  orders: number;
}

const ALLOC_CALLS: Readonly<Record<string, AllocFunction>> = {
  alloc_pages: 'alloc_pages',
  alloc_page: 'alloc_pages',
  __get_free_pages: '__get_free_pages',
  get_free_pages: '__get_free_pages',
  get_zeroed_page: 'get_zeroed_page',
};
const FREE_CALLS = ['free_pages', '__free_pages', 'free_page'];

const MAX_BLOCK_ORDER = 10;

const blockSizeDist = (pageBytes: number): DistKind => ({
  quantity: SIZE,
  noun: 'a size',
  kinds: ['uniform', 'choice'],
  expected: 'a size such as 12KiB, or {uniform: [1KiB, 9KiB]}, {choice: {4KiB: 5, 32KiB: 1}}',
  check(findings, node, text, bytes) {
    if (bytes >= 1 && bytes <= pageBytes << MAX_BLOCK_ORDER) return bytes;
    const message = bytes === 0 ? 'a block of no size' : `${quote(text)} is more than the largest block`;
    findings.error(node, 'E-BLOCK-SIZE', message, {
      expected: `1B to ${pageBytes >> 10}MiB (order 10, 1024 pages)`,
    });
    return undefined;
  },
});

/** Order of the smallest block that holds so many bytes. Source: include/asm-i386/page.h, get_order() */
export function getOrder(bytes: number, pageBytes: number): number {
  let order = 0;
  while (pageBytes * 2 ** order < bytes) order++;
  return order;
}

/** A distribution of sizes as one of orders, exactly: each order weighs as many bytes of the range as it takes. */
export function orderOfSize(size: IntDist, pageBytes: number): IntDist {
  if (size.kind === 'constant') return { kind: 'constant', value: getOrder(size.value, pageBytes) };
  const weights = new Array<number>(11).fill(0);
  if (size.kind === 'uniform') {
    for (let order = 0, from = 1; order <= 10; order++) {
      const to = pageBytes * 2 ** order;
      weights[order] = Math.max(0, Math.min(to, size.high) - Math.max(from, size.low) + 1);
      from = to + 1;
    }
  } else if (size.kind === 'choice') {
    for (let i = 0, before = 0; i < size.values.length; i++) {
      weights[getOrder(size.values[i], pageBytes)] += size.cumulative[i] - before;
      before = size.cumulative[i];
    }
  }
  const values: number[] = [];
  const cumulative: number[] = [];
  let total = 0;
  for (let order = 0; order <= 10; order++) {
    if (weights[order] === 0) continue;
    values.push(order);
    cumulative.push((total += weights[order]));
  }
  return values.length === 1
    ? { kind: 'constant', value: values[0] }
    : { kind: 'choice', values, cumulative };
}

function ordersOf(dist: IntDist): number {
  let set = 0;
  if (dist.kind === 'constant') set = 1 << dist.value;
  else if (dist.kind === 'uniform') for (let order = dist.low; order <= dist.high; order++) set |= 1 << order;
  else if (dist.kind === 'choice') for (const order of dist.values) set |= 1 << order;
  return set;
}

/** What a run knows of a block name at one point. */
interface Block {
  place: Located;
  live: boolean;
  freedAt: Located | null;
  orders: number;
  call: AllocFunction;
}

/** Reads the steps of one task, checking the life of its blocks. */
export class StepReader {
  readonly sites: AllocSite[] = [];
  /** Every step could be read: what is not among the sites does not exist. */
  whole = true;
  /** Every block that is allocated has a name that could be read. */
  private namesKnown = true;
  private readonly findings: Findings;
  private readonly caller: Omit<Caller, 'wantsAddress'>;
  private readonly pageBytes: number;

  constructor(findings: Findings, caller: Omit<Caller, 'wantsAddress'>, pageBytes: number) {
    this.findings = findings;
    this.caller = caller;
    this.pageBytes = pageBytes;
  }

  read(node: Located | undefined): StepPlan[] {
    return this.list(node, new Map(), null);
  }

  private lose(): void {
    this.whole = false;
    this.namesKnown = false;
  }

  /**
   * @param blocks names of this body
   * @param outer  names of the bodies around it
   */
  private list(
    node: Located | undefined,
    blocks: Map<string, Block>,
    outer: Map<string, Block> | null,
  ): StepPlan[] {
    const plan: StepPlan[] = [];
    if (node?.items == null || node.items.length === 0) this.lose();
    for (const item of node?.items ?? []) {
      if (item.entries === null || item.entries.size === 0) this.lose();
      // One each; where there are more, that is told, and the others are looked at all the same.
      for (const [name, body] of item.entries ?? []) plan.push(...this.step(name, body, blocks, outer));
    }
    return plan;
  }

  private step(
    name: string,
    body: Located,
    blocks: Map<string, Block>,
    outer: Map<string, Block> | null,
  ): StepPlan[] {
    let step: StepPlan | undefined;
    if (Object.hasOwn(ALLOC_CALLS, name)) step = this.alloc(name, body, blocks, outer);
    else if (name === 'hold') {
      const us = distribution(this.findings, body, DURATION_DIST);
      if (us !== undefined) step = { kind: 'hold', us };
    } else if (FREE_CALLS.includes(name)) step = this.free(name, body, blocks, outer);
    else if (name === 'repeat') step = this.repeat(body, blocks, outer);
    else this.lose();
    if (step === undefined) this.whole = false;
    return step === undefined ? [] : [step];
  }

  private alloc(
    name: string,
    node: Located,
    blocks: Map<string, Block>,
    outer: Map<string, Block> | null,
  ): StepPlan | undefined {
    const { findings } = this;
    const call = ALLOC_CALLS[name];
    const order = this.orderOf(node);
    const gfp = readGfp(findings, field(node, 'gfp'), {
      ...this.caller,
      wantsAddress: call !== 'alloc_pages',
    });
    const onFail = this.onFail(field(node, 'on_fail'));
    const asNode = field(node, 'as');
    const as = textOf(asNode);
    const orders = order === undefined ? 0x7ff : ordersOf(order);
    if (as !== undefined && asNode !== undefined) {
      const earlier = blocks.get(as) ?? outer?.get(as);
      if (earlier?.live) {
        const { line } = findings.position(earlier.place.start);
        const message = `${quote(as)} is still held from line ${line}`;
        findings.error(asNode, 'E-BLOCK-LIVE', message, {
          expected: `another name, or a \`free_pages: ${as}\` before it`,
        });
      }
      blocks.set(as, { place: asNode, live: true, freedAt: null, orders, call });
    }
    if (asNode === undefined || as === undefined || findings.isFaulty(asNode)) this.namesKnown = false;
    if (gfp !== undefined) this.sites.push({ gfp, orders });
    if (as === undefined || order === undefined || gfp === undefined || onFail === undefined)
      return undefined;
    const { line, column } = findings.position(node.key?.start ?? node.start);
    return { kind: 'alloc', call, as, order, gfp, onFail, line, column };
  }

  private orderOf(node: Located): IntDist | undefined {
    const size = field(node, 'size');
    if (size !== undefined) {
      const dist = distribution(this.findings, size, blockSizeDist(this.pageBytes));
      return dist === undefined ? undefined : orderOfSize(dist, this.pageBytes);
    }
    const order = field(node, 'order');
    return order === undefined
      ? { kind: 'constant', value: 0 }
      : distribution(this.findings, order, ORDER_DIST);
  }

  private onFail(node: Located | undefined): OnFail | undefined {
    if (node === undefined) return { kind: 'skip' };
    if (node.value === 'skip' || node.value === 'abandon') return { kind: node.value };
    const retry = field(node, 'retry');
    const gapUs = duration(this.findings, field(retry, 'every'), 1);
    const times = integerOf(field(retry, 'times'));
    return gapUs === undefined || times === undefined ? undefined : { kind: 'retry', gapUs, times };
  }

  private free(
    name: string,
    node: Located,
    blocks: Map<string, Block>,
    outer: Map<string, Block> | null,
  ): StepPlan | undefined {
    const { findings } = this;
    const nameNode = node.entries === null ? node : field(node, 'block');
    const block = textOf(nameNode);
    if (block === undefined || nameNode === undefined) return undefined;
    const coldNode = field(node, 'cold');
    const cold = booleanOf(coldNode, false);
    const known = blocks.get(block);
    if (known === undefined) {
      if (outer?.has(block)) {
        const message = `${quote(block)} was allocated outside this repeat, and would be freed again in every turn`;
        findings.error(nameNode, 'E-BLOCK-SCOPE', message, {
          expected: 'the free behind the repeat, or the allocation inside',
        });
      } else {
        const names = [...blocks.keys()];
        const suggestions = nearest(block, names);
        // It may be the one whose name could not be read.
        if (!this.namesKnown && suggestions.length === 0) return undefined;
        findings.error(nameNode, 'E-BLOCK-UNKNOWN', `no earlier step allocates ${quote(block)}`, {
          expected: names.length > 0 ? oneOf(names) : 'a block that an earlier step of this run allocated',
          suggestions,
        });
      }
      return undefined;
    }
    if (!known.live) {
      const { line } = findings.position(known.freedAt?.start ?? 0);
      findings.error(nameNode, 'E-BLOCK-FREED', `${quote(block)} was freed on line ${line} already`, {
        expected: 'one free a block',
      });
      return undefined;
    }
    known.live = false;
    known.freedAt = nameNode;
    if (name === 'free_page' && (known.orders & ~1) !== 0) {
      const message = `free_page gives back one page, and ${quote(block)} may have more`;
      findings.error(node.key ?? nameNode, 'E-FREE-ORDER', message, {
        expected: '`free_pages`',
        suggestions: ['free_pages'],
      });
    }
    if (cold && coldNode !== undefined && (known.orders & 1) === 0) {
      const message = `${quote(block)} never is a single page: only those have per-CPU lists, hot or cold`;
      findings.warning(coldNode, 'W-FREE-COLD', message, { expected: 'no `cold`' });
    }
    return {
      kind: 'free',
      call: known.call === 'alloc_pages' ? '__free_pages' : 'free_pages',
      name: block,
      cold,
    };
  }

  private repeat(
    node: Located,
    blocks: Map<string, Block>,
    outer: Map<string, Block> | null,
  ): StepPlan | undefined {
    const { findings } = this;
    const times = distribution(findings, field(node, 'times'), COUNT_DIST);
    if (times !== undefined && greatestOf(times) === 0) {
      const timesNode = field(node, 'times') ?? node;
      findings.error(timesNode, 'E-RANGE', 'a repeat of 0 times does nothing', { expected: 'at least 1' });
    }
    const around = new Map([...(outer ?? []), ...blocks]);
    const inner = new Map<string, Block>();
    const run = this.list(field(node, 'run'), inner, around);
    // What the turns leave held is the enclosing body's to free, all of a name at once.
    for (const [name, block] of inner) if (!blocks.get(name)?.live) blocks.set(name, block);
    return times === undefined ? undefined : { kind: 'repeat', times, run };
  }
}
