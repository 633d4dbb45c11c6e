/** A page on a file format or an output of a command, from its JSON Schema. */
import { anchorOf } from './markdown.ts';

interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  title?: string;
  description?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  items?: Schema | false;
  prefixItems?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  enum?: unknown[];
  enumDescriptions?: string[];
  const?: unknown;
  examples?: unknown[];
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
}

/** More words than this are a list of their own. */
const SHORT_ENUM = 8;

export function schemaPage(name: string, schema: Schema, intro: string): string {
  const out = [
    `# ${schema.title ?? name}`,
    '',
    schema.description ?? '',
    '',
    `${intro} The schema itself is [schemas/${name}.schema.json](../../schemas/${name}.schema.json).`,
    '',
  ];
  const defs = schema.$defs ?? {};
  new Page(out, defs).objects('', schema);
  for (const [def, part] of Object.entries(defs)) {
    out.push(`## ${def}`, '');
    if (part.description !== undefined) out.push(part.description, '');
    const page = new Page(out, defs);
    if (!hasKeys(part)) out.push([`${capital(page.typeOf(part, ''))}.`, ...exampleLine(part)].join(' '), '');
    page.enumeration(part);
    page.objects(def, part);
  }
  return `${out
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

class Page {
  private readonly out: string[];
  private readonly defs: Record<string, Schema>;

  constructor(out: string[], defs: Record<string, Schema>) {
    this.out = out;
    this.defs = defs;
  }

  /** The keys of an object and of those inside it, each in a section of its own. */
  objects(path: string, schema: Schema): void {
    const inside: [string, Schema][] = [];
    for (const variant of [
      schema,
      ...(schema.anyOf ?? []),
      ...(schema.oneOf ?? []),
      ...(schema.allOf ?? []),
    ]) {
      const { properties, required = [] } = variant;
      if (properties === undefined) continue;
      this.out.push('| key | needed | is | meaning |', '| --- | --- | --- | --- |');
      for (const [key, part] of Object.entries(properties)) {
        const at = path === '' ? key : `${path}.${key}`;
        const below = nested(part);
        if (below !== null) inside.push([at, below]);
        const cells = [
          `\`${key}\``,
          required.includes(key) ? 'yes' : '',
          this.typeOf(part, below === null ? '' : at),
          [part.description ?? this.meant(part), ...exampleLine(part)].join(' ').trim(),
        ];
        this.out.push(`| ${cells.map(cell).join(' | ')} |`);
      }
      this.out.push('');
    }
    for (const [at, part] of inside) {
      this.out.push(`### Keys of ${at}`, '');
      this.objects(at, part);
    }
  }

  /** What is said of the definition, where nothing is said of the key. */
  private meant({ $ref }: Schema): string {
    return $ref === undefined ? '' : (this.defs[$ref.split('/').at(-1)!]?.description ?? '');
  }

  enumeration({ enum: values = [], enumDescriptions = [] }: Schema): void {
    if (enumDescriptions.length === 0) return;
    for (const [i, value] of values.entries())
      this.out.push(`- \`${String(value)}\`: ${enumDescriptions[i] ?? ''}`);
    this.out.push('');
  }

  /** @param section where the keys of the object inside stand, '' for none */
  typeOf(schema: Schema, section: string): string {
    if (schema.$ref !== undefined) {
      const def = schema.$ref.split('/').at(-1)!;
      const other = /^(\w+)\.schema\.json$/.exec(def)?.[1];
      if (other !== undefined) return `[${other}](${other}.md)`;
      return `[${def}](#${anchorOf(def)})`;
    }
    if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
    if (schema.enum !== undefined) return this.words(schema.enum);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices?.some(choice => Object.keys(choice).some(key => key !== 'required')))
      return [...new Set(choices.map(choice => this.typeOf(choice, section)))].join(' or ');
    const types = [schema.type ?? (schema.properties === undefined ? 'any' : 'object')].flat();
    return types.map(type => this.plain(type, schema, section)).join(' or ');
  }

  private words(values: readonly unknown[]): string {
    const shown = values.map(value => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``);
    if (shown.length <= SHORT_ENUM) return shown.join(', ');
    return `one of ${shown.join(', ')}`;
  }

  private plain(type: string, schema: Schema, section: string): string {
    switch (type) {
      case 'integer':
      case 'number': {
        const { minimum, maximum } = schema;
        const what = type === 'integer' ? 'whole number' : 'number';
        if (minimum !== undefined && maximum !== undefined) return `${what}, ${minimum} to ${maximum}`;
        return minimum === undefined ? what : `${what}, ${minimum} or more`;
      }
      case 'string':
        return 'text';
      case 'boolean':
        return '`true` or `false`';
      case 'null':
        return '`null`';
      case 'array': {
        if (schema.prefixItems !== undefined)
          return `list: ${schema.prefixItems.map(item => this.typeOf(item, section)).join(', ')}`;
        if (!schema.items) return 'list';
        const { minItems, maxItems } = schema;
        const size = minItems !== undefined && minItems === maxItems ? `list of ${minItems}` : 'list of';
        return `${size} ${this.typeOf(schema.items, section)}`;
      }
      case 'object': {
        if (section !== '') return `[map](#${anchorOf(`keys of ${section}`)})`;
        const { additionalProperties: more } = schema;
        return typeof more === 'object' && Object.keys(more).length > 0
          ? `map of names to ${this.typeOf(more, section)}`
          : 'map';
      }
      default:
        return 'any value';
    }
  }
}

const hasKeys = (schema: Schema): boolean =>
  [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].some(
    ({ properties }) => properties !== undefined,
  ) && schema.type !== undefined;

/** The object whose keys want a section: the part itself, one of its choices, or what it is a list of. */
function nested(schema: Schema): Schema | null {
  if (schema.$ref !== undefined) return null;
  if (schema.properties !== undefined) return schema;
  for (const choice of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) {
    const found = nested(choice);
    if (found !== null) return found;
  }
  if (schema.items) return nested(schema.items);
  return typeof schema.additionalProperties === 'object' ? nested(schema.additionalProperties) : null;
}

function exampleLine({ examples }: Schema): string[] {
  if (examples === undefined || examples.length === 0) return [];
  const shown = examples.slice(0, 3).map(example => `\`${flow(example)}\``);
  return [`Such as ${shown.join(', ')}.`];
}

/** As YAML writes it on one line. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, part]) => `${key}: ${flow(part)}`)
      .join(', ')} }`;
  return typeof value === 'string' ? value.replaceAll('\n', ' ').trim() : JSON.stringify(value);
}

const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
