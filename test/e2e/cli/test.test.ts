/** `oomph test`: what only the command shows. Judging, finding, selecting, merging have unit tests. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestRun } from '../../../src/contract/testing.ts';
import { BIN, oomph, temporaryFolder } from './oomph.ts';
import { oomphTest, specYaml, write } from './specs.ts';

jest.setTimeout(120_000);

const PASSES = '{metric: page_alloc.failures, at_least: 1}';
const FAILS = '{metric: page_alloc.failures, at_most: 0}';
const runOf = (text: string): TestRun => JSON.parse(text);
const cases = ({ specs }: TestRun): string[] =>
  specs.flatMap(({ file, cases: all }) => all.map(({ seed, status }) => `${file} ${seed} ${status}`));

test('what comes out as expected passes, what does not fails, what cannot be run is at fault', () => {
  const cwd = temporaryFolder();
  write(cwd, { 'good.spec.yaml': specYaml(PASSES, 'seeds: [1, 2]\n') });
  expect(oomphTest(cwd)).toMatchObject({ code: 0, err: '' });
  write(cwd, {
    'deep/with space.spec.yaml': specYaml(`${FAILS}\n${PASSES.replace('1}', '2}')}`, 'seeds: [4]\n'),
  });
  const failed = oomphTest(cwd);
  expect(failed.code).toBe(1);
  expect(failed.out).toMatch(
    /with space\.spec\.yaml:20:7\n.*page_alloc\.failures is at most 0\n +expected +at most 0\n +actual +\d+\n/,
  );
  expect(failed.out).toContain("oomph test 'deep/with space.spec.yaml' --seed 4");
  expect(failed.out).toContain('page allocation failure');
  write(cwd, { 'bad.spec.yaml': specYaml('{metric: page_alloc.failure, at_most: 0}') });
  const bad = oomphTest(cwd);
  expect(bad.code).toBe(2);
  expect(bad.out).toContain('E-METRIC-UNKNOWN');
  expect(bad.out).toContain('did you mean page_alloc.failures');
  // The others were run all the same.
  expect(bad.out).toMatch(/1 failed, 1 could not be run, 1 passed/);
});

test('nothing that is empty or unmatched passes', () => {
  const cwd = temporaryFolder();
  expect(oomphTest(cwd)).toMatchObject({ code: 2, out: '' });
  write(cwd, {
    'a.spec.yaml': specYaml(PASSES),
    'empty.yaml': '',
    'plain.yaml': specYaml(PASSES).replace(
      /test:[\s\S]*/,
      'goal: [{metric: page_alloc.failures, at_most: 0}]\n',
    ),
  });
  for (const [args, message] of [
    [['*.none'], 'matches no spec'],
    [['a.spec.yaml', 'b.spec.yaml'], 'there is no spec file or folder b.spec.yaml'],
    [['--seed', '1', '--seeds', '2'], 'write one of them'],
    [['--bail', 'a.spec.yaml'], '--bail=1'],
    [['--watch', '--ci'], '--watch is for people'],
    [['--merge', 'a.json', '--bail'], 'leave out --bail'],
  ] as const) {
    const done = oomphTest(cwd, [...args]);
    expect([args, done.code, done.err]).toEqual([args, 2, expect.stringContaining(message)]);
  }
  expect(oomphTest(cwd, ['empty.yaml'])).toMatchObject({
    code: 2,
    out: expect.stringContaining('E-FILE-EMPTY'),
  });
  const plain = oomphTest(cwd, ['plain.yaml']);
  expect(plain).toMatchObject({ code: 2, out: expect.stringContaining('E-TEST-MISSING') });
  expect(plain.out).toContain('oomph new spec');
});

