import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { challengeYaml, GOAL_LOST, ROOT, writeChallenge } from '../cli/oomph.ts';
import { packedProject } from '../packed.ts';

const project = packedProject();
writeChallenge(project, challengeYaml(GOAL_LOST));
writeFileSync(
  join(project, 'policy.ts'),
  "import { zones } from './zones.ts';\nexport default { zonelist: zones };\n",
);
writeFileSync(
  join(project, 'zones.ts'),
  "import type { Mem, ZonelistRequest } from 'oomph';\nexport const zones = (_: ZonelistRequest, mem: Mem): number => mem.AS_LINUX;\n",
);

/** Every Node of OOMPH_NODES (paths, `:` between them), which `.ci/run` sets; that of the tests always. */
const nodes = [
  process.execPath,
  ...(process.env['OOMPH_NODES'] ?? '').split(':').filter(path => path !== '' && existsSync(path)),
];
const versions = nodes.map(path => [majorOf(path), path] as const);

function majorOf(path: string): string {
  return spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.split('.')[0];
}

interface Used {
  code: number | null;
  result: Record<string, unknown>;
  err: string;
}

/** @param nodePath the process must end by itself: it is given a minute, and nobody tells it to exit */
function use(nodePath: string): Promise<Used> {
  copyFileSync(join(__dirname, 'use.mjs'), join(project, 'use.mjs'));
  return new Promise(resolve => {
    const child = spawn(nodePath, ['use.mjs'], { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (err += bytes.toString()));
    const late = setTimeout(() => child.kill('SIGKILL'), 50_000);
    child.on('close', code => {
      clearTimeout(late);
      resolve({ code, result: out === '' ? {} : JSON.parse(out), err });
    });
  });
}

let first: Record<string, unknown> | undefined;

describe.each(versions)('from the package, Node %s', (_, nodePath) => {
  test('boots, runs, records, replays, explains, is stopped, and leaves the process alone', async () => {
    const { code, result, err } = await use(nodePath);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(result).toMatchObject({
      pfn: expect.any(Number),
      outcome: 'lost',
      holds: true,
      why: 'allocation',
      aborted: 'AbortError aborted enough',
      written: [],
      listeners: true,
    });
    // The same bits, whatever Node runs it.
    first ??= result;
    expect({ ...result, node: first['node'] }).toEqual(first);
  });
});

for (const major of ['20', '22', '24']) {
  if (versions.some(([version]) => version === major)) continue;
  test.skip(`SKIPPED: no Node ${major} here; OOMPH_NODES names more than the one that runs the tests`, () => {});
}

test('its types stand alone, whatever way a project finds packages', () => {
  copyFileSync(join(__dirname, 'project.ts'), join(project, 'project.ts'));
  const faults = [
    { moduleResolution: 'nodenext', module: 'nodenext' },
    { moduleResolution: 'bundler', module: 'esnext' },
  ].map(options => typeFaults({ ...options, lib: ['es2022', 'dom'] }));
  expect(faults).toEqual(['', '']);
  // Without a DOM and without Node's types: nothing of them may be needed to read ours.
  writeFileSync(join(project, 'project.ts'), "import * as oomph from 'oomph';\nexport const all = oomph;\n");
  expect(typeFaults({ moduleResolution: 'nodenext', module: 'nodenext', lib: ['es2022'] })).toBe('');
});

function typeFaults(options: Record<string, unknown>): string {
  const compilerOptions = {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedSideEffectImports: true,
    skipLibCheck: false,
    target: 'es2022',
    types: [],
    ...options,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['project.ts'] }));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const done = spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' });
  return done.stdout + done.stderr;
}

test('nothing else of the package can be imported', () => {
  const tried = ['oomph/dist/index.js', 'oomph/src/engine/index.ts', 'oomph/dist/cli/main.js'].map(name => {
    const done = spawnSync(
      process.execPath,
      ['-e', `import('${name}').then(() => 0, e => console.log(e.code))`],
      {
        cwd: project,
        encoding: 'utf8',
      },
    );
    return done.stdout.trim();
  });
  expect(tried).toEqual(Array(3).fill('ERR_PACKAGE_PATH_NOT_EXPORTED'));
});

/** Declarations of the entries of package.json and all that they import, without what is said in comments. */
test('what the package promises is what test/golden/library/api.txt has (accept with OOMPH_ACCEPT=1)', () => {
  const dist = join(project, 'node_modules/oomph/dist');
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .map(path => path.replaceAll('\\', '/'))
    .filter(path => path.endsWith('.d.ts') && path !== 'policy/player.d.ts')
    .sort();
  const surface = files
    .map(path => `== ${path}\n${withoutComments(readFileSync(join(dist, path), 'utf8'))}`)
    .join('\n');
  const golden = join(ROOT, 'test/golden/library/api.txt');
  if (process.env['OOMPH_ACCEPT'] === '1') writeFileSync(golden, surface);
  expect(surface).toBe(readFileSync(golden, 'utf8'));
});

function withoutComments(text: string): string {
  return text
    .replace(/\/\*\*[\s\S]*?\*\//g, '')
    .split('\n')
    .filter(line => line.trim() !== '')
    .join('\n')
    .concat('\n');
}
