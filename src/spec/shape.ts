import { createRequire } from 'node:module';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { nearest } from '../contract/nearest.ts';
import { fits } from './accepts.ts';
import type { Located } from './document.ts';
import { type Findings, oneOf, quote, type Span } from './findings.ts';
import { describe } from './quantity.ts';
import { type FileKind, readSchema, type Schema } from './schemaFile.ts';

/** Keywords of the schema that are there for readers and editors. */
const ANNOTATIONS = ['x-expected', 'enumDescriptions', 'markdownDescription', 'defaultSnippets'];

/** Values whose form the later checks judge, with better words: ajv only tells the editor about them. */
const JUDGED_LATER = [
  'size',
  'duration',
  'rate',
  'count',
  'metricValue',
  'orderDist',
  'sizeDist',
  'durationDist',
  'countDist',
  'byteRate',
  'position',
  'entryDist',
];

const ENUM_CODES: Readonly<Record<string, [code: string, noun: string]>> = {
  metric: ['E-METRIC-UNKNOWN', 'metric'],
  gfpName: ['E-GFP-UNKNOWN', 'gfp name'],
  hook: ['E-HOOK-UNKNOWN', 'hook'],
  procView: ['E-VIEW-UNKNOWN', 'view'],
  eventName: ['E-EVENT-UNKNOWN', 'event'],
  zoneName: ['E-ZONE-UNKNOWN', 'zone'],
};

/** Lists too long to be read out where a near name is offered. */
const LONG_LISTS: Readonly<Record<string, string>> = {
  'E-METRIC-UNKNOWN': 'a metric of `oomph metrics`',
  'E-GFP-UNKNOWN': 'a gfp name of Linux 2.6.0',
  'E-EVENT-UNKNOWN': 'an event of docs/testing.md',
};

/** More keys than this are not read out where a near one is offered: there are 32 steps. */
const LONG_LIST = 16;

interface Validator {
  validate: ValidateFunction;
  /** The definition that each part of the schema belongs to: schemaPath does not say it for the larger ones. */
  definitions: Map<unknown, string>;
}

const compiled = new Map<FileKind, Validator>();

function validator(kind: FileKind): Validator {
  const known = compiled.get(kind);
  if (known !== undefined) return known;
  const schema = readSchema(kind);
  // Loaded for a file that is wrong, and only then.
  const require = createRequire(import.meta.url);
  const { Ajv2020 } = require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js');
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    strictRequired: false,
    // A test holds the schema against its meta schema; and unoptimised code is made in two thirds of the time.
    validateSchema: false,
    meta: false,
    code: { optimize: false },
    // One function a definition: many steps share them, and the less code there is the sooner it is compiled.
    inlineRefs: false,
  });
  ajv.addVocabulary(ANNOTATIONS);
  const definitions = new Map<unknown, string>();
  const mark = (part: unknown, name: string): void => {
    if (typeof part !== 'object' || part === null) return;
    definitions.set(part, name);
    for (const child of Object.values(part)) mark(child, name);
  };
  for (const [name, definition] of Object.entries((schema['$defs'] ?? {}) as Schema)) mark(definition, name);
  const made = { validate: ajv.compile(schema), definitions };
  compiled.set(kind, made);
  return made;
}

/**
 * Check the shape of a file against its schema.
 *
 * @returns whether the schema is satisfied
 */
export function checkShape(root: Located, findings: Findings, kind: FileKind = 'challenge'): boolean {
  if (fits(kind, root.value)) return true;
  const { validate, definitions } = validator(kind);
  if (validate(root.value)) return true;
  new ShapeReport(root, findings, validate.errors ?? [], definitions, kind).report();
  return false;
}

type ShapeError = ErrorObject<string, Record<string, unknown>>;
type Branch = { type?: string | string[]; enum?: unknown[]; required?: string[] };

class ShapeReport {
  private readonly root: Located;
  private readonly findings: Findings;
  private readonly errors: readonly ShapeError[];
  /** Keys that an unknown key beside them probably was meant to be: `place key`. */
  private readonly meant = new Set<string>();
  private readonly dropped = new Set<ShapeError>();

  private readonly definitions: Map<unknown, string>;
  private readonly kind: FileKind;

  constructor(
    root: Located,
    findings: Findings,
    errors: readonly ErrorObject[],
    definitions: Map<unknown, string>,
    kind: FileKind,
  ) {
    this.kind = kind;
    this.root = root;
    this.findings = findings;
    this.errors = errors as readonly ShapeError[];
    this.definitions = definitions;
  }

