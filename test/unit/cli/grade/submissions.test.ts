import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zipSync } from 'fflate';
import { MAX_DEPTH, MAX_ENTRIES, MAX_FILE_BYTES, Unreadable } from '../../../../src/cli/grade/limits.ts';
import {
  calledLate,
  findSubmissions,
  handedIn,
  namesakes,
  othersInside,
  passedOver,
} from '../../../../src/cli/grade/submissions.ts';

function folderOf(files: Record<string, string | Uint8Array>): string {
  const folder = mkdtempSync(join(tmpdir(), 'oomph-submissions-'));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const contents = async (folder: string): Promise<Record<string, string[]>> => {
  const found: Record<string, string[]> = {};
  for (const submission of findSubmissions(folder, ['card.ts'])) {
    found[submission.id] = [...(await submission.read()).keys()].sort();
  }
  return found;
};

test('a folder, a zip or loose files for each student', async () => {
  const folder = folderOf({
    'Meier, Ada_17_assignsubmission_file_/hw/card.ts': 'x',
    'zoe.zip': zipSync({ 'hw/card.ts': new Uint8Array(1) }),
    'doe_LATE_555_777_card.ts': 'x',
    'doe_555_778_pins.ts': 'x',
    'roe.ts': 'x',
    'readme.txt': 'x',
    '.DS_Store': 'x',
    '__MACOSX/card.ts': 'x',
  });
  expect(await contents(folder)).toEqual({
    'Meier, Ada_17_assignsubmission_file_': ['hw/card.ts'],
    doe_555: ['card.ts', 'pins.ts'],
    roe: ['roe.ts'],
    zoe: ['hw/card.ts'],
  });
});

test('Moodle without folders, and what Gradescope exports', async () => {
  const moodle = folderOf({
    'Ada Müller_17_assignsubmission_file_card.ts': 'x',
    'Ada Müller_17_assignsubmission_file_more.ts': 'x',
    'Participant 4711_18_assignsubmission_onlinetext_card.ts': 'x',
  });
  expect(await contents(moodle)).toEqual({
    'Ada Müller_17': ['card.ts', 'more.ts'],
    'Participant 4711_18': ['card.ts'],
  });
  const gradescope = folderOf({ 'submission_1/card.ts': 'x', 'submission_metadata.yml': ':x: y' });
  expect(await contents(gradescope)).toEqual({ submission_1: ['card.ts'] });
});

test('who handed in is known where a platform wrote it into the name', () => {
  const folder = folderOf({
    'Ada Müller_17_assignsubmission_file_/card.ts': 'x',
    'Bo_18_assignsubmission_file_card.ts': 'x',
    'doe_LATE_555_777_card.ts': 'x',
    'roe_556_778_hw.zip': 'x',
    'cy_2026_card.ts': 'x',
    'dan_19/card.ts': 'x',
    'anon_12345_781_card.ts': 'x',
  });
  const accounts = findSubmissions(folder, ['card.ts']).map(({ account }) =>
    account === null ? null : `${account.platform} ${account.number} ${account.name}`,
  );
  expect(accounts).toEqual([
    'moodle 17 Ada Müller',
    'moodle 18 Bo',
    null,
    null,
    null,
    'canvas 555 doe',
    'canvas 556 roe',
  ]);
});

test('a folder that holds what is asked for is one submission', async () => {
  const folder = folderOf({ 'Card.ts': 'x', 'lib/more.ts': 'x' });
  const [only, ...others] = findSubmissions(folder, ['card.ts']);
  expect(others).toEqual([]);
  expect([...(await only.read()).keys()].sort()).toEqual(['Card.ts', 'lib/more.ts']);
});

test('names in one spelling, told apart where they are the same, without what would upset a terminal', async () => {
  const folder = folderOf({ 'a\u0308nne/card.ts': 'x', 'zip/card.ts': 'x', 'bad\u001bname/card.ts': 'x' });
  writeFileSync(join(folder, 'zip.zip'), zipSync({ 'card.ts': new Uint8Array(1) }));
  expect(Object.keys(await contents(folder)).sort()).toEqual(['bad\ufffdname', 'zip', 'zip (2)', 'änne']);
});

test('links are not followed', async () => {
  const folder = folderOf({ 'eve/real.ts': 'x' });
  symlinkSync('/etc', join(folder, 'eve', 'etc'));
  symlinkSync('/etc/passwd', join(folder, 'eve', 'card.ts'));
  symlinkSync('/etc', join(folder, 'mallory'));
  expect(await contents(folder)).toEqual({ eve: ['card.ts', 'real.ts'] });
  const [eve] = findSubmissions(folder, ['card.ts']);
  expect((await eve.read()).get('card.ts')).toMatchObject({
    message: '"card.ts" is a link, a pipe or a device, which are not opened: hand in the file itself',
  });
});

test('what cannot be is said with what to do', () => {
  expect(() => findSubmissions('/nowhere', [])).toThrow(
    'there is no folder /nowhere: name the one that holds',
  );
  expect(() => findSubmissions(join(folderOf({ a: 'x' }), 'a'), [])).toThrow('is a file: name the folder');
  const zipped = join(folderOf({ 'class.zip': 'x' }), 'class.zip');
  expect(() => findSubmissions(zipped, [])).toThrow('class.zip is a file: unpack it, and name that folder');
  expect(() => findSubmissions(folderOf({ 'readme.txt': 'x' }), [])).toThrow('holds no submission');
});

test('whom Canvas calls late', () => {
  const folder = folderOf({
    'doe_LATE_557_780_hw.zip': 'x',
    'roe_556_778_LATE_card.ts': 'x',
    'anon_LATE_aB3_781_card.ts': 'x',
    'LATE_1_2_card.ts': 'x',
  });
  expect(calledLate(findSubmissions(folder, []))).toEqual(['anon_aB3', 'doe_557']);
});

test('who is called as others are is told by the name of the file', () => {
  const folder = folderOf({
    'jos\u00e9/card.ts': 'x',
    'jose\u0301/card.ts': 'x',
    'ada/card.ts': 'x',
    'ada.zip': 'x',
    'ben (2).zip': 'x',
  });
  expect(namesakes(findSubmissions(folder, []))).toEqual([
    'ada (2) is "ada.zip"',
    'jos\u00e9 (2) is "jos\u00e9"',
  ]);
});

test('spaces around a name, which a table cannot tell', async () => {
  const folder = folderOf({ ' ada /card.ts': 'x', 'ada/card.ts': 'y', '  /card.ts': 'z' });
  expect(Object.keys(await contents(folder)).sort()).toEqual(['_', 'ada', 'ada (2)']);
});

test('names that are taken already', async () => {
  const folder = folderOf({ 'ada/card.ts': 'x', 'ada (2)/card.ts': 'y', 'ADA.ts': 'x' });
  writeFileSync(join(folder, 'ada.zip'), zipSync({ 'card.ts': new Uint8Array(1) }));
  expect(Object.keys(await contents(folder)).sort()).toEqual(['ADA', 'ada', 'ada (2)', 'ada (3)']);
});

test('archives that are no zip have a row of their own, with what to do', async () => {
  const folder = folderOf({ 'ada/card.ts': 'x', 'ben.rar': 'Rar!', 'cy.tar.gz': 'x', 'dan.7z': 'x' });
  const found = findSubmissions(folder, []);
  expect(found.map(({ id }) => id)).toEqual(['ada', 'ben', 'cy', 'dan']);
  await expect(found[1].read()).rejects.toThrow('"ben.rar" is no zip: pack the files as .zip');
});

test('what is no submission is told', () => {
  const folder = folderOf({
    'ada/card.ts': 'x',
    ben: 'a file where a folder should be',
    'notes.pdf': 'x',
    '.DS_Store': 'x',
    'submission_metadata.yml': 'x',
    'cy.zip': 'x',
    'dan_card.ts': 'x',
  });
  symlinkSync('/etc', join(folder, 'mallory'));
  symlinkSync('/etc/passwd', join(folder, 'eve.ts'));
  symlinkSync('cy.zip', join(folder, 'fay.zip'));
  const told = ['ben', 'eve.ts (a link, a pipe or a device)', 'fay.zip (a link, a pipe or a device)'];
  expect(passedOver(folder, ['card.ts'])).toEqual([
    ...told,
    'mallory (a link, a pipe or a device)',
    'notes.pdf',
  ]);
  expect(passedOver(join(folder, 'ada'), ['card.ts'])).toEqual([]);
});

test('as Blackboard names them: the last attempt counts', async () => {
  const folder = folderOf({
    'hw 1_s123_attempt_2026-11-20-10-11-12_card.ts': 'old',
    'hw 1_s123_attempt_2026-11-20-10-11-12.txt': 'what Blackboard says of it',
    'hw 1_s123_attempt_2026-11-21-09-00-00_card.ts': 'new',
    'hw 1_s124_attempt_2026-11-20-10-11-12_my_card.ts': 'x',
  });
  const found = findSubmissions(folder, ['card.ts']);
  expect(found.map(({ id }) => id)).toEqual(['s123', 's124']);
  const files = await found[0].read();
  expect([...files].map(([name, bytes]) => [name, Buffer.from(bytes as Uint8Array).toString()])).toEqual([
    ['card.ts', 'new'],
  ]);
  expect([...(await found[1].read()).keys()]).toEqual(['my_card.ts']);
});

test('folders full of what is no policy', async () => {
  const folder = folderOf({
    'ada/card.ts/inside.ts': 'a folder called card.ts',
    'ben/._card.ts': 'of the Finder',
    'ben/.DS_Store': 'x',
    'cy/card.ts.txt': 'x',
    'dan/CARD.TS': 'x',
  });
  mkdirSync(join(folder, 'empty'));
  expect(await contents(folder)).toEqual({
    ada: ['card.ts/inside.ts'],
    ben: [],
    cy: [],
    dan: ['CARD.TS'],
    empty: [],
  });
});

test('pipes, sockets and devices are not opened', async () => {
  const folder = folderOf({ 'ada/real.ts': 'x' });
  if (spawnSync('mkfifo', [join(folder, 'ada', 'card.ts')]).status !== 0) return;
  spawnSync('mkfifo', [join(folder, 'ben.zip')]);
  spawnSync('mkfifo', [join(folder, 'cy.ts')]);
  expect(await contents(folder)).toEqual({ ada: ['card.ts', 'real.ts'] });
});

test('too many files, too deep, too large, and files that may not be read', async () => {
  const folder = folderOf({
    [`deep/${'d/'.repeat(MAX_DEPTH + 1)}card.ts`]: 'x',
    'large/card.ts': new Uint8Array(MAX_FILE_BYTES + 1),
  });
  mkdirSync(join(folder, 'many'));
  for (let i = 0; i <= MAX_ENTRIES; i++) closeSync(openSync(join(folder, 'many', `${i}.o`), 'w'));
  const problem = async (id: string): Promise<string> =>
    findSubmissions(folder, [])
      .find(submission => submission.id === id)!
      .read()
      .then(
        () => '',
        (error: Error) => `${error.name}: ${error.message}`,
      );
  expect(await problem('deep')).toBe(`Unreadable: folders are nested more than ${MAX_DEPTH} deep`);
  expect(await problem('many')).toBe(
    `Unreadable: it has more than ${MAX_ENTRIES} files: hand in the policies only`,
  );
  const large = findSubmissions(folder, []).find(({ id }) => id === 'large')!;
  expect((await large.read()).get('card.ts')).toMatchObject({
    message: `"card.ts" has more than ${MAX_FILE_BYTES} bytes`,
  });
  // root may read everything.
  if (process.getuid?.() === 0) return;
  mkdirSync(join(folder, 'locked'));
  writeFileSync(join(folder, 'locked', 'card.ts'), 'x', { mode: 0 });
  const locked = findSubmissions(folder, []).find(({ id }) => id === 'locked')!;
  expect((await locked.read()).get('card.ts')).toMatchObject({
    message: '"card.ts" cannot be read (EACCES): give yourself the right to read it, then grade again',
  });
});

test('a zip in the folder that Moodle makes, beside loose files of Canvas, in a zip', async () => {
  const hw = zipSync({ 'card.ts': new Uint8Array(1) });
  const folder = folderOf({
    'Ada_17_assignsubmission_file_/hw.zip': hw,
    'roe_556_778_hw.zip': hw,
    'roe_556_779_pins.ts': 'x',
    'doe_LATE_557_780_hw.zip': hw,
    'anon_aB3_781_card.ts': 'x',
    'anon_aB3_782_pins.ts': 'x',
    'eve.zip': zipSync({ 'inner.zip': hw, '__MACOSX/inner.zip': hw }),
  });
  expect(await contents(folder)).toEqual({
    Ada_17_assignsubmission_file_: ['hw.zip/card.ts'],
    anon_aB3: ['card.ts', 'pins.ts'],
    doe_557: ['hw.zip/card.ts'],
    eve: ['inner.zip/card.ts'],
    roe_556: ['hw.zip/card.ts', 'pins.ts'],
  });
});

test('two folders of Moodle are one student, and zips that are called alike are not', async () => {
  const moodle = folderOf({
    'Ada_17_assignsubmission_file_/card.ts': 'x',
    'Ada_17_assignsubmission_onlinetext_/onlinetext.html': 'see the file',
    'Bo_18_assignsubmission_onlinetext/card.ts': 'x',
  });
  expect(await contents(moodle)).toEqual({
    Ada_17_assignsubmission_file_: ['card.ts'],
    Bo_18_assignsubmission_file: ['card.ts'],
  });
  const hw = zipSync({ 'card.ts': new Uint8Array(1) });
  const byHand = folderOf({
    'cs_1_2026_ada.zip': hw,
    'cs_1_2026_bo.zip': hw,
    'hw_1_cy.zip': hw,
    'hw_1_dan.zip': hw,
    'Eve_19_assignsubmission_file_.zip': hw,
  });
  expect(Object.keys(await contents(byHand))).toEqual([
    'Eve_19_assignsubmission_file_',
    'cs_1_2026_ada',
    'cs_1_2026_bo',
    'hw_1_cy',
    'hw_1_dan',
  ]);
  expect(findSubmissions(byHand, []).map(({ account }) => account?.platform ?? '')).toEqual([
    'moodle',
    '',
    '',
    '',
    '',
  ]);
});

test('what cannot be opened says so where nothing else was handed in, and harms nothing where it was', async () => {
  const hw = Buffer.from(zipSync({ 'card.ts': new Uint8Array(1) }));
  const folder = folderOf({
    'ada/hw.zip': hw.subarray(0, 40),
    'ben/hw.zip': hw.subarray(0, 40),
    'ben/card.ts': 'x',
    'cy/hw.rar': 'Rar!',
    'dan/lock.yaml': new Uint8Array(MAX_FILE_BYTES + 1),
    'dan/card.ts': 'x',
  });
  const found: Record<string, string> = {};
  for (const { id, read } of findSubmissions(folder, ['card.ts'])) {
    const handed = handedIn(await read(), 'card.ts', 'zones/card', false);
    found[id] = `${handed.kind} ${'message' in handed ? handed.message : handed.path}`;
  }
  expect(found).toEqual({
    ada: expect.stringMatching(
      /^unreadable no file card\.ts was handed in; there is no policy at all, and "hw\.zip": the zip cannot be read: /,
    ),
    ben: 'found card.ts',
    cy: 'unreadable no file card.ts was handed in; there is no policy at all, and "hw.rar" is no zip: pack the files as .zip, or unpack it into a folder of that name',
    dan: 'found card.ts',
  });
});

test('one name spelt in two ways, or written twice by Canvas: a copy is one file, another text nobody knows', async () => {
  const folder = folderOf({
    'ada/\u00e9.ts': 'x',
    'ada/e\u0301.ts': 'x',
    'ben/\u00e9.ts': 'x',
    'ben/e\u0301.ts': 'y',
    'cy_1_2_card.ts': 'x',
    'cy_1_3_card.ts': 'y',
  });
  const [ada, ben, cy] = await Promise.all(findSubmissions(folder, []).map(({ read }) => read()));
  expect(Buffer.from(ada.get('\u00e9.ts') as Uint8Array).toString()).toBe('x');
  expect(ben.get('\u00e9.ts')).toMatchObject({ message: 'there are two different files "\u00e9.ts"' });
  expect(cy.get('card.ts')).toBeInstanceOf(Unreadable);
});

test('names that are not UTF-8, and names with joiners', async () => {
  const folder = folderOf({ 'mi\u200cna/card.ts': 'x' });
  const latin = Buffer.concat([Buffer.from(`${folder}/ren\xe9`, 'latin1')]);
  try {
    mkdirSync(latin);
  } catch {
    return; // file systems that take UTF-8 only
  }
  writeFileSync(Buffer.concat([latin, Buffer.from('/card.ts')]), 'x');
  expect(await contents(folder)).toEqual({ 'mi\u200cna': ['card.ts'], ren\u00e9: ['card.ts'] });
});

test('a file that cannot be read is the trouble of one', async () => {
  const folder = folderOf({ 'ada.zip': 'x', 'ben_card.ts': 'x' });
  const found = findSubmissions(folder, []);
  rmSync(join(folder, 'ada.zip'));
  rmSync(join(folder, 'ben_card.ts'));
  const gone = 'cannot be read (ENOENT): look at the disk, then grade again';
  await expect(found[0].read()).rejects.toMatchObject({
    kind: 'infrastructure',
    message: `"ada.zip" ${gone}`,
  });
  expect((await found[1].read()).get('ben_card.ts')).toMatchObject({ message: `"ben_card.ts" ${gone}` });
});

test('a file above the class makes one submission of it, which is told', () => {
  const folder = folderOf({ 'card.ts': 'x', 'ada/card.ts': 'x' });
  expect(othersInside(folder, ['card.ts'])).toBe(
    `${folder} has card.ts in it, so it is marked as one submission, with ada as a part of it; if it is a class, move card.ts out of it`,
  );
  expect(othersInside(folderOf({ 'card.ts': 'x', 'more.ts': 'x' }), ['card.ts'])).toBe('');
  expect(othersInside(folderOf({ 'ada/card.ts': 'x' }), ['card.ts'])).toBe('');
});

describe('the file of a challenge', () => {
  const files = (entries: Record<string, string>) =>
    new Map(Object.entries(entries).map(([path, text]) => [path, new TextEncoder().encode(text)]));
  const pick = (entries: Record<string, string>, only = false) =>
    handedIn(files(entries), 'card.ts', 'zones/card-game', only);

  test('by its name, the highest, whatever the case', () => {
    expect(pick({ 'deep/er/card.ts': 'a', 'x/CARD.ts': 'b' })).toEqual({
      kind: 'found',
      path: 'x/CARD.ts',
      note: '',
    });
  });
  test('with another ending, or where the game keeps it', () => {
    expect(pick({ 'x/card.yaml': 'a' })).toMatchObject({ path: 'x/card.yaml', note: 'taken for card.ts' });
    expect(pick({ 'p/zones/card-game.ts': 'a' })).toMatchObject({ path: 'p/zones/card-game.ts' });
  });
  test('numbered: the newest', () => {
    expect(pick({ 'card-2.ts': 'a', 'card-10.ts': 'b', 'cards.ts': 'c' })).toMatchObject({
      path: 'card-10.ts',
    });
    expect(pick({ 'card (1).ts': 'a' })).toMatchObject({ path: 'card (1).ts' });
  });
  test('the only one, where only one is asked for', () => {
    expect(pick({ 'solution.ts': 'a' }, true)).toMatchObject({
      path: 'solution.ts',
      note: 'taken for card.ts',
    });
    expect(pick({ 'solution.ts': 'a' })).toEqual({
      kind: 'missing',
      message: 'no file card.ts was handed in; there is only solution.ts',
    });
    expect(pick({}, true).kind).toBe('missing');
  });
  test('two names that differ in case only, with two texts', () => {
    expect(pick({ 'card.ts': 'x', 'Card.ts': 'y' }).kind).toBe('ambiguous');
    expect(pick({ 'card.ts': 'x', 'Card.ts': 'x' }).kind).toBe('found');
  });
  test('copies are one, different texts are ambiguous', () => {
    expect(pick({ 'a/card.ts': 'x', 'b/card.ts': 'x' })).toMatchObject({ kind: 'found', path: 'a/card.ts' });
    expect(pick({ 'a/card.ts': 'x', 'b/card.ts': 'y' })).toEqual({
      kind: 'ambiguous',
      message: 'several files could be meant, and they differ: a/card.ts, b/card.ts',
    });
  });
});
