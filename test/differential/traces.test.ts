/** Every trace of the kernel, replayed: no answer differs, no file is passed over, and a wrong answer is found. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { replayTrace } from '../../src/cli/dev/replayTrace.ts';

const DIR = join(__dirname, 'linux-2.6.0');
const NAMES = readdirSync(DIR).filter(name => name.endsWith('.tsv.gz'));

const read = (name: string) => gunzipSync(readFileSync(join(DIR, name))).toString('utf8');

test('the folder has the traces of all kinds', () => {
  expect(NAMES.filter(name => name.startsWith('p')).length).toBe(15);
  expect(NAMES.filter(name => name.startsWith('s')).length).toBe(5);
  expect(NAMES.filter(name => name.startsWith('m')).length).toBe(2);
  expect(NAMES.filter(name => name.startsWith('geom')).length).toBe(8);
});

test.each(NAMES)('%s: 0 divergences', name => {
  const { notUnderstood, operations, divergences } = replayTrace(read(name));
  expect(notUnderstood).toBe('');
  expect(divergences).toEqual([]);
  expect(operations).toBeGreaterThan(1000);
});

/** The trace with the first line of a tag (and the answer in it) changed. */
function corrupted(name: string, tag: string, change: (fields: string[]) => void): string {
  const lines = read(name).split('\n');
  const at = lines.findIndex(line => line.startsWith(`${tag}\t`));
  expect(at).toBeGreaterThan(-1);
  const fields = lines[at].split('\t');
  change(fields);
  lines[at] = fields.join('\t');
  return lines.join('\n');
}

function inJson(field: string, value: unknown): (fields: string[]) => void {
  return fields => {
    const at = fields.length - 1;
    const object = JSON.parse(fields[at]) as Record<string, unknown>;
    expect(object[field]).toBeDefined();
    expect(object[field]).not.toEqual(value);
    fields[at] = JSON.stringify({ ...object, [field]: value });
  };
}

const answerAt = (at: number, value: string) => (fields: string[]) => {
  expect(fields[at]).not.toBe(value);
  fields[at] = value;
};

const WRONG: [string, string, string, (fields: string[]) => void][] = [
  ['a page', 'p01-order0-64m.tsv.gz', 'a', answerAt(5, '77')],
  ['the way of an allocation', 'p01-order0-64m.tsv.gz', 'a', answerAt(6, 'A:1')],
  ['a zone dump', 'p01-order0-64m.tsv.gz', 'Z', inJson('free', 1)],
  ['the state after boot', 'p13-realboot-256m.tsv.gz', 'B', inJson('reservedPages', 1)],
  ['an object', 's02-slabmix-4cpu-512m-l32.tsv.gz', 'k', answerAt(5, '4096')],
  ['an index in a slab', 's02-slabmix-4cpu-512m-l32.tsv.gz', 'k', answerAt(7, '1000')],
  ['the cache of a kmalloc', 's02-slabmix-4cpu-512m-l32.tsv.gz', 'm', answerAt(5, 'size-77')],
  ['a shrink', 's02-slabmix-4cpu-512m-l32.tsv.gz', 's', answerAt(2, '7')],
  ['a destroy', 's02-slabmix-4cpu-512m-l32.tsv.gz', 'x', answerAt(2, '7')],
  ['the geometry of a cache', 's02-slabmix-4cpu-512m-l32.tsv.gz', 'C', inJson('colour', 77)],
  ['a cache dump', 's03-slabreap-2cpu-256m-l128.tsv.gz', 'Y', inJson('partial', [0, 0, 'ffffffff'])],
  ['the order of a cache dump', 's03-slabreap-2cpu-256m-l128.tsv.gz', 'Y', inJson('cache', 'size-32')],
  [
    'a field that nobody knows',
    's03-slabreap-2cpu-256m-l128.tsv.gz',
    'Y',
    f => f.push(f.pop()!.replace('{', '{"?":1,')),
  ],
  ['a kmap', 'm01-vmkmap-1024m.tsv.gz', 'h', answerAt(2, '0xff901000')],
  ['the TLB flushes', 'm01-vmkmap-1024m.tsv.gz', 'h', answerAt(3, '0')],
  ['an atomic kmap', 'm01-vmkmap-1024m.tsv.gz', 't', answerAt(4, '0xff901000')],
  ['the kmap pool', 'm01-vmkmap-1024m.tsv.gz', 'P', inJson('h', '00000000')],
  ['a vmalloc', 'm02-vmkmap-256m.tsv.gz', 'v', answerAt(2, '0')],
  ['the pages of a vmalloc', 'm02-vmkmap-256m.tsv.gz', 'v', answerAt(4, '00000000')],
  ['an area', 'm02-vmkmap-256m.tsv.gz', 'i', answerAt(2, '0xd0804000')],
  ['an area given up', 'm02-vmkmap-256m.tsv.gz', 'j', answerAt(2, '0')],
  ['the list of areas', 'm02-vmkmap-256m.tsv.gz', 'V', inJson('areas', 1)],
  ['a general cache', 'geom-2.6.0-smp-l1_128-16m.tsv.gz', 'G', inJson('num', 77)],
  ['a constant', 'geom-2.6.0-smp-l1_128-16m.tsv.gz', 'K', inJson('offslab_limit', 77)],
  ['a layout', 'geom-2.6.0-smp-l1_128-16m.tsv.gz', 'T', inJson('geom', { num: 77 })],
];

