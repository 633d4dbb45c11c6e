/** A spec that pins what a policy comes to now. */
import { METRICS, type MetricName } from '../../contract/metrics.ts';
import type { ChallengePlan, MetricFilter } from '../../contract/plan.ts';
import type { SeedVerdict } from '../../contract/verdict.ts';
import { ZONE_NAMES } from '../../engine/index.ts';

export interface StarterSpec {
  plan: ChallengePlan;
  id: string;
  /** As `of:` names the challenge, and `policy:` the policy. */
  of: string;
  policy: string;
  /** At least one. */
  verdicts: readonly SeedVerdict[];
  /** Where the schema is, for editors. */
  schema: string;
}

/** Of a challenge whose goals and score say nothing else. */
const USUAL: readonly MetricName[] = ['page_alloc.failures', 'cycles'];
const TITLE_CHARACTERS = 72;

export function starterSpec(spec: StarterSpec): string {
  const { plan, id, of, policy, verdicts, schema } = spec;
  const seeds = verdicts.map(({ seed }) => seed);
  const whose = policy === 'linux' ? 'under Linux' : `under ${policy}`;
  const outcomes = new Set(verdicts.map(({ outcome }) => outcome));
  const [outcome] = outcomes;
  const faults = new Set(verdicts.map(({ nrFaults }) => nrFaults));
  const lines = [
    `# yaml-language-server: $schema=${schema}`,
    `# What came out when it was written, with oomph new spec. All that may be expected: docs/testing.md`,
    'challenge: 1',
    `id: ${id}`,
    `title: ${JSON.stringify(`${plan.title}, ${whose}`.slice(0, TITLE_CHARACTERS).trim())}`,
    `of: ${word(of)}`,
    `seeds: [${seeds.join(', ')}]`,
    'test:',
    `  policy: ${word(policy)}`,
    '  expect:',
    ...(plan.goals.length > 0 && outcomes.size === 1 ? [`    - outcome: ${outcome}`] : []),
    ...(policy !== 'linux' && faults.size === 1 ? [`    - faults: ${verdicts[0].nrFaults}`] : []),
    ...metricLines(plan, verdicts),
    '    # The whole machine, bit for bit: any change of the engine or of the policy shows.',
    '    - state_hash',
  ];
  return `${lines.join('\n')}\n`;
}

/** The metrics that the challenge is about, each from the least to the most of all seeds. */
function metricLines(plan: ChallengePlan, verdicts: readonly SeedVerdict[]): string[] {
  const lines = new Map<string, string>();
  const add = (metric: MetricName, where: MetricFilter | null, values: number[]): void => {
    const name = `metric: ${metric}${where === null ? '' : whereText(plan, where)}`;
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const { unit } = METRICS[metric];
    const bounds =
      least === most
        ? `equals: ${valueText(least, unit)}`
        : `at_least: ${valueText(least, unit)}, at_most: ${valueText(most, unit)}`;
    if (!lines.has(name)) lines.set(name, `    - { ${name}, ${bounds} }`);
  };
  for (const [i, { metric, where, always }] of plan.goals.entries()) {
    // The worst on the way, and not what it is at the end.
    if (!always)
      add(
        metric,
        where,
        verdicts.map(({ goals }) => goals[i].value),
      );
  }
  for (const [i, { metric, where }] of plan.score.entries()) {
    add(
      metric,
      where,
      verdicts.map(({ score }) => score[i].value),
    );
  }
  for (const metric of USUAL)
    add(
      metric,
      null,
      verdicts.map(({ metrics }) => metrics[metric]),
    );
  return [...lines.values()];
}

function whereText(plan: ChallengePlan, { task, zone, order }: MetricFilter): string {
  const parts = [
    ...(task >= 0 ? [`task: ${word(plan.workload.tasks[task].name)}`] : []),
    ...(zone >= 0 ? [`zone: ${ZONE_NAMES[zone]}`] : []),
    ...(order >= 0 ? [`order: ${order}`] : []),
  ];
  return parts.length === 0 ? '' : `, where: { ${parts.join(', ')} }`;
}

/** Quoted where YAML would take it apart. */
function word(text: string): string {
  return /^[A-Za-z./][\w./-]*(:[\w-]+)?$/.test(text) && !/^(true|false|null)$/i.test(text)
    ? text
    : JSON.stringify(text);
}

/** As the format takes it: with a unit where it must have one. */
function valueText(value: number, unit: string): string {
  if (unit === 'us') return `${value}us`;
  return unit === 'bytes' ? `${value}B` : String(value);
}
