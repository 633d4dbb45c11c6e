/** A project that has jest and, from its tarball, oomph: what its tests say, in CommonJS and as ES modules. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { challengeYaml, GOAL_LOST, ROOT } from '../cli/oomph.ts';
import { packedProject } from '../packed.ts';

const project = packedProject();
for (const name of ['jest', '@jest/globals', '@types/jest', 'expect']) {
  const place = join(project, 'node_modules', name);
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules', name), place, 'junction');
}

/** jest of this repository, and those that OOMPH_JESTS names (paths of `jest.js`, `:` between them), which `.ci/run` sets. */
const jests = [
  join(ROOT, 'node_modules/jest/bin/jest.js'),
  ...(process.env['OOMPH_JESTS'] ?? '').split(':').filter(path => path !== '' && existsSync(path)),
].map(path => {
  const { version } = JSON.parse(readFileSync(join(dirname(path), '../package.json'), 'utf8'));
  return [String(version).split('.')[0], path] as const;
});

const specOf = (goal: string, test: string): string =>
  challengeYaml(goal).replace('tests/a-small-one', 'tests/a-spec').concat(`test:\n  expect:\n${test}`);

interface Ran {
  code: number | null;
  out: string;
  /** Status by the whole name of the test. */
  tests: Record<string, string>;
  /** Messages of those that failed, without colours. */
  messages: string;
}

let jestPath = jests[0][1];
let nr = 0;

