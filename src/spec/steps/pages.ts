import type { AllocFunction, IntDist } from '../../contract/plan.ts';
import type { Located } from '../document.ts';
import { quote } from '../findings.ts';
import { readGfp } from '../gfp.ts';
import { SIZE } from '../quantity.ts';
import { booleanOf, type DistKind, distribution, field, integerOf, ORDER_DIST, textOf } from '../values.ts';
import { isAgain, type RunReader, type StepReader } from './run.ts';

const MAX_BLOCK_ORDER = 10;

const blockSizeDist = (pageBytes: number): DistKind => ({
  quantity: SIZE,
  noun: 'a size',
  kinds: ['uniform', 'choice', 'in_turn'],
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
  if (size.kind === 'in_turn')
    return { kind: 'in_turn', values: size.values.map(bytes => getOrder(bytes, pageBytes)) };
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
  else if (dist.kind === 'choice' || dist.kind === 'in_turn')
    for (const order of dist.values) set |= 1 << order;
  return set;
}

const alloc =
  (call: AllocFunction): StepReader =>
  (run, _, node, scope) => {
    const order = orderOf(run, node);
    const gfp = readGfp(run.findings, field(node, 'gfp'), run.caller(call !== 'alloc_pages'));
    const onFail = run.onFail(field(node, 'on_fail'));
    const orders = order === undefined ? 0 : ordersOf(order);
    const as = run.take(node, scope, 'block', { orders, call });
    if (gfp !== undefined) run.sites.push({ gfp, orders: orders === 0 ? 0x7ff : orders });
    if (as === undefined || order === undefined || gfp === undefined || onFail === undefined)
      return undefined;
    return { kind: 'alloc', call, as, order, gfp, onFail, ...run.position(node) };
  };

function orderOf(run: RunReader, node: Located): IntDist | undefined {
  const size = field(node, 'size');
  const { pageBytes } = run.frame;
  if (size !== undefined) {
    const dist = distribution(run.findings, size, blockSizeDist(pageBytes));
    return dist === undefined ? undefined : orderOfSize(dist, pageBytes);
  }
  const order = field(node, 'order');
  return order === undefined ? { kind: 'constant', value: 0 } : distribution(run.findings, order, ORDER_DIST);
}

const free: StepReader = (run, name, node, scope) => {
  const { findings } = run;
  const nameNode = node.entries === null ? node : field(node, 'block');
  const block = textOf(nameNode);
  const coldNode = field(node, 'cold');
  const cold = booleanOf(coldNode, false);
  const again = isAgain(node);
  const held = run.give(nameNode, scope, name, 'block', again);
  if (held === undefined || block === undefined || nameNode === undefined) return undefined;
  if (name === 'free_page' && (held.orders & ~1) !== 0) {
    const message = `free_page gives back one page, and ${quote(block)} may have more`;
    findings.error(node.key ?? nameNode, 'E-FREE-ORDER', message, {
      expected: '`free_pages`',
      suggestions: ['free_pages'],
    });
  }
  if (cold && coldNode !== undefined && held.orders !== 0 && (held.orders & 1) === 0) {
    const message = `${quote(block)} never is a single page: only those have per-CPU lists, hot or cold`;
    findings.warning(coldNode, 'W-FREE-COLD', message, { expected: 'no `cold`' });
  }
  const [mapping] = held.mapped.values();
  if (mapping !== undefined && !again && run.whole) {
    const { line } = findings.position(mapping.place.start);
    const message = `${quote(block)} is freed while the ${mapping.by} of line ${line} stands: its address leads to what is there next`;
    findings.warning(nameNode, 'W-FREE-MAPPED', message, {
      expected: `${mapping.by === 'kmap' ? 'a `kunmap' : 'an `unmap_page'}: ${block}\` before it`,
    });
  }
  const wrongNode = field(node, 'wrong_order');
  const wrongOrder = integerOf(wrongNode);
  if (wrongNode !== undefined && wrongOrder !== undefined && held.orders === 1 << wrongOrder) {
    const message = `order ${quote(wrongNode.source)} is the right one of ${quote(block)}`;
    findings.error(wrongNode, 'E-FREE-ORDER', message, { expected: 'another order, or no `wrong_order`' });
  }
  return {
    kind: 'free',
    call: held.call === 'alloc_pages' ? '__free_pages' : 'free_pages',
    name: block,
    cold,
    ...(again ? { again } : {}),
    ...(wrongOrder === undefined ? {} : { wrongOrder }),
  };
};

export const PAGE_STEPS: Readonly<Record<string, StepReader>> = {
  alloc_pages: alloc('alloc_pages'),
  alloc_page: alloc('alloc_pages'),
  __get_free_pages: alloc('__get_free_pages'),
  get_free_pages: alloc('__get_free_pages'),
  get_zeroed_page: alloc('get_zeroed_page'),
  free_pages: free,
  __free_pages: free,
  free_page: free,
};
