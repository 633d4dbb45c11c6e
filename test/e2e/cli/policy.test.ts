import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { challengeYaml, oomph, ROOT, temporaryFolder, writeChallenge } from './oomph.ts';

jest.setTimeout(120_000);

/** ZONE_NORMAL fills up, Linux falls back into ZONE_DMA, and the sound card gets nothing. */
const STARVED = `challenge: 1
id: tests/starved
title: Starved
story: |
  A sound card needs ZONE_DMA.
machine: {arch: i386, ram: 24MiB}
workload:
  length: 10s
  tasks:
    - name: sb16
      context: hardirq
      active: {from: 6s}
      arrive: {every: 100ms}
      run:
        - alloc_pages: {as: ring, order: 8, gfp: [GFP_ATOMIC, GFP_DMA]}
        - hold: 50ms
        - free_pages: ring
    - name: cache
      owner: page_cache
      active: {until: 6s}
      arrive: {every: 1ms}
      run:
        - alloc_pages: {as: page, order: 0, gfp: [GFP_KERNEL, __GFP_NORETRY]}
goal:
  - {metric: page_alloc.failures, where: {task: sb16}, at_most: 0}
score:
  - {metric: cycles, par: 900M, gold: 800k}
policy: {hooks: [zonelist], reference: reference.ts, naive: naive.ts}
seeds: [1, 2]
hints: [one, three, eleven]
explanation: |
  Linux falls back.
`;

const KEEP_OUT = `import { definePolicy } from 'oomph';
import { isDma } from './gfp.ts';

export default definePolicy({
  zonelist: (request, mem) => (isDma(request.gfp, mem.GFP_DMA) ? mem.DMA_ONLY : mem.NORMAL_ONLY),
});
`;

const folder = temporaryFolder();
const challenge = writeChallenge(folder, STARVED);
writeFileSync(
  join(folder, 'gfp.ts'),
  'export const isDma = (gfp: number, dma: number): boolean => (gfp & dma) !== 0;\n',
);
writeFileSync(join(folder, 'reference.ts'), KEEP_OUT);
writeFileSync(
  join(folder, 'naive.ts'),
  "import { definePolicy } from 'oomph';\nexport default definePolicy({ zonelist: (request, mem) => mem.AS_LINUX });\n",
);

function policy(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `import { definePolicy } from 'oomph';\nexport default definePolicy({\n${body}\n});\n`);
  return path;
}

test('Linux loses, a policy of two files wins, and the verdict says which', () => {
  expect(oomph(['run', challenge]).code).toBe(1);
  const { code, out, err } = oomph(['run', challenge, '--policy', join(folder, 'reference.ts')]);
  expect(err).toBe('');
  expect(out).toContain(`reference.ts: zonelist; `);
  expect(out).toContain('  held  page_alloc.failures of task sb16, at most 0: 0\n');
  expect(code).toBe(0);
});

test('reference and naive are those of the challenge', () => {
  expect(oomph(['run', challenge, '-p', 'reference', '-q'])).toMatchObject({ code: 0 });
  expect(oomph(['run', challenge, '-p', 'naive', '-q'])).toMatchObject({ code: 1 });
});

test('a policy that leaves all to Linux ends where Linux ends', () => {
  const hash = (name: string) =>
    JSON.parse(oomph(['run', challenge, '--json', '-p', name]).out).seeds[0].stateHash;
  expect(hash('naive')).toBe(hash('none'));
});

test('the same again, to the last byte', () => {
  const run = () => oomph(['run', challenge, '--json', '-p', 'reference', '--seed', '9']);
  expect(run()).toEqual(run());
});

test('a policy that loops for ever is stopped, and that is its own fault', () => {
  const path = policy('loop.ts', '  zonelist: (request, mem) => {\n    for (;;) {}\n  },');
  const { code, out } = oomph(['run', challenge, '--policy', path, '--seed', '1']);
  expect(code).toBe(1);
  expect(out).toMatch(
    /faults? of the policy in seed 1:\n {2}loop\.ts:4:\d+, in zonelist, event \d+.*\n {4}.*fuel/,
  );
});

test('a policy that throws', () => {
  const path = policy('throws.ts', "  zonelist: (request, mem) => {\n    throw new Error('no idea');\n  },");
  const { code, out } = oomph(['run', challenge, '--policy', path, '--seed', '1']);
  expect(code).toBe(1);
  expect(out).toMatch(/throws\.ts:4:\d+, in zonelist, event 0.*\n {4}.*no idea/);
});

test('a policy that answers nonsense', () => {
  const path = policy('nonsense.ts', '  zonelist: (request, mem) => (request.event & 1 ? NaN : 0x777),');
  const { code, out } = oomph(['run', challenge, '--policy', path, '--seed', '1']);
  expect(code).toBe(1);
  expect(out).toMatch(/nonsense\.ts:3:\d+, in zonelist, event 0.*\n {4}answered 1911: must/);
  expect(out).toMatch(/answered NaN: /);
});

