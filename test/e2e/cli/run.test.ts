import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { BIN, challengeYaml, GOAL_LOST, oomph, ROOT, temporaryFolder, writeChallenge } from './oomph.ts';

jest.setTimeout(60_000);

const folder = temporaryFolder();
const won = writeChallenge(folder);
const lost = join(folder, 'lost.yaml');
writeFileSync(lost, challengeYaml(GOAL_LOST));

test('a challenge that is won: exit 0, goals, score, explanation', () => {
  const { code, out, err } = oomph(['run', 'challenge.yaml'], { cwd: folder });
  expect(err).toBe('');
  expect(out.replace(/[\d,]{5,}/g, 'N').replace(/ {2,}/g, '  ')).toMatchInlineSnapshot(`
"tests/a-small-one  A small one
No policy: Linux decides. 2 seeds.

  seed  result  stars  cycles  why
  1  won  **.  N
  2  won  **.  N

Goals, seed 1
  held  page_alloc.failures of task asker, at most 0: 0

Score  worst  median  best  par  gold
cycles  N  N  N  <=N  <=N

won, 2 stars of 3

That is all.
"
`);
  expect(code).toBe(0);
});

test("a challenge that is lost: exit 1, the kernel's report, and the command that shows it again", () => {
  const { code, out } = oomph(['run', lost, '--seed', '2']);
  expect(code).toBe(1);
  expect(out).toContain('LOST  page_alloc.failures, at most 0: ');
  expect(out).toContain(
    '\n  greedy: page allocation failure. order:10, mode:0x20\n  Mem-info:\n  DMA per-cpu:\n',
  );
  const again = out
    .split('\n')
    .map(line => /^ {2}(?:npx )?oomph (run .*)$/.exec(line)?.[1])
    .find(line => line !== undefined)!
    .split(' ');
  expect(oomph(again)).toEqual({ code: 1, out, err: '' });
});

test('the whole of a seed is the same alone and among others', () => {
  const seeds = (list: string) => JSON.parse(oomph(['run', won, '--seeds', list, '--json']).out).seeds;
  expect(seeds('5')[0]).toEqual(seeds('4-6')[1]);
});

test('--json is a verdict as the schema describes it', () => {
  const schema = JSON.parse(readFileSync(join(ROOT, 'schemas/verdict.schema.json'), 'utf8'));
  const validate = new Ajv2020({ strictRequired: false }).compile(schema);
  for (const [file, code] of [
    [won, 0],
    [lost, 1],
  ] as const) {
    const done = oomph(['run', file, '--json']);
    expect(done.code).toBe(code);
    expect(validate(JSON.parse(done.out)) || validate.errors).toBe(true);
  }
});

test('--quiet is one line', () => {
  expect(oomph(['run', won, '-q'])).toEqual({
    code: 0,
    out: 'tests/a-small-one: won, 2 stars of 3\n',
    err: '',
  });
  expect(oomph(['run', lost, '--quiet', '--seeds', '1-3']).out).toBe(
    'tests/a-small-one: lost on 3 of 3 seeds\n',
  );
});

test('a challenge is named by its folder too', () => {
  expect(oomph(['run', folder, '-q']).code).toBe(0);
  expect(oomph(['run', '.', '-q'], { cwd: folder }).code).toBe(0);
});

