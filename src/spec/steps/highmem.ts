import { nearest } from '../../contract/nearest.ts';
import type { Located } from '../document.ts';
import { oneOf, quote } from '../findings.ts';
import { field, integerOf, textOf } from '../values.ts';
import type { Held, Mapping, Scope } from './held.ts';
import type { RunReader, StepReader } from './run.ts';

/** Refuses what needs high memory where the architecture has none. */
function hasHighmem(run: RunReader, node: Located): boolean {
  const { arch } = run.frame.machine;
  if (arch === undefined || arch.kmap !== null) return true;
  const message = `${arch.name} has no high memory: every page has its address, and nothing is mapped`;
  return run.lacks(node, 'highmem', message, 'i386, i386-pae or ppc32');
}

/** Whether the block has that page in every run. */
function hasPage(run: RunReader, node: Located, held: Held, page: number): boolean {
  let least = 0;
  while (least < 10 && (held.orders & (1 << least)) === 0) least++;
  if (page < 2 ** least) return true;
  const pages = 2 ** least;
  const what = pages === 1 ? 'one page' : `${pages} pages`;
  const message = `there is no page ${page} in a block that may have ${what}`;
  run.findings.error(node, 'E-MAP-PAGE', message, { expected: pages === 1 ? 'page 0' : `0 to ${pages - 1}` });
  return false;
}

interface Target {
  name: string;
  node: Located;
  page: number;
}

function targetOf(run: RunReader, node: Located): Target | undefined {
  const nameNode = node.entries === null ? node : field(node, 'block');
  const name = textOf(nameNode);
  if (nameNode === undefined || name === undefined || run.findings.isFaulty(nameNode)) return undefined;
  const pageNode = field(node, 'page');
  const page = pageNode === undefined ? 0 : integerOf(pageNode);
  if (page === undefined || (pageNode !== undefined && run.findings.isFaulty(pageNode))) return undefined;
  return { name, node: nameNode, page };
}

/** What undoes each mapping. */
const UNDONE_BY = { kmap: 'kunmap', map_page: 'unmap_page' } as const;

const map =
  (kind: 'kmap' | 'map_page'): StepReader =>
  (run, name, node, scope) => {
    run.acts = true;
    if (!hasHighmem(run, node)) return undefined;
    // In an interrupt Linux maps a page of its own choosing atomically.
    if (kind === 'kmap' || run.frame.context === 'process') run.maySleep(node, name);
    const target = targetOf(run, node);
    const held = run.find(target?.node, scope, { kinds: ['block'], step: name, purpose: 'use' });
    if (target === undefined || held === undefined) return undefined;
    const { page } = target;
    if (!hasPage(run, field(node, 'page') ?? target.node, held, page)) return undefined;
    const earlier = held.mapped.get(page);
    if (earlier !== undefined) {
      const { line } = run.findings.position(earlier.place.start);
      const message = `page ${page} of ${quote(target.name)} is mapped since line ${line}`;
      run.findings.error(target.node, 'E-BLOCK-LIVE', message, {
        expected: `a \`${UNDONE_BY[earlier.by]}: ${target.name}\` before it`,
      });
      return undefined;
    }
    const mapping: Mapping = { place: target.node, scope, by: kind };
    held.mapped.set(page, mapping);
    if (kind === 'map_page' && run.frame.context !== 'process') run.pageMaps.add(mapping);
    return { kind, name: target.name, page };
  };

const unmap =
  (by: 'kmap' | 'map_page'): StepReader =>
  (run, name, node, scope) => {
    const { findings } = run;
    if (!hasHighmem(run, node)) return undefined;
    if (by === 'kmap' && run.frame.context !== 'process') {
      const message = 'kunmap in an interrupt is a BUG(): it may have to wake those who wait for the pool';
      findings.warning(node.key ?? node, 'W-SLEEP-ATOMIC', message, {
        expected: 'kmap_atomic and kunmap_atomic',
      });
    }
    const target = targetOf(run, node);
    if (target === undefined) return undefined;
    const known = scope.names.get(target.name) ?? scope.outer.get(target.name);
    const isKept = known?.kind === 'block' && known.mapped.size > 0;
    const held = isKept
      ? known
      : run.find(target.node, scope, { kinds: ['block'], step: name, purpose: 'use' });
    if (held === undefined) return undefined;
    const mapping = held.mapped.get(target.page);
    if (mapping?.by !== by) {
      if (!run.whole) return undefined;
      if (mapping !== undefined) {
        const { line } = findings.position(mapping.place.start);
        const message = `page ${target.page} of ${quote(target.name)} is mapped by the ${mapping.by} of line ${line}`;
        findings.error(target.node, 'E-MAP-PAGE', message, { expected: `\`${UNDONE_BY[mapping.by]}\`` });
        return undefined;
      }
      const pages = [...held.mapped].filter(([, other]) => other.by === by).map(([page]) => page);
      const message = `page ${target.page} of ${quote(target.name)} is not mapped here`;
      const expected =
        pages.length === 0 ? `a \`${by}: ${target.name}\` before it` : `page ${oneOf(pages.map(String))}`;
      findings.error(target.node, 'E-MAP-PAGE', message, { expected });
      return undefined;
    }
    if (!isOfThisBody(run, target.node, mapping, scope)) return undefined;
    held.mapped.delete(target.page);
    run.pageMaps.delete(mapping);
    return { kind: UNDONE_BY[by], name: target.name, page: target.page };
  };

