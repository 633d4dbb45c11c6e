import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { asCalled } from '../../../src/cli/called.ts';
import { HOOK_MEANING } from '../../../src/contract/hooks.ts';
import { ROOT } from '../pages.ts';
import { cliPage, examplesOf, verbsOf, wholeProgram } from './cliPage.ts';
import { declarationsOf, hooksPage } from './hooksPage.ts';
import { schemaPage } from './schemaPage.ts';

const FOLDER = join(ROOT, 'docs/reference');

/** What each schema is of. A new schema wants a line here. */
const SCHEMAS: Readonly<Record<string, string>> = {
  challenge:
    'The file of a challenge, `challenge.yaml`, or of a spec, `*.spec.yaml`. How to write one: [Challenges](../challenges.md).',
  chapter: 'The file `chapter.yaml` beside the challenges of a chapter.',
  assignment: 'The file of an assignment. How to write one: [Coursework](../coursework.md).',
  policy: 'A policy without code. What each number does: [Writing a policy](../policy.md#without-code).',
  verdict: 'What `oomph run --json` prints, and `run()` of [the library](../library.md) answers.',
  explain: 'What `oomph explain --json` prints: [Why it failed](../explain.md).',
  shrink: 'What `oomph shrink --json` prints: [A smaller case](../shrink.md).',
  test: 'What `oomph test --reporter json` prints: [Regression specs](../testing.md).',
  proof: 'What `oomph lint --prove --json` prints.',
  epic: 'What `oomph epic --json` prints.',
  diff: 'What `oomph diff --json` prints: [Records](../replay.md).',
  replay: 'What `oomph replay --json` prints: [Records](../replay.md).',
  record: 'The second line of a record: [Records](../replay.md#the-file).',
  machine: 'What `oomph machine --json` prints: [Machines](../machines.md).',
  marks: 'The file `marks.json` of a marked class: [Coursework](../coursework.md#signed).',
};

const source = readFileSync(join(ROOT, 'src/policy/player.ts'), 'utf8');
const schemas = readdirSync(join(ROOT, 'schemas'))
  .filter(name => name.endsWith('.schema.json'))
  .map(name => name.replace('.schema.json', ''));

const pages: Record<string, () => string> = {
  'cli.md': () => cliPage(wholeProgram()),
  'hooks.md': () => hooksPage(source, HOOK_MEANING),
};
for (const name of schemas) {
  pages[`${name}.md`] = () =>
    schemaPage(
      name,
      JSON.parse(readFileSync(join(ROOT, 'schemas', `${name}.schema.json`), 'utf8')),
      SCHEMAS[name] ?? '',
    );
}
pages['README.md'] = () =>
  [
    '# Reference',
    '',
    'Made from the sources by `npm run docs`; a test fails when a page is not what they say.',
    '',
    '| | |',
    '| --- | --- |',
    '| [Commands](cli.md) | every command with its options and examples |',
    '| [Hooks](hooks.md) | every decision that a policy may take, and all that it sees |',
    '| [Metrics](../metrics.md) | what goals, scores and expectations name |',
    '| [Costs](../costs.md) | what cycles are paid for |',
    '| [Diagnostics](../diagnostics.md) | every message about a file |',
    '| [Deviations](../deviations.md) | where the engine is not the kernel |',
    ...Object.keys(SCHEMAS).map(name => `| [${name}](${name}.md) | ${SCHEMAS[name]} |`),
    '',
  ].join('\n');

test.each(Object.keys(pages))(
  'docs/reference/%s is what the sources say (`npm run docs` makes it anew)',
  page => {
    const text = pages[page]();
    const file = join(FOLDER, page);
    if (process.env['OOMPH_ACCEPT'] === '1') {
      mkdirSync(FOLDER, { recursive: true });
      writeFileSync(file, text);
    }
    expect(existsSync(file) ? readFileSync(file, 'utf8') : '').toBe(text);
  },
);

