/** `oomph test --watch` in a real terminal: what is saved is run, keys do what they say, and the terminal is left clean. */
import { rmSync } from 'node:fs';
import { PlayedTerminal } from '../terminal.ts';
import { temporaryFolder } from './oomph.ts';
import { specYaml, write } from './specs.ts';

const PASSES = '{metric: page_alloc.failures, at_least: 1}';
const FAILS = '{metric: page_alloc.failures, at_most: 0}';
const KEYS = 'q: quit';
const SEED = 'seeds: [1]\n';

let terminal: PlayedTerminal;
afterEach(() => terminal.dispose());

/** The last report, once it is complete. */
async function report(nr: number): Promise<string> {
  await terminal.sees(() => terminal.output.split(KEYS).length > nr);
  return terminal.output.split(KEYS)[nr - 1];
}

test('what a saved file changes is run again, a new spec joins, and keys run the rest', async () => {
  const folder = temporaryFolder();
  const policy = (body: string): string =>
    `import { definePolicy } from 'oomph';\nexport default definePolicy({ watermark: (request, mem) => ${body} });\n`;
  write(folder, {
    'specs/base.yaml': specYaml(PASSES, SEED),
    'specs/a.spec.yaml': specYaml(PASSES, SEED),
    'specs/b.spec.yaml': `challenge: 1\nid: tests/b\ntitle: B\nof: base.yaml\ntest: {expect: [${PASSES}]}\n`,
    'specs/c.spec.yaml': specYaml('{faults: 0}', SEED, '../policies/c.ts'),
    'policies/c.ts': policy('mem.AS_LINUX'),
  });
  terminal = new PlayedTerminal(['test', '--watch'], { folder, rows: 40, columns: 100 });
  expect(await report(1)).toMatch(
    /a\.spec\.yaml[\s\S]*b\.spec\.yaml[\s\S]*c\.spec\.yaml[\s\S]*3 specs passed/,
  );

  write(folder, { 'specs/a.spec.yaml': specYaml(FAILS, SEED) });
  let text = await report(2);
  expect(text).toContain('1 of 1 spec did not pass');
  expect(text).not.toContain('b.spec.yaml');

  write(folder, { 'policies/c.ts': policy('1.5') });
  text = await report(3);
  expect(text).toMatch(/c\.spec\.yaml:\d+:7/);
  expect(text).not.toContain('a.spec.yaml');

  write(folder, { 'specs/base.yaml': specYaml(PASSES, SEED).replace('800ms', '900ms') });
  text = await report(4);
  expect(text).toContain('specs/b.spec.yaml');
  expect(text).toContain('1 spec passed');

  write(folder, { 'specs/deep/d.spec.yaml': specYaml(PASSES, SEED) });
  expect(await report(5)).toMatch(/deep\/d\.spec\.yaml[\s\S]*1 spec passed[\s\S]*watching 4 specs/);

  // Typed together, the one that means nothing first.
  terminal.type('?f');
  text = await report(6);
  expect(text).toContain('2 of 2 specs did not pass');
  terminal.type('\r');
  expect(await report(7)).toContain('2 of 2 specs did not pass');
  rmSync(`${folder}/specs/a.spec.yaml`);
  terminal.type('a');
  expect(await report(8)).toContain('1 of 3 specs did not pass');
  terminal.type('q');
  expect(await terminal.end()).toEqual({ code: 1, signal: 0 });
  expect(terminal.isClean()).toBe(true);
});

test('what cannot be read is told, and mended it runs; Ctrl-C ends it', async () => {
  const folder = temporaryFolder();
  write(folder, { 'a.spec.yaml': specYaml(`${PASSES}\nstate_hash`, SEED) });
  terminal = new PlayedTerminal(['test', '--watch'], { folder, rows: 40, columns: 100 });
  expect(await report(1)).toContain('1 written');
  write(folder, { 'a.spec.yaml': 'challenge: [' });
  expect(await report(2)).toContain('E-YAML-UNCLOSED');
  const other = specYaml(`${PASSES}\nstate_hash`, SEED).replace('ram: 4MiB', 'ram: 5MiB');
  write(folder, { 'a.spec.yaml': other });
  expect(await report(3)).toContain('1 of 1 spec did not pass');
  terminal.type('u');
  expect(await report(4)).toMatch(/updated[\s\S]*1 spec passed/);
  terminal.type('\x03');
  expect((await terminal.end()).code).toBe(0);
  expect(terminal.isClean()).toBe(true);
});
