/** A challenge file as a document whose parts can be taken out and whose comments stay with the parts that are kept. */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { weightOf } from './amounts.ts';

export type Path = readonly (string | number)[];

const OPTIONS = { version: '1.2', schema: 'core', uniqueKeys: false, logLevel: 'silent' } as const;
/** What a file says of itself, and has from no other. */
const OWN_KEYS = ['challenge', 'id', 'title', 'of', 'test'];
/** The order in which people look for them. */
const ORDER = [
  'challenge',
  'id',
  'title',
  'of',
  'story',
  'machine',
  'costs',
  'workload',
  'goal',
  'score',
  'stars',
  'policy',
  'seeds',
  'hints',
  'explanation',
  'test',
];
const HEADER = ' Shrunk by oomph ';
const WIDTH = 110;
/** Characters of JSON, which has quotes where YAML has none. */
const ONE_LINE = 120;

export class SpecDocument {
  private readonly doc: Document;

  private constructor(doc: Document) {
    this.doc = doc;
  }

  /** @param text of a file that the loader has nothing against */
  static of(text: string): SpecDocument {
    const doc: Document = parseDocument(text, OPTIONS);
    return new SpecDocument(doc);
  }

  /** Aliases written out, anchors gone, keys in order, no line for an editor, whose path would lead nowhere. */
  static normal(text: string, bases: readonly string[] = []): SpecDocument {
    const spec = SpecDocument.of(text);
    spec.writeOut();
    for (const base of bases) {
      const other = SpecDocument.of(base);
      other.writeOut();
      spec.takeFrom(other);
    }
    const { doc } = spec;
    doc.deleteIn(['of']);
    const map = doc.contents as YAMLMap;
    const rank = ({ key }: Pair): number => {
      const at = ORDER.indexOf(String(isScalar(key) ? key.value : key));
      return at < 0 ? ORDER.length : at;
    };
    // What stands above the file is of the file, whichever key comes first.
    const above = [doc.commentBefore, map.commentBefore, takeComment(map.items[0])];
    map.items = [...map.items].sort((a, b) => rank(a) - rank(b));
    delete map.commentBefore;
    const comment = above
      .filter(one => one != null)
      .join('\n\n')
      .replace(/^ *yaml-language-server:.*\n*/gm, '');
    const headed = comment.startsWith(HEADER);
    const end = comment.indexOf('\n\n');
    doc.commentBefore = headed ? (end < 0 ? comment : comment.slice(0, end)) : null;
    const own = headed ? (end < 0 ? '' : comment.slice(end + 2)) : comment;
    const { key } = map.items[0] ?? {};
    if (own !== '' && isScalar(key)) key.commentBefore = own;
    return spec;
  }

  clone(): SpecDocument {
    return new SpecDocument(this.doc.clone());
  }

  text(): string {
    this.unfold();
    return this.doc.toString({ lineWidth: WIDTH });
  }

  /** What does not fit on a line is written as a block: lists and maps in brackets over many lines are hard to read. */
  private unfold(): void {
    visit(this.doc, {
      Collection: (_, node, path) => {
        if (!node.flow) return;
        const depth = path.filter(isCollection).length;
        const holdsOthers = node.items.some(item => isCollection(isPair(item) ? item.value : item));
        if (holdsOthers && JSON.stringify(node.toJSON()).length + 4 * depth > ONE_LINE) node.flow = false;
      },
    });
  }

  /** What an earlier shrinking wrote above it, '' for nothing. */
  get header(): string {
    const { commentBefore } = this.doc;
    return commentBefore?.startsWith(HEADER) ? commentBefore : '';
  }

  /** @param lines without `#`; the first is to say what it is, behind `Shrunk by oomph ` */
  setHeader(lines: readonly string[]): void {
    this.doc.commentBefore = HEADER + lines.join('\n ');
  }

  node(path: Path): unknown {
    return path.length === 0 ? this.doc.contents : this.doc.getIn([...path], true);
  }

  has(path: Path): boolean {
    return this.node(path) !== undefined;
  }

  /** Items of a list, -1 for anything else. */
  lengthOf(path: Path): number {
    const node = this.node(path);
    return isSeq(node) ? node.items.length : -1;
  }

  /** Keys of a map, none for anything else. */
  keysOf(path: Path): string[] {
    const node = this.node(path);
    return isMap(node) ? node.items.map(keyOf) : [];
  }

  /** A scalar as text; '' for anything else. */
  scalar(path: Path): string {
    const node = this.node(path);
    return isScalar(node) && node.value !== null ? sourceOf(node) : '';
  }