test('a policy under test: its faults, its file, its compiler', () => {
  const cwd = temporaryFolder();
  const policy = (body: string): string =>
    `import { definePolicy } from 'oomph';\nexport default definePolicy({ watermark: (request, mem) => ${body} });\n`;
  write(cwd, {
    'ok.spec.yaml': specYaml(`{faults: 0}\n${PASSES}\nstate_hash`, 'seeds: [1]\n', './p/ok.ts'),
    'p/ok.ts': policy('mem.AS_LINUX'),
    'faulty.spec.yaml': specYaml('{faults: 0}', 'seeds: [1]\n', './p/faulty.ts'),
    'p/faulty.ts': policy('1.5'),
    'broken.spec.yaml': specYaml('{faults: 0}', 'seeds: [1, 2]\n', './p/broken.ts'),
    'p/broken.ts': policy('nothing.of.this'),
    'none.spec.yaml': specYaml('{faults: 0}', 'seeds: [1]\n', './p/none.ts'),
    'closed.spec.yaml': specYaml('{faults: 0}', 'seeds: [1]\n', 'builtin:lazy-coalescing'),
  });
  const { code, out } = oomphTest(cwd, ['--json']);
  expect(code).toBe(2);
  const byFile = Object.fromEntries(
    runOf(out).specs.map(spec => [spec.file.replace('.spec.yaml', ''), spec]),
  );
  expect(byFile['ok'].cases[0].checks.map(({ status }) => status)).toEqual(['passed', 'passed', 'written']);
  expect(byFile['faulty'].cases[0].checks[0].actual).toMatch(
    /^\d+, the first at faulty\.ts:2:\d+ in watermark: /,
  );
  expect(byFile['broken']).toMatchObject({ status: 'error', cases: [] });
  expect(byFile['broken'].diagnostics[0]).toMatchObject({ file: 'p/broken.ts', line: 2 });
  expect(byFile['none'].diagnostics[0]).toMatchObject({
    code: 'E-TEST-POLICY',
    file: 'none.spec.yaml',
    line: 18,
  });
  expect(byFile['closed'].diagnostics[0].message).toContain('coalesce');
});

describe('snapshots', () => {
  const text = specYaml('state_hash\n{proc: buddyinfo, at: 200ms}\ndump', 'seeds: [1, 2]\n');
  const folder = '__snapshots__/a.spec.yaml';

  test('are written once, held, and written over by --update alone, never under CI', () => {
    const cwd = temporaryFolder();
    write(cwd, { 'a.spec.yaml': text });
    const ci = oomphTest(cwd, [], { CI: 'true' });
    expect([ci.code, existsSync(join(cwd, '__snapshots__'))]).toEqual([1, false]);
    expect(ci.out).toContain('under CI none is written');
    expect(oomphTest(cwd, ['--ci'])).toMatchObject({ code: 1 });
    expect(oomphTest(cwd, [], { CI: 'false' })).toMatchObject({ code: 0 });
    expect(readdirSync(join(cwd, folder))).toEqual(['seed-1.yaml', 'seed-2.yaml']);
    expect(oomphTest(cwd, [], { CI: '1' })).toMatchObject({ code: 0 });

    const file = join(cwd, folder, 'seed-2.yaml');
    const kept = readFileSync(file, 'utf8');
    const other = kept.replace('Node 0, zone      DMA', 'Node 0, zone      DMB');
    writeFileSync(file, other);
    const failed = oomphTest(cwd);
    expect(failed.code).toBe(1);
    expect(failed.out).toContain('-Node 0, zone      DMB');
    expect(failed.out).toContain('oomph test --update');
    expect(readFileSync(file, 'utf8')).toBe(other);
    const refused = oomphTest(cwd, ['--update'], { CI: '1' });
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('--no-ci') });
    expect(readFileSync(file, 'utf8')).toBe(other);
    const updated = oomphTest(cwd, ['--update', '--no-ci'], { CI: '1' });
    expect(updated.code).toBe(0);
    expect(updated.out).toMatch(/updated .*\n.*seed-2\.yaml[\s\S]*-Node 0, zone {6}DMB/);
    expect(readFileSync(file, 'utf8')).toBe(kept);
  });

  test('that nothing asks for are told, and taken away by --update; another seed makes none stale', () => {
    const cwd = temporaryFolder();
    write(cwd, { 'a.spec.yaml': text, 'b.spec.yaml': text });
    expect(oomphTest(cwd).code).toBe(0);
    expect(oomphTest(cwd, ['--seed', '2']).out).not.toContain('stale');
    write(cwd, { 'a.spec.yaml': text.replace('[1, 2]', '[2]').replace('    - dump\n', '') });
    rmSync(join(cwd, 'b.spec.yaml'));
    const stale = oomphTest(cwd);
    expect(stale.code).toBe(0);
    for (const name of [`${folder}/seed-1.yaml`, `${folder}/seed-2.yaml (dump)`, '__snapshots__/b.spec.yaml'])
      expect(stale.out).toContain(`\n  ${name}\n`);
    const update = oomphTest(cwd, ['-u']);
    expect(update.err).toContain(`removed ${folder}/seed-1.yaml\n`);
    expect(readdirSync(join(cwd, '__snapshots__'))).toEqual(['a.spec.yaml']);
    expect(readdirSync(join(cwd, folder))).toEqual(['seed-2.yaml']);
    expect(oomphTest(cwd).out).not.toContain('stale');
  });

  test('left over from a merge are told at their place', () => {
    const cwd = temporaryFolder();
    write(cwd, {
      'a.spec.yaml': text,
      [`${folder}/seed-1.yaml`]: '<<<<<<< HEAD\nstate_hash: |\n  1\n=======\n',
    });
    const done = oomphTest(cwd, ['--update']);
    expect(done).toMatchObject({ code: 2, out: expect.stringContaining('E-SNAPSHOT') });
  });
});

