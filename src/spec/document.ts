import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { type Findings, quote, type Span } from './findings.ts';
import { nestingFault, syntaxFaults, tokenize } from './syntax.ts';

/** A value of the file with its place: what the checks walk. */
export interface Located extends Span {
  /** Plain data for the schema: maps without a prototype, lists, scalars. */
  value: unknown;
  /** A scalar as it was written, without quotes; '' for maps and lists. */
  source: string;
  /** Written in quotes or as a block: text whatever it looks like. */
  quoted: boolean;
  key: Span | null;
  entries: Map<string, Located> | null;
  items: Located[] | null;
}

/** Nodes that aliases may add to what is written: enough for any honest file, too few for a bomb. */
const MAX_ALIAS_NODES = 20_000;

/**
 * Parse YAML 1.2 (core schema) and lay the values out as a tree of places. Syntax faults go to `findings`, which then
 * trusts only what stands before the first.
 *
 * @param wanted  what an empty file should hold, for its finding
 * @returns null when there is nothing to look at
 */
export function loadDocument(
  text: string,
  findings: Findings,
  wanted = 'a challenge: docs/challenges.md begins with one to start from',
): Located | null {
  const tokens = tokenize(text, findings);
  // Composing is recursive: depth is bounded first.
  if (tokens === null || nestingFault(tokens, findings)) return null;
  const composer = new Composer<ParsedNode, true>({
    version: '1.2',
    schema: 'core',
    strict: true,
    prettyErrors: false,
    // Checked here: the library compares every key with every other.
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: 'silent',
  });
  const documents = [...composer.compose(tokens, true, text.length)] as Document.Parsed[];
  const firstFault = syntaxFaults(documents, tokens, text, findings);
  const contents = documents[0]?.contents ?? null;
  const empty =
    contents === null || (isScalar(contents) && contents.value === null && contents.source === '');
  if (!empty) {
    findings.trustOnlyTo(firstFault);
    return new TreeBuilder(text, findings).build(contents, null);
  }
  if (!findings.hasErrors) {
    const what = text.trim() === '' ? 'the file is empty' : 'the file holds nothing but comments';
    findings.error({ start: 0, end: 1 }, 'E-FILE-EMPTY', what, { expected: wanted });
  }
  return null;
}

class TreeBuilder {
  private readonly text: string;
  private readonly findings: Findings;
  /** Anchors met so far, in document order: an alias means the latest of its name. */
  private readonly anchors = new Map<string, Node>();
  private readonly open = new Set<Node>();
  private aliasDepth = 0;
  private aliasNodes = 0;
  private bombTold = false;

  constructor(text: string, findings: Findings) {
    this.text = text;
    this.findings = findings;
  }

  build(node: Node | null, key: Span | null): Located | null {
    if (isAlias(node)) return this.alias(node.source, spanOf(node), key);
    if (node === null) return null;
    if (this.aliasDepth > 0 && ++this.aliasNodes > MAX_ALIAS_NODES) return null;
    const span = spanOf(node);
    const { anchor } = node as { anchor?: string };
    if (anchor !== undefined) this.anchors.set(anchor, node);
    this.checkTag(node, span);
    const place = { ...span, key, source: '', quoted: false, entries: null, items: null };
    if (isMap(node)) {
      this.open.add(node);
      const built = this.map(node, place);
      this.open.delete(node);
      return built;
    }
    if (isSeq(node)) {
      this.open.add(node);
      const items: Located[] = [];
      for (const item of node.items) {
        const built = this.build(item as Node | null, null);
        items.push(built ?? { ...place, value: null });
      }
      this.open.delete(node);
      return { ...place, items, value: items.map(i => i.value) };
    }
    return isScalar(node) ? this.scalar(node, place) : { ...place, value: null };
  }

  private alias(name: string, span: Span, key: Span | null): Located | null {
    const target = this.anchors.get(name);
    if (target === undefined) {
      const expected = 'an anchor `&name` further up in the file; text that starts with * needs quotes';
      this.findings.error(span, 'E-YAML-ALIAS', `${quote(`*${name}`)} names no anchor`, { expected });
      return nothing(span);
    }
    if (this.open.has(target)) {
      const expected = 'an alias behind the value that it repeats';
      this.findings.error(
        span,
        'E-YAML-ALIAS',
        `${quote(`*${name}`)} stands inside the very value it names`,
        { expected },
      );
      return nothing(span);
    }
    this.aliasDepth++;
    const built = this.build(target, key);
    this.aliasDepth--;
    if (this.aliasNodes > MAX_ALIAS_NODES && this.aliasDepth === 0 && !this.bombTold) {
      this.bombTold = true;
      const message = `aliases repeat more than ${MAX_ALIAS_NODES} values: this is an alias bomb`;
      const expected = 'the values written out, or fewer of them';
      this.findings.error(span, 'E-YAML-ALIAS-BOMB', message, { expected });
      this.findings.trustOnlyTo(span.start);
    }
    // The key is that of the place which uses the alias; the value's own place is the anchor's.
    return built === null ? null : { ...built, key };
  }

