import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { oomph, temporaryFolder } from './oomph.ts';

test('new assignment: lint has nothing to say, grade marks by it, and what students begin with runs', () => {
  const cwd = temporaryFolder();
  const made = oomph(['new', 'assignment', 'Übung 1'], { cwd });
  expect(made).toMatchObject({ code: 0, err: '' });
  const files = ['README.md', 'one-at-a-time.yaml', 'oomph.d.ts', 'the-sound-card.ts', 'tsconfig.json'];
  expect(readdirSync(join(cwd, 'Übung 1/starter')).sort()).toEqual(files);
  const text = readFileSync(join(cwd, 'Übung 1/assignment.yaml'), 'utf8');
  expect(text).toContain('\nid: course/ubung-1\n');
  expect(oomph(['lint', 'Übung 1/assignment.yaml'], { cwd })).toMatchObject({
    code: 0,
    out: '1 assignment, 2 challenges: nothing to complain about\n',
  });
  // What is commented out is as good.
  const all = text.replace(/^( *)# (bonus|best|deadline|late): /gm, '$1$2: ');
  expect(all.match(/^ *(bonus|best|deadline|late): /gm)).toHaveLength(4);
  writeFileSync(join(cwd, 'Übung 1/all.yaml'), all);
  expect(oomph(['lint', 'Übung 1/all.yaml'], { cwd }).code).toBe(0);
  const marked = oomph(['grade', 'Übung 1/assignment.yaml', 'Übung 1/starter', '--out', 'marks'], {
    cwd,
    env: { OOMPH_SECRET: 'a secret of more than sixteen bytes' },
  });
  expect(marked).toMatchObject({ code: 0, err: '' });
  // Linux's own decisions, which lose.
  expect(readFileSync(join(cwd, 'marks/grades.csv'), 'utf8')).toContain(
    '\r\nstarter,0,14,0,0,0,0,lost,0,0,lost,\r\n',
  );
});

test('it writes over nothing', () => {
  const cwd = temporaryFolder();
  expect(oomph(['new', 'assignment', '.'], { cwd }).code).toBe(0);
  writeFileSync(join(cwd, 'starter/README.md'), 'mine');
  const again = oomph(['new', 'assignment', '.'], { cwd });
  expect(again).toMatchObject({ code: 2, out: '' });
  expect(again.err).toContain('assignment.yaml is there already, and nothing is written over');
  expect(readFileSync(join(cwd, 'starter/README.md'), 'utf8')).toBe('mine');
});
