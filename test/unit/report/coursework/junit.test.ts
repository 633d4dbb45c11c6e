import type { ChallengeResult } from '../../../../src/contract/grading.ts';
import { junitXml } from '../../../../src/report/coursework/junit.ts';
import { faults, LEGAL, parse } from '../junitRules.ts';
import { BROKEN, graded, MIXED, plan, WON } from './marked.ts';

test('JUnit: what Jenkins and GitLab read, whatever names there are', () => {
  const odd = { ...graded(BROKEN), id: 'x\u0000"<&>\'\ufffe\ud800 ]]>' };
  const lost: ChallengeResult = { kind: 'infrastructure', message: 'killed \u001b[31m', diagnostics: [] };
  const xml = junitXml(plan(), [graded(MIXED), odd, graded(lost), graded(WON)]);
  const root = parse(xml);
  expect(faults(root)).toEqual([]);
  expect(xml).toMatch(LEGAL);
  expect(root.attributes).toMatchObject({ tests: '4', failures: '2', errors: '1' });
  const suites = root.children;
  expect(suites[1].attributes['name']).toBe('x"<&>\' ]]>');
  for (const { attributes, children } of suites) {
    const holding = (name: string): string =>
      String(children.filter(child => child.children.some(inner => inner.name === name)).length);
    expect([attributes['tests'], attributes['failures'], attributes['errors']]).toEqual([
      String(children.length),
      holding('failure'),
      holding('error'),
    ]);
  }
  const [[mixed], , [broken], [won]] = suites.map(({ children }) => children);
  expect(mixed.children[0].attributes).toEqual({ type: 'lost', message: 'lost on 1 of 4 seeds' });
  expect(mixed.children[0].text).toBe('7.5 of 10 points');
  expect(broken.children[0].attributes['type']).toBe('infrastructure');
  expect(won).toMatchObject({ attributes: { file: 'a/card.ts', classname: 'Ada <b> & *Bo*' }, children: [] });
});
