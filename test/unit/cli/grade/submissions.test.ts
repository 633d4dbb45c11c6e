import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zipSync } from 'fflate';
import { findSubmissions, handedIn } from '../../../../src/cli/grade/submissions.ts';

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
  });
  const accounts = findSubmissions(folder, ['card.ts']).map(({ account }) =>
    account === null ? null : `${account.platform} ${account.number} ${account.name}`,
  );
  expect(accounts).toEqual([
    'moodle 17 Ada Müller',
    'moodle 18 Bo',
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
  expect(await contents(folder)).toEqual({ eve: ['real.ts'] });
});

test('what cannot be is said with what to do', () => {
  expect(() => findSubmissions('/nowhere', [])).toThrow(
    'there is no folder /nowhere: name the one that holds',
  );
  expect(() => findSubmissions(join(folderOf({ a: 'x' }), 'a'), [])).toThrow('is a file: name the folder');
  expect(() => findSubmissions(folderOf({ 'readme.txt': 'x' }), [])).toThrow('holds no submission');
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
  test('copies are one, different texts are ambiguous', () => {
    expect(pick({ 'a/card.ts': 'x', 'b/card.ts': 'x' })).toMatchObject({ kind: 'found', path: 'a/card.ts' });
    expect(pick({ 'a/card.ts': 'x', 'b/card.ts': 'y' })).toEqual({
      kind: 'ambiguous',
      message: 'several files could be meant, and they differ: a/card.ts, b/card.ts',
    });
  });
});
