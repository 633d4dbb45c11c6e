/** `oomph test --reporter`: reports of real runs, as their readers read them. Formats have unit tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from 'ctrf';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { Parser } from 'tap-parser';
import { temporaryFolder } from './oomph.ts';
import { oomphTest, specYaml, write } from './specs.ts';

jest.setTimeout(120_000);

const cwd = temporaryFolder();
const SHOUTS = `export default {
  watermark: () => {
    console.log('::error::forged ]]> # TODO \\\\ \\u001b[31m');
    return -1;
  },
};
`;
write(cwd, {
  'specs/fails.spec.yaml': specYaml(
    '{metric: page_alloc.failures, at_most: 0}\nstate_hash',
    'seeds: [1, 2]\n',
    './shouts.ts',
  ),
  'specs/shouts.ts': SHOUTS,
  'specs/typo.spec.yaml': specYaml('{metric: page_alloc.failure, at_most: 0}'),
});

test('several at once, one of them printed; nothing that a policy prints is taken for a part of them', () => {
  const { code, out, err } = oomphTest(cwd, [
    '--reporter',
    'junit=out/deep/j.xml',
    '-r',
    'ctrf=out/c.json',
    '-r',
    'tap',
  ]);
  expect(err).toBe('');
  expect(code).toBe(2);

  const tap = Parser.parse(out, { strict: true } as never) as unknown as [
    string,
    { ok: boolean; count: number },
  ][];
  expect(tap.find(([name]) => name === 'complete')![1]).toMatchObject({
    ok: false,
    count: 2,
    bailout: false,
    todo: 0,
  });
  expect(out).toContain('::error::forged ]]> # TODO');

  const xml = readFileSync(join(cwd, 'out/deep/j.xml'), 'utf8');
  expect(XMLValidator.validate(xml)).toBe(true);
  const { testsuites } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' }).parse(xml);
  expect(testsuites).toMatchObject({ tests: '3', failures: '2', errors: '1' });
  const [first] = testsuites.testsuite[0].testcase;
  expect(first).toMatchObject({
    name: 'seed 1',
    file: 'specs/fails.spec.yaml',
    line: '20',
    failure: { type: 'metric' },
  });
  expect(first['system-out']).toContain('forged ]]> # TODO \\ \ufffd[31m');

  const ctrf = JSON.parse(readFileSync(join(cwd, 'out/c.json'), 'utf8'));
  expect(validate(ctrf)).toEqual({ valid: true, errors: [] });
  expect(ctrf.results.summary).toMatchObject({ tests: 3, failed: 2, other: 1 });
});

test('in GitHub Actions: reasons, annotations and a summary, and no command of a policy', () => {
  const summary = join(cwd, 'summary.md');
  const env = { GITHUB_ACTIONS: 'true', CI: 'true', GITHUB_STEP_SUMMARY: summary, GITHUB_WORKSPACE: cwd };
  const { code, out } = oomphTest(join(cwd, 'specs'), [], env);
  expect(code).toBe(2);
  const commands = out.split('\n').filter(line => /^\s*::|##\[/.test(line));
  expect(commands.map(line => line.slice(0, line.indexOf(' ')))).toEqual(['::error', '::error']);
  expect(commands[0]).toContain('file=specs/fails.spec.yaml,line=20,col=7::');
  expect(out).toContain(': ::error::forged');
  expect(readFileSync(summary, 'utf8')).toMatch(/^## oomph test: 2 of 2 specs did not pass\n/);
});

test('what cannot be is said before anything runs', () => {
  for (const [args, message] of [
    [['-r', 'jnuit'], 'there is no reporter "jnuit", did you mean junit?'],
    [['-r', 'tap', '-r', 'json'], 'tap and json cannot both be printed'],
    [['-r', 'tap', '--json'], 'tap and json cannot both be printed'],
    [['-r', 'tap=specs'], 'specs is a folder'],
  ] as const) {
    const { code, out, err } = oomphTest(cwd, [...args]);
    expect([args, code, out, err]).toEqual([args, 2, '', expect.stringContaining(message)]);
  }
});
