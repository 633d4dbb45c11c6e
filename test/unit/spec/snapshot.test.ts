import { parseSnapshot, seedOfSnapshot, snapshotName, snapshotText } from '../../../src/spec/snapshot.ts';

const TEXTS = {
  state_hash: 'c98fbb7d\nat 5s: 32789ff6\ncycles: 17\n',
  'proc buddyinfo at 10s': 'Node 0, zone      DMA     51      0 \n',
  'trace page.alloc buddy.split, first 20': `${' '.repeat(16)}X-3     [000] ....\n  less\n`,
  odd: 'no end',
  'empty lines': '\n\na\n\n',
  'like yaml': 'a: b\n- c\n# d\n"e\n',
  long: `${'word '.repeat(100)}\n`,
};

test('what is written is read, and stands in the file line by line', () => {
  const text = snapshotText(TEXTS);
  expect(parseSnapshot(text)).toEqual({ texts: TEXTS });
  expect(Object.keys(TEXTS)).toEqual(Object.keys((parseSnapshot(text) as { texts: object }).texts));
  expect(text).toContain('state_hash: |\n  c98fbb7d\n  at 5s: 32789ff6\n  cycles: 17\n');
  expect(text).toContain(`  ${'word '.repeat(100)}\n`);
  expect(text).toContain('odd: |-\n  no end\n');
  expect(text).toMatch(/^# Written by `oomph test`/);
});

test('a text that looks like a number or a word of YAML stays a text', () => {
  const texts = { a: '0012', b: 'true', c: 'null', d: '' };
  expect(parseSnapshot(snapshotText(texts))).toEqual({ texts });
});

test('what somebody wrote by hand is a text whatever it looks like', () => {
  expect(parseSnapshot('a: 12\nb: true\n')).toEqual({ texts: { a: '12', b: 'true' } });
});

test.each([
  ['a list', '- a\n'],
  ['nothing', ''],
  ['a map of maps', 'a: {b: c}\n'],
  ['no YAML', 'a: [\n'],
  ['left over from a merge', 'a: |\n  1\n<<<<<<< HEAD\nb: |\n  2\n'],
])('%s is no snapshot', (_, text) => {
  expect(parseSnapshot(text)).toHaveProperty('fault');
});

test('the name tells the seed', () => {
  for (const seed of [0, 7, 4_294_967_295]) expect(seedOfSnapshot(snapshotName(seed))).toBe(seed);
  for (const name of ['seed-07.yaml', 'seed-x.yaml', '7.yaml', 'seed-7.yaml~'])
    expect(seedOfSnapshot(name)).toBeNull();
});
