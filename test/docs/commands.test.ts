import { availableParallelism } from 'node:os';
import { type Block, blocksOf, markOf, PAGES, placeOf, textOf } from './pages.ts';
import { commandsOf, faultOf, matches, type PagePlan, planOf, type Ran, runPage } from './shell.ts';

/** Commands that a test cannot run, and why; more of them need a reason here too. */
const MOST_SKIPPED = 12;

/** `OOMPH_PAGE=docs/cli.md npx jest test/docs/commands` runs the pages of that name only, for whoever writes one. */
const asked = process.env['OOMPH_PAGE'] ?? '';
const plans = PAGES.filter(page => page.includes(asked)).map(page => planOf(page));
const runs = new Map<PagePlan, Promise<Ran[]>>();

beforeAll(() => {
  // A few shells at a time; those that take longest are begun first.
  const waiting = plans
    .filter(({ steps }) => steps.length > 0)
    .sort((a, b) => b.steps.length - a.steps.length);
  let free = Promise.resolve();
  const lanes = Array.from({ length: Math.min(3, availableParallelism() + 1) }, () => free);
  for (const plan of waiting) {
    const lane = lanes.shift()!;
    const run = lane.then(() => runPage(plan));
    runs.set(plan, run);
    free = run.then(
      () => undefined,
      () => undefined,
    );
    lanes.push(free);
  }
});

const withCommands = plans.filter(({ steps }) => steps.some(step => 'block' in step));

test.each(withCommands.map(plan => [plan.page, plan] as const))(
  'every command of %s does what the page says',
  async (_, plan) => {
    const faults = (await runs.get(plan)!).map(faultOf).filter(fault => fault !== '');
    expect(faults.join('\n\n')).toBe('');
  },
  600_000,
);

test('what is not run is marked with a reason, and is little', () => {
  const skipped = plans.flatMap(plan => plan.skipped);
  for (const { reason } of skipped) expect(reason).toMatch(/\w{3,} \w+/);
  if (skipped.length > 0)
    process.stderr.write(
      `not run of the docs: ${skipped.length} blocks\n${skipped.map(({ place, reason }) => `  ${place}: ${reason}\n`).join('')}`,
    );
  expect(skipped.length).toBeLessThanOrEqual(MOST_SKIPPED);
  if (asked === '') expect(withCommands.length).toBeGreaterThan(20);
});

/** Examples of the help, with names of files that are not there: reference.test.ts has their commands read them. */
const isTriedOtherwise = (block: Block): boolean =>
  block.page === 'docs/reference/cli.md' && markOf(block, 'understood') !== null;

test('no command hides in a block of another kind', () => {
  const hidden: string[] = [];
  const isCommand = (line: string): boolean => /^(\$ )?(npx |sudo )?(oomph|npm|npx) [a-z]/.test(line.trim());
  for (const page of PAGES) {
    const blocks = blocksOf(page);
    for (const block of blocks)
      if (
        !isTriedOtherwise(block) &&
        ['', 'text', 'txt'].includes(block.language) &&
        block.text.split('\n').some(isCommand)
      )
        hidden.push(placeOf(block));
    // Nor in one that is only indented.
    let fenced = false;
    for (const [i, line] of textOf(page).split('\n').entries()) {
      if (/^ *(`{3,}|~{3,})/.test(line)) fenced = !fenced;
      if (!fenced && /^ {4,}/.test(line) && isCommand(line)) hidden.push(`${page}:${i + 1}`);
    }
  }
  expect(hidden).toEqual([]);
});

describe('the test itself', () => {
  const block = (language: string, text: string, marks: string[] = []): Block => ({
    page: 'a.md',
    line: 1,
    language,
    text,
    marks,
  });
  const ran = async (b: Block): Promise<string> =>
    (await runPage(planOf('a.md', [b])))
      .map(faultOf)
      .filter(fault => fault !== '')
      .join('\n');

  test('sees another exit code, other output and a command that is not there', async () => {
    expect(await ran(block('sh', 'true\nfalse\n', ['exits 0 1']))).toBe('');
    expect(await ran(block('sh', 'true\nfalse\n'))).toMatch(/exits with 1, not 0/);
    expect(await ran(block('sh', 'oomph rnu zones/the-sound-card\n'))).toMatch(/exits with 2, not 0/);
    expect(await ran(block('console', '$ echo a; echo b\na\nb\n'))).toBe('');
    expect(await ran(block('console', '$ echo a; echo c\na\nb\n'))).toMatch(/prints\na\nc/);
    expect(await ran(block('sh', 'npx left-pad\n'))).toMatch(/only oomph is here/);
  });

  test('keeps the shell between blocks, and files that the page has its reader write', async () => {
    const blocks = [
      block('ts', 'export default {};\n', ['file mine/a.ts']),
      block('sh', 'cd mine\nX=5\n'),
      block('console', '$ cat a.ts; echo $X\nexport default {};\n5\n'),
    ];
    expect((await runPage(planOf('a.md', blocks))).map(faultOf)).toEqual(['', '', '']);
  });

  test('takes commands apart at lines, but not inside one', () => {
    const commands = commandsOf(block('sh', "# a comment\na \\\n  b\ncat <<'END'\n$ no\nEND\n\nc\n"));
    expect(commands.map(({ text }) => text)).toEqual(['a \\\n  b', "cat <<'END'\n$ no\nEND", 'c']);
    expect(matches(['a', '...', 'd'], ['a', 'b', 'c', 'd'])).toBe(true);
    expect(matches(['a', '...'], ['b'])).toBe(false);
  });
});
