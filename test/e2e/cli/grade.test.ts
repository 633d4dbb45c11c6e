import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { course, GOOD, grade, SECRET, verdicts } from './course.ts';
import { challengeYaml, oomph } from './oomph.ts';

jest.setTimeout(300_000);

test('each submission gets its own verdict, and a bad one stops nobody', () => {
  const folder = course({
    'ada/small.ts': GOOD,
    'ben/deep/small.ts': GOOD,
    'cy.zip': zipSync({ 'small.ts': new TextEncoder().encode(GOOD) }),
    'dan/small.ts': 'export default { zonelist: ( };\n',
    'eve/small.ts': 'export default { zonelist: () => { while (true) {} } };\n',
    'flo/readme.md': 'I was ill',
    'gus.zip': 'no zip',
    'hal/a/small.ts': GOOD,
    'hal/b/small.ts': '// other\n',
    'ivy/small.ts': Uint8Array.of(0xff, 0xfe, 0x00),
    '=1+1/small.ts': GOOD,
  });
  const { code, out, err } = grade(folder);
  expect(err).toBe('no --submitted: nobody is counted as late\n');
  expect(code).toBe(0);
  expect(verdicts(folder)).toEqual({
    ada: '10 won',
    ben: '10 won',
    cy: '10 won',
    dan: '0 refused',
    // An endless loop is a fault in each call; the run goes on as Linux would, and this one Linux wins.
    eve: '10 won',
    flo: '0 missing',
    gus: '0 unreadable',
    hal: '0 ambiguous',
    ivy: '0 unreadable',
    "'=1+1": '10 won',
  });
  expect(out).toContain('Homework: 10 submissions, out of 10');
  expect(out).toContain('hal: several files could be meant');
  expect(readdirSync(join(folder, 'marks/feedback'))).toHaveLength(20);
  expect(readFileSync(join(folder, 'marks/feedback/dan.md'), 'utf8')).toContain('E-POLICY-SYNTAX');
  expect(readFileSync(join(folder, 'marks/feedback/eve.md'), 'utf8')).toContain('units of fuel in one call');
});

test('hidden seeds are marked, and told nowhere', () => {
  const folder = course({ 'ada/small.ts': GOOD });
  expect(grade(folder).code).toBe(0);
  const feedback = readFileSync(join(folder, 'marks/feedback/ada.md'), 'utf8');
  expect(feedback).toContain('On seed 1:');
  expect([...feedback.matchAll(/^\| (\d+) \|/gm)].map(match => match[1])).toEqual(['1', '2']);
  expect(feedback).not.toMatch(/hidden/i);
  const without = oomph(['grade', 'assignment.yaml', 'submissions', '--out', 'marks'], { cwd: folder });
  expect(without).toMatchObject({ code: 2, out: '' });
  expect(without.err).toContain('has hidden seeds: give their secret with --secret FILE or $OOMPH_SECRET');
});

test('lateness by a table of times', () => {
  const folder = course({ 'ada/small.ts': GOOD, 'ben/small.ts': GOOD, 'cy/small.ts': GOOD });
  const times = join(folder, 'times.csv');
  writeFileSync(times, 'submission,time\nada,2026-11-30T23:59:00Z\nben,2026-12-01T01:00:00+01:00\n');
  const missing = grade(folder, '--submitted', 'times.csv');
  expect(missing.code).toBe(2);
  expect(missing.err).toContain('has no time for cy: add a row');
  writeFileSync(
    times,
    'submission,time\nada,2026-11-30T23:59:00Z\nben,2026-12-01T01:00:00+01:00\ncy,2026-12-05T00:00:00Z\n',
  );
  expect(grade(folder, '--submitted', 'times.csv').code).toBe(0);
  expect(verdicts(folder)).toEqual({ ada: '10 won', ben: '7.5 won', cy: '0 won' });
});

test('who has longer is late by his own deadline', () => {
  const folder = course({ 'ada/small.ts': GOOD, 'ben/small.ts': GOOD, 'cy/small.ts': GOOD });
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const late = '2026-12-01T12:00:00Z';
  write('times.csv', `submission,time\nada,${late}\nben,${late}\ncy,${late}\n`);
  write('longer.csv', 'submission,deadline\nada,+1d\nben,2026-12-01T11:00:00Z\nzoe from last year,+9d\n');
  const alone = grade(folder, '--extensions', 'longer.csv');
  expect(alone).toMatchObject({
    code: 2,
    err: expect.stringContaining('say when it came, with --submitted'),
  });
  const done = grade(folder, '--submitted', 'times.csv', '--extensions', 'longer.csv');
  expect(done).toMatchObject({
    code: 0,
    err: 'longer.csv has extensions for submissions that are not there: zoe from last year\n',
  });
  // In time, an hour late, half a day late: both are a day begun.
  expect(verdicts(folder)).toEqual({ ada: '10 won', ben: '7.5 won', cy: '7.5 won' });
  write('longer.csv', 'submission,deadline\nAda,+1d\n');
  expect(grade(folder, '--submitted', 'times.csv', '--extensions', 'longer.csv')).toMatchObject({
    code: 2,
    err: expect.stringContaining('an extension for Ada, and there is no such submission: did you mean ada?'),
  });
});