  private map(node: YAMLMap, place: Omit<Located, 'value'>): Located {
    const entries = new Map<string, Located>();
    const value: Record<string, unknown> = Object.create(null);
    for (const pair of node.items) {
      const keyNode = pair.key as Node | null;
      const name = this.keyName(keyNode);
      if (name === null || keyNode === null) continue;
      const keySpan = spanOf(keyNode);
      const earlier = entries.get(name);
      if (earlier !== undefined) {
        const { line } = this.findings.position(earlier.key?.start ?? earlier.start);
        const message = `the key ${quote(name)} stands here a second time; the first is on line ${line}`;
        this.findings.error(keySpan, 'E-KEY-DUPLICATE', message, { expected: 'each key once' });
        continue;
      }
      const child = this.build(pair.value as Node | null, keySpan);
      const located = child ?? {
        ...keySpan,
        key: keySpan,
        value: null,
        source: '',
        quoted: false,
        entries: null,
        items: null,
      };
      entries.set(name, located);
      value[name] = located.value;
    }
    return { ...place, entries, value };
  }

  /** The name of a key, or null after a finding. */
  private keyName(node: Node | null): string | null {
    if (isScalar(node)) {
      const span = spanOf(node);
      const name = node.source ?? String(node.value);
      this.checkText(name, span);
      if (name === '<<' && node.type === 'PLAIN') {
        const expected = 'the keys written out; a plain alias (`key: *name`) may repeat a whole value';
        this.findings.error(span, 'E-YAML-MERGE', 'merge keys (`<<`) are not part of YAML 1.2', { expected });
        return null;
      }
      return typeof node.value === 'string' ? node.value : name;
    }
    const span = node === null ? { start: 0, end: 1 } : spanOf(node);
    this.findings.error(span, 'E-YAML-KEY', 'a key must be plain text', { expected: 'a name, then `:`' });
    return null;
  }

  private scalar(node: Scalar, place: Omit<Located, 'value'>): Located {
    const source = node.source ?? '';
    const quoted = node.type !== 'PLAIN';
    let { value } = node;
    if (typeof value === 'string') this.checkText(value, place);
    if (!quoted && typeof value === 'number') {
      if (/^[-+]?0[0-9]+$/.test(source)) {
        const octal = /[89]/.test(source) ? null : Number.parseInt(source, 8);
        const message = `${quote(source)} has a leading zero: ${octal === null ? '' : `${octal} to YAML 1.1, `}${value} to YAML 1.2`;
        const plain = source.replace(/^([-+]?)0+(?=[0-9])/, '$1');
        this.findings.error(place, 'E-NUMBER-LEADING-ZERO', message, {
          expected: 'a number without leading zeros',
          suggestions: [plain],
        });
      }
      // Infinity and NaN are numbers to YAML only.
      if (!Number.isFinite(value)) value = source;
    }
    return { ...place, source: quoted && typeof value === 'string' ? value : source, quoted, value };
  }

  private checkTag(node: Node, span: Span): void {
    const { tag } = node as { tag?: string };
    if (tag === undefined || tag === '!' || CORE_TAGS.has(tag)) return;
    const shown = tag.replace('tag:yaml.org,2002:', '!!');
    const message = `the tag ${quote(shown)} is not known here`;
    this.findings.error(span, 'E-YAML-TAG', message, { expected: 'the value without a tag' });
  }

  /** Control characters would reach the player's terminal; marks that turn the direction of writing hide what is written. */
  private checkText(text: string, span: Span): void {
    const at = text.search(UNPRINTABLE);
    if (at < 0) return;
    const code = (text.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    const raw = this.text.indexOf(text[at], span.start);
    const place = raw >= 0 && raw < span.end ? { start: raw, end: raw + 1 } : span;
    const message = `the text holds the character U+${code}, which does not print`;
    this.findings.error(place, 'E-TEXT-CONTROL', message, { expected: 'text without control characters' });
  }
}

const UNPRINTABLE = /(?![\t\n])\p{Cc}|\p{Bidi_Control}|[\u2028\u2029\ufeff]/u;

const CORE_TAGS = new Set(
  ['map', 'seq', 'str', 'int', 'float', 'bool', 'null'].map(t => `tag:yaml.org,2002:${t}`),
);

/** Stands for a value that could not be had, at the place of its fault: what is said of it there is dropped. */
function nothing(span: Span): Located {
  return { ...span, key: span, value: null, source: '', quoted: false, entries: null, items: null };
}

function spanOf(node: Node): Span {
  const range = node.range ?? [0, 1, 1];
  return { start: range[0], end: Math.max(range[0], range[1]) };
}
