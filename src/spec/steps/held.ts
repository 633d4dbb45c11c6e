import { nearest } from '../../contract/nearest.ts';
import type { AllocFunction } from '../../contract/plan.ts';
import type { Located } from '../document.ts';
import { type Findings, oneOf, quote } from '../findings.ts';

/** What a name of a run may stand for: the kinds differ in the step that gives them back. */
export type HeldKind = 'block' | 'kmalloc' | 'object' | 'vmalloc' | 'area' | 'buffer';

const KINDS: Readonly<Record<HeldKind, { freedBy: string; words: string }>> = {
  block: { freedBy: 'free_pages', words: 'a block of pages' },
  kmalloc: { freedBy: 'kfree', words: 'memory of kmalloc' },
  object: { freedBy: 'kmem_cache_free', words: 'an object of a cache' },
  vmalloc: { freedBy: 'vfree', words: 'memory of vmalloc' },
  buffer: { freedBy: 'free_buffer', words: 'a buffer' },
  area: { freedBy: 'munmap', words: 'an area of mmap' },
};

/** A page that a step mapped, and the body in which: only there it can be undone as often as it was done. */
export interface Mapping {
  place: Located;
  scope: Scope;
  by: 'kmap' | 'map_page';
}

/** What a run knows of a name at one point. */
export interface Held {
  kind: HeldKind;
  place: Located;
  live: boolean;
  freedAt: Located | null;
  /** Bit set of the orders that a block may have; 0 where that could not be read. */
  orders: number;
  call: AllocFunction;
  /** Number of the cache of an object; NIL for what comes from none that is known. */
  cache: number;
  /** Bytes that it has in every run; Infinity where that could not be read. */
  bytes: number;
  /** Pages of it that kmap() holds, by page. */
  mapped: Map<number, Mapping>;
}

export function newHeld(kind: HeldKind, place: Located, facts: Partial<Held> = {}): Held {
  return {
    kind,
    place,
    live: true,
    freedAt: null,
    orders: 0,
    call: 'alloc_pages',
    cache: -1,
    bytes: Number.POSITIVE_INFINITY,
    mapped: new Map(),
    ...facts,
  };
}

/** The names of one body (a run, or the steps of a `repeat`) and those of the bodies around it. */
export class Scope {
  readonly names: Map<string, Held> = new Map();
  readonly outer: Map<string, Held>;

  constructor(parent: Scope | null) {
    this.outer = parent === null ? new Map() : new Map([...parent.outer, ...parent.names]);
  }

  /** What the turns of a repeat leave held is the enclosing body's to give back, all of a name at once. */
  takeOver(inner: Scope): void {
    for (const [name, held] of inner.names) if (!this.names.get(name)?.live) this.names.set(name, held);
  }
}

/** Gives a name to something new. */
export function hold(findings: Findings, scope: Scope, name: string, held: Held): void {
  const earlier = scope.names.get(name) ?? scope.outer.get(name);
  if (earlier?.live) {
    const { line } = findings.position(earlier.place.start);
    const { freedBy } = KINDS[earlier.kind];
    findings.error(held.place, 'E-BLOCK-LIVE', `${quote(name)} is still held from line ${line}`, {
      expected: `another name, or a \`${freedBy}: ${name}\` before it`,
    });
  }
  scope.names.set(name, held);
}

export interface Search {
  kinds: readonly HeldKind[];
  /** The step, as messages call it. */
  step: string;
  /** `free`: it is given back, and so must be the body's own. `use`: it is held. `again`: it was given back before. */
  purpose: 'free' | 'use' | 'again';
  /** Names were lost to other faults: one of them may be meant. */
  namesKnown: boolean;
  /** Every step so far could be read: what they did not do, none did. */
  whole: boolean;
  /** Names that were told to be unknown: once is enough. */
  unknownTold: Set<string>;
}

/** What a step's name stands for; undefined after a finding, or where the name may be one that could not be read. */
export function find(findings: Findings, scope: Scope, node: Located, search: Search): Held | undefined {
  const name = String(node.value);
  const { purpose, step, kinds } = search;
  const own = scope.names.get(name);
  const outer = scope.outer.get(name);
  const held = own ?? outer;
  if (held === undefined) {
    unknown(findings, scope, node, search);
    return undefined;
  }
  if (!kinds.includes(held.kind)) {
    const { words, freedBy } = KINDS[held.kind];
    const takes = kinds.map(kind => KINDS[kind].words);
    const isFree = purpose !== 'use' && step !== 'touch';
    findings.error(node, 'E-BLOCK-KIND', `${quote(name)} is ${words}, and ${step} takes ${oneOf(takes)}`, {
      expected: isFree ? `\`${freedBy}: ${name}\`` : `the name of ${oneOf(takes)}`,
      suggestions: isFree ? [freedBy] : [],
    });
    return undefined;
  }
  if (purpose === 'again') {
    if (!held.live) return held;
    if (!search.whole) return undefined;
    const { line } = findings.position(held.place.start);
    findings.error(
      node,
      'E-AGAIN',
      `${quote(name)} is held since line ${line}: \`again\` is for what was freed`,
      {
        expected: `no \`again\`, or a \`${KINDS[held.kind].freedBy}: ${name}\` before it`,
      },
    );
    return undefined;
  }
  if (own === undefined && purpose === 'free') {
    const message = `${quote(name)} was allocated outside this repeat, and would be freed again in every turn`;
    findings.error(node, 'E-BLOCK-SCOPE', message, {
      expected: 'the free behind the repeat, or the allocation inside',
    });
    return undefined;
  }
  if (!held.live) {
    const { line } = findings.position(held.freedAt?.start ?? 0);
    findings.error(node, 'E-BLOCK-FREED', `${quote(name)} was freed on line ${line} already`, {
      expected:
        purpose === 'free'
          ? 'one free a block, or `again: true` where the bug is meant'
          : `the ${step} before it${step === 'touch' ? ', or `again: true` where the bug is meant' : ''}`,
    });
    return undefined;
  }
  return held;
}

function unknown(findings: Findings, scope: Scope, node: Located, search: Search): void {
  const name = String(node.value);
  const all = new Map([...scope.outer, ...scope.names]);
  const names = [...all].filter(([, held]) => search.kinds.includes(held.kind)).map(([known]) => known);
  const suggestions = nearest(name, names);
  if (search.unknownTold.has(name) || (!search.namesKnown && suggestions.length === 0)) return;
  search.unknownTold.add(name);
  findings.error(node, 'E-BLOCK-UNKNOWN', `no earlier step allocates ${quote(name)}`, {
    expected: names.length > 0 ? oneOf(names) : 'a block that an earlier step of this run allocated',
    suggestions,
  });
}
