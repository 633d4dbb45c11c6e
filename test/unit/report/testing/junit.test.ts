import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { junitReport } from '../../../../src/report/testing/junit.ts';
import { BROKEN_SPEC, MIXED, NASTY_RUN, specResult, testRun } from './runs.ts';

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

interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

function parse(xml: string): Element {
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

function faults(element: Element): string[] {
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
const LEGAL = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

const cases = (root: Element): Element[] =>
  root.children.flatMap(suite => suite.children.filter(({ name }) => name === 'testcase'));
const holding = (root: Element, name: string): Element[] =>
  cases(root).filter(({ children }) => children.some(child => child.name === name));

describe.each([
  ['a mixed run', MIXED],
  ['nasty texts', NASTY_RUN],
  ['nothing', testRun([])],
])('%s', (_, run) => {
  const xml = junitReport(run);
  const root = parse(xml);

  test('is what consumers of JUnit XML read', () => {
    expect(faults(root)).toEqual([]);
    expect(xml).toMatch(LEGAL);
  });

  test('counts what it holds', () => {
    const { tests, failures, errors } = root.attributes;
    expect(Number(tests)).toBe(cases(root).length);
    expect(Number(failures)).toBe(holding(root, 'failure').length);
    expect(Number(errors)).toBe(holding(root, 'error').length);
    for (const suite of root.children) {
      const inner = { ...root, children: [suite] };
      expect(Number(suite.attributes['tests'])).toBe(cases(inner).length);
      expect(Number(suite.attributes['failures'])).toBe(holding(inner, 'failure').length);
      expect(Number(suite.attributes['errors'])).toBe(holding(inner, 'error').length);
      expect(Number(suite.attributes['skipped'])).toBe(holding(inner, 'skipped').length);
    }
  });
});

test('a failure has the place in the spec, the reason and all that is known', () => {
  const root = parse(junitReport(MIXED));
  const [, second] = cases(root);
  expect(second.attributes).toMatchObject({
    name: 'seed 2',
    classname: 'regress/order-3-after-churn',
    file: 'specs/order3.spec.yaml',
    line: '23',
  });
  const [failure, out] = second.children;
  expect(failure.attributes).toEqual({
    type: 'metric',
    message: 'page_alloc.failures of task sb16 is at most 0: expected at most 0, actual 3 (and 1 more)',
  });
  for (const part of [
    'specs/order3.spec.yaml:23:7: page_alloc.failures',
    '\n  +Node 0, zone   Normal    217     54\n',
    'Why:\n  order 2 in DMA',
    'oomph test specs/order3.spec.yaml --seed 2',
  ]) {
    expect(failure.text).toContain(part);
  }
  expect(out.text).toBe('grouping.ts:12: no block of order 2 is left');
});

test('failed, could not be run and left out are three things', () => {
  const root = parse(junitReport(MIXED));
  expect(root.attributes).toMatchObject({ tests: '8', failures: '2', errors: '2' });
  const files = (name: string) => holding(root, name).map(({ attributes }) => attributes['file']);
  expect(files('failure')).toEqual(['specs/order3.spec.yaml', 'specs/order3.spec.yaml']);
  expect(files('error')).toEqual(['specs/sandbox.spec.yaml', 'specs/typo.spec.yaml']);
  expect(files('skipped')).toEqual(['specs/skipped.spec.yaml']);
});

test('a spec that cannot be read is a case at the line of its fault', () => {
  const [only] = cases(parse(junitReport(testRun([BROKEN_SPEC]))));
  expect(only.attributes).toMatchObject({ name: 'the spec', line: '7' });
  expect(only.children[0].attributes['message']).toBe("E-KEY-UNKNOWN: there is no key 'expcet' here");
});

test('what was written, what is stale and the shard are properties', () => {
  const run = { ...MIXED, shard: { index: 2, of: 3, nrCases: 9 } };
  const suite = parse(junitReport(run)).children[1];
  const properties = suite.children[0].children.map(({ attributes: { name, value } }) => [name, value]);
  expect(properties).toEqual(
    expect.arrayContaining([
      ['policy', './grouping.ts'],
      ['shard', '2/3'],
      ['snapshots.written', '1'],
      ['snapshots.updated', '1'],
      ['snapshot.stale', 'specs/__snapshots__/passing.spec.yaml/9.yaml'],
      ['state_hash.1', '0badcafe'],
    ]),
  );
});

test('texts come back as they were, but for what a terminal would obey', () => {
  const title = `a "b" <c> &amp; ]]> 'd'`;
  const [suite] = parse(junitReport(testRun([specResult({ title })]))).children;
  expect(suite.attributes['name']).toBe(title);
});