/** A mapping is undone in the body of the repeat that made it, or it would be undone more or less often than made. */
function isOfThisBody(run: RunReader, node: Located, mapping: Mapping | undefined, scope: Scope): boolean {
  if (mapping === undefined || mapping.scope === scope) return true;
  const { line } = run.findings.position(mapping.place.start);
  const message = `${quote(node.source)} is mapped on line ${line}, and a repeat lies between: it would not be undone once for each time`;
  run.findings.error(node, 'E-BLOCK-SCOPE', message, {
    expected: 'both in the same turn of a repeat, or both outside',
  });
  return false;
}

/** Number of the KM_ type that a step names. */
function typeOf(run: RunReader, node: Located): number | undefined {
  const typeNode = field(node, 'type');
  const type = textOf(typeNode);
  const types = run.frame.machine.arch?.kmap?.kmTypes;
  if (typeNode === undefined || type === undefined || types === undefined) return undefined;
  const number = types.indexOf(type);
  if (number >= 0) return number;
  const suggestions = nearest(type, types);
  const expected =
    suggestions.length > 0 ? 'a type of include/asm/kmap_types.h' : `one of ${types.join(', ')}`;
  const message = `there is no type ${quote(type)} of atomic mapping on ${run.frame.machine.arch?.name}`;
  run.findings.error(typeNode, 'E-KM-TYPE-UNKNOWN', message, { expected, suggestions });
  return undefined;
}

const kmapAtomic: StepReader = (run, name, node, scope) => {
  const { findings } = run;
  run.acts = true;
  if (!hasHighmem(run, node)) return undefined;
  const target = targetOf(run, node);
  const held = run.find(target?.node, scope, { kinds: ['block'], step: name, purpose: 'use' });
  const typeNode = field(node, 'type');
  const type = typeOf(run, node);
  if (target === undefined || held === undefined || type === undefined || typeNode === undefined)
    return undefined;
  if (!hasPage(run, field(node, 'page') ?? target.node, held, target.page)) return undefined;
  const typeName = typeNode.source;
  const earlier = run.atomicMaps.get(typeName);
  if (earlier !== undefined) {
    const { line } = findings.position(earlier.place.start);
    const message = `${quote(typeName)} holds the mapping of line ${line}: this one takes its place`;
    findings.warning(typeNode, 'W-KM-TYPE', message, {
      expected: 'another type, or a `kunmap_atomic` before it',
    });
  } else if (run.frame.context !== 'process' && /^KM_(USER|BIO|SKB_SUNRPC)/.test(typeName)) {
    const message = `${quote(typeName)} is for processes: what this ${run.frame.context} interrupts may have a page there`;
    findings.warning(typeNode, 'W-KM-TYPE', message, {
      expected: run.frame.context === 'hardirq' ? 'KM_IRQ0 or KM_IRQ1' : 'KM_SOFTIRQ0 or KM_SOFTIRQ1',
    });
  }
  run.atomicMaps.set(typeName, { place: typeNode, scope, by: 'kmap' });
  return { kind: 'kmap_atomic', name: target.name, page: target.page, type };
};

const kunmapAtomic: StepReader = (run, _, node, scope) => {
  if (!hasHighmem(run, node)) return undefined;
  const target = targetOf(run, node);
  const type = typeOf(run, node);
  const typeNode = field(node, 'type');
  if (target === undefined || type === undefined || typeNode === undefined) return undefined;
  if (!isKnown(run, scope, target)) return undefined;
  const mapping = run.atomicMaps.get(typeNode.source);
  if (mapping === undefined) {
    if (!run.whole) return undefined;
    const message = `nothing is mapped in ${quote(typeNode.source)} here`;
    run.findings.error(typeNode, 'E-MAP-PAGE', message, {
      expected: 'a `kmap_atomic` of that type before it',
    });
    return undefined;
  }
  if (!isOfThisBody(run, target.node, mapping, scope)) return undefined;
  run.atomicMaps.delete(typeNode.source);
  return { kind: 'kunmap_atomic', name: target.name, page: target.page, type };
};

/** A block may be freed before its mapping goes, but it must have been one. */
function isKnown(run: RunReader, scope: Scope, target: Target): boolean {
  const known = scope.names.get(target.name) ?? scope.outer.get(target.name);
  if (known?.kind === 'block') return true;
  return (
    run.find(target.node, scope, { kinds: ['block'], step: 'kunmap_atomic', purpose: 'use' }) !== undefined
  );
}

export const HIGHMEM_STEPS: Readonly<Record<string, StepReader>> = {
  kmap: map('kmap'),
  kunmap: unmap('kmap'),
  map_page: map('map_page'),
  unmap_page: unmap('map_page'),
  kmap_atomic: kmapAtomic,
  kunmap_atomic: kunmapAtomic,
};