  report(): void {
    for (const error of this.errors) if (error.keyword === 'anyOf') this.chooseBranch(error);
    for (const error of this.errors) if (error.keyword === 'additionalProperties') this.unknownKey(error);
    for (const error of this.errors) {
      if (this.dropped.has(error) || this.isJudgedLater(error)) continue;
      const node = this.locate(error.instancePath);
      if (node === undefined) continue;
      this.one(error, node);
    }
  }

  private one(error: ShapeError, node: Located): void {
    const { keyword, params, parentSchema = {} } = error;
    const expected = parentSchema['x-expected'] as string | undefined;
    const detail = expected === undefined ? {} : { expected };
    switch (keyword) {
      case 'additionalProperties':
      case 'if':
      case 'uniqueItems':
        // Told already, and by the later checks.
        return;
      case 'dependentRequired':
        this.dependent(error, node);
        return;
      case 'required':
        if (error.schemaPath.includes('/oneOf/') || error.schemaPath.includes('/not/')) return;
        this.missing(node, [String(params['missingProperty'])], error);
        return;
      case 'oneOf':
        this.exactlyOne(error, node);
        return;
      case 'not': {
        if (node.entries === null) return;
        const names = ((parentSchema['not'] ?? {}) as Branch).required ?? [];
        const last = node.entries?.get(names[names.length - 1]);
        const message = `${names.map(n => quote(n)).join(' and ')} exclude each other`;
        this.findings.error(last?.key ?? node, 'E-KEY-CONFLICT', message, { expected: `${oneOf(names)}` });
        return;
      }
      case 'minProperties':
        this.findings.error(node, 'E-EMPTY', `an empty map for ${this.nameOf(node, error)}`, {
          expected: expected ?? `one of ${keysOf(parentSchema).join(', ')}`,
        });
        return;
      case 'maxProperties': {
        const second = [...(node.entries?.values() ?? [])][1];
        const name = [...(node.entries?.keys() ?? [])][1] ?? '';
        const message = `${quote(name)} is a second key where one stands alone`;
        this.findings.error(second?.key ?? node, 'E-KEY-CONFLICT', message, {
          expected: expected ?? 'one key',
          ...(keysOf(parentSchema).includes('alloc_pages')
            ? { expected: `a step of its own: \`- ${name}: …\`` }
            : {}),
        });
        return;
      }
      case 'type':
        this.wrongType(error, node, detail);
        return;
      case 'enum':
        this.wrongName(error, node);
        return;
      case 'minimum':
      case 'maximum':
        this.outOfRange(error, node);
        return;
      case 'minItems':
      case 'maxItems':
        this.wrongLength(error, node);
        return;
      case 'minLength':
      case 'maxLength': {
        const message = `${quote(String(node.value))} has ${[...String(node.value)].length} characters`;
        this.findings.error(node, 'E-LENGTH', message, {
          expected: /at most/.test(expected ?? '') ? expected! : `at most ${params['limit']} characters`,
        });
        return;
      }
      case 'pattern': {
        const text = String(node.value);
        if (text.trim() === '')
          this.findings.error(node, 'E-EMPTY', `the text of ${this.nameOf(node, error)} is empty`, detail);
        else
          this.findings.error(
            node,
            'E-FORMAT',
            `${quote(text)} is not a valid ${this.titleOf(error)}`,
            detail,
          );
        return;
      }
      default:
        this.findings.error(
          node,
          'E-SHAPE',
          `${this.nameOf(node, error)} ${error.message ?? 'is wrong'}`,
          detail,
        );
    }
  }

  private unknownKey(error: ShapeError): void {
    if (this.isJudgedLater(error)) return;
    const parent = this.locate(error.instancePath);
    const name = String(error.params['additionalProperty']);
    const child = parent?.entries?.get(name);
    if (parent === undefined || child === undefined) return;
    const span: Span = child.key ?? child;
    const known = keysOf(error.parentSchema ?? {});
    const free = known.filter(k => !parent.entries?.has(k));
    const suggestions = nearest(name, free);
    if (suggestions.length > 0) this.meant.add(`${error.instancePath} ${suggestions[0]}`);
    const where = this.nameOf(parent, error);
    const isLong = free.length > LONG_LIST && suggestions.length > 0;
    const example = error.parentSchema?.['x-expected'] as string | undefined;
    this.findings.error(span, 'E-KEY-UNKNOWN', `${quote(name)} is not a key of ${where}`, {
      expected: (isLong ? example : undefined) ?? listOf(free.length > 0 ? free : known),
      suggestions,
    });
  }