test('a policy that does not compile exits with 2, with file, line and caret', () => {
  const path = policy('broken.ts', '  zonelist: (request, mem) => process.exit(0),');
  const { code, out, err } = oomph(['run', challenge, '--policy', path]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/broken\.ts:3:31/);
  expect(err).toMatch(/\^\^\^/);
});

test('a hook that the challenge does not offer exits with 2', () => {
  const path = policy('other.ts', '  pcp: (request, mem) => 1,');
  const { code, err } = oomph(['run', challenge, '--policy', path]);
  expect(code).toBe(2);
  expect(err).toMatch(/other\.ts:3:/);
});

test('numbers without code: a run, its verdict, its record and what it did otherwise', () => {
  const home = temporaryFolder();
  const open = writeChallenge(home, STARVED.replace('hooks: [zonelist]', 'hooks: [watermark, pcp]'));
  const tuned = join(home, 'tuned.yaml');
  writeFileSync(tuned, 'policy: 1\ntunables:\n  reserve.DMA: 4000\n  pcp.batch: 4\n');
  expect(oomph(['run', open, '-q']).code).toBe(1);
  const { code, out, err } = oomph(['run', open, '--policy', tuned]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('tuned.yaml: watermark, pcp; 2 tokens');
  const record = (policy: string) => {
    const file = join(home, `${policy.replaceAll(/\W/g, '')}.oomph`);
    oomph(['run', open, '--policy', policy, '--seed', '2', '--record', file, '-q']);
    return file;
  };
  const mine = record(tuned);
  expect(oomph(['replay', mine])).toMatchObject({ code: 0, err: '' });
  const parted = oomph(['diff', mine, record('none')]);
  expect(parted.err).toBe('');
  expect(parted.out).toMatch(/watermark, pcp; 2 tokens/);
});

test('numbers that are wrong exit with 2, each with its place', () => {
  const tuned = join(folder, 'wrong.yaml');
  writeFileSync(tuned, 'policy: 1\ntunables:\n  reserve.DNA: 250\n  pcp.high: 12\n');
  const { code, out, err } = oomph(['run', challenge, '--policy', tuned]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/wrong\.yaml is no policy for tests\/starved/);
  expect(err).toMatch(/E-TUNABLE-UNKNOWN\][\s\S]*:3:3[\s\S]*did you mean reserve\.DMA\?/);
  expect(err).toMatch(/E-TUNABLE-CLOSED\][\s\S]*:4:3/);
});

test('new policy: a starter that runs as Linux and that an editor understands', () => {
  const home = temporaryFolder();
  const made = oomph(['new', 'policy', challenge, '--out', join('deep', 'mine.ts')], { cwd: home });
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(made.out).toContain(`oomph run ${challenge} --policy ${join('deep', 'mine.ts')}`);
  const linux = JSON.parse(oomph(['run', challenge, '--json']).out).seeds[0].stateHash;
  const mine = JSON.parse(oomph(['run', challenge, '--json', '-p', 'deep/mine.ts'], { cwd: home }).out);
  expect(mine.seeds[0].stateHash).toBe(linux);
  expect(mine.policy.info.hooks).toEqual(['zonelist']);

  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const check = () => spawnSync(process.execPath, [tsc, '-p', join(home, 'deep')], { encoding: 'utf8' });
  expect(check().stdout).toBe('');
  const path = join(home, 'deep/mine.ts');
  writeFileSync(path, readFileSync(path, 'utf8').replace('=> mem.AS_LINUX', '=> mem.AS_LINX'));
  expect(check().stdout).toMatch(/Property 'AS_LINX' does not exist on type 'Mem'/);
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(/\n\}\);\n$/, '\n  pcp: (request, mem) => mem.AS_LINUX,\n});\n'),
  );
  expect(check().stdout).toMatch(/'pcp' does not exist in type 'Pick<Policy, "zonelist">'/);
  writeFileSync(
    path,
    readFileSync(path, 'utf8')
      .replace('AS_LINX', 'AS_LINUX')
      .replace(/\n {2}pcp.*\n/, '\n'),
  );
  expect(check().stdout).toBe('');

  expect(oomph(['new', 'policy', challenge, '--out', path])).toMatchObject({
    code: 2,
    err: expect.stringContaining('--force'),
  });
  expect(oomph(['new', 'policy', challenge, '--out', path, '--force']).code).toBe(0);
  expect(check().stdout).toBe('');
});