  setScalar(path: Path, text: string): void {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : text;
    const node = this.node(path);
    if (!isScalar(node)) {
      this.doc.setIn([...path], this.doc.createNode(value));
      return;
    }
    node.value = value;
    node.type = 'PLAIN';
    delete node.source;
    delete (node as Scalar<number>).format;
    delete (node as Scalar<number>).minFractionDigits;
  }

  /** Plain data in place of what is there, written in one line. */
  setData(path: Path, data: unknown): void {
    this.doc.setIn([...path], this.doc.createNode(data, { flow: true }));
  }

  remove(path: Path): void {
    this.doc.deleteIn([...path]);
  }

  /** Leave out items [from, to) of a list. */
  cutItems(path: Path, from: number, to: number): void {
    (this.node(path) as YAMLSeq).items.splice(from, to - from);
  }

  keepItem(path: Path, item: number): void {
    const list = this.node(path) as YAMLSeq;
    list.items = [list.items[item]];
  }

  /** The steps inside a step in its place. @returns whether it has any */
  hoist(path: Path): boolean {
    const at = path[path.length - 1];
    const list = this.node(path.slice(0, -1));
    const step = this.node(path);
    if (!isSeq(list) || typeof at !== 'number' || !isMap(step) || step.items.length !== 1) return false;
    const body = step.items[0].value;
    const steps = isSeq(body) ? body : isMap(body) ? body.get('run', true) : undefined;
    if (!isSeq(steps)) return false;
    list.items.splice(at, 1, ...steps.items);
    return true;
  }

  /** Every key of every map below, the outermost first. */
  pairs(below: Path): Path[] {
    const found: Path[] = [];
    this.walk(below, (path, isPairPath) => {
      if (isPairPath) found.push(path);
    });
    return found;
  }

  /** Every list below, the outermost first. */
  lists(below: Path): Path[] {
    const found: Path[] = [];
    this.walk(below, path => {
      if (this.lengthOf(path) >= 0) found.push(path);
    });
    return found;
  }

  /** Every scalar below. */
  scalars(below: Path): Path[] {
    const found: Path[] = [];
    this.walk(below, path => {
      if (isScalar(this.node(path))) found.push(path);
    });
    return found;
  }

  private walk(below: Path, meet: (path: Path, isPairPath: boolean) => void): void {
    const step = (path: Path): void => {
      const node = this.node(path);
      if (isMap(node)) {
        for (const key of node.items.map(keyOf)) {
          meet([...path, key], true);
          step([...path, key]);
        }
      } else if (isSeq(node)) {
        for (let i = 0; i < node.items.length; i++) {
          meet([...path, i], false);
          step([...path, i]);
        }
      }
    };
    if (this.has(below)) step(below);
  }

  /** How much there is to read: keys and items, and the digits of the numbers. */
  get weight(): { nodes: number; digits: number } {
    let nodes = 0;
    let digits = 0;
    visit(this.doc, {
      Pair: () => void nodes++,
      Seq: (_, seq) => void (nodes += seq.items.length),
      Scalar: (_, scalar) => void (digits += weightOf(sourceOf(scalar))),
    });
    return { nodes, digits };
  }

  private writeOut(): void {
    const { doc } = this;
    // An alias may stand for what has aliases itself.
    for (let left = true; left; ) {
      left = false;
      visit(doc, {
        Alias: (_, alias) => {
          const node = alias.resolve(doc);
          if (node === undefined) return undefined;
          left = true;
          const copy = node.clone() as Node;
          delete (copy as { anchor?: string }).anchor;
          return copy;
        },
      });
    }
    visit(doc, {
      Node: (_, node) => {
        if (!isAlias(node)) delete (node as { anchor?: string }).anchor;
      },
    });
  }

  private takeFrom(base: SpecDocument): void {
    const own = this.doc.contents as YAMLMap;
    for (const pair of (base.doc.contents as YAMLMap).items) {
      const key = keyOf(pair);
      if (isPair(pair) && !OWN_KEYS.includes(key) && !own.has(key)) own.items.push(pair as never);
    }
  }
}

function takeComment({ key }: Pair): string | null {
  if (!isScalar(key) || key.commentBefore == null) return null;
  const { commentBefore } = key;
  delete key.commentBefore;
  return commentBefore;
}

const keyOf = ({ key }: Pair): string => (isScalar(key) ? sourceOf(key) : String(key));

function sourceOf(scalar: Scalar): string {
  const { value, source } = scalar;
  if (typeof value === 'number' && source !== undefined) return source;
  return String(value);
}