  private missing(node: Located, names: string[], error: ShapeError): void {
    if (names.some(n => this.meant.has(`${error.instancePath} ${n}`))) return;
    const where = this.nameOf(node, error);
    const what = names.length === 1 ? `has no ${quote(names[0])}` : `has none of ${names.join(', ')}`;
    this.findings.alsoError(placeOf(node), 'E-KEY-MISSING', `${where} ${what}`, {
      expected: this.keyHelp(node, names),
    });
  }

  private keyHelp(node: Located, names: string[]): string {
    const examples = names.map(n => `\`${n}: …\``);
    return `${names.length > 1 ? 'exactly one of ' : ''}${examples.join(', ')}${node === this.root ? ' at the top level' : ''}`;
  }

  private dependent(error: ShapeError, node: Located): void {
    const name = String(error.params['property']);
    const owner = String(error.params['missingProperty']);
    const child = node.entries?.get(name);
    // Alone it is only half of what is missing, and that is told.
    if (child === undefined || node.entries?.size === 1) return;
    if (this.meant.has(`${error.instancePath} ${owner}`)) return;
    const message = `${quote(name)} belongs to ${quote(owner)}`;
    this.findings.error(child.key ?? child, 'E-KEY-CONFLICT', message, {
      expected: `no ${quote(name)} without ${quote(owner)}`,
    });
  }

  /** `oneOf` stands in the schema only for "exactly one of these keys". */
  private exactlyOne(error: ShapeError, node: Located): void {
    if (node.entries === null) return;
    const branches = (error.parentSchema?.['oneOf'] ?? []) as Branch[];
    const names = branches.map(b => b.required?.[0] ?? '');
    const present = names.filter(n => node.entries?.has(n));
    if (present.length === 0) {
      this.missing(node, names, error);
      return;
    }
    const children = present.map(n => node.entries?.get(n)).filter(c => c !== undefined);
    const later = children.reduce((a, b) => ((b.key ?? b).start > (a.key ?? a).start ? b : a));
    const message = `${present.map(n => quote(n)).join(' and ')} exclude each other`;
    this.findings.error(later.key ?? later, 'E-KEY-CONFLICT', message, {
      expected: `exactly one of ${names.join(', ')}`,
    });
  }

  private wrongType(error: ShapeError, node: Located, detail: { expected?: string }): void {
    const types = [error.params['type']].flat() as string[];
    if (node.value === null) {
      const message = `nothing is written for ${this.nameOf(node, error)}`;
      this.findings.error(placeOf(node), 'E-TYPE', message, { expected: detail.expected ?? wanted(types) });
      return;
    }
    const expected = detail.expected ?? wanted(types);
    let suggestions: string[] = [];
    let message = `${describe(node)} where ${wanted(types)} is wanted`;
    if (types.includes('boolean') && typeof node.value === 'string') {
      const meant = BOOLEAN_WORDS[node.value.toLowerCase()];
      if (meant !== undefined) {
        message = `${quote(node.source)} is a text in YAML 1.2, not true or false`;
        suggestions = [meant];
      }
    } else if (
      types.includes('integer') &&
      typeof node.value === 'string' &&
      /^-?[0-9][0-9_]*$/.test(node.value)
    ) {
      if (node.quoted) message = `${quote(node.source)} in quotes is a text, not a number`;
      suggestions = [node.value.replace(/_/g, '')];
    } else if (types.includes('array') && typeof node.value === 'string') {
      suggestions = [`[${node.value}]`];
    }
    this.findings.error(node, 'E-TYPE', message, { expected, suggestions });
  }

  private wrongName(error: ShapeError, node: Located): void {
    // Told as a wrong type.
    if (typeof node.value === 'object') return;
    const allowed = (error.params['allowedValues'] as unknown[]).map(String);
    if (allowed.length === 1 && allowed[0] === '1') {
      const message = `this is version ${quote(node.source)} of the format`;
      this.findings.error(node, 'E-VERSION', message, {
        expected: `\`${this.kind}: 1\`, the version this oomph reads`,
      });
      return;
    }
    const name = String(node.value);
    const [code, noun] = ENUM_CODES[this.definitionOf(error)] ?? ['E-VALUE-UNKNOWN', 'value'];
    const suggestions = nearest(name, allowed);
    const message =
      noun === 'value'
        ? `${quote(name)} is not a value of ${this.nameOf(node, error)}`
        : `there is no ${noun} ${quote(name)}`;
    const whole = `one of ${allowed.join(', ')}`;
    const expected = suggestions.length > 0 ? (LONG_LISTS[code] ?? whole) : whole;
    this.findings.error(node, code, message, { expected, suggestions });
  }

