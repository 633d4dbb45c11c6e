import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { challengeYaml, GOAL_LOST, oomph, ROOT, temporaryFolder } from './oomph.ts';

jest.setTimeout(300_000);

const folder = temporaryFolder();
const cwd = { cwd: folder };
const EXAMPLES = join(ROOT, 'examples/shrink');
writeFileSync(join(folder, 'won.yaml'), challengeYaml());
writeFileSync(join(folder, 'lost.yaml'), challengeYaml(GOAL_LOST));

test('a fault that needs two hooks: twenty times smaller, both stay, Linux stays without it, and the JSON says so', () => {
  const args = ['shrink', join(EXAMPLES, 'fault.yaml'), '-p', join(EXAMPLES, 'fault.ts')];
  const { code, out } = oomph([...args, '--json', '--limit', '3M'], cwd);
  expect(code).toBe(0);
  const json = JSON.parse(out);
  const schema = JSON.parse(readFileSync(join(ROOT, 'schemas/shrink.schema.json'), 'utf8'));
  expect(new Ajv2020({ strict: true }).compile(schema)(json)).toBe(true);
  expect(json).toMatchObject({ seed: 1, end: 'done', linuxHolds: true, out: '' });
  expect(json.failure.trouble).toMatch(
    /^a fault of hook block \(illegal-answer\): must lie inside one free block/,
  );
  expect(json.before.operations / json.after.operations).toBeGreaterThanOrEqual(20);
  expect(json.yaml).toContain('order: 5');
  writeFileSync(join(folder, 'fault-small.yaml'), json.yaml);
  const run = oomph(['run', 'fault-small.yaml', '-p', join(EXAMPLES, 'fault.ts'), '--json'], cwd);
  expect(run.code).toBe(1);
  expect(JSON.parse(run.out).seeds[0].faults[0].hook).toBe('block');
});

test('a spec is written out whole and shrunk by the expectation that fails; what comes out fails as a spec', () => {
  const done = oomph(
    ['shrink', join(EXAMPLES, 'expectation.yaml'), '--limit', '3M', '--out', 'small.spec.yaml'],
    cwd,
  );
  expect(done).toMatchObject({ code: 0, out: '' });
  expect(done.err).toMatch(/operations [\d,]+ -> \d+, [\d,.]+ times fewer\n/);
  expect(done.err).toContain('written to small.spec.yaml');
  const text = readFileSync(join(folder, 'small.spec.yaml'), 'utf8');
  expect(text).toMatch(
    /^# Shrunk by oomph from .*expectation\.yaml, and it still fails in the same way on seed 1:\n/,
  );
  expect(text).toContain('# This is what broke.');
  expect(text).not.toMatch(/^of:|state_hash|cycles/m);
  const test = oomph(['test', 'small.spec.yaml'], { ...cwd, env: { CI: '1' } });
  expect(test.code).toBe(1);
  expect(test.out).toContain('page_alloc.failures of task sb16');
  // There is a file of that name now, and shrinking it again changes nothing.
  expect(oomph(['shrink', 'small.spec.yaml', '-o', 'small.spec.yaml'], cwd).code).toBe(2);
  expect(oomph(['shrink', 'small.spec.yaml', '-o', 'small.spec.yaml', '-f', '-q'], cwd)).toEqual({
    code: 0,
    out: '',
    err: '',
  });
  expect(readFileSync(join(folder, 'small.spec.yaml'), 'utf8')).toBe(text);
});

test('--policy-too: a spec and its policy, both smaller, fail together as a spec', () => {
  const text = readFileSync(join(EXAMPLES, 'fault.yaml'), 'utf8');
  writeFileSync(
    join(folder, 'both.spec.yaml'),
    text
      .replace('goal:\n  - {', 'test:\n  policy: ./both.ts\n  expect:\n    - {')
      .replace(/^policy: .*\n/m, ''),
  );
  writeFileSync(
    join(folder, 'both.ts'),
    `import { definePolicy } from 'oomph';
${readFileSync(join(EXAMPLES, 'fault.ts'), 'utf8')
  .replace('export default {', 'export default definePolicy({')
  .replace(/\};\n$/, '});\n')}`,
  );
  const args = ['shrink', 'both.spec.yaml', '--policy-too', '--limit', '3M'];
  const done = oomph([...args, '--out', 'less.spec.yaml'], cwd);
  expect(done).toMatchObject({ code: 0, out: '' });
  const [, before, after] = /policy: tokens (\d+) -> (\d+)\n/.exec(done.err)!;
  expect(Number(after)).toBeLessThan(Number(before) / 2);
  expect(done.err).toContain('written to less.spec.yaml and less.policy.ts');
  const policy = readFileSync(join(folder, 'less.policy.ts'), 'utf8');
  expect(policy).toMatch(
    /^\/\/ Shrunk by oomph from both\.ts: tokens \d+ -> \d+\.\n\/\/ oomph shrink .*--policy-too\n\nimport/,
  );
  expect(policy).not.toContain('zonelist');
  expect(readFileSync(join(folder, 'less.spec.yaml'), 'utf8')).toContain('policy: ./less.policy.ts');
  const tested = oomph(['test', 'less.spec.yaml'], { ...cwd, env: { CI: '1' } });
  expect(tested.code).toBe(1);
  expect(tested.out).toMatch(/policy\.faults is at most 0\n +expected {2}at most 0/);

  const again = oomph([...args, '--json', '--policy', 'less.policy.ts'], cwd);
  const json = JSON.parse(again.out);
  const schema = JSON.parse(readFileSync(join(ROOT, 'schemas/shrink.schema.json'), 'utf8'));
  expect(new Ajv2020({ strict: true }).compile(schema)(json)).toBe(true);
  expect(json.policyShrunk).toMatchObject({ before: Number(after), after: Number(after), out: '' });
});

test('what does not fail is no input', () => {
  const { code, out, err } = oomph(['shrink', 'won.yaml'], cwd);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('there is nothing to shrink: it does not fail on any of its 2 seeds');
});

test.each([
  [['--limit', 'much'], /no number of operations/],
  [['--limit', '0'], /no number of operations/],
  [['--seed', '1,2'], /--seed takes one seed/],
  [['--goal', '3'], /there is no --goal 3/],
  [['--out', 'no/where.yaml'], /no folder/],
  [['--policy', 'gone.ts'], /gone\.ts/],
  [['--policy-too', '--out', 'x.yaml'], /Linux decides: name one with --policy/],
  [['--policy-too', '-p', join(EXAMPLES, 'fault.ts')], /name that with --out FILE/],
])('%j is refused', (args, message) => {
  const { code, out, err } = oomph(['shrink', 'lost.yaml', ...args], cwd);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(message);
});