/** @param files  of a folder of its own in the project */
function jestRuns(
  files: Record<string, string>,
  args: string[] = [],
  node: string[] = [],
): Ran & { folder: string } {
  const folder = join(project, `case-${nr++}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return { folder, ...jestIn(folder, args, node) };
}

function jestIn(folder: string, args: string[], node: string[] = []): Ran {
  const { NODE_OPTIONS, CI, ...env } = process.env;
  void NODE_OPTIONS;
  void CI;
  const json = join(folder, 'result.json');
  const options = [
    '--rootDir',
    folder,
    '--json',
    '--outputFile',
    json,
    '--silent=false',
    '--no-cache',
    ...args,
  ];
  const done = spawnSync(process.execPath, [...node, jestPath, ...options], {
    cwd: folder,
    env: { ...env, NO_COLOR: '1', FORCE_COLOR: '0' },
    encoding: 'utf8',
  });
  const { testResults } = existsSync(json) ? JSON.parse(readFileSync(json, 'utf8')) : { testResults: [] };
  const tests: Record<string, string> = {};
  let messages = '';
  for (const { message, assertionResults } of testResults) {
    messages += message;
    for (const { fullName, status } of assertionResults) tests[fullName] = status;
  }
  return { code: done.status, out: done.stdout + done.stderr, tests, messages };
}

const COMMON = 'package.json';
const COMMON_PACKAGE = '{"private": true, "jest": {"transform": {}}}\n';
const MODULE_PACKAGE = '{"private": true, "type": "module", "jest": {"transform": {}}}\n';
const VM_MODULES = ['--experimental-vm-modules', '--no-warnings'];

const WON = specOf('{metric: page_alloc.failures, where: {task: asker}, at_most: 0}', '    - outcome: won\n');
const LOST = specOf(
  GOAL_LOST,
  '    - {metric: page_alloc.failures, at_most: 0}\n    - {proc: buddyinfo}\n',
).replace('A small one', 'One that fails');

describe.each(jests)('jest %s', (_, path) => {
  beforeAll(() => {
    jestPath = path;
  });

  test('a CommonJS project with globals: specs, a failure with its place, matchers of verdicts', () => {
    const { code, tests, messages, out } = jestRuns({
      [COMMON]: COMMON_PACKAGE,
      'specs/won.spec.yaml': WON,
      'specs/deep/lost.spec.yaml': LOST,
      'challenge.yaml': challengeYaml(),
      // As in jsdom, whose URL is none that Node's modules take.
      'test/all.test.js': `
        for (const name of ['TextEncoder', 'TextDecoder', 'setImmediate']) globalThis[name] = undefined;
        globalThis.URL = function (text, base) { this.href = new (require('node:url').URL)(text, base).href; };
        const { describeSpecs, loadChallenge, matchers, run } = require('oomph/jest');
        expect.extend(matchers);
        describeSpecs('../specs/**/*.spec.yaml');
        test('a verdict', async () => {
          const verdict = await run(loadChallenge('challenge.yaml').challenge, { policy: 'builtin:dma-reserve' });
          expect(verdict).toBeWon();
          expect(verdict).toHaveMetric('page_alloc.failures', { atLeast: 1 });
          expect(verdict).not.toHaveNoFailures();
          expect(verdict).toHaveNoFaults();
        });
        test('a spec', async () => {
          await expect('../specs/won.spec.yaml').toMatchSpec();
          await expect('../specs/deep/lost.spec.yaml').not.toMatchSpec({ seeds: [7] });
        });
        test('a verdict that is not so', async () => {
          expect(await run(loadChallenge('challenge.yaml').challenge)).toHaveNoFailures();
        });`,
    });
    expect(out).toContain('specs/deep/lost.spec.yaml: 2 snapshots written');
    expect(tests).toEqual({
      'specs/won.spec.yaml: A small one seed 1': 'passed',
      'specs/won.spec.yaml: A small one seed 2': 'passed',
      'specs/deep/lost.spec.yaml: One that fails seed 1': 'failed',
      'specs/deep/lost.spec.yaml: One that fails seed 2': 'failed',
      'a verdict': 'passed',
      'a spec': 'passed',
      'a verdict that is not so': 'failed',
    });
    expect(code).toBe(1);
    const expectation = LOST.split('\n').lastIndexOf('    - {metric: page_alloc.failures, at_most: 0}') + 1;
    // The reason, its cause, the command that shows it again, and the lines of the YAML.
    expect(messages).toContain(
      `specs/deep/lost.spec.yaml:${expectation}:7: page_alloc.failures is at most 0`,
    );
    expect(messages).toMatch(/expected {2}at most 0\n\s+actual {4}\d+\n/);
    expect(messages).toMatch(/Cause:\n\s+greedy: page allocation failure\. order:10/);
    expect(messages).toContain('oomph test specs/deep/lost.spec.yaml --seed 1');
    expect(messages).toContain(`> ${expectation} |     - {metric: page_alloc.failures, at_most: 0}`);
    expect(messages).toContain(`at specs/deep/lost.spec.yaml:${expectation}:7`);
    expect(messages).toMatch(
      /expect\(verdict\)\.toHaveNoFailures\(\)\n\n\s+seed 1: \d+ failed allocations?\n\s+greedy: page allocation failure/,
    );
  });

  test('ES modules without globals, with timers that are fake', () => {
    const { code, tests } = jestRuns(
      {
        [COMMON]: MODULE_PACKAGE.replace(
          '"transform"',
          '"injectGlobals": false, "fakeTimers": {"enableGlobally": true}, "transform"',
        ),
        'won.spec.yaml': `${WON}    - {faults: 0}\n  policy: ./mine.ts\n`,
        'mine.ts': 'export default { zonelist: (_, mem) => mem.AS_LINUX };\n',
        'all.test.js': `
          import { expect, test } from '@jest/globals';
          import * as library from 'oomph';
          import { describeSpecs, loadChallenge, matchers, run } from 'oomph/jest';
          expect.extend(matchers);
          describeSpecs(['*.spec.yaml'], { timeout: 20_000 });
          test('a verdict', async () => {
            expect(await run(loadChallenge('zones/the-sound-card').challenge, { seeds: [1] })).not.toBeWon();
            const sound = library.loadChallenge('zones/the-sound-card').challenge;
            expect(await library.run(sound, { seeds: [1], policy: 'reference' })).toBeWon();
            expect(library.boot({ arch: 'i386', ram: '64MiB' }).allocPages(3, 'GFP_KERNEL')).toBeGreaterThan(0);
          }, 60_000);`,
      },
      [],
      VM_MODULES,
    );
    expect(tests).toEqual({
      'won.spec.yaml: A small one seed 1': 'passed',
      'won.spec.yaml: A small one seed 2': 'passed',
      'a verdict': 'passed',
    });
    expect(code).toBe(0);
  });

  test('snapshots follow --ci and -u, and leave jest its own', () => {
    const files = {
      [COMMON]: COMMON_PACKAGE,
      'a.spec.yaml': specOf(GOAL_LOST, '    - {proc: buddyinfo}\n    - state_hash\n').replace(
        'seeds: [1, 2]',
        'seeds: [1]',
      ),
      'a.test.js': `
        require('oomph/jest').describeSpecs('a.spec.yaml');
        test('of jest', () => expect(1).toMatchSnapshot());`,
    };
    const kept = (folder: string): string[] =>
      readdirSync(join(folder, '__snapshots__'), { recursive: true, encoding: 'utf8' }).sort();
    const strict = jestRuns(files, ['--ci']);
    expect(strict.messages).toContain('there is none, and under CI none is written');
    expect(existsSync(join(strict.folder, '__snapshots__'))).toBe(false);

    const { folder, code } = jestRuns(files);
    const written = ['a.spec.yaml', 'a.spec.yaml/seed-1.yaml', 'a.test.js.snap'];
    expect(kept(folder)).toEqual(written);
    expect(code).toBe(0);

    const file = join(folder, '__snapshots__/a.spec.yaml/seed-1.yaml');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, before.replace(/Normal .*/, 'Normal 9 9 9'));
    cpSync(file, join(dirname(file), 'seed-2.yaml'));
    const other = jestIn(folder, []);
    expect(other.messages).toMatch(/-Node 0, zone {3}Normal 9 9 9\n\s+\+Node 0, zone {3}Normal/);
    expect(other.out).toMatch(
      /no expectation asks for __snapshots__\/a\.spec\.yaml\/seed-2\.yaml: jest -u removes/,
    );
    expect(other.code).toBe(1);

    const updated = jestIn(folder, ['-u']);
    expect(updated.code).toBe(0);
    expect(updated.out).toContain('a.spec.yaml: 1 snapshot updated\n');
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(kept(folder)).toEqual(written);
    // Nor does oomph take jest's for what is left of a spec that is no more.
    const command = spawnSync(
      process.execPath,
      [join(project, 'node_modules/oomph/bin/oomph.js'), 'test', '--json'],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    expect(JSON.parse(command.stdout)).toMatchObject({ stale: [], specs: [{ status: 'passed', stale: [] }] });
  });

  test('what matches nothing or cannot be read fails, and says where', () => {
    const { code, tests, messages, folder } = jestRuns({
      [COMMON]: COMMON_PACKAGE,
      'typo.spec.yaml': WON.replace('  expect:', '  expcet:'),
      'nothing.test.js': "require('oomph/jest').describeSpecs('specs/**/*.spec.yaml');",
      'none.test.js': "require('oomph/jest').describeSpecs([]);",
      'typo.test.js': "require('oomph/jest').describeSpecs('*.spec.yaml');",
    });
    expect(code).toBe(1);
    expect(messages).toContain('"specs/**/*.spec.yaml" matches no spec: nothing was run');
    expect(messages).toContain(`patterns begin at ${folder}`);
    expect(messages).toContain('no spec is named');
    expect(tests).toEqual({ 'typo.spec.yaml can be read': 'failed' });
    expect(messages).toMatch(/typo\.spec\.yaml:\d+:3/);
    expect(messages).toContain('did you mean expect?');
  });
});

for (const major of ['29', '30']) {
  if (jests.some(([version]) => version === major)) continue;
  test.skip(`SKIPPED: no jest ${major} here; OOMPH_JESTS names more than the one that runs the tests`, () => {});
}

test('types: matchers are there for jest with globals and without, in CommonJS and ES modules', () => {
  const text = (imports: string): string => `${imports}
    import { describeSpecs, type MetricRange, matchers, run, loadChallenge } from 'oomph/jest';
    expect.extend(matchers);
    describeSpecs('specs/*.spec.yaml', { seeds: [1], timeout: 1000 });
    const range: MetricRange = { equals: 3, within: '5%' };
    export const body = async (): Promise<void> => {
      const verdict = await run(loadChallenge('zones/the-sound-card').challenge!);
      expect(verdict).toBeWon();
      expect(verdict).not.toHaveMetric('cycles', range);
      await expect('a.spec.yaml').toMatchSpec({ seeds: [1] });
      // @ts-expect-error there is no such metric
      expect(verdict).toHaveMetric('cycels', 3);
    };`;
  const faults = (name: string, source: string, types: string[]): string => {
    const folder = join(project, 'types');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    writeFileSync(join(folder, name), source);
    const compilerOptions = {
      noEmit: true,
      strict: true,
      module: 'nodenext',
      target: 'es2022',
      skipLibCheck: true,
      types,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [name] }));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    return spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' }).stdout;
  };
  const imported = text("import { expect } from '@jest/globals';");
  expect(faults('a.cts', text(''), ['jest'])).toBe('');
  expect(faults('a.mts', text(''), ['jest'])).toBe('');
  expect(faults('a.cts', imported, [])).toBe('');
  expect(faults('a.mts', imported, [])).toBe('');
});
