import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { decodeRecord, encodeRecord } from '../../../src/harness/recordFile.ts';
import { challengeYaml, oomph, ROOT, temporaryFolder, writeChallenge } from './oomph.ts';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const challenge = writeChallenge(folder);
const run = (...args: string[]) => oomph(args, { cwd: folder });

const policy = (name: string, answer: string): void =>
  writeFileSync(
    join(folder, name),
    `import { definePolicy } from 'oomph';\nexport default definePolicy({ zonelist: (request, mem) => ${answer} });\n`,
  );
policy('low.ts', 'request.timeMs > 1000 ? mem.DMA_NORMAL : mem.AS_LINUX');
policy('linux.ts', 'mem.AS_LINUX');
policy('broken.ts', 'process.exit()');
for (const [name, ...args] of [
  ['none.oomph', '-p', 'none'],
  ['low.oomph', '-p', 'low.ts'],
  ['linux.oomph', '-p', 'linux.ts'],
]) {
  run('run', challenge, '--seed', '2', '--record', name, ...args);
}
run('run', challenge, '--seed', '1', '--record', 'one.oomph');
writeFileSync(join(folder, 'other.yaml'), challengeYaml().replace('now and then', 'often'));
run('run', 'other.yaml', '--seed', '2', '--record', 'other.oomph');
writeFileSync(join(folder, 'third.yaml'), challengeYaml().replace('a-small-one', 'a-third-one'));
run('run', 'third.yaml', '--seed', '2', '--record', 'third.oomph');

