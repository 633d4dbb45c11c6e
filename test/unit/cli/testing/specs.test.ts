import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadSpec } from '../../../../src/cli/testing/specs.ts';

const POLICY = `import { definePolicy } from 'oomph';
import { low } from './parts/low.ts';
export default definePolicy({ watermark: (request, mem) => low(mem.AS_LINUX) });
`;
const spec = (more: string): string => `challenge: 1
id: tests/spec
title: A spec
${more}`;
const MACHINE = `machine: {arch: i386, ram: 16MiB}
workload:
  length: 1s
  tasks: [{name: a, arrive: {every: 10ms}, run: [{alloc_page: {as: p, gfp: [GFP_KERNEL]}}]}]
`;
const FILES = {
  'policies/mine.ts': POLICY,
  'policies/parts/low.ts': 'export const low = (n: number): number => n;\n',
  'base/base.yaml': `${spec(MACHINE)}goal: [{metric: cycles, at_most: 9}]\npolicy: {hooks: [watermark], reference: r.ts}\n`,
  'base/r.ts': POLICY.replace("import { low } from './parts/low.ts';\n", '').replace(
    'low(mem.AS_LINUX)',
    '0',
  ),
  'specs/mine.spec.yaml': spec(`${MACHINE}test: {policy: ../policies/mine.ts, expect: [state_hash]}\n`),
  'specs/typo.spec.yaml': spec(`${MACHINE}test: {policy: ../policies/mien.ts, expect: [state_hash]}\n`),
  'specs/far.spec.yaml': spec(`${MACHINE}test: {policy: ../nowhere/at-all.ts, expect: [state_hash]}\n`),
  'specs/of.spec.yaml': spec('of: ../base/base.yaml\ntest: {policy: reference, expect: [state_hash]}\n'),
  'specs/view.spec.yaml': spec(`${MACHINE}test: {expect: [{proc: slabinfo}]}\n`),
};
const folder = mkdtempSync(join(tmpdir(), 'oomph-specs-'));
let before: string;
beforeAll(() => {
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  before = process.cwd();
  process.chdir(folder);
});
afterAll(() => process.chdir(before));

test('a spec knows every file that it is made from', () => {
  const mine = loadSpec('specs/mine.spec.yaml');
  expect(mine.diagnostics).toEqual([]);
  expect(mine.watched).toEqual(['specs/mine.spec.yaml', 'policies/mine.ts', 'policies/parts/low.ts']);
  expect(mine.policyFolder).toBe('policies');
  const of = loadSpec('specs/of.spec.yaml');
  expect(of.diagnostics).toEqual([]);
  expect(of.watched).toEqual(['specs/of.spec.yaml', 'base/base.yaml', 'base/r.ts']);
});

test('one of a challenge that comes with oomph', () => {
  writeFileSync(
    'specs/shipped.spec.yaml',
    spec('of: zones/the-sound-card\ntest: {policy: reference, expect: [dump]}\n'),
  );
  const { plan, diagnostics, policy } = loadSpec('specs/shipped.spec.yaml');
  expect(diagnostics).toEqual([]);
  expect(plan!.workload.tasks.map(({ name }) => name)).toContain('sb16');
  expect(policy!.entry).toMatch(/\.ts$/);
});

test.each([
  ['typo', 'there is no policy file policies/mien.ts: did you mean ../policies/mine.ts?'],
  ['far', 'there is no policy file nowhere/at-all.ts'],
  [
    'view',
    'there is no `slabinfo` here: the machine starts without the slab allocator: add `slab: true` to `machine` of the challenge',
  ],
])('what %s lacks is told', (name, message) => {
  const { plan, diagnostics } = loadSpec(`specs/${name}.spec.yaml`);
  expect([plan, diagnostics.map(d => d.message)]).toEqual([null, [message]]);
});