test('the report is the same whatever the processes, and shards make it up again', () => {
  const cwd = temporaryFolder();
  write(cwd, {
    'a.spec.yaml': specYaml(`${PASSES}\n${FAILS}`, 'seeds: [3, 1, 2]\n'),
    'b.spec.yaml': specYaml(PASSES, 'seeds: [1, 2, 3, 4]\n'),
  });
  const bare = (run: TestRun): unknown =>
    JSON.parse(JSON.stringify(run, (key, value) => (/^(durationMs|startedMs)$/.test(key) ? 0 : value)));
  const one = oomphTest(cwd, ['--jobs', '1', '--json']);
  const two = oomphTest(cwd, ['--jobs', '2', '--json']);
  expect([one.code, two.code]).toEqual([1, 1]);
  expect(bare(runOf(two.out))).toEqual(bare(runOf(one.out)));
  expect(cases(runOf(one.out)).length).toBe(7);
  for (const i of [1, 2, 3]) oomphTest(cwd, ['--shard', `${i}/3`, '-r', `json=out/${i}.json`]);
  const files = readdirSync(join(cwd, 'out')).map(name => `out/${name}`);
  const merged = oomphTest(cwd, ['--json', '--merge', ...files]);
  expect(merged.code).toBe(1);
  expect(bare(runOf(merged.out))).toEqual(bare(runOf(one.out)));
  const missing = oomphTest(cwd, ['--merge', files[0], files[2]]);
  expect(missing).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('a shard is missing: 2/3'),
  });
});

test('--list, --filter, --seeds, --bail', () => {
  const cwd = temporaryFolder();
  write(cwd, {
    'a.spec.yaml': specYaml(FAILS, 'seeds: [1, 2]\n'),
    'b.spec.yaml': specYaml(PASSES, 'seeds: [1, 2]\n').replace('A small one', 'Another'),
  });
  const list = oomphTest(cwd, ['--list', '--seeds', '1-3,9']);
  expect(list.out).toBe(
    'a.spec.yaml  linux  seeds 1-3, 9  A small one\nb.spec.yaml  linux  seeds 1-3, 9  Another\n8 cases of 2 specs\n',
  );
  expect(existsSync(join(cwd, '__snapshots__'))).toBe(false);
  expect(JSON.parse(oomphTest(cwd, ['--list', '--json', '--filter', 'another']).out).specs).toEqual([
    { file: 'b.spec.yaml', id: 'tests/small', title: 'Another', policy: 'linux', seeds: [1, 2] },
  ]);
  const stopped = oomphTest(cwd, ['--bail', '--json', '--jobs', '2']);
  expect(stopped).toMatchObject({ code: 1, err: '' });
  const bailed = runOf(stopped.out);
  expect(bailed.bailed).toBe(true);
  expect(cases(bailed)).toEqual([
    'a.spec.yaml 1 failed',
    'a.spec.yaml 2 skipped',
    'b.spec.yaml 1 skipped',
    'b.spec.yaml 2 skipped',
  ]);
  expect(cases(runOf(oomphTest(cwd, ['--bail=2', '--json', '--jobs', '1']).out)).slice(0, 3)).toEqual([
    'a.spec.yaml 1 failed',
    'a.spec.yaml 2 failed',
    'b.spec.yaml 1 skipped',
  ]);
});