test('two records: where they part, what it came to, page by page, in 80 columns', () => {
  const { code, out, err } = run('diff', 'none.oomph', 'low.oomph');
  expect(err).toBe('');
  expect(code).toBe(1);
  expect(out.split('\n').filter(line => line.length > 80)).toEqual([]);
  const shape = out
    .replace(/[0-9a-f]{16}/g, 'HASH')
    .replace(/[\d.,]*\d/g, 'N')
    .replace(/[.ukcdo#-]{30,}/g, 'CELLS')
    .replace(/ {2,}/g, '  ');
  expect(shape.slice(0, shape.indexOf('Metrics'))).toMatchInlineSnapshot(`
"tests/a-small-one  A small one
seed N

  A  won  none.oomph  no policy: Linux decides
  B  won  low.oomph  zonelist; N tokens; HASH

Their answers part at event N, Ns
  asker asks for order N, GFP_ATOMIC, on CPU N
  zonelist: which zones for order N, GFP_ATOMIC
  A  Normal, DMA, as Linux: it does not decide this
  B  DMA, Normal

Memory parts at event N, Ns
  asker asks for order N, GFP_ATOMIC, on CPU N
  A gets pfn N, B pfn N

"
`);
  expect(out).toMatch(
    /\nPages after event [\d,]+\n {2}DMA {7}\d+ of 4,096 pages differ; a cell is 16 pages\n/,
  );
  expect(out).toContain('\nPages at the end\n');
});

test('the same policy twice, a policy that is Linux, a record and its policy: no difference, exit 0', () => {
  const same = 'no difference: every answer, every page and the end are the same\n';
  for (const args of [
    ['none.oomph', 'linux.oomph'],
    ['low.oomph', 'low.oomph'],
    ['low.oomph', '--policy', 'low.ts'],
    [challenge, '-p', 'low.ts', '-p', 'low.ts', '--seed', '7'],
  ]) {
    const { code, out } = run('diff', ...args);
    expect(out).toContain(same);
    expect(code).toBe(0);
  }
});

test('two policies are the same two runs as their records', () => {
  const json = (...args: string[]) => JSON.parse(run('diff', '--json', ...args).out);
  const records = json('none.oomph', 'low.oomph');
  const policies = json(challenge, '-p', 'none', '-p', 'low.ts', '--seed', '2');
  const strip = ({ a, b, ...rest }: { a: object; b: object }) => ({
    ...rest,
    a: { ...a, name: '' },
    b: { ...b, name: '' },
  });
  expect(strip(policies)).toEqual(strip(records));
  expect(records).toMatchObject({
    same: false,
    answers: { hook: 'zonelist', a: { decided: false }, b: { decided: true } },
  });
  expect(records.answers.operation.timeUs).toBeGreaterThanOrEqual(1_001_000);
});

test('--json is as the schema says', () => {
  const schema = JSON.parse(readFileSync(join(ROOT, 'schemas/diff.schema.json'), 'utf8'));
  const validate = new Ajv2020({ strictRequired: false }).compile(schema);
  for (const other of ['low.oomph', 'linux.oomph']) {
    const value = JSON.parse(run('diff', '--json', 'none.oomph', other, '--at', '1.5s').out);
    expect(validate(value) || validate.errors).toBe(true);
    expect(value.maps.map((map: { when: string }) => map.when)).toContain('time');
  }
});

test('--all shows the metrics that are the same too', () => {
  const some = run('diff', 'none.oomph', 'low.oomph').out;
  const all = run('diff', 'none.oomph', 'low.oomph', '--all').out;
  expect(some).not.toContain('kernel.bugs');
  expect(some).toMatch(/\d+ metrics the same; --all shows them\n/);
  expect(all).toMatch(/\nkernel\.bugs +0 +0\n/);
});

test.each([
  [
    ['none.oomph', 'one.oomph'],
    /none\.oomph is of seed 2 and one\.oomph of seed 1: their demand is not the same/,
  ],
  [['none.oomph', 'other.oomph'], /played with two versions of the file of tests\/a-small-one/],
  [['none.oomph', 'third.oomph'], /is of tests\/a-small-one and third\.oomph of tests\/a-third-one/],
  [['none.oomph'], /there are two runs to compare: oomph diff A B of two records/],
  [['none.oomph', 'low.oomph', 'one.oomph'], /3 runs and 0 policies are not two runs/],
  [['none.oomph', '-p', 'low.ts', '-p', 'linux.ts'], /is a record, so one --policy is compared with it/],
  [['none.oomph', '-p', 'reference'], /reference is a file beside the challenge/],
  [['none.oomph', '-p', 'low.ts', '--seed', '5'], /none\.oomph is of seed 2, and --seed 5 was given/],
  [['challenge.yaml', '-p', 'low.ts'], /challenge\.yaml cannot be replayed: it is no record/],
  [['challenge.yaml', '-p', 'low.ts', '-p', 'none'], /compared on one seed: add --seed 1/],
  [['challenge.yaml', '-p', 'low.ts', '-p', 'none', '--seed', '1,2'], /compared on one seed/],
  [['challenge.yaml', '-p', 'broken.ts', '-p', 'none', '--seed', '1'], /broken\.ts:2:/],
  [['none.oomph', 'low.oomph', '--at', 'noon'], /--at noon is not a time: write 20ms, 1\.5s or 2m/],
  [
    ['nothing', '-p', 'none', '-p', 'low.ts', '--seed', '1'],
    /no challenge file, folder or id is called nothing/,
  ],
])('%j exits with 2 and says what to do', (args, message) => {
  const { code, out, err } = run('diff', ...args);
  expect(err).toMatch(message);
  expect({ code, out }).toEqual({ code: 2, out: '' });
});

test('a record that does not replay to its own result is not compared', () => {
  const { record } = decodeRecord(readFileSync(join(folder, 'low.oomph')));
  const verdict = { ...record.verdict, stateHash: '00000000' };
  writeFileSync(join(folder, 'lie.oomph'), encodeRecord({ ...record, verdict }));
  const { code, err } = run('diff', 'none.oomph', 'lie.oomph');
  expect(err).toMatch(/lie\.oomph does not replay to its own result: `oomph replay lie\.oomph` says why/);
  const decisions = record.decisions.slice(1);
  writeFileSync(
    join(folder, 'short.oomph'),
    encodeRecord({ ...record, decisions, hooks: record.hooks.slice(1) }),
  );
  expect(run('diff', 'short.oomph', 'none.oomph').err).toMatch(
    /A, short\.oomph: its decisions ran out .*`oomph replay` says what is wrong/,
  );
  expect(code).toBe(2);
});
