import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { oomph, ROOT, temporaryFolder } from './oomph.ts';

const CHALLENGES = join(ROOT, 'test', 'fixtures', 'play');

/** Keeps the low pages for DMA; its other hook is open in no challenge of the fixtures. */
const POLICY = `import { definePolicy } from 'oomph';

export default definePolicy({
  zonelist: (request, mem) => (request.gfp & mem.GFP_DMA ? mem.DMA_ONLY : mem.NORMAL_ONLY),
  kswapd: request => request.linux,
});
`;

function epic(policy: string, name: string, ...args: string[]) {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, policy);
  return oomph(['epic', '--policy', path, '--challenges', CHALLENGES, ...args]);
}

test('one policy plays every challenge that opens one of its hooks', () => {
  const { code, out } = epic(POLICY, 'p.ts');
  expect(out).toMatch(/buddy\/calm +won /);
  expect(out).toMatch(/zones\/starving +won +\*\*-/);
  expect(out).toMatch(/\d of 6 stars, 2 of 2 challenges won/);
  expect(code).toBe(0);
});

test('--json is as the schema says, and one that is lost exits with 1', () => {
  const { code, out } = epic(POLICY.replace('mem.NORMAL_ONLY', 'mem.AS_LINUX'), 'p.ts', '--json');
  const report = JSON.parse(out);
  const schema = JSON.parse(readFileSync(join(ROOT, 'schemas', 'epic.schema.json'), 'utf8'));
  const validate = new Ajv2020().compile(schema);
  expect(validate(report) ? [] : validate.errors).toEqual([]);
  expect(report).toMatchObject({
    won: 1,
    possible: 6,
    notServed: [],
    policy: { hooks: ['zonelist', 'kswapd'] },
  });
  expect(report.challenges[1]).toMatchObject({ id: 'zones/starving', outcome: 'lost', seedsWon: 0 });
  expect(code).toBe(1);
});

test.each([
  [
    'a hook that no challenge opens',
    "import { definePolicy } from 'oomph';\nexport default definePolicy({ kswapd: () => 1 });\n",
    'p.ts',
    'which no challenge opens',
  ],
  [
    'no hook at all',
    "import { definePolicy } from 'oomph';\nexport default definePolicy({});\n",
    'p.ts',
    'decides nothing',
  ],
  ['a fault', 'export default definePolicy(;', 'p.ts', 'p.ts:1'],
  [
    'numbers that nothing asks for',
    'policy: 1\ntunables: {kswapd.low: 120}\n',
    'p.yaml',
    'there is nothing to play',
  ],
])('%s is bad input', (_, policy, name, message) => {
  const { code, out, err } = epic(policy, name);
  expect(err).toContain(message);
  expect([code, out]).toEqual([2, '']);
});
