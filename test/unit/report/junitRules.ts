/** What those who read JUnit XML hold it to, for tests of everything that writes it. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** The rules of Jenkins' junit-10.xsd: what each element holds, and its attributes, those that must be there first. */
const RULES: Record<string, { holds: string[]; must: string[]; may: string[] }> = {
  testsuites: { holds: ['testsuite'], must: [], may: ['name', 'time', 'tests', 'failures', 'errors'] },
  testsuite: {
    holds: ['testsuite', 'properties', 'testcase', 'system-out', 'system-err'],
    must: ['name', 'tests', 'failures', 'errors'],
    may: ['group', 'time', 'skipped', 'timestamp', 'hostname', 'id', 'package', 'file', 'log', 'url'],
  },
  properties: { holds: ['property'], must: [], may: [] },
  property: { holds: [], must: ['name', 'value'], may: [] },
  // file and line are beyond it: what GitLab, CircleCI and others link by.
  testcase: {
    holds: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
    must: ['name'],
    may: ['time', 'classname', 'group', 'file', 'line'],
  },
  failure: { holds: ['#text'], must: [], may: ['type', 'message'] },
  error: { holds: ['#text'], must: [], may: ['type', 'message'] },
  skipped: { holds: ['#text'], must: [], may: ['type', 'message'] },
  'system-out': { holds: ['#text'], must: [], may: [] },
};
const SUREFIRE_TIME = /^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$/;

export interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

export function parse(xml: string): Element {
  expect(XMLValidator.validate(xml)).toBe(true);
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    trimValues: false,
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: true,
  });
  type Node = Record<string, unknown> & { ':@'?: Record<string, string> };
  const elements = (nodes: Node[]): Element[] =>
    nodes.flatMap(node => {
      const [name] = Object.keys(node).filter(key => key !== ':@');
      if (name === '#text' || name === '?xml') return [];
      const inner = node[name] as Node[];
      const text = inner.map(child => child['#text'] ?? '').join('');
      return [{ name, attributes: node[':@'] ?? {}, children: elements(inner), text }];
    });
  const [root] = elements(parser.parse(xml));
  return root;
}

export function faults(element: Element): string[] {
  const { name, attributes, children, text } = element;
  const { holds, must, may } = RULES[name];
  const found = must.filter(key => !(key in attributes)).map(key => `${name} lacks ${key}`);
  for (const key of Object.keys(attributes)) {
    if (!must.includes(key) && !may.includes(key)) found.push(`${name} may not have ${key}`);
  }
  if ('time' in attributes && !SUREFIRE_TIME.test(attributes['time']))
    found.push(`time ${attributes['time']}`);
  for (const child of children) if (!holds.includes(child.name)) found.push(`${child.name} in ${name}`);
  if (!holds.includes('#text') && text.trim() !== '') found.push(`text in ${name}`);
  return [...found, ...children.flatMap(faults)];
}

/** What XML 1.0 allows, as XMLValidator does not check: its production Char. */
export const LEGAL = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
