import { METRIC_NAMES, METRICS } from '../contract/metrics.ts';
import { BUILTIN_POLICIES } from '../policy/builtin.ts';
import type { MetricInfo } from './runTypes.ts';

export { version } from '../cli/root.ts';

/** Every metric that a goal, a score or measure() may name, by name. */
export function metrics(): MetricInfo[] {
  return METRIC_NAMES.map(name => {
    const { unit, meaning, kind, better, where } = METRICS[name];
    return { name, unit, meaning, kind, better, where };
  });
}

/** Names of the policies that come with oomph, for `builtin:NAME`. */
export function builtinPolicies(): string[] {
  return BUILTIN_POLICIES.map(({ name }) => name);
}
