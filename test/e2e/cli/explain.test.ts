import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { inBrowser, noBrowser, openPage } from './browser.ts';
import { challengeYaml, GOAL_LOST, oomph, ROOT, temporaryFolder } from './oomph.ts';

jest.setTimeout(120_000);

const folder = temporaryFolder();
const cwd = { cwd: folder };
writeFileSync(join(folder, 'won.yaml'), challengeYaml('{metric: cycles, at_most: 90M}'));
writeFileSync(join(folder, 'lost.yaml'), challengeYaml(GOAL_LOST));
writeFileSync(join(folder, 'bad.ts'), 'export default { zonelist: () => 0x77 };\n');

test('a lost run: which seed, why, and a page beside it', () => {
  const done = oomph(['explain', 'lost.yaml', '--html', 'why.html'], cwd);
  expect(done).toMatchObject({ code: 0, err: 'written to why.html\n' });
  expect(done.out).toContain('Seed 1 is explained, the first of the 2 seeds');
  expect(done.out).toContain('greedy: page allocation failure. order:10, mode:0x20\n');
  expect(done.out).toMatch(/line \d+ of\n? *lost\.yaml/);
  expect(done.out).toContain('LOST  page_alloc.failures, at most 0: ');
  expect(done.out.split('\n').filter(line => line.length > 80 && !line.includes('kB'))).toEqual([]);
  // The page is there now; without --force it stays as it is.
  expect(oomph(['explain', 'lost.yaml', '--html', 'why.html'], cwd)).toMatchObject({ code: 2, out: '' });
  expect(oomph(['explain', 'lost.yaml', '--html', 'why.html', '-f', '-q'], cwd)).toEqual({
    code: 0,
    out: '',
    err: '',
  });
});

test('--json is what the schema says; a fault of the policy is explained with its place', () => {
  const schema = JSON.parse(readFileSync(join(ROOT, 'schemas/explain.schema.json'), 'utf8'));
  const validate = new Ajv2020({ strict: true }).compile(schema);
  const { code, out } = oomph(
    ['explain', 'lost.yaml', '-p', 'bad.ts', '--seed', '2', '--fault', '1', '--json'],
    cwd,
  );
  expect(code).toBe(0);
  const json = JSON.parse(out);
  expect(validate(json)).toBe(true);
  expect(json).toMatchObject({
    seed: 2,
    what: { kind: 'fault', number: 1 },
    cause: { kind: 'fault', fault: { file: 'bad.ts', hook: 'zonelist' } },
    linux: { outcome: 'lost', goalsHeld: [false] },
  });
});

test('a record is explained without its policy', () => {
  expect(oomph(['run', 'lost.yaml', '--seed', '2', '--record', 'two.oomph', '-q'], cwd).code).toBe(1);
  const named = oomph(['explain', '--record', 'two.oomph', '--failure', '2'], cwd);
  expect(named.code).toBe(0);
  expect(named.out).toContain('Seed 2 is explained: lost.');
  expect(oomph(['explain', 'two.oomph', '--failure', '2'], cwd).out).toBe(named.out);
  expect(oomph(['explain', 'two.oomph', '--seed', '3'], cwd)).toMatchObject({ code: 2, out: '' });
});

test('nothing went wrong: exit 2, the narrowest margin, and the command that explains it works', () => {
  const { code, out, err } = oomph(['explain', 'won.yaml', '--policy', 'none'], cwd);
  // Of the failed allocations no goal is lost; they are explained all the same.
  expect({ code, out: out.includes('page allocation failure'), err }).toEqual({
    code: 0,
    out: true,
    err: '',
  });
  const calm = challengeYaml('{metric: cycles, at_most: 90M}')
    .replace('times: 8', 'times: 1')
    .replace('order: 10', 'order: 1');
  writeFileSync(join(folder, 'calm.yaml'), calm);
  const nothing = oomph(['explain', 'calm.yaml'], cwd);
  expect(nothing).toMatchObject({ code: 2, out: '' });
  expect(nothing.err).toContain('all 2 seeds are won, and nothing went wrong');
  const command = /^ {2}(?:npx )?oomph (explain .*)$/m.exec(nothing.err)![1];
  const held = oomph(command.split(' '), cwd);
  expect(held.code).toBe(0);
  expect(held.out).toContain('Goal held: cycles, at most 90M');
});

test.each([
  [['explain'], /name a challenge, or a record/],
  [['explain', 'lost.yaml', '--goal', '2'], /the challenge has 1 goal: there is no --goal 2/],
  [['explain', 'lost.yaml', '--goal', '0'], /no number from 1 on/],
  [['explain', 'lost.yaml', '--failure', '99'], /there are \d+ failed allocations on seed 1/],
  [['explain', 'lost.yaml', '--failure', '1', '--goal', '1'], /one thing is explained at a time/],
  [['explain', 'lost.yaml', '--seed', '1', '--seeds', '2'], /both given/],
  [['explain', 'lost.yaml', '-q'], /--html/],
  [['explain', 'lost.yaml', '--html', 'nowhere/x.html'], /no folder/],
])('%j is refused', (args, message) => {
  const { code, out, err } = oomph(args, cwd);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(message);
});

inBrowser(`a real browser shows the page, on a phone too${noBrowser}`, () => {
  const page = join(folder, 'shown.html');
  expect(oomph(['explain', 'lost.yaml', '--html', page, '-q'], cwd).code).toBe(0);
  const { dom, complaints } = openPage(page, 390);
  expect(complaints).toEqual([]);
  expect(dom).toContain('Page map of Normal');
  expect(dom).toContain('class="pin"');
  expect(dom.trimEnd().endsWith('</html>')).toBe(true);
});
