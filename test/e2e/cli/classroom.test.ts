import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT, temporaryFolder } from './oomph.ts';

jest.setTimeout(300_000);

const COURSE = join(ROOT, 'examples/course');
const WORKFLOW = join(COURSE, '.github/workflows/grade.yml');

const SCRIPT = `
  import { parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter } from '@actions/workflow-parser';
  import { readFileSync } from 'node:fs';
  const content = readFileSync(0, 'utf8');
  const { context, value } = parseWorkflow({ name: 'grade.yml', content }, new NoOperationTraceWriter());
  convertWorkflowTemplate(context, value).then(template => {
    const errors = [...context.errors.getErrors(), ...(template.errors ?? [])];
    console.log(JSON.stringify(errors.map(error => error.message ?? error.Message)));
  });`;

/** GitHub's own parser, bundled: as it is published it imports JSON in a way that Node 20 refuses. */
function parser(): string {
  const file = join(temporaryFolder(), 'parser.cjs');
  const args = ['--bundle', '--platform=node', '--format=cjs', '--log-level=error', `--outfile=${file}`];
  const built = spawnSync(join(ROOT, 'node_modules/.bin/esbuild'), args, {
    cwd: ROOT,
    input: SCRIPT,
    encoding: 'utf8',
  });
  expect({ status: built.status, err: built.stderr }).toEqual({ status: 0, err: '' });
  return file;
}

/** What it complains of. */
function complaints(parser: string, input: string): string[] {
  const done = spawnSync(process.execPath, [parser], { input, encoding: 'utf8' });
  expect(done.stderr).toBe('');
  return JSON.parse(done.stdout);
}

test('the workflow is one that GitHub takes', () => {
  const text = readFileSync(WORKFLOW, 'utf8');
  const github = parser();
  expect(complaints(github, text)).toEqual([]);
  expect(complaints(github, text.replace('runs-on:', 'run-on:')).join('\n')).toMatch(/run-on/);
  expect(complaints(github, text.replace('runner.temp }}', 'runner.temp '))).not.toEqual([]);
  expect(text).not.toMatch(/secrets\./);
});

/** The steps between the checkout and the upload, in a repository with these files, with the build in place of the install. */
function pushed(files: Record<string, string>) {
  const repository = temporaryFolder();
  const temp = temporaryFolder();
  cpSync(join(COURSE, 'starter'), repository, { recursive: true });
  cpSync(join(COURSE, 'assignment.yaml'), join(repository, 'assignment.yaml'));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(repository, path), text);
  const git = (...args: string[]) =>
    spawnSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], { cwd: repository });
  git('init', '-q');
  git('add', '.');
  expect(git('commit', '-qm', 'Solve it').status).toBe(0);
  mkdirSync(join(temp, 'oomph/node_modules'), { recursive: true });
  symlinkSync(ROOT, join(temp, 'oomph/node_modules/oomph'));
  const { steps } = parse(readFileSync(WORKFLOW, 'utf8')).jobs['run-autograding-tests'];
  const { OOMPH_SECRET, ...env } = process.env;
  void OOMPH_SECRET;
  const step = (name: string) => {
    const { run } = steps.find((s: { name?: string }) => s.name === name);
    return spawnSync('bash', ['-e', '-o', 'pipefail', '-c', run], {
      cwd: repository,
      env: { ...env, RUNNER_TEMP: temp, GITHUB_STEP_SUMMARY: join(temp, 'summary.md') },
      encoding: 'utf8',
    });
  };
  const mark = step('Mark');
  expect({ status: mark.status, err: mark.stderr }).toEqual({
    status: 0,
    err: 'no --submitted: nobody is counted as late\n',
  });
  const tell = step('Tell');
  expect(existsSync(join(temp, 'marks/feedback/submission.md'))).toBe(true);
  return { code: tell.status, out: tell.stdout, summary: readFileSync(join(temp, 'summary.md'), 'utf8') };
}

test('a push is marked on the public seeds, and annotated', () => {
  const lovelace = (file: string): string =>
    readFileSync(join(COURSE, 'submissions/ada lovelace', file), 'utf8');
  const solved = Object.fromEntries(
    ['one-at-a-time.yaml', 'dark-chips.ts', 'the-sound-card.ts'].map(file => [file, lovelace(file)]),
  );
  const good = pushed(solved);
  expect(good.out).toContain('::notice title=Lights out%3A public seeds::10 of 10\n');
  // As the reporter of GitHub Classroom tells points: title and text of each, and nothing in them that would end them.
  expect(good.out).toContain('\n::notice title=Autograding complete::Points 22/20\n');
  const [, report] = /^::notice title=Autograding report::(.*)$/m.exec(good.out)!;
  expect(JSON.parse(report)).toEqual({ totalPoints: 22, maxPoints: 20 });
  expect(good.out).toMatch(/\n22 points on the public seeds\n$/);
  expect(good.code).toBe(0);
  expect(good.summary).toContain('**22 of 20 points**');
  const broken = pushed({ ...solved, 'dark-chips.ts': "import 'node:fs';\nexport default {};\n" });
  expect(broken.out).toContain(
    '::error file=dark-chips.ts,line=1,col=8,title=E-POLICY-IMPORT::a policy cannot import "node:fs"\n',
  );
  expect(broken.out).toContain('::error title=Lights out%3A public seeds::0 of 10\n');
  expect(broken.code).toBe(1);
});
