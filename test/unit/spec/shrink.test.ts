import { amountOf, amountText, roundUp } from '../../../src/spec/shrink/amounts.ts';
import { SpecDocument } from '../../../src/spec/shrink/specDocument.ts';

test.each([
  ['20ms', 'time', 20_000, '20ms'],
  ['1.5s', 'time', 1_500_000, '1.5s'],
  ['1.5m', 'time', 90_000_000, '90s'],
  ['0s', 'time', 0, '0s'],
  ['64MiB', 'size', 1 << 26, '64MiB'],
  ['1.5KiB', 'size', 1536, '1536B'],
  ['1.9M', 'count', 1_900_000, '1.9M'],
  ['800', 'count', 800, '800'],
])('%s is an amount of %s', (text, kind, value, written) => {
  expect(amountOf(text)).toEqual({ kind, value });
  expect(amountText({ kind: kind as never, value })).toBe(written);
  expect(amountOf(written)).toEqual({ kind, value });
});

test('what is no amount', () => {
  for (const text of ['', '20/s', 'GFP_KERNEL', '1.0000001us', '-3', '5 %'])
    expect(amountOf(text)).toBeNull();
});

test('rounded up so that people can read it', () => {
  expect(amountText(roundUp({ kind: 'time', value: 12_345_678 }))).toBe('13s');
  expect(amountText(roundUp({ kind: 'count', value: 1234 }))).toBe('1300');
  expect(amountText(roundUp({ kind: 'size', value: 5_000_000 }))).toBe('5MiB');
  expect(roundUp({ kind: 'count', value: 7 })).toEqual({ kind: 'count', value: 7 });
});

const TEXT = `# yaml-language-server: $schema=../x.json
# About it.
title: T
challenge: 1
workload:
  length: 20s # not long
  tasks:
    # The first.
    - &task { name: a, run: [ { hold: 1ms } ] }
    # The second.
    - name: b
      run:
        - call: { function: f, frame: 8B, run: [ { hold: 2ms }, { hold: 3ms } ] }
    - *task
`;

test('anchors are written out, keys in order, and the line for an editor goes', () => {
  const text = SpecDocument.normal(TEXT).text();
  expect(text).not.toMatch(/[&*]task|language-server/);
  expect(text.match(/name: a/g)).toHaveLength(2);
  expect(text.indexOf('challenge:')).toBeLessThan(text.indexOf('title:'));
  expect(text).toContain('# About it.');
  // What is written is read again as the same.
  expect(SpecDocument.normal(text).text()).toBe(text);
});

test('comments stay with what is kept and go with what is not', () => {
  const spec = SpecDocument.normal(TEXT);
  const copy = spec.clone();
  copy.cutItems(['workload', 'tasks'], 1, 2);
  copy.setScalar(['workload', 'length'], '5ms');
  expect(copy.text()).toContain('length: 5ms # not long');
  expect(copy.text()).toContain('# The first.');
  expect(copy.text()).not.toContain('# The second.');
  expect(spec.text()).toContain('# The second.');
});

test('the steps inside a step take its place', () => {
  const spec = SpecDocument.normal(TEXT);
  const run = ['workload', 'tasks', 1, 'run'];
  expect(spec.hoist([...run, 0])).toBe(true);
  expect(spec.lengthOf(run)).toBe(2);
  expect(spec.scalar([...run, 1, 'hold'])).toBe('3ms');
  expect(spec.hoist([...run, 0])).toBe(false);
});

test('what a file is made of is put under it, and what is in brackets too long is unfolded', () => {
  const spec = SpecDocument.normal('challenge: 1\nid: a/b\nof: x.yaml\n', [
    `id: other/one\nmachine: { ram: 1MiB }\nworkload: { tasks: [ ${'{ name: some-task, run: [ { hold: 1ms } ] }, '.repeat(4)} ] }\n`,
  ]);
  const text = spec.text();
  expect(text).toContain('id: a/b\nmachine: { ram: 1MiB }\nworkload:\n  tasks:\n    - { name: some-task');
  expect(text).not.toContain('of:');
});

test('a header is written above the comment that is there, and in place of another header', () => {
  const spec = SpecDocument.normal('# Mine.\n\nchallenge: 1\n');
  expect(spec.header).toBe('');
  spec.setHeader(['from a', 'more']);
  expect(spec.text()).toBe('# Shrunk by oomph from a\n# more\n\n# Mine.\nchallenge: 1\n');
  const again = SpecDocument.normal(spec.text());
  expect(again.text()).toBe(spec.text());
  expect(again.header).not.toBe('');
  again.setHeader(['from b']);
  expect(again.text()).toBe('# Shrunk by oomph from b\n\n# Mine.\nchallenge: 1\n');
});