test('a spec is a challenge: other commands take it, but those that need a goal to be won', () => {
  const cwd = temporaryFolder();
  write(cwd, {
    'a.spec.yaml': specYaml(PASSES),
    'b.spec.yaml':
      'challenge: 1\nid: t/b\ntitle: B\nof: zones/the-sound-card\ntest: {expect: [state_hash]}\n',
  });
  expect(oomph(['lint', 'a.spec.yaml', 'b.spec.yaml'], { cwd })).toMatchObject({ code: 0 });
  expect(oomph(['proc', 'buddyinfo', 'a.spec.yaml'], { cwd }).out).toMatch(/^Node 0, zone/);
  for (const verb of ['run', 'play']) {
    expect(oomph([verb, 'a.spec.yaml'], { cwd })).toMatchObject({
      code: 2,
      err: expect.stringContaining('oomph test a.spec.yaml'),
    });
  }
  const recorded = oomph(['run', 'b.spec.yaml', '--seed', '1', '--record', 'r.oomph'], { cwd });
  expect(recorded).toMatchObject({ code: 1, err: expect.stringContaining('recorded in r.oomph') });
  expect(oomph(['replay', 'r.oomph'], { cwd })).toMatchObject({ code: 0, err: '' });
});

test('several reports at once', () => {
  const cwd = temporaryFolder();
  write(cwd, { 'a.spec.yaml': specYaml(FAILS, 'seeds: [1]\n') });
  const done = oomphTest(cwd, ['-r', 'tap', '-r', 'junit=out/deep/j.xml', '-r', 'json=out/r.json']);
  expect(done.code).toBe(1);
  expect(done.out).toMatch(/^TAP version 14\n/);
  expect(readFileSync(join(cwd, 'out/deep/j.xml'), 'utf8')).toContain('<testsuite');
  expect(cases(runOf(readFileSync(join(cwd, 'out/r.json'), 'utf8')))).toEqual(['a.spec.yaml 1 failed']);
});

test.each(['1', '2'])(
  'interrupted with %s processes it reports what ran, and leaves none behind',
  async jobs => {
    const cwd = temporaryFolder();
    const long = specYaml(PASSES, 'seeds: [1, 2, 3, 4]\n')
      .replace('800ms', '100s')
      .replace('every: 1ms', 'every: 100us');
    write(cwd, { 'a.spec.yaml': specYaml('state_hash', 'seeds: [1]\n'), 'z.spec.yaml': long });
    const child = spawn(process.execPath, [BIN, 'test', '--json', '--jobs', jobs], {
      cwd,
      env: { ...process.env, CI: '', GITHUB_ACTIONS: '' },
    });
    let out = '';
    child.stdout.on('data', data => {
      out += String(data);
    });
    // Its snapshot is there, so the first has run.
    const first = join(cwd, '__snapshots__/a.spec.yaml/seed-1.yaml');
    while (!existsSync(first)) await new Promise(resolve => setTimeout(resolve, 20));
    child.kill('SIGINT');
    const code = await new Promise(resolve => child.on('close', resolve));
    expect(code).toBe(130);
    const all = cases(runOf(out));
    expect(all.length).toBe(5);
    expect(all[0]).toBe('a.spec.yaml 1 passed');
    expect(all[4]).toBe('z.spec.yaml 4 skipped');
  },
);

test('oomph new spec writes what passes, of a challenge that comes with oomph too', () => {
  const cwd = temporaryFolder();
  const made = oomph(['new', 'spec', 'zones/the-sound-card', '--seeds', '1', '-o', 'specs/card.spec.yaml'], {
    cwd,
  });
  expect(made).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining('oomph test specs/card.spec.yaml'),
  });
  const text = readFileSync(join(cwd, 'specs/card.spec.yaml'), 'utf8');
  expect(text).toContain('\nof: zones/the-sound-card\n');
  expect(text).toMatch(/- \{ metric: page_alloc\.failures, where: \{ task: sb16 \}, equals: \d+ \}/);
  expect(oomphTest(cwd)).toMatchObject({ code: 0 });
  expect(oomphTest(cwd, ['--ci'])).toMatchObject({ code: 0 });
  const again = oomph(['new', 'spec', 'zones/the-sound-card', '-o', 'specs/card.spec.yaml'], { cwd });
  expect(again).toMatchObject({ code: 2, err: expect.stringContaining('--force') });
});
