import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callName } from '../../../src/cli/called.ts';
import { baseOf, parseReporters, type ReportTarget, writeReports } from '../../../src/cli/testReporters.ts';
import { REPORTER_NAMES, REPORTERS } from '../../../src/report/testing/reporters.ts';
import { FAILED_CHECK, failedCase, MIXED, SETTING, specResult, testRun } from '../report/testing/runs.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'oomph-reporters-'));
const printed = (name: ReportTarget['name']): ReportTarget => ({ name, file: null });
const ACTIONS = { GITHUB_ACTIONS: 'true' };

function stdoutOf(write: () => void): string {
  let text = '';
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation(chunk => {
    text += chunk;
    return true;
  });
  try {
    write();
  } finally {
    spy.mockRestore();
  }
  return text;
}

describe('which reports', () => {
  test('a person reads pretty, and GitHub its annotations', () => {
    expect(parseReporters([], {})).toEqual([printed('pretty')]);
    expect(parseReporters(undefined, ACTIONS)).toEqual([printed('pretty'), printed('github')]);
    expect(parseReporters([], { GITHUB_ACTIONS: 'false' })).toEqual([printed('pretty')]);
  });

  test('files leave standard output to them, a report that is printed does not', () => {
    const file = join(folder(), 'a.xml');
    expect(parseReporters([`junit=${file}`], {})).toEqual([{ name: 'junit', file }, printed('pretty')]);
    expect(parseReporters([`junit=${file}`, 'tap'], ACTIONS)).toEqual([
      { name: 'junit', file },
      printed('tap'),
    ]);
    expect(parseReporters(['pretty'], ACTIONS)).toEqual([printed('pretty')]);
    expect(parseReporters(['github', 'pretty', 'github'], {})).toEqual([
      printed('github'),
      printed('pretty'),
    ]);
  });

  test.each([
    [['jnuit'], 'there is no reporter "jnuit", did you mean junit? (pretty, junit, tap,'],
    [['zzzzzzz'], 'there is no reporter "zzzzzzz" (pretty,'],
    [['__proto__'], 'there is no reporter "__proto__"'],
    [['junit='], '--reporter junit= names no file: write junit=FILE'],
    [['tap', 'junit'], 'tap and junit cannot both be printed'],
    [['pretty', 'json'], 'json and pretty cannot both be printed'],
    [['tap=/tmp/x', 'json=/tmp/../tmp/x'], 'two reports would be written to /tmp/x'],
    [[`json=${tmpdir()}`], 'is a folder: name a file in it with --reporter'],
    [
      [`json=${__filename}/x/y.json`],
      'y.json cannot be written (EEXIST, a file is in the way): name another place with --reporter',
    ],
  ])('%j is refused', (values, message) => {
    expect(() => parseReporters(values, {})).toThrow(message);
    expect(() => parseReporters(values, {})).toThrow(expect.objectContaining({ name: 'BadInput' }));
  });
});

describe('where they go', () => {
  test('every reporter to a file of its own, whose folder is made, and one printed', () => {
    const place = join(folder(), 'made', 'for it');
    const targets = parseReporters(
      REPORTER_NAMES.map(name => `${name}=${join(place, `a=${name}`)}`),
      {},
    );
    const text = stdoutOf(() => writeReports(MIXED, targets, {}));
    expect(readdirSync(place).sort()).toEqual(REPORTER_NAMES.map(name => `a=${name}`).sort());
    for (const name of REPORTER_NAMES) {
      const wanted = REPORTERS[name].text(MIXED, { ...SETTING, callName: callName({}) });
      expect(readFileSync(join(place, `a=${name}`), 'utf8')).toBe(wanted);
    }
    expect(text).toContain('3 of 5 specs did not pass');
  });

  test('a file that is there is written over', () => {
    const file = join(folder(), 'a.json');
    writeFileSync(file, 'before');
    stdoutOf(() => writeReports(MIXED, parseReporters([`json=${file}`], {}), {}));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(MIXED);
  });

  test('in Actions: the reasons, then annotations, and a summary', () => {
    const summary = join(folder(), 'summary.md');
    writeFileSync(summary, 'what another wrote\n');
    const env = { ...ACTIONS, GITHUB_STEP_SUMMARY: summary };
    const text = stdoutOf(() => writeReports(MIXED, parseReporters([], env), env));
    const [pretty, ...annotations] = text.split('\n::');
    expect(pretty).toContain('To see it again:');
    expect(annotations[0]).toMatch(/^error .*file=specs\/order3.spec.yaml,line=23/);
    expect(text).not.toContain('::group');
    expect(readFileSync(summary, 'utf8')).toMatch(/^what another wrote\n## oomph test: 3 of 5 specs/);
  });

  test('annotations name files from the root of the repository, or of the workspace without one', () => {
    const root = folder();
    const deep = join(root, 'packages/mm');
    mkdirSync(deep, { recursive: true });
    expect(baseOf(deep, {})).toBe('');
    expect(baseOf(deep, { GITHUB_WORKSPACE: root })).toBe('packages/mm/');
    expect(baseOf(deep, { GITHUB_WORKSPACE: folder() })).toBe('');
    writeFileSync(join(root, 'packages/.git'), '');
    expect(baseOf(deep, { GITHUB_WORKSPACE: root })).toBe('mm/');
    expect(baseOf(join(root, 'packages'), {})).toBe('');
  });

  test('what a policy prints is no command to the runner', () => {
    const bad = failedCase(1, { checks: [FAILED_CHECK], console: '::stop-commands::x\n##[error]y' });
    const run = testRun([specResult({ cases: [bad] })]);
    const text = stdoutOf(() => writeReports(run, [printed('pretty')], ACTIONS));
    expect(text).toContain('    : :stop-commands::x\n    ## [error]y\n');
    expect(stdoutOf(() => writeReports(run, [printed('pretty')], {}))).toContain('    ::stop-commands::x\n');
  });

  test('a summary that cannot be written is told and loses nothing', () => {
    const place = join(folder(), 'folder');
    mkdirSync(place);
    const told = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      stdoutOf(() => writeReports(MIXED, [printed('github')], { ...ACTIONS, GITHUB_STEP_SUMMARY: place }));
      expect(told).toHaveBeenCalledWith(
        expect.stringContaining('GITHUB_STEP_SUMMARY cannot be written (EISDIR)'),
      );
    } finally {
      told.mockRestore();
    }
  });
});