test('every schema, and nothing else, has a page', () => {
  expect(Object.keys(SCHEMAS).sort()).toEqual([...schemas].sort());
  expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(pages).sort());
});

test('the page has every verb that `oomph --help` names, and every verb its examples', () => {
  const help = spawnSync(process.execPath, [join(ROOT, 'bin/oomph.js'), '--help'], {
    encoding: 'utf8',
  }).stdout;
  const listed = [
    ...help
      .split(/^Commands:$/m)[1]
      .split(/^\S/m)[0]
      .matchAll(/^ {2}(\w+)/gm),
  ].map(([, name]) => name);
  const verbs = verbsOf(wholeProgram());
  const known = new Set(verbs.map(({ name }) => name.split(' ')[0]));
  expect(listed.filter(name => name !== 'help' && !known.has(name))).toEqual([]);
  expect(listed.length).toBeGreaterThan(12);
  const without = verbs.filter(({ command }) => examplesOf(command).length === 0).map(({ name }) => name);
  expect(without).toEqual(WITHOUT_EXAMPLES);
});

/** Their use is the whole of an example. */
const WITHOUT_EXAMPLES: string[] = ['metrics'];

test('no line of the help of a command is wider than a terminal', () => {
  const top = spawnSync(process.execPath, [join(ROOT, 'bin/oomph.js'), '--help'], { encoding: 'utf8' });
  const helps = [top.stdout];
  const visit = (command: Command): void => {
    let text = '';
    command.configureOutput({ writeOut: part => void (text += part), getOutHelpWidth: () => 80 });
    command.outputHelp();
    helps.push(text);
    command.commands.forEach(visit);
  };
  wholeProgram().commands.forEach(visit);
  // The longest that oomph is called by.
  const lines = helps.flatMap(help => asCalled(help, 'npx oomph').split('\n'));
  expect(helps.length).toBeGreaterThan(20);
  expect(lines).toContain('  npx oomph run zones/the-sound-card --policy my-policy.ts');
  expect(lines.filter(line => line.length > 80)).toEqual([]);
});

test('every example of the help is one that its command understands', () => {
  const faults: string[] = [];
  for (const { command } of verbsOf(wholeProgram())) {
    for (const example of examplesOf(command)) {
      const said = understood(example);
      if (said !== '') faults.push(`${example}: ${said}`);
    }
  }
  expect(faults).toEqual([]);
  expect(understood('oomph run a.yaml --sede 7')).toMatch(/unknown option '--sede'/);
  expect(understood('oomph rnu a.yaml')).toMatch(/unknown command 'rnu'/);
  expect(understood('oomph run a.yaml b.yaml')).toMatch(/too many arguments/);
});

/** What the parser says against it, without doing it. */
function understood(example: string): string {
  const program = wholeProgram();
  let said = '';
  const silence = (command: Command): void => {
    command
      .exitOverride()
      .configureOutput({ writeErr: text => void (said += text), writeOut: () => undefined });
    if (command.commands.length === 0) command.action(() => undefined);
    for (const child of command.commands) silence(child);
  };
  silence(program);
  const [typed] = example.split(/ [|<>&]/);
  const words = [...typed.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c);
  try {
    program.parse(words.slice(1), { from: 'user' });
  } catch (error) {
    said += (error as Error).message;
  }
  return said.trim();
}

test('the parser of player.ts sees members, their comments and aliases', () => {
  const [a, b] = declarationsOf(
    '/** One. */\nexport interface A extends B {\n  /** x and y. */\n  readonly x: number;\n  readonly y: number;\n}\n\n/**\n * Two.\n */\nexport type C = A;\n',
  );
  expect(a).toEqual({
    name: 'A',
    base: 'B',
    text: ['One.'],
    members: [
      { signature: 'readonly x: number', text: ['x and y.'] },
      { signature: 'readonly y: number', text: [] },
    ],
  });
  expect(b).toEqual({ name: 'C', base: 'A', text: ['Two.'], members: [] });
});
