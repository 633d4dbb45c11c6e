import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { chaptersOf, shippedChallenges } from '../../../src/cli/challenges.ts';

function collection(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'oomph-chapters-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

test('chapters in their order, with what their chapter.yaml says', () => {
  const folder = collection({
    '02-zones/chapter.yaml': 'chapter: 1\ntitle: The zones\ntext: |\n  What they\n  are for.\n',
    '02-zones/02-b/challenge.yaml': '',
    '02-zones/01-a/challenge.yaml': '',
    '10-whole-machine/01-c/challenge.yaml': '',
    'last/d/challenge.yaml': '',
    'empty/notes.txt': '',
  });
  expect(chaptersOf(folder)).toEqual([
    {
      number: 2,
      slug: 'zones',
      title: 'The zones',
      text: 'What they\nare for.',
      folder: join(folder, '02-zones'),
      challenges: ['01-a', '02-b'].map(name => join(folder, '02-zones', name, 'challenge.yaml')),
    },
    {
      number: 10,
      slug: 'whole-machine',
      title: 'Whole machine',
      text: '',
      folder: join(folder, '10-whole-machine'),
      challenges: [join(folder, '10-whole-machine', '01-c', 'challenge.yaml')],
    },
    expect.objectContaining({ number: 3, slug: 'last', title: 'Last' }),
  ]);
});

test('a flat collection has none, and neither has a chapter itself', () => {
  expect(chaptersOf(collection({ 'a/challenge.yaml': '', 'challenge.yaml': '' }))).toEqual([]);
});

test('a faulty chapter.yaml is told, and its folder gives the title', () => {
  const folder = collection({ '01-x/chapter.yaml': 'title: [', '01-x/a/challenge.yaml': '' });
  const told: string[] = [];
  const [chapter] = chaptersOf(folder, load => told.push(...load.diagnostics.map(d => d.code)));
  expect(chapter.title).toBe('X');
  expect(told[0]).toMatch(/^E-YAML/);
});

test('every chapter that comes with oomph has a text, of two to five lines', () => {
  const chapters = chaptersOf(shippedChallenges);
  expect(chapters.length).toBeGreaterThanOrEqual(2);
  for (const { title, text } of chapters) {
    const lines = text.split('\n');
    expect([title, lines.length >= 2 && lines.length <= 5]).toEqual([title, true]);
    expect(lines.filter(line => line.length > 80)).toEqual([]);
  }
});