test.each<[string[], RegExp]>([
  [['run'], /missing required argument 'challenge'/],
  [['run', 'nosuch.yaml'], /no challenge file, folder or id is called nosuch\.yaml: /],
  [['run', won, 'more'], /too many arguments/],
  [['run', won, '--sed', '1'], /unknown option '--sed'\n\(Did you mean --seed\?\)/],
  [['run', won, '--seed'], /option '--seed <n>' argument missing/],
  [['run', won, '--seed', 'x'], /"x" is not a seed: write --seed 7/],
  [['run', won, '--seed', '1', '--seeds', '2'], /--seed and --seeds were both given/],
  [['run', won, '--policy', 'nosuch.ts'], /there is no policy file nosuch\.ts/],
  [['run', won, '--policy', 'policy.py'], /a policy is a \.ts or \.js file/],
  [
    ['run', won, '--policy', 'reference'],
    /tests\/a-small-one has no reference policy: add `policy: \{reference: FILE\}`/,
  ],
  [['run', '/dev/null'], /E-FILE|ordinary file|device/],
  [['rnu', won], /unknown command 'rnu'\n\(Did you mean run\?\)/],
  [['--colour'], /unknown option '--colour'/],
  [['metrics', 'all'], /too many arguments/],
  [['lint', 'nosuch'], /no challenge file, folder or id is called nosuch/],
  [['new', 'plicy', won], /unknown command 'plicy'\n\(Did you mean policy\?\)/],
  [[], /Usage: oomph/],
])('bad arguments exit with 2 and say what to do: %j', (args, message) => {
  const { code, out, err } = oomph(args);
  expect(err).toMatch(message);
  expect(out).toBe('');
  expect(code).toBe(2);
});

test('a challenge file that is at fault exits with 2, all its faults told, nothing run', () => {
  const bad = join(folder, 'bad.yaml');
  writeFileSync(bad, challengeYaml('{metric: page_alloc.failurs, at_most: 0}').replace('32MiB', '-3MiB'));
  const { code, out, err } = oomph(['run', bad]);
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).toMatch(/bad\.yaml:6:/);
  expect(err).toMatch(/did you mean page_alloc\.failures\?/);
});

test('a workload without end exits with 2 and names the task', () => {
  const flood = join(folder, 'flood.yaml');
  writeFileSync(
    flood,
    challengeYaml().replace('length: 5s', 'length: 50000s').replace('{poisson: 50/s}', '{poisson: 5000/s}'),
  );
  const { code, err } = oomph(['run', flood]);
  expect(err).toMatch(/asker/);
  expect(code).toBe(2);
});

test('help and version exit with 0', () => {
  expect(oomph(['--version']).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  for (const args of [
    ['--help'],
    ['help', 'run'],
    ['run', '--help'],
    ['play', '--help'],
    ['new', 'policy', '--help'],
    ['lint', '--help'],
  ]) {
    const { code, out, err } = oomph(args);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/Usage: oomph/);
    expect(out).toMatch(/Example|oomph/);
  }
});

describe('colours', () => {
  const coloured = (env: Record<string, string>) => oomph(['run', won], { env }).out.includes('\u001b[');
  test('none in a pipe, unless forced; NO_COLOR wins', () => {
    expect(coloured({})).toBe(false);
    expect(coloured({ CI: 'true' })).toBe(false);
    expect(coloured({ FORCE_COLOR: '1' })).toBe(true);
    expect(coloured({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false);
  });
});

test('a reader that goes away is no error', () => {
  const pipe = `"${process.execPath}" "${BIN}" metrics | head -1; exit "\${PIPESTATUS[0]}"`;
  const done = spawnSync('bash', ['-c', pipe], { encoding: 'utf8' });
  expect(done.stdout).toMatch(/^page_alloc\.failures/);
  expect(done.stderr).toBe('');
  expect(done.status).toBe(0);
});

test('an interrupt ends the run at once, without a verdict and without noise', async () => {
  // Only the process knows when it listens: before that the system ends it, as it does any.
  const tells = `process.on('newListener', name => name === 'SIGINT' && process.getBuiltinModule('fs').writeSync(3, '!'))`;
  const child = spawn(process.execPath, [BIN, 'run', won, '--seeds', '1-10000'], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tells)}` },
  });
  let said = '';
  child.stdout!.on('data', data => (said += data));
  child.stderr!.on('data', data => (said += data));
  await new Promise(resolve => child.stdio[3]!.once('data', resolve));
  child.kill('SIGINT');
  const code = await new Promise(resolve => child.on('close', resolve));
  expect({ code, said }).toEqual({ code: 130, said: '' });
});

test('metrics lists, for people and for programs', () => {
  expect(oomph(['metrics']).out).toContain('cycles  cycles, total\n    what the kernel itself cost');
  expect(JSON.parse(oomph(['metrics', '--json']).out)[0]).toMatchObject({
    name: 'page_alloc.failures',
    unit: 'count',
  });
});
