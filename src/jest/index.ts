/**
 * What `import … from 'oomph/jest'` gives: specs as tests of jest, matchers of verdicts, and the library, which a test in
 * CommonJS cannot import otherwise. docs/jest.md describes it.
 */
import type { OomphMatchers } from './matchers.ts';

export * from '../index.ts';
export { type DescribeSpecsOptions, describeSpecs } from './describeSpecs.ts';
export { type MetricRange, matchers, type OomphMatchers } from './matchers.ts';

declare global {
  namespace jest {
    interface Matchers<R, T> extends OomphMatchers<R> {}
  }
}

// For those who import expect from @jest/globals.
declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T> extends OomphMatchers<R> {}
}