test('the same command again runs nothing, a changed submission only itself', () => {
  const folder = course({ 'ada/small.ts': GOOD, 'ben/small.ts': `// ben\n${GOOD}` });
  expect(grade(folder).code).toBe(0);
  const first = readFileSync(join(folder, 'marks/grades.csv'), 'utf8');
  const database = join(folder, 'marks/results.db');
  const { mtimeMs } = statSync(database);
  expect(grade(folder).code).toBe(0);
  expect(statSync(database).mtimeMs).toBe(mtimeMs);
  expect(readFileSync(join(folder, 'marks/grades.csv'), 'utf8')).toBe(first);
  writeFileSync(join(folder, 'submissions/ben/small.ts'), 'nonsense(');
  expect(grade(folder).code).toBe(0);
  expect(verdicts(folder)).toEqual({ ada: '10 won', ben: '0 refused' });
  // Marked again is one, in the tables are all that were marked.
  writeFileSync(join(folder, 'submissions/cy.ts'), `// cy\n${GOOD}`);
  const { code, err } = grade(folder, '--only', 'a*', '--regrade');
  expect(code).toBe(0);
  expect(err).toContain('not in the tables, as not marked yet: cy; without --only they are\n');
  expect(verdicts(folder)).toEqual({ ada: '10 won', ben: '0 refused' });
  expect(statSync(database).mtimeMs).not.toBe(mtimeMs);
});

test('bad input is told, with what to do', () => {
  const folder = course({ 'ada/small.ts': GOOD });
  const refused = (args: string[], message: string | RegExp): void => {
    const { code, out, err } = oomph(['grade', ...args], { cwd: folder, env: SECRET });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
  };
  refused(
    ['nowhere.yaml', 'submissions', '--out', 'm'],
    /E-FILE-NOT-FOUND[\s\S]*the path of an assignment file/,
  );
  refused(['small', 'submissions', '--out', 'm'], /E-FILE-NOT-REGULAR[\s\S]*such as small\/assignment\.yaml/);
  refused(['assignment.yaml', 'nowhere', '--out', 'm'], /there is no folder nowhere/);
  refused(['assignment.yaml', 'submissions'], /--out/);
  refused(['assignment.yaml', 'submissions', '--out', 'm', '--jobs', '0'], /whole number from 1/);
  for (const out of ['submissions', 'submissions/marks', './submissions/../submissions/m/n'])
    refused(
      ['assignment.yaml', 'submissions', '--out', out],
      /lies among the submissions.*beside submissions\n$/,
    );
  refused(['assignment.yaml', 'submissions', '--out', 'm', '--only', 'nobody'], /no submission is called so/);
  refused(['assignment.yaml', 'submissions', '--out', 'assignment.yaml'], /cannot be written/);
  const nowhere = process.platform === 'linux' ? '/proc/oomph' : 'assignment.yaml';
  refused(['assignment.yaml', 'submissions', '--out', `${nowhere}/marks`], /cannot be written .*with --out/);
  writeFileSync(join(folder, 'short'), 'short');
  refused(['assignment.yaml', 'submissions', '--out', 'm', '--secret', 'short'], /at least 16/);
  writeFileSync(join(folder, 'times.csv'), 'who,when\na,b\n');
  refused(
    ['assignment.yaml', 'submissions', '--out', 'm', '--submitted', 'times.csv'],
    /must name the columns/,
  );
  writeFileSync(join(folder, 'times.csv'), 'submission,time\nada,yesterday\n');
  refused(
    ['assignment.yaml', 'submissions', '--out', 'm', '--submitted', 'times.csv'],
    /"yesterday" is not a time/,
  );
  writeFileSync(
    join(folder, 'wrong.yaml'),
    'assignment: 1\nid: a\ntitle: A\nchallenges: [{challenge: zones/nobody, points: 1}]\n',
  );
  refused(
    ['wrong.yaml', 'submissions', '--out', 'm'],
    /E-ASSIGNED.*no challenge file, folder or id[\s\S]*wrong\.yaml:4:\d+/,
  );
});

test('lint looks at an assignment and at what it names', () => {
  const folder = course({ 'ada/small.ts': GOOD });
  const lint = (...args: string[]) => oomph(['lint', ...args], { cwd: folder });
  expect(lint('assignment.yaml')).toMatchObject({
    code: 0,
    out: '1 assignment, 1 challenge: nothing to complain about\n',
  });
  const write = (challenge: string, rest = ''): void =>
    writeFileSync(
      join(folder, 'other.yaml'),
      `assignment: 1\nid: a\ntitle: A\nchallenges:\n  - {challenge: ${challenge}, file: a.ts, points: 1${rest}}\nstarter: [gone.ts]\n`,
    );
  write('zones/the-sound-crad');
  expect(lint('other.yaml')).toMatchObject({ code: 2 });
  expect(lint('other.yaml').out).toMatch(
    /E-ASSIGNED[\s\S]*the-sound-crad: did you mean zones\/the-sound-card\?[\s\S]*other\.yaml:5:17/,
  );
  expect(lint('other.yaml').out).toMatch(/W-STARTER-MISSING.*gone\.ts/);
  write('./small/challenge.yaml', ', bonus: [{metric: policy.tokens, at: par, points: 1}]');
  expect(lint('other.yaml').out).toMatch(/E-ASSIGNED[\s\S]*a bonus for policy\.tokens/);
  writeFileSync(join(folder, 'small/challenge.yaml'), challengeYaml().replace('machine:', 'machin:'));
  expect(lint('assignment.yaml')).toMatchObject({ code: 2, out: expect.stringContaining('E-KEY-UNKNOWN') });
});
