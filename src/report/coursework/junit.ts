/** JUnit XML as Jenkins and GitLab read it: a suite a submission, a case a challenge. */
import XMLBuilder from 'fast-xml-builder';
import type { AssignmentPlan } from '../../contract/assignment.ts';
import type { GradedSubmission } from '../../contract/grading.ts';
import { points } from './points.ts';

/** What XML 1.0 cannot hold is left out. */
const legal = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, char => ('\t\n\r'.includes(char) ? char : ''));

export function junitXml(plan: AssignmentPlan, submissions: readonly GradedSubmission[]): string {
  let tests = 0;
  let failures = 0;
  let errors = 0;
  const suites = submissions.map(({ id, challenges, marks }) => {
    let failed = 0;
    let broken = 0;
    const cases = challenges.map(({ result, file }, i) => {
      const assigned = plan.challenges[i];
      const of = `${points(marks.challenges[i].points)} of ${points(assigned.points)} points`;
      const testcase: Record<string, unknown> = {
        '@classname': legal(id),
        '@name': assigned.file,
        '@time': '0',
        ...(file === '' ? {} : { '@file': legal(file) }),
      };
      if (result.kind === 'infrastructure') {
        broken++;
        testcase['error'] = {
          '@type': result.kind,
          '@message': legal(result.message),
          '#text': legal(result.message),
        };
      } else if (result.kind !== 'played') {
        failed++;
        testcase['failure'] = { '@type': result.kind, '@message': legal(result.message), '#text': of };
      } else {
        const lost = result.seeds.filter(seed => seed.outcome === 'lost').length;
        if (lost > 0) {
          failed++;
          const message = `lost on ${lost} of ${result.seeds.length} seeds`;
          testcase['failure'] = { '@type': 'lost', '@message': message, '#text': of };
        }
      }
      return testcase;
    });
    tests += cases.length;
    failures += failed;
    errors += broken;
    return {
      '@name': legal(id),
      '@tests': String(cases.length),
      '@failures': String(failed),
      '@errors': String(broken),
      '@skipped': '0',
      '@time': '0',
      testcase: cases,
    };
  });
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    format: true,
    suppressEmptyNode: true,
  });
  return builder.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    testsuites: {
      '@name': legal(plan.id),
      '@tests': String(tests),
      '@failures': String(failures),
      '@errors': String(errors),
      '@time': '0',
      testsuite: suites,
    },
  });
}
