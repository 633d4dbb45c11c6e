import { METRIC_NAMES } from '../../../src/contract/metrics.ts';
import { editDistance, nearest } from '../../../src/contract/nearest.ts';
import { GFP_NAMES } from '../../../src/engine/index.ts';

test.each([
  ['abc', 'abc', 0],
  ['abc', 'acb', 1],
  ['abc', 'ab', 1],
  ['abc', 'abcd', 1],
  ['abc', 'axc', 1],
  ['', 'ab', 2],
  ['kitten', 'sitting', 3],
  ['ca', 'abc', 3],
])('editDistance %s %s', (a, b, d) => {
  expect(editDistance(a, b, 10)).toBe(d);
  expect(editDistance(b, a, 10)).toBe(d);
  if (d > 0) expect(editDistance(a, b, d - 1)).toBe(d);
});

test.each([
  ['GFP_KERNAL', 'GFP_KERNEL'],
  ['gfp_kernel', 'GFP_KERNEL'],
  ['GFP_HIGHMEM', '__GFP_HIGHMEM'],
  ['__GFP_ATOMIC', 'GFP_ATOMIC'],
  ['GFP_NOF', 'GFP_NOFS'],
])('gfp %s', (wrong, right) => {
  expect(nearest(wrong, Object.keys(GFP_NAMES))[0]).toBe(right);
});

test.each([
  ['page_alloc.failurs', 'page_alloc.failures'],
  ['page-alloc.failures', 'page_alloc.failures'],
  ['failures', 'page_alloc.failures'],
  ['cylces', 'cycles'],
  ['largest_free', 'buddy.largest_free'],
])('metric %s', (wrong, right) => {
  expect(nearest(wrong, METRIC_NAMES)[0]).toBe(right);
});

test('nothing near is nothing, and never more than three', () => {
  expect(nearest('bogomips', METRIC_NAMES)).toEqual([]);
  expect(nearest('', METRIC_NAMES)).toEqual([]);
  expect(nearest('x', ['a', 'b', 'id'])).toEqual([]);
  expect(nearest('x'.repeat(1000), METRIC_NAMES)).toEqual([]);
  expect(nearest('task', ['tasa', 'tasb', 'tasc', 'tasd']).length).toBe(3);
  expect(nearest('tsk', ['task', 'task'])).toEqual(['task']);
});