  private outOfRange(error: ShapeError, node: Located): void {
    const schema = error.parentSchema ?? {};
    const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
    const range = maximum === undefined ? `${minimum} or more` : `${minimum ?? 'at most'} to ${maximum}`;
    const message = `${this.nameOf(node, error)} is ${quote(node.source)}, out of range`;
    this.findings.error(node, 'E-RANGE', message, { expected: `a whole number, ${range}` });
  }

  private wrongLength(error: ShapeError, node: Located): void {
    const { minItems, maxItems } = (error.parentSchema ?? {}) as { minItems?: number; maxItems?: number };
    const length = node.items?.length ?? 0;
    if (length === 0) {
      this.findings.error(placeOf(node), 'E-EMPTY', `${this.nameOf(node, error)} is an empty list`, {
        expected: (error.parentSchema?.['x-expected'] as string | undefined) ?? 'at least one item',
      });
      return;
    }
    const expected = minItems === maxItems ? `exactly ${minItems}` : `${minItems ?? 0} to ${maxItems}`;
    this.findings.error(
      placeOf(node),
      'E-LENGTH',
      `${this.nameOf(node, error)} has ${length} item${length === 1 ? '' : 's'}`,
      { expected },
    );
  }

  /** Of `anyOf`, only the branch made for this kind of value speaks; if there is none, the kind is the fault. */
  private chooseBranch(error: ShapeError): void {
    const branches = (error.parentSchema?.['anyOf'] ?? []) as Branch[];
    const fits = branches.map(b => accepts(b, error.data));
    for (const other of this.errors) {
      const index = branches.indexOf(other.parentSchema as Branch);
      if (index >= 0 && !fits[index] && other.instancePath === error.instancePath) this.dropped.add(other);
    }
    this.dropped.add(error);
    if (fits.some(Boolean)) return;
    const node = this.locate(error.instancePath);
    if (node === undefined) return;
    const expected = (error.parentSchema?.['x-expected'] as string | undefined) ?? 'another kind of value';
    const place = node.value === null ? placeOf(node) : node;
    this.findings.error(place, 'E-TYPE', `${describe(node)} where ${this.nameOf(node, error)} is wanted`, {
      expected,
    });
  }

  private isJudgedLater(error: ShapeError): boolean {
    return JUDGED_LATER.includes(this.definitionOf(error));
  }

  private definitionOf(error: ShapeError): string {
    return this.definitions.get(error.parentSchema) ?? '';
  }

  private locate(path: string): Located | undefined {
    let node: Located | undefined = this.root;
    for (const part of path.split('/').slice(1)) {
      if (node === undefined) return undefined;
      const name = part.replace(/~1/g, '/').replace(/~0/g, '~');
      node = node.items === null ? node.entries?.get(name) : node.items[Number(name)];
    }
    return node;
  }

  /** The thing at a place in words: by its key, or in a list by what the schema calls it. */
  private nameOf(node: Located, error: ShapeError): string {
    if (node === this.root) return `the ${this.kind}`;
    if (node.key === null) return `this ${this.titleOf(error)}`;
    return quote(this.findings.textOf(node.key));
  }

  private titleOf(error: ShapeError): string {
    return String(error.parentSchema?.['title'] ?? 'item').toLowerCase();
  }
}

const BOOLEAN_WORDS: Readonly<Record<string, string>> = {
  yes: 'true',
  y: 'true',
  on: 'true',
  true: 'true',
  no: 'false',
  n: 'false',
  off: 'false',
  false: 'false',
};

function listOf(names: readonly string[]): string {
  return names.length === 1 ? names[0] : `one of ${names.join(', ')}`;
}

function keysOf(schema: Schema): string[] {
  return Object.keys((schema['properties'] as object | undefined) ?? {});
}

/** Where to point for a fault of a whole map or list: at its key, else at its first words. */
function placeOf(node: Located): Span {
  if (node.key !== null) return node.key;
  const first = node.entries?.values().next().value;
  return first?.key ?? node;
}

function accepts(branch: Branch, value: unknown): boolean {
  if (branch.type !== undefined) return [branch.type].flat().some(t => isType(t, value));
  return branch.enum?.some(v => typeof v === typeof value) ?? true;
}

function isType(type: string, value: unknown): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return typeof value === 'number';
    default:
      return typeof value === type;
  }
}

const WANTED: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a map',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

function wanted(types: readonly string[]): string {
  return oneOf(types.map(t => WANTED[t] ?? t));
}
