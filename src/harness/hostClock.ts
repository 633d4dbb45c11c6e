/**
 * The timers and the clock of the host, as they are when we are loaded: a test that fakes the global ones (jest, vitest) neither
 * stops a run nor makes it late. Nothing of them reaches a result.
 */
import { performance } from 'node:perf_hooks';
import * as timers from 'node:timers';

// Other names than the global ones: the bundle of oomph/jest declares those itself.
export const {
  setImmediate: hostImmediate,
  setTimeout: hostTimeout,
  clearTimeout: clearHostTimeout,
} = timers;

/** Milliseconds since some moment; never goes back. */
export const now: () => number = performance.now.bind(performance);