test('new policy in JavaScript, in a folder that has files of its own', () => {
  const home = temporaryFolder();
  const config =
    '{"compilerOptions": {"allowJs": true, "noEmit": true, "strict": true, "module": "ESNext", "moduleResolution": "Bundler", "types": []}}';
  writeFileSync(join(home, 'tsconfig.json'), config);
  const made = oomph(['new', 'policy', challenge, '--out', 'mine.js'], { cwd: home });
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(made.out.split('\n').slice(0, 3)).toEqual(['mine.js', 'oomph.d.ts', '']);
  expect(readFileSync(join(home, 'tsconfig.json'), 'utf8')).toBe(config);
  expect(oomph(['run', challenge, '-q', '-p', 'mine.js'], { cwd: home }).code).toBe(1);
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const check = () => spawnSync(process.execPath, [tsc, '-p', home], { encoding: 'utf8' }).stdout;
  expect(check()).toBe('');
  const path = join(home, 'mine.js');
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('mem.AS_LINUX,', 'mem.AS_LINX,'));
  expect(check()).toMatch(/Property 'AS_LINX' does not exist on type 'Mem'/);
  writeFileSync(path, text.replace('  zonelist:', '  reclaim: () => 1,\n  zonelist:'));
  expect(check()).toMatch(/'reclaim' does not exist in type/);
  // Theirs from now on.
  writeFileSync(join(home, 'oomph.d.ts'), '// mine\n');
  expect(oomph(['new', 'policy', challenge, '--out', 'other.ts'], { cwd: home }).out).not.toContain(
    'oomph.d.ts',
  );
  expect(readFileSync(join(home, 'oomph.d.ts'), 'utf8')).toBe('// mine\n');
});

test('new policy writes where the game looks, with one tsconfig.json for all', () => {
  const home = temporaryFolder();
  const mine = join('oomph-policies', 'tests', 'starved.ts');
  const config = join('oomph-policies', 'tsconfig.json');
  const made = oomph(['new', 'policy', challenge], { cwd: home });
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(made.out.split('\n').slice(0, 3)).toEqual([mine, config, join('oomph-policies', 'oomph.d.ts')]);
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const check = spawnSync(process.execPath, [tsc, '-p', join(home, config)], { encoding: 'utf8' });
  expect(check.stdout).toBe('');
  expect(oomph(['new', 'policy', challenge, '--force'], { cwd: home }).out).not.toMatch(
    /tsconfig\.json|oomph\.d\.ts/,
  );
});

test('new policy says what is wrong with where it should write', () => {
  const home = temporaryFolder();
  writeFileSync(join(home, 'file'), '');
  mkdirSync(join(home, 'dir.ts'));
  const nowhere = process.platform === 'linux' ? '/proc/oomph' : 'file';
  for (const [out, message] of [
    ['policy.txt', /ends in \.ts, \.js or \.yaml/],
    ['file/mine.ts', /cannot be written \(\w+, a file is in the way\): name another place with --out/],
    [`${nowhere}/mine.ts`, /cannot be written \(\w+, .*\): name another place with --out/],
    ['dir.ts', /is there already/],
  ] as const) {
    const { code, err } = oomph(['new', 'policy', challenge, '-o', out], { cwd: home });
    expect(err).toMatch(message);
    expect(code).toBe(2);
  }
  expect(existsSync(join(home, 'policy.txt'))).toBe(false);
});

test('a challenge of tunables: started, run and referred to as a file of numbers', () => {
  const home = temporaryFolder();
  const text = challengeYaml().replace('[zonelist, pcp]', '[pcp], form: tunables, reference: reference.yaml');
  const challenge = writeChallenge(home, text);
  writeFileSync(join(home, 'reference.yaml'), 'policy: 1\ntunables: {pcp.batch: 8}\n');
  const mine = join('oomph-policies', 'tests', 'a-small-one.yaml');
  const started = oomph(['new', 'policy', challenge], { cwd: home });
  expect(started.out).toMatch(new RegExp(`^${mine}\\n\\nEdit it, then:\\n .* --policy ${mine}\\n`));
  const json = (policy: string) =>
    JSON.parse(oomph(['run', challenge, '--policy', policy, '--seed', '1', '--json'], { cwd: home }).out);
  // As it is written it decides nothing, and the reference one thing.
  expect(json(mine).policy.info).toMatchObject({ hooks: [], tokens: 0 });
  expect(json('reference').policy.info).toMatchObject({ hooks: ['pcp'], tokens: 1 });
  writeFileSync(join(home, 'reference.yaml'), 'policy: 1\ntunables: {coalesce.order: 8}\n');
  expect(oomph(['run', challenge, '--policy', 'reference'], { cwd: home })).toMatchObject({
    code: 2,
    err: expect.stringMatching(/E-TUNABLE-CLOSED[\s\S]*one of pcp\.low, pcp\.high, pcp\.batch/),
  });
  expect(oomph(['new', 'policy', 'zones/the-sound-card', '-o', 'x.yaml'], { cwd: home })).toMatchObject({
    code: 2,
    err: expect.stringContaining('no tunable decides zonelist: write a policy in code, such as x.ts'),
  });
});