test.each(WRONG)('a wrong answer is reported: %s', (_what, name, tag, change) => {
  const { notUnderstood, divergences } = replayTrace(corrupted(name, tag, change));
  expect(notUnderstood).toBe('');
  expect(divergences.length).toBeGreaterThan(0);
});

test('a dump that leaves a cache out is reported', () => {
  const lines = read('s01-slabone-64m-l32.tsv.gz').split('\n');
  lines.splice(
    lines.findIndex(line => line.includes('"cache":"kmem_cache"')),
    1,
  );
  const { divergences } = replayTrace(lines.join('\n'));
  expect(divergences[0].got).toContain('kmem_cache');
});

const HEADER = read('s01-slabone-64m-l32.tsv.gz').split('\n', 1)[0];

test.each([
  ['', 'the first line is not a header'],
  ['a\t0xd0\t0\t0\t-\t1\t1', 'the first line is not a header'],
  ['H\t{"v":1', 'not JSON'],
  ['H\t{"v":2,"kernel":"2.6.0"}', 'format version 2'],
  ['H\t{"v":1,"kernel":"2.6.5"}', 'kernel 2.6.5'],
  [`${HEADER}\nE\t1`, "lines tagged 'E'"],
  [HEADER.replace('"ramPages":16384', '"ramPages":0'), 'no such machine'],
  [HEADER, 'no answers to compare with'],
  [`${HEADER}\nk kmem_cache 0xd0 0 -`, 'no answers to compare with'],
])('a trace that proves nothing is not understood: %#', (text, why) => {
  expect(replayTrace(text).notUnderstood).toContain(why);
});

test('a trace by hand may use spaces, comments, and leave answers out', () => {
  const text = `${HEADER}
# three objects
C mine 100 0 0x2000
k mine 0xd0 0 - # this one
k mine 0xd0 0 -
m 0 0xd0 0 -
a 0xd0 0 0 -
F 0 0 1
x mine 1`;
  expect(replayTrace(text)).toEqual({ notUnderstood: '', operations: 7, divergences: [] });
});

test('an operation that the machine cannot do ends the replay with a divergence', () => {
  const { divergences } = replayTrace(`${HEADER}\nk nothing 0xd0 0 - 1 1 1`);
  expect(divergences[0].got).toContain("no cache 'nothing'");
});
