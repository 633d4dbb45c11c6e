import { junitReport } from '../../../../src/report/testing/junit.ts';
import { type Element, faults, LEGAL, parse } from '../junitRules.ts';
import { BROKEN_SPEC, MIXED, NASTY_RUN, specResult, testRun } from './runs.ts';

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
    'Cause:\n  order 2 in DMA',
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
