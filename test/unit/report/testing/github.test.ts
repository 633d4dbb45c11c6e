import { error, warning } from '@actions/core';
import { githubReport, withoutCommands } from '../../../../src/report/testing/github.ts';
import { BROKEN_SPEC, failedCase, MIXED, NASTY, NASTY_RUN, SETTING, specResult, testRun } from './runs.ts';

interface Command {
  name: string;
  properties: Record<string, string>;
  message: string;
}

/** As the runner reads a line of a log. Source: actions/runner, src/Runner.Common/ActionCommand.cs, TryParseV2 and TryParse. */
function commandOf(line: string): Command | null {
  const v2 = /^\s*::([^\s:]+)(?: ((?:(?!::).)*))?::(.*)$/s.exec(line);
  if (v2 === null) return line.includes('##[') ? { name: 'old', properties: {}, message: line } : null;
  const [, name, list = '', message] = v2;
  const properties: Record<string, string> = {};
  for (const pair of list.split(',').filter(Boolean)) {
    const at = pair.indexOf('=');
    properties[pair.slice(0, at)] = unescaped(unescaped(pair.slice(at + 1), { '%3A': ':', '%2C': ',' }));
  }
  return { name, properties, message: unescaped(message) };
}
const unescaped = (text: string, more: Record<string, string> = { '%0D': '\r', '%0A': '\n' }): string => {
  let read = text;
  for (const [code, char] of Object.entries(more)) read = read.replaceAll(code, char);
  return '%0A' in more ? read.replaceAll('%25', '%') : read;
};

// The runner's reader takes \r alone for an end of line, too.
const commands = (text: string): Command[] => text.split(/\r\n|\n|\r/).flatMap(line => commandOf(line) ?? []);
const annotations = (text: string): Command[] =>
  commands(text).filter(({ name }) => name !== 'group' && name !== 'endgroup');

/** What the toolkit itself would print. */
function toolkit(print: () => void): string {
  let printed = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(text => {
    printed += text;
    return true;
  });
  try {
    print();
  } finally {
    write.mockRestore();
  }
  return printed.trimEnd();
}

test('an expectation is one annotation, whatever number of seeds it failed on', () => {
  const found = annotations(githubReport(MIXED, SETTING)).filter(({ name }) => name === 'error');
  expect(found.map(({ properties: { file, line, col } }) => `${file}:${line}:${col}`)).toEqual([
    'specs/order3.spec.yaml:23:7',
    'specs/order3.spec.yaml:26:9',
    'specs/sandbox.spec.yaml:19:1',
    'specs/typo.spec.yaml:7:3',
  ]);
  expect(found[0].properties['title']).toBe('Order 3 is still there after an hour of churn');
  expect(found[0].message.split('\n')).toEqual([
    'page_alloc.failures of task sb16 is at most 0: expected at most 0, actual 3',
    'on seeds 2, 3 (2 of 3)',
    'order 2 in DMA',
    '  12 pages in the way, of task editor, since 1.2s',
    'To see it again: oomph test specs/order3.spec.yaml --seed 2',
  ]);
  expect(found[1].message).toContain('\n-Node 0, zone   Normal    216     55\n+Node');
  // The cause is told once.
  expect(found[1].message).not.toContain('order 2 in DMA');
  expect(found[3]).toMatchObject({ properties: { title: 'E-KEY-UNKNOWN' } });
});

test('stale snapshots are a warning', () => {
  const [found, gone, ...more] = annotations(githubReport(MIXED, SETTING)).filter(
    ({ name }) => name === 'warning',
  );
  expect(more).toEqual([]);
  expect(gone.message).toContain('specs/__snapshots__/gone.spec.yaml');
  expect(found.properties['file']).toBe('specs/passing.spec.yaml');
  expect(found.message).toContain('specs/__snapshots__/passing.spec.yaml/9.yaml');
});

test('a command is written as the toolkit of Actions writes it', () => {
  const run = testRun([
    specResult({
      file: 'a,b:c%25.spec.yaml',
      title: 'x, y: 100 %',
      cases: [failedCase(1, { cause: '50 %\n%0A' })],
    }),
    specResult({ file: 'd.spec.yaml', stale: ['x:%y,z'] }),
  ]);
  const lines = githubReport(run, { ...SETTING, isTold: true })
    .trimEnd()
    .split('\n');
  const at = { title: 'x, y: 100 %', file: 'a,b:c%25.spec.yaml' };
  const [first, , last] = annotations(lines.join('\n'));
  expect(lines[0]).toBe(toolkit(() => error(first.message, { ...at, startLine: 23, startColumn: 7 })));
  expect(first.properties).toMatchObject(at);
  expect(lines[2]).toBe(
    toolkit(() =>
      warning(last.message, { title: 'stale snapshots', file: 'd.spec.yaml', startLine: 19, startColumn: 1 }),
    ),
  );
});

test('files are named from the root of the repository', () => {
  const spec = (file: string) => specResult({ file, cases: [failedCase(1)] });
  const of = (file: string, base: string) =>
    annotations(githubReport(testRun([spec(file)]), { ...SETTING, base }))[0].properties['file'];
  expect(of('specs/a.yaml', '')).toBe('specs/a.yaml');
  expect(of('specs/a.yaml', 'packages/mm/')).toBe('packages/mm/specs/a.yaml');
  expect(of('../b/./a.yaml', 'packages/mm/')).toBe('packages/b/a.yaml');
  expect(of('/repo/a.yaml', 'packages/mm/')).toBe('/repo/a.yaml');
});

test('texts cannot give the runner a command', () => {
  const text = githubReport(NASTY_RUN, SETTING);
  expect(new Set(commands(text).map(({ name }) => name))).toEqual(
    new Set(['group', 'endgroup', 'error', 'warning']),
  );
  // One for each: the failed expectation at two lines, the broken seed, the unreadable spec; the stale.
  expect(annotations(text).map(({ name }) => name)).toEqual(['error', 'error', 'error', 'warning', 'error']);
  for (const { properties } of annotations(text)) expect(properties['title'].length).toBeLessThanOrEqual(200);
  const forged = ['::error::x', '  ::stop-commands::x', '##[error]x', 'y ##[add-mask]z'];
  for (const line of forged) {
    expect(commandOf(line)).not.toBeNull();
    expect(commandOf(withoutCommands(line))).toBeNull();
  }
  expect(withoutCommands(`ok\n::group::${NASTY}\na::b`).split('\n').map(commandOf)).toEqual([
    null,
    null,
    null,
  ]);
});

test('the reasons stand in a group a spec, unless another report on the stream tells them', () => {
  const told = (isTold: boolean) => commands(githubReport(testRun([BROKEN_SPEC]), { ...SETTING, isTold }));
  expect(told(false).map(({ name }) => name)).toEqual(['group', 'endgroup', 'error']);
  expect(told(true).map(({ name }) => name)).toEqual(['error']);
});
