import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { challengeYaml, oomph, temporaryFolder, writeChallenge } from './oomph.ts';

test('a sound challenge, by file and by folder', () => {
  const folder = temporaryFolder();
  const file = writeChallenge(folder);
  for (const path of [file, folder]) {
    expect(oomph(['lint', path])).toEqual({
      code: 0,
      out: '1 challenge: nothing to complain about\n',
      err: '',
    });
  }
});

test('every fault of every file below a folder, exit 2', () => {
  const folder = temporaryFolder();
  for (const [name, text] of [
    ['a', challengeYaml().replace('32MiB', '32 MB')],
    ['b', challengeYaml()],
    ['c', challengeYaml().replace('GFP_ATOMIC', 'GFP_ATOMCI')],
  ]) {
    mkdirSync(join(folder, name));
    writeChallenge(join(folder, name), text);
  }
  const { code, out } = oomph(['lint', folder]);
  expect(code).toBe(2);
  expect(out).toMatch(/a\/challenge\.yaml:6:/);
  expect(out).toMatch(/did you mean GFP_ATOMIC\?/);
  const json = JSON.parse(oomph(['lint', '--json', folder]).out);
  expect(new Set(json.map((d: { file: string }) => d.file))).toEqual(
    new Set([join(folder, 'a/challenge.yaml'), join(folder, 'c/challenge.yaml')]),
  );
  expect(json[0]).toMatchObject({ severity: 'error', line: 6, frame: { lines: expect.any(Array) } });
});

test('a folder without challenges is not well, it is empty', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'notes.txt'), 'x');
  expect(oomph(['lint', folder])).toMatchObject({
    code: 2,
    err: expect.stringContaining('has no challenge.yaml in it'),
  });
});

test('--prove refuses a challenge that names no policies', () => {
  const folder = temporaryFolder();
  writeChallenge(folder);
  const { code, out } = oomph(['lint', folder, '--prove', '--seeds', '1']);
  expect(out).toContain('not proven  tests/a-small-one\n  ! the challenge names no reference policy\n');
  expect(out).toContain(
    '  ! the kernel without a policy gets 2 stars on 1 of 1 seeds, not 0 stars: oomph run ',
  );
  expect(code).toBe(1);
});

test('a policy that a challenge names and nobody wrote: a warning, and no proof', () => {
  const folder = temporaryFolder();
  const text = challengeYaml().replace('[zonelist, pcp]', '[zonelist], reference: reference.ts');
  const file = writeChallenge(folder, text);
  const { code, out } = oomph(['lint', file]);
  expect(code).toBe(0);
  expect(out).toMatch(/^warning\[W-POLICY-MISSING\]: there is no file `reference\.ts`/);
  expect(out).toMatch(/\n1 challenge: 1 warning\n$/);
  expect(oomph(['lint', file, '--prove', '--seeds', '1'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('1 file of them is missing'),
  });
  writeFileSync(join(folder, 'reference.ts'), '');
  expect(oomph(['lint', file])).toMatchObject({ code: 0, out: '1 challenge: nothing to complain about\n' });
});

test('chapters: what is wrong with them is told, and one that is missing is a warning', () => {
  const folder = temporaryFolder();
  for (const [name, id] of [
    ['01-a/01-x', 'a/x'],
    ['02-b/01-y', 'b/y'],
  ]) {
    mkdirSync(join(folder, name), { recursive: true });
    writeChallenge(join(folder, name), challengeYaml().replace('tests/a-small-one', id));
  }
  const chapter = join(folder, '01-a', 'chapter.yaml');
  writeFileSync(chapter, 'chapter: 1\ntitle: A\ntext: |\n  Two lines\n  of text.\n');
  const { code, out } = oomph(['lint', folder]);
  expect(out).toMatch(/^warning\[W-CHAPTER-MISSING\][\s\S]*\n --> \S+02-b\/chapter\.yaml:1:1\n/);
  expect(out).toMatch(/\n2 challenges: 1 warning\n$/);
  expect(code).toBe(0);
  writeFileSync(chapter, 'chapter: 2\ntitle: A\ntext: x\n');
  // The folder of the chapter alone, too.
  for (const path of [folder, join(folder, '01-a')]) {
    expect(oomph(['lint', path])).toMatchObject({
      code: 2,
      out: expect.stringContaining('error[E-VERSION]: this is version `2` of the format'),
    });
  }
});

test('two challenges of one id, and the same challenge named twice', () => {
  const folder = temporaryFolder();
  for (const name of ['a', 'b']) {
    mkdirSync(join(folder, name));
    writeChallenge(join(folder, name));
  }
  expect(oomph(['lint', folder])).toMatchObject({ code: 2, out: expect.stringContaining('E-ID-DUPLICATE') });
  const twice = oomph(['lint', join(folder, 'a'), join(folder, 'a', 'challenge.yaml')]);
  expect(twice).toMatchObject({ code: 0, out: '1 challenge: nothing to complain about\n' });
});

test('the tunables that a challenge names are checked with it', () => {
  const folder = temporaryFolder();
  const text = challengeYaml().replace('[zonelist, pcp]', '[pcp], reference: r.yaml');
  const file = writeChallenge(folder, text);
  writeFileSync(join(folder, 'r.yaml'), 'policy: 1\ntunables: {pcp.batch: 8}\n');
  expect(oomph(['lint', file])).toMatchObject({ code: 0, out: '1 challenge: nothing to complain about\n' });
  writeFileSync(join(folder, 'r.yaml'), 'policy: 1\ntunables: {coalesce.order: 8}\n');
  const { code, out } = oomph(['lint', file]);
  expect(out).toContain('r.yaml:2:12');
  expect(out).toMatch(/`coalesce\.order` decides `coalesce`, which this\s+challenge does not open/);
  expect(code).toBe(2);
});

test('texts that do not fit a terminal, and hints that do not say more and more', () => {
  const folder = temporaryFolder();
  const wide = challengeYaml()
    .replace('[one, three, eleven]', '[one, two, eleven]')
    .replace(
      'now and then.',
      'now and then, and whoever asks for pages now and then may well be given some.',
    );
  const file = writeChallenge(folder, wide);
  const { code, out } = oomph(['lint', file]);
  expect(out).toMatch(/warning\[W-TEXT-WIDE\]: .* has 102 columns\n +--> \S+:5:3\n/);
  expect(out).toMatch(/warning\[W-HINT-ORDER\]: .*\n +--> \S+:27:14\n/);
  expect(code).toBe(0);
  // They are nothing that a player need be told of.
  expect(oomph(['run', file, '--seed', '1']).err).toBe('');
});

test('a number of processes that is none', () => {
  for (const jobs of ['0', 'many', '1000', '-1']) {
    expect(oomph(['lint', '--prove', `--jobs=${jobs}`])).toMatchObject({
      code: 2,
      err: expect.stringContaining('is no number of processes: write --jobs 4, 1 to 256'),
    });
  }
});

test('the challenges that come with oomph: nothing to complain about', () => {
  expect(oomph(['lint'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+ challenges: nothing to complain about\n$/),
  });
});
